//! A real nginx before the daemon, with the configuration that is shipped.

use std::net::TcpListener;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::io::{FdFlags, fcntl_setfd};
use serde_json::json;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::support::{Daemon, Door, PASSWORD, Setup, client_binary, soon};

/// How long after a message the next one is said to who may not have listened yet.
const SAID_AGAIN: Duration = Duration::from_millis(200);

const NGINX: &str = "/usr/sbin/nginx";

/// A running nginx; it is stopped when dropped.
struct Nginx {
    child: Child,
    folder: TempDir,
    url: String,
}

impl Nginx {
    /// Starts it before a daemon; `None` where there is none.
    fn before(daemon: &Daemon, encrypted: bool) -> Option<Self> {
        if !Path::new(NGINX).exists() {
            return None;
        }
        let folder = TempDir::with_prefix("chat-nginx-").expect("a folder can be made");
        let socket = TcpListener::bind("127.0.0.1:0").expect("a port can be had");
        fcntl_setfd(&socket, FdFlags::empty()).expect("it can be given away");
        let address = socket.local_addr().expect("it has one");
        let at = |name: &str| folder.path().join(name).to_str().expect("a path is text").to_owned();
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
        std::fs::write(at("tls.crt"), made.cert.pem()).expect("it can be written");
        std::fs::write(at("tls.key"), made.signing_key.serialize_pem()).expect("it can be written");
        let shipped = include_str!("../dist/nginx/chat.conf");
        let server = shipped
            .replace("listen 443 ssl;", &format!("listen {address}{};", if encrypted { " ssl" } else { "" }))
            .replace("/var/log/nginx/", &at(""))
            .replace("/etc/nginx/tls", &at("tls"))
            .replace("127.0.0.1:7300", &daemon.address().to_string());
        let paths: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("{kind}_temp_path {};\n", at(kind)))
            .concat();
        // The folder is of whoever runs the story.
        let user = if rustix::process::geteuid().is_root() { "user root;\n" } else { "" };
        let config = format!(
            "{user}daemon off;\nworker_processes 1;\npid {};\nerror_log {} info;\nevents {{}}\nhttp {{\naccess_log off;\n{paths}{server}}}\n",
            at("pid"),
            at("error.log"),
        );
        std::fs::write(at("nginx.conf"), config).expect("it can be written");
        // As it hands its sockets to the next version of itself.
        let child = Command::new(NGINX)
            .args(["-p", &at(""), "-e", &at("error.log"), "-c", &at("nginx.conf")])
            .env("NGINX", format!("{};", socket.as_raw_fd()))
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("nginx can be started");
        let url = format!("{}://{address}", if encrypted { "https" } else { "http" });
        // The socket listens already: who comes before nginx does, waits.
        Some(Self { child, folder, url })
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("error.log")).unwrap_or_default()
    }

    fn client(&self, home: &PathBuf, arguments: &[&str]) -> String {
        let mut command = Command::new(client_binary());
        command.env_clear().env("HOME", home).env("CHAT_SERVER", &self.url).args(arguments).stdin(Stdio::null());
        let output = command.output().expect("the client can be run");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{arguments:?}: {told}\n{}", self.log());
        String::from_utf8(output.stdout).expect("text")
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // Killed, it would leave its workers behind.
        let id = rustix::process::Pid::from_child(&self.child);
        let _ = rustix::process::kill_process(id, rustix::process::Signal::TERM);
        let _ = self.child.wait();
    }
}

/// "Notes for a reverse proxy …, tested with nginx from Debian": sign-up, messages and what comes live, over TLS.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_come_through_nginx() {
    let daemon = Setup::new().with(|config| config.proxies = vec![local()]).start().await;
    let Some(nginx) = Nginx::before(&daemon, true) else { return };
    let home = nginx.folder.path().join("home");
    let cert = nginx.folder.path().join("tls.crt");
    let ca = ["--ca", cert.to_str().expect("a path is text")];
    let register = ["register", "--user", "alice", "--password", PASSWORD];
    nginx.client(&home, &[&register[..], &ca].concat());
    nginx.client(&home, &[&["send", "tea", "through a proxy", "--create"][..], &ca].concat());
    let mut bob = daemon.person("bob").await;
    bob.joins("tea").await;
    let mut tail = tokio::process::Command::new(client_binary());
    tail.env_clear().env("HOME", &home).env("CHAT_SERVER", &nginx.url);
    tail.args(["tail", "tea", "--limit", "0", "--count", "1"]).args(ca).stdout(Stdio::piped()).kill_on_drop(true);
    let mut tail = tail.spawn().expect("the client can be run");
    let mut lines = BufReader::new(tail.stdout.take().expect("its output is ours")).lines();
    // Nothing tells when it listens: what was said before that is not for it.
    let line = soon("what is said now", async {
        loop {
            bob.sends("tea", "and live").await;
            if let Ok(line) = tokio::time::timeout(SAID_AGAIN, lines.next_line()).await {
                break line.expect("it can be read").expect("it says something");
            }
        }
    });
    assert!(line.await.contains("and live"));
}

fn local() -> chatd::config::Network {
    chatd::config::Network::try_from("127.0.0.1".to_owned()).expect("an address")
}

/// "forwarded address trusted only from named proxies": limits hold for who asks, and nobody invents an address.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn limits_hold_for_who_asks() {
    for named in [true, false] {
        let daemon = Setup::new()
            .with(|config| {
                config.proxies = if named { vec![local()] } else { Vec::new() };
                config.limits.connections_per_address = 2;
            })
            .start()
            .await;
        let Some(nginx) = Nginx::before(&daemon, false) else { return };
        let door = Door::at(&nginx.url);
        let upgrade = |from: &str| {
            format!(
                "GET /v1/ws HTTP/1.1\r\nHost: chat\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                 Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nX-Forwarded-For: {from}\r\n\r\n"
            )
        };
        let mut open = Vec::new();
        for (from, allowed) in [
            ("192.0.2.1", true),
            ("198.51.100.9, 192.0.2.1", true),
            ("198.51.100.9, 192.0.2.1", !named),
            ("192.0.2.2", true),
            ("nobody", true),
        ] {
            let mut raw = door.raw().await;
            raw.writes(&upgrade(from)).await;
            let head = raw.reads_head().await;
            let status = if allowed { "HTTP/1.1 101 " } else { "HTTP/1.1 429 " };
            assert!(head.starts_with(status), "{from}, named: {named}: {head}\n{}", nginx.log());
            open.push(raw);
        }
        drop(open);
        // The figures are for this machine; a proxy does not make a machine out of the world.
        let mut raw = door.raw().await;
        raw.writes(
            "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n",
        )
        .await;
        assert!(raw.reads_to_the_end().await.starts_with("HTTP/1.1 404 "));
        daemon.post("/v1/guest", None, &json!({})).await.done(201);
    }
}
