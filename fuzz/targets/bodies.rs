//! Bodies of HTTP requests, and what is checked of them before the store is asked.

#![no_main]

use libfuzzer_sys::fuzz_target;
use proto::http::{Credentials, GuestWish, decode_object};
use proto::{ChannelName, Handle, Topic};

fuzz_target!(|body: &[u8]| {
    if let Ok(wish) = decode_object::<GuestWish>(body) {
        let _ = wish.handle.map(|handle| handle.parse::<Handle>());
    }
    let Ok(credentials) = decode_object::<Credentials>(body) else { return };
    let _ = chatd::password::check_size(&credentials.password);
    if let Ok(handle) = credentials.handle.parse::<Handle>() {
        let _ = chatd::password::check_new(&credentials.password, &handle);
        assert!(handle.as_str().bytes().all(|byte| byte.is_ascii_graphic() && !byte.is_ascii_uppercase()), "{handle}");
    }
    if let Ok(name) = credentials.handle.parse::<ChannelName>() {
        assert!(!name.as_str().contains(char::is_control), "{name}");
    }
    if let Ok(topic) = credentials.handle.parse::<Topic>() {
        assert!(!topic.as_str().contains(char::is_control));
    }
});
