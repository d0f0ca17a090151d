//! Bad input: it gets an answer, the process lives, and nobody else notices.
//!
//! The names in brackets are the rows of the list of hostile inputs.

use std::ops::Deref;
use std::time::{Duration, Instant};

use proto::CloseCode;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message as Frame;

use crate::support::{Daemon, Door, Folder, Head, Person, Process, RawWebSocket, Setup, fresh_nonce, message};

/// Two friends at tea while a third person misbehaves.
struct TeaParty<D = Daemon> {
    daemon: D,
    alice: Person,
    bob: Person,
    mallory: Person,
}

impl TeaParty {
    async fn begins() -> Self {
        Self::begins_at(Daemon::start().await).await
    }
}

impl<D: Deref<Target = Door>> TeaParty<D> {
    async fn begins_at(daemon: D) -> Self {
        let (mut alice, mut bob) = (daemon.person("alice").await, daemon.person("bob").await);
        let mut mallory = daemon.person("mallory").await;
        for person in [&mut alice, &mut bob, &mut mallory] {
            person.joins("tea").await;
        }
        Self { daemon, alice, bob, mallory }
    }

    /// "the connection goes on where the framing allows, nobody else notices."
    async fn goes_on(&mut self) {
        let content = fresh_nonce();
        self.alice.sends("tea", &content).await;
        self.bob.sees("tea", &content).await;
    }

    /// A WebSocket of mallory's whose frames are written by hand.
    async fn raw(&self) -> RawWebSocket {
        let mut raw = self.daemon.raw_web_socket().await;
        raw.signs_in(&self.mallory.token).await;
        raw
    }

    /// Writes a request by hand and gives everything that came back until the end of the connection.
    async fn replies(&self, request: impl AsRef<[u8]>) -> String {
        let mut raw = self.daemon.raw().await;
        raw.writes(request).await;
        raw.reads_to_the_end().await
    }
}

/// Takes packets up to the next answer, which must be a refusal.
async fn refusal(person: &mut Person) -> Value {
    loop {
        let packet = person.next().await;
        if packet["type"] == "error" || packet["type"] == "ok" {
            assert_eq!(packet["type"], "error", "{packet}");
            return packet;
        }
    }
}

/// "`malformed` … | 400 | bad JSON, wrong types, blank content, out of range" [J1, J2, J3].
#[tokio::test]
async fn nonsense_is_malformed_and_the_connection_goes_on() {
    let folder = Folder::new();
    let mut party = TeaParty::begins_at(Process::start(&folder).await).await;
    let tea = party.mallory.id("tea");
    let read = |index: &str| format!(r#"{{"type":"channel_read","payload":{{"id":"{tea}","index":{index}}}}}"#);
    let say = |content: &str| {
        format!(
            r#"{{"type":"channel_message_add","payload":{{"id":"{tea}","message":{{"content":"{content}","nonce":"n"}}}}}}"#
        )
    };
    let mut bad = vec![
        "[".repeat(60_000),
        "{\"a\":".repeat(10_000),
        format!("{{\"type\":\"channel_read\",\"payload\":{}}}", "[".repeat(50_000)),
        String::new(),
        "nonsense".to_owned(),
        "NaN".to_owned(),
        "\u{feff}{}".to_owned(),
        "{} {}".to_owned(),
        "{}x".to_owned(),
        "{}".to_owned(),
        "7".to_owned(),
        "null".to_owned(),
        "[[]]".to_owned(),
        r#"{"type":null}"#.to_owned(),
        r#"{"type":["channel_read"]}"#.to_owned(),
        r#"{"type":"channel_read","type":"channel_read"}"#.to_owned(),
        format!(r#"{{"type":"channel_read","payload":{{"id":"{tea}","index":1,"index":2}}}}"#),
        format!(r#"{{"type":"channel_topic","payload":{{"id":"{tea}","topic":"a\u0000b"}}}}"#),
        format!(r#"{{"type":"channel_topic","payload":{{"id":"{tea}","topic":"\ud800"}}}}"#),
        say(r"a\u0000b"),
        say(r"\ud800"),
        say(r"\udc00\ud800"),
        say("\t"),
    ];
    bad.extend(
        ["1e400", "NaN", "-1", "18446744073709551616", "1.0", "01", "\"1\"", "true", &"9".repeat(60_000)].map(read),
    );
    for text in bad {
        let shown = text.chars().take(80).collect::<String>();
        let spent = party.daemon.processor_time();
        party.mallory.sends_text(text).await;
        let answer = refusal(&mut party.mallory).await;
        assert_eq!(answer["payload"]["code"], "malformed", "{shown}: {answer}");
        assert!(answer.get("ref").is_none(), "a packet without `ref` gets an error without one: {answer}");
        let spent = party.daemon.processor_time() - spent;
        assert!(spent < Duration::from_secs(1), "{shown}: {spent:?}");
        assert!(!answer.to_string().contains("line 1 column 1 line"), "{answer}");
    }
    party.mallory.sends("tea", "still here").await;
    party.goes_on().await;
}

/// "an unknown packet type gets an error reply, never a dropped connection"; "Every client packet with a
/// `ref` is answered".
#[tokio::test]
async fn an_unknown_packet_is_named_as_such() {
    let mut party = TeaParty::begins().await;
    for type_name in ["dance", "", "HELLO", "channel_add", "welcome", "ok", "error", &"x".repeat(10_000)] {
        party.mallory.gets_refused(type_name, json!({"whatever": [1, 2, 3]}), "unknown_type").await;
    }
    for reference in [json!("seven"), json!(7), json!(-7), json!("x".repeat(64))] {
        party.mallory.sends_text(json!({"type": "dance", "ref": reference}).to_string()).await;
        assert_eq!(refusal(&mut party.mallory).await["ref"], reference);
        party
            .mallory
            .sends_text(json!({"type": "dm_open", "ref": reference, "payload": {"handle": 7}}).to_string())
            .await;
        let answer = refusal(&mut party.mallory).await;
        assert_eq!((&answer["ref"], &answer["payload"]["code"]), (&reference, &json!("malformed")));
    }
    for reference in [json!({}), json!([1]), json!(1.5), json!("x".repeat(65)), json!(u64::MAX)] {
        party.mallory.sends_text(json!({"type": "token_renew", "ref": reference}).to_string()).await;
        assert_eq!(refusal(&mut party.mallory).await["payload"]["code"], "malformed", "{reference}");
    }
    party.goes_on().await;
}

/// "a frame holds one packet … or an array of packets": whatever is wrong with one is an answer to it.
#[tokio::test]
async fn one_bad_packet_in_a_frame_leaves_its_neighbours_alone() {
    let mut party = TeaParty::begins().await;
    let tea = party.mallory.id("tea");
    let frame = json!([
        {"type": "channel_message_add", "ref": 101, "payload": message(&tea, "first", "n1")},
        {"type": "channel_message_add", "ref": 102, "payload": message(&tea, " ", "n2")},
        {"type": "dance", "ref": 103},
        {"type": "channel_read", "ref": 104, "payload": {"id": tea, "index": "x"}},
        7,
        {"type": "channel_message_add", "ref": 105, "payload": message(&tea, "second", "n3")},
    ]);
    party.mallory.sends_text(frame.to_string()).await;
    let mut answers = Vec::new();
    while answers.len() < 6 {
        let packet = party.mallory.next().await;
        if packet["type"] == "ok" || packet["type"] == "error" {
            answers.push((packet["ref"].clone(), packet["payload"]["code"].clone()));
        }
    }
    let expected = [
        (json!(101), Value::Null),
        (json!(102), json!("malformed")),
        (json!(103), json!("unknown_type")),
        (json!(104), json!("malformed")),
        (Value::Null, json!("malformed")),
        (json!(105), Value::Null),
    ];
    assert_eq!(answers, expected, "in their order");
    party.bob.sees("tea", "first").await;
    party.bob.sees("tea", "second").await;

    party.mallory.sends_text("[]").await;
    let packets = |count: usize| format!("[{}]", vec![r#"{"type":"x"}"#; count].join(","));
    party.mallory.sends_text(packets(proto::bounds::PACKETS_PER_FRAME_MAX)).await;
    for _ in 0..proto::bounds::PACKETS_PER_FRAME_MAX {
        assert_eq!(refusal(&mut party.mallory).await["payload"]["code"], "unknown_type");
    }
    party.mallory.sends_text(packets(proto::bounds::PACKETS_PER_FRAME_MAX + 1)).await;
    assert_eq!(refusal(&mut party.mallory).await["payload"]["code"], "malformed", "one answer to the whole frame");
    party.goes_on().await;
}

/// "binary frame where text is meant | error `malformed` or close 4003" [W12].
#[tokio::test]
async fn a_binary_frame_is_malformed() {
    let mut party = TeaParty::begins().await;
    let packet = json!({"type": "token_renew", "ref": 1}).to_string();
    party.mallory.sends_frame(Frame::binary(packet.into_bytes())).await;
    assert_eq!(refusal(&mut party.mallory).await["payload"]["code"], "malformed");
    party.mallory.sends("tea", "still here").await;
    party.goes_on().await;
}

/// "unmasked frame, RSV bit, opcode 3-7 and 11-15 | closed (1002)" [W7], also as compression [W13].
#[tokio::test]
async fn frames_against_the_rules_close_their_connection() {
    let mut party = TeaParty::begins().await;
    let mut raw = party.raw().await;
    raw.writes_unmasked(b"{}").await;
    assert_eq!(raw.gets_closed().await, Some(CloseCode::BrokenFrame), "unmasked");
    let reserved_bits = [0xc1, 0xa1, 0x91];
    let opcodes = (3..8).chain(11..16).map(|opcode| 0x80 | opcode);
    for first in reserved_bits.into_iter().chain(opcodes) {
        let mut raw = party.raw().await;
        raw.writes_frame(first, "{}").await;
        assert_eq!(raw.gets_closed().await, Some(CloseCode::BrokenFrame), "{first:#x}");
    }
    let mut raw = party.raw().await;
    raw.writes_frame(0x80, "a continuation of nothing").await;
    assert_eq!(raw.gets_closed().await, Some(CloseCode::BrokenFrame));
    party.goes_on().await;
}

/// "ping of 126 bytes, fragmented ping, close of 1 byte, code 1005 or 999 | closed (1002)" [W8].
#[tokio::test]
async fn control_frames_against_the_rules_close_their_connection() {
    let mut party = TeaParty::begins().await;
    for (first, payload) in [
        (0x89, vec![b'x'; 126]),
        (0x09, b"half a ping".to_vec()),
        (0x88, vec![3]),
        (0x88, 1_005_u16.to_be_bytes().to_vec()),
        (0x88, 999_u16.to_be_bytes().to_vec()),
    ] {
        let mut raw = party.raw().await;
        raw.writes_frame(first, &payload).await;
        assert_eq!(raw.gets_closed().await, Some(CloseCode::BrokenFrame), "{first:#x} {payload:?}");
    }
    party.goes_on().await;
}

/// "1009 frame too big"; "frame announcing 2^63, 2^40, 60 MiB with no data | closed (1009), no allocation" [W9].
#[tokio::test]
async fn a_frame_that_announces_too_much_is_not_waited_for() {
    let mut party = TeaParty::begins().await;
    for length in [1 << 40, 60 << 20, 65_537] {
        let mut raw = party.raw().await;
        raw.writes_head(Head { first: 0x81, masked: true, length }).await;
        assert_eq!(raw.gets_closed().await, Some(CloseCode::TooBig), "{length}");
    }
    // The highest bit of a length must be 0 (RFC 6455 section 5.2), so this one breaks two rules.
    let mut raw = party.raw().await;
    raw.writes_head(Head { first: 0x81, masked: true, length: 1 << 63 }).await;
    let code = raw.gets_closed().await;
    assert!(code == Some(CloseCode::TooBig) || code == Some(CloseCode::BrokenFrame), "{code:?}");
    party.goes_on().await;
}

/// "64 KiB + 1 message whole; in 1-byte fragments | 1009" [W10].
#[tokio::test]
async fn a_message_is_as_long_as_the_sum_of_its_fragments() {
    let mut party = TeaParty::begins().await;
    let mut raw = party.raw().await;
    let packet = r#"{"type":"token_renew","ref":1}"#;
    let padded = format!("{packet}{}", " ".repeat(65_536 - packet.len()));
    raw.writes_frame(0x81, &padded).await;
    while raw.reads_packet().await["ref"] != 1 {}

    raw.writes_frame(0x81, format!("{padded} ")).await;
    assert_eq!(raw.gets_closed().await, Some(CloseCode::TooBig), "whole");

    let mut raw = party.raw().await;
    raw.writes_frame(0x01, "x").await;
    for _ in 0..65_536 {
        if !raw.writes_frame(0x00, "x").await {
            break;
        }
    }
    let code = raw.gets_closed().await;
    assert!(
        code == Some(CloseCode::TooBig) || code.is_none(),
        "in fragments, where a reset may overtake the code: {code:?}"
    );
    party.goes_on().await;
}

/// "bad UTF-8 in text, split over fragments | closed (1007)" [W11].
#[tokio::test]
async fn text_that_is_no_utf8_closes_its_connection() {
    let mut party = TeaParty::begins().await;
    for parts in
        [&[&b"{\"a\":\"\xff\"}"[..]][..], &[b"\"\xe8\xaa", b"x\""], &[b"\"\xc0", b"\xaf\""], &[b"\"\xed\xa0\x80\""]]
    {
        let mut raw = party.raw().await;
        for (place, part) in parts.iter().enumerate() {
            let opcode = if place == 0 { 0x01 } else { 0x00 };
            let fin = if place + 1 == parts.len() { 0x80 } else { 0x00 };
            raw.writes_frame(fin | opcode, part).await;
        }
        assert_eq!(raw.gets_closed().await, Some(CloseCode::InvalidText), "{parts:?}");
    }
    // What is only split, and not bad, is text.
    let mut raw = party.raw().await;
    raw.writes_frame(0x01, b"{\"type\":\"\xe8\xaa").await;
    raw.writes_frame(0x80, b"\x9e\",\"ref\":1}").await;
    while raw.reads_packet().await["ref"] != 1 {}
    party.goes_on().await;
}

/// "100 KiB header; 200 headers | 431" [W2].
#[tokio::test]
async fn a_head_has_its_bounds() {
    let mut party = TeaParty::begins().await;
    let start = "GET /healthz HTTP/1.1\r\nHost: chat\r\n";
    let long = format!("{start}X: {}\r\n\r\n", "x".repeat(102_400));
    let many = format!("{start}{}\r\n", "X: y\r\n".repeat(200));
    for request in [long, many] {
        let reply = party.replies(request).await;
        assert!(reply.starts_with("HTTP/1.1 431 ") || reply.is_empty(), "{reply}");
    }
    party.goes_on().await;
}

/// "Content-Length with Transfer-Encoding, two lengths, bare LF, obsolete folding | 400, or (hyper, first
/// case) one answer and close; the smuggled second request is never answered" [W3].
#[tokio::test]
async fn requests_that_could_be_read_in_two_ways_hide_none() {
    let mut party = TeaParty::begins().await;
    let smuggled = "GET /healthz HTTP/1.1\r\nHost: chat\r\n\r\n";
    for head in [
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
        "Content-Length: 0\r\nContent-Length: 41\r\n\r\n",
        "Content-Length: 0\r\nContent-Length: 0\r\n\r\n",
        "Content-Length: 0, 41\r\n\r\n",
        "Content-Length: +0\r\n\r\n",
        "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        "X: a\r\n folded\r\nContent-Length: 0\r\n\r\n",
        "Content-Length : 0\r\n\r\n",
    ] {
        let reply = party.replies(format!("POST /v1/login HTTP/1.1\r\nHost: chat\r\n{head}{smuggled}")).await;
        assert!(reply.matches("HTTP/1.1 ").count() <= 1, "{head:?}: {reply}");
        assert!(!reply.contains("HTTP/1.1 200"), "{head:?}: {reply}");
    }
    party.goes_on().await;
}

/// "TRACE, CONNECT, unknown method, absolute URI, `..%2f` path | 405 or 404" [W4].
#[tokio::test]
async fn other_methods_and_paths_lead_nowhere() {
    let mut party = TeaParty::begins().await;
    for (line, statuses) in [
        ("TRACE /healthz", &[404, 405][..]),
        ("TRACE /", &[404, 405]),
        ("CONNECT chat:80", &[404, 405]),
        ("DANCE /v1/login", &[404, 405]),
        ("GET /v1/login", &[404, 405]),
        ("POST /v1/history", &[404, 405]),
        ("OPTIONS *", &[404, 405]),
        ("GET /..%2f..%2fetc/passwd", &[404, 405]),
        ("GET /../v1/channels", &[404, 405]),
        ("GET //healthz", &[404, 405]),
        ("GET /healthz/", &[404, 405]),
        ("GET http://elsewhere/healthz", &[400, 404, 405]),
    ] {
        let reply = party.replies(format!("{line} HTTP/1.1\r\nHost: chat\r\nConnection: close\r\n\r\n")).await;
        let status = reply.get(9..12).and_then(|status| status.parse().ok()).unwrap_or(0);
        assert!(statuses.contains(&status), "{line}: {reply}");
        assert!(reply.contains("\"status\":\"error\""), "every reply has a status: {line}: {reply}");
    }
    for (path, allowed) in [
        ("/v1/login", "POST"),
        ("/v1/logout", "POST"),
        ("/v1/account/delete", "POST"),
        ("/v1/history", "GET, HEAD"),
        ("/v1/users/bob/posts", "GET, HEAD"),
        ("/healthz", "GET, HEAD"),
    ] {
        let reply = party.replies(format!("DELETE {path} HTTP/1.1\r\nHost: chat\r\nConnection: close\r\n\r\n")).await;
        let (head, _) = reply.split_once("\r\n\r\n").expect("a head");
        assert!(head.starts_with("HTTP/1.1 405 "), "{path}: {reply}");
        assert!(head.to_lowercase().contains(&format!("allow: {}", allowed.to_lowercase())), "{path}: {reply}");
    }
    party.goes_on().await;
}

/// "`HEAD` where `GET` is": the head of the answer, and nothing else.
#[tokio::test]
async fn who_asks_for_the_head_gets_it() {
    let party = TeaParty::begins().await;
    for (path, status) in [("/healthz", 200), ("/metrics", 200), ("/v1/channels", 401), ("/v1/login", 405)] {
        let reply =
            party.replies(format!("HEAD {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")).await;
        let (head, body) = reply.split_once("\r\n\r\n").expect("a head");
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")) && body.is_empty(), "{path}: {reply}");
    }
}

/// "`/metrics` checks Host": a web page that has its name point here reads nothing.
#[tokio::test]
async fn figures_are_read_by_the_name_of_this_machine() {
    let party = TeaParty::begins().await;
    for (host, status) in [
        ("localhost", 200),
        ("LOCALHOST:7300", 200),
        ("127.0.0.1:7300", 200),
        ("[::1]:7300", 200),
        ("evil.example", 404),
        ("localhost.evil.example", 404),
        ("192.0.2.1", 404),
        ("", 200),
    ] {
        let reply = party.replies(format!("GET /metrics HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")).await;
        assert!(reply.starts_with(&format!("HTTP/1.1 {status} ")), "{host}: {reply}");
    }
}

/// "History, replies, threads, pins, lists count as requests."
#[tokio::test]
async fn reading_counts_as_asking() {
    let daemon =
        Setup::new().with(|config| (config.limits.request_rate, config.limits.request_burst) = (1, 20)).start().await;
    let mut alice = daemon.person("alice").await;
    alice.joins("tea").await;
    let tea = alice.id("tea");
    for path in [
        "channels", "history", "replies", "thread", "pins", "friends", "settings", "sessions", "catch-up", "feed",
        "export",
    ] {
        let path = format!("/v1/{path}?channel={tea}&index=1");
        let mut asked = 0;
        while daemon.get(&path, &alice.token).await.status != 429 {
            asked += 1;
            assert!(asked < 30, "{path} is not counted");
        }
    }
}

fn handshake(line: &str, headers: &[(&str, &str)]) -> String {
    let headers = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect::<String>();
    format!("{line} HTTP/1.1\r\n{headers}\r\n")
}

const HANDSHAKE: [(&str, &str); 5] = [
    ("Host", "chat"),
    ("Connection", "Upgrade"),
    ("Upgrade", "websocket"),
    ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
];

/// "Origin from elsewhere, `null`, suffix trick | 403, no upgrade" [W5].
#[tokio::test]
async fn web_pages_do_not_get_in() {
    let mut party = TeaParty::begins().await;
    let own = format!("http://{}", party.daemon.address());
    for origin in
        ["https://elsewhere.example", "null", &format!("{own}.elsewhere.example"), "http://chat.elsewhere.example", ""]
    {
        let mut headers = HANDSHAKE.to_vec();
        headers.extend([("Origin", origin), ("Connection", "close")]);
        let reply = party.replies(handshake("GET /v1/ws", &headers)).await;
        assert!(reply.starts_with("HTTP/1.1 403 ") && reply.contains("\"not_allowed\""), "{origin}: {reply}");
        let login = handshake("POST /v1/login", &[("Host", "chat"), ("Origin", origin), ("Connection", "close")]);
        assert!(party.replies(login).await.starts_with("HTTP/1.1 403 "), "{origin}");
    }
    party.goes_on().await;
}

/// "wrong version, short or missing key, no Host, POST upgrade | 400 or 426" [W6]; `docs/protocol.md` has 405
/// for the wrong method.
#[tokio::test]
async fn a_broken_handshake_is_no_handshake() {
    let mut party = TeaParty::begins().await;
    let replaced = |name: &str, value: Option<&'static str>| {
        let headers = HANDSHAKE.iter().filter_map(|(header, usual)| match (*header == name, value) {
            (true, Some(value)) => Some((*header, value)),
            (true, None) => None,
            (false, _) => Some((*header, *usual)),
        });
        headers.chain([("Connection", "close")]).collect::<Vec<_>>()
    };
    for (name, value) in [
        ("Sec-WebSocket-Version", Some("12")),
        ("Sec-WebSocket-Version", None),
        ("Sec-WebSocket-Key", Some("c2hvcnQ=")),
        ("Sec-WebSocket-Key", Some("no base64 at all, really")),
        ("Sec-WebSocket-Key", None),
        ("Upgrade", None),
        ("Upgrade", Some("h2c")),
        ("Host", None),
    ] {
        let reply = party.replies(handshake("GET /v1/ws", &replaced(name, value))).await;
        let refused = reply.starts_with("HTTP/1.1 400 ") || reply.starts_with("HTTP/1.1 426 ");
        assert!(refused, "{name}: {value:?}: {reply}");
    }
    let reply = party.replies(handshake("POST /v1/ws", &replaced("", None))).await;
    assert!(["400", "405", "426"].iter().any(|status| reply.starts_with(&format!("HTTP/1.1 {status} "))), "{reply}");
    party.goes_on().await;
}

/// "half a request, 1 byte each 2 s | closed at 5 s" [W1]; "connect and say nothing … | closed at 10 s" [W15];
/// "endless empty fragments … closed by time or fragment count" [W10]; "4002 no `hello` in time".
#[tokio::test]
async fn who_dawdles_is_shown_out() {
    let mut party = TeaParty::begins().await;
    let (mut trickle, mut mute) = (party.daemon.raw().await, party.daemon.raw().await);
    let (mut fragments, mut silent) = (party.daemon.raw_web_socket().await, party.daemon.wire().await);
    let began = Instant::now();
    let trickling = async {
        // The slowness is the input here; the end is an event like any other.
        let mut every = tokio::time::interval(Duration::from_secs(2));
        for byte in "GET /healthz HTTP/1.1".bytes() {
            every.tick().await;
            if began.elapsed() > Duration::from_secs(5) || !trickle.writes([byte]).await {
                break;
            }
        }
        trickle.reads_to_the_end().await;
        began.elapsed()
    };
    let muteness = async {
        mute.reads_to_the_end().await;
        began.elapsed()
    };
    let fragmenting = async {
        let mut every = tokio::time::interval(Duration::from_millis(10));
        fragments.writes_frame(0x01, "{").await;
        while began.elapsed() < Duration::from_secs(20) && fragments.writes_frame(0x00, "").await {
            every.tick().await;
        }
        began.elapsed()
    };
    let silence = async { (silent.gets_closed().await, began.elapsed()) };
    let (trickled, muted, fragmented, (code, silenced)) = tokio::join!(trickling, muteness, fragmenting, silence);
    let seconds = |least: u64, most: u64| Duration::from_secs(least)..Duration::from_secs(most);
    assert!(seconds(4, 9).contains(&trickled), "{trickled:?}");
    assert!(seconds(0, 11).contains(&muted), "{muted:?}");
    assert!(seconds(0, 15).contains(&fragmented), "{fragmented:?}");
    assert!(code == Some(CloseCode::NoHello) && seconds(9, 13).contains(&silenced), "{code:?} {silenced:?}");
    party.goes_on().await;
}

/// "`GET /healthz` … 200 when serving"; what is not there is `not_found`.
#[tokio::test]
async fn the_daemon_says_that_it_is_well() {
    let daemon = Daemon::start().await;
    daemon.get("/healthz", "").await.done(200);
    daemon.get("/v1/nothing", "").await.refused(404, "not_found");
}

/// A goodbye is answered, before `hello` as well (RFC 6455 section 5.5.1), and pings of a listener who never says
/// anything are no message without end.
#[tokio::test]
async fn goodbyes_are_answered_and_pings_add_up_to_nothing() {
    let mut party = TeaParty::begins().await;
    let goodbye = 1_000_u16.to_be_bytes();
    let mut raw = party.daemon.raw_web_socket().await;
    raw.writes_frame(0x88, goodbye).await;
    assert_eq!(raw.close_code().await, Some(1_000), "before hello");
    let mut raw = party.raw().await;
    // More than the frames of one message may have; the daemon bears so many pings at once.
    for _ in 0..900 {
        raw.writes_frame(0x89, [7; 125]).await;
    }
    raw.writes_frame(0x88, goodbye).await;
    assert_eq!(raw.close_code().await, Some(1_000), "after pings");
    party.goes_on().await;
}
