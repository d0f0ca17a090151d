//! The members of a channel, page by page.

use std::ops::ControlFlow;

use proto::{ChannelId, ListMembers, Member};

use super::client::Client;
use crate::failure::Failure;

/// Shows every member of a channel, until enough were seen.
pub(super) async fn each(
    client: &mut Client,
    id: ChannelId,
    mut see: impl FnMut(Member) -> ControlFlow<()>,
) -> Result<(), Failure> {
    let mut after = None;
    loop {
        let page = client.ask(ListMembers { id, after: after.clone(), online_first: false }).await?;
        let last = page.members.last().map(|member| member.handle.clone());
        for member in page.members {
            if see(member).is_break() {
                return Ok(());
            }
        }
        // A server that says `more` without giving more is not asked for ever.
        if !page.more || last.is_none() || last == after {
            return Ok(());
        }
        after = last;
    }
}
