//! Small forms of a picture: one to be shown instead of it, and a blur until anything is there.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageError, RgbaImage};

use crate::Decoded;

/// How large a thumbnail is at most, in pixels.
const THUMBNAIL: (u32, u32) = (800, 600);
/// Bytes of a thumbnail that stays transparent.
const PNG_BYTES_MAX: usize = 256 << 10;
/// Of 100.
const JPEG_QUALITY: u8 = 80;
/// Parts of a blur, across and down.
const BLUR: (u32, u32) = (4, 3);
/// Pixels from which a blur is made: it has far fewer.
const BLUR_FROM: (u32, u32) = (32, 24);

/// A small form of a picture, with a format of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thumbnail {
    /// The encoded picture: JPEG, or PNG if some of it is transparent.
    pub bytes: Vec<u8>,
    /// Its media type.
    pub mime: &'static str,
}

/// Makes a thumbnail of at most 800×600 pixels.
///
/// # Errors
/// What the encoder said.
pub fn thumbnail(decoded: &Decoded) -> Result<Thumbnail, ImageError> {
    let (width, height) = decoded.stored(THUMBNAIL);
    let small = decoded.upright(|image| match image.width() > width || image.height() > height {
        true => image.thumbnail(width, height),
        false => image.clone(),
    });
    encoded(&small)
}

/// Encodes a small picture: as JPEG, or as PNG if some of it is transparent and that is not too large.
fn encoded(small: &DynamicImage) -> Result<Thumbnail, ImageError> {
    let mut bytes = Cursor::new(Vec::new());
    let is_transparent = small.color().has_alpha() && small.to_rgba8().pixels().any(|pixel| pixel.0[3] < u8::MAX);
    let mime = if is_transparent {
        small.to_rgba8().write_with_encoder(PngEncoder::new(&mut bytes))?;
        "image/png"
    } else {
        "image/jpeg"
    };
    if mime == "image/jpeg" || bytes.get_ref().len() > PNG_BYTES_MAX {
        bytes = Cursor::new(Vec::new());
        small.to_rgb8().write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY))?;
        return Ok(Thumbnail { bytes: bytes.into_inner(), mime: "image/jpeg" });
    }
    Ok(Thumbnail { bytes: bytes.into_inner(), mime })
}

/// Makes a blur of 4×3 parts: a BlurHash (github.com/woltapp/blurhash) of 28 characters.
pub fn blurhash(decoded: &Decoded) -> String {
    let (width, height) = decoded.stored(BLUR_FROM);
    let small = decoded.upright(|image| image.thumbnail_exact(width, height)).to_rgba8();
    let (width, height) = small.dimensions();
    blurhash::encode(BLUR.0, BLUR.1, width, height, &small).unwrap_or_default()
}

/// Makes the picture that somebody is seen by: the middle of a picture, as a square of so many pixels.
///
/// # Errors
/// What the encoder said.
pub fn square(decoded: &Decoded, side: u32) -> Result<Thumbnail, ImageError> {
    encoded(&decoded.upright(|image| image.resize_to_fill(side, side, FilterType::Triangle)))
}

/// The pixels of a blur.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blur(pub RgbaImage);

impl Blur {
    /// Draws a blur at a size, in pixels; none for a text that is no blur.
    pub fn read(blurhash: &str, width: u32, height: u32) -> Option<Self> {
        // The library counts on letters of its own, and on as many as the first one says.
        let is_plain = blurhash.is_ascii() && blurhash.bytes().all(|byte| byte.is_ascii_graphic());
        let pixels = blurhash::decode(Some(blurhash).filter(|_| is_plain)?, width, height, 1.0).ok()?;
        RgbaImage::from_raw(width, height, pixels).map(Self)
    }
}

/// Scales a picture to a size, in pixels, whatever its shape.
pub fn scaled(decoded: &Decoded, width: u32, height: u32) -> RgbaImage {
    let (width, height) = decoded.stored((width, height));
    decoded.upright(|image| image.resize_exact(width, height, FilterType::Triangle)).to_rgba8()
}

/// Makes a picture upright, and smaller where a side has more pixels than so many.
pub fn upright(decoded: &Decoded, side: u32) -> RgbaImage {
    let smaller = |image: &DynamicImage| match image.width().max(image.height()) > side {
        true => image.thumbnail(side, side),
        false => image.clone(),
    };
    decoded.upright(smaller).to_rgba8()
}

/// Scales a part of a picture to a size in pixels. The part is a place and a size in `of`, the picture at another size.
pub fn closely(
    pixels: &RgbaImage,
    of: (u32, u32),
    (left, top): (u32, u32),
    (across, down): (u32, u32),
    (width, height): (u32, u32),
) -> RgbaImage {
    let there = |place: u32, of: u32, pixels: u32| (u64::from(place) * u64::from(pixels) / u64::from(of.max(1))) as u32;
    let (x, y) = (there(left, of.0, pixels.width()), there(top, of.1, pixels.height()));
    let across = there(across, of.0, pixels.width()).clamp(1, (pixels.width() - x.min(pixels.width())).max(1));
    let down = there(down, of.1, pixels.height()).clamp(1, (pixels.height() - y.min(pixels.height())).max(1));
    let part = image::imageops::crop_imm(pixels, x, y, across, down);
    image::imageops::resize(&*part, width, height, FilterType::Triangle)
}

/// Cuts rows out of a picture, from one on.
pub fn part(pixels: &RgbaImage, from: u32, rows: u32) -> DynamicImage {
    image::imageops::crop_imm(pixels, 0, from, pixels.width(), rows).to_image().into()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use image::{Rgb, RgbImage, Rgba};

    use super::*;
    use crate::{Format, Limits, decode};

    fn decoded(image: &DynamicImage) -> Decoded {
        let mut bytes = Cursor::new(Vec::new());
        image.write_to(&mut bytes, image::ImageFormat::Png).expect("it can be written");
        decode(&bytes.into_inner().into(), Format::Png, Limits::PHOTO).expect("it is a picture")
    }

    #[test]
    fn a_thumbnail_keeps_its_shape_and_what_shines_through() {
        let wide = DynamicImage::ImageRgb8(RgbImage::from_pixel(2_000, 500, Rgb([200, 10, 10])));
        let made = thumbnail(&decoded(&wide)).expect("it can be made");
        assert_eq!(made.mime, "image/jpeg");
        let read =
            decode(&Bytes::from(made.bytes), Format::Jpeg, Limits::PHOTO).expect("it is one").upright(Clone::clone);
        assert_eq!((read.width(), read.height()), (800, 200));
        let clear = DynamicImage::ImageRgba8(RgbaImage::from_pixel(20, 50, Rgba([200, 10, 10, 100])));
        let made = thumbnail(&decoded(&clear)).expect("it can be made");
        assert_eq!(made.mime, "image/png");
        let read =
            decode(&Bytes::from(made.bytes), Format::Png, Limits::PHOTO).expect("it is one").upright(Clone::clone);
        assert_eq!(read, clear);
    }

    #[test]
    fn a_blur_has_the_colours_of_its_corners() {
        let image = RgbImage::from_fn(300, 200, |x, _| if x < 150 { Rgb([250, 0, 0]) } else { Rgb([0, 0, 250]) });
        let blur = blurhash(&decoded(&DynamicImage::ImageRgb8(image)));
        assert_eq!(blur.len(), 28);
        let pixels = blurhash::decode(&blur, 4, 3, 1.0).expect("it can be read");
        let (left, right) = (&pixels[..4], &pixels[12..16]);
        assert!(left[0] > left[2] && right[2] > right[0], "{left:?} {right:?}");
    }
}
