//! Encrypted connections: whom a client takes for the server, and what the daemon serves with.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};

use crate::support::{DEADLINE, Folder, Key, Link, PASSWORD, Process, Screen, client_binary, operator, soon};

/// Those that were made; each has a name of its own.
static AUTHORITIES: AtomicU32 = AtomicU32::new(1);

/// An authority that vouches for servers.
struct Authority {
    cert: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        let number = AUTHORITIES.fetch_add(1, Ordering::Relaxed);
        params.distinguished_name.push(DnType::CommonName, format!("authority {number}"));
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let cert = params.self_signed(&key).expect("a certificate").pem();
        Self { cert, issuer: Issuer::new(params, key) }
    }

    /// Gives a certificate for a name, and its key.
    fn vouches_for(&self, name: &str) -> [String; 2] {
        let params = CertificateParams::new([name.to_owned()]).expect("a name");
        let key = KeyPair::generate().expect("a key");
        [params.signed_by(&key, &self.issuer).expect("a certificate").pem(), key.serialize_pem()]
    }
}

/// A certificate for this machine that only itself vouches for.
fn self_signed() -> [String; 2] {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
    [made.cert.pem(), made.signing_key.serialize_pem()]
}

/// A folder of a daemon that serves over TLS.
struct Place {
    folder: Folder,
}

impl Place {
    fn with(pair: &[String; 2]) -> Self {
        let place = Self { folder: Folder::new() };
        place.renews(pair);
        place
    }

    fn files(&self) -> [PathBuf; 2] {
        ["tls.crt", "tls.key"].map(|name| self.folder.path().join(name))
    }

    /// Puts a certificate and a key in the place of those that are there.
    fn renews(&self, pair: &[String; 2]) {
        for (path, text) in self.files().iter().zip(pair) {
            std::fs::write(path, text).expect("it can be written");
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).expect("it is ours");
        }
    }

    async fn serves(&self) -> Process {
        self.serves_with(&[]).await
    }

    async fn serves_with(&self, settings: &[(&str, &str)]) -> Process {
        let [cert, key] = self.files().map(|path| path.to_str().expect("a path is text").to_owned());
        let mut all = vec![("CHATD_TLS__CERT", cert.as_str()), ("CHATD_TLS__KEY", &key)];
        all.extend(settings);
        Process::start_with(&self.folder, &all).await
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("story.log")).unwrap_or_default()
    }

    /// Waits until the daemon's log tells something.
    #[track_caller]
    fn tells(&self, what: &str) -> impl Future<Output = ()> {
        soon("a line of the log", async move {
            while !self.log().contains(what) {
                tokio::task::yield_now().await;
            }
        })
    }

    /// Gives the key that the daemon names in its log: the newest one.
    fn fingerprint(&self) -> String {
        let log = self.log();
        let (_, key) = log.rsplit_once("fingerprint=\"").expect("the key is named");
        key.split('"').next().expect("it ends").to_owned()
    }
}

/// Somebody's client, in a home of its own.
struct Client {
    home: Arc<TempDir>,
}

impl Client {
    fn new() -> Self {
        Self { home: Arc::new(TempDir::with_prefix("chat-home-").expect("a home can be made")) }
    }

    fn runs(&self, server: &str, arguments: &[&str]) -> Output {
        let mut command = Command::new(client_binary());
        command.env_clear().env("HOME", self.home.path()).env("CHAT_SERVER", server).args(arguments);
        // The authorities of this machine, where a story puts some.
        command.env("SSL_CERT_FILE", self.authorities());
        command.stdin(Stdio::null()).output().expect("the client can be run")
    }

    fn authorities(&self) -> PathBuf {
        self.home.path().join("authorities.pem")
    }

    #[track_caller]
    fn is_in(&self, server: &str, arguments: &[&str]) {
        let output = self.runs(server, arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    #[track_caller]
    fn is_refused(&self, code: i32, server: &str, arguments: &[&str]) -> String {
        let output = self.runs(server, arguments);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {told}");
        assert_eq!(told.lines().count(), 1, "{told}");
        told
    }
}

const REGISTER: [&str; 5] = ["register", "--user", "alice", "--password", PASSWORD];

/// "`chat-tui` verifies with … trust on first use with the fingerprint shown (as ssh does), and stops with a clear
/// warning when a server's key changed."
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_trusted_once_and_another_one_stops() {
    let place = Place::with(&self_signed());
    let daemon = place.serves().await;
    assert!(daemon.url().starts_with("https://127.0.0.1:"), "{}", daemon.url());
    let (alice, key) = (Client::new(), place.fingerprint());
    let told = alice.is_refused(4, daemon.url(), &REGISTER);
    assert!(told.contains(&key), "{told}");
    let told = alice.is_refused(4, daemon.url(), &[&REGISTER[..], &["--trust", "SHA256:another"]].concat());
    assert!(told.contains("not SHA256:another"), "{told}");
    alice.is_in(daemon.url(), &[&REGISTER[..], &["--trust", &key]].concat());
    alice.is_in(daemon.url(), &["send", "tea", "over TLS", "--create"]);
    assert_eq!(alice.runs(daemon.url(), &["history", "tea"]).status.code(), Some(0));

    // The address stays, the key does not: somebody may stand in between.
    let url = daemon.url().to_owned();
    place.renews(&self_signed());
    daemon.reloads();
    place.tells("certificate reloaded").await;
    assert_ne!(place.fingerprint(), key);
    let told = alice.is_refused(4, &url, &["send", "tea", "to whom?"]);
    assert!(
        told.contains("ITS KEY HAS CHANGED") && told.contains(&key) && told.contains(&place.fingerprint()),
        "{told}"
    );
    let screen = Screen::open_at_home(&alice.home, 80, 24, &["--server", &url]);
    screen.shows("SERVER KEY CHANGED");
    drop(screen);
    alice.is_in(&url, &["send", "tea", "to the new one", "--trust", &place.fingerprint()]);
    alice.is_in(&url, &["send", "tea", "which is remembered"]);
}

/// "A wrong certificate on the way": a network that leads elsewhere for a while is told of, and tried again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_key_on_the_way_passes() {
    let right = self_signed();
    let place = Place::with(&right);
    let daemon = place.serves().await;
    let link = Link::to(daemon.address());
    let (alice, url, key) = (Client::new(), link.url().replace("http:", "https:"), place.fingerprint());
    alice.is_in(&url, &[&REGISTER[..], &["--trust", &key]].concat());
    let mut screen = Screen::open_at_home(&alice.home, 110, 24, &["--server", &url, "--join", "tea"]);
    screen.shows("> Message #tea");
    link.breaks();
    screen.shows("Offline");
    place.renews(&self_signed());
    daemon.reloads();
    place.tells("certificate reloaded").await;
    link.mends();
    screen.shows("SERVER KEY CHANGED");
    screen.shows("server key not trusted");
    screen.presses(Key::Escape);
    screen.hides("SERVER KEY CHANGED");
    screen.enters("to the right one");
    screen.shows("Will be sent when you are back online");
    place.renews(&right);
    daemon.reloads();
    soon("the key of before", async {
        while place.fingerprint() != key {
            tokio::task::yield_now().await;
        }
    })
    .await;
    screen.presses(Key::Ctrl('r'));
    screen.shows("● Online");
    screen.hides("Will be sent when you are back online");
    soon("the message in the channel", async {
        let told = || String::from_utf8(alice.runs(&url, &["history", "tea"]).stdout).expect("text");
        while !told().contains("to the right one") {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// The form of the screen asks whether the key is the right one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_screen_asks_about_a_new_server() {
    let place = Place::with(&self_signed());
    let daemon = place.serves().await;
    let home = Client::new().home;
    let mut screen = Screen::open_at_home(&home, 80, 24, &["--server", daemon.url(), "--user", "alice", "--register"]);
    screen.shows("Create account");
    screen.enters(PASSWORD);
    screen.shows("Unknown server key");
    screen.shows(&place.fingerprint());
    screen.presses(Key::Escape);
    screen.shows("The key of this server is not trusted");
    screen.presses(Key::Enter);
    screen.shows("yes or no");
    screen.enters("y");
    screen.shows("yes or no");
    screen.enters("es");
    screen.shows("> Message #lobby");
    screen.presses(Key::Ctrl('q'));
    assert!(screen.ends().success());
    let screen = Screen::open_at_home(&home, 80, 24, &["--server", daemon.url()]);
    screen.shows("> Message #lobby");
}

/// "`chat-tui` verifies with the system roots, `--ca FILE`": who is vouched for is the one that was named.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_authority_vouches_for_a_name() {
    let authority = Authority::new();
    let place = Place::with(&authority.vouches_for("127.0.0.1"));
    let daemon = place.serves().await;
    let (alice, ca) = (Client::new(), place.folder.path().join("ca.pem"));
    let ca = ca.to_str().expect("a path is text");
    std::fs::write(ca, &authority.cert).expect("it can be written");
    let registers = [&REGISTER[..], &["--ca", ca]].concat();
    alice.is_in(daemon.url(), &registers);
    alice.is_in(daemon.url(), &["send", "lobby", "hello", "--ca", ca]);
    // Without the file nobody vouches; with another authority's nobody does either, and no key is asked about.
    alice.is_refused(4, daemon.url(), &["send", "tea", "hello"]);
    std::fs::write(ca, Authority::new().cert).expect("it can be written");
    let told = alice.is_refused(4, daemon.url(), &["send", "lobby", "hello", "--ca", ca]);
    assert!(told.contains("no authority in the file vouches") && !told.contains("--trust"), "{told}");
    // A certificate for somebody else is none, however well vouched for.
    let elsewhere = Place::with(&authority.vouches_for("chat.example"));
    let daemon = elsewhere.serves().await;
    std::fs::write(ca, &authority.cert).expect("it can be written");
    let told = alice.is_refused(4, daemon.url(), &registers);
    assert!(told.contains("somebody else's"), "{told}");
    // One that only itself vouches for can be named as well.
    let pair = self_signed();
    let daemon_place = Place::with(&pair);
    let daemon = daemon_place.serves().await;
    std::fs::write(ca, &pair[0]).expect("it can be written");
    alice.is_in(daemon.url(), &registers);
    let told = alice.is_refused(1, daemon.url(), &["whoami", "--ca", "/dev/null"]);
    assert!(told.contains("no certificate"), "{told}");
}

/// "`chat-tui` verifies with the system roots": without a word where they vouch for the server; one for whom they vouched
/// before and whom nobody vouches for now has changed, and is not a new one to be asked about.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_authorities_of_the_system_vouch() {
    let authority = Authority::new();
    let place = Place::with(&authority.vouches_for("127.0.0.1"));
    let daemon = place.serves().await;
    let alice = Client::new();
    std::fs::write(alice.authorities(), &authority.cert).expect("it can be written");
    alice.is_in(daemon.url(), &REGISTER);
    alice.is_in(daemon.url(), &["send", "tea", "vouched for", "--create"]);
    place.renews(&authority.vouches_for("127.0.0.1"));
    daemon.reloads();
    place.tells("certificate reloaded").await;
    alice.is_in(daemon.url(), &["send", "tea", "with another key that is vouched for as well"]);
    place.renews(&self_signed());
    let before = place.fingerprint();
    daemon.reloads();
    soon("another key", async {
        while place.fingerprint() == before {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let told = alice.is_refused(4, daemon.url(), &["send", "tea", "to whom?"]);
    assert!(told.contains("ITS KEY HAS CHANGED") && told.contains("one that an authority vouched for"), "{told}");
}

/// A certificate that never comes to its end holds up neither the daemon nor its end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reload_holds_nobody_up() {
    let place = Place::with(&self_signed());
    let daemon = place.serves().await;
    let cert = &place.files()[0];
    std::fs::remove_file(cert).expect("it is there");
    assert!(Command::new("mkfifo").arg(cert).status().expect("mkfifo can be run").success());
    daemon.reloads();
    place.tells("configuration rejected").await;
    assert!(place.log().contains("not a plain file"), "{}", place.log());
    daemon.terminates();
    assert!(daemon.ends().await.success());
}

/// "Plain HTTP beyond loopback is refused by both sides unless asked for by name", "a key file that others can read
/// is refused".
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_others_could_read_is_refused() {
    let place = Place::with(&self_signed());
    let data = place.folder.path().join("data");
    let data = data.to_str().expect("a path is text");
    let ended = operator(&place.folder, &["serve", "--listen", "0.0.0.0:0", "--data", data], "").await;
    let told = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!((ended.status.code(), told.lines().count()), (Some(1), 1), "{told}");
    assert!(told.contains("unencrypted on `0.0.0.0:0`") && told.contains("--allow-plain-http"), "{told}");
    let told = Client::new().is_refused(2, "http://192.0.2.1:7300", &["whoami"]);
    assert!(told.contains("is not encrypted") && told.contains("--allow-plain-http"), "{told}");
    let [cert, key] = place.files();
    let files = ["--tls-cert", cert.to_str().expect("text"), "--tls-key", key.to_str().expect("text")];
    let serve = [&["serve", "--listen", "127.0.0.1:0", "--data", data][..], &files].concat();
    for (file, mode, reason) in [
        (&key, 0o644, "others can read"),
        (&key, 0o620, "others can read or change"),
        (&cert, 0o666, "others can change"),
    ] {
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(mode)).expect("it is ours");
        let ended = operator(&place.folder, &serve, "").await;
        let told = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(ended.status.code(), Some(1), "{told}");
        assert!(told.contains(reason), "{mode:o}: {told}");
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)).expect("it is ours");
    }
    std::fs::write(&key, &self_signed()[1]).expect("it can be written");
    let ended = operator(&place.folder, &serve, "").await;
    let told = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(told.contains("certificate and key cannot be used"), "{told}");
    assert!(!std::path::Path::new(data).exists(), "nothing was begun");
}

/// Speaks some versions only, and trusts nobody but this authority.
async fn tls(
    address: std::net::SocketAddr,
    ca: &str,
    versions: &[&'static SupportedProtocolVersion],
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(ca.as_bytes()).expect("a certificate")).expect("an authority");
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(versions)
        .expect("versions that are known")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(address).await?;
    let name = ServerName::try_from("127.0.0.1").expect("a name");
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

async fn asks_for_health(stream: &mut TlsStream<TcpStream>) -> String {
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: chat\r\n\r\n").await.expect("it takes a request");
    let mut reply = vec![0; 1_024];
    let length = soon("a reply", stream.read(&mut reply)).await.expect("it answers");
    String::from_utf8_lossy(&reply[..length]).into_owned()
}

/// "TLS 1.3 (1.2 as an option)".
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_older_version_is_an_option() {
    let authority = Authority::new();
    let place = Place::with(&authority.vouches_for("127.0.0.1"));
    let daemon = place.serves().await;
    let mut new = tls(daemon.address(), &authority.cert, &[&TLS13]).await.expect("it is spoken");
    assert!(asks_for_health(&mut new).await.starts_with("HTTP/1.1 200 "));
    assert!(tls(daemon.address(), &authority.cert, &[&TLS12]).await.is_err());
    daemon.gets_killed().await;
    let daemon = place.serves_with(&[("CHATD_TLS__MIN_VERSION", "\"1.2\"")]).await;
    let mut old = tls(daemon.address(), &authority.cert, &[&TLS12]).await.expect("it is spoken now");
    assert!(asks_for_health(&mut old).await.starts_with("HTTP/1.1 200 "));
}

/// "certificate reload without dropping connections"; one that cannot be used changes nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_is_renewed_under_open_connections() {
    let (old, new) = (Authority::new(), Authority::new());
    let place = Place::with(&old.vouches_for("127.0.0.1"));
    let daemon = place.serves().await;
    let mut open = tls(daemon.address(), &old.cert, &[&TLS13]).await.expect("it is vouched for");
    assert!(asks_for_health(&mut open).await.starts_with("HTTP/1.1 200 "));
    std::fs::write(&place.files()[1], "no key at all").expect("it can be written");
    daemon.reloads();
    place.tells("configuration rejected").await;
    assert!(place.log().contains("has no private key"), "{}", place.log());
    assert!(tls(daemon.address(), &old.cert, &[&TLS13]).await.is_ok(), "the old one stays");

    place.renews(&new.vouches_for("127.0.0.1"));
    daemon.reloads();
    place.tells("certificate reloaded").await;
    assert!(tls(daemon.address(), &old.cert, &[&TLS13]).await.is_err());
    let mut fresh = tls(daemon.address(), &new.cert, &[&TLS13]).await.expect("the new one is served");
    assert!(asks_for_health(&mut fresh).await.starts_with("HTTP/1.1 200 "));
    assert!(asks_for_health(&mut open).await.starts_with("HTTP/1.1 200 "), "what was open stays");
}

/// W15: "TLS hello cut off: closed at 10 s", and what is no TLS at all at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handshake_that_stands_still_is_closed() {
    let place = Place::with(&self_signed());
    let daemon = place.serves().await;
    let mut cut_off = TcpStream::connect(daemon.address()).await.expect("it accepts");
    // A record of a handshake that announces more than it holds.
    cut_off.write_all(&[22, 3, 1, 2, 0, 1, 0]).await.expect("it takes bytes");
    let mut plain = TcpStream::connect(daemon.address()).await.expect("it accepts");
    plain.write_all(b"GET / HTTP/1.1\r\nHost: chat\r\n\r\n").await.expect("it takes bytes");
    let mut rest = Vec::new();
    let _ = soon("the end of what is no TLS", plain.read_to_end(&mut rest)).await;
    assert!(DEADLINE.as_secs() > 10);
    let began = std::time::Instant::now();
    let _ = soon("the end of the handshake", cut_off.read_to_end(&mut rest)).await;
    assert!(began.elapsed().as_secs() >= 5, "it was given time: {:?}", began.elapsed());
    // Neither holds up the end.
    let mut waiting = TcpStream::connect(daemon.address()).await.expect("it accepts");
    waiting.write_all(&[22, 3, 1, 2, 0, 1, 0]).await.expect("it takes bytes");
    daemon.terminates();
    let began = std::time::Instant::now();
    assert!(daemon.ends().await.success());
    assert!(began.elapsed().as_secs() < 5, "nobody waits for strangers: {:?}", began.elapsed());
}
