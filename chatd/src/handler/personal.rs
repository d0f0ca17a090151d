//! What belongs to one user: read positions, notification levels, drafts, Activity.

use proto::http::CatchUpQuery;
use proto::{
    CatchUp, ClearCatchUp, Cleared, Empty, ErrorCode, ErrorReply, KeepDraft, MarkUnread, Notify, NotifyLevel,
    RestoreCatchUp, bounds,
};

use crate::answer::AnswerTo;
use crate::daemon::Daemon;
use crate::error::{malformed, store_error};
use crate::policy::{self, Member, SignedIn};
use crate::store::{Entries, Pending};

pub(crate) async fn mark_unread(daemon: &Daemon, who: &SignedIn, request: MarkUnread) -> AnswerTo<MarkUnread> {
    let member = policy::member(daemon, who, request.id).await?;
    done(daemon, &member, daemon.store.mark_unread(member.user(), member.channel(), request.index).await).await
}

pub(crate) async fn notify(daemon: &Daemon, who: &SignedIn, request: Notify) -> AnswerTo<Notify> {
    let member = policy::member(daemon, who, request.id).await?;
    if request.level == Some(NotifyLevel::Unknown) {
        return Err(malformed("`level` is `all`, `mentions` or `none`"));
    }
    let pending = daemon.store.set_notify(member.user(), member.channel(), request.level, request.quiet_s).await;
    done(daemon, &member, pending).await
}

pub(crate) async fn keep_draft(daemon: &Daemon, who: &SignedIn, request: KeepDraft) -> AnswerTo<KeepDraft> {
    let member = policy::member(daemon, who, request.id).await?;
    let (bytes, bytes_max) = (request.content.as_str().len(), daemon.config().limits.message_bytes);
    if bytes > bytes_max {
        let reason = format!("the draft has {bytes} bytes, at most {bytes_max} are kept");
        return Err(ErrorReply::new(ErrorCode::TooLarge, reason));
    }
    let pending = daemon.store.keep_draft(member.user(), member.channel(), request.content, request.reply_to).await;
    done(daemon, &member, pending).await
}

async fn done(daemon: &Daemon, member: &Member, pending: Pending<()>) -> Result<Empty, ErrorReply> {
    policy::explained(daemon, member.user(), member.channel(), pending.committed().await).await?;
    Ok(Empty {})
}

pub(crate) async fn clear(daemon: &Daemon, who: &SignedIn, request: ClearCatchUp) -> AnswerTo<ClearCatchUp> {
    check_count(&request.numbers)?;
    let entries = if request.all { Entries::All } else { Entries::Numbered(request.numbers) };
    let cleared = daemon.store.clear_entries(who.user(), entries).await.committed().await;
    Ok(Cleared { numbers: cleared.map_err(|error| store_error(&error))? })
}

pub(crate) async fn restore_catch_up(
    daemon: &Daemon,
    who: &SignedIn,
    request: RestoreCatchUp,
) -> AnswerTo<RestoreCatchUp> {
    check_count(&request.numbers)?;
    let restored = daemon.store.restore_entries(who.user(), request.numbers).await.committed().await;
    restored.map(|()| Empty {}).map_err(|error| store_error(&error))
}

/// What was cleared with one request can be brought back with one.
fn check_count(numbers: &[u64]) -> Result<(), ErrorReply> {
    if numbers.len() > bounds::CATCH_UP_NUMBERS_MAX {
        return Err(malformed("at most 1000 entries can be named at once"));
    }
    Ok(())
}

pub(crate) async fn catch_up(daemon: &Daemon, who: &SignedIn, query: CatchUpQuery) -> Result<CatchUp, ErrorReply> {
    let limit = query.limit.unwrap_or_default().get();
    let page = daemon.store.catch_up(who.user(), query.before, limit, daemon.clock.now()).await;
    page.map_err(|error| store_error(&error))
}
