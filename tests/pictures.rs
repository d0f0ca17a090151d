//! Pictures: what is told of one, its small form, what it does not tell, and bytes that only say that they are one.

use std::io::Cursor;
use std::sync::Arc;

use bytes::Bytes;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use img_parts::ImageEXIF;
use img_parts::jpeg::Jpeg;
use img_parts::png::{Png, PngChunk};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::people::sees_presence;
use crate::support::operator::{self, House};
use crate::support::{
    Daemon, Folder, Key, Link, PASSWORD, Person, Process, Screen, client_binary, files, fresh_nonce, soon,
};

/// A photo of a quiet evening: soft colours with some grain, so that it has the bytes of one.
fn photo(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let grain = (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503)) >> 27;
        Rgb([(x * 200 / width) as u8 + grain as u8, (y * 200 / height) as u8, 90])
    })
}

fn encoded(image: RgbImage, format: ImageFormat) -> Bytes {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(image).write_to(&mut bytes, format).expect("it can be written");
    bytes.into_inner().into()
}

/// A photo that lies on its side and says where it was taken.
fn photo_with_a_place() -> Bytes {
    let mut jpeg = Jpeg::from_bytes(encoded(photo(1_600, 1_200), ImageFormat::Jpeg)).expect("it is one");
    let mut exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0".to_vec();
    exif.extend_from_slice(b"52.5200N 13.4050E");
    jpeg.set_exif(Some(exif.into()));
    jpeg.encoder().bytes()
}

fn tells_the_place(bytes: &[u8]) -> bool {
    bytes.windows(8).any(|part| part == b"13.4050E")
}

async fn uploads(person: &Person, name: &str, bytes: Bytes) -> Value {
    person.door.uploads(&person.token, name, bytes).await.done(201)["file"].take()
}

async fn fetches(person: &Person, file: &Value, of: &str) -> (u16, String, Bytes) {
    let path = format!("{}{of}", file["id"].as_str().expect("a file has an id"));
    let fetched = person.door.fetches(&person.token, &path, &[]).await;
    let kind = fetched.headers()["content-type"].to_str().expect("a header is text").to_owned();
    (fetched.status().as_u16(), kind, fetched.into_body())
}

/// "Pictures get width, height, a thumbnail and a 4×3 blur preview"; "EXIF (place!) is removed from pictures unless the sender
/// keeps it on purpose"; a thumbnail goes where its picture goes.
#[tokio::test]
async fn a_picture_has_a_size_and_a_thumbnail_and_tells_no_place() {
    let house = House::new().await;
    let (mut alice, mut bob) = (house.person("alice").await, house.person("bob").await);
    alice.joins("lobby").await;
    bob.joins("lobby").await;
    let bytes = photo_with_a_place();
    let file = uploads(&alice, "evening.jpg", bytes.clone()).await;
    let picture = &file["picture"];
    assert_eq!((&picture["width"], &picture["height"]), (&json!(1_200), &json!(1_600)), "upright");
    assert_eq!(picture["blurhash"].as_str().map(str::len), Some(28));
    let (_, kind, kept) = fetches(&alice, &file, "").await;
    assert_eq!(kind, "image/jpeg");
    assert!(tells_the_place(&bytes) && !tells_the_place(&kept));
    assert_eq!(file["size"], json!(kept.len()));
    let pixels = |bytes: &Bytes| image::load_from_memory(bytes).expect("it is a picture").to_rgb8();
    assert_eq!(pixels(&bytes), pixels(&kept), "and looks the same");
    let on_purpose = uploads(&alice, "evening.jpg&keep_metadata=true", bytes.clone()).await;
    assert_eq!((&on_purpose["picture"], &on_purpose["size"]), (picture, &json!(bytes.len())));
    assert_eq!(fetches(&alice, &on_purpose, "").await.2, bytes);

    let id = alice.id("lobby");
    let message = json!({"content": "", "nonce": fresh_nonce(), "files": [file["id"]]});
    let index = alice.asks("channel_message_add", json!({"id": id, "message": message})).await["index"].clone();
    assert_eq!(bob.sees("lobby", "").await["files"][0]["picture"], *picture, "before the bytes");
    let (_, kind, small) = fetches(&bob, &file, "/thumbnail").await;
    assert_eq!(kind, "image/jpeg");
    let seen = pixels(&small);
    assert_eq!((seen.width(), seen.height(), small.len() < kept.len() / 2), (450, 600, true));
    assert_eq!(fetches(&bob, &on_purpose, "/thumbnail").await.0, 404, "it is alice's alone");
    // What is small is its own thumbnail, and what is no picture has none.
    let little = encoded(photo(30, 20), ImageFormat::Png);
    let file_of_little = uploads(&alice, "little.png", little.clone()).await;
    assert_eq!(fetches(&alice, &file_of_little, "/thumbnail").await, (200, "image/png".to_owned(), little));
    let words = uploads(&alice, "words.png", "only words".into()).await;
    assert_eq!(words.get("picture"), None);
    assert_eq!(fetches(&alice, &words, "/thumbnail").await.0, 404);

    // All of it is in a backup, and goes with its message.
    let shelf = Folder::new();
    let archive = shelf.path().join("chat.tar");
    let archive = archive.to_str().expect("the path is text");
    house.runs(&["backup", archive]).await;
    let other = Folder::new();
    operator::runs(&other, &["restore", archive], "").await;
    assert!(operator::runs(&other, &["verify"], "").await.contains("no problems"));
    let objects = |folder: &Folder| files(folder.path(), "files").len();
    // Two pictures with their thumbnails, the little one, and the words.
    assert_eq!((objects(&house.folder), objects(&other)), (6, 6));
    alice.asks("channel_message_delete", json!({"id": id, "index": index})).await;
    soon("the picture to go, and its thumbnail", async {
        while objects(&house.folder) > 4 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(fetches(&bob, &file, "/thumbnail").await.0, 404);
}

/// An upload in several requests is a picture too, and remembers what its sender wanted.
#[tokio::test]
async fn an_upload_in_parts_is_a_picture() {
    let daemon = Daemon::start().await;
    let alice = daemon.person("alice").await;
    let bytes = photo_with_a_place();
    for keep in [false, true] {
        let wish = json!({"name": "evening.jpg", "size": bytes.len(), "keep_metadata": keep});
        let begun = alice.door.post("/v1/uploads", Some(&alice.token), &wish).await.done(201);
        let id = begun["upload"]["id"].as_str().expect("an id");
        let half = bytes.len() / 2;
        alice.door.goes_on_uploading(&alice.token, id, 0, &bytes[..half]).await.done(200);
        let file = alice.door.goes_on_uploading(&alice.token, id, half, &bytes[half..]).await.done(200)["file"].take();
        assert_eq!(file["picture"]["width"], 1_200);
        assert_eq!(tells_the_place(&fetches(&alice, &file, "").await.2), keep);
    }
    assert!(files(daemon.data(), "uploads").is_empty());
}

/// "Avatars: any picture up to a limit, cropped and scaled once to fixed sizes; change and remove at any time, seen by others at
/// once; the avatar field becomes a file's id".
#[tokio::test]
async fn people_are_seen_by_a_picture() {
    let daemon = Daemon::start().await;
    let (mut alice, mut bob) = (daemon.person("alice").await, daemon.person("bob").await);
    alice.joins("lobby").await;
    bob.joins("lobby").await;
    let mine = uploads(&alice, "me.jpg", photo_with_a_place()).await;
    let words = uploads(&alice, "words.txt", "only words".into()).await;
    let stranger = uploads(&bob, "bob.jpg", encoded(photo(300, 300), ImageFormat::Jpeg)).await;
    for (file, code) in [
        (&words["id"], "malformed"),
        (&stranger["id"], "no_such_file"),
        (&json!("https://x"), "no_such_file"),
        (&json!("x".repeat(27)), "malformed"),
    ] {
        alice.gets_refused("profile", json!({"avatar": file}), code).await;
    }
    alice.asks("profile", json!({"avatar": mine["id"]})).await;
    let seen = sees_presence(&mut bob, "alice", |presence| presence.get("avatar").is_some()).await;
    let avatar = json!({"id": seen["avatar"]});
    assert_eq!(bob.gets("/v1/users/alice").await["avatar"], avatar["id"]);
    assert_ne!(avatar["id"], mine["id"], "it is a picture of its own");
    for (of, side) in [("", 256), ("/thumbnail", 64)] {
        let (status, kind, bytes) = fetches(&bob, &avatar, of).await;
        let read = image::load_from_memory(&bytes).expect("it is a picture");
        assert_eq!((status, &*kind, read.width(), read.height()), (200, "image/jpeg", side, side));
    }
    let shown = bob.again(json!({})).await.gets_shown("lobby").await;
    let member = shown["members"].as_array().expect("members").iter().find(|member| member["handle"] == "alice");
    assert_eq!(member.expect("alice is in it")["avatar"], avatar["id"]);
    let objects = files(daemon.data(), "files").len();
    alice.asks("profile", json!({"avatar": ""})).await;
    sees_presence(&mut bob, "alice", |presence| presence.get("avatar").is_none()).await;
    assert_eq!(fetches(&bob, &avatar, "").await.0, 404);
    soon("the avatar to go in both sizes", async {
        while files(daemon.data(), "files").len() > objects - 2 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// "Inline pictures in the message pane … half blocks everywhere else"; a picture that was seen is there without a connection.
#[tokio::test(flavor = "multi_thread")]
async fn a_picture_is_seen_in_its_message() {
    client_binary();
    let daemon = Daemon::start().await;
    let mut bob = daemon.person("bob").await;
    bob.joins("lobby").await;
    let file =
        uploads(&bob, "sea.png", encoded(RgbImage::from_pixel(600, 400, Rgb([10, 90, 170])), ImageFormat::Png)).await;
    let message = json!({"content": "the sea", "nonce": fresh_nonce(), "files": [file["id"]]});
    let id = bob.id("lobby");
    bob.asks("channel_message_add", json!({"id": id, "message": message})).await;
    let link = Link::to(daemon.address());
    let home = Arc::new(TempDir::new().expect("a home can be made"));
    let flags = ["--server", &link.url(), "--user", "alice", "--password", PASSWORD];
    let is_sea = |screen: &Screen| {
        let (row, column) = screen.place("sea.png");
        // The blur is not quite of the same color.
        screen.colors(row - 3, column + 5).1 == vt100::Color::Rgb(10, 90, 170)
    };
    let mut alice = Screen::open_at_home(&home, 100, 30, &[&flags[..], &["--register"]].concat());
    alice.shows("sea.png");
    alice.waits_until("the sea", is_sea);
    alice.waits_until("the sea on the disk", |_| {
        let saved = files(home.path(), ".local/state/chat-tui/profiles/default");
        saved.iter().any(|file| file.parent().is_some_and(|folder| folder.extension() == Some("pictures".as_ref())))
    });
    alice.presses(Key::Ctrl('q'));
    alice.ends();
    link.breaks();
    let mut again = Screen::open_at_home(&home, 100, 30, &flags[..2]);
    again.shows("sea.png");
    again.waits_until("the sea without a connection", is_sea);
    again.enters("/pictures off");
    again.waits_until("only its name", |screen| screen.place("sea.png").0 == screen.place("the sea").0 + 1);
    again.presses(Key::Ctrl('q'));
}

/// A PNG that says how large it is, with the pixels of another.
fn claims(width: u32, height: u32, pixels: Bytes) -> Bytes {
    let mut png = Png::from_bytes(pixels).expect("it is one");
    let mut head = png.chunks()[0].contents().to_vec();
    head[..4].copy_from_slice(&width.to_be_bytes());
    head[4..8].copy_from_slice(&height.to_be_bytes());
    png.chunks_mut()[0] = PngChunk::new(*b"IHDR", head.into());
    png.encoder().bytes()
}

/// "Decoding limits everywhere (pixels, frames, memory, time): ten decompression bombs cost nothing"; F5: "HTML or SVG named
/// .png, polyglot: stored, served as octet-stream attachment".
#[tokio::test]
async fn what_only_says_that_it_is_a_picture_is_a_file() {
    let folder = Folder::new();
    let daemon = Process::start(&folder).await;
    let (mut alice, mut bob) = (daemon.person("alice").await, daemon.person("bob").await);
    alice.joins("lobby").await;
    bob.joins("lobby").await;
    let black = encoded(RgbImage::new(6_000, 6_000), ImageFormat::Png);
    let page = "<html><script>alert(1)</script></html>";
    let mut gif = b"GIF89a\xff\xff\xff\xff\0\0\0".to_vec();
    gif.extend_from_slice(b",\0\0\0\0\xff\xff\xff\xff\0\x02\x02L\x01\0;");
    let mut bombs: Vec<Bytes> = [(60_000, 60_000), (u32::MAX, 1), (16_384, 16_384), (1, 100_000)]
        .map(|(width, height)| claims(width, height, black.clone()))
        .into();
    bombs.extend([
        gif.into(),
        [b"GIF89a".as_slice(), page.as_bytes()].concat().into(),
        [b"\x89PNG\r\n\x1a\n".as_slice(), page.as_bytes()].concat().into(),
        [b"\xff\xd8\xff\xe0\0\x10JFIF\0".as_slice(), page.as_bytes()].concat().into(),
        [b"RIFF\xff\xff\xff\x7fWEBPVP8X\x0a\0\0\0\x02\0\0\0\xff\xff\xff\xff\xff\xff".as_slice(), page.as_bytes()]
            .concat()
            .into(),
        black.slice(..black.len() / 2),
    ]);
    let before = daemon.resident_mib();
    for (number, bomb) in bombs.iter().enumerate() {
        let file = uploads(&alice, "a.png", bomb.clone()).await;
        assert_eq!(file.get("picture"), None, "{number}");
        let (status, kind, bytes) = fetches(&alice, &file, "").await;
        assert_eq!((status, &*kind, bytes.len()), (200, "application/octet-stream", bomb.len()), "{number}");
    }
    let after = daemon.resident_mib();
    assert!(after < before + 10.0, "{before} MiB before ten bombs, {after} MiB after them");
    alice.sends("lobby", "still here").await;
    bob.sees("lobby", "still here").await;
    // What can be shown is shown, however black it is.
    assert_eq!(uploads(&alice, "night.png", black).await["picture"]["width"], 6_000);
}
