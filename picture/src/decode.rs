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
use img_parts::ImageEXIF;
use img_parts::jpeg::{Jpeg, markers};
use img_parts::png::Png;
use img_parts::webp::WebP;

use crate::Format;
use crate::webp::frames_fit;

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
    /// Enough for a photo of a phone with 50 megapixels; those of 100, and those of more than 18 that come in several scans,
    /// are beyond it.
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

/// The first frame of a picture, as it is stored: it is turned when it is small.
#[derive(Debug)]
pub struct Decoded {
    image: DynamicImage,
    orientation: Orientation,
    /// Whether there is a second frame.
    pub animated: bool,
}

impl Decoded {
    /// Gives how large it is, in pixels across and down, upright.
    pub fn size(&self) -> (u32, u32) {
        self.stored((self.image.width(), self.image.height()))
    }

    /// Makes another picture of it, such as a smaller one, and turns that upright.
    pub(crate) fn upright(&self, make: impl FnOnce(&DynamicImage) -> DynamicImage) -> DynamicImage {
        let mut made = make(&self.image);
        made.apply_orientation(self.orientation);
        made
    }

    /// Gives a size as it is before it is turned; twice, it is the same.
    pub(crate) fn stored(&self, (width, height): (u32, u32)) -> (u32, u32) {
        if turns_over(self.orientation) { (height, width) } else { (width, height) }
    }
}

fn turns_over(orientation: Orientation) -> bool {
    matches!(
        orientation,
        Orientation::Rotate90 | Orientation::Rotate270 | Orientation::Rotate90FlipH | Orientation::Rotate270FlipH
    )
}

/// Decodes the first frame.
///
/// # Errors
/// See [`PictureError`]. What is too large is found in its first bytes as a rule, and nothing is decoded then.
pub fn decode(bytes: &Bytes, format: Format, limits: Limits) -> Result<Decoded, PictureError> {
    let source = Timed { bytes: Cursor::new(bytes), end: Instant::now() + limits.time };
    let (image, animated) = match format {
        Format::Jpeg => (still(JpegDecoder::new(source)?, jpeg_pixel_bytes(bytes), limits)?, false),
        Format::Png => {
            let decoder = PngDecoder::with_limits(source, of_image(limits))?;
            let animated = decoder.is_apng()?;
            let of_channels = u64::from(decoder.color_type().bytes_per_pixel());
            (still(decoder, of_channels, limits)?, animated)
        }
        Format::WebP => {
            // Each frame says once more how large it is, and is decoded before anybody looks whether that is so.
            if !frames_fit(bytes) {
                return Err(PictureError::Damaged);
            }
            let decoder = WebPDecoder::new(source)?;
            let animated = decoder.has_animation();
            // The decoder's own copy, and ours.
            (still(decoder, 8, limits)?, animated)
        }
        Format::Gif => {
            let mut decoder = GifDecoder::new(source)?;
            // The frame, what is below it, and ours.
            require_fits(decoder.dimensions(), 12, limits)?;
            // Frames have sizes of their own.
            decoder.set_limits(of_image(limits))?;
            let mut frames = decoder.into_frames();
            let first = frames.next().ok_or(PictureError::Damaged)??;
            (DynamicImage::ImageRgba8(first.into_buffer()), matches!(frames.next(), Some(Ok(_))))
        }
    };
    Ok(Decoded { image, orientation: orientation(bytes, format), animated })
}

fn still(mut decoder: impl ImageDecoder, pixel_bytes: u64, limits: Limits) -> Result<DynamicImage, PictureError> {
    require_fits(decoder.dimensions(), pixel_bytes, limits)?;
    decoder.set_limits(of_image(limits))?;
    Ok(DynamicImage::from_decoder(decoder)?)
}

/// Tells how the bytes say that a picture is to be turned. No more is read than is there: decoders trust the length that a part
/// claims to have.
pub(crate) fn orientation(bytes: &Bytes, format: Format) -> Orientation {
    let exif = match format {
        Format::Jpeg => Jpeg::from_bytes(bytes.clone()).ok().and_then(|jpeg| jpeg.exif()),
        Format::Png => Png::from_bytes(bytes.clone()).ok().and_then(|png| png.exif()),
        Format::WebP => WebP::from_bytes(bytes.clone()).ok().and_then(|webp| webp.exif()),
        Format::Gif => None,
    };
    exif.and_then(|exif| Orientation::from_exif_chunk(&exif)).unwrap_or(Orientation::NoTransforms)
}

pub(crate) fn require_fits((width, height): (u32, u32), pixel_bytes: u64, limits: Limits) -> Result<(), PictureError> {
    let is_empty = width == 0 || height == 0;
    let pixels = u64::from(width) * u64::from(height);
    let fits = width.max(height) <= limits.side && pixels.saturating_mul(pixel_bytes) <= limits.memory;
    match (is_empty, fits) {
        (true, _) => Err(PictureError::Damaged),
        (false, false) => Err(PictureError::TooLarge),
        (false, true) => Ok(()),
    }
}

pub(crate) fn of_image(limits: Limits) -> image::Limits {
    let mut of_image = image::Limits::no_limits();
    of_image.max_image_width = Some(limits.side);
    of_image.max_image_height = Some(limits.side);
    of_image.max_alloc = Some(limits.memory);
    of_image
}

/// What a pixel takes while a JPEG is decoded: one in several scans is kept as coefficients until the last has come, two bytes
/// for each of its components.
fn jpeg_pixel_bytes(bytes: &Bytes) -> u64 {
    let Ok(parts) = Jpeg::from_bytes(bytes.clone()) else { return 3 };
    let frame = parts.segments().iter().find(|part| matches!(part.marker(), markers::SOF0..=markers::SOF2));
    let scan = parts.segment_by_marker(markers::SOS);
    let count = |part: Option<&img_parts::jpeg::JpegSegment>, at: usize| {
        part.and_then(|part| part.contents().get(at).copied()).map_or(3, u64::from).max(1)
    };
    let (components, in_first_scan) = (count(frame, 5), count(scan, 0));
    let in_scans = frame.is_some_and(|frame| frame.marker() == markers::SOF2) || in_first_scan < components;
    components.max(3) + if in_scans { 2 * components } else { 0 }
}

/// Bytes that end when the time is over.
pub(crate) struct Timed<'a> {
    pub(crate) bytes: Cursor<&'a Bytes>,
    pub(crate) end: Instant,
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
        let mut png = Png::from_bytes(small).expect("it is one");
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

    /// A GIF of one pixel whose second frame is as large as can be.
    fn gif_with_a_large_frame() -> Bytes {
        let mut gif = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff".to_vec();
        for (width, height) in [(1_u16, 1_u16), (u16::MAX, u16::MAX)] {
            gif.extend_from_slice(b",\0\0\0\0");
            gif.extend([width.to_le_bytes(), height.to_le_bytes()].concat());
            gif.extend_from_slice(b"\0\x02\x02D\x01\0");
        }
        gif.push(b';');
        gif.into()
    }

    #[test]
    fn what_hides_its_size_takes_no_more_either() {
        let _ = decode(&gif_with_a_large_frame(), Format::Gif, Limits::PHOTO);
        // A profile that would be gigabytes when it is unpacked, in a picture of one pixel.
        let profile = miniz_oxide::deflate::compress_to_vec_zlib(&vec![0; 64 << 20], 1);
        let mut png = Png::from_bytes(encoded(&DynamicImage::new_rgb8(1, 1), ImageFormat::Png)).expect("it is one");
        let chunk = img_parts::png::PngChunk::new(*b"iCCP", [b"x\0\0".as_slice(), &profile].concat().into());
        png.chunks_mut().insert(1, chunk);
        let begin = Instant::now();
        let _ = decode(&png.encoder().bytes(), Format::Png, Limits::PREVIEW);
        // A WebP of one pixel around one of 16,383 times as many.
        let mut webp =
            b"RIFF\xff\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\0\0\0\0\0\0VP8 \x20\0\0\0\x10\0\0\x9d\x01\x2a\xff\x3f\xff\x3f"
                .to_vec();
        webp.resize(300, 0);
        assert!(matches!(decode(&webp.into(), Format::WebP, Limits::PHOTO), Err(PictureError::Damaged)));
        assert!(begin.elapsed() < Duration::from_secs(5));
    }

    #[test]
    fn scans_count_as_much_as_they_take() {
        let jpeg = encoded(&DynamicImage::new_rgb8(64, 64), ImageFormat::Jpeg);
        assert_eq!(jpeg_pixel_bytes(&jpeg), 3);
        let mut progressive = jpeg.to_vec();
        let frame = progressive.windows(2).position(|pair| pair == [0xff, 0xc0]).expect("it has a frame");
        progressive[frame + 1] = 0xc2;
        assert_eq!(jpeg_pixel_bytes(&progressive.into()), 9);
        let mut apart = jpeg.to_vec();
        let scan = apart.windows(2).position(|pair| pair == [0xff, 0xda]).expect("it has a scan");
        apart[scan + 4] = 1;
        assert_eq!(jpeg_pixel_bytes(&apart.into()), 9);
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
            assert_eq!((read.size().0, read.size().1, read.animated), (30, 20, false), "{format:?}");
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
