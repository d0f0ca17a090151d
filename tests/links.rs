//! Links: files sent and fetched in a browser, by who has a link and no account.

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{self, HeaderName};
use hyper::{Method, Request, Response, StatusCode};
use serde_json::{Value, json};

use crate::support::{Daemon, PASSWORD, Person, Setup, files, fresh_nonce, soon};

const PUBLIC_URL: &str = "https://chat.example.org";

async fn daemon() -> Daemon {
    Setup::new().with(|config| config.files.public_url = Some(format!("{PUBLIC_URL}/"))).start().await
}

/// Makes a link, and gives the path that a proxy would hand on.
async fn link(person: &mut Person, channel: &str, index: Option<u64>) -> String {
    let id = person.id(channel);
    let wish = index.map_or_else(|| json!({"id": id}), |index| json!({"id": id, "index": index}));
    let made = person.asks("link_create", wish).await;
    made["url"].as_str().expect("a link").strip_prefix(PUBLIC_URL).expect("by the address that is set").to_owned()
}

struct Browser<'a>(&'a Daemon);

impl Browser<'_> {
    async fn asks(&self, method: Method, path: &str, headers: &[(HeaderName, &str)], body: Vec<u8>) -> Response<Bytes> {
        let request = Request::builder().method(method).uri(path).header(header::HOST, "chat.example.org");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(name, *value));
        let request = request.body(Full::new(Bytes::from(body))).expect("a request can be written");
        self.0.asks_as_browser(request).await
    }

    async fn opens(&self, path: &str) -> (StatusCode, String) {
        let response = self.asks(Method::GET, path, &[], Vec::new()).await;
        (response.status(), String::from_utf8_lossy(response.body()).into_owned())
    }

    /// Sends the form as browsers do.
    async fn sends(&self, path: &str, caption: &str, files: &[(&str, &[u8])]) -> (StatusCode, String) {
        let mut form = field("name=\"caption\"", caption.as_bytes());
        for (name, bytes) in files {
            form.extend(field(&format!("name=\"files\"; filename=\"{name}\""), bytes));
        }
        form.extend(b"--edge--\r\n");
        let headers = [(header::CONTENT_TYPE, "multipart/form-data; boundary=edge"), (header::ORIGIN, "null")];
        let response = self.asks(Method::POST, path, &headers, form).await;
        (response.status(), String::from_utf8_lossy(response.body()).into_owned())
    }
}

fn field(name: &str, bytes: &[u8]) -> Vec<u8> {
    let head = format!("--edge\r\nContent-Disposition: form-data; {name}\r\n\r\n");
    [head.as_bytes(), bytes, b"\r\n"].concat()
}

/// "a one-time upload link …, opened on a phone or laptop": several files and a caption become one message of who made it.
#[tokio::test]
async fn files_are_sent_by_a_link_once() {
    let daemon = daemon().await;
    let [mut alice, mut bob] = [daemon.person("alice").await, daemon.person("bob").await];
    alice.creates("plans", "private").await;
    alice.invites("plans", &mut bob).await;
    let path = link(&mut alice, "plans", None).await;
    let browser = Browser(&daemon);
    let (status, page) = browser.opens(&path).await;
    assert_eq!(status, 200);
    assert!(page.contains("<b>#plans</b>") && page.contains("sent as alice"), "{page}");
    let (status, page) = browser.sends(&path, "", &[("", b"")]).await;
    assert_eq!(status, 400);
    assert!(page.contains("No file was chosen."), "{page}");

    let files: [(&str, &[u8]); 2] = [("../harbour \u{202e}.txt", b"boats"), ("b.bin", &[7; 300_000])];
    let (status, page) = browser.sends(&path, "from\r\nthe phone", &files).await;
    assert_eq!(status, 200, "{page}");
    assert!(page.contains("2 files are in"), "{page}");
    let seen = bob.sees("plans", "from\nthe phone").await;
    assert_eq!(seen["handle"], "alice");
    let named = seen["files"].as_array().expect("files").iter().map(|file| (&file["name"], &file["size"]));
    let harbour = json!("harbour .txt");
    assert_eq!(named.collect::<Vec<_>>(), [(&harbour, &json!(5)), (&json!("b.bin"), &json!(300_000))]);

    for (status, page) in [browser.opens(&path).await, browser.sends(&path, "again", &files).await] {
        assert_eq!(status, 404);
        assert!(page.contains("This link has ended, or was used"), "{page}");
    }
    let history = bob.history("plans", "").await;
    assert_eq!(history["messages"].as_array().expect("messages").len(), 1);
}

/// However often it is sent at the same time, a link makes one message.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_that_is_sent_twice_is_one_message() {
    let daemon = daemon().await;
    let mut alice = daemon.person("alice").await;
    alice.joins("tea").await;
    let path = link(&mut alice, "tea", None).await;
    let browser = Browser(&daemon);
    let sends = async |content: &'static [u8]| browser.sends(&path, "", &[("a.txt", content)]).await.0.as_u16();
    let mut told = [0; 2];
    [told[0], told[1]] = tokio::join!(sends(b"one"), sends(b"two")).into();
    told.sort_unstable();
    // Whether the other one came while the first was read, or behind it.
    assert!(matches!(told, [200, 404 | 429]), "{told:?}");
    let history = alice.history("tea", "").await;
    assert_eq!(history["messages"].as_array().expect("messages").len(), 1);
}

/// "a download link valid for minutes": the files of one message, and nothing else.
#[tokio::test]
async fn files_are_fetched_by_a_link() {
    let daemon = daemon().await;
    let [mut alice, mut bob] = [daemon.person("alice").await, daemon.person("bob").await];
    alice.creates("plans", "private").await;
    let file = async |name: &str| {
        alice.door.uploads(&alice.token, name, name.as_bytes().to_vec()).await.done(201)["file"].take()
    };
    let [given, other] = [file("a%20%26%20b.md").await, file("b.txt").await];
    let id = alice.id("plans");
    for file in [&given, &other] {
        let message = json!({"content": "", "nonce": fresh_nonce(), "files": [&file["id"]]});
        alice.asks("channel_message_add", json!({"id": id, "message": message})).await;
    }
    let path = link(&mut alice, "plans", Some(1)).await;
    let browser = Browser(&daemon);
    let (status, page) = browser.opens(&path).await;
    assert_eq!(status, 200);
    assert!(page.contains("a &amp; b.md</span>") && !page.contains("b.txt</span>"), "{page}");
    let at = |file: &Value| format!("{path}/{}", file["id"].as_str().expect("an id"));
    let response = browser.asks(Method::GET, &at(&given), &[(header::RANGE, "bytes=2-")], Vec::new()).await;
    assert_eq!((response.status().as_u16(), &response.body()[..]), (206, &b"20%26%20b.md"[..]));
    assert_eq!(browser.opens(&at(&other)).await.0, 404, "the file of another message");
    assert_eq!(browser.sends(&path, "", &[("x", b"x")]).await.0, 405);

    alice.asks("channel_message_delete", json!({"id": id, "index": 1})).await;
    assert_eq!(browser.opens(&at(&given)).await.0, 404, "it was deleted");
    bob.gets_refused("link_create", json!({"id": id}), "no_such_channel").await;
}

/// A form that was begun ends with the right to it, and leaves nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_does_not_outlive_the_session() {
    let daemon = daemon().await;
    let mut alice = daemon.person("alice").await;
    alice.joins("tea").await;
    let path = link(&mut alice, "tea", None).await;
    let tea = alice.id("tea");
    let mut form = field("name=\"files\"; filename=\"a.txt\"", &[7; 100_000]);
    form.extend(field("name=\"caption\"", b"too late"));
    form.extend(b"--edge--\r\n");
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: chat.example.org\r\nContent-Type: multipart/form-data; boundary=edge\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        form.len()
    );
    let mut raw = daemon.raw().await;
    raw.writes(head).await;
    raw.writes(&form[..50_000]).await;
    // The form is on its way: no other one of the link is taken.
    let browser = Browser(&daemon);
    soon("the form to be read", async { while browser.sends(&path, "", &[("b.txt", b"b")]).await.0 != 429 {} }).await;
    daemon.post("/v1/logout", Some(&alice.token), &json!({})).await.done(200);
    raw.writes(&form[50_000..]).await;
    let told = raw.reads_to_the_end().await;
    assert!(told.starts_with("HTTP/1.1 404") && told.contains("This link has ended"), "{told}");
    let again = daemon.logs_in("alice", PASSWORD).await.done(200);
    let mut alice = daemon.connects("alice", again["token"].as_str().expect("a token"), json!({})).await;
    alice.knows("tea", &tea);
    let shown = alice.gets_shown("tea").await;
    assert_eq!(shown["messages"], json!([]));
    until_gone(&daemon).await;
}

async fn until_gone(daemon: &Daemon) {
    soon("nothing of the form", async {
        while !files(daemon.data(), "files").is_empty() || !files(daemon.data(), "uploads").is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    })
    .await;
}

/// What is no form of ours is refused soon, whatever it is made of, and leaves nothing.
#[tokio::test]
async fn forms_of_strangers_are_refused() {
    let daemon = daemon().await;
    let mut alice = daemon.person("alice").await;
    alice.joins("tea").await;
    let path = link(&mut alice, "tea", None).await;
    let browser = Browser(&daemon);
    let endless = format!("name=\"{}", "x".repeat(3 << 20)).into_bytes();
    let head = [b"--edge\r\nContent-Disposition: form-data; ".to_vec(), endless].concat();
    let many = [field("name=\"keep_metadata\"", b"1").repeat(100), b"--edge--\r\n".to_vec()].concat();
    let strange = [field("name=\"other\"", b"1"), b"--edge--\r\n".to_vec()].concat();
    let long = [field("name=\"caption\"", &[b'x'; 9_000]), field("name=\"files\"; filename=\"a\"", b"a")].concat();
    let eleven = [field("name=\"files\"; filename=\"a\"", b"a").repeat(11), b"--edge--\r\n".to_vec()].concat();
    let broken = field("name=\"files\"; filename=\"a\"", b"a");
    for (form, reason) in [
        (head, "broke off"),
        (vec![b'x'; 3 << 20], "broke off"),
        (many, "too many parts"),
        (strange, "not one of this page"),
        (long, "caption is too long"),
        (eleven, "t most 10 files"),
        (broken, "broke off"),
    ] {
        let headers = [(header::CONTENT_TYPE, "multipart/form-data; boundary=edge"), (header::ORIGIN, "null")];
        let response = browser.asks(Method::POST, &path, &headers, form).await;
        let page = String::from_utf8_lossy(response.body());
        assert_eq!(response.status(), 400, "{reason}: {page}");
        assert!(page.contains(reason), "{reason}: {page}");
    }
    until_gone(&daemon).await;
    assert_eq!(browser.sends(&path, "", &[("a %22b%22.txt", b"a")]).await.0, 200, "the link is good still");
    assert_eq!(alice.sees("tea", "").await["files"][0]["name"], "a _b_.txt");
}

/// A link does what its maker may do, as long as they are signed in there.
#[tokio::test]
async fn a_link_ends_with_the_right_to_it() {
    let daemon = daemon().await;
    let [mut alice, mut bob] = [daemon.person("alice").await, daemon.person("bob").await];
    alice.creates("plans", "private").await;
    alice.invites("plans", &mut bob).await;
    let [left, signed_out] = [link(&mut bob, "plans", None).await, link(&mut alice, "plans", None).await];
    let browser = Browser(&daemon);
    let plans = bob.id("plans");
    bob.asks("channel_leave", json!({"id": plans})).await;
    let (status, page) = browser.sends(&left, "", &[("a.txt", b"a")]).await;
    assert_eq!(status, 404, "{page}");
    daemon.post("/v1/logout", Some(&alice.token), &json!({})).await.done(200);
    assert_eq!(browser.opens(&signed_out).await.0, 404);
    assert_eq!(browser.opens("/l/3n8v0c5rk2w9z7d4h1qt").await.0, 404, "nobody made it");
}

/// "Only these pages take an `Origin` (their own, or `null` with a valid link); elsewhere 403 stays."
#[tokio::test]
async fn other_pages_ask_for_nothing() {
    let daemon = daemon().await;
    let mut alice = daemon.person("alice").await;
    alice.joins("tea").await;
    let path = link(&mut alice, "tea", None).await;
    let browser = Browser(&daemon);
    let from = async |origin: &str, path: &str| {
        browser.asks(Method::GET, path, &[(header::ORIGIN, origin)], Vec::new()).await.status().as_u16()
    };
    assert_eq!([from(PUBLIC_URL, &path).await, from("null", &path).await], [200, 200]);
    assert_eq!([from("https://evil.example", &path).await, from("null", "/healthz").await], [403, 403]);
    let page = browser.asks(Method::GET, &path, &[], Vec::new()).await;
    let policy = page.headers()[header::CONTENT_SECURITY_POLICY].to_str().expect("text");
    assert!(policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert_eq!(page.headers()[header::REFERRER_POLICY], "no-referrer");
}

/// "They need `files.public_url`; without it the command says what to set."
#[tokio::test]
async fn without_an_address_there_are_no_links() {
    let daemon = Daemon::start().await;
    let mut alice = daemon.person("alice").await;
    alice.joins("tea").await;
    let id = alice.id("tea");
    let refused = alice.gets_refused("link_create", json!({"id": id}), "no_public_url").await;
    assert!(refused.reason.contains("`files.public_url`"), "{refused:?}");
}
