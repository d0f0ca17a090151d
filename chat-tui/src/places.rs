//! Files of this client: the session of each profile and server, the id of the profile.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use proto::{Handle, Password, Timestamp, Token};
use serde::{Deserialize, Serialize};

mod shelf;

pub use shelf::Shelf;

use crate::session::{Server, Session, Source};

/// Bytes of a file with a secret that is read whole.
const FILE_BYTES_MAX: u64 = 65_536;

/// Why a file of ours cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// The system said no.
    #[error("cannot use `{path}`: {source}")]
    Io {
        /// The file.
        path: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Others could have read or written the secret.
    #[error("`{0}` holds a secret but others may read it: chmod 600 it, or delete it")]
    Open(String),
    /// The file is somebody else's.
    #[error("`{0}` belongs to another user")]
    Foreign(String),
    /// Another program works with the profile.
    #[error(
        "another chat-tui uses the profile `{name}`{process}: close it, or take another profile with --profile NAME"
    )]
    InUse {
        /// The profile.
        name: String,
        /// Which process it is, if that is known: ` (process 1234)`.
        process: String,
    },
}

/// Held by the one program that may change a profile; the system frees it when that ends.
pub struct ProfileLock {
    file: File,
}

/// The folder of one profile. Where it cannot be made, everything works that needs no file.
#[derive(Debug, Clone)]
pub struct Profile {
    folder: PathBuf,
    /// Why there is no such folder.
    trouble: Option<Arc<io::Error>>,
}

#[derive(Serialize, Deserialize)]
struct SessionFile {
    server: String,
    handle: Handle,
    token: Token,
    issued_at: Timestamp,
    expires_at: Timestamp,
}

impl Profile {
    /// Opens the folder of a profile below the user's folder for state, making it (0700) where it is missing.
    ///
    /// # Errors
    /// That there is no home folder.
    pub fn open(name: &str) -> Result<Self, PlaceError> {
        let folder = state_folder()?.join("profiles").join(name);
        let trouble = DirBuilder::new().recursive(true).mode(0o700).create(&folder).err().map(Arc::new);
        Ok(Self { folder, trouble })
    }

    #[cfg(test)]
    fn at(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), trouble: None }
    }

    /// Gives the folder.
    ///
    /// # Errors
    /// Why it could not be made.
    fn folder(&self) -> Result<&Path, PlaceError> {
        match &self.trouble {
            Some(trouble) => Err(io_error(&self.folder, io::Error::new(trouble.kind(), trouble.to_string()))),
            None => Ok(&self.folder),
        }
    }

    /// Takes the profile for this program alone.
    ///
    /// # Errors
    /// [`PlaceError::InUse`] when another program has it.
    pub fn lock(&self) -> Result<ProfileLock, PlaceError> {
        let path = self.folder()?.join("lock");
        if let Some(lock) = try_lock(&path)? {
            // Whoever comes next is told who has it.
            let _ =
                lock.file.set_len(0).and_then(|()| (&lock.file).write_all(std::process::id().to_string().as_bytes()));
            return Ok(lock);
        }
        let name = self.folder.file_name().unwrap_or_default().display().to_string();
        let process = fs::read_to_string(&path).ok().filter(|text| text.parse::<u32>().is_ok());
        let process = process.map_or_else(String::new, |process| format!(" (process {process})"));
        Err(PlaceError::InUse { name, process })
    }

    /// Gives the id of this profile, drawn when it is first asked for, and each time where it cannot be kept.
    ///
    /// # Errors
    /// See [`PlaceError`].
    pub fn device(&self) -> Result<String, PlaceError> {
        let path = self.folder.join("device");
        if let Some(known) = self.read(&path)? {
            let known = known.trim();
            if (1..=64).contains(&known.len()) && known.chars().all(|c| c.is_ascii_alphanumeric()) {
                return Ok(known.to_owned());
            }
        }
        let drawn = random_text();
        if let Err(error) = self.folder().and_then(|_| write_private(&path, &drawn)) {
            tracing::warn!(%error, "the id of this profile is not kept");
        }
        Ok(drawn)
    }

    /// Gives the session that is kept for a server, if there is one that can be read.
    ///
    /// # Errors
    /// See [`PlaceError`].
    pub fn session(&self, server: &Server) -> Result<Option<Session>, PlaceError> {
        let Some(text) = self.read(&self.session_file(server))? else { return Ok(None) };
        let Ok(kept) = serde_json::from_str::<SessionFile>(&text) else { return Ok(None) };
        // Two addresses can share a file name, but not the address inside.
        Ok((kept.server == server.to_string()).then(|| Session {
            server: server.clone(),
            handle: kept.handle,
            token: kept.token,
            issued_at: kept.issued_at,
            expires_at: kept.expires_at,
            source: Source::Profile,
        }))
    }

    /// Keeps a session in a file that only its owner can read, if it belongs to the profile.
    ///
    /// # Errors
    /// See [`PlaceError`].
    pub fn save(&self, session: &Session) -> Result<(), PlaceError> {
        if session.source != Source::Profile {
            return Ok(());
        }
        let kept = SessionFile {
            server: session.server.to_string(),
            handle: session.handle.clone(),
            token: session.token.clone(),
            issued_at: session.issued_at,
            expires_at: session.expires_at,
        };
        let text = serde_json::to_string_pretty(&kept).expect("texts and numbers can be written");
        self.folder()?;
        write_private(&self.session_file(&session.server), &text)
    }

    /// Forgets a session that belongs to the profile.
    ///
    /// # Errors
    /// See [`PlaceError`].
    pub fn forget(&self, session: &Session) -> Result<(), PlaceError> {
        if session.source != Source::Profile {
            return Ok(());
        }
        let path = self.session_file(&session.server);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(io_error(&path, error)),
            _ => Ok(()),
        }
    }

    /// Reads a file of the folder; where there is no folder there is none.
    fn read(&self, path: &Path) -> Result<Option<String>, PlaceError> {
        if self.trouble.is_some() { Ok(None) } else { read_private(path, FILE_BYTES_MAX) }
    }

    fn session_file(&self, server: &Server) -> PathBuf {
        self.folder.join(format!("session-{}.json", file_name(&server.to_string())))
    }
}

/// Gives a part of a file's name that stands for a server; those that differ late in a long address share it.
fn file_name(server: &str) -> String {
    server.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).take(150).collect()
}

/// Gives the file where the keys of servers are remembered, for all profiles of the user.
///
/// # Errors
/// That there is no home folder.
pub fn known_servers() -> Result<PathBuf, PlaceError> {
    Ok(state_folder()?.join("known_servers"))
}

/// Takes a lock that goes with a file, until it is dropped; waits for whoever has it.
///
/// # Errors
/// What the system said.
pub(crate) fn lock_beside(path: &Path) -> Result<ProfileLock, PlaceError> {
    let path = path.with_extension("lock");
    let failed = |error| io_error(&path, error);
    if let Some(folder) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
    }
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path).map_err(failed)?;
    file.lock().map_err(failed)?;
    Ok(ProfileLock { file })
}

/// Takes a lock that is nobody's; `None` when another program has it.
fn try_lock(path: &Path) -> Result<Option<ProfileLock>, PlaceError> {
    let failed = |error| io_error(path, error);
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(ProfileLock { file })),
        Err(fs::TryLockError::WouldBlock) => Ok(None),
        Err(fs::TryLockError::Error(error)) => Err(failed(error)),
    }
}

fn state_folder() -> Result<PathBuf, PlaceError> {
    let missing = || io_error(Path::new("~"), io::Error::new(io::ErrorKind::NotFound, "there is no home folder"));
    let places = directories::ProjectDirs::from("", "", "chat-tui").ok_or_else(missing)?;
    Ok(places.state_dir().unwrap_or_else(|| places.data_local_dir()).to_owned())
}

/// Reads a password from a file that only its owner can read: its first line.
///
/// # Errors
/// See [`PlaceError`].
pub fn password_file(path: &Path) -> Result<Password, PlaceError> {
    match read_private(path, FILE_BYTES_MAX)? {
        Some(text) => Ok(Password::new(text.lines().next().unwrap_or_default())),
        None => Err(io_error(path, io::Error::from(io::ErrorKind::NotFound))),
    }
}

/// Draws 24 letters and digits.
///
/// # Panics
/// When the system has no random bytes to give.
pub fn random_text() -> String {
    let mut bytes = [0; 12];
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn io_error(path: &Path, source: io::Error) -> PlaceError {
    PlaceError::Io { path: path.display().to_string(), source }
}

/// Reads a file with a secret: ours, a plain file, closed to others, and not larger than it can be.
fn read_private(path: &Path, bytes_max: u64) -> Result<Option<String>, PlaceError> {
    let no_follow = rustix::fs::OFlags::NOFOLLOW.bits() as i32;
    let file = match OpenOptions::new().read(true).custom_flags(no_follow).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(io_error(path, error)),
    };
    let metadata = file.metadata().map_err(|error| io_error(path, error))?;
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return Err(PlaceError::Foreign(path.display().to_string()));
    }
    if metadata.is_file() && metadata.mode() & 0o077 != 0 {
        return Err(PlaceError::Open(path.display().to_string()));
    }
    let mut text = String::new();
    let read = file.take(bytes_max + 1).read_to_string(&mut text).map_err(|error| io_error(path, error))?;
    if read as u64 > bytes_max {
        return Err(io_error(
            path,
            io::Error::new(io::ErrorKind::InvalidData, format!("larger than {bytes_max} bytes")),
        ));
    }
    Ok(Some(text))
}

/// Opens a file that only its owner can read, to write behind what stands there.
///
/// # Errors
/// What the system said.
pub(crate) fn append_private(path: &Path) -> Result<File, PlaceError> {
    let opened = OpenOptions::new().append(true).create(true).mode(0o600).open(path);
    opened.map_err(|error| io_error(path, error))
}

/// Writes a file with a secret in one step: who reads it finds the old text or the new one.
pub(crate) fn write_private(path: &Path, text: &str) -> Result<(), PlaceError> {
    let new = path.with_extension(format!("new-{}", std::process::id()));
    let write = || -> io::Result<()> {
        let mut file: File = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, path)
    };
    write().map_err(|error| {
        let _ = fs::remove_file(&new);
        io_error(path, error)
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn session(server: &str) -> Session {
        Session {
            server: server.parse().unwrap(),
            handle: "alice".parse().unwrap(),
            token: Token::new("secret"),
            issued_at: Timestamp::from_millis(1),
            expires_at: Timestamp::from_millis(2),
            source: Source::Profile,
        }
    }

    #[test]
    fn a_session_is_kept_per_server_and_private() {
        let folder = tempfile::tempdir().unwrap();
        let profile = Profile::at(folder.path());
        let kept = session("http://a:1");
        profile.save(&kept).unwrap();
        assert_eq!(profile.session(&kept.server).unwrap(), Some(kept.clone()));
        assert_eq!(profile.session(&"http://b:1".parse().unwrap()).unwrap(), None);
        let path = profile.session_file(&kept.server);
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        profile.forget(&kept).unwrap();
        profile.forget(&kept).unwrap();
        assert_eq!(profile.session(&kept.server).unwrap(), None);
    }

    #[test]
    fn one_program_at_a_time_changes_a_profile() {
        let folder = tempfile::tempdir().unwrap();
        let profile = Profile::at(folder.path());
        let held = profile.lock().unwrap();
        assert!(matches!(profile.lock(), Err(PlaceError::InUse { .. })));
        drop(held);
        profile.lock().unwrap();
    }

    #[test]
    fn a_secret_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        fs::write(&path, "correct horse\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(password_file(&path), Err(PlaceError::Open(_))));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(password_file(&path).unwrap().expose(), "correct horse");
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert!(matches!(password_file(&link), Err(PlaceError::Io { .. })), "links to a secret are not followed");
    }
}
