//! What can wake the program: one closed enum. Each message comes with the time, so that `update`
//! needs no clock.

use std::path::PathBuf;

use crossterm::event::{KeyEvent, MouseEvent};
use proto::codec::Incoming;
use proto::http::{Channels, History};
use proto::{ChannelId, FileInfo};

use crate::camera::CameraNews;
use crate::core::attachment::{AttachmentPlace, Passed};
pub use crate::core::history::HistoryRange;
use crate::fetch::{Fetch, Fetched};
use crate::http::RequestError;
use crate::image::{DrawnImage, ImageKey, ImageSetup};
use crate::session::{Server, ServerError, Session};
use crate::stored::{StoredMember, StoredState};
use crate::trust::KeyError;
use crate::unsent::Unsent;

/// Something has happened.
#[derive(Debug)]
pub enum Msg {
    /// A key was pressed.
    Key(KeyEvent),
    /// A text was pasted.
    Paste(String),
    /// The terminal has another size, in cells.
    Resize(u16, u16),
    /// The terminal gained or lost the focus.
    Focus(bool),
    /// The terminal has said which color its background has: red, green and blue.
    Background(u8, u8, u8),
    /// The line to the terminal takes so many bytes a second of pictures in pixels; none of them where it is too slow.
    Line(Option<u32>),
    /// The connection is open and waits for the hello; which one it is, counted from 1.
    ConnectionUp(u64),
    /// The connection is lost or could not be opened; it is tried again after so many milliseconds.
    ConnectionDown {
        /// Why, for people.
        reason: String,
        /// How long until the next try.
        retry_after_ms: u64,
    },
    /// Somebody else seems to be where the daemon should be; the connection is given up.
    KeyRefused(Server, KeyError),
    /// The daemon said something.
    Packet(Incoming),
    /// The picture of the clipboard lies in this file, or why it does not.
    ClipboardTaken(Result<PathBuf, String>),
    /// The camera has told something.
    Camera(CameraNews),
    /// Signing in or up has ended.
    SignedIn(Result<Session, SignInFailure>),
    /// What was written before and is not sent, of whoever is signed in now.
    TakeUp(Box<Unsent>),
    /// What was read before, of whoever is signed in now.
    Restored(Box<StoredState>),
    /// The store was damaged and lies here now.
    StoreSetAside(String),
    /// What was written is on the disk: what waits for that may go out.
    Written,
    /// What is to be kept on this machine is, or why not.
    Kept(Result<(), String>),
    /// The account has another password, or why not.
    PasswordChanged(Result<(), RequestError>),
    /// The account is deleted, or why not.
    AccountDeleted(Result<(), RequestError>),
    /// A page of history has come.
    History {
        /// The channel that the page is of.
        channel: ChannelId,
        /// What was asked for.
        page: HistoryRange,
        /// The page, or why it did not come.
        result: Result<History, String>,
        /// The connection that there was when it was asked for, counted from 1.
        connection: u64,
    },
    /// The store has told who is in a channel.
    StoredMembers(ChannelId, Vec<StoredMember>),
    /// A file of a message has gone up some way.
    UploadPassed(AttachmentPlace, Passed),
    /// A file of a message is at the server, or why not.
    Uploaded(AttachmentPlace, Result<FileInfo, String>),
    /// These paths begin so.
    PathsListed(String, Vec<String>),
    /// A text that was pasted is these files.
    FilesPasted(String, Vec<PathBuf>),
    /// The picture that one wants to be seen by is at the server, or why not.
    AvatarUploaded(Result<FileInfo, String>),
    /// The terminal has said how it can draw pictures, if it can.
    Images(Option<ImageSetup>),
    /// A picture is ready to be drawn, or why not.
    ImageLoaded(ImageKey, ImageSetup, Result<DrawnImage, String>),
    /// A file has come some way.
    DownloadPassed(FileInfo, Passed),
    /// A file was opened, or why not.
    Opened(Result<(), String>),
    /// A file was saved at this place, or why not.
    Downloaded(FileInfo, Result<String, String>),
    /// What a page asked for has come, or why not.
    Fetched(Fetch, Result<Fetched, String>),
    /// The mouse did something.
    Mouse(MouseEvent),
    /// The list of channels has come.
    Channels(Result<Channels, String>),
    /// A moment that was waited for has come.
    Wake,
    /// The terminal is ours again after a stay in the shell.
    Resumed,
    /// The process was told to end.
    Terminate,
}

/// Why nobody is signed in.
#[derive(Debug)]
pub enum SignInFailure {
    /// The server that was written is none, or is not spoken to.
    Address(ServerError),
    /// It did not answer, or said no.
    Request(RequestError),
    /// It lets nobody in by the word of the system.
    NotByTheSystem,
}
