//! A camera, run by ffmpeg: its frames come through a pipe, and go into another ffmpeg that makes a GIF of them.

use std::fs::{self, DirBuilder};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use tokio::sync::mpsc;

use super::Runtime;
use crate::camera::{
    CameraError, CameraFrame, CameraNews, CameraOrder, CameraSource, FRAME, FRAME_BYTES, FRAME_RATE, SELFIE_FRAMES,
};
use crate::msg::Msg;

/// How long selfies and what was pasted are kept on this machine: an upload may be waiting for the server.
const KEPT: Duration = Duration::from_secs(24 * 60 * 60);
/// Letters of what ffmpeg says that are shown.
const REASON_CHARS_MAX: usize = 200;

/// A camera that is open; it is closed when dropped.
pub(super) struct Camera {
    ffmpeg: Child,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    /// Whether nobody wants anything of it any more.
    is_closed: AtomicBool,
    /// Whether what it sees is to be kept.
    is_recording: AtomicBool,
    /// Whether a frame waits to be shown: the next ones are left out.
    is_waiting: AtomicBool,
}

impl Drop for Camera {
    fn drop(&mut self) {
        self.state.is_closed.store(true, Ordering::Release);
        let _ = self.ffmpeg.kill();
        let _ = self.ffmpeg.wait();
    }
}

impl Runtime {
    /// Opens the camera, lets it make a selfie, or closes it.
    pub(super) fn order_camera(&mut self, order: CameraOrder) {
        match order {
            CameraOrder::Open => {
                self.camera = None;
                match open(&self.camera_source, self.messages.clone(), self.profile.own_pictures()) {
                    Ok(camera) => self.camera = Some(camera),
                    Err(error) => {
                        let messages = self.messages.clone();
                        tokio::spawn(async move { messages.send(Msg::Camera(CameraNews::Failed(error))).await });
                    }
                }
            }
            CameraOrder::Record => {
                if let Some(camera) = &self.camera {
                    camera.state.is_recording.store(true, Ordering::Release);
                }
            }
            CameraOrder::Close => self.camera = None,
        }
    }

    /// What the camera told is taken in: the next frame may come.
    pub(super) fn camera_was_heard(&self) {
        if let Some(camera) = &self.camera {
            camera.state.is_waiting.store(false, Ordering::Release);
        }
    }
}

fn ffmpeg() -> Command {
    let mut command = Command::new("ffmpeg");
    command.args(["-hide_banner", "-loglevel", "error", "-nostdin"]).stderr(Stdio::piped());
    command
}

fn no_ffmpeg(error: &io::Error) -> CameraError {
    match error.kind() {
        io::ErrorKind::NotFound => CameraError::NoFfmpeg,
        _ => CameraError::NotMade(error.to_string()),
    }
}

fn open(source: &CameraSource, messages: mpsc::Sender<Msg>, folder: PathBuf) -> Result<Camera, CameraError> {
    let (width, height) = FRAME;
    let mut command = ffmpeg();
    if source.format == "lavfi" {
        // What is made up has no speed of its own.
        command.arg("-re");
    }
    command.args(["-f", &source.format, "-i", &source.input, "-vf"]);
    command.arg(format!(
        "fps={FRAME_RATE},scale={width}:{height}:force_original_aspect_ratio=increase,crop={width}:{height}"
    ));
    command.args(["-f", "rawvideo", "-pix_fmt", "rgb24", "-"]).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut ffmpeg = command.spawn().map_err(|error| no_ffmpeg(&error))?;
    let (frames, errors) = (ffmpeg.stdout.take(), ffmpeg.stderr.take());
    let state = Arc::<State>::default();
    let (seen_by, camera) = (state.clone(), source.input.clone());
    std::thread::spawn(move || {
        let reason = std::thread::spawn(move || last_line(errors));
        let news = match frames.map(|frames| watch(frames, &seen_by, &messages)) {
            Some(Ok(frames)) => match make_selfie(&frames, &folder) {
                Ok((path, bytes)) => CameraNews::Taken(frames, path, bytes),
                Err(error) => CameraNews::Failed(error),
            },
            _ => {
                let reason = reason.join().unwrap_or_default();
                CameraNews::Failed(CameraError::NoCamera { camera, reason })
            }
        };
        match (seen_by.is_closed.load(Ordering::Acquire), news) {
            (false, news) => _ = messages.blocking_send(Msg::Camera(news)),
            // Whoever took it has given up meanwhile.
            (true, CameraNews::Taken(_, path, _)) => discard(path),
            (true, _) => {}
        }
    });
    Ok(Camera { ffmpeg, state })
}

/// Shows what the camera sees, until a selfie's frames are there.
fn watch(mut frames: impl Read, state: &State, messages: &mpsc::Sender<Msg>) -> io::Result<Vec<CameraFrame>> {
    let (mut bytes, mut kept) = (vec![0; FRAME_BYTES], Vec::new());
    while kept.len() < SELFIE_FRAMES {
        frames.read_exact(&mut bytes)?;
        if state.is_closed.load(Ordering::Acquire) {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let frame = CameraFrame::of(&bytes).ok_or(io::ErrorKind::InvalidData)?;
        if state.is_recording.load(Ordering::Acquire) {
            kept.push(frame.clone());
        }
        if !state.is_waiting.swap(true, Ordering::AcqRel) {
            // Where very much waits to be taken in, a later one is shown.
            let is_full = messages.try_send(Msg::Camera(CameraNews::Frame(frame))).is_err();
            if is_full {
                state.is_waiting.store(false, Ordering::Release);
            }
        }
    }
    Ok(kept)
}

/// Makes a GIF of frames that goes on for ever; gives where it lies, and its bytes.
fn make_selfie(frames: &[CameraFrame], folder: &Path) -> Result<(PathBuf, u64), CameraError> {
    let not_made = |error: io::Error| CameraError::NotMade(error.to_string());
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(not_made)?;
    delete_old(folder);
    let moment = jiff::Zoned::now().strftime("%Y-%m-%d-%H%M%S");
    let path = folder.join(format!("selfie-{moment}.gif"));
    let (width, height) = FRAME;
    let mut command = ffmpeg();
    command.args(["-f", "rawvideo", "-pix_fmt", "rgb24"]);
    command.args(["-s", &format!("{width}x{height}"), "-r", &FRAME_RATE.to_string(), "-i", "pipe:0"]);
    // Colors of its own, so that a face is not made of those of the web.
    command.args(["-vf", "split[a][b];[a]palettegen=stats_mode=diff[p];[b][p]paletteuse=dither=bayer:bayer_scale=4"]);
    command.args(["-loop", "0", "-f", "gif", "-y"]).arg(&path).stdin(Stdio::piped()).stdout(Stdio::null());
    let mut child = command.spawn().map_err(|error| no_ffmpeg(&error))?;
    let errors = child.stderr.take();
    let reason = std::thread::spawn(move || last_line(errors));
    if let Some(mut input) = child.stdin.take() {
        // Where it ends early it says why.
        let _ = frames.iter().try_for_each(|frame| input.write_all(frame.bytes()));
    }
    let status = child.wait().map_err(not_made)?;
    if !status.success() {
        return Err(CameraError::NotMade(reason.join().unwrap_or_default()));
    }
    let bytes = fs::metadata(&path).map_err(not_made)?.len();
    Ok((path, bytes))
}

/// Deletes a selfie that is not sent.
pub(super) fn discard(path: PathBuf) {
    if let Err(error) = fs::remove_file(path) {
        tracing::warn!(%error, "a selfie cannot be deleted");
    }
}

/// Deletes what was kept long enough.
pub(super) fn delete_old(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let modified = entry.metadata().and_then(|metadata| metadata.modified());
        let age = modified.ok().and_then(|modified| SystemTime::now().duration_since(modified).ok());
        if age.is_some_and(|age| age > KEPT) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Gives what ffmpeg said last.
fn last_line(errors: Option<ChildStderr>) -> String {
    let lines = errors.into_iter().flat_map(|errors| BufReader::new(errors).split(b'\n').map_while(Result::ok));
    let line = lines.filter(|line| !line.trim_ascii().is_empty()).last().unwrap_or_default();
    String::from_utf8_lossy(&line).chars().take(REASON_CHARS_MAX).collect()
}
