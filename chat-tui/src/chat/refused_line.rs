//! A command that is refused comes back to the line in which it was written, if nothing else was written there since:
//! nobody types a name of thirteen characters twice.

use proto::ChannelId;

use super::command::Command;
use super::{Asked, State};

/// A command that waits for its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// Where it was written; nowhere when no channel is open.
    place: Option<ChannelId>,
    pub(super) text: String,
    /// The request that it led to; none while a name in it is looked up.
    reference: Option<u64>,
}

/// Tells whether a command's text is kept elsewhere until it has arrived.
pub(super) fn is_kept(command: &Command) -> bool {
    matches!(command, Command::Say(..) | Command::Message(_, Some(_)) | Command::Post(_))
}

impl State {
    /// Takes note of a command that was just done, after request `before`, and puts it back if it was refused at once.
    pub(super) fn line_was_done(&mut self, place: Option<ChannelId>, text: String, before: u64) {
        let reference = (self.next_ref > before).then(|| self.next_ref - 1);
        self.line = Some(Line { place, text, reference });
        if self.notice.as_ref().is_some_and(|notice| notice.failed) {
            self.give_line_back();
        } else if reference.is_none() && self.naming.is_none() {
            self.line = None;
        }
    }

    /// The name in a command was looked up, and led to a request or to nothing.
    pub(super) fn line_was_looked_up(&mut self, before: u64) {
        match &mut self.line {
            Some(line) if self.next_ref > before => line.reference = Some(self.next_ref - 1),
            Some(_) if self.notice.as_ref().is_some_and(|notice| notice.failed) => self.give_line_back(),
            _ => self.line = None,
        }
    }

    /// A request was answered: if a command led to it, it is done or comes back.
    pub(super) fn line_was_answered(&mut self, reference: u64, refused: bool) {
        if self.line.as_ref().is_none_or(|line| line.reference != Some(reference)) {
            return;
        }
        if refused { self.give_line_back() } else { self.line = None }
    }

    /// No answer comes on a connection that is lost: whether it was done is for its writer to see.
    pub(super) fn line_lost(&mut self) {
        let asked = self.line.as_ref().and_then(|line| line.reference).and_then(|reference| self.asked.get(&reference));
        // What changes a message is tried again by itself.
        if asked.is_some_and(|asked| !matches!(asked, Asked::Change { .. })) {
            self.give_line_back();
            self.fail("the connection was lost before this was answered: try it again when it is back");
        }
    }

    fn give_line_back(&mut self) {
        let Some(Line { place, text, .. }) = self.line.take() else { return };
        let composer = match place {
            Some(id) => self.channels.get_mut(&id).map(|channel| &mut channel.composer),
            None => Some(&mut self.alone),
        };
        if let Some(composer) = composer.filter(|composer| composer.is_empty()) {
            composer.replace(0..0, &text);
        }
    }
}
