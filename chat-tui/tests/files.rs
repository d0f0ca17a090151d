//! Files that go with a message: shown at once, uploaded, then sent; and files that are saved.

#[path = "support/client.rs"]
#[expect(dead_code, reason = "each test program uses a part")]
mod support;

use std::path::PathBuf;

use chat_tui::core::attachment::{AttachmentPlace, Passed};
use chat_tui::effect::Effect;
use chat_tui::msg::Msg;
use crossterm::event::{KeyCode, KeyModifiers};
use proto::{ClientPacket, CreateLink, FileInfo, FileName, Index};
use serde_json::json;
use support::{Client, talk};

fn uploads(client: &Client) -> Vec<(AttachmentPlace, PathBuf)> {
    let uploads = client.effects.iter().filter_map(|effect| match effect {
        Effect::Upload(at, source) => Some((at.clone(), source.path.clone())),
        _ => None,
    });
    uploads.collect()
}

fn file(id: &str, name: &str) -> FileInfo {
    FileInfo {
        id: id.parse().expect("an id"),
        name: FileName::cleaned(name),
        mime: "image/png".to_owned(),
        size: 482_113,
        sha256: "0".repeat(64),
        picture: None,
    }
}

fn sent_files(client: &Client) -> (String, Vec<String>) {
    let (_, packet) = client.sent_last();
    let ClientPacket::SendMessage(send) = packet else { panic!("{packet:?}") };
    (send.message.content.as_str().to_owned(), send.message.files.iter().map(ToString::to_string).collect())
}

/// "It shows at once on the sender's screens with its progress while the bytes go up, and turns into the file".
#[test]
fn files_are_shown_while_they_go_up_and_then_sent_with_their_caption() {
    let mut client = talk();
    client.enters("/upload photo.png \"my notes.txt\" ~/x\\ y -- at the harbour");
    let begun = uploads(&client);
    let paths = begun.iter().map(|(_, path)| path.to_str().unwrap()).collect::<Vec<_>>();
    assert_eq!(paths, ["photo.png", "my notes.txt", "~/x y"]);
    assert_eq!(client.sends_messages(), 0);
    client.shows("at the harbour");
    client.shows("photo.png");
    client.gets(Msg::UploadPassed(begun[0].0.clone(), Passed { done: 500_000, total: 2_000_000, rate: 1_300_000 }));
    client.shows("photo.png · 25 % of 1.9 MiB · 1.2 MiB/s");
    // What is written meanwhile does not wait for it.
    client.enters("meanwhile");
    assert_eq!(sent_files(&client), ("meanwhile".to_owned(), Vec::new()));
    client.stores(client.sent_last().0, 6);
    for ((at, _), id) in begun.iter().zip(["f1", "f2", "f3"]).rev() {
        assert_eq!(client.sends_messages(), 0, "all of them first");
        client.gets(Msg::Uploaded(at.clone(), Ok(file(id, id))));
    }
    assert_eq!(sent_files(&client), ("at the harbour".to_owned(), ["f1", "f2", "f3"].map(str::to_owned).to_vec()));
    client.shows("f1 · 471 KiB");
}

/// "or into 'upload failed'": the message waits, and goes when it is tried again; what was uploaded is not uploaded again.
#[test]
fn an_upload_that_fails_can_be_tried_again_or_taken_back() {
    let mut client = talk();
    client.enters("/upload a b");
    let begun = uploads(&client);
    client.gets(Msg::Uploaded(begun[0].0.clone(), Ok(file("f1", "a"))));
    client.gets(Msg::Uploaded(begun[1].0.clone(), Err("cannot use `b`: no such file".to_owned())));
    client.shows("cannot use `b`: no such file");
    assert_eq!(client.sends_messages(), 0);
    client.enters("/retry");
    let again = uploads(&client);
    assert_eq!(again.iter().map(|(_, path)| path.to_str().unwrap()).collect::<Vec<_>>(), ["b"]);
    client.gets(Msg::Uploaded(again[0].0.clone(), Err("still not".to_owned())));
    client.enters("/takeback");
    client.shows("/upload a b");
}

/// However many files there are, each goes up and is drawn.
#[test]
fn a_few_files_go_up_at_once() {
    let mut client = talk();
    client.enters("/upload 0 1 2 3 4 5 6 7 8 9");
    let mut begun = uploads(&client);
    assert_eq!(begun.len(), 4);
    for next in 4..=10 {
        let (at, path) = begun.remove(0);
        let name = path.to_str().unwrap().to_owned();
        client.gets(Msg::UploadPassed(at.clone(), Passed { done: 99, total: 100, ..Passed::default() }));
        client.shows(&format!("{name} · 99 %"));
        client.gets(Msg::Uploaded(at, Ok(file(&format!("f{name}"), &name))));
        begun.extend(uploads(&client));
        assert_eq!(begun.len(), 4.min(13 - next), "after {next}");
    }
    // One that does not get there ends the others, which begin anew when it is tried again.
    client.gets(Msg::Uploaded(begun[0].0.clone(), Err("it is gone".to_owned())));
    assert!(client.effects.contains(&Effect::CancelUploads(begun[0].0.nonce.clone())), "{:?}", client.effects);
    client.enters("/retry");
    assert_eq!(uploads(&client).len(), 3);
}

/// Files that were uploaded and not posted go after a day.
#[test]
fn files_that_the_server_has_no_longer_go_up_anew() {
    let mut client = talk();
    client.enters("/upload a");
    let (at, _) = uploads(&client).remove(0);
    client.gets(Msg::Uploaded(at, Ok(file("f1", "a"))));
    client.is_refused("no_such_file", "there is no such file");
    client.shows("there is no such file");
    client.enters("/retry");
    assert_eq!(uploads(&client).len(), 1);
}

#[test]
fn an_upload_can_be_cancelled() {
    let mut client = talk();
    client.enters("/upload large.bin");
    let (at, _) = uploads(&client).remove(0);
    client.enters("/cancel");
    assert!(client.effects.contains(&Effect::CancelUploads(at.nonce.clone())), "{:?}", client.effects);
    client.hides("large.bin");
    client.gets(Msg::Uploaded(at, Ok(file("f1", "late"))));
    assert_eq!(client.sends_messages(), 0);
    client.enters("/cancel");
    client.shows("Nothing is going up here");
}

/// A connection that breaks does not begin it anew, and a file goes up once.
#[test]
fn an_upload_outlives_the_connection() {
    let mut client = talk();
    client.gets(Msg::ConnectionDown { reason: "cut".to_owned(), retry_after_ms: 300 });
    client.enters("/upload a");
    assert!(uploads(&client).is_empty(), "not without a server");
    client.connects();
    let (at, _) = uploads(&client).remove(0);
    client.is_cut_and_back();
    assert!(uploads(&client).is_empty());
    client.gets(Msg::Uploaded(at, Ok(file("f1", "a"))));
    assert_eq!(sent_files(&client), (String::new(), vec!["f1".to_owned()]));
}

fn asked_link(client: &Client) -> CreateLink {
    let (_, packet) = client.sent_last();
    let ClientPacket::CreateLink(wish) = packet else { panic!("{packet:?}") };
    wish
}

/// "a one-time upload link and a download link valid for minutes …: text and QR code in the terminal".
#[test]
fn links_are_made_for_here_and_for_a_message() {
    let mut client = talk();
    client.enters("/download-link");
    client.shows("No files here");
    client.enters_anew("/upload-link");
    assert_eq!(asked_link(&client), CreateLink { id: "c1".parse().unwrap(), index: None });
    client.is_refused("no_public_url", "the server makes no links: its operator …");
    client.shows("Its operator has to set files.public_url");
    client.enters_anew("/upload-link");
    client.is_answered_by(json!({"url": "https://chat.example.org/l/abc", "expires_at": 1_800_006_600_000_i64}));
    client.shows("Send files to #tea");
    client.shows("https://chat.example.org/l/abc");
    client.presses(KeyCode::Char('c'), KeyModifiers::NONE);
    assert!(client.effects.contains(&Effect::Copy("https://chat.example.org/l/abc".to_owned())));
    client.presses(KeyCode::Esc, KeyModifiers::NONE);
    client.hides("https://chat.example.org/l/abc");

    let shared = serde_json::to_value(file("f1", "harbour.png")).unwrap();
    client.hears(json!({"type": "channel_message_add", "payload": {"id": "c1", "message": {
        "index": 6, "version": 9, "date": 1_800_006_000_000_i64, "handle": "bob", "content": "", "files": [shared],
    }}}));
    client.presses(KeyCode::Up, KeyModifiers::NONE);
    client.types("l");
    assert_eq!(asked_link(&client), CreateLink { id: "c1".parse().unwrap(), index: Some(Index::new(6)) });
    client
        .is_answered_by(json!({"url": "https://chat.example.org/l/\u{202e}def", "expires_at": 1_800_006_600_000_i64}));
    client.shows("Open the file elsewhere");
}

/// "It shows at once on the sender's screens with its progress while the bytes go up, and turns into the file or into 'upload
/// failed'": on the others, too.
#[test]
fn the_other_screens_hear_how_far_an_upload_is() {
    let mut client = talk();
    client.enters("/upload photo.png");
    let at = uploads(&client)[0].0.clone();
    let told = |client: &Client| {
        let told = client.sent().into_iter().filter_map(|packet| match packet {
            ClientPacket::Upload(news) => Some(news),
            _ => None,
        });
        told.collect::<Vec<_>>()
    };
    client.gets(Msg::UploadPassed(at.clone(), Passed { done: 500, total: 2_000, ..Passed::default() }));
    let [news] = &told(&client)[..] else { panic!("{:?}", client.effects) };
    assert_eq!((news.name.as_str(), news.files, news.done, news.total), ("photo.png", 1, 500, 2_000));
    client.gets(Msg::UploadPassed(at.clone(), Passed { done: 900, total: 2_000, ..Passed::default() }));
    assert_eq!(told(&client), [], "once a second");
    client.now = client.now.plus_millis(1_000);
    client.gets(Msg::UploadPassed(at, Passed { done: 1_000, total: 2_000, ..Passed::default() }));
    assert_eq!(told(&client).len(), 1);
    client.enters("/cancel");
    assert!(matches!(&told(&client)[..], [news] if news.failed), "{:?}", client.effects);
}

#[test]
fn what_goes_up_elsewhere_is_seen_until_it_comes() {
    let mut client = talk();
    let hears = |client: &mut Client, done: u64, failed: bool| {
        client.hears(json!({"type": "channel_upload", "payload": {"id": "c1", "nonce": "x-1", "name": "photo.png",
            "files": 1, "done": done, "total": 2_000, "failed": failed}}));
    };
    hears(&mut client, 500, false);
    client.shows("Uploading on another device: photo.png · 25 %");
    hears(&mut client, 0, true);
    client.shows("Upload failed on another device: photo.png");
    client.now = client.now.plus_millis(15_000);
    client.gets(Msg::Wake);
    client.hides("another device");
    hears(&mut client, 1_000, false);
    client.shows("· 50 %");
    client.hears(json!({"type": "channel_message_add", "payload": {"id": "c1", "message": {"index": 6, "version": 9,
        "date": 1_800_006_000_000_i64, "handle": "alice", "content": "there", "nonce": "x-1"}}}));
    client.shows("there");
    client.hides("another device");
}

/// "the clipboard's picture where one can be had"
#[test]
fn the_picture_of_the_clipboard_is_asked_about() {
    let mut client = talk();
    client.enters("/upload-clipboard");
    assert!(client.effects.contains(&Effect::TakeClipboard), "{:?}", client.effects);
    client.gets(Msg::ClipboardTaken(Err("There is no picture in the clipboard\u{1b}[2J".to_owned())));
    client.shows("There is no picture in the clipboard");
    client.gets(Msg::ClipboardTaken(Ok("/p/clip board.png".into())));
    client.shows("/upload '/p/clip board.png'");
    assert!(uploads(&client).is_empty(), "not before Enter");
    client.enters("");
    assert_eq!(uploads(&client)[0].1, PathBuf::from("/p/clip board.png"));
    client.types("words");
    client.gets(Msg::ClipboardTaken(Ok("/p/x.png".into())));
    client.shows("Something is being written");
    client.shows("> words");
}

#[test]
fn files_of_a_message_are_shown_and_saved() {
    let mut client = talk();
    let shared = serde_json::to_value(file("f1", "harbour.png")).unwrap();
    client.hears(json!({"type": "channel_message_add", "payload": {"id": "c1", "message": {
        "index": 6, "version": 9, "date": 1_800_006_000_000_i64, "handle": "bob", "content": "", "files": [shared],
    }}}));
    client.shows("harbour.png · 471 KiB");
    client.presses(KeyCode::Up, KeyModifiers::NONE);
    client.shows("s save files");
    client.presses(KeyCode::Esc, KeyModifiers::NONE);
    client.enters("/download");
    assert!(client.effects.contains(&Effect::Download(file("f1", "harbour.png"))), "{:?}", client.effects);
    client.gets(Msg::Downloaded(file("f1", "harbour.png"), Ok("/home/a/Downloads/harbour (2).png".to_owned())));
    client.shows("Saved as /home/a/Downloads/harbour (2).png");
    client.gets(Msg::Downloaded(file("f1", "harbour.png"), Err("the disk is full".to_owned())));
    client.shows("harbour.png was not saved: the disk is full");
}

/// "Download with progress …; opening only on request by argument vector".
#[test]
fn a_file_is_opened_when_that_is_asked_for() {
    let mut client = talk();
    let program = FileInfo { mime: "application/x-executable".to_owned(), ..file("f0", "run.png") };
    let starter = FileInfo { mime: "text/plain".to_owned(), ..file("f2", "photo.desktop") };
    for (index, shared) in [(6, file("f1", "harbour.png")), (7, program), (8, starter)] {
        let shared = serde_json::to_value(shared).unwrap();
        client.hears(json!({"type": "channel_message_add", "payload": {"id": "c1", "message": {
            "index": index, "version": index + 3, "date": 1_800_006_000_000_i64, "handle": "bob", "content": "", "files": [shared],
        }}}));
    }
    let opened = |client: &Client| client.effects.iter().any(|effect| matches!(effect, Effect::Open(_)));
    for ups in [1, 2, 3] {
        (0..ups).for_each(|_| client.presses(KeyCode::Up, KeyModifiers::NONE));
        client.types("O");
        if ups < 3 {
            client.shows("Only pictures, films, sound, PDF and text are opened");
            assert!(!client.effects.iter().any(|effect| matches!(effect, Effect::Download(_))));
        }
    }
    let harbour = file("f1", "harbour.png");
    assert!(client.effects.contains(&Effect::Download(harbour.clone())), "{:?}", client.effects);
    client.gets(Msg::DownloadPassed(harbour.clone(), Passed { done: 100, total: 400, rate: 1_300_000 }));
    client.shows("Saving harbour.png · 25 % of 400 B · 1.2 MiB/s");
    client.gets(Msg::Downloaded(harbour.clone(), Ok("/d/harbour.png".to_owned())));
    assert!(client.effects.contains(&Effect::Open("/d/harbour.png".into())), "{:?}", client.effects);
    client.gets(Msg::Opened(Err("There is no desktop here".to_owned())));
    client.shows("There is no desktop here");
    // Another time it is only saved.
    client.enters("/download");
    client.gets(Msg::Downloaded(harbour, Ok("/d/harbour (2).png".to_owned())));
    assert!(!opened(&client));
}

#[test]
fn several_files_are_told_together() {
    let mut client = talk();
    let shared = ["a.png", "b.png"].map(|name| serde_json::to_value(file(&name[..1], name)).unwrap());
    client.hears(json!({"type": "channel_message_add", "payload": {"id": "c1", "message": {
        "index": 6, "version": 9, "date": 1_800_006_000_000_i64, "handle": "bob", "content": "", "files": shared,
    }}}));
    client.enters("/download");
    client.gets(Msg::Downloaded(file("a", "a.png"), Ok("/home/a/Downloads/a.png".to_owned())));
    client.shows("Saved as /home/a/Downloads/a.png");
    client.gets(Msg::Downloaded(file("b", "b.png"), Ok("/home/a/Downloads/b.png".to_owned())));
    client.shows("2 files saved in /home/a/Downloads");
    client.enters("/download");
    client.gets(Msg::Downloaded(file("a", "a.png"), Err("the disk is full".to_owned())));
    client.gets(Msg::Downloaded(file("b", "b.png"), Ok("/home/a/Downloads/b (2).png".to_owned())));
    client.shows("Saved as /home/a/Downloads/b (2).png");
}

#[test]
fn wrong_arguments_are_refused() {
    let mut client = talk();
    client.enters("/upload");
    client.shows("/upload [--keep-metadata] PATHS");
    client.enters_anew("/upload \"half");
    client.shows("A quotation mark is missing");
    client.enters_anew("/upload 1 2 3 4 5 6 7 8 9 10 11");
    client.shows("A message has at most 10 files");
    client.enters_anew("/download");
    client.shows("No files here");
    assert!(uploads(&client).is_empty());
}

/// "`/upload PATH…` with completion, pasted or dropped file paths recognised (asks)"
#[test]
fn paths_are_completed_and_recognised() {
    let mut client = talk();
    client.types("/upload ~/pho");
    client.presses(KeyCode::Tab, KeyModifiers::NONE);
    assert!(client.effects.contains(&Effect::ListPaths("~/pho".to_owned())), "{:?}", client.effects);
    let found = ["~/photo 1.jpg", "~/photos/"].map(str::to_owned).to_vec();
    client.gets(Msg::PathsListed("~/other".to_owned(), found.clone()));
    client.shows("> /upload ~/pho");
    client.gets(Msg::PathsListed("~/pho".to_owned(), found));
    client.shows("/upload ~/'photo 1.jpg'");
    client.presses(KeyCode::Tab, KeyModifiers::NONE);
    client.shows("/upload ~/photos/");
    client.types("b -- to @bo");
    client.presses(KeyCode::Tab, KeyModifiers::NONE);
    client.shows("/upload ~/photos/b -- to @bob");

    let mut client = talk();
    let pasted = "'/tmp/my photo.jpg'";
    client.gets(Msg::Paste(pasted.to_owned()));
    let paths = vec![PathBuf::from("/tmp/my photo.jpg")];
    assert!(client.effects.contains(&Effect::LookForFiles(pasted.to_owned(), paths.clone())), "{:?}", client.effects);
    client.gets(Msg::FilesPasted(pasted.to_owned(), paths.clone()));
    client.shows("> /upload '/tmp/my photo.jpg'");
    client.shows("my photo.jpg was pasted: Enter uploads it");
    assert_eq!(uploads(&client), []);
    client.reads();
    client.presses(KeyCode::Enter, KeyModifiers::NONE);
    assert_eq!(uploads(&client)[0].1, paths[0]);
    // What is no file stays as it was pasted, and what is pasted into words is looked at by nobody.
    client.gets(Msg::Paste("/no/such".to_owned()));
    client.gets(Msg::FilesPasted("/no/such".to_owned(), Vec::new()));
    client.shows("> /no/such");
    client.gets(Msg::Paste("/tmp/x".to_owned()));
    assert!(!client.effects.iter().any(|effect| matches!(effect, Effect::LookForFiles(..))));
}
