//! Commands that cannot be undone ask first, on a terminal; without one they take `--yes`.

use std::io::{BufRead, IsTerminal, Write};

use anyhow::{Result, bail};
use clap::Args;

/// The flag of commands that cannot be undone.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct Sure {
    /// Do not ask for confirmation; what is deleted cannot be restored
    #[arg(long)]
    yes: bool,
}

/// Somebody has to say yes, and nobody can be asked. The program ends with 2 then, as for any other wrong use.
#[derive(Debug, thiserror::Error)]
#[error(
    "nothing was changed: this cannot be undone and there is no terminal to ask on; use `--yes` to skip the question"
)]
pub(super) struct NobodyToAsk;

impl Sure {
    /// Refuses a command that nobody could say yes to, before it looks at anything.
    pub(super) fn check(self) -> Result<()> {
        let is_asked = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
        if self.yes || is_asked { Ok(()) } else { Err(NobodyToAsk.into()) }
    }

    /// Asks, unless the command says it already; anything but yes is no.
    pub(super) fn ask(self, question: &str) -> Result<()> {
        self.check()?;
        if self.yes {
            return Ok(());
        }
        write!(std::io::stderr(), "{question} This cannot be undone. [y/N] ")?;
        let mut answer = String::new();
        std::io::stdin().lock().read_line(&mut answer)?;
        match answer.trim().to_lowercase().as_str() {
            "y" | "yes" => Ok(()),
            _ => bail!("nothing was changed"),
        }
    }
}

/// Counts something in words: `1 message`, `2 messages`.
pub(super) fn count(number: u64, one: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {one}s") }
}
