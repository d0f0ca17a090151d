//! Completing handles, channels and commands by Tab; again for the next one.

use proto::ChannelKind;

use super::State;
use super::command::COMMANDS;

/// The candidates that Tab goes through, and the place they are put.
#[derive(Debug, Clone)]
pub(super) struct Cycle {
    start: usize,
    candidates: Vec<String>,
    next: usize,
}

impl State {
    /// Completes the word before the cursor, or goes to the next candidate.
    pub(super) fn complete(&mut self) {
        let mut cycle = match self.completing.take() {
            Some(cycle) => cycle,
            None => match self.candidates() {
                Some(cycle) => cycle,
                None => return,
            },
        };
        let composer = self.composer_mut();
        let candidate = &cycle.candidates[cycle.next % cycle.candidates.len()];
        let end = composer.cursor();
        composer.replace(cycle.start..end, candidate);
        cycle.next += 1;
        self.completing = Some(cycle);
    }

    fn candidates(&self) -> Option<Cycle> {
        let before = &self.composer().text()[..self.composer().cursor()];
        let last_gap = before.char_indices().rfind(|(_, c)| c.is_whitespace());
        let start = last_gap.map_or(0, |(at, gap)| at + gap.len_utf8());
        let word = before[start..].to_lowercase();
        let command = before[..start].trim_end();
        let mut candidates = match (command, word.chars().next()) {
            ("", Some('/')) => COMMANDS.iter().map(|entry| format!("{} ", entry.name)).collect(),
            ("/join" | "/j" | "/open" | "/leave" | "/part" | "/close", _) if word.starts_with("id:") => self.ids(),
            ("/open" | "/buffer" | "/leave" | "/part" | "/close", _) if !word.starts_with('@') => {
                self.own_names(word.starts_with('#'))
            }
            ("/join" | "/j", _) | (_, Some('#')) => self.channel_names(word.starts_with('#')),
            _ => {
                let at = if word.starts_with('@') { "@" } else { "" };
                let behind = if start == 0 && at.is_empty() { ": " } else { " " };
                let members = self.channel().into_iter().flat_map(|channel| channel.members.keys());
                let friends = self.people.sorted().into_iter().map(|person| &person.handle);
                let others = members.chain(friends).filter(|handle| *handle != self.me());
                others.map(|handle| format!("{at}{handle}{behind}")).collect::<Vec<_>>()
            }
        };
        candidates.retain(|candidate| candidate.starts_with(&word) && !word.is_empty());
        candidates.sort();
        candidates.dedup();
        if candidates.is_empty() { None } else { Some(Cycle { start, candidates, next: 0 }) }
    }

    fn channel_names(&self, with_sign: bool) -> Vec<String> {
        let sign = if with_sign { "#" } else { "" };
        let mut names = self.own_names(with_sign);
        names.extend(self.public.iter().map(|name| format!("{sign}{name} ")));
        names
    }

    fn own_names(&self, with_sign: bool) -> Vec<String> {
        let sign = if with_sign { "#" } else { "" };
        let own = self.channels.values().filter(|channel| channel.kind != ChannelKind::Dm);
        own.map(|channel| format!("{sign}{} ", channel.name)).collect()
    }

    fn ids(&self) -> Vec<String> {
        self.channels.keys().map(|id| format!("id:{id} ")).collect()
    }
}
