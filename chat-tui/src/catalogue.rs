//! What people read on the screen, by key, from the catalogue of their language (`words/en.ftl`). Standard error, logs and
//! the wire are not here: scripts and people who search for a message find those in one form.

use std::borrow::Cow;
use std::sync::{LazyLock, OnceLock};

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};

#[cfg(test)]
mod check;

type Catalogue = FluentBundle<FluentResource>;

/// Every language, English first: it has every message.
const LANGUAGES: &[(&str, &str)] = &[("en", include_str!("../words/en.ftl"))];

/// Read when the first word is asked for: commands without a screen never do.
static ENGLISH: LazyLock<Catalogue> = LazyLock::new(|| catalogue(LANGUAGES[0]));
static CHOSEN: OnceLock<Catalogue> = OnceLock::new();

/// Names a message. `key!` makes it, so that a test finds every one that is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key(#[doc(hidden)] pub &'static str);

/// A message by its key, for tables: `key!("help-key-send")`.
#[macro_export]
macro_rules! key {
    ($key:literal) => {
        $crate::catalogue::Key($key)
    };
}

/// A message without arguments, which lives as long as the program: `label!("page-loading")`.
#[macro_export]
macro_rules! label {
    ($key:literal) => {
        $crate::catalogue::Key($key).label()
    };
}

/// A message with arguments: `say!("notice-topic", channel = title, topic = topic)`.
#[macro_export]
macro_rules! say {
    ($key:literal, $($name:ident = $value:expr),+ $(,)?) => {
        $crate::catalogue::Key($key).with(&[$((stringify!($name), $crate::catalogue::Argument::value(&$value))),+])
    };
}

impl Key {
    /// Gives the words of a message without arguments.
    pub fn label(self) -> &'static str {
        match self.find(None) {
            Cow::Borrowed(words) => words,
            // A message that is put together is none without arguments; a test keeps these away.
            Cow::Owned(_) => self.0,
        }
    }

    /// Gives the words of a message with its arguments.
    pub fn with(self, arguments: &[(&'static str, FluentValue<'_>)]) -> String {
        let mut named = FluentArgs::with_capacity(arguments.len());
        arguments.iter().for_each(|(name, value)| named.set(*name, value.clone()));
        self.find(Some(&named)).into_owned()
    }

    fn find(self, arguments: Option<&FluentArgs<'_>>) -> Cow<'static, str> {
        let in_it = |catalogue: &'static Catalogue| {
            let pattern = catalogue.get_message(self.0)?.value()?;
            let mut errors = Vec::new();
            let words = catalogue.format_pattern(pattern, arguments, &mut errors);
            debug_assert!(errors.is_empty(), "{}: {errors:?}", self.0);
            // What borrows from the arguments does not leave; what borrows from the catalogue may.
            Some(match words {
                Cow::Borrowed(_) if arguments.is_none() => catalogue.format_pattern(pattern, None, &mut errors),
                words => Cow::Owned(words.into_owned()),
            })
        };
        let words = CHOSEN.get().and_then(in_it).or_else(|| in_it(&ENGLISH));
        debug_assert!(words.is_some(), "no message {}", self.0);
        words.unwrap_or(Cow::Borrowed(self.0))
    }
}

/// Chooses the language for this program, once and before the first word; without it everything is English.
pub fn choose(wanted: &str) {
    // `de_AT.UTF-8` is served by `de`.
    let language = wanted.split(['_', '.', '@', '-']).next().unwrap_or_default();
    if let Some(found) = LANGUAGES.iter().find(|(tag, _)| *tag == language) {
        let _ = CHOSEN.set(catalogue(*found));
    }
}

/// Gives the language that the environment asks for (POSIX, 8.2: the first of these that is not empty).
pub fn of_the_environment(variable: impl Fn(&str) -> Option<String>) -> String {
    let names = ["CHAT_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"];
    names.into_iter().filter_map(variable).find(|value| !value.is_empty()).unwrap_or_default()
}

fn catalogue((tag, text): (&str, &str)) -> Catalogue {
    let resource = FluentResource::try_new(text.to_owned()).expect("a test reads every catalogue");
    let mut catalogue = Catalogue::new_concurrent(vec![tag.parse().expect("a tag of a language")]);
    // Marks of direction around each argument are signs that terminals show.
    catalogue.set_use_isolating(false);
    catalogue.add_resource(resource).expect("a test knows that no key stands twice");
    catalogue
}

/// What stands in a message.
pub trait Argument {
    /// Gives it as the catalogue takes it: numbers choose between one and many.
    fn value(&self) -> FluentValue<'_>;
}

impl Argument for str {
    fn value(&self) -> FluentValue<'_> {
        FluentValue::from(self)
    }
}

impl Argument for String {
    fn value(&self) -> FluentValue<'_> {
        FluentValue::from(self.as_str())
    }
}

impl<T: Argument + ?Sized> Argument for &T {
    fn value(&self) -> FluentValue<'_> {
        T::value(self)
    }
}

macro_rules! numbers {
    ($($number:ty),+) => {
        $(impl Argument for $number {
            fn value(&self) -> FluentValue<'_> {
                FluentValue::from(*self)
            }
        })+
    };
}

numbers!(u32, u64, usize);
