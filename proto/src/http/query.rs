//! Query strings as types: one code writes them and reads them.

use std::borrow::Cow;

use crate::error::{ErrorCode, ErrorReply};
use crate::id::ChannelId;
use crate::message::{Index, Version};
use crate::name::Handle;
use crate::opaque::PageCursor;
use crate::time::Timestamp;

/// What follows the `?` of a request. Parameters that it does not know are ignored.
pub trait Query: Sized {
    /// The names of its parameters.
    const NAMES: &'static [&'static str];

    /// Reads the query of a path.
    ///
    /// # Errors
    /// `malformed` for what is needed and missing, given twice or of the wrong form; `no_such_channel` for a
    /// channel that cannot be one.
    fn read(query: &str) -> Result<Self, ErrorReply>;

    /// Writes it, without what is left out.
    fn write(&self) -> String;
}

/// No query at all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NoQuery;

impl Query for NoQuery {
    const NAMES: &'static [&'static str] = &[];

    fn read(_: &str) -> Result<Self, ErrorReply> {
        Ok(Self)
    }

    fn write(&self) -> String {
        String::new()
    }
}

/// How many are wanted, within bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count<const MIN: usize, const LEFT_OUT: usize, const MAX: usize>(usize);

impl<const MIN: usize, const LEFT_OUT: usize, const MAX: usize> Count<MIN, LEFT_OUT, MAX> {
    /// Takes as many as the bounds let.
    pub fn new(count: usize) -> Self {
        Self(count.clamp(MIN, MAX))
    }

    /// Gives how many.
    pub fn get(self) -> usize {
        self.0
    }
}

impl<const MIN: usize, const LEFT_OUT: usize, const MAX: usize> Default for Count<MIN, LEFT_OUT, MAX> {
    /// As many as are given when nothing is said.
    fn default() -> Self {
        Self(LEFT_OUT)
    }
}

/// What a parameter holds.
pub(super) trait Parameter: Sized {
    fn read(name: &str, value: Cow<'_, str>) -> Result<Self, ErrorReply>;
    fn write(&self) -> String;
}

impl Parameter for String {
    fn read(_: &str, value: Cow<'_, str>) -> Result<Self, ErrorReply> {
        Ok(value.into_owned())
    }

    fn write(&self) -> String {
        self.clone()
    }
}

impl Parameter for PageCursor {
    fn read(_: &str, value: Cow<'_, str>) -> Result<Self, ErrorReply> {
        Ok(value.into_owned().into())
    }

    fn write(&self) -> String {
        self.to_string()
    }
}

impl Parameter for ChannelId {
    /// A text that is no id names no channel, like any other unknown one.
    fn read(_: &str, value: Cow<'_, str>) -> Result<Self, ErrorReply> {
        value.parse().map_err(|_| ErrorReply::no_such_channel())
    }

    fn write(&self) -> String {
        self.to_string()
    }
}

impl Parameter for Handle {
    fn read(_: &str, value: Cow<'_, str>) -> Result<Self, ErrorReply> {
        value.parse().map_err(|error: crate::name::NameError| malformed(&error.to_string()))
    }

    fn write(&self) -> String {
        self.to_string()
    }
}

impl Parameter for u64 {
    /// A number that is too large is read as the largest.
    fn read(name: &str, value: Cow<'_, str>) -> Result<Self, ErrorReply> {
        let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
        if !digits {
            return Err(malformed(&format!("`{name}` is a number that is not negative")));
        }
        Ok(value.parse().unwrap_or(u64::MAX))
    }

    fn write(&self) -> String {
        self.to_string()
    }
}

impl Parameter for bool {
    fn read(name: &str, value: Cow<'_, str>) -> Result<Self, ErrorReply> {
        value.parse().map_err(|_| malformed(&format!("`{name}` is `true` or `false`")))
    }

    fn write(&self) -> String {
        self.to_string()
    }
}

impl<const MIN: usize, const LEFT_OUT: usize, const MAX: usize> Parameter for Count<MIN, LEFT_OUT, MAX> {
    fn read(name: &str, value: Cow<'_, str>) -> Result<Self, ErrorReply> {
        u64::read(name, value).map(|count| Self::new(usize::try_from(count).unwrap_or(usize::MAX)))
    }

    fn write(&self) -> String {
        self.0.to_string()
    }
}

/// Types that are numbers on the wire.
macro_rules! number {
    ($name:ident, $of:expr, $number:expr) => {
        impl Parameter for $name {
            fn read(name: &str, value: Cow<'_, str>) -> Result<Self, ErrorReply> {
                u64::read(name, value).map($of)
            }

            fn write(&self) -> String {
                $number(*self).to_string()
            }
        }
    };
}

number!(Index, Index::new, Index::get);
number!(Version, Version::new, Version::get);
number!(Timestamp, |millis| Timestamp::from_millis(i64::try_from(millis).unwrap_or(i64::MAX)), Timestamp::as_millis);

/// What happens to a parameter that is given twice.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Twice {
    /// It is refused.
    Refused,
    /// The last one counts.
    LastCounts,
}

/// Declares a query: parameters of their names that may all be left out, and what happens to one that is given twice.
macro_rules! query {
    ($(#[$doc:meta])* $visibility:vis struct $name:ident, twice $twice:ident {
        $($(#[$field_doc:meta])* $field:ident: $type:ty,)*
    }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq, Eq)]
        $visibility struct $name {
            $($(#[$field_doc])* $visibility $field: Option<$type>,)*
        }

        impl $crate::http::query::Query for $name {
            const NAMES: &'static [&'static str] = &[$(stringify!($field)),*];

            fn read(query: &str) -> Result<Self, $crate::error::ErrorReply> {
                use $crate::http::query::{Parameter, Twice, malformed};

                let (mut read, mut repeats) = (Self::default(), false);
                for (name, value) in form_urlencoded::parse(query.as_bytes()) {
                    $(if name == stringify!($field) {
                        repeats |= read.$field.is_some();
                        read.$field = Some(<$type as Parameter>::read(&name, value)?);
                        continue;
                    })*
                }
                if repeats && Twice::$twice == Twice::Refused {
                    return Err(malformed("a parameter is given twice"));
                }
                Ok(read)
            }

            fn write(&self) -> String {
                use $crate::http::query::Parameter;

                let mut pairs = form_urlencoded::Serializer::new(String::new());
                $(if let Some(value) = &self.$field {
                    pairs.append_pair(stringify!($field), &value.write());
                })*
                pairs.finish()
            }
        }
    };
}

pub(super) use query;

pub(super) fn malformed(reason: &str) -> ErrorReply {
    ErrorReply::new(ErrorCode::Malformed, reason)
}
