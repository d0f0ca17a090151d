//! From an endpoint to its handler: one match over everything that is asked over HTTP.

use hyper::Response;
use proto::http::Endpoint;
use proto::{Empty, ErrorReply};

use super::asking::Asking;
use super::figures::figures;
use super::file::{BodyBytes, respond, with_offset};
use super::response::{Body, created, ok};
use crate::handler::{
    account, export, feed, file, guest, history, local, people, personal, profile, search, session, sign_up, upload,
};

/// Does what is asked of an endpoint by the method that works there.
pub(super) async fn answer(asking: &mut Asking<'_>, endpoint: Endpoint) -> Result<Response<Body>, ErrorReply> {
    let daemon = asking.daemon;
    Ok(match endpoint {
        Endpoint::Register(at) => {
            let wish = asking.body(&at).await?;
            created(&at, &sign_up::register(daemon, asking.source().await, wish).await?)
        }
        Endpoint::LogIn(at) => {
            let wish = asking.body(&at).await?;
            asking.named = account::as_typed(&wish.handle).parse().ok();
            ok(&at, &account::login(daemon, asking.source().await, wish).await?)
        }
        Endpoint::ComeAsGuest(at) => {
            let wish = asking.body(&at).await?;
            created(&at, &guest::guest(daemon, asking.source().await, wish).await?)
        }
        Endpoint::SignInLocally(at) => {
            let wish = asking.body(&at).await?;
            let (signed_in, is_new) = local::sign_in_local(daemon, asking.user, wish).await?;
            if is_new { created(&at, &signed_in) } else { ok(&at, &signed_in) }
        }
        Endpoint::ChangePassword(at) => {
            let who = asking.who(&at).await?;
            account::change_password(daemon, &who, asking.body(&at).await?).await?;
            ok(&at, &Empty {})
        }
        Endpoint::DeleteOwnAccount(at) => {
            let who = asking.who(&at).await?;
            account::delete_account(daemon, &who, asking.body(&at).await?).await?;
            ok(&at, &Empty {})
        }
        Endpoint::LogOut(at) => {
            account::logout(daemon, &asking.who(&at).await?).await?;
            ok(&at, &Empty {})
        }
        Endpoint::ListChannels(at) => asking.reads(&at, history::channels).await?,
        Endpoint::ReadHistory(at) => asking.reads(&at, history::history).await?,
        Endpoint::ReadReplies(at) => asking.reads(&at, history::replies).await?,
        Endpoint::ReadThread(at) => asking.reads(&at, history::thread).await?,
        Endpoint::ReadPins(at) => asking.reads(&at, history::pins).await?,
        Endpoint::ListModeration(at) => asking.reads(&at, history::moderation).await?,
        Endpoint::SearchMessages(at) => asking.reads(&at, search::search).await?,
        Endpoint::ReadFeed(at) => asking.reads(&at, feed::feed).await?,
        Endpoint::ReadExport(at) => asking.reads(&at, export::read_export).await?,
        Endpoint::UploadFile(at) => {
            let who = asking.who(&at).await?;
            let query = asking.query_of(&at)?;
            created(&at, &upload::upload(daemon, &who, query, BodyBytes(asking.request.body_mut())).await?)
        }
        Endpoint::BeginUpload(at) => {
            let who = asking.who(&at).await?;
            created(&at, &upload::begin(daemon, &who, asking.body(&at).await?).await?)
        }
        Endpoint::ReadUpload(at) => {
            let who = asking.reader(&at).await?;
            with_offset(&at, &upload::state(daemon, &who, at.0.upload()?).await?)
        }
        Endpoint::GoOnUploading(at) => {
            let who = asking.who(&at).await?;
            let (offset, key) = (asking.query_of(&at)?.offset, at.0.upload()?);
            let body = BodyBytes(asking.request.body_mut());
            with_offset(&at, &upload::go_on(daemon, &who, key, offset, body).await?)
        }
        Endpoint::EndUpload(at) => {
            let who = asking.who(&at).await?;
            upload::give_up(daemon, &who, at.0.upload()?).await?;
            ok(&at, &Empty {})
        }
        Endpoint::FetchFile(at) => {
            let who = asking.reader(&at).await?;
            let found = file::find(daemon, &who, at.0.file()?).await?;
            respond(daemon, asking.request.headers(), found).await?
        }
        Endpoint::FetchThumbnail(at) => {
            let who = asking.reader(&at).await?;
            let found = file::find_thumbnail(daemon, &who, at.0.file()?).await?;
            respond(daemon, asking.request.headers(), found).await?
        }
        Endpoint::ListSessions(at) => asking.reads(&at, session::list).await?,
        Endpoint::ReadSettings(at) => asking.reads(&at, people::settings).await?,
        Endpoint::ListFriends(at) => asking.reads(&at, people::friends).await?,
        Endpoint::ReadCatchUp(at) => asking.reads(&at, personal::catch_up).await?,
        Endpoint::SearchOf(at) => asking.reads_of(&at, &at.0, profile::messages).await?,
        Endpoint::ReadPosts(at) => asking.reads_of(&at, &at.0, feed::posts).await?,
        Endpoint::ReadProfile(at) => asking.reads_of(&at, &at.0, profile::profile).await?,
        Endpoint::Health(at) => ok(&at, &Empty {}),
        Endpoint::Metrics(_) => figures(daemon, asking.peer, asking.request).await?,
    })
}
