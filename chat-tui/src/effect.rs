//! What the program wants done outside of itself: data that only `runtime` performs.

use std::path::PathBuf;

use proto::http::{Legacy, SearchQuery};
use proto::{ChannelId, ClientPacket, FileInfo, Nonce, Password, Ref, Timestamp};

use crate::camera::CameraOrder;
use crate::core;
use crate::core::CoreEffect;
use crate::core::attachment::{AttachmentPlace, SourceFile};
use crate::core::history::HistoryRange;
use crate::fetch::Fetch;
use crate::image::{ImageKey, ImageSetup};
use crate::session::{Server, Session};
use crate::stored::StoreChange;
use crate::unsent::Unsent;

/// Something to be done.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Sign in, or up first; answered by `Msg::SignedIn`.
    SignIn(SignIn),
    /// Take the server with this key for the right one from now on.
    Trust(Server, String),
    /// Sign in as the user that the system knows; answered by `Msg::SignedIn`.
    SignInLocally(Server),
    /// Come as a guest, under this name if it is free; answered by `Msg::SignedIn`.
    ComeAsGuest(Server, Option<String>),
    /// Give the account another password; answered by `Msg::PasswordChanged`.
    ChangePassword {
        /// The one that it has, if any.
        old: Option<Password>,
        /// The one that it is to have.
        new: Password,
    },
    /// Delete the account; answered by `Msg::AccountDeleted`.
    DeleteAccount {
        /// The password that it has, if any.
        password: Option<Password>,
        /// What becomes of what was said.
        content: Legacy,
    },
    /// Open the connection of a session and keep it open, in place of any other.
    Connect(Session),
    /// Close the connection for good.
    Disconnect,
    /// Send a packet; dropped when there is no connection.
    Send(Ref, ClientPacket),
    /// Fetch a page of history; answered by `Msg::History`.
    LoadHistory(ChannelId, HistoryRange),
    /// Look in the store who is in a channel; answered by `Msg::StoredMembers`.
    LoadMembers(ChannelId),
    /// Fetch what a page shows; answered by `Msg::Fetched`.
    Fetch(Fetch),
    /// Upload a file of a message; answered by `Msg::UploadPassed` and `Msg::Uploaded`.
    Upload(AttachmentPlace, SourceFile),
    /// Upload the picture that one wants to be seen by; answered by `Msg::AvatarUploaded`.
    UploadAvatar(SourceFile),
    /// Delete a selfie that is not sent.
    Discard(PathBuf),
    /// Take the picture out of the clipboard of the desktop; answered by `Msg::ClipboardTaken`.
    TakeClipboard,
    /// Use the camera; answered by `Msg::Camera`.
    Camera(CameraOrder),
    /// List the files whose paths begin so; answered by `Msg::PathsListed`.
    ListPaths(String),
    /// Look which of these are files, of a text that was pasted; answered by `Msg::FilesPasted` if all of them are.
    LookForFiles(String, Vec<PathBuf>),
    /// Give up uploading the files of a message.
    CancelUploads(Nonce),
    /// Download a file into the folder for downloads; answered by `Msg::Downloaded`.
    Download(FileInfo),
    /// Open a file of this machine with the program that the desktop has for it; answered by `Msg::Opened`.
    Open(PathBuf),
    /// Fetch a picture and make it ready to be drawn; answered by `Msg::ImageLoaded`.
    LoadImage(ImageKey, ImageSetup),
    /// Search what is saved on this machine; answered by `Msg::Fetched` of that search.
    SearchSaved(SearchQuery),
    /// Hear of the mouse, or leave it to the terminal.
    Mouse(bool),
    /// Fetch the reader's channels; answered by `Msg::Channels`.
    LoadChannels,
    /// Keep the session for the next start.
    SaveSession(Session),
    /// Keep a session for the next start that was renewed, unless it was forgotten or replaced meanwhile.
    RenewSession(Session),
    /// Forget the kept session.
    ForgetSession(Session),
    /// Forget what was read: the server can give it again.
    ForgetRead(Session),
    /// Keep what somebody has written and the daemon does not have, in place of what was kept before.
    Keep(Session, Box<Unsent>),
    /// Remember what is otherwise of what the daemon has told.
    Remember(Vec<StoreChange>),
    /// End the session on the daemon too.
    SignOut(Session),
    /// Send `Msg::Wake` at this moment.
    WakeAt(Timestamp),
    /// Put a text into the clipboard of the terminal.
    Copy(String),
    /// Ring the bell of the terminal.
    Bell,
    /// Set the title of the terminal, already cleaned.
    Title(String),
    /// Draw everything anew.
    Redraw,
    /// Give the terminal back and stop until the shell continues us.
    Suspend,
    /// End the program.
    Quit,
}

impl From<CoreEffect> for Effect {
    fn from(effect: CoreEffect) -> Self {
        match effect {
            CoreEffect::Connect(session) => Self::Connect(session),
            CoreEffect::Send(reference, packet) => Self::Send(reference, packet),
            CoreEffect::LoadMembers(channel) => Self::LoadMembers(channel),
            CoreEffect::LoadHistory(channel, page) => Self::LoadHistory(channel, page),
            CoreEffect::Load(core::Load::PublicNames(begin)) => Self::Fetch(Fetch::PublicNames(begin)),
            CoreEffect::Load(core::Load::Activity) => Self::Fetch(Fetch::CatchUp),
            CoreEffect::Load(core::Load::Settings) => Self::Fetch(Fetch::Settings),
            CoreEffect::Load(core::Load::Friends) => Self::Fetch(Fetch::Friends),
            CoreEffect::Remember(changes) => Self::Remember(changes),
            CoreEffect::Upload(at, source) => Self::Upload(at, source),
            CoreEffect::CancelUploads(nonce) => Self::CancelUploads(nonce),
            CoreEffect::RenewSession(session) => Self::RenewSession(session),
            CoreEffect::WakeAt(when) => Self::WakeAt(when),
        }
    }
}

/// What is needed for signing in.
#[derive(Debug, Clone, PartialEq)]
pub struct SignIn {
    /// The server to sign in to.
    pub server: Server,
    /// The handle as typed.
    pub handle: String,
    /// The password as it was typed.
    pub password: Password,
    /// Whether to make the account first.
    pub register: bool,
    /// The code of an invitation to make one, if there is any.
    pub invite: Option<String>,
}
