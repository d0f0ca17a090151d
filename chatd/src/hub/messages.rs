//! The messages that one commit brought to a channel, as frames that all its connections share.

use std::sync::Arc;

use proto::{ChannelId, Version};

use crate::frame::{Frames, FramesWriter};

/// Messages of one channel in the order of their versions, or a part of them.
#[derive(Debug, Clone)]
pub struct Messages {
    written: Arc<Written>,
    from: usize,
    to: usize,
}

#[derive(Debug)]
struct Written {
    channel: ChannelId,
    frames: Frames,
    /// The version of each message, and where its frame ends.
    places: Vec<(Version, usize)>,
}

impl Messages {
    /// Writes messages one behind the other; each comes as its version and its packet.
    pub fn write(channel: ChannelId, packets: impl IntoIterator<Item = (Version, String)>) -> Self {
        let mut frames = FramesWriter::default();
        let places = packets.into_iter().map(|(version, packet)| (version, frames.text(&packet))).collect::<Vec<_>>();
        let to = places.len();
        Self { written: Arc::new(Written { channel, frames: frames.finish(), places }), from: 0, to }
    }

    /// Gives the channel that the message stands in.
    pub fn channel(&self) -> &ChannelId {
        &self.written.channel
    }

    /// Gives those at some places.
    pub fn part(&self, places: std::ops::Range<usize>) -> Self {
        debug_assert!(self.from + places.end <= self.to);
        Self { written: self.written.clone(), from: self.from + places.start, to: self.from + places.end }
    }

    /// Gives those that came after a version.
    pub fn after(&self, version: Version) -> Self {
        let places = &self.written.places[self.from..self.to];
        self.part(places.partition_point(|(of, _)| *of <= version)..places.len())
    }

    /// Tells whether there are none.
    pub fn is_empty(&self) -> bool {
        self.from == self.to
    }

    /// Gives their frames.
    pub fn frames(&self) -> Frames {
        self.written.frames.part(self.begins(self.from)..self.begins(self.to))
    }

    /// Counts the bytes of their frames.
    pub fn bytes(&self) -> usize {
        self.begins(self.to) - self.begins(self.from)
    }

    fn begins(&self, place: usize) -> usize {
        place.checked_sub(1).map_or(0, |before| self.written.places[before].1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn versions(messages: &Messages) -> Vec<u64> {
        messages.written.places[messages.from..messages.to].iter().map(|(version, _)| version.get()).collect()
    }

    #[test]
    fn a_part_holds_whole_frames() {
        let packets = [(4, "four"), (6, "six"), (7, "seven")];
        let packets = packets.map(|(version, text)| (Version::new(version), text.to_owned()));
        let all = Messages::write("c1".parse().unwrap(), packets);
        assert_eq!(all.bytes(), 3 * 2 + 12);
        for (seen, left) in [(3, &[4, 6, 7][..]), (4, &[6, 7]), (5, &[6, 7]), (6, &[7]), (7, &[])] {
            let new = all.after(Version::new(seen));
            assert_eq!(versions(&new), left);
            assert_eq!(new.is_empty(), left.is_empty());
            assert_eq!(new.bytes(), new.frames().bytes().len());
        }
        assert_eq!(all.part(1..2).frames().bytes(), Frames::text("six").bytes());
        assert_eq!(all.part(1..3).after(Version::new(6)).frames().bytes(), Frames::text("seven").bytes());
    }
}
