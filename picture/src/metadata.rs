//! Taking out of a picture what it tells besides itself: where and when it was taken, with what, by whom.

use bytes::Bytes;
use image::metadata::Orientation;
use img_parts::jpeg::{Jpeg, JpegSegment, markers};
use img_parts::png::Png;
use img_parts::webp::{CHUNK_ALPH, CHUNK_ANIM, CHUNK_ANMF, CHUNK_ICCP, CHUNK_VP8, CHUNK_VP8L, CHUNK_VP8X, WebP};
use img_parts::{Error, ImageEXIF};

use crate::decode::orientation;
use crate::{Format, PictureError};

/// The parts of a PNG that say how it looks (PNG specification, third edition, 11).
const PNG_CHUNKS: [&[u8; 4]; 19] = [
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB", b"cICP", b"mDCV",
    b"cLLI", b"bKGD", b"hIST", b"pHYs", b"acTL", b"fcTL", b"fdAT",
];
/// The parts of a WebP that say how it looks.
const WEBP_CHUNKS: [[u8; 4]; 7] = [CHUNK_VP8X, CHUNK_ICCP, CHUNK_ANIM, CHUNK_ANMF, CHUNK_ALPH, CHUNK_VP8, CHUNK_VP8L];
/// The bytes of a JFIF head without a picture of its own.
const JFIF_BYTES: usize = 14;

/// Gives a picture without its metadata, pixel by pixel the same: EXIF, XMP, IPTC, comments, what stands behind its end, and
/// further pictures in it. Colour profiles stay, and which side is up. A GIF is given as it is: cameras write none.
///
/// # Errors
/// [`PictureError::Damaged`] when it is not made as pictures of its format are.
pub fn without_metadata(bytes: &Bytes, format: Format) -> Result<Bytes, PictureError> {
    let orientation = orientation(bytes, format)?;
    let exif = (orientation != Orientation::NoTransforms).then(|| exif_of(orientation));
    let cleaned = match format {
        Format::Gif => Ok(bytes.clone()),
        Format::Jpeg => jpeg(bytes, exif),
        Format::Png => Png::from_bytes(bytes.clone()).map(|mut png| {
            png.chunks_mut().retain(|chunk| PNG_CHUNKS.contains(&&chunk.kind()));
            png.set_exif(exif);
            png.encoder().bytes()
        }),
        Format::WebP => WebP::from_bytes(bytes.clone()).map(|mut webp| {
            webp.chunks_mut().retain(|chunk| WEBP_CHUNKS.contains(&chunk.id()));
            // Says in its head what is left, too.
            webp.set_exif(exif);
            webp.encoder().bytes()
        }),
    };
    cleaned.map_err(|_| PictureError::Damaged)
}

fn jpeg(bytes: &Bytes, exif: Option<Bytes>) -> Result<Bytes, Error> {
    let mut jpeg = Jpeg::from_bytes(bytes.clone())?;
    jpeg.segments_mut().retain(|segment| {
        let contents = segment.contents();
        match segment.marker() {
            markers::APP0 => contents.starts_with(b"JFIF\0") && contents.len() == JFIF_BYTES,
            markers::APP2 => contents.starts_with(b"ICC_PROFILE\0"),
            // Says how the colours are meant.
            markers::APP14 => contents.starts_with(b"Adobe"),
            markers::APP1..=markers::APP15 | markers::COM => false,
            _ => true,
        }
    });
    jpeg.set_exif(exif);
    let scans = jpeg.segments().last().map(JpegSegment::len_with_entropy).ok_or(Error::Truncated)?;
    let encoded = jpeg.encoder().bytes();
    let begin = encoded.len() - scans;
    let end = end_of_scans(&encoded[begin..]).ok_or(Error::Truncated)?;
    Ok(encoded.slice(..begin + end))
}

/// Finds the end of a JPEG behind its scans, of which the first begins here: further pictures may follow (ITU-T T.81, B.1.1).
fn end_of_scans(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += bytes.get(at..)?.iter().position(|byte| *byte == markers::P)?;
        at += match *bytes.get(at + 1)? {
            markers::EOI => return Some(at + 2),
            // Filled up, a byte of the scan that looks like a marker, or a place to begin again from.
            markers::P => 1,
            markers::Z | markers::RST0..=markers::RST7 => 2,
            _ => 2 + usize::from(u16::from_be_bytes([*bytes.get(at + 2)?, *bytes.get(at + 3)?])),
        };
    }
}

/// Writes EXIF that says which side is up and nothing else (CIPA DC-008, 4.6.4).
fn exif_of(orientation: Orientation) -> Bytes {
    let mut exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    exif.extend([orientation.to_exif(), 0, 0, 0, 0, 0, 0, 0]);
    exif.into()
}

#[cfg(test)]
mod tests {
    use image::{DynamicImage, RgbImage};

    use super::*;
    use crate::{Limits, decode};

    /// EXIF with a place in it, and the seventh way to be turned.
    fn told() -> Bytes {
        let mut exif = exif_of(Orientation::Rotate90FlipH).to_vec();
        exif.extend_from_slice(b"52.5200N 13.4050E");
        exif.into()
    }

    fn drawn(format: Format) -> Bytes {
        let image =
            DynamicImage::ImageRgb8(RgbImage::from_fn(40, 20, |x, y| image::Rgb([x as u8 * 6, y as u8 * 12, 90])));
        let mut bytes = std::io::Cursor::new(Vec::new());
        image.write_to(&mut bytes, format.image_format()).expect("it can be written");
        bytes.into_inner().into()
    }

    fn with_metadata(format: Format) -> Bytes {
        let bytes = drawn(format);
        match format {
            Format::Jpeg => {
                let mut jpeg = Jpeg::from_bytes(bytes).expect("it is one");
                jpeg.set_exif(Some(told()));
                for (marker, words) in
                    [(markers::APP13, "13.4050E"), (markers::COM, "13.4050E"), (markers::APP1, "xmp 13.4050E")]
                {
                    jpeg.segments_mut().insert(1, JpegSegment::new_with_contents(marker, words.into()));
                }
                [&jpeg.encoder().bytes()[..], &drawn(Format::Jpeg), b"13.4050E"].concat().into()
            }
            Format::Png => {
                let mut png = Png::from_bytes(bytes).expect("it is one");
                png.set_exif(Some(told()));
                png.chunks_mut().insert(1, img_parts::png::PngChunk::new(*b"iTXt", "13.4050E".into()));
                [&png.encoder().bytes()[..], b"13.4050E"].concat().into()
            }
            Format::WebP => {
                let mut webp = WebP::from_bytes(bytes).expect("it is one");
                webp.set_exif(Some(told()));
                webp.encoder().bytes()
            }
            Format::Gif => bytes,
        }
    }

    fn contains(bytes: &[u8], words: &str) -> bool {
        bytes.windows(words.len()).any(|part| part == words.as_bytes())
    }

    #[test]
    fn nothing_stays_but_what_is_seen() {
        for format in [Format::Jpeg, Format::Png, Format::WebP] {
            let bytes = with_metadata(format);
            assert!(contains(&bytes, "13.4050E"), "{format:?}");
            let before = decode(&bytes, format, Limits::PHOTO).expect("it is a picture");
            let cleaned = without_metadata(&bytes, format).expect("it is a picture");
            assert!(!contains(&cleaned, "13.4050E"), "{format:?}");
            let after = decode(&cleaned, format, Limits::PHOTO).expect("it is a picture");
            let turned = orientation(&cleaned, format).expect("it is a picture");
            assert_eq!(turned, orientation(&bytes, format).expect("it is one"), "{format:?}");
            assert_eq!(before.image, after.image, "{format:?}");
            assert_eq!(without_metadata(&cleaned, format).expect("still"), cleaned, "{format:?}");
        }
    }

    #[test]
    fn what_breaks_off_is_damaged() {
        for format in [Format::Jpeg, Format::Png, Format::WebP] {
            let bytes = with_metadata(format);
            for part in [3, bytes.len() / 3, drawn(format).len() / 2] {
                let cut = bytes.slice(..part);
                assert!(without_metadata(&cut, format).is_err(), "{format:?} {part}");
            }
        }
    }
}
