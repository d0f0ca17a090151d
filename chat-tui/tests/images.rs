//! Pictures in messages: their room before they are there, what is seen of them then, and why one is not.

#[path = "support/client.rs"]
#[expect(dead_code, reason = "each test program uses a part")]
mod support;

use std::sync::Arc;

use chat_tui::chat::Start;
use chat_tui::effect::Effect;
use chat_tui::image::{Animation, DrawnImage, ImageKey, ImageSetup, ImageSize};
use chat_tui::msg::Msg;
use crossterm::event::{KeyCode, KeyModifiers};
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::Color;
use serde_json::json;
use support::{Client, START, presses, start};

/// A blur that is red at its left and blue at its right.
const BLUR: &str = "L.F=pff6fQfQ|Afjfjfj*efjfjfj";

fn with_pictures() -> Client {
    let images = Some(ImageSetup::BLOCKS);
    let mut client = Client::starting(Start { images, ..start() }, 120, 24);
    client.is_in("c1", "tea", "public");
    client
}

fn bob_posts(client: &mut Client, index: u64, id: &str, size: (u32, u32)) {
    bob_posts_one(client, index, id, size, false);
}

fn bob_posts_one(client: &mut Client, index: u64, id: &str, (width, height): (u32, u32), animated: bool) {
    client.hears(json!({"type": "channel_message_add", "payload": {"id": "c1", "message": {
        "index": index, "version": index + 3, "date": START, "handle": "bob", "kind": "text", "content": "look",
        "mentions": [], "files": [{"id": id, "name": "evening.jpg", "mime": "image/jpeg", "size": 482_113,
            "sha256": "0".repeat(64), "picture": {"width": width, "height": height, "animated": animated, "blurhash": BLUR}}]}}}));
}

fn loads(client: &Client) -> Vec<ImageKey> {
    let loads = client.effects.iter().filter_map(|effect| match effect {
        Effect::LoadImage(key, _) => Some(key.clone()),
        _ => None,
    });
    loads.collect()
}

/// A picture of which every cell is the same letter.
fn drawn(size: ImageSize, letter: &'static str) -> DrawnImage {
    DrawnImage::Cells(Arc::new(Buffer::filled(Rect::new(0, 0, size.columns, size.rows), Cell::new(letter))))
}

/// Gives the line in which a text stands.
fn line_of(client: &Client, text: &str) -> usize {
    client.screen().lines().position(|line| line.contains(text)).unwrap_or_else(|| panic!("{}", client.screen()))
}

/// "sized before the bytes come, so nothing jumps"
#[test]
fn a_picture_has_its_room_before_it_is_there() {
    let mut client = with_pictures();
    bob_posts(&mut client, 1, "p1", (400, 160));
    let [key] = &loads(&client)[..] else { panic!("{:?}", client.effects) };
    assert_eq!((key.file.as_str(), key.size), ("p1", ImageSize { columns: 40, rows: 8 }));
    let (words, name) = (line_of(&client, "look"), line_of(&client, "evening.jpg"));
    assert_eq!(name - words, 9);
    let cells = client.cells();
    let at = cells.content.iter().position(|cell| cell.bg != Color::Reset && cell.symbol() == "▀");
    assert!(at.is_some(), "a blur is seen meanwhile:\n{}", client.screen());

    let key = key.clone();
    client.gets(Msg::ImageLoaded(key.clone(), ImageSetup::BLOCKS, Ok(drawn(key.size, "X"))));
    assert_eq!((line_of(&client, "look"), line_of(&client, "evening.jpg")), (words, name));
    assert_eq!(client.screen().matches(&"X".repeat(40)).count(), 8);
    // A second time it is there at once.
    bob_posts(&mut client, 2, "p1", (400, 160));
    assert_eq!(loads(&client), []);
    assert_eq!(client.screen().matches(&"X".repeat(40)).count(), 16);
}

/// "Animated pictures play while in view and focused, paused otherwise"
#[test]
fn a_picture_moves_while_somebody_looks() {
    let mut client = with_pictures();
    client.gets(Msg::Line(Some(10_000_000)));
    bob_posts_one(&mut client, 1, "p1", (400, 160), true);
    let [still, moving] = &loads(&client)[..] else { panic!("{:?}", client.effects) };
    assert_eq!((still.moves, moving), (false, &still.moving()));
    let (still, moving) = (still.clone(), moving.clone());
    client.gets(Msg::ImageLoaded(still.clone(), ImageSetup::BLOCKS, Ok(drawn(still.size, "S"))));
    client.shows("SSSSSSSS");
    let frames = ["A", "B", "C"].map(|letter| (drawn(still.size, letter), 100));
    let animation = Animation::of(frames.to_vec()).expect("it moves");
    client.gets(Msg::ImageLoaded(moving, ImageSetup::BLOCKS, Ok(DrawnImage::Frames(Arc::new(animation)))));
    client.shows("AAAAAAAA");
    let waits = |client: &mut Client, millis: i64| {
        client.now = client.now.plus_millis(millis);
        client.gets(Msg::Wake);
    };
    for letter in ["B", "C", "A", "B"] {
        waits(&mut client, 100);
        client.shows(&letter.repeat(8));
        assert_eq!(client.wakes, 1, "{letter}");
    }
    client.gets(Msg::Focus(false));
    waits(&mut client, 100);
    client.shows("BBBBBBBB");
    assert_eq!(client.wakes, 0, "nothing moves where nobody looks");
    waits(&mut client, 60_000);
    client.gets(Msg::Focus(true));
    client.shows("BBBBBBBB");
    waits(&mut client, 100);
    client.shows("CCCCCCCC");
    client.presses(KeyCode::F(1), KeyModifiers::NONE);
    waits(&mut client, 100);
    client.presses(KeyCode::Esc, KeyModifiers::NONE);
    client.shows("CCCCCCCC");
    // Looked at closely it moves as well: at this size its frames are here already.
    client.presses(KeyCode::Up, KeyModifiers::NONE);
    presses(&mut client, 'v');
    assert_eq!(loads(&client).iter().map(|key| key.moves).collect::<Vec<_>>(), [false]);
    client.shows("CCCCCCCC");
    waits(&mut client, 100);
    client.shows("AAAAAAAA");
    client.gets(Msg::Line(None));
    waits(&mut client, 100);
    client.shows("AAAAAAAA");
    client.gets(Msg::Line(Some(10_000_000)));
    // Nobody has touched anything for long.
    client.presses(KeyCode::Esc, KeyModifiers::NONE);
    waits(&mut client, 6 * 60_000);
    let then = client.screen();
    waits(&mut client, 100);
    assert_eq!((client.screen(), client.wakes), (then, 0));
}

/// "scrolling past one in parts is right"
#[test]
fn a_picture_is_cut_where_the_pane_ends() {
    let mut client = with_pictures();
    bob_posts(&mut client, 1, "p1", (400, 160));
    let key = loads(&client).remove(0);
    let mut rows = Buffer::empty(Rect::new(0, 0, 40, 8));
    for row in 0..8 {
        rows.set_string(0, row, format!("row {row}"), ratatui::style::Style::new());
    }
    client.gets(Msg::ImageLoaded(key, ImageSetup::BLOCKS, Ok(DrawnImage::Cells(Arc::new(rows)))));
    for index in 2..15 {
        client.bob_says("c1", index, "more");
        client.reads();
    }
    client.hides("row 0");
    client.hides("row 2");
    client.shows("row 3");
    client.shows("row 7");
}

#[test]
fn a_picture_that_cannot_be_shown_says_why_and_comes_with_the_connection() {
    let mut client = with_pictures();
    bob_posts(&mut client, 1, "p1", (400, 160));
    let key = loads(&client).remove(0);
    client.gets(Msg::ImageLoaded(key.clone(), ImageSetup::BLOCKS, Err("no connection\u{1b}[2J".to_owned())));
    client.shows("no connection");
    assert_eq!(loads(&client), [], "not again and again");
    client.gets(Msg::ConnectionDown { reason: "cut".to_owned(), retry_after_ms: 300 });
    client.gets(Msg::ConnectionUp(2));
    assert_eq!(loads(&client), [key]);
}

/// "off switch"
#[test]
fn pictures_can_be_turned_off_and_are_named_then() {
    let mut client = with_pictures();
    bob_posts(&mut client, 1, "p1", (400, 160));
    client.enters("/pictures off");
    client.shows("Pictures are only named");
    assert_eq!(line_of(&client, "evening.jpg") - line_of(&client, "look"), 1);
    client.enters("/pictures");
    client.shows("Pictures are drawn");
    assert_eq!(loads(&client).len(), 1);
    client.enters("/pictures maybe");
    client.shows("/pictures [on | off]");

    let mut client = Client::welcomed(120, 24);
    client.is_in("c1", "tea", "public");
    bob_posts(&mut client, 1, "p1", (400, 160));
    assert_eq!(loads(&client), []);
    client.shows("evening.jpg");
    client.enters("/pictures on");
    client.shows("Pictures cannot be drawn");
}

/// "Full-screen viewer with zoom and pan, next and previous."
#[test]
fn a_picture_is_looked_at_closely() {
    let mut client = with_pictures();
    bob_posts(&mut client, 1, "p1", (1_200, 480));
    bob_posts(&mut client, 2, "p2", (400, 160));
    client.presses(KeyCode::Up, KeyModifiers::NONE);
    client.presses(KeyCode::Up, KeyModifiers::NONE);
    client.shows("v view");
    presses(&mut client, 'v');
    client.shows("evening.jpg · 471 KiB · 1200×480 · 1 of 2");
    let mut steps = |key: KeyCode| {
        client.presses(key, KeyModifiers::NONE);
        let loaded = loads(&client).pop().unwrap_or_else(|| panic!("{:?}", client.effects));
        client.gets(Msg::ImageLoaded(loaded.clone(), ImageSetup::BLOCKS, Ok(drawn(loaded.size, "X"))));
        client.shows(&"X".repeat(loaded.size.columns.into()));
        let part = loaded.part.expect("it is looked at closely");
        (loaded.file.to_string(), loaded.size, part.whole, (part.left, part.top))
    };
    let size = |columns, rows| ImageSize { columns, rows };
    let zoomed = ("p1".to_owned(), size(120, 22), size(220, 44), (50, 11));
    assert_eq!(steps(KeyCode::Char('+')), zoomed, "its middle");
    for (key, at) in
        [(KeyCode::Left, (20, 11)), (KeyCode::Left, (0, 11)), (KeyCode::Down, (0, 16)), (KeyCode::Right, (30, 16))]
    {
        assert_eq!(steps(key).3, at, "{key:?}");
    }
    assert_eq!(steps(KeyCode::Char('+')).2, size(440, 88));
    client.shows("4×");
    client.presses(KeyCode::Char('n'), KeyModifiers::NONE);
    client.shows("400×160 · 2 of 2");
    client.presses(KeyCode::Char('n'), KeyModifiers::NONE);
    client.shows("2 of 2");
    client.presses(KeyCode::Char('s'), KeyModifiers::NONE);
    assert!(client.effects.iter().any(|effect| matches!(effect, Effect::Download(file) if file.id.as_str() == "p2")));
    client.presses(KeyCode::Esc, KeyModifiers::NONE);
    client.hides("2 of 2");
    client.shows("#tea");
}
