//! What goes to standard output: lines for people, or compact JSON objects for programs.

use std::io::{self, Write};

use jiff::tz::TimeZone;
use proto::http::Post;
use proto::{Message, MessageKind, Timestamp};
use serde::Serialize;

use super::files::described;
use crate::clock;
use crate::failure::Failure;
use crate::text::{Clean, CleanLine, visible_json};

/// Standard output in one of two forms. Each line is written at once: who reads a pipe waits for it.
pub(super) struct Output {
    json: bool,
    zone: TimeZone,
}

/// A message with the channel it stands in, as `--json` prints it.
#[derive(Serialize)]
struct Line<'a> {
    channel: &'a str,
    #[serde(flatten)]
    message: &'a Message,
}

impl Output {
    pub(super) fn new(json: bool) -> Self {
        Self { json, zone: clock::zone() }
    }

    /// Prints a thing: as JSON, or as the line that people get.
    pub(super) fn print(&mut self, thing: &impl Serialize, line: impl FnOnce() -> String) -> Result<(), Failure> {
        if self.json {
            let json = serde_json::to_string(thing).expect("what the wire holds can be written");
            return write(&visible_json(&json));
        }
        write(&line())
    }

    /// Prints the line between two groups of messages, as grep does.
    pub(super) fn gap(&mut self) -> Result<(), Failure> {
        write("--")
    }

    /// Prints a post with the wall it stands on, and how many answers it has.
    pub(super) fn post(&mut self, post: &Post) -> Result<(), Failure> {
        if self.json {
            return self.print(post, String::new);
        }
        let wall = format!("wall:{} {} ({} replies)", post.message.handle, post.message.index, post.replies);
        self.message(&wall, &post.message, true)
    }

    /// Gives a moment as people read it here.
    pub(super) fn date(&self, date: Timestamp) -> String {
        date_in(self.zone.clone(), date)
    }

    /// Prints a message; `shown` says in which channel when there are several.
    pub(super) fn message(&mut self, channel: &str, message: &Message, shown: bool) -> Result<(), Failure> {
        let zone = self.zone.clone();
        self.print(&Line { channel, message }, || {
            let date = date_in(zone, message.date);
            let place = if shown { format!("{} ", CleanLine::new(channel)) } else { String::new() };
            let content = Clean::new(&message.content);
            // Further lines stand below the first, so that none can pass for another message.
            let content = content.as_str().replace('\n', "\n    ");
            if message.deleted.is_some() {
                return format!("{date} {place}<{}> (deleted)", message.handle);
            }
            let content = if message.edited.is_some() { content + " (edited)" } else { content };
            let files = message.files.iter().map(|file| format!("[{}]", described(file)));
            let content = [content].into_iter().filter(|content| !content.is_empty()).chain(files);
            let content = content.collect::<Vec<_>>().join("\n    ");
            match message.kind {
                MessageKind::Action | MessageKind::System => format!("{date} {place}* {} {content}", message.handle),
                _ => format!("{date} {place}<{}> {content}", message.handle),
            }
        })
    }
}

fn date_in(zone: TimeZone, date: Timestamp) -> String {
    let moment = jiff::Timestamp::from_millisecond(date.as_millis()).unwrap_or_default();
    moment.to_zoned(zone).strftime("%Y-%m-%d %H:%M").to_string()
}

fn write(line: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match writeln!(out, "{line}").and_then(|()| out.flush()) {
        // Whoever read has heard enough, as `head` has.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(Failure::NobodyReads),
        written => Ok(written?),
    }
}
