//! What is known of a camera: where its frames come from, what is asked of it, and what it gives. `runtime` runs it.

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use picture::{Pixels, pixel};

/// Pixels of a frame, across and down.
pub const FRAME: (u32, u32) = (320, 240);
/// Bytes of a frame: red, green and blue of each pixel.
pub const FRAME_BYTES: usize = FRAME.0 as usize * FRAME.1 as usize * 3;
/// Frames a second.
pub const FRAME_RATE: u32 = 10;
/// Frames of a selfie: two seconds.
pub const SELFIE_FRAMES: usize = 20;

/// Where the frames come from, in the words of ffmpeg.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CameraSource {
    /// The kind of the source, such as `v4l2`.
    pub format: String,
    /// Which one, such as `/dev/video0`.
    pub input: String,
}

impl Default for CameraSource {
    fn default() -> Self {
        Self { format: "v4l2".to_owned(), input: "/dev/video0".to_owned() }
    }
}

/// Reads the path of a camera, or `FORMAT:INPUT` as ffmpeg takes them (`-f FORMAT -i INPUT`).
impl FromStr for CameraSource {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_format = |format: &str| {
            !format.is_empty() && format.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        };
        match text.split_once(':').filter(|(format, input)| is_format(format) && !input.is_empty()) {
            Some((format, input)) => Ok(Self { format: format.to_owned(), input: input.to_owned() }),
            None if text.starts_with('/') => Ok(Self { input: text.to_owned(), ..Self::default() }),
            None => Err("a camera is a path such as /dev/video1, or FORMAT:INPUT as of ffmpeg".to_owned()),
        }
    }
}

/// What a camera shows at a moment.
#[derive(Clone, PartialEq, Eq)]
pub struct CameraFrame(Arc<[u8]>);

impl CameraFrame {
    /// Takes the bytes of a frame; none where they are more or fewer.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        (bytes.len() == FRAME_BYTES).then(|| Self(bytes.into()))
    }

    /// Gives its bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Gives it at another size, as in a mirror or as it is.
    pub fn pixels(&self, width: u32, height: u32, mirrored: bool) -> Pixels {
        let (across, down) = FRAME;
        Pixels::from_fn(width, height, |x, y| {
            let x = if mirrored { width - 1 - x } else { x };
            let range = |at: u32, of: u32, all: u32| {
                let first = at * all / of;
                first..((at + 1) * all / of).max(first + 1)
            };
            let (mut sums, mut count) = ([0; 3], 0);
            for y in range(y, height, down) {
                for x in range(x, width, across) {
                    let at = 3 * (y * across + x) as usize;
                    (0..3).for_each(|part| sums[part] += u32::from(self.0[at + part]));
                    count += 1;
                }
            }
            let [red, green, blue] = sums.map(|sum| (sum / count) as u8);
            pixel([red, green, blue, u8::MAX])
        })
    }
}

impl std::fmt::Debug for CameraFrame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CameraFrame")
    }
}

/// What is asked of a camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CameraOrder {
    /// To show what it sees.
    Open,
    /// To make a selfie of what it sees from now on.
    Record,
    /// To see nothing more.
    Close,
}

/// What a camera tells.
#[derive(Debug, Clone)]
pub enum CameraNews {
    /// What it sees.
    Frame(CameraFrame),
    /// A selfie is made: its frames, and the file that shows them over and over.
    Taken(Vec<CameraFrame>, PathBuf, u64),
    /// There is none, or no more, for this reason.
    Failed(CameraError),
}

/// Why there is no selfie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CameraError {
    /// ffmpeg is not installed.
    NoFfmpeg,
    /// The camera gave nothing, as ffmpeg says.
    NoCamera {
        /// Which one.
        camera: String,
        /// What ffmpeg said last.
        reason: String,
    },
    /// The file could not be made.
    NotMade(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_camera_is_a_path_or_what_ffmpeg_takes() {
        let read = |text: &str| text.parse::<CameraSource>().map(|source| (source.format, source.input));
        let pair = |format: &str, input: &str| Ok((format.to_owned(), input.to_owned()));
        assert_eq!(read("/dev/video2"), pair("v4l2", "/dev/video2"));
        assert_eq!(read("lavfi:testsrc=size=640x480:rate=30"), pair("lavfi", "testsrc=size=640x480:rate=30"));
        assert_eq!(read("avfoundation:0"), pair("avfoundation", "0"));
        for text in ["", "video0", "v4l2:", ":x", "-y:x"] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_frame_is_seen_small_and_in_a_mirror() {
        let left_is_red = |at: usize| if (at / 3) % 320 < 160 { [200, 0, 0][at % 3] } else { [0, 0, 90][at % 3] };
        let frame = CameraFrame::of(&(0..FRAME_BYTES).map(left_is_red).collect::<Vec<_>>()).unwrap();
        let colors = |mirrored| {
            let pixels = frame.pixels(4, 2, mirrored);
            (pixels.get_pixel(0, 0).0, pixels.get_pixel(3, 1).0)
        };
        assert_eq!(colors(false), ([200, 0, 0, 255], [0, 0, 90, 255]));
        assert_eq!(colors(true), ([0, 0, 90, 255], [200, 0, 0, 255]));
        assert_eq!(frame.pixels(1_000, 700, false).dimensions(), (1_000, 700), "larger than it is");
        assert!(CameraFrame::of(&[1, 2, 3]).is_none());
    }
}
