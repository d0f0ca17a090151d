//! The names of public channels, for completing them: as many as begin with what is typed, asked for while it is typed.

use std::collections::{BTreeMap, BTreeSet};

use proto::ChannelName;
use proto::http::Channels;

use super::{Core, CoreEffect, Load};

/// Names of public channels, as far as they were asked for on this connection.
#[derive(Debug, Default)]
pub(super) struct PublicNames {
    names: BTreeSet<ChannelName>,
    /// What they were asked for by, and whether all that begin so are known.
    asked: BTreeMap<String, bool>,
}

impl PublicNames {
    /// Tells whether it needs to be asked which names begin so.
    fn lacks(&self, begin: &str) -> bool {
        let covered = |(asked, all): (&String, &bool)| asked == begin || *all && begin.starts_with(asked.as_str());
        !self.asked.iter().any(covered)
    }
}

impl Core {
    /// Names of public channels that begin so are wanted.
    pub fn want_public_names(&mut self, begin: &str) {
        if self.is_online() && self.public.lacks(begin) {
            self.public.asked.insert(begin.to_owned(), false);
            self.add_effect(CoreEffect::Load(Load::PublicNames(begin.to_owned())));
        }
    }

    /// Gives the names that are known.
    pub fn public_names(&self) -> impl Iterator<Item = &ChannelName> {
        self.public.names.iter()
    }

    /// A part of the list has come, with names from these letters on.
    pub(super) fn public_names_came(&mut self, begin: String, list: Channels) {
        let all = !list.more || list.channels.last().is_some_and(|last| !last.name.as_str().starts_with(&begin));
        self.public.asked.insert(begin, all);
        self.public
            .names
            .extend(list.channels.into_iter().filter(|channel| !channel.member).map(|channel| channel.name));
    }
}
