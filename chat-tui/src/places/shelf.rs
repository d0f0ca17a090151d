//! The files of what was written and is not sent. Each program has one of its own for each account, and takes over those of
//! programs that have ended: several windows of one profile do not fight over one file.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use proto::Handle;
use serde::{Deserialize, Serialize};

use super::private::{PlaceError, ProfileLock, read_private, try_lock, write_private};
use super::{Profile, file_name, random_text};
use crate::session::Session;
use crate::unsent::Unsent;

/// Bytes of a file that is read whole: what one can write is bounded by the box that it is written in, and by how much waits.
const FILE_BYTES_MAX: u64 = 64 << 20;

/// Whose writing it is: an account of a server, as its address names it.
type Writer = (String, Handle);

/// Where this program keeps what was written and is not sent.
pub struct Shelf {
    /// Nowhere when nothing is to be kept beyond this program.
    profile: Option<Profile>,
    /// What sets this program's files apart; held as long as it runs.
    own: Option<(String, ProfileLock)>,
    /// What is kept, also where no file can be written.
    kept: HashMap<Writer, Unsent>,
    /// Files of programs that have ended, until what was in them is in ours.
    taken: Vec<(Writer, Left)>,
}

/// A file of a program that has ended, which is ours alone now.
struct Left {
    file: PathBuf,
    window: PathBuf,
    _lock: ProfileLock,
}

/// What stands in a file. Two addresses can share a file name, but not the address inside.
#[derive(Serialize, Deserialize)]
struct Contents {
    server: String,
    handle: Handle,
    #[serde(flatten)]
    unsent: Unsent,
}

impl Shelf {
    /// A shelf in the folder of a profile.
    pub fn of(profile: &Profile) -> Self {
        Self { profile: Some(profile.clone()), own: None, kept: HashMap::new(), taken: Vec::new() }
    }

    /// A shelf that ends with this program.
    pub fn passing() -> Self {
        Self { profile: None, own: None, kept: HashMap::new(), taken: Vec::new() }
    }

    /// Gives what somebody has written and not sent: here, or in programs that have ended.
    pub fn take_up(&mut self, session: &Session) -> Unsent {
        let writer = (session.server.to_string(), session.handle.clone());
        let mut unsent = self.kept.get(&writer).cloned().unwrap_or_default();
        for left in self.left_behind(&writer) {
            let text = read_private(&left.file, FILE_BYTES_MAX).ok().flatten().unwrap_or_default();
            // What cannot be read is left where it is: a newer program may have written it.
            let Ok(contents) = serde_json::from_str::<Contents>(&text) else { continue };
            if contents.server == writer.0 && contents.handle == writer.1 {
                unsent.add(contents.unsent);
                self.taken.push((writer.clone(), left));
            }
        }
        unsent
    }

    /// Keeps what somebody has written and not sent, in place of what was kept before.
    ///
    /// # Errors
    /// See [`PlaceError`]: it is kept as long as this program runs, and no longer.
    pub fn keep(&mut self, session: &Session, unsent: Unsent) -> Result<(), PlaceError> {
        let writer = (session.server.to_string(), session.handle.clone());
        let written = self.write(&writer, &unsent);
        let kept_of = writer.clone();
        self.kept.insert(writer, unsent);
        written?;
        for (_, left) in self.taken.extract_if(.., |(of, _)| *of == kept_of) {
            let _ = fs::remove_file(left.file);
            let _ = fs::remove_file(left.window);
        }
        Ok(())
    }

    fn write(&mut self, writer: &Writer, unsent: &Unsent) -> Result<(), PlaceError> {
        let Some(folder) = self.profile.as_ref().map(Profile::folder).transpose()?.map(Path::to_owned) else {
            return Ok(());
        };
        let is_known = self.kept.get(writer).is_some_and(|kept| !kept.is_empty());
        if unsent.is_empty() && unsent.open.is_none() && !is_known {
            return Ok(());
        }
        if self.own.is_none() {
            let name = random_text();
            let path = window_file(&folder, &name);
            let lock =
                try_lock(&path)?.ok_or_else(|| PlaceError::InUse { name: name.clone(), process: String::new() })?;
            self.own = Some((name, lock));
        }
        let (name, _) = self.own.as_ref().expect("it was just made");
        let path = folder.join(format!("{}.{name}.json", stem(writer)));
        if *unsent == Unsent::default() {
            let _ = fs::remove_file(path);
            return Ok(());
        }
        let (server, handle) = writer.clone();
        let contents = Contents { server, handle, unsent: unsent.clone() };
        let text = serde_json::to_string(&contents).expect("texts and numbers can be written");
        // Whatever ends the program or the machine finds the old text or the new one.
        write_private(&path, &text)
    }

    /// Gives the files of programs that have ended.
    fn left_behind(&self, writer: &Writer) -> Vec<Left> {
        let Some(Ok(folder)) = self.profile.as_ref().map(Profile::folder) else { return Vec::new() };
        let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
        let stem = stem(writer);
        let left = entries.filter_map(|entry| {
            let file = entry.ok()?.path();
            let name = file.file_name()?.to_str()?.strip_prefix(&stem)?.strip_prefix('.')?.strip_suffix(".json")?;
            if !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                return None;
            }
            // Whoever runs holds it, ourselves as well.
            let window = window_file(folder, name);
            let lock = try_lock(&window).ok()??;
            Some(Left { file, window, _lock: lock })
        });
        left.collect()
    }
}

impl Drop for Shelf {
    fn drop(&mut self) {
        if let (Some((name, _)), Some(Ok(folder))) = (&self.own, self.profile.as_ref().map(Profile::folder)) {
            let _ = fs::remove_file(window_file(folder, name));
        }
    }
}

fn window_file(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("window-{name}.lock"))
}

fn stem((server, handle): &Writer) -> String {
    format!("unsent-{}-{}", file_name(server), handle.as_str().replace('.', "+"))
}

#[cfg(test)]
mod tests {
    use proto::{Timestamp, Token};

    use super::*;
    use crate::session::Source;

    fn session(handle: &str) -> Session {
        Session {
            server: "http://a:1".parse().unwrap(),
            handle: handle.parse().unwrap(),
            token: Token::new("t"),
            issued_at: Timestamp::from_millis(1),
            expires_at: Timestamp::from_millis(2),
            source: Source::Profile,
        }
    }

    fn lines(unsent: &Unsent) -> Vec<&str> {
        unsent.lines.iter().map(String::as_str).collect()
    }

    fn writing(line: &str) -> Unsent {
        Unsent { lines: vec![line.to_owned()], ..Unsent::default() }
    }

    #[test]
    fn whoever_comes_next_takes_over_what_was_left() {
        let folder = tempfile::tempdir().unwrap();
        let profile = Profile::at(folder.path());
        let files = || fs::read_dir(folder.path()).unwrap().count();
        let (alice, bob) = (session("alice"), session("bob"));
        let mut first = Shelf::of(&profile);
        assert!(first.take_up(&alice).is_empty());
        first.keep(&alice, writing("one")).unwrap();
        let mut second = Shelf::of(&profile);
        assert!(second.take_up(&alice).is_empty(), "the first still runs");
        second.keep(&alice, writing("two")).unwrap();
        drop(first);
        assert!(second.take_up(&bob).is_empty(), "it is alice's");
        let mut mine = second.take_up(&alice);
        assert_eq!(lines(&mine), ["two", "one"]);
        assert!(Shelf::of(&profile).take_up(&alice).is_empty(), "it is taken");
        mine.lines.clear();
        second.keep(&alice, mine).unwrap();
        drop(second);
        let mut third = Shelf::of(&profile);
        assert!(third.take_up(&alice).is_empty());
        third.keep(&alice, Unsent::default()).unwrap();
        drop(third);
        assert!(files() <= 1, "nothing piles up");
    }

    #[test]
    fn only_its_owner_can_read_it_and_it_is_kept_without_a_folder_as_well() {
        use std::os::unix::fs::MetadataExt;

        let folder = tempfile::tempdir().unwrap();
        let alice = session("alice");
        let mut shelf = Shelf::of(&Profile::at(folder.path()));
        shelf.keep(&alice, writing("secret")).unwrap();
        for entry in fs::read_dir(folder.path()).unwrap() {
            assert_eq!(entry.unwrap().metadata().unwrap().mode() & 0o077, 0);
        }
        let mut nowhere = Shelf::of(&Profile::at(&folder.path().join("missing")));
        assert!(nowhere.keep(&alice, writing("x")).is_err());
        assert_eq!(lines(&nowhere.take_up(&alice)), ["x"]);
        let mut passing = Shelf::passing();
        passing.keep(&alice, writing("y")).unwrap();
        assert_eq!(lines(&passing.take_up(&alice)), ["y"]);
    }
}
