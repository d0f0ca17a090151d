//! Tokens: JWTs signed with a key of this daemon, each naming a session of the store.
//!
//! One key, one algorithm (HS256): what another algorithm, a key in the header or a foreign issuer
//! says is not looked at. The library does the format; its signing is two calls of `hmac`, which
//! keeps a whole TLS library out of the build.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Once;

use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use proto::{Handle, SessionId, Timestamp, Token};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use signature::{Signer, Verifier};

pub(crate) const KEY_FILE: &str = "token.key";
const KEY_BYTES: usize = 32;
const ISSUER: &str = "chatd";

/// Why a token opens nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not a token of this daemon.
    #[error("the token is not valid here")]
    Invalid,
    /// Its time is over.
    #[error("the token has expired")]
    Expired,
}

/// The content of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// The handle of the session's account.
    pub handle: Handle,
    /// The session that the token belongs to.
    pub session: SessionId,
    /// When the token expires.
    pub expires: Timestamp,
}

/// The form on the wire; times are seconds, as RFC 7519 has them.
#[derive(Serialize, Deserialize)]
struct Body {
    iss: String,
    sub: Handle,
    sid: SessionId,
    iat: i64,
    exp: i64,
    /// The end in milliseconds, for lifetimes that are no whole seconds.
    #[serde(default)]
    exp_ms: Option<i64>,
    /// Not ours, but understood.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
}

/// Makes and reads tokens.
pub struct Tokens {
    signing: EncodingKey,
    verifying: DecodingKey,
    validation: Validation,
}

impl Tokens {
    /// Takes the key that the service manager handed over (`LoadCredential=token.key:…`), else the one in the data
    /// folder, where it is made (0600) at the first start.
    ///
    /// # Errors
    /// What the system said, or that the file is no key.
    pub fn open(folder: &Path) -> io::Result<Self> {
        let handed_over = crate::secret::credential(KEY_FILE);
        let is_ours = handed_over.is_none();
        let path = handed_over.unwrap_or_else(|| folder.join(KEY_FILE));
        if is_ours && !path.exists() {
            write_key(folder, &path)?;
        }
        let told = |error: io::Error| io::Error::new(error.kind(), format!("`{}`: {error}", path.display()));
        let bytes_max = KEY_BYTES as u64 + 1;
        let read =
            if is_ours { crate::secret::read(&path, bytes_max) } else { crate::secret::read_closed(&path, bytes_max) };
        let key = read.map_err(told)?;
        if key.len() != KEY_BYTES {
            let reason = format!("`{}` is not a key of {KEY_BYTES} bytes", path.display());
            return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
        }
        Ok(Self::from_key(&key))
    }

    /// Tells whether there is a key already.
    pub fn are_kept(folder: &Path) -> bool {
        crate::secret::credential(KEY_FILE).is_some() || folder.join(KEY_FILE).exists()
    }

    fn from_key(key: &[u8]) -> Self {
        install_provider();
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[ISSUER]);
        validation.set_required_spec_claims(&["exp", "iss", "sub"]);
        // The daemon's clock decides, not the library's.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        Self { signing: EncodingKey::from_secret(key), verifying: DecodingKey::from_secret(key), validation }
    }

    /// Signs a token.
    pub fn issue(&self, claims: &Claims, now: Timestamp) -> Token {
        let body = Body {
            iss: ISSUER.to_owned(),
            sub: claims.handle.clone(),
            sid: claims.session,
            iat: now.as_millis().div_euclid(1_000),
            exp: claims.expires.as_millis().div_euclid(1_000),
            exp_ms: Some(claims.expires.as_millis()),
            nbf: None,
        };
        let text = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &body, &self.signing)
            .expect("claims of texts and numbers can be written");
        Token::new(text)
    }

    /// Reads a token. That its session is alive, the store must say.
    ///
    /// # Errors
    /// See [`TokenError`].
    pub fn verify(&self, token: &Token, now: Timestamp) -> Result<Claims, TokenError> {
        if token.is_too_long() {
            return Err(TokenError::Invalid);
        }
        let header = jsonwebtoken::decode_header(token.expose()).map_err(|_| TokenError::Invalid)?;
        // Extensions that must be understood are not; keys by reference are nobody's.
        let by_reference = header.jku.is_some() || header.jwk.is_some() || header.x5u.is_some() || header.kid.is_some();
        let by_reference = by_reference || header.x5c.is_some();
        if by_reference || header.crit.is_some() || header.alg != Algorithm::HS256 {
            return Err(TokenError::Invalid);
        }
        let body = jsonwebtoken::decode::<Body>(token.expose(), &self.verifying, &self.validation)
            .map_err(|_| TokenError::Invalid)?
            .claims;
        let from_seconds = |seconds: i64| Timestamp::from_millis(seconds.saturating_mul(1_000));
        if body.nbf.is_some_and(|begins| from_seconds(begins) > now) {
            return Err(TokenError::Invalid);
        }
        // The milliseconds say more of the same second, and nothing else.
        let exact = body.exp_ms.filter(|millis| millis.div_euclid(1_000) == body.exp);
        let expires = exact.map_or(from_seconds(body.exp), Timestamp::from_millis);
        if expires <= now {
            return Err(TokenError::Expired);
        }
        Ok(Claims { handle: body.sub, session: body.sid, expires })
    }
}

/// Makes the key in one step: a start that is cut short leaves none, or a whole one.
fn write_key(folder: &Path, path: &Path) -> io::Result<()> {
    let mut key = [0; KEY_BYTES];
    getrandom::fill(&mut key).map_err(|error| io::Error::other(error.to_string()))?;
    let new = path.with_extension("new");
    let mut file = crate::secret::make_own(&new)?;
    file.write_all(&key)?;
    file.sync_all()?;
    std::fs::rename(&new, path)?;
    File::open(folder)?.sync_all()
}

fn install_provider() {
    static PROVIDER: CryptoProvider = CryptoProvider {
        signer_factory: |_, key| Ok(Box::new(Hs256::new(key.as_bytes()))),
        verifier_factory: |_, key| Ok(Box::new(Hs256::new(key.try_get_as_bytes()?))),
        key_utils: KeyUtils::new_unimplemented(),
    };
    static INSTALLED: Once = Once::new();

    INSTALLED.call_once(|| PROVIDER.install_default().expect("nothing else in this process brings a provider"));
}

struct Hs256(Hmac<Sha256>);

impl Hs256 {
    fn new(key: &[u8]) -> Self {
        Self(Hmac::new_from_slice(key).expect("HMAC takes keys of any length"))
    }
}

impl Signer<Vec<u8>> for Hs256 {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, signature::Error> {
        Ok(self.0.clone().chain_update(message).finalize().into_bytes().to_vec())
    }
}

impl Verifier<Vec<u8>> for Hs256 {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        self.0.clone().chain_update(message).verify_slice(signature).map_err(|_| signature::Error::new())
    }
}

impl JwtSigner for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

impl JwtVerifier for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn tokens() -> Tokens {
        Tokens::from_key(&[7; KEY_BYTES])
    }

    fn claims() -> Claims {
        Claims { handle: "alice".parse().unwrap(), session: "s1".parse().unwrap(), expires: NOW.plus_millis(1_500) }
    }

    /// Signs any header and body with the right key, as an attacker with a leaked signer could not.
    fn signed(header: &str, body: &str) -> Token {
        let encode = |text: &str| base64url(text.as_bytes());
        let message = format!("{}.{}", encode(header), encode(body));
        let signature = Hs256::new(&[7; KEY_BYTES]).sign(message.as_bytes());
        Token::new(format!("{message}.{}", base64url(&signature)))
    }

    fn base64url(bytes: &[u8]) -> String {
        const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let mut text = String::new();
        for chunk in bytes.chunks(3) {
            let number =
                chunk.iter().fold(0u32, |number, byte| number << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
            for place in 0..=chunk.len() {
                text.push(char::from(LETTERS[(number >> (18 - 6 * place)) as usize & 63]));
            }
        }
        text
    }

    #[test]
    fn a_token_says_what_it_was_made_with_until_its_end() {
        let tokens = tokens();
        let token = tokens.issue(&claims(), NOW);
        assert_eq!(tokens.verify(&token, NOW), Ok(claims()));
        assert_eq!(tokens.verify(&token, NOW.plus_millis(1_499)), Ok(claims()));
        assert_eq!(tokens.verify(&token, NOW.plus_millis(1_500)), Err(TokenError::Expired));
    }

    #[test]
    fn forged_tokens_open_nothing() {
        let tokens = tokens();
        let good = r#"{"iss":"chatd","sub":"alice","sid":"s1","iat":1,"exp":9999999999}"#;
        assert!(tokens.verify(&signed(r#"{"alg":"HS256"}"#, good), NOW).is_ok(), "the helper signs well");
        for header in [
            r#"{"alg":"none"}"#,
            r#"{"alg":"HS512"}"#,
            r#"{"alg":"RS256"}"#,
            r#"{"alg":"HS256","kid":"../../x"}"#,
            r#"{"alg":"HS256","jku":"http://example.com"}"#,
            r#"{"alg":"HS256","crit":["x"]}"#,
        ] {
            assert_eq!(tokens.verify(&signed(header, good), NOW), Err(TokenError::Invalid), "{header}");
        }
        for body in [
            r#"{"iss":"other","sub":"alice","sid":"s1","iat":1,"exp":9999999999}"#,
            r#"{"iss":"chatd","sub":"alice","sid":"s1","iat":1}"#,
            r#"{"iss":"chatd","sub":"alice","iat":1,"exp":9999999999}"#,
        ] {
            assert_eq!(tokens.verify(&signed(r#"{"alg":"HS256"}"#, body), NOW), Err(TokenError::Invalid), "{body}");
        }
    }

    #[test]
    fn no_changed_letter_passes() {
        let tokens = tokens();
        let token = tokens.issue(&claims(), NOW);
        // The last letter of each part holds unused bits, so it is left out.
        for place in (0..token.expose().len()).step_by(7) {
            let mut text = token.expose().as_bytes().to_vec();
            text[place] = if text[place] == b'A' { b'B' } else { b'A' };
            let changed = Token::new(String::from_utf8(text).unwrap());
            if changed != token {
                assert_eq!(tokens.verify(&changed, NOW), Err(TokenError::Invalid), "letter {place}");
            }
        }
        assert_eq!(tokens.verify(&Token::new(""), NOW), Err(TokenError::Invalid));
        assert_eq!(tokens.verify(&Token::new("x".repeat(5_000)), NOW), Err(TokenError::Invalid));
    }

    #[test]
    fn the_key_is_made_once_and_kept_private() {
        use std::os::unix::fs::MetadataExt;

        let folder = tempfile::tempdir().unwrap();
        let token = Tokens::open(folder.path()).unwrap().issue(&claims(), NOW);
        assert!(Tokens::open(folder.path()).unwrap().verify(&token, NOW).is_ok());
        assert_eq!(std::fs::metadata(folder.path().join(KEY_FILE)).unwrap().mode() & 0o777, 0o600);
        std::fs::write(folder.path().join(KEY_FILE), "short").unwrap();
        assert!(Tokens::open(folder.path()).is_err());
    }

    #[test]
    fn no_key_is_written_behind_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("victim"), "precious").unwrap();
        std::os::unix::fs::symlink(at("victim"), at("token.new")).unwrap();
        std::os::unix::fs::symlink(at("nothing"), at(KEY_FILE)).unwrap();
        Tokens::open(folder.path()).unwrap();
        assert_eq!(std::fs::read(at("victim")).unwrap(), b"precious");
        assert!(at(KEY_FILE).symlink_metadata().unwrap().is_file() && !at("nothing").exists());
    }
}
