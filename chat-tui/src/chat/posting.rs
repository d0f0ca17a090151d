//! Posts and what is said to them.

use proto::{ChannelId, Content, Index};

use super::ChatScreen;
use crate::refusals::with_stop;

impl ChatScreen {
    /// Posts something for friends to read.
    pub fn post(&mut self, content: &Content) {
        self.core.post(self.current, content);
        self.say_when_it_waits(label!("notice-post-waits"));
    }

    /// Answers a post.
    pub fn answer_post(&mut self, wall: ChannelId, index: Index, content: &Content) {
        self.core.answer_post(self.current, wall, index, content);
        self.say_when_it_waits(label!("notice-reply-waits"));
    }

    fn say_when_it_waits(&mut self, words: &str) {
        self.quit_warned = false;
        if !self.core.is_online() {
            self.tell(words);
        }
    }

    /// What was posted or said to a post is refused: it is kept where one writes.
    pub(super) fn post_refused(&mut self, texts: &[String], reason: String) {
        texts.iter().for_each(|text| self.remember_for_reader(text));
        self.fail(if texts.is_empty() { reason } else { say!("error-post-refused", reason = with_stop(&reason)) });
    }
}
