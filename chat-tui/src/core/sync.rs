//! How far the changes of a channel are known, and since when they are asked for where some are missing.

use proto::Version;

/// What is known of a channel's changes.
#[derive(Debug, Default)]
pub(super) struct SyncState {
    /// The version up to which everything here is known.
    known: Version,
    /// The highest version that was heard of; above `known` while the changes between are fetched.
    heard: Version,
    /// Whether changes between the two are missing, and asked for.
    changes: Changes,
    /// Since which versions changes were asked for before the channel was shown anew: the answers may still come.
    asked_before: Vec<Version>,
    /// Up to here messages may have changed that are not here: a page that was read before it and comes later lacks that.
    passed_by: Version,
}

/// Changes that this client has not heard of one by one.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Changes {
    /// None are missing.
    #[default]
    Known,
    /// Some are missing, which matters when somebody reads the channel.
    Missing,
    /// Those after this version were asked for.
    Asked(Version),
}

impl SyncState {
    /// Everything up to a version lies in the store.
    pub(super) fn stored_at(version: Version) -> Self {
        Self { known: version, heard: version, passed_by: version, ..Self::default() }
    }

    /// Gives the version up to which everything here is known.
    pub(super) fn known(&self) -> Version {
        self.known
    }

    /// Tells whether everything up to the newest event is here, as far as the daemon has said.
    pub(super) fn is_up_to_date(&self) -> bool {
        self.changes == Changes::Known
    }

    /// The newest messages were shown as of a version; what is known of older ones is as of before, if they are here.
    pub(super) fn shown(&mut self, at: Version, holds_older: bool) {
        self.ask_no_more();
        self.heard = at;
        self.passed_by = at;
        if holds_older && self.known < at {
            self.changes = Changes::Missing;
        } else {
            self.known = at;
        }
    }

    /// What has changed was told up to a version; `more` if that was not all.
    pub(super) fn resumed(&mut self, up_to: Version, more: bool) {
        self.ask_no_more();
        (self.known, self.heard) = (up_to, up_to);
        if more {
            self.changes = Changes::Missing;
        }
    }

    /// An event told of a version. While earlier changes are being fetched it does not count yet.
    pub(super) fn hear(&mut self, version: Version) {
        self.heard = self.heard.max(version);
        if self.changes == Changes::Known {
            self.known = self.heard;
        }
    }

    /// A message that is not here has changed.
    pub(super) fn pass_by(&mut self, version: Version) {
        self.passed_by = self.passed_by.max(version);
    }

    /// Something between is missing.
    pub(super) fn misses_changes(&mut self) {
        if self.changes == Changes::Known {
            self.changes = Changes::Missing;
        }
    }

    /// Gives the version since which changes are to be asked for, unless none are missing or they were asked for already.
    pub(super) fn ask(&mut self) -> Option<Version> {
        let is_missing = self.changes == Changes::Missing;
        is_missing.then(|| {
            self.changes = Changes::Asked(self.known);
            self.known
        })
    }

    /// Tells whether the changes since a version were asked for and have not come.
    pub(super) fn waits_for(&self, since: Version) -> bool {
        self.changes == Changes::Asked(since)
    }

    /// A page that was read at a version was taken in: what has changed of it since may be missing.
    pub(super) fn page_came(&mut self, read_at: Version) {
        let covered = match self.changes {
            Changes::Known => false,
            Changes::Missing => self.known <= read_at,
            Changes::Asked(since) => since <= read_at,
        };
        if read_at < self.passed_by && !covered {
            self.known = self.known.min(read_at);
            // Changes that were asked for from a later version on do not hold it.
            self.changes = Changes::Missing;
        }
    }

    /// The changes after a version have come that were waited for, up to another; `more` if that was not all.
    pub(super) fn changes_came(&mut self, since: Version, up_to: Version, more: bool) {
        self.known = self.known.max(up_to);
        // It may have been read before the channel was shown anew, and lack what was not told then either.
        let is_old = self.came_late(since);
        // What changed after the page was read, and passed by before its message was here, is in the next one.
        let passed_by = self.passed_by > up_to;
        self.passed_by = self.passed_by.min(up_to);
        if is_old || more && up_to > since || passed_by {
            self.changes = Changes::Missing;
            return;
        }
        self.changes = Changes::Known;
        self.known = self.known.max(self.heard);
    }

    /// Changes have come that may have been asked for before the channel was shown anew; tells whether they were.
    pub(super) fn came_late(&mut self, since: Version) -> bool {
        let place = self.asked_before.iter().position(|asked| *asked == since);
        place.map(|place| self.asked_before.swap_remove(place)).is_some()
    }

    /// Forgets what only a connection makes true.
    pub(super) fn connection_lost(&mut self) {
        self.ask_no_more();
        self.heard = self.known;
    }

    /// Waits for no answer any more; one that comes nevertheless is known by its version.
    fn ask_no_more(&mut self) {
        if let Changes::Asked(since) = std::mem::take(&mut self.changes) {
            self.asked_before.push(since);
        }
        // Nothing is asked for since before what is known.
        self.asked_before.retain(|asked| *asked >= self.known);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(number: u64) -> Version {
        Version::new(number)
    }

    /// What was said between the reading of an old answer and the new connection is in neither.
    #[test]
    fn an_answer_of_a_lost_connection_is_not_the_one_of_this_connection() {
        let mut sync = SyncState::stored_at(version(4));
        sync.misses_changes();
        assert_eq!(sync.ask(), Some(version(4)));
        sync.connection_lost();
        sync.resumed(version(4), true);
        assert_eq!(sync.ask(), Some(version(4)));
        sync.changes_came(version(4), version(5), false);
        assert!(!sync.is_up_to_date(), "it may be the old one");
        assert_eq!(sync.ask(), Some(version(5)));
        sync.changes_came(version(5), version(6), false);
        assert!(sync.is_up_to_date());
        assert_eq!(sync.known(), version(6));
    }

    #[test]
    fn an_answer_that_nobody_waits_for_is_not_waited_for_twice() {
        let mut sync = SyncState::stored_at(version(4));
        sync.misses_changes();
        sync.ask();
        sync.connection_lost();
        assert!(sync.came_late(version(4)));
        sync.resumed(version(4), true);
        sync.ask();
        sync.changes_came(version(4), version(6), false);
        assert!(sync.is_up_to_date());
    }
}
