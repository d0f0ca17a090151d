//! Every page that there is: how it is opened, and its keys for the help.

use super::catch_up::{CATCH_UP_KEYS, CatchUpPage};
use super::channels::{CHANNELS_KEYS, ChannelsPage};
use super::friends::{FRIENDS_KEYS, FriendsPage};
use super::keys::PageKey;
use super::moderation::{MODERATION_KEYS, ModerationPage};
use super::pins::{PINS_KEYS, PinsPage};
use super::posts::{POSTS_KEYS, PostsPage};
use super::profile::{PROFILE_KEYS, ProfilePage};
use super::reactions::{REACTIONS_KEYS, ReactionsPage};
use super::room::{ROOM_KEYS, RoomPage};
use super::search::{SEARCH_KEYS, SearchPage};
use super::sessions::{SESSIONS_KEYS, SessionsPage};
use super::settings::{SETTINGS_KEYS, SettingsPage};
use super::thread::{THREAD_KEYS, ThreadPage};
use super::{Frame, PagePlace};
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
    (key!("page-name-activity"), CATCH_UP_KEYS),
    (key!("page-name-home"), POSTS_KEYS),
    (key!("page-name-thread"), THREAD_KEYS),
    (key!("page-name-reactions"), REACTIONS_KEYS),
    (key!("page-name-channels"), CHANNELS_KEYS),
    (key!("page-name-room"), ROOM_KEYS),
    (key!("page-name-pins"), PINS_KEYS),
    (key!("page-name-moderation"), MODERATION_KEYS),
    (key!("page-name-search"), SEARCH_KEYS),
    (key!("page-name-friends"), FRIENDS_KEYS),
    (key!("page-name-profile"), PROFILE_KEYS),
    (key!("page-name-settings"), SETTINGS_KEYS),
    (key!("page-name-sessions"), SESSIONS_KEYS),
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
