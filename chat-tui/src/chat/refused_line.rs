//! A command that is refused comes back to the line in which it was written, if nothing else was written there since:
//! nobody types a name of thirteen characters twice.

use proto::ChannelId;

use super::ChatScreen;
use super::terms::CommandLine;
use crate::core::RequestId;

impl ChatScreen {
    /// Takes note of a command that was just done, after request `before`, and puts it back if it was refused at once.
    pub(super) fn line_was_done(&mut self, place: Option<ChannelId>, text: String, before: RequestId) {
        let line = CommandLine { place, text, request: self.asked_since(before) };
        if self.notice.as_ref().is_some_and(|notice| notice.failed) {
            self.give_line_back(line);
        } else if line.request.is_some() || self.naming.is_some() {
            self.command_lines.push(line);
        }
    }

    /// Gives the last request since that one whose answer this screen waits for.
    fn asked_since(&self, before: RequestId) -> Option<RequestId> {
        self.waiting.keys().copied().filter(|request| *request >= before).max()
    }

    /// The name in a command was looked up, and led to a request or to nothing.
    pub(super) fn line_was_looked_up(&mut self, before: RequestId) {
        let Some(place) = self.command_lines.iter().position(|line| line.request.is_none()) else { return };
        if let Some(request) = self.asked_since(before) {
            self.command_lines[place].request = Some(request);
            return;
        }
        let line = self.command_lines.remove(place);
        if self.notice.as_ref().is_some_and(|notice| notice.failed) {
            self.give_line_back(line);
        }
    }

    /// A request was answered: if a command led to it, it is done or comes back.
    pub(super) fn line_was_answered(&mut self, request: RequestId, refused: bool) {
        let place = self.command_lines.iter().position(|line| line.request == Some(request));
        let line = place.map(|place| self.command_lines.remove(place));
        if let Some(line) = line.filter(|_| refused) {
            self.give_line_back(line);
        }
    }

    /// No answers come on a connection that is lost: whether a command was done is for its writer to see. What changes a
    /// message is tried again by itself.
    pub(super) fn lines_lost(&mut self) {
        let waiting = &self.waiting;
        let waits = |line: &mut CommandLine| line.request.is_some_and(|request| waiting.contains_key(&request));
        let lost = self.command_lines.extract_if(.., waits).collect::<Vec<_>>();
        self.command_lines.retain(|line| line.request.is_none());
        let count = lost.len();
        lost.into_iter().for_each(|line| self.give_line_back(line));
        if count > 0 {
            self.fail(say!("error-commands-lost", count = count));
        }
    }

    fn give_line_back(&mut self, CommandLine { place, text, .. }: CommandLine) {
        let composer = match place {
            Some(id) => self.views.get_mut(&id).map(|view| &mut view.composer),
            None => Some(&mut self.alone),
        };
        if let Some(composer) = composer.filter(|composer| composer.is_empty()) {
            composer.replace(0..0, &text);
        }
    }
}
