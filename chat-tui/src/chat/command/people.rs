//! Commands about other people.

use proto::{AskFriend, Block, ClientPacket, Handle, Relation, RemoveFriend};

use super::arguments::Arguments;
use super::{Line, Reading, SlashCommand};
use crate::chat::outcome::KeyOutcome;
use crate::chat::{Asked, ChatScreen};
use crate::effect::Effect;
use crate::page::PagePlace;

pub(super) const PEOPLE_COMMANDS: &[SlashCommand] = &[
    SlashCommand::new("/profile", key!("command-profile"), profile)
        .also(&["/whois"])
        .with(key!("command-profile-arguments")),
    SlashCommand::new("/posts", key!("command-posts"), posts).with(key!("command-posts-arguments")),
    SlashCommand::new("/friend", key!("command-friend"), friend).with(key!("command-friend-arguments")).online(),
    SlashCommand::new("/unfriend", key!("command-unfriend"), unfriend)
        .with(key!("command-unfriend-arguments"))
        .online(),
    SlashCommand::new("/block", key!("command-block"), block)
        .also(&["/ignore"])
        .with(key!("command-block-arguments"))
        .online(),
    SlashCommand::new("/unblock", key!("command-unblock"), unblock)
        .also(&["/unignore"])
        .with(key!("command-unblock-arguments"))
        .online(),
];

fn profile(arguments: &Arguments<'_>) -> Reading {
    let handle = if arguments.is_empty() { arguments.chat.me().clone() } else { arguments.handle()? };
    Line::shows(|_| KeyOutcome::Page(PagePlace::Profile(handle)))
}

fn posts(arguments: &Arguments<'_>) -> Reading {
    let handle = arguments.handle()?;
    Line::shows(|_| KeyOutcome::Page(PagePlace::Posts(handle)))
}

fn friend(arguments: &Arguments<'_>) -> Reading {
    let handle = arguments.handle()?;
    Line::does(|chat| chat.ask_friend(handle))
}

fn unfriend(arguments: &Arguments<'_>) -> Reading {
    let handle = arguments.handle()?;
    Line::does(|chat| chat.remove_friend(handle))
}

fn block(arguments: &Arguments<'_>) -> Reading {
    let handle = arguments.handle()?;
    // What becomes of it is told when it is so.
    Line::does(|chat| chat.request(Asked::Quietly, ClientPacket::Block(Block { handle, on: true })))
}

fn unblock(arguments: &Arguments<'_>) -> Reading {
    let handle = arguments.handle()?;
    let told = Asked::Told(say!("notice-unblocked", handle = handle.as_str()));
    Line::does(|chat| chat.request(told, ClientPacket::Block(Block { handle, on: false })))
}

impl ChatScreen {
    fn ask_friend(&mut self, handle: Handle) -> Vec<Effect> {
        if self.core.people.relation(&handle) == Relation::Friend {
            self.tell(say!("notice-friend-already", handle = handle.as_str()));
            return Vec::new();
        }
        // What becomes of it is told when it is so.
        self.request(Asked::Quietly, ClientPacket::AskFriend(AskFriend { handle }))
    }

    fn remove_friend(&mut self, handle: Handle) -> Vec<Effect> {
        let relation = match self.core.people.relation(&handle) {
            Relation::None if self.core.people.known() => {
                self.tell(say!("error-not-a-friend", handle = handle.as_str()));
                return Vec::new();
            }
            Relation::Asking => "asking",
            Relation::Asked => "asked",
            _ => "friend",
        };
        let told = Asked::Told(say!("notice-friend-removed", relation = relation, handle = handle.as_str()));
        self.request(told, ClientPacket::RemoveFriend(RemoveFriend { handle }))
    }
}
