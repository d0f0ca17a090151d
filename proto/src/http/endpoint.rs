//! What an endpoint is: how it is asked, by whom, and what goes over the wire.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::query::Query;
use crate::error::{ErrorCode, ErrorReply};
use crate::id::{FileId, UploadId};
use crate::name::Handle;

/// The path of the WebSocket: a `GET` that is upgraded.
pub const WEB_SOCKET: &str = "/v1/ws";

/// How an endpoint is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Asks for something and changes nothing.
    Get,
    /// It changes something.
    Post,
    /// It changes a part of something.
    Patch,
    /// It ends something.
    Delete,
}

impl Method {
    /// Gives the method as it is in a request.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// Tells whether a request of this method asks it. The answer to HEAD is that to GET without its body (RFC 9110, 9.3.2).
    pub fn fits(self, asked: &str) -> bool {
        asked == self.as_str() || (self == Self::Get && asked == "HEAD")
    }
}

/// What is at a path for a method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found<T> {
    /// An endpoint.
    Endpoint(T),
    /// Something that is asked by other methods.
    OtherMethods(Vec<Method>),
    /// Nothing at all.
    Nothing,
}

/// Who may ask an endpoint, in the words of `docs/protocol.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asker {
    /// Anybody, also without a session.
    Anybody,
    /// Anybody: it opens a session.
    Newcomer,
    /// Anybody signed in.
    SignedIn,
    /// Anybody signed in, who sends their password again.
    WithPassword,
    /// Those whom the setting `metrics.access` names.
    MetricsReader,
}

impl Asker {
    /// Gives the words of the document.
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Anybody => "anybody",
            Self::Newcomer => "anybody, to sign in",
            Self::SignedIn => "anybody signed in",
            Self::WithPassword => "anybody signed in, with their password",
            Self::MetricsReader => "those named by `metrics.access`",
        }
    }
}

/// An endpoint as a type.
pub trait Call {
    /// What follows the `?`.
    type Query: Query;
    /// What is sent, as JSON; `()` for nothing, and for bytes that are none.
    type Body: Serialize + DeserializeOwned;
    /// What comes back, as JSON; `()` for a text or bytes that are none.
    type Answer: Serialize + DeserializeOwned;

    /// How it is asked.
    const METHOD: Method;
    /// Where it is, with `HANDLE` in the place of a handle, and `FILE` and `UPLOAD` in that of an id.
    const PATH: &'static str;
    /// Who may ask.
    const ASKER: Asker;

    /// Gives its path.
    fn path(&self) -> String;
}

/// Something that looks at every endpoint there is.
pub trait EndpointVisitor {
    /// Looks at one.
    fn visit<C: Call>(&mut self);
}

/// The text in the place of a name in a path; it may be none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathName(Box<str>);

impl PathName {
    pub(super) fn of(text: &str) -> Self {
        Self(text.into())
    }

    /// Takes an id, which may have signs that end a path.
    fn encoded(id: &str) -> Self {
        Self(form_urlencoded::byte_serialize(id.as_bytes()).collect::<String>().into())
    }

    /// Reads a handle.
    ///
    /// # Errors
    /// `not_found` for what cannot be one.
    pub fn handle(&self) -> Result<Handle, ErrorReply> {
        self.read(|| ErrorReply::new(ErrorCode::NotFound, "nobody has this handle"))
    }

    /// Reads the id of a file.
    ///
    /// # Errors
    /// `no_such_file` for what cannot be one.
    pub fn file(&self) -> Result<FileId, ErrorReply> {
        self.read(ErrorReply::no_such_file)
    }

    /// Reads the id of an upload.
    ///
    /// # Errors
    /// `not_found` for what cannot be one.
    pub fn upload(&self) -> Result<UploadId, ErrorReply> {
        self.read(ErrorReply::no_such_upload)
    }

    fn read<T: FromStr>(&self, unknown: impl FnOnce() -> ErrorReply) -> Result<T, ErrorReply> {
        self.0.parse().map_err(|_| match self.0.contains('/') {
            // It is a part of another path.
            true => ErrorReply::nothing_here(),
            false => unknown(),
        })
    }
}

impl From<&Handle> for PathName {
    fn from(handle: &Handle) -> Self {
        Self::of(handle.as_str())
    }
}

impl From<&FileId> for PathName {
    fn from(file: &FileId) -> Self {
        Self::encoded(file.as_str())
    }
}

impl From<&UploadId> for PathName {
    fn from(upload: &UploadId) -> Self {
        Self::encoded(upload.as_str())
    }
}

impl fmt::Display for PathName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Declares the endpoints: `Name = METHOD "path" (Query, Body) -> Answer, asker`, and those with a name in their path, of
/// which the first that fits is taken.
macro_rules! endpoints {
    (
        fixed { $($(#[$doc:meta])* $name:ident = $method:ident $path:literal ($query:ty, $body:ty) -> $answer:ty, $asker:ident;)* }
        named { $($(#[$of_doc:meta])* $of_name:ident = $of_method:ident $before:literal $what:ident($of:ty) $after:literal
            ($of_query:ty, $of_body:ty) -> $of_answer:ty, $of_asker:ident;)* }
    ) => {
        /// An endpoint that is asked.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Endpoint {
            $($(#[$doc])* $name($name),)*
            $($(#[$of_doc])* $of_name($of_name),)*
        }

        impl Endpoint {
            /// Finds what a method asks at a path.
            pub fn at(path: &str, method: &str) -> Found<Self> {
                let mut others = Vec::new();
                $(if path == $path {
                    if Method::$method.fits(method) {
                        return Found::Endpoint(Self::$name($name));
                    }
                    others.push(Method::$method);
                })*
                $(if let Some(name) = path.strip_prefix($before).and_then(|rest| rest.strip_suffix($after)) {
                    if Method::$of_method.fits(method) {
                        return Found::Endpoint(Self::$of_name($of_name(PathName::of(name))));
                    }
                    if !others.contains(&Method::$of_method) {
                        others.push(Method::$of_method);
                    }
                })*
                if others.is_empty() { Found::Nothing } else { Found::OtherMethods(others) }
            }

            /// Tells how it is asked.
            pub fn method(&self) -> Method {
                match self {
                    $(Self::$name(_) => Method::$method,)*
                    $(Self::$of_name(_) => Method::$of_method,)*
                }
            }

            /// Tells who may ask.
            pub fn asker(&self) -> Asker {
                match self {
                    $(Self::$name(_) => Asker::$asker,)*
                    $(Self::$of_name(_) => Asker::$of_asker,)*
                }
            }

            /// Shows this endpoint to a visitor.
            pub fn visit(&self, visitor: &mut impl EndpointVisitor) {
                match self {
                    $(Self::$name(_) => visitor.visit::<$name>(),)*
                    $(Self::$of_name(_) => visitor.visit::<$of_name>(),)*
                }
            }

            /// Shows every endpoint to a visitor, in the order of the table.
            pub fn visit_all(visitor: &mut impl EndpointVisitor) {
                $(visitor.visit::<$name>();)*
                $(visitor.visit::<$of_name>();)*
            }
        }

            $(
                $(#[$doc])*
                #[derive(Debug, Clone, Copy, PartialEq, Eq)]
                pub struct $name;

                impl Call for $name {
                    type Query = $query;
                    type Body = $body;
                    type Answer = $answer;

                    const METHOD: Method = Method::$method;
                    const PATH: &'static str = $path;
                    const ASKER: Asker = Asker::$asker;

                    fn path(&self) -> String {
                        $path.to_owned()
                    }
                }
            )*
            $(
                $(#[$of_doc])*
                #[derive(Debug, Clone, PartialEq, Eq)]
                pub struct $of_name(pub PathName);

                impl $of_name {
                    /// Makes it of what has this name.
                    pub fn of(name: &$of) -> Self {
                        Self(name.into())
                    }
                }

                impl Call for $of_name {
                    type Query = $of_query;
                    type Body = $of_body;
                    type Answer = $of_answer;

                    const METHOD: Method = Method::$of_method;
                    const PATH: &'static str = concat!($before, stringify!($what), $after);
                    const ASKER: Asker = Asker::$of_asker;

                    fn path(&self) -> String {
                        format!(concat!($before, "{}", $after), self.0)
                    }
                }
            )*
    };
}

pub(super) use endpoints;
