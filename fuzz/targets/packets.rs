//! Frames of WebSocket text, as the daemon and as the client reads them.

#![no_main]

use libfuzzer_sys::fuzz_target;
use proto::codec::{decode_incoming, decode_requests, encode_request};

fuzz_target!(|text: &str| {
    let _ = decode_incoming(text);
    for request in decode_requests(text).into_iter().flatten() {
        let (Some(reference), Ok(packet)) = (request.reference, request.packet) else { continue };
        // What was read is read again from what it is written as.
        let written = encode_request(&reference, &packet);
        let again = decode_requests(&written).expect("a packet of ours is JSON").remove(0);
        assert_eq!((again.reference, again.packet), (Some(reference), Ok(packet)), "{written}");
    }
});
