//! Files in a bucket: a real server that speaks S3 beside the daemon.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use hyper::header;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::support::operator::{self, House};
use crate::support::{Folder, Person, Process, files, fresh_nonce, soon};

const KEY: &str = "AKIDEXAMPLE";
const SECRET: &str = "of a secret";

/// A server that speaks S3, with the bucket `chat`; it is killed when dropped.
struct Server {
    child: Child,
    folder: Folder,
    port: u16,
}

impl Server {
    /// Starts it; `None` where there is none (`cargo install s3s-fs --features binary`).
    async fn start() -> Option<Self> {
        let folder = Folder::new();
        std::fs::create_dir(folder.path().join("chat")).expect("a folder can be made");
        std::fs::write(folder.path().join("secret"), SECRET).expect("it can be written");
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(folder.path().join("secret"), mode).expect("it can be closed");
        let (child, port) = Self::run(folder.path(), 0).await?;
        Some(Self { child, folder, port })
    }

    async fn run(folder: &Path, port: u16) -> Option<(Child, u16)> {
        let of_cargo = Path::new(env!("CARGO")).with_file_name("s3s-fs");
        let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cargo/bin/s3s-fs"));
        let program = [Some(of_cargo), home].into_iter().flatten().find(|program| program.exists());
        let mut command = Command::new(program.unwrap_or_else(|| "s3s-fs".into()));
        command.args(["--host", "127.0.0.1", "--access-key", KEY, "--secret-key", SECRET, "--port", &port.to_string()]);
        command.arg(folder).env("RUST_LOG", "info").stdout(Stdio::piped()).stdin(Stdio::null()).kill_on_drop(true);
        let mut child = command.spawn().ok()?;
        let mut lines = BufReader::new(child.stdout.take().expect("its output is ours")).lines();
        let listening = async {
            loop {
                let line = lines.next_line().await.expect("it can be read").expect("it says where it listens");
                if let Some((_, port)) = line.rsplit_once("http://127.0.0.1:") {
                    break port.parse().expect("a port");
                }
            }
        };
        let port = soon("the server of the bucket", listening).await;
        // It logs on, and must not meet a closed pipe.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Some((child, port))
    }

    async fn stops(&mut self) {
        self.child.kill().await.expect("it can be killed");
    }

    async fn starts_again(&mut self) {
        (self.child, self.port) = Self::run(self.folder.path(), self.port).await.expect("it was there before");
    }

    /// Writes settings that name the bucket, and gives the path of the file.
    fn settings(&self, prefix: &str, more: &str) -> String {
        let folder = self.folder.path().display();
        let text = format!(
            "[files.s3]\nbucket = \"chat\"\nprefix = \"{prefix}\"\nendpoint = \"http://127.0.0.1:{}\"\n\
             access_key_id = \"{KEY}\"\nsecret_access_key_file = \"{folder}/secret\"\n{more}",
            self.port
        );
        let path = self.folder.path().join(format!("{prefix}.toml"));
        std::fs::write(&path, text).expect("it can be written");
        path.to_str().expect("a path is text").to_owned()
    }

    /// The objects below a prefix, without those that name the store and who deletes.
    fn objects(&self, prefix: &str) -> Vec<PathBuf> {
        let is_object =
            |path: &PathBuf| path.file_name().is_some_and(|name| !name.to_string_lossy().starts_with("chatd-"));
        files(&self.folder.path().join("chat"), prefix).into_iter().filter(is_object).collect()
    }
}

async fn starts(folder: Folder, settings: &str) -> House {
    House { daemon: Process::start_with(&folder, &[("CHATD_CONFIG", settings)]).await, folder }
}

async fn posts(person: &mut Person, channel: &str, name: &str, bytes: &[u8]) -> Value {
    let file = person.door.uploads(&person.token, name, bytes.to_vec()).await.done(201)["file"].take();
    let message = json!({"content": "", "nonce": fresh_nonce(), "files": [&file["id"]]});
    let id = person.id(channel);
    person.asks("channel_message_add", json!({"id": id, "message": message})).await;
    file
}

async fn fetched(person: &Person, file: &Value, range: &str) -> Vec<u8> {
    let id = file["id"].as_str().expect("a file has an id");
    let response = person.door.fetches(&person.token, id, &[(header::RANGE, range)]).await;
    assert!(response.status().is_success(), "{response:?}");
    response.into_body().to_vec()
}

/// "S3 and its like by configuration … tested in CI against a real S3-speaking server": files come and go, and are part of a
/// backup, which is put back into another place of the bucket.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_lie_in_a_bucket() {
    let Some(server) = Server::start().await else { return };
    let settings = server.settings("first", "");
    let house = starts(Folder::new(), &settings).await;
    let mut alice = house.person("alice").await;
    alice.creates("plans", "private").await;
    // More than two parts of an object, and one that is smaller than a part.
    let large = (0..20_000_000u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect::<Vec<_>>();
    let [large_file, small_file] =
        [posts(&mut alice, "plans", "large.bin", &large).await, posts(&mut alice, "plans", "small.txt", b"tea").await];
    assert_eq!(fetched(&alice, &large_file, "bytes=0-").await, large);
    assert_eq!(fetched(&alice, &large_file, "bytes=9000000-9000099").await, large[9_000_000..9_000_100]);
    assert_eq!(fetched(&alice, &small_file, "bytes=0-").await, b"tea");
    assert_eq!(server.objects("first").len(), 2);
    for folder in ["files", "uploads"] {
        assert_eq!(files(house.folder.path(), folder), Vec::<PathBuf>::new(), "nothing lies in `{folder}`");
    }

    let archive = server.folder.path().join("chat.tar");
    let archive = archive.to_str().expect("a path is text");
    let elsewhere = server.settings("frist", "");
    for wrong in
        [&["backup", archive][..], &["backup", archive, "--config", &elsewhere], &["verify", "--config", &elsewhere]]
    {
        let told = house.fails(wrong).await;
        assert!(told.contains("the files of this store lie in the bucket `chat/first`"), "{wrong:?}: {told}");
    }
    assert!(!server.folder.path().join("chat/frist").exists(), "nothing is taken by who only looks");
    house.runs(&["backup", archive, "--config", &settings]).await;
    assert!(house.runs(&["verify", "--config", &settings]).await.contains("no problems"));
    let plans = alice.id("plans");
    alice.asks("channel_message_delete", json!({"id": plans, "index": 1})).await;
    soon("the bucket without the deleted file", async {
        while server.objects("first").len() > 1 {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    })
    .await;
    std::fs::remove_file(&server.objects("first")[0]).expect("it is there");
    let missing = operator::on(&house.folder, &["verify", "--config", &settings], "").await;
    assert!(String::from_utf8_lossy(&missing.stdout).contains("is not there"), "{missing:?}");

    let told = operator::fails(&Folder::new(), &["restore", archive, "--config", &settings], "").await;
    assert!(told.contains("another store"), "the bucket is in use: {told}");
    let (other, settings) = (Folder::new(), server.settings("second", ""));
    operator::runs(&other, &["restore", archive, "--config", &settings], "").await;
    assert_eq!(server.objects("second").len(), 2);
    // They are the restored store's before it has ever run.
    for other in ["restore", "serve"] {
        let more: &[&str] = if other == "restore" { &[archive] } else { &["--listen", "127.0.0.1:0"] };
        let output = operator::on(&Folder::new(), &[&[other, "--config", &settings], more].concat(), "").await;
        assert!(String::from_utf8_lossy(&output.stderr).contains("another store"), "{other}: {output:?}");
    }
    let restored = starts(other, &settings).await;
    let again = restored.connects("alice", &alice.token, json!({})).await;
    assert_eq!(fetched(&again, &large_file, "bytes=0-").await, large);
}

/// A bucket that is another store's, or that cannot be used, is no place for files: the daemon says so and ends.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bucket_that_cannot_be_used_is_refused() {
    let Some(server) = Server::start().await else { return };
    let settings = server.settings("taken", "");
    drop(starts(Folder::new(), &settings).await);
    let refused = async |change: &dyn Fn(String) -> String| {
        let path = server.folder.path().join("changed.toml");
        std::fs::write(&path, change(std::fs::read_to_string(&settings).expect("it is there")))
            .expect("it can be written");
        let path = path.to_str().expect("a path is text");
        let output = operator::on(&Folder::new(), &["serve", "--listen", "127.0.0.1:0", "--config", path], "").await;
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).expect("text")
    };
    let told = refused(&|text| text).await;
    assert!(told.contains("another store") && told.contains("files.s3.prefix"), "{told}");
    let told = refused(&|text| text.replace(KEY, "nobody").replace("taken", "free")).await;
    assert!(told.contains("cannot keep files in the bucket `chat`"), "{told}");
    let told = refused(&|text| text.replace("/secret", "/none")).await;
    assert!(told.contains("/none"), "{told}");
    let told = refused(&|text| text.replace("http://", "ftp://")).await;
    assert!(told.contains("`files.s3.endpoint` begins with"), "{told}");
    let told = refused(&|text| text.replace("bucket =", "buckett =")).await;
    assert!(told.contains("did you mean `bucket`?"), "{told}");
}

/// Two daemons on copies of a store: one alone deletes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_of_a_store_deletes_nothing_beside_it() {
    let Some(server) = Server::start().await else { return };
    let settings = server.settings("twins", "");
    let first = starts(Folder::new(), &settings).await;
    let mut alice = first.person("alice").await;
    alice.joins("tea").await;
    for name in ["a.txt", "b.txt", "c.txt"] {
        posts(&mut alice, "tea", name, name.as_bytes()).await;
    }
    let tea = alice.id("tea");
    let gone = async |person: &mut Person, index: u64| {
        person.asks("channel_message_delete", json!({"id": tea, "index": index})).await;
    };
    gone(&mut alice, 1).await;
    soon("the first to delete", async {
        while server.objects("twins").len() > 2 {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    })
    .await;
    let copy = Folder::new();
    let House { folder, daemon } = first;
    let mut copying = std::process::Command::new("cp");
    copying.arg("-a").arg(format!("{}/.", folder.path().display())).arg(copy.path());
    assert!(copying.status().expect("cp can be run").success());
    let second = starts(copy, &settings).await;
    let mut other = second.connects("alice", &alice.token, json!({})).await;
    other.knows("tea", &tea);
    gone(&mut other, 2).await;
    soon("the copy to be told", async {
        let log = second.folder.path().join("story.log");
        while !std::fs::read_to_string(&log).unwrap_or_default().contains("another daemon with a copy of this store") {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    })
    .await;
    assert_eq!(server.objects("twins").len(), 2);
    gone(&mut alice, 3).await;
    soon("the first to delete on", async {
        while server.objects("twins").len() > 1 {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    })
    .await;
    drop(daemon);
}

/// While the bucket does not answer, people talk on; files are refused, and come again with it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bucket_may_come_late_and_go_for_a_while() {
    let Some(mut server) = Server::start().await else { return };
    let settings = server.settings("late", "");
    server.stops().await;
    let house = starts(Folder::new(), &settings).await;
    let mut alice = house.person("alice").await;
    alice.joins("tea").await;
    alice.sends("tea", "without files").await;
    alice.door.uploads(&alice.token, "a.txt", "one").await.refused(500, "internal");
    server.starts_again().await;
    let file = posts(&mut alice, "tea", "a.txt", b"one").await;
    server.stops().await;
    let id = file["id"].as_str().expect("an id");
    assert_eq!(alice.door.fetches(&alice.token, id, &[]).await.status(), 500);
    alice.sends("tea", "still here").await;
    server.starts_again().await;
    assert_eq!(fetched(&alice, &file, "bytes=0-").await, b"one");
    assert_eq!(server.objects("late").len(), 1, "nothing of what was refused is left");
    assert_eq!(files(house.folder.path(), "uploads"), Vec::<PathBuf>::new());
}
