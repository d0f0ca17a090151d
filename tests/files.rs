//! Files: uploaded, posted, fetched by those who may, and gone when nothing holds them.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chatd::clock::ManualClock;
use hyper::header;
use proto::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::operator::{self, House};
use crate::support::{
    Daemon, Folder, Key, Link, PASSWORD, Person, Process, RawSocket, Screen, Setup, Shell, client_binary, files,
    fresh_nonce, json_lines, soon,
};

/// How often one looks whether a file is gone.
const LOOK_AGAIN: Duration = Duration::from_millis(10);
const DAY_MILLIS: i64 = 24 * 60 * 60 * 1_000;

async fn until(what: &str, is_so: impl Fn() -> bool) {
    soon(what, async {
        while !is_so() {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    })
    .await;
}

async fn nothing_is_left(daemon: &Daemon) {
    until("a folder without files", || {
        files(daemon.data(), "files").is_empty() && files(daemon.data(), "uploads").is_empty()
    })
    .await;
}

async fn uploads(person: &Person, name: &str, bytes: impl Into<Bytes>) -> Value {
    person.door.uploads(&person.token, name, bytes).await.done(201)["file"].take()
}

async fn posts(person: &mut Person, channel: &str, content: &str, files: &[&Value]) -> Value {
    let ids = files.iter().map(|file| &file["id"]).collect::<Vec<_>>();
    let message = json!({"content": content, "nonce": fresh_nonce(), "files": ids});
    let id = person.id(channel);
    person.asks("channel_message_add", json!({"id": id, "message": message})).await
}

async fn status(person: &Person, file: &Value) -> u16 {
    let id = file["id"].as_str().expect("a file has an id");
    let response = person.door.fetches(&person.token, id, &[]).await;
    if !response.status().is_success() {
        let body: Value = serde_json::from_slice(response.body()).expect("refusals are JSON");
        assert_eq!(body["code"], "no_such_file");
    }
    response.status().as_u16()
}

/// "Only members of a channel where it was posted may fetch; deleting the message takes the file away when nothing else holds
/// it". "a file of a left or private channel is `no_such_file`; a deleted one is gone from disk within a minute."
#[tokio::test]
async fn a_file_is_for_those_who_may_read_its_message_and_goes_with_it() {
    let daemon = Daemon::start().await;
    let [mut alice, mut bob, carl] =
        [daemon.person("alice").await, daemon.person("bob").await, daemon.person("carl").await];
    alice.creates("plans", "private").await;
    alice.invites("plans", &mut bob).await;
    let bytes = (0..300_000u32).flat_map(u32::to_be_bytes).collect::<Vec<_>>();
    let file = uploads(&alice, "Gr%C3%BC%C3%9Fe%20%231.bin", bytes.clone()).await;
    assert_eq!((&file["name"], &file["size"]), (&json!("Grüße #1.bin"), &json!(1_200_000)));
    assert_eq!([status(&alice, &file).await, status(&bob, &file).await], [200, 404], "it is not posted yet");

    posts(&mut alice, "plans", "", &[&file]).await;
    let seen = bob.sees("plans", "").await;
    assert_eq!(seen["files"], json!([file]));
    let id = file["id"].as_str().expect("an id");
    let fetched = bob.door.fetches(&bob.token, id, &[]).await;
    assert_eq!(fetched.body(), &bytes, "the same bytes");
    assert_eq!([status(&carl, &file).await, status(&bob, &json!({"id": "0000000000000"})).await], [404, 404]);
    assert_eq!(status(&bob, &json!({"id": "x"})).await, 404);
    let plans = alice.id("plans");
    let history = bob.history("plans", "").await;
    assert_eq!(history["messages"][0]["files"], json!([file]));

    bob.asks("channel_leave", json!({"id": plans})).await;
    assert_eq!([status(&alice, &file).await, status(&bob, &file).await], [200, 404]);
    assert_eq!(files(daemon.data(), "files").len(), 1);
    alice.asks("channel_message_delete", json!({"id": plans, "index": seen["index"]})).await;
    let update = alice.event_of("channel_message_update", &plans).await;
    assert_eq!(update["message"]["files"], json!([]));
    nothing_is_left(&daemon).await;
    assert_eq!(status(&alice, &file).await, 404);
}

/// "`GET /v1/files/ID` streams with ranges, `ETag`, `nosniff`, attachment for anything that is no known picture type (decided
/// from the content, never the name)".
#[tokio::test]
async fn what_is_sent_says_how_it_is_to_be_taken() {
    let daemon = Daemon::start().await;
    let alice = daemon.person("alice").await;
    let page = "<html><script>alert(1)</script></html>";
    let svg = "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>";
    // The smallest PNG there is: one pixel.
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0\x3a\x7e\x9b\x55\0\0\0\x0aIDATx\x9cc\x60\0\0\0\x02\0\x01\x48\xaf\xa4\x71\0\0\0\0IEND\xaeB\x60\x82";
    for (bytes, kind, disposition) in [
        (page.as_bytes(), "application/octet-stream", "attachment; filename=\"a.png\"; filename*=UTF-8''a.png"),
        (svg.as_bytes(), "application/octet-stream", "attachment; filename=\"a.png\"; filename*=UTF-8''a.png"),
        (png, "image/png", "inline; filename=\"a.png\"; filename*=UTF-8''a.png"),
    ] {
        let file = uploads(&alice, "a.png", bytes.to_vec()).await;
        let sent = alice.door.fetches(&alice.token, file["id"].as_str().expect("an id"), &[]).await;
        let header = |name: &str| sent.headers()[name].to_str().expect("a header is text").to_owned();
        assert_eq!((header("content-type"), header("content-disposition")), (kind.to_owned(), disposition.to_owned()));
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("content-security-policy"), "default-src 'none'; sandbox");
        assert_eq!(header("etag"), format!("\"{}\"", file["sha256"].as_str().expect("a hash")));
    }
    let file = uploads(&alice, "letters", "abcdefghij").await;
    let id = file["id"].as_str().expect("an id");
    let tag = format!("\"{}\"", file["sha256"].as_str().expect("a hash"));
    for (range, status, body, of) in [
        ("bytes=2-4", 206, "cde", Some("bytes 2-4/10")),
        ("bytes=8-", 206, "ij", Some("bytes 8-9/10")),
        ("bytes=-1", 206, "j", Some("bytes 9-9/10")),
        ("bytes=10-", 416, "", Some("bytes */10")),
        ("bytes=4-2", 200, "abcdefghij", None),
        (&format!("bytes=0-0{}", ",0-0".repeat(2_000)), 206, "a", Some("bytes 0-0/10")),
    ] {
        let sent = alice.door.fetches(&alice.token, id, &[(header::RANGE, range)]).await;
        assert_eq!((sent.status().as_u16(), sent.body().as_ref()), (status, body.as_bytes()), "{range:.30}");
        assert_eq!(sent.headers().get("content-range").map(|value| value.to_str().expect("text")), of);
    }
    let known = alice.door.fetches(&alice.token, id, &[(header::IF_NONE_MATCH, &tag)]).await;
    assert_eq!((known.status().as_u16(), known.body().len()), (304, 0));
    let empty = uploads(&alice, "nothing", "").await;
    assert_eq!(status(&alice, &empty).await, 200);
}

/// "refuses over the size limit, the person's quota or the disk reserve with a clear error and no leftover"; "Guests upload
/// nothing".
#[tokio::test]
async fn what_may_not_be_uploaded_leaves_nothing() {
    let daemon = Setup::new()
        .with(|config| {
            config.files.max_bytes = 100_000;
            config.files.quota_bytes = 250_000;
        })
        .start()
        .await;
    let alice = daemon.person("alice").await;
    let too_large = daemon.uploads(&alice.token, "a", vec![0; 100_001]).await;
    assert_eq!(too_large.refused(413, "too_large"), "a file has at most 100000 bytes here");
    let guest = daemon.post("/v1/guest", None, &json!({})).await.done(201);
    daemon.uploads(guest["token"].as_str().expect("a token"), "a", "hi").await.refused(403, "not_allowed");
    daemon.uploads("no token", "a", "hi").await.refused(401, "token_invalid");

    // A body in pieces that never ends, one that is shorter than it says, and one whose connection ends.
    let head = |more: &str| {
        let (address, token) = (daemon.address(), &alice.token);
        format!("POST /v1/files?name=x HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n{more}\r\n\r\n")
    };
    let mut socket = RawSocket::open(daemon.address()).await;
    socket.writes(head("Transfer-Encoding: chunked")).await;
    let piece = format!("4000\r\n{}\r\n", "x".repeat(0x4000));
    for _ in 0..7 {
        socket.writes(&piece).await;
    }
    assert!(socket.reads_head().await.starts_with("HTTP/1.1 413 "));
    let mut socket = RawSocket::open(daemon.address()).await;
    socket.writes(head("Content-Length: 1000")).await;
    socket.writes("only this").await;
    drop(socket);
    nothing_is_left(&daemon).await;

    // One fewer than may go at once: that of the socket that broke off may end just now.
    let together = (0..7).map(|number| {
        let (door, token) = (*daemon, alice.token.clone());
        tokio::spawn(async move { door.uploads(&token, "a", vec![number; 50_000]).await.status })
    });
    let mut stored = 0;
    for status in together.collect::<Vec<_>>() {
        match status.await.expect("no story panics") {
            201 => stored += 1,
            status => assert_eq!(status, 507),
        }
    }
    // Each counts from its beginning; one that has ended in an error no longer does.
    assert!((1..=5).contains(&stored), "{stored}");
    let reply = daemon.uploads(&alice.token, "a", vec![99; 100_000]).await;
    if stored >= 4 {
        reply.refused(507, "storage_full");
    }
}

/// "written but never posted goes after a day; an orphan sweep at the start and daily; abandoned uploads go after a day."
#[tokio::test]
async fn what_nobody_posts_goes_after_a_day() {
    let clock = Arc::new(ManualClock::new(Timestamp::from_millis(1_800_000_000_000)));
    let daemon = Setup::new().clock(clock.clone()).start().await;
    let mut alice = daemon.person("alice").await;
    alice.joins("lobby").await;
    let (kept, old) = (uploads(&alice, "kept", "kept").await, uploads(&alice, "old", "old").await);
    posts(&mut alice, "lobby", "kept", &[&kept]).await;
    assert_eq!(files(daemon.data(), "files").len(), 2);
    let folder = daemon.stops().await;
    let orphan = folder.path().join("uploads/0000000000001");
    std::fs::write(&orphan, "left by a crash").expect("the folder is there");
    clock.advance_millis(DAY_MILLIS + 1);
    let daemon = Setup::on(folder).clock(clock).start().await;
    until("the old file to go", || files(daemon.data(), "files").len() == 1 && !orphan.exists()).await;
    let alice = daemon.connects("alice", &alice.token, json!({})).await;
    assert_eq!([status(&alice, &kept).await, status(&alice, &old).await], [200, 404]);
}

/// A message may hold several files and no words; what it may not hold is refused, and what it holds twice is one thing.
#[tokio::test]
async fn a_message_may_be_files_only() {
    let daemon = Daemon::start().await;
    let (mut alice, mut bob) = (daemon.person("alice").await, daemon.person("bob").await);
    alice.joins("lobby").await;
    bob.joins("lobby").await;
    let (one, two) = (uploads(&alice, "one", "1").await, uploads(&alice, "two", "2").await);
    let lobby = alice.id("lobby");
    let message = |content: &str, files: Value, nonce: &str| json!({"id": lobby, "message": {"content": content, "nonce": nonce, "files": files}});
    for (files, code) in [
        (json!([]), "malformed"),
        (json!([one["id"], one["id"]]), "malformed"),
        (json!(vec!["x"; 11]), "malformed"),
        (json!(["0000000000000"]), "no_such_file"),
        (json!([one["id"], "not-ours"]), "no_such_file"),
    ] {
        alice.gets_refused("channel_message_add", message(" ", files.clone(), "n"), code).await;
    }
    let both = json!([two["id"], one["id"]]);
    let sent = alice.asks("channel_message_add", message("", both.clone(), "same")).await;
    assert_eq!(alice.asks("channel_message_add", message("", both, "same")).await, sent, "sent again it is the same");
    alice.gets_refused("channel_message_add", message("", json!([two["id"]]), "same"), "nonce_reused").await;
    assert_eq!(bob.sees("lobby", "").await["files"], json!([two, one]), "in the order in which they were named");
}

/// "Files belong to backup, restore, verify": what is deleted while a backup is made is in it, and what is damaged is found.
#[tokio::test]
async fn a_backup_has_the_files() {
    let house = House::new().await;
    let mut alice = house.person("alice").await;
    alice.joins("lobby").await;
    let file = uploads(&alice, "kept.bin", vec![7; 100_000]).await;
    let index = posts(&mut alice, "lobby", "look", &[&file]).await["index"].clone();
    assert!(house.runs(&["verify"]).await.contains("no problems"));
    assert!(house.runs(&["status"]).await.contains("files        1, 1 MiB"));
    let shelf = Folder::new();
    let archive = shelf.path().join("chat.tar");
    let archive = archive.to_str().expect("the path is text");
    house.runs(&["backup", archive]).await;
    let lobby = alice.id("lobby");
    alice.asks("channel_message_delete", json!({"id": lobby, "index": index})).await;
    until("the file to go", || files(house.folder.path(), "files").is_empty()).await;
    assert!(house.runs(&["verify"]).await.contains("no problems"));

    let other = Folder::new();
    operator::runs(&other, &["restore", archive], "").await;
    let restored = Process::start(&other).await;
    let again = restored.connects("alice", &alice.token, json!({})).await;
    let fetched = again.door.fetches(&again.token, file["id"].as_str().expect("an id"), &[]).await;
    assert_eq!(fetched.body(), &vec![7; 100_000]);
    assert!(operator::runs(&other, &["verify"], "").await.contains("no problems"));
    let [object] = &files(other.path(), "files")[..] else { panic!("one file was stored") };
    std::fs::write(object, "something else").expect("it can be written");
    let damaged = operator::on(&other, &["verify"], "").await;
    let told = String::from_utf8_lossy(&damaged.stdout).into_owned();
    assert!(!damaged.status.success() && told.contains("is damaged"), "{told}");
    let copy = shelf.path().join("damaged.tar");
    let copy = copy.to_str().expect("the path is text");
    // A lost file stops no backup of everything else, and nothing is hidden.
    let third = Folder::new();
    for (folder, arguments) in [(&other, ["backup", copy]), (&third, ["restore", copy])] {
        let done = operator::on(folder, &arguments, "").await;
        let told = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(done.status.success() && told.contains("1 file lost or damaged"), "{told}");
    }
    assert_eq!(files(third.path(), "files").len(), 0);
    let cut = std::fs::read(archive).expect("it can be read");
    let shorter = shelf.path().join("cut.tar");
    // Without its last entry: a head, the bytes and what fills them up to whole blocks, before the end of 1,024 bytes.
    let entry = 512 + 100_000usize.next_multiple_of(512);
    let end = cut.iter().rposition(|byte| *byte != 0).expect("it has bytes").next_multiple_of(512);
    std::fs::write(&shorter, [&cut[..end - entry], &[0; 1_024]].concat()).expect("it can be written");
    let told = operator::fails(&Folder::new(), &["restore", shorter.to_str().expect("the path is text")], "").await;
    assert!(told.contains("files that are not in it: 1"), "{told}");
    std::fs::remove_file(object).expect("it is there");
    let missing = operator::on(&other, &["verify"], "").await;
    assert!(String::from_utf8_lossy(&missing.stdout).contains("is not there"));
}

/// "resumes an interrupted upload (`POST /v1/uploads {name, size}` gives an id, `PATCH` writes at an offset, `HEAD` tells it";
/// "SIGKILL of either side in the middle, resumed, same hash".
#[tokio::test]
async fn an_upload_goes_on_where_it_was_broken_off() {
    let folder = Folder::new();
    let daemon = Process::start(&folder).await;
    let (alice, bob) = (daemon.person("alice").await, daemon.person("bob").await);
    let bytes = (0..200_000u32).flat_map(u32::to_be_bytes).collect::<Vec<_>>();
    let wish = json!({"name": "../numbers.bin", "size": bytes.len()});
    let begun = daemon.post("/v1/uploads", Some(&alice.token), &wish).await.done(201)["upload"].take();
    assert_eq!((&begun["name"], &begun["offset"]), (&json!("numbers.bin"), &json!(0)));
    let id = begun["id"].as_str().expect("an id");
    let path = format!("/v1/uploads/{id}");
    let part = daemon.goes_on_uploading(&alice.token, id, 0, &bytes[..300_000]).await.done(200);
    assert_eq!((&part["upload"]["offset"], part.get("file")), (&json!(300_000), None));

    daemon.goes_on_uploading(&alice.token, id, 0, &bytes[..10]).await.refused(400, "malformed");
    daemon.goes_on_uploading(&alice.token, id, 900_000, b"x").await.refused(400, "malformed");
    daemon.goes_on_uploading(&alice.token, id, 300_000, &vec![0; bytes.len()]).await.refused(413, "too_large");
    daemon.goes_on_uploading(&bob.token, id, 300_000, b"x").await.refused(404, "not_found");
    daemon.get(&path, &bob.token).await.refused(404, "not_found");

    // The connection ends in the middle of a part, and then the daemon does.
    let mut socket = RawSocket::open(daemon.address()).await;
    let head = format!(
        "PATCH {path}?offset=300000 HTTP/1.1\r\nHost: chat\r\nAuthorization: Bearer {}\r\nContent-Length: 500000\r\n\r\n",
        alice.token
    );
    socket.writes(head).await;
    socket.writes(&bytes[300_000..700_000]).await;
    until("the bytes on the disk", || {
        files(folder.path(), "uploads").iter().any(|file| file.metadata().is_ok_and(|found| found.len() > 500_000))
    })
    .await;
    daemon.gets_killed().await;
    let daemon = Process::start(&folder).await;
    let state = daemon.get(&path, &alice.token).await.done(200);
    let offset = usize::try_from(state["upload"]["offset"].as_u64().expect("a number")).expect("it fits");
    assert!((500_000..=700_000).contains(&offset), "{offset}");
    let file = daemon.goes_on_uploading(&alice.token, id, offset, &bytes[offset..]).await.done(200)["file"].take();
    // Who has not heard the answer asks again.
    assert_eq!(daemon.get(&path, &alice.token).await.done(200)["file"], file);
    assert_eq!(daemon.goes_on_uploading(&alice.token, id, bytes.len(), b"").await.done(200)["file"], file);
    let fetched = daemon.fetches(&alice.token, file["id"].as_str().expect("an id"), &[]).await;
    assert!(fetched.body() == &bytes, "the same bytes");
    let whole = daemon.uploads(&alice.token, "again", bytes.clone()).await.done(201);
    assert_eq!(whole["file"]["sha256"], file["sha256"]);
    until("the second copy to go", || files(folder.path(), "files").len() == 1).await;

    let given_up = daemon.post("/v1/uploads", Some(&alice.token), &wish).await.done(201)["upload"].take();
    let id = given_up["id"].as_str().expect("an id");
    daemon.goes_on_uploading(&alice.token, id, 0, b"some").await.done(200);
    daemon.ends_upload(&bob.token, id).await.refused(404, "not_found");
    daemon.ends_upload(&alice.token, id).await.done(200);
    daemon.get(&format!("/v1/uploads/{id}"), &alice.token).await.refused(404, "not_found");
    assert!(files(folder.path(), "uploads").is_empty());

    // Who gives an upload up whose connection has just broken waits for what came last.
    let left = daemon.post("/v1/uploads", Some(&alice.token), &wish).await.done(201)["upload"].take();
    let id = left["id"].as_str().expect("an id");
    let mut socket = RawSocket::open(daemon.address()).await;
    let head = format!(
        "PATCH /v1/uploads/{id}?offset=0 HTTP/1.1\r\nHost: chat\r\nAuthorization: Bearer {}\r\nContent-Length: 500000\r\n\r\n",
        alice.token
    );
    socket.writes(head).await;
    socket.writes(&bytes[..300_000]).await;
    until("the bytes on the disk", || !files(folder.path(), "uploads").is_empty()).await;
    drop(socket);
    daemon.ends_upload(&alice.token, id).await.done(200);
    assert!(files(folder.path(), "uploads").is_empty());
}

/// Who deletes the account leaves no files that were posted nowhere; what was posted stays with its message.
#[tokio::test]
async fn who_deletes_the_account_leaves_nothing_that_was_not_posted() {
    let daemon = Daemon::start().await;
    let (mut alice, mut bob) = (daemon.person("alice").await, daemon.person("bob").await);
    alice.joins("lobby").await;
    bob.joins("lobby").await;
    let posted = uploads(&alice, "posted", "posted").await;
    posts(&mut alice, "lobby", "take it", &[&posted]).await;
    uploads(&alice, "unposted", "not posted").await;
    assert_eq!(files(daemon.data(), "files").len(), 2);

    let wish = json!({"password": PASSWORD, "content": "keep"});
    daemon.post("/v1/account/delete", Some(&alice.token), &wish).await.done(200);
    until("what was not posted to go", || files(daemon.data(), "files").len() == 1).await;
    assert_eq!(status(&bob, &posted).await, 200);
}

/// "`chat-tui upload|download` and `send --attach` headless with `--json`"; "Download … to a safe name under the download folder
/// (no path tricks, never over another file".
#[tokio::test]
async fn a_script_sends_and_fetches_files() {
    let daemon = Daemon::start().await;
    let mut bob = daemon.person("bob").await;
    bob.joins("lobby").await;
    let shell = Shell::of(&daemon, "alice");
    let place = Folder::new();
    let path = |name: &str| place.path().join(name).to_str().expect("the path is text").to_owned();
    let bytes = (0..500_000u32).flat_map(u32::to_be_bytes).collect::<Vec<_>>();
    std::fs::write(path("numbers.bin"), &bytes).expect("it can be written");
    std::fs::write(path("-rf .txt"), "small").expect("it can be written");

    shell.runs(&["send", "#lobby", "--attach", &path("numbers.bin"), "--attach", &path("-rf .txt")]);
    let seen = bob.sees("lobby", "").await;
    let names = seen["files"].as_array().expect("files").iter().map(|file| file["name"].as_str().expect("a name"));
    assert_eq!(names.collect::<Vec<_>>(), ["numbers.bin", "rf .txt"]);
    let told = shell.runs(&["history", "#lobby"]);
    assert!(told.contains("numbers.bin (1.9 MiB)]"), "{told}");

    let to = path("");
    let id = seen["files"][0]["id"].as_str().expect("an id");
    let told = shell.runs(&["download", id, "--to", &to]);
    assert!(told.trim().ends_with("numbers (2).bin"), "not over the other one: {told}");
    assert!(std::fs::read(told.trim()).expect("it is there") == bytes);
    let saved = json_lines(&shell.runs(&["download", id, "--to", &to, "--json"]));
    assert_eq!((&saved[0]["id"], &saved[0]["size"]), (&json!(id), &json!(bytes.len())));
    let left = std::fs::read_dir(place.path()).expect("it is there").count();
    assert_eq!(left, 4, "no part stays");

    let told = json_lines(&shell.runs(&["upload", &path("numbers.bin"), "--json"]));
    assert_eq!(told[0]["sha256"], seen["files"][0]["sha256"]);
    shell.fails(1, &["upload", &to]);
    shell.fails(1, &["send", "#lobby", "--attach", "/no/such/file"]);
    shell.fails(5, &["download", "0000000000000", "--to", &to]);
}

/// "Uploads go on across a reconnect."
#[tokio::test]
async fn a_script_uploads_and_downloads_over_a_connection_that_breaks() {
    let daemon = Daemon::start().await;
    let link = Link::to(daemon.address());
    let shell = Shell::on(&link.url());
    shell.runs(&["register", "--user", "alice", "--password", PASSWORD]);
    let place = Folder::new();
    let path = place.path().join("large.bin");
    let bytes = (0..8_000_000u32).flat_map(u32::to_be_bytes).collect::<Vec<_>>();
    std::fs::write(&path, &bytes).expect("it can be written");
    let path = path.to_str().expect("the path is text");
    let upload = shell.starts(&["upload", path, "--json"]);
    until("some bytes", || {
        files(daemon.data(), "uploads").iter().any(|file| file.metadata().is_ok_and(|found| found.len() > 0))
    })
    .await;
    link.breaks();
    link.mends();
    let told = json_lines(&upload.works());
    let id = told[0]["id"].as_str().expect("an id").to_owned();
    let to = place.path().join("here");
    let to = to.to_str().expect("the path is text");
    let download = shell.starts(&["download", &id, "--to", to]);
    until("some bytes", || {
        std::fs::read_dir(to)
            .into_iter()
            .flatten()
            .flatten()
            .any(|file| file.metadata().is_ok_and(|found| found.len() > 0))
    })
    .await;
    link.breaks();
    link.mends();
    let saved = download.works();
    assert!(std::fs::read(saved.trim()).expect("it is there") == bytes);
}

/// What one device of somebody tells of an upload comes to their other ones, and to nobody else.
#[tokio::test]
async fn the_other_connections_of_a_person_hear_of_an_upload() {
    let daemon = Daemon::start().await;
    let [mut alice, mut bob] = [daemon.person("alice").await, daemon.person("bob").await];
    alice.joins("tea").await;
    bob.joins("tea").await;
    let mut phone = alice.again(json!({})).await;
    let tea = alice.id("tea");
    let news = json!({"id": tea, "nonce": "n-1", "name": "a.png", "files": 2, "done": 5, "total": 10});
    alice.asks("channel_upload", news.clone()).await;
    assert_eq!(phone.event_of("channel_upload", &tea).await, news);
    alice.sends("tea", "later").await;
    for person in [&mut alice, &mut bob] {
        let heard = person.hears_before("tea", "later").await;
        assert!(heard.iter().all(|packet| packet["type"] != "channel_upload"), "{heard:?}");
    }
    bob.asks("channel_leave", json!({"id": tea})).await;
    bob.gets_refused("channel_upload", news, "not_a_member").await;
}

/// "`/upload PATH…`": the message is on the sender's screen at once, and on the others' when its files are; they are saved by a
/// key, also over a connection that breaks meanwhile.
#[tokio::test]
async fn files_are_sent_and_saved_on_the_screen() {
    client_binary();
    let daemon = Daemon::start().await;
    let mut bob = daemon.person("bob").await;
    bob.joins("lobby").await;
    let link = Link::to(daemon.address());
    let flags = ["--server", &link.url(), "--user", "alice", "--password", PASSWORD, "--register"];
    let home = Arc::new(TempDir::new().expect("a home can be made"));
    let mut alice = Screen::open_at_home(&home, 100, 30, &flags);
    alice.shows("> Message #lobby");
    let bytes = (0..300_000u32).flat_map(u32::to_be_bytes).collect::<Vec<_>>();
    std::fs::write(home.path().join("my numbers.bin"), &bytes).expect("it can be written");
    alice.enters("/upload '~/my numbers.bin' -- from the screen");
    let seen = bob.sees("lobby", "from the screen").await;
    assert_eq!(seen["files"][0]["name"], "my numbers.bin");
    alice.shows("my numbers.bin · 1.1 MiB");
    alice.hides("Sending");

    alice.enters("/upload /no/such/file");
    alice.shows("no such file");
    link.breaks();
    alice.shows("Offline");
    alice.enters("/upload '~/my numbers.bin' -- written offline");
    alice.shows("Will be sent when you are back online");
    link.mends();
    bob.sees("lobby", "written offline").await;
    alice.hides("Will be sent");
    alice.enters("/download");
    alice.shows("Saved as");
    let saved = home.path().join("my numbers (2).bin");
    assert!(std::fs::read(saved).expect("it is there, and over no other") == bytes);
    alice.presses(Key::Ctrl('q'));
}
