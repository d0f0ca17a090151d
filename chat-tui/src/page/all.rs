//! Every page that there is: how it is opened, and its keys for the help.

use super::catch_up::CatchUpPage;
use super::channels::ChannelsPage;
use super::friends::FriendsPage;
use super::keys::PageKey;
use super::moderation::ModerationPage;
use super::pins::PinsPage;
use super::posts::PostsPage;
use super::profile::ProfilePage;
use super::reactions::ReactionsPage;
use super::room::RoomPage;
use super::search::SearchPage;
use super::sessions::SessionsPage;
use super::settings::SettingsPage;
use super::thread::ThreadPage;
use super::{
    Frame, PagePlace, catch_up, channels, friends, moderation, pins, posts, profile, reactions, room, search, sessions,
    settings, thread,
};
use crate::catalogue::Key;

impl PagePlace {
    /// Makes the page.
    pub fn open(self) -> Frame {
        match self {
            Self::Channels(words) => Frame::new(ChannelsPage::new(&words)),
            Self::Search(words) => Frame::new(SearchPage::new(&words)),
            Self::CatchUp => Frame::new(CatchUpPage::default()),
            Self::Room(channel) => Frame::new(RoomPage::new(channel)),
            Self::Pins(channel) => Frame::new(PinsPage::new(channel)),
            Self::Moderation(channel) => Frame::new(ModerationPage::new(channel)),
            Self::Thread(channel, index) => Frame::new(ThreadPage::new(channel, index)),
            Self::Reactions(channel, index, given) => Frame::new(ReactionsPage::new(channel, index, given)),
            Self::Profile(handle) => Frame::new(ProfilePage::new(handle)),
            Self::Feed => Frame::new(PostsPage::new(None)),
            Self::Posts(handle) => Frame::new(PostsPage::new(Some(handle))),
            Self::Friends => Frame::new(FriendsPage::default()),
            Self::Sessions => Frame::new(SessionsPage::default()),
            Self::Settings => Frame::new(SettingsPage::default()),
        }
    }
}

/// The pages by the names that the help gives them, each with its keys.
pub(crate) const PAGES: &[(Key, &[PageKey])] = &[
    (key!("page-name-activity"), catch_up::KEYS),
    (key!("page-name-home"), posts::KEYS),
    (key!("page-name-thread"), thread::KEYS),
    (key!("page-name-reactions"), reactions::KEYS),
    (key!("page-name-channels"), channels::KEYS),
    (key!("page-name-room"), room::KEYS),
    (key!("page-name-pins"), pins::KEYS),
    (key!("page-name-moderation"), moderation::KEYS),
    (key!("page-name-search"), search::KEYS),
    (key!("page-name-friends"), friends::KEYS),
    (key!("page-name-profile"), profile::KEYS),
    (key!("page-name-settings"), settings::KEYS),
    (key!("page-name-sessions"), sessions::KEYS),
];

#[cfg(test)]
mod tests {
    use proto::{ChannelId, Handle, Index};

    use super::*;

    #[test]
    fn the_help_tells_of_every_page() {
        let (id, index): (ChannelId, _) = ("c1".parse().unwrap(), Index::new(1));
        let bob: Handle = "bob".parse().unwrap();
        let places = [
            PagePlace::Channels(String::new()),
            PagePlace::Search(String::new()),
            PagePlace::CatchUp,
            PagePlace::Room(id),
            PagePlace::Pins(id),
            PagePlace::Moderation(id),
            PagePlace::Thread(id, index),
            PagePlace::Reactions(id, index, Vec::new()),
            PagePlace::Profile(bob.clone()),
            PagePlace::Feed,
            PagePlace::Posts(bob),
            PagePlace::Friends,
            PagePlace::Settings,
            PagePlace::Sessions,
        ];
        for place in places {
            let keys = place.clone().open().keys();
            assert!(PAGES.iter().any(|(_, known)| *known == keys), "{place:?}");
            assert!(keys.iter().any(|key| key.help().is_some()), "{place:?} says nothing of its keys");
        }
    }
}
