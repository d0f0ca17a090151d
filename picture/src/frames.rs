//! The frames of a picture that moves.

use std::io::Cursor;
use std::time::{Duration, Instant};

use bytes::Bytes;
use image::codecs::gif::GifDecoder;
use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use image::imageops::FilterType;
use image::{AnimationDecoder, Frames, ImageDecoder, RgbaImage};

use crate::decode::{Timed, of_image, require_fits};
use crate::webp::frames_fit;
use crate::{Format, Limits, PictureError};

/// What browsers make of a frame that is to be shown for no time at all.
const DELAY_UNSAID: Duration = Duration::from_millis(100);
const DELAY_MIN: Duration = Duration::from_millis(20);

/// Hands the frames of a picture over, each with how long it is shown, until `take` says that there are enough. A picture that
/// does not move has one.
///
/// # Errors
/// See [`PictureError`]; frames before the one that is damaged, or comes too late, were handed over.
pub fn frames(
    bytes: &Bytes,
    format: Format,
    limits: Limits,
    take: impl FnMut(RgbaImage, Duration) -> bool,
) -> Result<(), PictureError> {
    let end = Instant::now() + limits.time;
    let source = Timed { bytes: Cursor::new(bytes), end };
    match format {
        Format::Gif => {
            let mut decoder = GifDecoder::new(source)?;
            // The frame, what is below it, and the one that is handed over.
            require_fits(decoder.dimensions(), 12, limits)?;
            decoder.set_limits(of_image(limits))?;
            hand_over(decoder.into_frames(), end, take)
        }
        Format::WebP => {
            if !frames_fit(bytes) {
                return Err(PictureError::Damaged);
            }
            let decoder = WebPDecoder::new(source)?;
            require_fits(decoder.dimensions(), 12, limits)?;
            hand_over(decoder.into_frames(), end, take)
        }
        Format::Png => {
            let decoder = PngDecoder::with_limits(source, of_image(limits))?;
            require_fits(decoder.dimensions(), 12, limits)?;
            hand_over(decoder.apng()?.into_frames(), end, take)
        }
        Format::Jpeg => Err(PictureError::Damaged),
    }
}

/// Few bytes may be many frames, and the time of whoever takes them counts as well.
fn hand_over(
    frames: Frames<'_>,
    end: Instant,
    mut take: impl FnMut(RgbaImage, Duration) -> bool,
) -> Result<(), PictureError> {
    for frame in frames {
        if Instant::now() >= end {
            return Err(PictureError::TooLarge);
        }
        let frame = frame?;
        let delay = Duration::from(frame.delay());
        if !take(frame.into_buffer(), if delay < DELAY_MIN { DELAY_UNSAID } else { delay }) {
            break;
        }
    }
    Ok(())
}

/// Gives a frame at another size, in pixels.
pub fn resized(frame: &RgbaImage, width: u32, height: u32) -> RgbaImage {
    image::imageops::resize(frame, width, height, FilterType::Triangle)
}

#[cfg(test)]
mod tests {
    use image::codecs::gif::GifEncoder;
    use image::{Delay, Frame, Rgba};

    use super::*;

    fn gif(shades: &[u8], delay: u64) -> Bytes {
        let mut bytes = Vec::new();
        let mut encoder = GifEncoder::new(&mut bytes);
        for shade in shades {
            let pixels = RgbaImage::from_pixel(6, 4, Rgba([*shade, 0, 0, 255]));
            let delay = Delay::from_saturating_duration(Duration::from_millis(delay));
            encoder.encode_frame(Frame::from_parts(pixels, 0, 0, delay)).expect("it can be written");
        }
        drop(encoder);
        bytes.into()
    }

    fn seen(bytes: &Bytes, format: Format, most: usize) -> Vec<(u8, u128)> {
        let mut seen = Vec::new();
        let _ = frames(bytes, format, Limits::PREVIEW, |frame, delay| {
            seen.push((frame.get_pixel(0, 0).0[0], delay.as_millis()));
            seen.len() < most
        });
        seen
    }

    #[test]
    fn frames_come_in_their_order_with_their_time() {
        assert_eq!(seen(&gif(&[0, 255, 0], 50), Format::Gif, 10), [(0, 50), (255, 50), (0, 50)]);
        assert_eq!(seen(&gif(&[0, 255, 0], 50), Format::Gif, 2).len(), 2, "no more than are wanted");
        assert_eq!(seen(&gif(&[0, 255], 0), Format::Gif, 10), [(0, 100), (255, 100)], "as browsers do");
    }

    #[test]
    fn who_takes_too_long_gets_no_more() {
        let limits = Limits { time: Duration::from_millis(50), ..Limits::PREVIEW };
        let mut count = 0;
        let ended = frames(&gif(&[0; 200], 50), Format::Gif, limits, |_, _| {
            count += 1;
            std::thread::sleep(Duration::from_millis(10));
            true
        });
        assert!(matches!(ended, Err(PictureError::TooLarge)) && count < 20, "{count}");
    }

    #[test]
    fn what_is_damaged_ends_there() {
        let whole = gif(&[0, 255, 0, 255], 50);
        let cut = whole.slice(..whole.len() - 30);
        let begun = seen(&cut, Format::Gif, 10);
        assert!(!begun.is_empty() && begun.len() < 4, "{begun:?}");
        for format in [Format::Png, Format::WebP, Format::Jpeg, Format::Gif] {
            assert_eq!(seen(&Bytes::from_static(b"none at all"), format, 10), []);
        }
    }
}
