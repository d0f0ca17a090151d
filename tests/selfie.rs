//! Selfies: a camera that ffmpeg makes up, a real terminal, and a picture that moves at the server.

use std::path::Path;
use std::sync::Arc;

use tempfile::TempDir;

use crate::support::{Daemon, Key, PASSWORD, Screen, client_binary};

/// "frames from ffmpeg through a pipe …, shown live in half blocks with a countdown, encoded as a small looping GIF …, reviewed,
/// sent."
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_selfie_is_taken_looked_at_and_sent() {
    if !Path::new("/usr/bin/ffmpeg").exists() {
        return;
    }
    client_binary();
    let daemon = Daemon::start().await;
    let mut bob = daemon.person("bob").await;
    bob.joins("lobby").await;
    let url = format!("http://{}", daemon.address());
    let camera = ["--camera", "lavfi:testsrc=size=640x480:rate=30"];
    let flags = ["--server", &url, "--user", "alice", "--password", PASSWORD, "--register"];
    let home = Arc::new(TempDir::new().expect("a home can be made"));
    let mut alice = Screen::open_at_home(&home, 100, 30, &[&flags[..], &camera].concat());
    alice.shows("> Message #lobby");
    alice.enters("/selfie");
    alice.shows("Space take");
    // The test picture has blocks of many colors.
    alice.shows("▀▀▀");
    alice.types(" ");
    alice.shows("Selfie for #lobby · 3");
    alice.shows("Enter send");
    alice.types("r");
    alice.shows("Space take");
    alice.types(" ");
    alice.shows("Enter send");
    alice.presses(Key::Enter);
    let seen = bob.sees("lobby", "").await;
    let file = &seen["files"][0];
    assert_eq!(file["mime"], "image/gif");
    assert!(file["name"].as_str().is_some_and(|name| name.starts_with("selfie-")), "{file}");
    let picture = &file["picture"];
    assert_eq!((&picture["width"], &picture["height"], &picture["animated"]), (&320.into(), &240.into(), &true.into()));
    alice.presses(Key::Ctrl('q'));
}

/// "Without ffmpeg or camera the command says so and what to do."
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_camera_it_is_said_what_to_do() {
    client_binary();
    let daemon = Daemon::start().await;
    let url = format!("http://{}", daemon.address());
    let flags = ["--server", &url, "--guest", "--camera", "/dev/no-such-camera"];
    let home = Arc::new(TempDir::new().expect("a home can be made"));
    let mut alice = Screen::open_at_home(&home, 100, 30, &flags);
    alice.shows("> Message #lobby");
    alice.enters("/selfie");
    if Path::new("/usr/bin/ffmpeg").exists() {
        alice.shows("No picture from the camera /dev/no-such-camera");
    } else {
        alice.shows("A selfie needs ffmpeg");
    }
    alice.shows("/upload-link takes a picture from your phone.");
    alice.presses(Key::Escape);
    alice.shows("> Message #lobby");
    alice.presses(Key::Ctrl('q'));
}
