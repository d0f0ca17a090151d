//! Tokens: no text opens anything that this key has not signed.

#![no_main]

use std::sync::LazyLock;

use chatd::token::{Claims, Tokens};
use libfuzzer_sys::fuzz_target;
use proto::{Timestamp, Token};

static TOKENS: LazyLock<Tokens> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder");
    Tokens::open(folder.path()).expect("a key")
});

fuzz_target!(|input: (&str, u16, u8)| {
    let (text, place, change) = input;
    let now = Timestamp::from_millis(1_795_255_200_000);
    assert!(TOKENS.verify(&Token::new(text), now).is_err(), "{text}");
    // One letter of a good token is another, and it is no token any more.
    let (Ok(handle), Ok(session)) = ("alice".parse(), "s1".parse()) else { return };
    let claims = Claims { handle, session, expires: now.plus_millis(1_000) };
    let good = TOKENS.issue(&claims, now);
    assert_eq!(TOKENS.verify(&good, now), Ok(claims.clone()));
    let mut bytes = good.expose().as_bytes().to_vec();
    let place = usize::from(place) % bytes.len();
    bytes[place] ^= change & 0x7f;
    let changed = String::from_utf8(bytes).expect("ASCII");
    if changed != good.expose() {
        assert!(TOKENS.verify(&Token::new(&*changed), now).is_err(), "{changed}");
    }
});
