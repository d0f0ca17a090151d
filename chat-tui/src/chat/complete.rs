//! Completing handles, channels, commands, their arguments and emoji by Tab; again for the next one, Shift+Tab for the one
//! before.

use proto::{ChannelKind, Handle};

use super::ChatScreen;
use super::command::{self, Takes};
use super::terms::Cycle;
use crate::effect::Effect;
use crate::shortcodes;

/// Emoji that are offered for a shortcode.
const EMOJI_MAX: usize = 50;

impl Cycle {
    /// What stands where the word was.
    pub(super) fn put(&self) -> String {
        format!("{}{}", self.candidates[self.at], self.behind)
    }
}

/// The word before the cursor, and what it stands behind.
struct Typed<'a> {
    /// Where its line begins.
    line: usize,
    /// Where it begins.
    start: usize,
    /// The word, in small letters.
    word: String,
    /// The command that it is an argument of.
    command: Option<&'a str>,
    /// How many arguments stand before it.
    arguments: usize,
}

impl<'a> Typed<'a> {
    /// Finds it; none where nothing is typed.
    fn before(before: &'a str) -> Option<Self> {
        let line = before.rfind('\n').map_or(0, |at| at + 1);
        let last_gap = before.char_indices().rfind(|(_, c)| c.is_whitespace());
        let mut start = last_gap.map_or(0, |(at, gap)| at + gap.len_utf8());
        // What stands before a name, as in `(bob` or `"#tea`.
        start +=
            before[start..].len() - before[start..].trim_start_matches(['(', '[', '{', '<', '"', '\'', '“', '‘']).len();
        let word = before[start..].to_lowercase();
        let mut words = before[..start].split_whitespace();
        let command = words.next().filter(|_| before.starts_with('/') && !before.starts_with("//") && line == 0);
        let arguments = words.count();
        (!word.is_empty()).then_some(Self { line, start, word, command, arguments })
    }

    /// Tells whether Tab looks for any channel here.
    fn may_be_channel(&self) -> bool {
        let takes = self.command.and_then(|command| command::known(&command.to_lowercase())?.takes.get(self.arguments));
        self.word.starts_with('#') && self.word.len() > 1 || matches!(takes, Some(Takes::Channel))
    }
}

impl ChatScreen {
    /// Completes the word before the cursor, or goes to the next candidate, or back to the one before. Paths are asked for
    /// first: they lie outside.
    pub(super) fn complete(&mut self, forward: bool) -> Option<Effect> {
        // What was put there may be gone: another device writes, too.
        let composer = self.composer();
        let stands =
            |cycle: &Cycle| composer.text().get(cycle.start..composer.cursor()).is_some_and(|put| put == cycle.put());
        let cycle = match self.completing.clone().filter(stands) {
            Some(mut cycle) => {
                let count = cycle.candidates.len();
                cycle.at = (cycle.at + if forward { 1 } else { count - 1 }) % count;
                Some(cycle)
            }
            None if self.takes_paths() => return self.ask_for_paths(),
            None => self.candidates(),
        };
        let cycle = cycle?;
        let text = cycle.put();
        self.edit(|composer| composer.replace(cycle.start..composer.cursor(), &text));
        self.completing = Some(cycle);
        None
    }

    /// Tells whether what is typed are files behind a command.
    fn takes_paths(&self) -> bool {
        let composer = self.composer();
        let before = &composer.text()[..composer.cursor()];
        let Some((command, _)) = before.split_once(char::is_whitespace) else { return false };
        let takes = command::known(&command.to_lowercase()).map(|command| command.takes);
        // What is said beside the files may name people.
        before.starts_with('/') && !before.contains(" -- ") && matches!(takes, Some([Takes::Paths]))
    }

    /// Wants the names of public channels that Tab could put here.
    pub(super) fn want_names(&mut self) {
        let composer = self.composer();
        let Some(typed) = Typed::before(&composer.text()[..composer.cursor()]) else { return };
        if typed.may_be_channel() {
            let begin = typed.word.trim_start_matches('#').to_owned();
            self.core.want_public_names(&begin);
        }
    }

    fn candidates(&self) -> Option<Cycle> {
        let composer = self.composer();
        let (before, after) = composer.text().split_at(composer.cursor());
        let Typed { line, start, word, command, arguments } = Typed::before(before)?;
        let sign = word.chars().next()?;
        let mut behind = " ";
        let candidates = match (command, arguments, sign) {
            (None, _, '/') if start == 0 => command_names(&word),
            (Some(command), place, _) => self.arguments(&command.to_lowercase(), place, &word)?,
            (None, _, ':') => {
                let codes = shortcodes::beginning(&word[1..]);
                codes.into_iter().take(EMOJI_MAX).map(|(_, emoji)| emoji.to_owned()).collect()
            }
            (None, _, '#') => beginning(&word, self.channel_names().map(|name| format!("#{name}"))),
            (None, _, '@') => self.people_named(&word[1..]).map(|handle| format!("@{handle}")).collect(),
            (None, ..) => {
                if start == line {
                    behind = ": ";
                }
                self.people_named(&word).map(ToString::to_string).collect()
            }
        };
        if after.starts_with(char::is_whitespace) {
            behind = behind.trim_end();
        }
        (!candidates.is_empty()).then_some(Cycle { start, candidates, at: 0, behind })
    }

    /// What may stand at a place behind a command.
    fn arguments(&self, command: &str, place: usize, word: &str) -> Option<Vec<String>> {
        let takes = command::known(command)?.takes.get(place);
        let sign = word.chars().next().filter(|sign| matches!(sign, '#' | '@')).map(String::from).unwrap_or_default();
        let with_sign = |name: &str| format!("{sign}{name}");
        let channels = || beginning(word, self.channel_names().map(|name| with_sign(&name)));
        let people = || {
            let named = self.people_named(word.trim_start_matches('@'));
            named.map(|handle| with_sign(handle.as_str())).collect()
        };
        Some(match takes {
            Some(Takes::Word(words)) => beginning(word, words.iter().map(|word| (*word).to_owned())),
            Some(Takes::Command) => {
                let names = command_names(&format!("/{}", word.trim_start_matches('/')));
                names.iter().map(|name| name.trim_start_matches('/').to_owned()).collect()
            }
            Some(Takes::Channel | Takes::Open) if word.starts_with("id:") => {
                beginning(word, self.core.channels.keys().map(|id| format!("id:{id}")))
            }
            Some(Takes::Open) if sign != "@" => beginning(word, self.own_names().map(|name| with_sign(&name))),
            Some(Takes::Paths) => return None,
            Some(Takes::Channel) => channels(),
            Some(Takes::Open | Takes::Person) => people(),
            None if sign == "#" => channels(),
            None => people(),
        })
    }

    /// Gives the people whose handles begin so: the handle itself, then who has spoken here last, then the others.
    pub(super) fn people_named(&self, begin: &str) -> impl Iterator<Item = &Handle> {
        let members = self.channel().into_iter().flat_map(|channel| channel.members.keys());
        let friends = self.core.people.sorted().into_iter().map(|person| &person.handle);
        let talks = self.core.channels.values();
        let talks = talks.flat_map(|channel| channel.members.keys().chain(channel.history.speakers()));
        let speakers = self.channel().map(|channel| channel.history.speakers()).unwrap_or_default();
        let recent = |handle: &Handle| speakers.iter().position(|speaker| *speaker == handle).unwrap_or(usize::MAX);
        // Who is not here comes last.
        let ranked = members.map(|handle| (0, handle)).chain(friends.chain(talks).map(|handle| (1, handle)));
        let fits = |(_, handle): &(u8, &Handle)| *handle != self.me() && handle.as_str().starts_with(begin);
        let mut named = ranked.filter(fits).collect::<Vec<_>>();
        named.sort_by_key(|(rank, handle)| (handle.as_str() != begin, recent(handle), *rank, handle.as_str()));
        let mut seen = std::collections::HashSet::new();
        named.retain(|(_, handle)| seen.insert(*handle));
        named.into_iter().map(|(_, handle)| handle)
    }

    fn channel_names(&self) -> impl Iterator<Item = String> {
        self.own_names().chain(self.core.public_names().map(ToString::to_string))
    }

    fn own_names(&self) -> impl Iterator<Item = String> {
        let own = self.core.channels.values().filter(|channel| channel.kind != ChannelKind::Dm);
        own.map(|channel| channel.name.to_string())
    }
}

/// Gives what begins so, itself first, each once.
fn beginning(word: &str, names: impl Iterator<Item = String>) -> Vec<String> {
    let mut found = names.filter(|name| name.to_lowercase().starts_with(word)).collect::<Vec<_>>();
    found.sort_by(|a, b| (a != word, a).cmp(&(b != word, b)));
    found.dedup();
    found
}

/// Gives the commands that begin so, by whatever of their names; those by their first one come first.
fn command_names(word: &str) -> Vec<String> {
    let first = beginning(word, command::all().map(|command| command.name.to_owned()));
    let others = command::all().flat_map(|command| command.aliases.iter().map(|alias| (*alias).to_owned()));
    let others = beginning(word, others);
    first.into_iter().chain(others).collect()
}
