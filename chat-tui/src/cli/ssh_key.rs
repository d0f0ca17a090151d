//! Being whoever the ssh key of this login belongs to: for a forced command, where many people share a Unix user.

use std::io::{BufRead, Read, Write};

use proto::{DeviceName, ErrorCode};
use sha2::{Digest, Sha256};

use super::{Settings, sign_in};
use crate::failure::Failure;
use crate::http::{self, RequestError};
use crate::session::{Server, Session, Source};

/// Bytes of what is read: a key, or a line that is typed.
const TEXT_BYTES_MAX: u64 = 65_536;

/// Gives the public key that opened this login, `TYPE BASE64`.
pub(super) fn of_this_login() -> Result<String, Failure> {
    let usage = |reason: &str| Failure::Usage(format!("--by-ssh-key: {reason}"));
    let path = std::env::var_os("SSH_USER_AUTH");
    let path = path.ok_or_else(|| usage("SSH_USER_AUTH is not set; sshd needs `ExposeAuthInfo yes`"))?;
    let mut text = String::new();
    std::fs::File::open(path)?.take(TEXT_BYTES_MAX).read_to_string(&mut text)?;
    key_in(&text).ok_or_else(|| usage("this login was opened by no key of its own"))
}

/// Finds the key in what sshd tells: a line for each way in which somebody has proved who they are. Source:
/// sshd_config(5), `ExposeAuthInfo`.
fn key_in(text: &str) -> Option<String> {
    let keys = text.lines().filter_map(|line| line.trim().strip_prefix("publickey "));
    // Of a certificate each renewal is another text.
    keys.into_iter().find(|key| !key.contains("-cert-")).map(str::to_owned)
}

/// Gives the name of the profile that belongs to a key.
pub(super) fn profile_of_key(key: &str) -> String {
    let hash = Sha256::digest(key.as_bytes());
    let name: String = hash.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    format!("ssh-{name}")
}

/// Signs in with a key; asks for a handle where it has none yet.
pub(super) async fn session(
    settings: &Settings,
    server: &Server,
    device: &DeviceName,
    key: &str,
) -> Result<Session, Failure> {
    let mut wish = settings.user.clone();
    loop {
        let reason = match http::by_ssh_key(server, device, key, wish.as_deref()).await {
            Ok(session) => return Ok(Session { source: Source::Passing, ..session }),
            Err(RequestError::Refused(refusal)) => match refusal.code {
                ErrorCode::NoSuchUser if wish.is_none() => "Your key is new here.".to_owned(),
                ErrorCode::UserExists => "This handle is somebody else's.".to_owned(),
                ErrorCode::InvalidHandle => refusal.reason,
                _ => return Err(Failure::SignIn(refusal.reason)),
            },
            Err(error) => return Err(sign_in::refused(error)),
        };
        wish = Some(ask_for_handle(&reason)?);
    }
}

fn ask_for_handle(reason: &str) -> Result<String, Failure> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", crate::text::CleanLine::new(reason))?;
    write!(out, "By which handle shall others know you? ")?;
    out.flush()?;
    let mut line = String::new();
    if std::io::stdin().lock().take(TEXT_BYTES_MAX).read_line(&mut line)? == 0 {
        return Err(Failure::SignIn("no handle was chosen".to_owned()));
    }
    Ok(line.trim().trim_start_matches('@').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_found_in_what_sshd_tells() {
        assert_eq!(key_in("publickey ssh-ed25519 AAAA\n").as_deref(), Some("ssh-ed25519 AAAA"));
        assert_eq!(key_in("password\npublickey ssh-rsa BBBB\n").as_deref(), Some("ssh-rsa BBBB"));
        assert_eq!(key_in("publickey ssh-ed25519-cert-v01@openssh.com CCCC\n"), None);
        assert_eq!(key_in("password\n"), None);
        assert_ne!(profile_of_key("ssh-ed25519 AAAA"), profile_of_key("ssh-ed25519 AAAB"));
    }
}
