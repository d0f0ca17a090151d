//! An operator who is root, on a data folder that is somebody else's: with the owner's rights, and nothing more. Where the
//! stories are not run by root, nothing is told.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use crate::support::{PASSWORD, chatd_binary, copy_program};

/// A user of every Debian with the group.
const OWNER: (u32, u32) = (5, 60);

/// A folder of the owner's, with files of root's beside it.
struct Lodging {
    shared: TempDir,
}

impl Lodging {
    /// Makes it; `None` for who is not root.
    fn new() -> Option<Self> {
        if !rustix::process::geteuid().is_root() {
            return None;
        }
        let shared = TempDir::with_prefix("chat-box-").expect("a folder can be made");
        fs::set_permissions(shared.path(), Permissions::from_mode(0o711)).expect("it is ours");
        copy_program(chatd_binary(), shared.path());
        let this = Self { shared };
        fs::create_dir(this.data()).expect("a folder can be made");
        fs::set_permissions(this.data(), Permissions::from_mode(0o700)).expect("it is ours");
        chown(this.data(), Some(OWNER.0), Some(OWNER.1)).expect("root can give it away");
        fs::write(this.victim(), "precious").expect("it can be written");
        fs::set_permissions(this.victim(), Permissions::from_mode(0o600)).expect("it is ours");
        Some(this)
    }

    fn data(&self) -> PathBuf {
        self.shared.path().join("data")
    }

    fn victim(&self) -> PathBuf {
        self.shared.path().join("victim")
    }

    /// Runs a command, as root or as the owner.
    fn runs(&self, is_root: bool, data: &Path, arguments: &[&str]) -> Output {
        let mut command = Command::new(self.shared.path().join("chatd"));
        if !is_root {
            command.uid(OWNER.0).gid(OWNER.1);
        }
        command.env_clear().env("HOME", self.shared.path()).env("CHATD_AUTH__ARGON2__MEMORY_KIB", "64");
        command.env("CHATD_AUTH__ARGON2__PASSES", "1").args(arguments).arg("--data").arg(data);
        let password = self.shared.path().join("password");
        fs::write(&password, PASSWORD).expect("it can be written");
        command.stdin(fs::File::open(password).expect("it can be read")).output().expect("chatd can be run")
    }

    #[track_caller]
    fn does(&self, is_root: bool, arguments: &[&str]) {
        let output = self.runs(is_root, &self.data(), arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    #[track_caller]
    fn nothing_is_roots(&self) {
        let entries = fs::read_dir(self.data()).expect("it can be read").map(|entry| entry.expect("an entry"));
        for entry in entries.filter(|entry| !entry.path().is_symlink()) {
            let found = entry.metadata().expect("it is there");
            assert_eq!((found.uid(), found.gid()), OWNER, "{:?}", entry.path());
        }
        assert_eq!(fs::read(self.victim()).expect("it is there"), b"precious");
        assert_eq!(fs::metadata(self.victim()).expect("it is there").uid(), 0);
    }
}

/// "Operator commands as root follow no links and leave no files of root's", so that the daemon starts afterwards.
#[test]
fn root_leaves_nothing_behind() {
    let Some(lodging) = Lodging::new() else { return };
    lodging.does(true, &["user", "add", "alice"]);
    lodging.does(true, &["user", "list"]);
    lodging.nothing_is_roots();
    lodging.does(false, &["user", "add", "bob"]);
    lodging.does(true, &["user", "delete", "bob", "--yes"]);
    lodging.nothing_is_roots();
    let serve = ["serve", "--listen", "127.0.0.1:0", "--until-stdin-closes"];
    lodging.does(false, &serve);
    // A folder that is not there yet is of whom it is made for.
    let inner = lodging.data().join("inner");
    assert!(lodging.runs(true, &inner, &["user", "add", "carol"]).status.success());
    lodging.nothing_is_roots();
    assert!(lodging.runs(false, &inner, &serve).status.success());
}

/// Whoever owns the folder turns no link of theirs to root's files.
#[test]
fn root_follows_no_link() {
    for name in ["token.new", "token.key", "chatd.lock", "chatd.db", "chatd.db-wal", "chatd.db-shm", "search.db"] {
        let Some(lodging) = Lodging::new() else { return };
        lodging.does(false, &["user", "add", "alice"]);
        if name == "token.new" {
            fs::remove_file(lodging.data().join("token.key")).expect("it is there");
        }
        let link = lodging.data().join(name);
        let _ = fs::remove_file(&link);
        symlink(lodging.victim(), &link).expect("a link can be made");
        // It does what it can, or says why not.
        for arguments in [&["user", "list"][..], &["user", "passwd", "alice"], &["status"]] {
            lodging.runs(true, &lodging.data(), arguments);
            lodging.nothing_is_roots();
        }
    }
}

/// "refuse clearly if the folder is a symlink".
#[test]
fn root_goes_through_no_link_to_the_folder() {
    let Some(lodging) = Lodging::new() else { return };
    lodging.does(false, &["user", "add", "alice"]);
    let link = lodging.shared.path().join("link");
    symlink(lodging.data(), &link).expect("a link can be made");
    for path in [link.clone(), PathBuf::from(format!("{}/", link.display())), link.join(".")] {
        let output = lodging.runs(true, &path, &["user", "list"]);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(told.contains("is a link") && told.contains(&format!("--data {}", lodging.data().display())), "{told}");
    }
    // Root's own folder is root's, and a file that only root can read is read as root.
    let own = lodging.shared.path().join("own");
    let password = lodging.shared.path().join("secret");
    fs::write(&password, PASSWORD).expect("it can be written");
    fs::set_permissions(&password, Permissions::from_mode(0o600)).expect("it is ours");
    let password = password.to_str().expect("a path is text");
    assert!(lodging.runs(true, &own, &["user", "add", "alice", "--password-file", password]).status.success());
    assert_eq!(fs::metadata(own.join("chatd.db")).expect("it is there").uid(), 0);
    lodging.does(true, &["user", "add", "bob", "--password-file", password]);
    lodging.nothing_is_roots();
}

/// A daemon that runs as the owner is asked as the owner.
#[test]
fn root_asks_a_daemon_of_the_owner() {
    let Some(lodging) = Lodging::new() else { return };
    let mut daemon = Command::new(lodging.shared.path().join("chatd"));
    daemon.uid(OWNER.0).gid(OWNER.1).env_clear().arg("serve").args(["--listen", "127.0.0.1:0"]);
    daemon.arg("--data").arg(lodging.data()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut daemon = daemon.spawn().expect("chatd can be run");
    let mut line = String::new();
    let output = daemon.stdout.take().expect("its output is ours");
    std::io::BufRead::read_line(&mut std::io::BufReader::new(output), &mut line).expect("it says where it listens");
    let status = lodging.runs(true, &lodging.data(), &["status", "--json"]);
    let told = String::from_utf8_lossy(&status.stdout).into_owned();
    assert!(told.contains("\"running\":true"), "{told}{}", String::from_utf8_lossy(&status.stderr));
    lodging.does(true, &["user", "add", "alice"]);
    daemon.kill().expect("it runs");
    daemon.wait().expect("it ends");
    lodging.nothing_is_roots();
    // One that somebody else runs there is not, and the reason is told.
    let foreign = lodging.data().join("admin.sock");
    let _ = fs::remove_file(&foreign);
    let _listening = std::os::unix::net::UnixListener::bind(&foreign).expect("root can listen there");
    fs::set_permissions(&foreign, Permissions::from_mode(0o600)).expect("it is ours");
    let refused = lodging.runs(true, &lodging.data(), &["status"]);
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(refused.status.code() == Some(1) && told.contains("runs as another user than the owner"), "{told}");
}
