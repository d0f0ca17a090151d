//! A box that people reach by ssh: a real sshd on loopback, real Unix users, keys and pseudo-terminals. The users live
//! in a mount namespace with an `/etc/passwd` of its own; where the stories are not run by root, or there is no sshd,
//! nothing is told.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use tempfile::TempDir;

use crate::support::{Key, Screen, chatd_binary, client_binary, copy_program};

/// A Unix user of the box.
const CHATD: (&str, u32) = ("chatd", 7_003);
const CHAT: (&str, u32) = ("chat", 7_004);
const JANE: (&str, u32) = ("jane", 7_001);
const JOHN: (&str, u32) = ("john", 7_002);

struct Machine {
    folder: Arc<TempDir>,
    /// Holds the namespace.
    holder: Child,
    address: SocketAddr,
}

impl Machine {
    /// Makes the box; `None` where it cannot be made.
    fn new() -> Option<Self> {
        let tools = ["/usr/sbin/sshd", "/usr/bin/ssh", "/usr/bin/unshare", "/usr/bin/nsenter", "/usr/bin/setpriv"];
        if !rustix::process::geteuid().is_root() || !tools.iter().all(|tool| Path::new(tool).exists()) {
            return None;
        }
        let folder = Arc::new(TempDir::with_prefix("chat-box-").expect("a folder can be made"));
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("it is ours");
        let at = |name: &str| folder.path().join(name);
        for name in ["bin", "home"] {
            fs::create_dir(at(name)).expect("a folder can be made");
        }
        for program in [chatd_binary(), client_binary()] {
            copy_program(program, &at("bin"));
        }
        let (mut passwd, mut shadow, mut group) = (system("/etc/passwd"), system("/etc/shadow"), system("/etc/group"));
        for (name, uid) in [CHATD, CHAT, JANE, JOHN] {
            let home = at("home").join(name);
            fs::create_dir(&home).expect("a home can be made");
            chown(&home, Some(uid), Some(uid)).expect("root can give it away");
            passwd += &format!("{name}:x:{uid}:{uid}::{}:/bin/bash\n", home.display());
            shadow += &format!("{name}:*:19000:0:99999:7:::\n");
            group += &format!("{name}:x:{uid}:\n");
        }
        for (name, text) in [("passwd", passwd), ("shadow", shadow), ("group", group)] {
            fs::write(at(name), text).expect("it can be written");
        }
        keygen(&at("host_key"));
        let conf = concat!(env!("CARGO_MANIFEST_DIR"), "/../dist/ssh/chat.conf");
        // An operator who lets in more of the environment than is good.
        let config = format!(
            "HostKey {}\nUsePAM no\nPasswordAuthentication no\nPrintLastLog no\nPrintMotd no\nAcceptEnv CHAT_*\nInclude {conf}\n",
            at("host_key").display()
        );
        fs::write(at("sshd_config"), config).expect("it can be written");
        fs::write(at("chatd.toml"), "listen = []\n[auth.local]\nkey_users = [\"chat\"]\n").expect("it can be written");
        let holder = hold_namespace(folder.path())?;
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port can be had");
        let address = listener.local_addr().expect("it has one");
        let machine = Self { folder, holder, address };
        machine.serves_ssh(listener);
        Some(machine)
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A command that runs inside.
    fn inside(&self, program: &str) -> Command {
        inside(self.holder.id(), program)
    }

    /// Answers each connection with a real sshd, as inetd would.
    fn serves_ssh(&self, listener: TcpListener) {
        let (config, log, holder) = (self.at("sshd_config"), self.at("sshd.log"), self.holder.id());
        std::thread::spawn(move || {
            // The thread ends with the process; the namespace is gone before.
            for stream in listener.incoming() {
                let Ok(stream) = stream else { return };
                let output = stream.try_clone().expect("a descriptor can be had");
                let mut sshd = inside(holder, "/usr/sbin/sshd");
                sshd.args(["-i", "-f"]).arg(&config).arg("-E").arg(&log).stderr(Stdio::null());
                let _ = sshd.stdin(OwnedFd::from(stream)).stdout(OwnedFd::from(output)).spawn();
            }
        });
    }

    /// Starts the daemon as a user of its own and waits until it listens.
    fn serves_chat(&self) -> Serving {
        let id = CHATD.1.to_string();
        let mut chatd = self.inside("/usr/bin/setpriv");
        chatd.args([
            "--reuid",
            &id,
            "--regid",
            &id,
            "--clear-groups",
            "chatd",
            "serve",
            "--unix",
            "/run/chatd/chatd.sock",
        ]);
        chatd.arg("--config").arg(self.at("chatd.toml")).arg("--data").arg(self.at("home/chatd/data"));
        chatd.env("HOME", self.at("home/chatd")).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = chatd.spawn().expect("chatd can be started");
        let mut line = String::new();
        let output = child.stdout.as_mut().expect("its output is ours");
        std::io::BufRead::read_line(&mut std::io::BufReader::new(output), &mut line).expect("it can be read");
        assert_eq!(line, "listening on unix:/run/chatd/chatd.sock\n");
        Serving(child)
    }

    /// Gives somebody a key, and lets it in as a user.
    fn gives_key(&self, name: &str, (user, uid): (&str, u32)) -> PathBuf {
        let key = self.at(name);
        keygen(&key);
        let folder = self.at("home").join(user).join(".ssh");
        fs::create_dir_all(&folder).expect("a folder can be made");
        let file = folder.join("authorized_keys");
        let mut keys = fs::read_to_string(&file).unwrap_or_default();
        keys += &fs::read_to_string(key.with_extension("pub")).expect("the key is there");
        fs::write(&file, keys).expect("it can be written");
        for path in [&folder, &file] {
            chown(path, Some(uid), Some(uid)).expect("root can give it away");
        }
        key
    }

    fn ssh_arguments(&self, user: &str, key: &Path) -> Vec<String> {
        let port = self.address.port().to_string();
        let key = key.to_str().expect("a path is text");
        let options = ["-F", "/dev/null", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"];
        let more = ["-o", "LogLevel=ERROR", "-o", "IdentitiesOnly=yes", "-i", key, "-p", &port];
        let target = format!("{user}@127.0.0.1");
        options.iter().chain(&more).chain(&[target.as_str()]).map(|&text| text.to_owned()).collect()
    }

    /// Comes by ssh, in a terminal.
    fn ssh(&self, user: &str, key: &Path) -> Screen {
        self.ssh_with(&[], user, key)
    }

    /// The same with further options.
    fn ssh_with(&self, options: &[&str], user: &str, key: &Path) -> Screen {
        let arguments = self.ssh_arguments(user, key);
        let arguments = options.iter().copied().chain(arguments.iter().map(String::as_str)).collect::<Vec<_>>();
        Screen::open_program(Path::new("/usr/bin/ssh"), &self.folder, self.folder.path(), &arguments)
    }
}

/// A running daemon; it is killed when dropped.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

fn system(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

fn keygen(path: &Path) {
    let mut keygen = Command::new("/usr/bin/ssh-keygen");
    let made = keygen.args(["-q", "-t", "ed25519", "-N", "", "-C", "", "-f"]).arg(path).status();
    assert!(made.expect("ssh-keygen can be run").success());
}

fn inside(holder: u32, program: &str) -> Command {
    let mut command = Command::new("/usr/bin/nsenter");
    command.arg(format!("--mount=/proc/{holder}/ns/mnt")).args(["--", program]);
    command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").stdin(Stdio::null());
    command
}

/// Starts what holds a mount namespace with the users, programs and folders of the box in their usual places; `None`
/// where that is not allowed.
fn hold_namespace(folder: &Path) -> Option<Child> {
    let script = "cd \"$0\" && mount --bind passwd /etc/passwd && mount --bind shadow /etc/shadow \
                  && mount --bind group /etc/group && mount --bind bin /usr/local/bin && mount -t tmpfs none /run \
                  && mkdir /run/sshd /run/chatd && chown 7003:7003 /run/chatd && echo held && exec sleep infinity";
    let mut holder = Command::new("/usr/bin/unshare");
    holder.args(["--mount", "bash", "-c", script]).arg(folder).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut holder = holder.spawn().ok()?;
    let mut line = String::new();
    let output = holder.stdout.as_mut().expect("its output is ours");
    std::io::BufRead::read_line(&mut std::io::BufReader::new(output), &mut line).expect("it can be read");
    if line != "held\n" {
        let _ = holder.wait();
        return None;
    }
    Some(holder)
}

/// "somebody with an ssh login types `chat-tui` and is in", on the socket that is tried first by default.
#[test]
fn whoever_is_logged_in_is_in() {
    let Some(machine) = Machine::new() else { return };
    let _chatd = machine.serves_chat();
    let (jane, john) = (machine.gives_key("jane_key", JANE), machine.gives_key("john_key", JOHN));
    let (mut jane, mut john) = (machine.ssh("jane", &jane), machine.ssh("john", &john));
    for screen in [&mut jane, &mut john] {
        screen.shows("$");
        screen.enters("chat-tui");
        screen.shows("> Message #lobby");
    }
    jane.shows("jane on unix:/run/chatd/chatd.sock");
    john.shows("john on unix:/run/chatd/chatd.sock");
    jane.enters("hello from my shell");
    john.shows("hello from my shell");
    john.enters("jane, it needed no set-up");
    jane.shows("it needed no set-up");
    jane.presses(Key::Ctrl('q'));
    jane.shows("$");
}

/// "the forced-command form for OpenSSH (`ssh chat@box` opens the screen; identity from the key by `ExposeAuthInfo`)":
/// many people, one Unix user.
#[test]
fn a_key_says_who_somebody_is() {
    let Some(machine) = Machine::new() else { return };
    let _chatd = machine.serves_chat();
    let (first, second) = (machine.gives_key("first_key", CHAT), machine.gives_key("second_key", CHAT));
    let mut jane = machine.ssh("chat", &first);
    jane.shows("Your key is new here.");
    jane.enters("Jane Doe");
    jane.shows("a handle is 1 to 32 of");
    jane.enters("@Jane");
    jane.shows("kept for the user of this machine");
    jane.enters("@Ada");
    jane.shows("ada on unix:/run/chatd/chatd.sock");
    let mut john = machine.ssh("chat", &second);
    john.shows("Your key is new here.");
    john.enters("ada");
    john.shows("This handle is somebody else's.");
    john.enters("ben");
    john.shows("ben on unix:/run/chatd/chatd.sock");
    john.shows("> Message #lobby");
    john.enters("by another key");
    jane.shows("by another key");
    // The same key is the same person, in a further window and another time.
    let mut again = machine.ssh("chat", &first);
    again.shows("ada on unix:/run/chatd/chatd.sock");
    again.shows("> Message #lobby");
    again.enters("from a second window");
    john.shows("from a second window");
    jane.presses(Key::Ctrl('q'));
    assert!(jane.ends().success());
    machine.ssh("chat", &first).shows("ada on unix:/run/chatd/chatd.sock");
    // Nothing else can be run.
    let mut ssh = Command::new("/usr/bin/ssh");
    let ran =
        ssh.args(machine.ssh_arguments("chat", &second)).arg("id").stdin(Stdio::null()).output().expect("ssh runs");
    let told = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert!(ran.stdout.is_empty() && told.contains("ssh -t, and no command"), "{told}");
    assert_eq!(ran.status.code(), Some(2));
    // Nobody but the user of the forced command is believed about keys.
    let forged = machine.at("forged");
    let public = fs::read_to_string(first.with_extension("pub")).expect("the key is there");
    fs::write(&forged, format!("publickey {public}")).expect("it can be written");
    let (key, mut shell) = (machine.gives_key("third_key", JOHN), String::from("SSH_USER_AUTH="));
    shell += forged.to_str().expect("a path is text");
    let mut liar = machine.ssh("john", &key);
    liar.shows("$");
    liar.enters(&(shell + " chat-tui --by-ssh-key"));
    liar.shows("you are not trusted to sign people in by their ssh keys");
}

/// "The forced command of ssh stays with its server": what the person sends along as environment, also where sshd lets it
/// in, leads nowhere else.
#[test]
fn a_forced_command_stays_with_its_server() {
    let Some(machine) = Machine::new() else { return };
    let _chatd = machine.serves_chat();
    let key = machine.gives_key("first_key", CHAT);
    let elsewhere = TcpListener::bind("127.0.0.1:0").expect("a port can be had");
    elsewhere.set_nonblocking(true).expect("a socket");
    let address = elsewhere.local_addr().expect("it has one");
    let environment =
        format!("SetEnv=CHAT_SERVER=http://{address} CHAT_USER=root CHAT_PROFILE=../x CHAT_ALLOW_PLAIN_HTTP=true");
    let mut ada = machine.ssh_with(&["-o", &environment], "chat", &key);
    ada.shows("Your key is new here.");
    ada.enters("ada");
    ada.shows("ada on unix:/run/chatd/chatd.sock");
    ada.shows("> Message #lobby");
    assert_eq!(elsewhere.accept().expect_err("nobody comes").kind(), std::io::ErrorKind::WouldBlock);
}
