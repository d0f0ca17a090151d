//! Breaks a daemon on purpose for some minutes, while people talk, and checks what they saw.
//! `docs/reliability.md` says how to run it and keeps the last record.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "the record is the output of this program")]

mod chance;
mod checker;
mod house;
mod person;
mod record;
mod rounds;

use std::path::PathBuf;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::{Duration, SystemTime};

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use tests::client::http::Guest;

use chance::Chance;
use person::{Person, Plan};
use record::Recorder;

/// Breaks chatd on purpose and checks that it keeps its promises.
#[derive(Debug, Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(flatten)]
    run: Run,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Args)]
struct Run {
    /// How long
    #[arg(long, default_value_t = 1.0)]
    minutes: f64,
    /// What makes a run come again; drawn when left out
    #[arg(long)]
    seed: Option<u64>,
    /// Where everything is kept; a folder that goes away when left out
    #[arg(long)]
    home: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// A listener in a process of its own; started by the rounds
    #[command(hide = true)]
    Listener { address: PathBuf, handle: String, token: String, channels: Vec<String> },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let local = tokio::task::LocalSet::new();
    let done = runtime.map_err(Into::into).and_then(|runtime| {
        local.block_on(&runtime, async {
            match cli.command {
                None => run(cli.run).await,
                Some(Command::Listener { address, handle, token, channels }) => {
                    let recorder = Recorder::printing(&handle);
                    let guest = Guest { handle, token };
                    let person = Person::new(guest, recorder, Rc::<Plan>::default(), 0.0, &channels);
                    person.live(move || std::fs::read_to_string(&address).unwrap_or_default()).await;
                    Ok(true)
                }
            }
        })
    });
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("chaos: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(run: Run) -> Result<bool> {
    let drawn = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(1, |since| since.as_secs());
    let seed = run.seed.unwrap_or(drawn);
    println!("seed {seed}");
    let folder = tempfile::Builder::new().prefix("chaos-").tempdir()?;
    let home = run.home.unwrap_or_else(|| folder.path().to_owned());
    std::fs::create_dir_all(&home)?;
    let time = Duration::from_secs_f64(run.minutes * 60.0);
    let tally = rounds::run(&home, time, &mut Chance::new(seed)).await?;
    println!("\n{tally}");
    for fault in tally.faults.iter().take(20) {
        println!("{fault}");
    }
    Ok(tally.faults.is_empty())
}
