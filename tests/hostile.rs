//! Hostile input to the real daemon, and what must hold after each piece of it: the process lives, other
//! people's messages flow, its memory is back within 10 MiB, and the log has one line without the payload.
//!
//! The names in brackets are the rows of the list of hostile inputs. Rows that need nothing but an answer
//! are told in `bounds`, `sign_in` and elsewhere.

use std::time::{Duration, Instant};

use proto::CloseCode;
use serde_json::json;

use crate::support::{DEADLINE, Folder, Head, PASSWORD, Person, Process, RawWebSocket, fresh_nonce, soon};

/// Stands in everything hostile, so that it can be looked for in the log.
const PAYLOAD: &str = "do-not-log-me";
/// What memory may have grown by.
const GROWTH_MIB: f64 = 10.0;

/// Two friends at tea, and a third person who misbehaves.
struct House {
    folder: Folder,
    daemon: Process,
    alice: Person,
    bob: Person,
    mallory: Person,
    resident_mib: f64,
}

impl House {
    async fn opens(settings: &[(&str, &str)]) -> Self {
        let folder = Folder::new();
        let daemon = Process::start_with(&folder, settings).await;
        let (mut alice, mut bob) = (daemon.person("alice").await, daemon.person("bob").await);
        let mallory = daemon.person("mallory").await;
        alice.joins("tea").await;
        bob.joins("tea").await;
        let mut house = Self { folder, daemon, alice, bob, mallory, resident_mib: 0.0 };
        house.goes_on("nothing").await;
        // What each part holds once it has worked is there from then on.
        soon("the index", async {
            while house.daemon.figure("chatd_search_indexed_total").await == 0 {
                tokio::task::yield_now().await;
            }
        })
        .await;
        house.resident_mib = house.daemon.resident_mib();
        house
    }

    async fn raw(&self) -> RawWebSocket {
        let mut raw = self.daemon.raw_web_socket().await;
        raw.signs_in(&self.mallory.token).await;
        raw
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("story.log")).expect("the log can be read")
    }

    async fn goes_on(&mut self, after: &str) {
        let began = Instant::now();
        let content = fresh_nonce();
        self.alice.sends("tea", &content).await;
        self.bob.sees("tea", &content).await;
        assert!(began.elapsed() < Duration::from_secs(5), "messages flow after {after}");
        self.alice.take_waiting();
        self.bob.take_waiting();
    }

    /// Looks whether everything is as it was, but for so many lines in the log since a length of it.
    async fn is_well(&mut self, after: &str, log_before: usize, lines: std::ops::RangeInclusive<usize>) {
        self.goes_on(after).await;
        // Memory and the log follow the answer by a moment.
        let began = Instant::now();
        loop {
            let (grown, log) = (self.daemon.resident_mib() - self.resident_mib, self.log());
            let new = &log[log_before..];
            assert!(!new.contains(PAYLOAD), "{after}: the log holds the payload: {new}");
            let told = new.lines().count();
            if grown <= GROWTH_MIB && lines.contains(&told) {
                return;
            }
            assert!(began.elapsed() < DEADLINE, "{after}: memory grew by {grown:.1} MiB, {told} lines: {new}");
            tokio::task::yield_now().await;
        }
    }
}

/// [W7, W8, W9, W10, W11, W12]: what breaks the framing closes its connection with the code that says so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broken_frames_close_their_connection_and_leave_a_line() {
    let mut house = House::opens(&[]).await;
    let too_long = format!("\"{}\"", PAYLOAD.repeat(6_000));
    let bad_text = [PAYLOAD.as_bytes(), b"\xff"].concat();
    for (what, first, payload, code) in [
        ("a reserved bit", 0xc1, PAYLOAD.as_bytes(), CloseCode::BrokenFrame),
        ("an opcode of the future", 0x83, PAYLOAD.as_bytes(), CloseCode::BrokenFrame),
        ("a continuation of nothing", 0x80, PAYLOAD.as_bytes(), CloseCode::BrokenFrame),
        ("a fragmented ping", 0x09, PAYLOAD.as_bytes(), CloseCode::BrokenFrame),
        ("a long ping", 0x89, &[b'x'; 126], CloseCode::BrokenFrame),
        ("a goodbye of one byte", 0x88, b"x", CloseCode::BrokenFrame),
        ("too long a text", 0x81, too_long.as_bytes(), CloseCode::TooBig),
        ("bad UTF-8", 0x81, &bad_text, CloseCode::InvalidText),
    ] {
        let before = house.log().len();
        let mut raw = house.raw().await;
        raw.writes_frame(first, payload).await;
        let found = raw.gets_closed().await;
        // A reset may overtake the code of what was not read to its end.
        assert!(found == Some(code) || (code == CloseCode::TooBig && found.is_none()), "{what}: {found:?}");
        house.is_well(what, before, 1..=1).await;
    }
    let before = house.log().len();
    let mut held = Vec::new();
    for length in [1 << 63, 1 << 40, 60 << 20].into_iter().cycle().take(90) {
        let mut raw = house.raw().await;
        raw.writes_head(Head { first: 0x81, masked: true, length }).await;
        assert_eq!(raw.gets_closed().await, Some(CloseCode::TooBig), "{length}");
        held.push(raw);
    }
    house.is_well("ninety frames that announce too much", before, 90..=90).await;
    let before = house.log().len();
    let mut mute = house.daemon.raw_web_socket().await;
    mute.writes_frame(0x82, PAYLOAD).await;
    assert_eq!(mute.gets_closed().await, Some(CloseCode::ProtocolError), "binary before hello");
    house.is_well("binary before hello", before, 1..=1).await;
}

/// "endless empty fragments | closed by time or fragment count" [W10], after `hello`, with pongs in between.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_without_end_is_cut_off() {
    let mut house = House::opens(&[]).await;
    let before = house.log().len();
    let mut raw = house.raw().await;
    raw.writes_frame(0x01, PAYLOAD).await;
    let mut fragments = 0;
    while raw.writes_frame(0x00, "").await && fragments < 1_000_000 {
        fragments += 1;
    }
    assert!(fragments < 1_000_000, "nobody stopped it");
    let code = raw.gets_closed().await;
    assert!(code == Some(CloseCode::TooBig) || code.is_none(), "where a reset may overtake the code: {code:?}");
    house.is_well("endless fragments", before, 1..=1).await;

    // The longest message in the smallest fragments is no attack.
    let mut raw = house.raw().await;
    let packet = r#"{"type":"token_renew","ref":1}"#;
    let padded = format!("{packet}{}", " ".repeat(65_536 - packet.len()));
    raw.writes_frame(0x01, &padded[..1]).await;
    let mut rest = Vec::new();
    for byte in padded[1..padded.len() - 1].bytes() {
        // A masked frame of one byte; the mask is zero.
        rest.extend([0x00, 0x81, 0, 0, 0, 0, byte]);
    }
    assert!(raw.writes_bytes(rest).await);
    raw.writes_frame(0x80, &padded[padded.len() - 1..]).await;
    while raw.reads_packet().await["ref"] != 1 {}
}

/// "ping flood; pong never | rate-limited; dead at 75 s" [W18]; "5,000 messages in a second | `rate_limited` with
/// `retry_after_ms`, closed if it goes on" [W17].
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_only_makes_noise_is_closed() {
    let mut house = House::opens(&[("CHATD_LIMITS__MESSAGE_RATE", "20")]).await;
    let tea = house.alice.id("tea");
    let message = json!({"type": "channel_message_add", "payload": {
        "id": tea, "message": {"content": PAYLOAD, "nonce": "n"}}});
    for (what, first, payload) in [
        ("pings", 0x89, PAYLOAD.to_owned()),
        ("pongs", 0x8a, PAYLOAD.to_owned()),
        ("nonsense", 0x81, PAYLOAD.to_owned()),
        ("an unknown type", 0x81, format!(r#"{{"type":"{PAYLOAD}"}}"#)),
        ("messages", 0x81, message.to_string()),
    ] {
        let before = house.log().len();
        let mut raw = house.raw().await;
        let began = Instant::now();
        let flood = async {
            while raw.writes_frame(first, &payload).await {
                assert!(began.elapsed() < DEADLINE, "{what}: nobody stopped it");
            }
        };
        flood.await;
        let code = raw.gets_closed().await;
        assert!(
            code == Some(CloseCode::ProtocolError) || code.is_none(),
            "{what}, where a reset may overtake the code: {code:?}"
        );
        house.is_well(what, before, 1..=1).await;
    }
}

/// "1,000 logins at once | at most 4 hashes run, memory below +100 MiB, rest `rate_limited`" [A2], with hashes
/// as large as they are by default.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_sign_ins_hold_no_memory() {
    let costs = [("CHATD_AUTH__ARGON2__MEMORY_KIB", "19456"), ("CHATD_LIMITS__SIGN_IN_RATE", "0")];
    let mut house = House::opens(&costs).await;
    let most = tokio::spawn({
        let pid = house.daemon.process_id();
        async move {
            let mut most = 0.0_f64;
            while let Some(resident) = Process::resident_mib_of(pid) {
                most = most.max(resident);
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            most
        }
    });
    let door = *house.daemon;
    let flood = (0..1_000).map(|number| {
        let password = if number % 2 == 0 { PASSWORD } else { "wrong password" };
        tokio::spawn(async move { door.logs_in("alice", password).await.status })
    });
    let flood = flood.collect::<Vec<_>>();
    let mut put_off = 0;
    for one in flood {
        let status = one.await.expect("an answer");
        assert!([200, 401, 429].contains(&status), "{status}");
        put_off += usize::from(status == 429);
    }
    assert!(put_off > 500, "only {put_off} were told to come back");
    house.goes_on("a thousand sign-ins").await;
    let after = house.daemon.resident_mib();
    assert!(after < house.resident_mib + 100.0, "{after:.0} MiB after {:.0}", house.resident_mib);
    house.daemon.gets_killed().await;
    let most = most.await.expect("it was looked at");
    assert!(most < house.resident_mib + 100.0, "{most:.0} MiB at most after {:.0}", house.resident_mib);
}

/// "Twenty members who never read, with small socket buffers, do not slow or grow anything (memory ≤ 16 MiB above
/// before)" [W16].
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_who_never_read_cost_nobody_anything() {
    let mut house = House::opens(&[]).await;
    let mallory = &mut house.mallory;
    mallory.joins("tea").await;
    let mut asleep = Vec::new();
    for _ in 0..20 {
        asleep.push(mallory.again_narrow(json!({"history": 0})).await);
    }
    let (mut most, mut slowest) = (0.0_f64, Duration::ZERO);
    let content = "z".repeat(7_900);
    for number in 0..1_000 {
        let began = Instant::now();
        let said = format!("{number} {content}");
        house.alice.sends("tea", &said).await;
        house.bob.sees("tea", &said).await;
        slowest = slowest.max(began.elapsed());
        house.mallory.sees("tea", &said).await;
        house.alice.take_waiting();
        most = most.max(house.daemon.resident_mib());
    }
    assert!(most < house.resident_mib + 16.0, "{most:.1} MiB after {:.1}", house.resident_mib);
    assert!(slowest < Duration::from_secs(2), "{slowest:?}");
    assert_eq!(house.daemon.figure("chatd_too_slow_total").await, 20);
    house.is_well("twenty who never read", 0, 0..=100).await;
}

/// [F9]: a log that cannot be written is lost, and nothing else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_nobody_can_write_stops_nothing() {
    let folder = Folder::new();
    let daemon = Process::start_without_log(&folder, &[("CHATD_LOG", "debug")]).await;
    let (mut alice, mut bob) = (daemon.person("alice").await, daemon.person("bob").await);
    alice.joins("tea").await;
    bob.joins("tea").await;
    assert_eq!(daemon.logs_in("alice", "not the password").await.status, 401);
    let mut raw = daemon.raw_web_socket().await;
    raw.writes_frame(0x83, "x").await;
    assert_eq!(raw.gets_closed().await, Some(CloseCode::BrokenFrame));
    alice.gets_refused("channel_leave", json!({"id": "nonsense"}), "no_such_channel").await;
    alice.sends("tea", "still here").await;
    bob.sees("tea", "still here").await;
    daemon.terminates();
    assert_eq!(daemon.ends().await.code(), Some(0));
}
