//! Taking a selfie, from the command to the message, with what a camera would say.

#[path = "support/client.rs"]
#[expect(dead_code, reason = "each test program uses a part")]
mod support;

use std::path::PathBuf;

use chat_tui::camera::{CameraError, CameraFrame, CameraNews, CameraOrder, FRAME_BYTES};
use chat_tui::effect::Effect;
use chat_tui::image::ImageSetup;
use chat_tui::msg::Msg;
use crossterm::event::{KeyCode, KeyModifiers};
use support::{Client, talk};

fn frame(gray: u8) -> CameraFrame {
    CameraFrame::of(&vec![gray; FRAME_BYTES]).expect("so many bytes are a frame")
}

fn orders(client: &Client) -> Vec<CameraOrder> {
    let orders = client.effects.iter().filter_map(|effect| match effect {
        Effect::Camera(order) => Some(*order),
        _ => None,
    });
    orders.collect()
}

fn sees(client: &mut Client) {
    client.gets(Msg::Camera(CameraNews::Frame(frame(90))));
}

fn opens() -> Client {
    let mut client = talk();
    client.gets(Msg::Images(Some(ImageSetup::BLOCKS)));
    client.enters("/selfie");
    assert_eq!(orders(&client), [CameraOrder::Open]);
    client.shows("Opening the camera");
    client
}

#[test]
fn a_selfie_is_counted_down_taken_and_sent() {
    let mut client = opens();
    client.presses(KeyCode::Char(' '), KeyModifiers::NONE);
    client.shows("Opening the camera");
    sees(&mut client);
    client.shows("Space take");
    client.presses(KeyCode::Char(' '), KeyModifiers::NONE);
    client.shows("Selfie for #tea · 3");
    client.now = client.now.plus_millis(1_500);
    sees(&mut client);
    assert_eq!(orders(&client), []);
    client.shows("Selfie for #tea · 2");
    client.now = client.now.plus_millis(1_500);
    sees(&mut client);
    assert_eq!(orders(&client), [CameraOrder::Record]);
    let taken = || CameraNews::Taken(vec![frame(10), frame(200)], PathBuf::from("/s/selfie.gif"), 81_000);
    client.gets(Msg::Camera(taken()));
    assert_eq!(orders(&client), [CameraOrder::Close]);
    client.shows("Enter send");
    let corner = |client: &Client| client.cells()[(40, 5)].bg;
    let first = corner(&client);
    client.now = client.now.plus_millis(100);
    client.gets(Msg::Wake);
    assert_ne!(corner(&client), first, "it moves");
    client.presses(KeyCode::Char('r'), KeyModifiers::NONE);
    assert_eq!(orders(&client), [CameraOrder::Open]);
    assert!(client.effects.contains(&Effect::Discard("/s/selfie.gif".into())), "{:?}", client.effects);
    client.gets(Msg::Camera(taken()));
    // Another channel is shown meanwhile: it is not for that one.
    client.is_in("c2", "coffee", "public");
    client.presses(KeyCode::Enter, KeyModifiers::NONE);
    let upload = client.effects.iter().find_map(|effect| match effect {
        Effect::Upload(_, source) => Some(source.path.clone()),
        _ => None,
    });
    assert_eq!(upload, Some(PathBuf::from("/s/selfie.gif")));
    client.shows("selfie.gif");
}

#[test]
fn who_gives_up_leaves_no_camera_open_and_hears_no_more() {
    let mut client = opens();
    sees(&mut client);
    client.presses(KeyCode::Esc, KeyModifiers::NONE);
    assert_eq!(orders(&client), [CameraOrder::Close]);
    sees(&mut client);
    client.shows("> Message #tea");
}

#[test]
fn why_there_is_none_is_said_with_a_way_out() {
    let mut client = opens();
    let reason = "Device or \u{1b}[2Jresource busy".to_owned();
    let error = CameraError::NoCamera { camera: "/dev/video0".to_owned(), reason };
    client.gets(Msg::Camera(CameraNews::Failed(error)));
    assert_eq!(orders(&client), [CameraOrder::Close]);
    client.shows("No picture from the camera /dev/video0: Device or");
    client.shows("r try again");
    client.presses(KeyCode::Char('r'), KeyModifiers::NONE);
    assert_eq!(orders(&client), [CameraOrder::Open]);
    client.gets(Msg::Camera(CameraNews::Failed(CameraError::NoFfmpeg)));
    client.shows("A selfie needs ffmpeg");
}

#[test]
fn where_no_pictures_are_drawn_none_is_taken() {
    let mut client = talk();
    client.gets(Msg::Images(None));
    client.enters("/selfie");
    client.shows("Pictures cannot be drawn");
    assert_eq!(orders(&client), []);
}
