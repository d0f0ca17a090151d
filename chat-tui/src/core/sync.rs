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
        (self.heard, self.passed_by) = (at, at);
        self.changes = if holds_older && self.known < at { Changes::Missing } else { Changes::Known };
        if self.changes == Changes::Known {
            self.known = at;
        }
    }

    /// What has changed was told up to a version; `more` if that was not all.
    pub(super) fn resumed(&mut self, up_to: Version, more: bool) {
        (self.known, self.heard) = (up_to, up_to);
        self.changes = if more { Changes::Missing } else { Changes::Known };
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
        // What changed after the page was read, and passed by before its message was here, is in the next one.
        let passed_by = self.passed_by > up_to;
        self.passed_by = self.passed_by.min(up_to);
        if more && up_to > since || passed_by {
            self.changes = Changes::Missing;
            return;
        }
        self.changes = Changes::Known;
        self.known = self.known.max(self.heard);
    }

    /// Forgets what only a connection makes true.
    pub(super) fn connection_lost(&mut self) {
        self.changes = Changes::Known;
        self.heard = self.known;
    }
}
