//! Pictures from bytes that nobody vouches for: what they are, how large, without what they tell of a place, and small.
//!
//! Everything here works on bytes in memory and takes its time: call it off threads that others wait for. What it takes at most
//! is bounded, whatever the bytes are: see [`Limits`].

mod decode;
mod frames;
mod metadata;
mod preview;
mod webp;

pub use decode::{Decoded, Limits, PictureError, decode};
pub use frames::{frames, resized};
pub use image::{DynamicImage as Image, RgbaImage as Pixels};
pub use metadata::without_metadata;
pub use preview::{Blur, Thumbnail, blurhash, closely, part, scaled, square, thumbnail, upright};

use image::{ImageFormat, Rgba};

/// Makes a pixel: red, green, blue, and how little shines through.
pub fn pixel(channels: [u8; 4]) -> Rgba<u8> {
    Rgba(channels)
}

/// The formats that count as pictures. SVG is none: it is a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// PNG, also animated.
    Png,
    /// JPEG.
    Jpeg,
    /// GIF, also animated.
    Gif,
    /// WebP, also animated.
    WebP,
}

impl Format {
    /// Tells what bytes claim to be by how they begin; the first sixteen of them are enough.
    pub fn claimed(head: &[u8]) -> Option<Self> {
        match head {
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Self::Png),
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Self::Gif),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::WebP),
            _ => None,
        }
    }

    /// Gives the media type.
    pub fn mime(self) -> &'static str {
        self.image_format().to_mime_type()
    }

    fn image_format(self) -> ImageFormat {
        match self {
            Self::Png => ImageFormat::Png,
            Self::Jpeg => ImageFormat::Jpeg,
            Self::Gif => ImageFormat::Gif,
            Self::WebP => ImageFormat::WebP,
        }
    }
}
