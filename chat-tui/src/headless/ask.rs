//! Asking before what cannot be taken back.

use std::io::{BufRead, IsTerminal, Read, Write};

use crate::failure::Failure;

/// Bytes of an answer that are read.
const ANSWER_BYTES_MAX: u64 = 1_024;

/// Goes on if `--yes` says so, or somebody at a terminal does; `harm` says what will have happened.
pub(super) fn sure(yes: bool, harm: &str) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        return Err(Failure::Usage(format!("{harm}: nothing is done without --yes")));
    }
    // Standard output is for what a command prints.
    let mut terminal = std::io::stderr();
    write!(terminal, "{}. Go on? [y/N] ", crate::text::CleanLine::new(harm))?;
    terminal.flush()?;
    let mut answer = String::new();
    stdin.lock().take(ANSWER_BYTES_MAX).read_line(&mut answer)?;
    if is_yes(&answer) { Ok(()) } else { Err(Failure::Declined) }
}

fn is_yes(answer: &str) -> bool {
    matches!(answer.trim().to_lowercase().as_str(), "y" | "yes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_yes_is_one() {
        assert!(["y\n", "Yes\n", " yes "].into_iter().all(is_yes));
        assert!(!["", "\n", "n\n", "no\n", "yes!\n", "yesterday\n"].into_iter().any(is_yes));
    }
}
