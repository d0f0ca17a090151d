//! Room on the disk: what is kept free, so that people can sign out, delete and end things when nothing more fits.
//!
//! What makes the store grow is refused while less than the reserve is free, or the store is as large as it may be. What
//! ends or deletes something goes on; when even the last byte is taken, by whomever, a small file gives its room for that.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use rustix::fs::{FallocateFlags, fallocate, statvfs};

use crate::secret::open_own;

/// The file whose room is given away at the last: enough for some hundred things that end or are deleted at once, and for
/// more of them some seconds apart.
const SPARE_FILE: &str = "spare";
const SPARE_BYTES: u64 = 8 << 20;
/// A disk with less is empty.
const EMPTY_BYTES: u64 = 256 << 10;
/// A reserve is at most this part of the disk: a small one is to be of use.
const RESERVE_PART: u64 = 20;
/// The files that make up the store; their logs are bounded by themselves.
const FILES: [&str; 2] = ["chatd.db", "search.db"];
const LOG_FILE: &str = "chatd.db-wal";
/// Bytes of a page of the store.
const PAGE_BYTES: u64 = 4_096;
/// Pages that what was deleted has left: with so many the store goes on, though the disk has less than the reserve.
const PAGES_TO_GO_ON: u64 = 1_024;
/// What there must be more than enough of before everything is stored again, so that it does not begin and end by turns.
const MARGIN_BYTES: u64 = 1 << 20;

/// What may be stored, in bytes; 0 lifts a bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreBounds {
    /// That others leave free on the disk.
    pub disk_reserve: u64,
    /// That the files of the store have together.
    pub store: u64,
    /// Of content of one account.
    pub account: u64,
    /// Of content of one guest.
    pub guest: u64,
}

impl Default for StoreBounds {
    fn default() -> Self {
        Self { disk_reserve: 64 << 20, store: 0, account: 1 << 30, guest: 4 << 20 }
    }
}

/// The bounds as they are now, and how it stands.
#[derive(Debug, Default)]
pub(super) struct Room {
    disk_reserve: AtomicU64,
    store: AtomicU64,
    account: AtomicU64,
    guest: AtomicU64,
    is_short: AtomicBool,
    /// Whether the last commit found no room.
    has_failed: AtomicBool,
    /// Pages of the store that were free at the last look.
    free_pages: AtomicU64,
}

impl Room {
    pub(super) fn set(&self, bounds: StoreBounds) {
        self.disk_reserve.store(bounds.disk_reserve, Relaxed);
        self.store.store(bounds.store, Relaxed);
        self.account.store(bounds.account, Relaxed);
        self.guest.store(bounds.guest, Relaxed);
    }

    /// Gives what one may have stored; 0 is no bound.
    pub(super) fn of_one(&self, is_guest: bool) -> u64 {
        if is_guest { self.guest.load(Relaxed) } else { self.account.load(Relaxed) }
    }

    /// Tells whether nothing new is stored for want of room.
    pub(super) fn is_short(&self) -> bool {
        self.is_short.load(Relaxed)
    }

    /// Tells the same as it is now: nobody may have written anything for long.
    pub(super) fn is_short_now(&self, folder: &Path) -> bool {
        self.has_failed.load(Relaxed) || self.lack(folder, self.free_pages.load(Relaxed)).is_some()
    }

    /// Says what there is too little of, if it is anything.
    fn lack(&self, folder: &Path, free_pages: u64) -> Option<String> {
        let margin = if self.is_short() { MARGIN_BYTES } else { 0 };
        let most = self.store.load(Relaxed);
        let used = bytes(folder).saturating_sub(free_pages * PAGE_BYTES);
        if most > 0 && used + margin.min(most / 16) >= most {
            return Some(format!("the store has {used} of the {most} bytes that it may have"));
        }
        let disk = statvfs(folder).ok()?;
        let (free, total) = (disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize);
        let reserve = self.disk_reserve.load(Relaxed).min(total / RESERVE_PART);
        // What stands in the log alone is still to come into the file.
        let free = free.saturating_sub(fs::metadata(folder.join(LOG_FILE)).map_or(0, |log| log.len()));
        let may_go_on = free_pages >= PAGES_TO_GO_ON && free >= reserve / 2;
        let is_short = free < reserve + margin.min(reserve / 4) && !may_go_on;
        is_short.then(|| format!("{free} bytes are free on the disk, {reserve} are kept"))
    }

    /// Notes whether there is room; the log hears of it once, and once when it is over.
    fn note(&self, short: Option<&str>) {
        match (short, self.is_short.swap(short.is_some(), Relaxed)) {
            (Some(reason), false) => tracing::error!(reason, "out of storage: nothing new is stored"),
            (None, true) => tracing::warn!("storage available again"),
            _ => {}
        }
    }
}

/// The writer's look at the disk.
pub(super) struct Space {
    folder: PathBuf,
    room: Arc<Room>,
    spare: Spare,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spare {
    Missing,
    PutBy,
    /// The file system does not set room apart.
    Impossible,
}

impl Space {
    /// Looks after the folder of a store.
    pub(super) fn of(database: &Path, room: Arc<Room>) -> Self {
        let folder = database.parent().unwrap_or(Path::new(".")).to_owned();
        Self { folder, room, spare: Spare::Missing }
    }

    /// Tells whether something that makes the store grow fits, beside the pages of it that are free. Called before each
    /// commit.
    pub(super) fn fits(&mut self, free_pages: u64) -> bool {
        self.room.free_pages.store(free_pages, Relaxed);
        let lack = self.room.lack(&self.folder, free_pages);
        if lack.is_some() || !self.room.has_failed.load(Relaxed) {
            self.room.note(lack.as_deref());
        }
        if lack.is_none() && self.spare == Spare::Missing {
            self.spare = self.put_by();
        }
        lack.is_none()
    }

    /// Notes whether a commit found room.
    pub(super) fn has_found_room(&mut self, has: bool) {
        self.room.has_failed.store(!has, Relaxed);
        if !has {
            self.room.note(Some("the disk is full"));
        }
    }

    /// Gives the spare room away when the disk has none.
    pub(super) fn spend(&mut self) {
        let is_empty = statvfs(&self.folder).is_ok_and(|disk| disk.f_bavail * disk.f_frsize < EMPTY_BYTES);
        if is_empty && fs::remove_file(self.folder.join(SPARE_FILE)).is_ok() {
            self.spare = Spare::Missing;
        }
    }

    /// Sets a little room apart, when there is more of it.
    fn put_by(&self) -> Spare {
        let path = self.folder.join(SPARE_FILE);
        let has_more = statvfs(&self.folder).is_ok_and(|disk| disk.f_bavail * disk.f_frsize > 4 * SPARE_BYTES);
        if !has_more {
            return Spare::Missing;
        }
        // Of no use unless it holds its room.
        let held = open_own(&path).and_then(|file| Ok(fallocate(&file, FallocateFlags::empty(), 0, SPARE_BYTES)?));
        match held {
            Ok(()) => Spare::PutBy,
            Err(_) => {
                let _ = fs::remove_file(&path);
                Spare::Impossible
            }
        }
    }
}

/// Gives the bytes of the files of a store, and those that are free on its disk.
pub(super) fn bytes_and_free(folder: &Path) -> (u64, u64) {
    let free = statvfs(folder).map_or(0, |disk| disk.f_bavail * disk.f_frsize);
    (bytes(folder), free)
}

/// Counts the bytes of the files of a store, without their logs.
fn bytes(folder: &Path) -> u64 {
    FILES.iter().filter_map(|name| fs::metadata(folder.join(name)).ok()).map(|found| found.len()).sum()
}
