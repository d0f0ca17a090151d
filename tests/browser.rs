//! The pages of links in a real browser, which is led by its DevTools protocol.

use std::path::Path;
use std::process::Stdio;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

use crate::support::{Daemon, Person, Setup, soon};

const CHROMIUM: &str = "/usr/bin/chromium";
const HOST: &str = "chat.example.org";

/// A browser with one page; it is killed when dropped.
struct Browser {
    _child: Child,
    folder: TempDir,
    socket: WebSocketStream<TcpStream>,
    session: Value,
    asked: u64,
}

impl Browser {
    /// Starts it so that it finds a daemon behind a name; `None` where there is none.
    async fn before(daemon: &Daemon) -> Option<Self> {
        if !Path::new(CHROMIUM).exists() {
            return None;
        }
        let folder = TempDir::with_prefix("chat-browser-").expect("a folder can be made");
        let mut command = Command::new(CHROMIUM);
        command.args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-port=0"]);
        command.arg(format!("--host-resolver-rules=MAP {HOST} {}", daemon.address()));
        command.arg(format!("--user-data-dir={}", folder.path().display())).arg("about:blank");
        let child =
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true).spawn();
        let mut child = child.expect("the browser can be started");
        let mut lines = BufReader::new(child.stderr.take().expect("its output is ours")).lines();
        let listening = async {
            loop {
                let line = lines.next_line().await.expect("it can be read").expect("it says where it listens");
                if let Some(url) = line.strip_prefix("DevTools listening on ") {
                    break url.to_owned();
                }
            }
        };
        let url = soon("the browser", listening).await;
        // It says more later, and must not meet a closed pipe.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let address = url.trim_start_matches("ws://").split('/').next().expect("an address");
        let stream = TcpStream::connect(address).await.expect("it listens");
        let (socket, _) = tokio_tungstenite::client_async(&url, stream).await.expect("it speaks WebSocket");
        let mut browser = Self { _child: child, folder, socket, session: Value::Null, asked: 0 };
        let target = browser.does("Target.createTarget", json!({"url": "about:blank"})).await;
        let attached = json!({"targetId": target["targetId"], "flatten": true});
        browser.session = browser.does("Target.attachToTarget", attached).await["sessionId"].take();
        Some(browser)
    }

    async fn does(&mut self, method: &str, parameters: Value) -> Value {
        self.tries(method, parameters).await.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// The same for what cannot be done while a page goes away.
    async fn tries(&mut self, method: &str, parameters: Value) -> Result<Value, Value> {
        self.asked += 1;
        let mut request = json!({"id": self.asked, "method": method, "params": parameters});
        if !self.session.is_null() {
            request["sessionId"] = self.session.clone();
        }
        self.socket.send(Message::text(request.to_string())).await.expect("it listens");
        soon(method, async {
            loop {
                let frame = self.socket.next().await.expect("it goes on").expect("it can be read");
                let Ok(text) = frame.into_text() else { continue };
                let mut said: Value = serde_json::from_str(&text).unwrap_or_default();
                if said["id"] == self.asked {
                    break if said["error"].is_null() { Ok(said["result"].take()) } else { Err(said["error"].take()) };
                }
            }
        })
        .await
    }

    async fn opens(&mut self, url: &str, text: &str) {
        self.does("Page.navigate", json!({"url": url})).await;
        self.shows(text).await;
    }

    /// Waits until a text stands on the page.
    async fn shows(&mut self, text: &str) {
        soon(text, async {
            loop {
                let page = self.does("DOM.getDocument", json!({"depth": 0})).await;
                let html = self.tries("DOM.getOuterHTML", json!({"nodeId": page["root"]["nodeId"]})).await;
                if html.is_ok_and(|html| html["outerHTML"].as_str().is_some_and(|html| html.contains(text))) {
                    break;
                }
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        })
        .await;
    }

    async fn finds(&mut self, selector: &str) -> Value {
        let page = self.does("DOM.getDocument", json!({"depth": 0})).await;
        let wanted = json!({"nodeId": page["root"]["nodeId"], "selector": selector});
        self.does("DOM.querySelector", wanted).await["nodeId"].take()
    }

    /// Fills the form in as a person does, and sends it.
    async fn sends(&mut self, caption: &str, files: &[(&str, &[u8])]) {
        let field = self.finds("textarea").await;
        self.does("DOM.focus", json!({"nodeId": field})).await;
        self.does("Input.insertText", json!({"text": caption})).await;
        let mut paths = Vec::new();
        for (name, bytes) in files {
            let path = self.folder.path().join(name);
            std::fs::write(&path, bytes).expect("it can be written");
            paths.push(path);
        }
        let input = self.finds("input[type=file]").await;
        self.does("DOM.setFileInputFiles", json!({"nodeId": input, "files": paths})).await;
        self.clicks("button[type=submit]").await;
    }

    /// Presses Enter on something that can be clicked.
    async fn clicks(&mut self, selector: &str) {
        let button = self.finds(selector).await;
        self.does("DOM.focus", json!({"nodeId": button})).await;
        let key =
            |kind| json!({"type": kind, "key": "Enter", "code": "Enter", "text": "\r", "windowsVirtualKeyCode": 13});
        for kind in ["keyDown", "keyUp"] {
            self.does("Input.dispatchKeyEvent", key(kind)).await;
        }
    }
}

async fn link(person: &mut Person, index: Option<u64>) -> String {
    let id = person.id("tea");
    let wish = index.map_or_else(|| json!({"id": id}), |index| json!({"id": id, "index": index}));
    let made = person.asks("link_create", wish).await;
    made["url"].as_str().expect("a link").to_owned()
}

/// "opened on a phone or laptop as a small self-contained page (… works without JavaScript, … several files)", "tested in a real
/// browser": with its script and without.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_are_sent_and_fetched_in_a_browser() {
    let daemon = Setup::new().with(|config| config.files.public_url = Some(format!("http://{HOST}"))).start().await;
    let Some(mut browser) = Browser::before(&daemon).await else { return };
    let mut alice = daemon.person("alice").await;
    alice.joins("tea").await;
    for (is_scripted, caption) in [(true, "with a script"), (false, "without one")] {
        browser.does("Emulation.setScriptExecutionDisabled", json!({"value": !is_scripted})).await;
        let url = link(&mut alice, None).await;
        browser.opens(&url, "Send files to").await;
        browser.sends(caption, &[("a.txt", b"leaves"), ("b.bin", &[7; 3_000_000])]).await;
        browser.shows("2 files are in").await;
        let seen = alice.sees("tea", caption).await;
        let sizes = seen["files"].as_array().expect("files").iter().map(|file| (&file["name"], &file["size"]));
        assert_eq!(sizes.collect::<Vec<_>>(), [(&json!("a.txt"), &json!(6)), (&json!("b.bin"), &json!(3_000_000))]);
        browser.opens(&url, "This link has ended, or was used").await;
    }
    let url = link(&mut alice, Some(1)).await;
    browser.opens(&url, "2 files from").await;
    let folder = browser.folder.path().to_owned();
    let there = json!({"behavior": "allow", "downloadPath": folder.join("saved")});
    browser.does("Browser.setDownloadBehavior", there).await;
    browser.clicks("a[download]").await;
    soon("the file", async {
        while std::fs::read(folder.join("saved/a.txt")).ok().as_deref() != Some(b"leaves") {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    })
    .await;
}
