//! Writes man pages and completions of both programs into a folder: `manuals FOLDER`. They are made from the command
//! definitions that the programs themselves read.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Command;
use clap_complete::Shell;

fn main() -> Result<()> {
    let folder = std::env::args_os().nth(1).map(PathBuf::from).context("usage: manuals FOLDER")?;
    for (command, section) in [(chatd::cli::command(), "8"), (chat_tui::cli::command(), "1")] {
        let folder = folder.join(command.get_name());
        fs::create_dir_all(&folder)?;
        complete(command.clone(), &folder)?;
        let mut command = command.disable_help_subcommand(true);
        command.build();
        describe(&command, section, &folder)?;
    }
    Ok(())
}

/// Writes the page of a command and those of its subcommands, each under the names of those above it.
fn describe(command: &Command, section: &str, folder: &Path) -> Result<()> {
    let manual = clap_mangen::Man::new(command.clone()).section(section);
    let mut page = Vec::new();
    manual.render(&mut page)?;
    fs::write(folder.join(manual.get_filename()), page)?;
    command.get_subcommands().try_for_each(|subcommand| describe(subcommand, section, folder))
}

/// Writes the completions of a command under the names by which the shells find them.
fn complete(mut command: Command, folder: &Path) -> Result<()> {
    let name = command.get_name().to_owned();
    for (shell, file) in
        [(Shell::Bash, name.clone()), (Shell::Zsh, format!("_{name}")), (Shell::Fish, format!("{name}.fish"))]
    {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut command, &name, &mut script);
        fs::write(folder.join(file), script)?;
    }
    Ok(())
}
