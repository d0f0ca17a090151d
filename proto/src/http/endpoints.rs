//! The one place where the method, path, query, body and answer of an endpoint meet, and who may ask. Each is a type, and a
//! variant of [`Endpoint`].

use super::account::{Credentials, DeleteAccount, GuestWish, LocalSignIn, NewPassword, SignedIn};
use super::channels::{Channels, ChannelsQuery};
use super::endpoint::{Asker, Call, EndpointVisitor, Found, Method, PathName, endpoints};
use super::files::{UploadAnswer, UploadPartQuery, UploadQuery, UploadWish, Uploaded};
use super::history::{History, HistoryQuery, Moderation, ModerationQuery, PinsQuery, RepliesQuery, ThreadQuery};
use super::own::{CatchUpQuery, Export, ExportQuery, OwnSettings, Sessions};
use super::people::{Feed, FeedQuery, Friends, Profile};
use super::query::NoQuery;
use super::search::{SearchHits, SearchOfQuery, SearchQuery};
use crate::catch_up::CatchUp;
use crate::id::{FileId, UploadId};
use crate::name::Handle;
use crate::optional::Empty;

endpoints! {
    fixed {
        /// Makes an account and signs it in.
        Register = Post "/v1/register" (NoQuery, Credentials) -> SignedIn, Newcomer;
        /// Opens a session of an account.
        LogIn = Post "/v1/login" (NoQuery, Credentials) -> SignedIn, Newcomer;
        /// Makes a guest.
        ComeAsGuest = Post "/v1/guest" (NoQuery, GuestWish) -> SignedIn, Newcomer;
        /// Opens a session of the user that the system knows.
        SignInLocally = Post "/v1/local" (NoQuery, LocalSignIn) -> SignedIn, Newcomer;
        /// Gives the asker's account another password.
        ChangePassword = Post "/v1/password" (NoQuery, NewPassword) -> Empty, WithPassword;
        /// Deletes the asker's account.
        DeleteOwnAccount = Post "/v1/account/delete" (NoQuery, DeleteAccount) -> Empty, WithPassword;
        /// Ends the session of the token.
        LogOut = Post "/v1/logout" (NoQuery, ()) -> Empty, SignedIn;
        /// Lists public channels, and those that the asker is in.
        ListChannels = Get "/v1/channels" (ChannelsQuery, ()) -> Channels, SignedIn;
        /// Reads a page of a channel.
        ReadHistory = Get "/v1/history" (HistoryQuery, ()) -> History, SignedIn;
        /// Reads the replies to a message.
        ReadReplies = Get "/v1/replies" (RepliesQuery, ()) -> History, SignedIn;
        /// Reads a message and everything below it.
        ReadThread = Get "/v1/thread" (ThreadQuery, ()) -> History, SignedIn;
        /// Reads the pinned messages of a channel.
        ReadPins = Get "/v1/pins" (PinsQuery, ()) -> History, SignedIn;
        /// Lists who is banned from a channel, and who is timed out in it.
        ListModeration = Get "/v1/moderation" (ModerationQuery, ()) -> Moderation, SignedIn;
        /// Finds messages by their words, in what the asker may read.
        SearchMessages = Get "/v1/search" (SearchQuery, ()) -> SearchHits, SignedIn;
        /// Reads what friends have posted.
        ReadFeed = Get "/v1/feed" (FeedQuery, ()) -> Feed, SignedIn;
        /// Reads what the daemon keeps of the asker.
        ReadExport = Get "/v1/export" (ExportQuery, ()) -> Export, SignedIn;
        /// Lists the asker's sessions.
        ListSessions = Get "/v1/sessions" (NoQuery, ()) -> Sessions, SignedIn;
        /// Reads what the asker has set for themselves.
        ReadSettings = Get "/v1/settings" (NoQuery, ()) -> OwnSettings, SignedIn;
        /// Lists the asker's friends, friend requests and blocked users.
        ListFriends = Get "/v1/friends" (NoQuery, ()) -> Friends, SignedIn;
        /// Reads the asker's Activity.
        ReadCatchUp = Get "/v1/catch-up" (CatchUpQuery, ()) -> CatchUp, SignedIn;
        /// Uploads a file: the body is its bytes.
        UploadFile = Post "/v1/files" (UploadQuery, ()) -> Uploaded, SignedIn;
        /// Begins an upload that goes on in several requests.
        BeginUpload = Post "/v1/uploads" (NoQuery, UploadWish) -> UploadAnswer, SignedIn;
        /// Tells whether the daemon serves.
        Health = Get "/healthz" (NoQuery, ()) -> Empty, Anybody;
        /// Gives figures of the daemon, as text.
        Metrics = Get "/metrics" (NoQuery, ()) -> (), MetricsReader;
    }
    named {
        /// Finds what somebody said.
        SearchOf = Get "/v1/users/" HANDLE(Handle) "/messages" (SearchOfQuery, ()) -> SearchHits, SignedIn;
        /// Reads what somebody posted.
        ReadPosts = Get "/v1/users/" HANDLE(Handle) "/posts" (FeedQuery, ()) -> Feed, SignedIn;
        /// Reads what the asker may know of somebody.
        ReadProfile = Get "/v1/users/" HANDLE(Handle) "" (NoQuery, ()) -> Profile, SignedIn;
        /// Fetches a small form of a picture, or a range of it.
        FetchThumbnail = Get "/v1/files/" FILE(FileId) "/thumbnail" (NoQuery, ()) -> (), SignedIn;
        /// Fetches a file, or a range of it.
        FetchFile = Get "/v1/files/" FILE(FileId) "" (NoQuery, ()) -> (), SignedIn;
        /// Tells how far an upload is.
        ReadUpload = Get "/v1/uploads/" UPLOAD(UploadId) "" (NoQuery, ()) -> UploadAnswer, SignedIn;
        /// Goes on with an upload: the body is the bytes that come next.
        GoOnUploading = Patch "/v1/uploads/" UPLOAD(UploadId) "" (UploadPartQuery, ()) -> UploadAnswer, SignedIn;
        /// Gives an upload up.
        EndUpload = Delete "/v1/uploads/" UPLOAD(UploadId) "" (NoQuery, ()) -> Empty, SignedIn;
    }
}
