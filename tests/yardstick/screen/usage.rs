//! What a process has used, as the system counts it.

use std::time::Duration;

use anyhow::Result;

use crate::daemon::{cpu, resident_kib};

/// What a process has used since it began.
#[derive(Debug, Clone, Copy)]
pub(super) struct Usage {
    /// CPU time of its threads.
    pub(super) cpu: Duration,
    /// How often one of its threads was woken or had to make room: context switches, voluntary and not.
    pub(super) switches: u64,
    /// Memory that it holds now, in KiB.
    resident_kib: u64,
}

impl Usage {
    /// Asks the system.
    pub(super) fn of(process: u32) -> Result<Self> {
        Ok(Self { cpu: cpu(process)?, switches: switches(process)?, resident_kib: resident_kib(process)? })
    }

    /// Gives the CPU time since another moment, in milliseconds.
    pub(super) fn cpu_ms_since(&self, before: &Self) -> f64 {
        self.cpu.saturating_sub(before.cpu).as_secs_f64() * 1e3
    }

    /// Gives the memory in MiB.
    pub(super) fn resident_mib(&self) -> f64 {
        self.resident_kib as f64 / 1_024.0
    }
}

fn switches(process: u32) -> Result<u64> {
    let mut all = 0;
    for thread in std::fs::read_dir(format!("/proc/{process}/task"))? {
        // A thread may end meanwhile.
        let Ok(status) = std::fs::read_to_string(thread?.path().join("status")) else { continue };
        let counts = status.lines().filter_map(|line| line.split_once("voluntary_ctxt_switches:"));
        all += counts.map(|(_, count)| count.trim().parse::<u64>().unwrap_or(0)).sum::<u64>();
    }
    Ok(all)
}
