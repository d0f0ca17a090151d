//! The clock of this machine, and its time zone.

use std::path::{Component, Path};

use jiff::tz::TimeZone;
use proto::Timestamp;

/// Where a system keeps its time zones, and the one that it is in.
const ZONES: &str = "/usr/share/zoneinfo";
const LOCAL: &str = "/etc/localtime";

/// Gives the present moment by this machine's clock.
pub fn now() -> Timestamp {
    let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
}

/// Gives the time zone that the user has chosen, or the system is in. The one file is read: to make a list of all zones first,
/// as finding one by name does, takes longer than the rest of a start.
pub fn zone() -> TimeZone {
    let chosen = std::env::var("TZ").ok().filter(|name| !name.is_empty());
    let read = match &chosen {
        Some(name) => zone_file(name.trim_start_matches(':')),
        None => read_zone("local", Path::new(LOCAL)),
    };
    read.unwrap_or_else(TimeZone::system)
}

/// Reads a zone by its name, such as `Europe/Berlin`; a rule like `CET-1CEST` is none.
fn zone_file(name: &str) -> Option<TimeZone> {
    let is_plain = Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
    if name == "UTC" {
        return Some(TimeZone::UTC);
    }
    read_zone(name, &Path::new(ZONES).join(name)).filter(|_| is_plain)
}

fn read_zone(name: &str, path: &Path) -> Option<TimeZone> {
    TimeZone::tzif(name, &std::fs::read(path).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_read_by_its_name_alone() {
        let offset = |zone: &TimeZone| zone.to_offset(jiff::Timestamp::UNIX_EPOCH).seconds();
        assert_eq!(zone_file("UTC").map(|zone| offset(&zone)), Some(0));
        if Path::new(ZONES).join("Asia/Tokyo").exists() {
            assert_eq!(zone_file("Asia/Tokyo").map(|zone| offset(&zone)), Some(9 * 3_600));
        }
        for other in ["CET-1CEST", "../../../etc/passwd", "/etc/localtime", "", "Nowhere/At_all", "Europe"] {
            assert!(zone_file(other).is_none(), "{other}");
        }
    }
}
