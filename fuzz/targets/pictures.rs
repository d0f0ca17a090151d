//! Pictures from anybody: whatever the bytes are, looking at them is bounded, and what is taken out of one once is out of it.
//! Of bytes that contradict themselves decoders make different pixels then, so only sizes are compared.

#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use picture::{Blur, Format, Limits, blurhash, decode, scaled, square, thumbnail, without_metadata};

const LIMITS: Limits = Limits { side: 1_024, memory: 8 << 20, time: Duration::from_secs(2) };

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = Blur::read(text, 24, 18);
    }
    let Some(format) = Format::claimed(bytes) else { return };
    let bytes = bytes.to_vec().into();
    let before = decode(&bytes, format, LIMITS);
    let Ok(cleaned) = without_metadata(&bytes, format) else { return };
    let twice = without_metadata(&cleaned, format).expect("what was cleaned is still made as its format is");
    assert_eq!(twice, cleaned, "cleaned once, it stays so");
    let (Ok(before), Ok(after)) = (before, decode(&cleaned, format, LIMITS)) else { return };
    assert_eq!(before.size(), after.size());
    let _ = (scaled(&before, 16, 16), scaled(&after, 16, 16));
    let blur = blurhash(&after);
    assert!(Blur::read(&blur, 24, 18).is_some(), "{blur}");
    for small in [thumbnail(&after), square(&after, 64)] {
        let small = small.expect("it can be encoded");
        let format = Format::claimed(&small.bytes).expect("it is a picture");
        assert!(decode(&small.bytes.into(), format, Limits::PREVIEW).is_ok());
    }
});
