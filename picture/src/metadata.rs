//! Taking out of a picture what it tells besides itself: where and when it was taken, with what, by whom.

use bytes::Bytes;
use image::metadata::Orientation;
use img_parts::jpeg::{Jpeg, markers};
use img_parts::png::Png;
use img_parts::riff::{RiffChunk, RiffContent};
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
/// What programs add to a GIF that says how it looks.
const GIF_PROGRAMS: [&[u8]; 3] = [b"NETSCAPE2.0", b"ANIMEXTS1.0", b"ICCRGBG1012"];
/// Says in the head of a WebP that there is XMP (RFC 9649, 2.7.1).
const XMP_FLAG: u8 = 0x04;
/// The bytes of a JFIF head without a picture of its own.
const JFIF_BYTES: usize = 14;

/// Gives a picture without its metadata, pixel by pixel the same: EXIF, XMP, IPTC, comments, what stands behind its end, and
/// further pictures in it. Colour profiles stay, and which side is up. A GIF is given as it is: cameras write none.
///
/// # Errors
/// [`PictureError::Damaged`] when it is not made as pictures of its format are.
pub fn without_metadata(bytes: &Bytes, format: Format) -> Result<Bytes, PictureError> {
    let orientation = orientation(bytes, format);
    let exif = (orientation != Orientation::NoTransforms).then(|| exif_of(orientation));
    let cleaned = match format {
        Format::Gif => gif(bytes).ok_or(Error::Truncated),
        Format::Jpeg => jpeg(bytes, exif),
        Format::Png => Png::from_bytes(bytes.clone()).map(|mut png| {
            png.chunks_mut().retain(|chunk| PNG_CHUNKS.contains(&&chunk.kind()));
            png.set_exif(exif);
            png.encoder().bytes()
        }),
        Format::WebP => WebP::from_bytes(bytes.clone()).map(|mut webp| {
            webp.chunks_mut().retain(|chunk| WEBP_CHUNKS.contains(&chunk.id()));
            webp.chunks_mut().iter_mut().for_each(claim_no_xmp);
            // Says in its head what else is left.
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
    // Without a scan it is none, whatever else it has.
    let scans = jpeg.segments().last().filter(|part| part.has_entropy()).ok_or(Error::Truncated)?.len_with_entropy();
    let encoded = jpeg.encoder().bytes();
    let (head, scans) = encoded.split_at(encoded.len() - scans);
    Ok([head, &scans_alone(scans)].concat().into())
}

/// Tells whether a part of a JPEG is the program's that has written it, or a comment.
fn is_aside(marker: u8) -> bool {
    matches!(marker, markers::APP0..=markers::APP15 | markers::COM)
}

/// Gives the scans of a JPEG without what stands between and behind them (ITU-T T.81, B.1.1): further pictures may. One that
/// breaks off has no more than that.
fn scans_alone(bytes: &[u8]) -> Vec<u8> {
    let (mut kept, mut from, mut at) = (Vec::with_capacity(bytes.len()), 0, 0);
    while let Some(found) = bytes.get(at..).and_then(|rest| rest.iter().position(|byte| *byte == markers::P)) {
        at += found;
        let Some(marker) = bytes.get(at + 1) else { break };
        let length = || Some(2 + usize::from(u16::from_be_bytes([*bytes.get(at + 2)?, *bytes.get(at + 3)?])));
        let part = match *marker {
            markers::EOI => return [&kept, &bytes[from..at + 2]].concat(),
            // Filled up, a byte of the scan that looks like a marker, or a place to begin again from.
            markers::P => 1,
            markers::Z | markers::RST0..=markers::RST7 => 2,
            _ => length().unwrap_or(2),
        };
        if is_aside(*marker) {
            kept.extend_from_slice(&bytes[from..at]);
            from = (at + part).min(bytes.len());
        }
        at += part;
    }
    kept.extend_from_slice(&bytes[from..]);
    kept
}

/// Takes back what the head of a WebP says of a part that is gone.
fn claim_no_xmp(chunk: &mut RiffChunk) {
    if chunk.id() == CHUNK_VP8X
        && let RiffContent::Data(data) = chunk.content()
    {
        let mut head = data.to_vec();
        if let Some(flags) = head.first_mut() {
            *flags &= !XMP_FLAG;
        }
        *chunk = RiffChunk::new(CHUNK_VP8X, RiffContent::Data(head.into()));
    }
}

/// Gives how many bytes the table of colours has that a GIF says to have.
fn table_bytes(flags: u8) -> usize {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}

/// Gives a GIF up to its end without comments, texts and what programs have added, but how often it is played and how its
/// colours are meant (GIF89a, 23 to 27).
fn gif(bytes: &[u8]) -> Option<Bytes> {
    let mut kept = bytes.get(..13)?.to_vec();
    let mut at = 13 + table_bytes(bytes[10]);
    kept.extend_from_slice(bytes.get(13..at)?);
    loop {
        let begin = at;
        let keeps = match *bytes.get(at)? {
            0x3b => {
                kept.push(0x3b);
                return Some(kept.into());
            }
            0x2c => {
                at += 11 + table_bytes(*bytes.get(at + 9)?);
                true
            }
            0x21 => {
                let program = bytes.get(at + 3..at + 14).unwrap_or_default();
                let label = *bytes.get(at + 1)?;
                at += 2;
                label == 0xf9 || label == 0xff && GIF_PROGRAMS.contains(&program)
            }
            _ => return None,
        };
        loop {
            let length = usize::from(*bytes.get(at)?);
            at += 1 + length;
            if length == 0 {
                break;
            }
        }
        if keeps {
            kept.extend_from_slice(bytes.get(begin..at)?);
        }
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
    use img_parts::jpeg::JpegSegment;

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
                let xmp = RiffChunk::new(*b"XMP ", RiffContent::Data("13.4050E".into()));
                webp.chunks_mut().push(xmp);
                webp.chunks_mut().iter_mut().for_each(|chunk| {
                    if let (CHUNK_VP8X, RiffContent::Data(data)) = (chunk.id(), chunk.content()) {
                        let head = [&[data[0] | XMP_FLAG], &data[1..]].concat();
                        *chunk = RiffChunk::new(CHUNK_VP8X, RiffContent::Data(head.into()));
                    }
                });
                webp.encoder().bytes()
            }
            Format::Gif => {
                let (head, frames) = bytes.split_at(13 + table_bytes(bytes[10]));
                [head, b"!\xfe\x0813.4050E\0!\xff\x0bXMP DataXMP\x0813.4050E\0", frames, b"13.4050E"].concat().into()
            }
        }
    }

    fn contains(bytes: &[u8], words: &str) -> bool {
        bytes.windows(words.len()).any(|part| part == words.as_bytes())
    }

    #[test]
    fn nothing_stays_but_what_is_seen() {
        for format in [Format::Jpeg, Format::Png, Format::WebP, Format::Gif] {
            let bytes = with_metadata(format);
            assert!(contains(&bytes, "13.4050E"), "{format:?}");
            let before = decode(&bytes, format, Limits::PHOTO).expect("it is a picture");
            let cleaned = without_metadata(&bytes, format).expect("it is a picture");
            assert!(!contains(&cleaned, "13.4050E"), "{format:?}");
            let after = decode(&cleaned, format, Limits::PHOTO).expect("it is a picture");
            assert_eq!(orientation(&cleaned, format), orientation(&bytes, format), "{format:?}");
            assert_eq!(before.upright(Clone::clone), after.upright(Clone::clone), "{format:?}");
            assert_eq!(without_metadata(&cleaned, format).expect("still"), cleaned, "{format:?}");
        }
    }

    #[test]
    fn what_breaks_off_is_damaged() {
        for format in [Format::Png, Format::WebP, Format::Gif] {
            let bytes = with_metadata(format);
            for part in [3, bytes.len() / 3, drawn(format).len() / 2] {
                let cut = bytes.slice(..part);
                assert!(without_metadata(&cut, format).is_err(), "{format:?} {part}");
            }
        }
    }

    #[test]
    fn nothing_stays_between_the_scans_of_a_jpeg() {
        let jpeg = drawn(Format::Jpeg);
        let aside = b"\xff\xfe\0\x0a13.4050E\xff\xed\0\x0a13.4050E";
        let end = jpeg.len() - 2;
        let with_aside = Bytes::from([&jpeg[..end], aside, &jpeg[end..]].concat());
        assert_eq!(without_metadata(&with_aside, Format::Jpeg).expect("it is one"), jpeg);
        let without_scan =
            jpeg.slice(..jpeg.windows(2).position(|pair| pair == [0xff, markers::SOS]).expect("it has one"));
        assert!(without_metadata(&without_scan, Format::Jpeg).is_err());
        // One that breaks off loses no more.
        let cut = jpeg.slice(..end);
        assert_eq!(without_metadata(&cut, Format::Jpeg).expect("most of it is there"), cut);
    }
}
