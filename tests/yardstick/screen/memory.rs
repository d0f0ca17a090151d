//! What a program holds at the start, and after it has received very many messages in the open channel.

use anyhow::Result;

use super::comparison::{Comparison, Unit, grouped};
use super::program::Program;
use super::stage::Stage;

/// Messages a second: as many as every program can take.
const RATE: f64 = 1_000.0;

/// Receives so many messages.
pub(super) async fn grows(table: &mut Comparison, programs: &[Program], messages: u64) -> Result<()> {
    for &program in programs {
        let mut stage = Stage::set(program).await?;
        let mut resident = vec![stage.window.usage()?.resident_mib()];
        for half in [messages / 2, messages - messages / 2] {
            stage.voice.talks_at(RATE, |number| number < half).await?;
            stage.shows_newest().await?;
            resident.push(stage.window.usage()?.resident_mib());
        }
        table.put(program, "resident at the start", Unit::Mebibytes, Some(20.0), resident[0]);
        let what = format!("resident after {} received", grouped(&messages.to_string()));
        table.put(program, &what, Unit::Mebibytes, Some(20.0), resident[2]);
        table.put(
            program,
            "grown in the second half of that",
            Unit::Mebibytes,
            Some(0.5),
            (resident[2] - resident[1]).max(0.0),
        );
    }
    Ok(())
}
