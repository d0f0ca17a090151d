//! Files of this client: the session of each profile and server, the id of the profile.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use proto::{DeviceName, Handle, Timestamp, Token};
use serde::{Deserialize, Serialize};

mod private;
mod shelf;
mod thumbnails;

pub use private::{PlaceError, known_servers, password_file};
pub(crate) use private::{ProfileLock, append_private, lock_beside, open_without_waiting, try_lock, write_private};
pub use shelf::Shelf;
pub use thumbnails::{THUMBNAIL_BYTES_MAX, Thumbnails};

use crate::session::{Server, Session, Source};
use private::{FILE_BYTES_MAX, io_error, read_private, state_folder};

/// Letters of a server's address in the name of a file, which has at most 255 bytes with what stands around them.
const ADDRESS_IN_NAME_MAX: usize = 150;

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

    /// Gives the folder of selfies and pasted pictures, which is made when there is one.
    pub fn own_pictures(&self) -> PathBuf {
        self.folder.join("pictures")
    }

    /// Gives the id of this profile, drawn when it is first asked for, and each time where it cannot be kept.
    ///
    /// # Errors
    /// See [`PlaceError`].
    pub fn device(&self) -> Result<DeviceName, PlaceError> {
        let path = self.folder.join("device");
        if let Some(known) = self.read(&path)? {
            let known = known.trim();
            if (1..=64).contains(&known.len()) && known.chars().all(|c| c.is_ascii_alphanumeric()) {
                return Ok(known.parse().expect("it was just looked at"));
            }
        }
        let drawn = random_text();
        if let Err(error) = self.folder().and_then(|_| write_private(&path, &drawn)) {
            tracing::warn!(%error, "the id of this profile is not kept");
        }
        Ok(drawn.parse().expect("an id is a short text of letters and digits"))
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

    /// Keeps a session that was renewed, unless another program has forgotten or replaced it meanwhile.
    ///
    /// # Errors
    /// See [`PlaceError`].
    pub fn renew(&self, session: &Session) -> Result<(), PlaceError> {
        let is_older = |kept: Session| kept.handle == session.handle && kept.expires_at <= session.expires_at;
        if session.source == Source::Profile && self.session(&session.server)?.is_some_and(is_older) {
            return self.save(session);
        }
        Ok(())
    }

    /// Forgets a session that belongs to the profile, unless a newer one has taken its place: whoever was refused late takes
    /// nothing from who has signed in again meanwhile.
    ///
    /// # Errors
    /// See [`PlaceError`].
    pub fn forget(&self, session: &Session) -> Result<(), PlaceError> {
        if session.source != Source::Profile {
            return Ok(());
        }
        let is_newer = |kept: Session| kept.handle != session.handle || kept.expires_at > session.expires_at;
        if self.session(&session.server).ok().flatten().is_some_and(is_newer) {
            return Ok(());
        }
        let path = self.session_file(&session.server);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(io_error(&path, error)),
            _ => Ok(()),
        }
    }

    /// Gives the stores of the profile, one for each server.
    pub fn stores(&self) -> Vec<PathBuf> {
        shelf::store_files(&self.folder)
    }

    /// Gives where the store of a server is.
    pub fn store_of(&self, server: &Server) -> PathBuf {
        shelf::store_file(&self.folder, &server.to_string())
    }

    /// Gives the pictures that are saved of a server.
    pub fn thumbnails_of(&self, server: &Server) -> Thumbnails {
        Thumbnails::beside(&self.store_of(server))
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
    server.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).take(ADDRESS_IN_NAME_MAX).collect()
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

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

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
    fn a_renewed_session_replaces_only_itself() {
        let folder = tempfile::tempdir().unwrap();
        let profile = Profile::at(folder.path());
        let kept = session("http://a:1");
        let renewed = |millis| Session {
            token: Token::new("renewed"),
            expires_at: Timestamp::from_millis(millis),
            ..kept.clone()
        };
        profile.renew(&renewed(5)).unwrap();
        assert_eq!(profile.session(&kept.server).unwrap(), None, "it was forgotten");
        profile.save(&kept).unwrap();
        profile.renew(&renewed(0)).unwrap();
        assert_eq!(profile.session(&kept.server).unwrap(), Some(kept.clone()), "a newer one is there");
        profile.renew(&renewed(5)).unwrap();
        assert_eq!(profile.session(&kept.server).unwrap(), Some(renewed(5)));
        let bob = Session { handle: "bob".parse().unwrap(), ..kept.clone() };
        profile.save(&bob).unwrap();
        profile.renew(&renewed(9)).unwrap();
        assert_eq!(profile.session(&kept.server).unwrap(), Some(bob.clone()), "somebody else has signed in");
        profile.forget(&kept).unwrap();
        assert_eq!(profile.session(&kept.server).unwrap(), Some(bob), "and is not forgotten with who was there before");
        profile.save(&renewed(5)).unwrap();
        profile.forget(&renewed(4)).unwrap();
        assert_eq!(profile.session(&kept.server).unwrap(), Some(renewed(5)), "somebody has signed in again");
        profile.forget(&renewed(5)).unwrap();
        assert_eq!(profile.session(&kept.server).unwrap(), None);
    }
}
