//! The picture in the clipboard of the desktop, by the programs that desktops have for it.

use std::fs::{self, DirBuilder};
use std::io::{self, Read};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use picture::Format;

use super::Runtime;
use super::camera::delete_old;
use crate::msg::Msg;

/// Bytes of a picture that are taken.
const PICTURE_BYTES_MAX: u64 = 32 << 20;
/// How long whoever has the picture may take to give it.
const ANSWER_MAX: Duration = Duration::from_secs(5);
/// Programs that give it, each behind the variable of the desktop that it is for.
const PROGRAMS: [(&str, &str, &[&str]); 2] = [
    ("WAYLAND_DISPLAY", "wl-paste", &["--no-newline", "--type", "image/png"]),
    ("DISPLAY", "xclip", &["-selection", "clipboard", "-target", "image/png", "-out"]),
];

impl Runtime {
    /// Takes the picture out of the clipboard into a file.
    pub(super) fn take_clipboard(&self) {
        let folder = self.profile.own_pictures();
        self.answer_of_session(async move {
            let taken = tokio::task::spawn_blocking(move || take(&folder)).await;
            Msg::ClipboardTaken(taken.unwrap_or_else(|error| Err(error.to_string())))
        });
    }
}

fn take(folder: &Path) -> Result<PathBuf, String> {
    let desktops =
        PROGRAMS.iter().filter(|(variable, ..)| std::env::var_os(variable).is_some_and(|value| !value.is_empty()));
    let mut missing = None;
    for (_, program, arguments) in desktops {
        match read(program, arguments) {
            Ok(bytes) if Format::claimed(&bytes).is_some() => {
                return save(folder, &bytes).map_err(|error| error.to_string());
            }
            Ok(_) => return Err(label!("clipboard-no-picture").to_owned()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => missing = missing.or(Some(*program)),
            Err(error) => return Err(error.to_string()),
        }
    }
    Err(missing.map_or_else(
        || label!("clipboard-no-desktop").to_owned(),
        |program| say!("clipboard-no-program", program = program),
    ))
}

fn read(program: &str, arguments: &[&str]) -> io::Result<Vec<u8>> {
    let mut command = Command::new(program);
    let mut child =
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let out = child.stdout.take();
    let (tell, told) = mpsc::channel();
    let reading = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = out.map(|out| out.take(PICTURE_BYTES_MAX + 1).read_to_end(&mut bytes)).transpose();
        let _ = tell.send(());
        read.map(|_| bytes)
    });
    // The program that has the selection may never answer.
    let in_time = told.recv_timeout(ANSWER_MAX).is_ok();
    let _ = child.kill();
    let _ = child.wait();
    let bytes = reading.join().map_err(|_| io::Error::other("the clipboard cannot be read"))??;
    if !in_time {
        return Err(io::ErrorKind::TimedOut.into());
    }
    // More is none that anybody wants to paste; half of it would be damaged.
    if bytes.len() as u64 > PICTURE_BYTES_MAX { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(bytes) }
}

fn save(folder: &Path, bytes: &[u8]) -> io::Result<PathBuf> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    delete_old(folder);
    let path = folder.join(format!("clipboard-{}.png", jiff::Zoned::now().strftime("%Y-%m-%d-%H%M%S")));
    fs::write(&path, bytes)?;
    Ok(path)
}
