//! The pictures that are ready to be drawn, those on their way, and those that cannot be shown.

use std::collections::HashMap;

use super::{Animation, DrawnImage, ImageKey, ImageSetup};

/// Bytes of pictures that are kept in memory, besides those that are on the screen.
const KEPT_BYTES: usize = 8 << 20;
/// Bytes a second of a line of which nothing is known yet.
const LINE_UNKNOWN: u32 = 100_000;
/// The part of what the line takes that pictures may have that move.
const LINE_PART: u32 = 4;
/// Frames do not follow each other sooner; if they had to come later than that, nothing moves.
const FRAME_MIN_MILLIS: u64 = 50;
const FRAME_MAX_MILLIS: u64 = 700;
/// Pictures that are fetched at once.
const LOADING_MAX: usize = 4;

/// What has become of a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImageState {
    /// It is on its way.
    Loading,
    /// It can be drawn.
    Ready(DrawnImage),
    /// It cannot be drawn, for this reason, safe to draw.
    Failed(String),
}

#[derive(Debug)]
struct Entry {
    state: ImageState,
    /// When it was on the screen last, counted by [`ImageCache::turn`].
    seen: u64,
}

/// The pictures of messages.
#[derive(Debug, Default)]
pub struct ImageCache {
    setup: Option<ImageSetup>,
    entries: HashMap<ImageKey, Entry>,
    turn: u64,
    /// How long pictures have moved, in milliseconds.
    played: u64,
    /// Bytes a second that the line to the terminal takes of pictures; none where it is too slow for any that move.
    pub line: Option<u32>,
}

impl ImageCache {
    /// Starts in a terminal that draws pictures in a way, or not at all.
    pub fn new(setup: Option<ImageSetup>) -> Self {
        Self { setup, line: Some(LINE_UNKNOWN), ..Self::default() }
    }

    /// How pictures are drawn, if they are.
    pub fn setup(&self) -> Option<ImageSetup> {
        self.setup
    }

    /// Draws pictures in another way from now on, or no longer.
    pub fn set_up(&mut self, setup: Option<ImageSetup>) {
        if self.setup != setup {
            *self = Self { line: self.line, ..Self::new(setup) };
        }
    }

    /// What has become of a picture; none if it was never on the screen.
    pub fn state(&self, key: &ImageKey) -> Option<&ImageState> {
        self.entries.get(key).map(|entry| &entry.state)
    }

    /// What is drawn of a picture: the frame of this moment if it moves and all of that is here.
    pub fn drawn(&self, key: &ImageKey) -> Option<&ImageState> {
        match self.animation(&key.moving()) {
            Some(_) if key.part.is_none_or(|part| part.is_all(key.size)) => self.state(&key.moving()),
            _ => self.state(key),
        }
    }

    /// How long pictures have moved, in milliseconds.
    pub fn played(&self) -> u64 {
        self.played
    }

    /// Lets pictures move on by so many milliseconds.
    pub fn play(&mut self, millis: u64) {
        self.played += millis;
    }

    /// Gives when the next frame of any of these is to be shown, in milliseconds; none where none moves, or too slowly to be
    /// called that. What is due sooner than the line has room for is left out.
    pub fn next_frame(&self, keys: &[ImageKey]) -> Option<u64> {
        let moving = || keys.iter().filter_map(|key| self.animation(key));
        let due = moving().map(|animation| animation.at(self.played).1).min()?;
        let needs =
            moving().map(Animation::frame_bytes).sum::<u64>() * 1_000 / u64::from(self.line? / LINE_PART).max(1);
        (needs <= FRAME_MAX_MILLIS).then_some(due.max(needs).max(FRAME_MIN_MILLIS))
    }

    fn animation(&self, key: &ImageKey) -> Option<&Animation> {
        match self.state(key)? {
            ImageState::Ready(DrawnImage::Frames(animation)) => Some(animation),
            _ => None,
        }
    }

    /// Notes which pictures are on the screen, and gives those that are to be fetched.
    pub fn shown(&mut self, keys: Vec<ImageKey>) -> Vec<ImageKey> {
        self.turn += 1;
        let loading = self.entries.values().filter(|entry| entry.state == ImageState::Loading).count();
        let mut missing = Vec::new();
        for key in keys {
            match self.entries.get_mut(&key) {
                Some(entry) => entry.seen = self.turn,
                None if loading + missing.len() < LOADING_MAX => {
                    self.entries.insert(key.clone(), Entry { state: ImageState::Loading, seen: self.turn });
                    missing.push(key);
                }
                None => {}
            }
        }
        self.make_room();
        missing
    }

    /// A picture has come that was asked for in one way of drawing, or why not.
    pub fn came(&mut self, key: &ImageKey, setup: ImageSetup, result: Result<DrawnImage, String>) {
        if self.setup != Some(setup) {
            return;
        }
        let state = match result {
            Ok(drawn) => ImageState::Ready(drawn),
            Err(reason) => ImageState::Failed(crate::text::CleanLine::new(&reason).to_string()),
        };
        if let Some(entry) = self.entries.get_mut(key) {
            entry.state = state;
        }
    }

    /// Tries again what could not be fetched.
    pub fn try_again(&mut self) {
        self.entries.retain(|_, entry| !matches!(entry.state, ImageState::Failed(_)));
    }

    /// Lets those go that were not on the screen for longest.
    fn make_room(&mut self) {
        let bytes = |entry: &Entry| match &entry.state {
            ImageState::Ready(drawn) => drawn.bytes(),
            ImageState::Loading | ImageState::Failed(_) => 0,
        };
        let mut kept = self.entries.values().map(bytes).sum::<usize>();
        while kept > KEPT_BYTES {
            let ready = self.entries.iter().filter(|(_, entry)| entry.seen < self.turn && bytes(entry) > 0);
            let Some(oldest) = ready.min_by_key(|(_, entry)| entry.seen).map(|(key, _)| key.clone()) else { return };
            kept -= self.entries.remove(&oldest).map_or(0, |entry| bytes(&entry));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;

    use super::*;
    use crate::image::ImageSize;

    fn key(number: usize) -> ImageKey {
        let file = format!("f{number}").parse().unwrap();
        ImageKey::still(file, ImageSize { columns: 100, rows: 50 })
    }

    fn drawn() -> DrawnImage {
        DrawnImage::Cells(Arc::new(Buffer::empty(Rect::new(0, 0, 100, 50))))
    }

    #[test]
    fn what_was_not_seen_for_longest_goes_first_and_never_what_is_seen() {
        let mut cache = ImageCache::new(Some(ImageSetup::BLOCKS));
        let most = KEPT_BYTES / drawn().bytes();
        for number in 0..most + 10 {
            assert_eq!(
                cache.shown(vec![key(0), key(number)]).len(),
                usize::from(cache.state(&key(number)).is_some()).min(1)
            );
            cache.came(&key(number), ImageSetup::BLOCKS, Ok(drawn()));
        }
        assert!(cache.state(&key(0)).is_some(), "it is on the screen");
        assert!(cache.state(&key(1)).is_none() && cache.state(&key(most + 9)).is_some());
        let kept = cache.entries.len() * drawn().bytes();
        assert!(kept <= KEPT_BYTES + drawn().bytes(), "{kept}");
    }

    #[test]
    fn what_moves_leaves_the_line_to_others() {
        let mut cache = ImageCache::new(Some(ImageSetup::BLOCKS));
        let moving = key(1).moving();
        assert_eq!(cache.shown(vec![moving.clone()]).len(), 1);
        let animation = Animation::of((0..8).map(|_| (drawn(), 60)).collect()).unwrap();
        let bytes = animation.frame_bytes() as u32;
        cache.came(&moving, ImageSetup::BLOCKS, Ok(DrawnImage::Frames(animation.into())));
        let mut waits = |line| {
            cache.line = line;
            cache.next_frame(std::slice::from_ref(&moving))
        };
        assert_eq!(waits(Some(u32::MAX)), Some(60), "as fast as it is");
        assert_eq!(waits(Some(4 * 5 * bytes)), Some(200), "five in a second, in its part of the line");
        assert_eq!((waits(Some(4 * bytes)), waits(None)), (None, None), "one in a second is no movement");
    }

    #[test]
    fn few_are_fetched_at_once_and_what_failed_is_tried_again_by_hand() {
        let mut cache = ImageCache::new(Some(ImageSetup::BLOCKS));
        let all = (0..10).map(key).collect::<Vec<_>>();
        assert_eq!(cache.shown(all.clone()), all[..LOADING_MAX]);
        assert_eq!(cache.shown(all.clone()), []);
        cache.came(&key(0), ImageSetup::BLOCKS, Err("no \u{1b}[2J connection".to_owned()));
        assert!(matches!(cache.state(&key(0)), Some(ImageState::Failed(reason)) if !reason.contains('\u{1b}')));
        assert_eq!(cache.shown(all.clone()), all[LOADING_MAX..LOADING_MAX + 1]);
        cache.came(&key(1), ImageSetup::BLOCKS, Ok(drawn()));
        cache.try_again();
        assert_eq!(cache.shown(all.clone()), all[..1]);
        cache.set_up(None);
        cache.came(&key(2), ImageSetup::BLOCKS, Ok(drawn()));
        assert!(cache.state(&key(2)).is_none(), "it was drawn in another way");
    }
}
