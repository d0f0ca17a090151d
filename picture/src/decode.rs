//! From bytes to pixels, within limits.

use std::io::{self, BufRead, Cursor, Read, Seek, SeekFrom};
use std::time::{Duration, Instant};

use bytes::Bytes;
use image::codecs::gif::GifDecoder;
use image::codecs::jpeg::JpegDecoder;
use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use image::metadata::Orientation;
use image::{AnimationDecoder, DynamicImage, ImageDecoder, ImageError};
use img_parts::jpeg::{Jpeg, markers};

use crate::Format;

/// What decoding one picture takes at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Pixels of a side.
    pub side: u32,
    /// Bytes of memory for pixels, besides the picture's own bytes.
    pub memory: u64,
    /// How long it takes. Looked at whenever a decoder reads on; JPEG is bounded by its pixels and scans instead.
    pub time: Duration,
}

impl Limits {
    /// Enough for a photo of a phone with 50 megapixels; those of 100 are beyond it.
    pub const PHOTO: Self = Self { side: 16_384, memory: 160 << 20, time: Duration::from_secs(10) };

    /// Enough for a thumbnail, and for what is small enough to be its own.
    pub const PREVIEW: Self = Self { side: 8_192, memory: 48 << 20, time: Duration::from_secs(5) };
}

/// Why there are no pixels.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// The bytes are no picture, or a damaged one.
    #[error("it is damaged, or no picture")]
    Damaged,
    /// It would take more than the limits allow.
    #[error("it is too large to be shown")]
    TooLarge,
}

impl From<ImageError> for PictureError {
    fn from(error: ImageError) -> Self {
        match error {
            ImageError::Limits(_) => Self::TooLarge,
            ImageError::IoError(error) if error.kind() == io::ErrorKind::TimedOut => Self::TooLarge,
            _ => Self::Damaged,
        }
    }
}

/// The first frame of a picture, upright.
#[derive(Debug)]
pub struct Decoded {
    /// Its pixels.
    pub image: DynamicImage,
    /// Whether there is a second frame.
    pub animated: bool,
}

/// Decodes the first frame.
///
/// # Errors
/// See [`PictureError`]. What is too large is found in its first bytes as a rule, and nothing is decoded then.
pub fn decode(bytes: &Bytes, format: Format, limits: Limits) -> Result<Decoded, PictureError> {
    let source = Timed { bytes: Cursor::new(bytes), end: Instant::now() + limits.time };
    match format {
        Format::Jpeg => still(JpegDecoder::new(source)?, jpeg_pixel_bytes(bytes), false, limits),
        Format::Png => {
            let decoder = PngDecoder::with_limits(source, of_image(limits))?;
            let animated = decoder.is_apng()?;
            let of_channels = u64::from(decoder.color_type().bytes_per_pixel());
            still(decoder, of_channels, animated, limits)
        }
        Format::WebP => {
            let decoder = WebPDecoder::new(source)?;
            let animated = decoder.has_animation();
            // The decoder's own copy, and ours.
            still(decoder, 8, animated, limits)
        }
        Format::Gif => {
            let decoder = GifDecoder::new(source)?;
            // The frame, what is below it, and ours.
            require_fits(decoder.dimensions(), 12, limits)?;
            let mut frames = decoder.into_frames();
            let first = frames.next().ok_or(PictureError::Damaged)??;
            let image = DynamicImage::ImageRgba8(first.into_buffer());
            Ok(Decoded { image, animated: frames.next().is_some() })
        }
    }
}

fn still(
    mut decoder: impl ImageDecoder,
    pixel_bytes: u64,
    animated: bool,
    limits: Limits,
) -> Result<Decoded, PictureError> {
    require_fits(decoder.dimensions(), pixel_bytes, limits)?;
    decoder.set_limits(of_image(limits))?;
    let orientation = decoder.orientation()?;
    let mut image = DynamicImage::from_decoder(decoder)?;
    image.apply_orientation(orientation);
    Ok(Decoded { image, animated })
}

/// Tells how the bytes say that a picture is to be turned.
pub(crate) fn orientation(bytes: &Bytes, format: Format) -> Result<Orientation, PictureError> {
    let source = Cursor::new(bytes);
    Ok(match format {
        Format::Jpeg => JpegDecoder::new(source)?.orientation()?,
        Format::Png => PngDecoder::new(source)?.orientation()?,
        Format::WebP => WebPDecoder::new(source)?.orientation()?,
        Format::Gif => Orientation::NoTransforms,
    })
}

fn require_fits((width, height): (u32, u32), pixel_bytes: u64, limits: Limits) -> Result<(), PictureError> {
    let is_empty = width == 0 || height == 0;
    let pixels = u64::from(width) * u64::from(height);
    let fits = width.max(height) <= limits.side && pixels.saturating_mul(pixel_bytes) <= limits.memory;
    match (is_empty, fits) {
        (true, _) => Err(PictureError::Damaged),
        (false, false) => Err(PictureError::TooLarge),
        (false, true) => Ok(()),
    }
}

fn of_image(limits: Limits) -> image::Limits {
    let mut of_image = image::Limits::no_limits();
    of_image.max_image_width = Some(limits.side);
    of_image.max_image_height = Some(limits.side);
    of_image.max_alloc = Some(limits.memory);
    of_image
}

/// What a pixel takes while a JPEG is decoded: one in several scans is kept as coefficients until the last has come.
fn jpeg_pixel_bytes(bytes: &Bytes) -> u64 {
    let parts = Jpeg::from_bytes(bytes.clone());
    let in_scans = parts.is_ok_and(|parts| parts.segment_by_marker(markers::SOF2).is_some());
    if in_scans { 9 } else { 3 }
}

/// Bytes that end when the time is over.
struct Timed<'a> {
    bytes: Cursor<&'a Bytes>,
    end: Instant,
}

impl Timed<'_> {
    fn look_at_the_clock(&self) -> io::Result<()> {
        if Instant::now() < self.end { Ok(()) } else { Err(io::ErrorKind::TimedOut.into()) }
    }
}

impl Read for Timed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.look_at_the_clock()?;
        self.bytes.read(buffer)
    }
}

impl BufRead for Timed<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.look_at_the_clock()?;
        self.bytes.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.bytes.consume(amount);
    }
}

impl Seek for Timed<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.bytes.seek(to)
    }
}

#[cfg(test)]
mod tests {
    use image::{ImageFormat, RgbaImage};

    use super::*;

    fn encoded(image: &DynamicImage, format: ImageFormat) -> Bytes {
        let mut bytes = Cursor::new(Vec::new());
        image.write_to(&mut bytes, format).expect("it can be written");
        bytes.into_inner().into()
    }

    /// A PNG that says how large it is, and has nothing of that.
    fn claims(width: u32, height: u32) -> Bytes {
        let small = encoded(&DynamicImage::new_rgb8(8, 8), ImageFormat::Png);
        let mut png = img_parts::png::Png::from_bytes(small).expect("it is one");
        let mut head = png.chunks()[0].contents().to_vec();
        head[..4].copy_from_slice(&width.to_be_bytes());
        head[4..8].copy_from_slice(&height.to_be_bytes());
        png.chunks_mut()[0] = img_parts::png::PngChunk::new(*b"IHDR", head.into());
        png.encoder().bytes()
    }

    #[test]
    fn what_would_take_too_much_is_refused_before_it_is_taken() {
        let begin = Instant::now();
        for (width, height) in [(60_000, 60_000), (1, 20_000), (16_000, 16_000), (u32::MAX, 1)] {
            let bytes = claims(width, height);
            assert!(decode(&bytes, Format::Png, Limits::PHOTO).is_err(), "{width}x{height}");
        }
        assert!(matches!(decode(&claims(16_000, 16_000), Format::Png, Limits::PHOTO), Err(PictureError::TooLarge)));
        let gif = [&b"GIF89a\xff\xff\xff\xff\x00\x00\x00,\0\0\0\0\xff\xff\xff\xff\0\x02\x02L\x01\0;"[..]].concat();
        assert!(matches!(decode(&gif.into(), Format::Gif, Limits::PHOTO), Err(PictureError::TooLarge)));
        assert!(begin.elapsed() < Duration::from_secs(5));
        let late = Limits { time: Duration::ZERO, ..Limits::PHOTO };
        let png = encoded(&DynamicImage::new_rgb8(8, 8), ImageFormat::Png);
        assert!(matches!(decode(&png, Format::Png, late), Err(PictureError::TooLarge)));
    }

    #[test]
    fn what_only_begins_like_a_picture_is_none() {
        let page = &b"<html><script>alert(1)</script></html>"[..];
        for head in [&b"\x89PNG\r\n\x1a\n"[..], b"\xff\xd8\xff\xe0\0\x10JFIF\0", b"GIF89a", b"RIFF\x20\0\0\0WEBPVP8 "] {
            let bytes = Bytes::from([head, page].concat());
            let format = Format::claimed(&bytes).expect("it claims to be one");
            assert!(decode(&bytes, format, Limits::PHOTO).is_err(), "{format:?}");
        }
        assert_eq!(Format::claimed(page), None);
        assert_eq!(Format::claimed(b""), None);
    }

    #[test]
    fn every_format_is_read_and_whether_it_moves() {
        let image = DynamicImage::ImageRgba8(RgbaImage::from_pixel(30, 20, image::Rgba([10, 200, 30, 255])));
        for format in [Format::Png, Format::Gif, Format::WebP] {
            let bytes = encoded(&image, format.image_format());
            assert_eq!(Format::claimed(&bytes), Some(format));
            let read = decode(&bytes, format, Limits::PHOTO).expect("it is a picture");
            assert_eq!((read.image.width(), read.image.height(), read.animated), (30, 20, false), "{format:?}");
        }
        let mut moving = Vec::new();
        let mut encoder = image::codecs::gif::GifEncoder::new(&mut moving);
        for _ in 0..2 {
            encoder.encode_frame(image::Frame::new(image.to_rgba8())).expect("it can be written");
        }
        drop(encoder);
        assert!(decode(&moving.into(), Format::Gif, Limits::PHOTO).expect("it is a picture").animated);
    }
}
