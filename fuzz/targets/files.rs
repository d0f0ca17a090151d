//! Names of files, and what is asked about uploads: a name is safe to save under whatever it was, and stays so.

#![no_main]

use libfuzzer_sys::fuzz_target;
use proto::FileName;
use proto::http::{Query, UploadPartQuery, UploadQuery};

fuzz_target!(|text: &str| {
    let name = FileName::cleaned(text);
    let cleaned = name.as_str();
    assert_eq!(FileName::cleaned(cleaned).as_str(), cleaned, "cleaned once, it stays so");
    assert!((1..=200).contains(&cleaned.len()), "{cleaned:?}");
    assert!(!cleaned.starts_with(['.', '-', ' ']) && !cleaned.ends_with(['.', ' ']), "{cleaned:?}");
    assert!(!cleaned.contains(['/', '\\', ':', '\0', '\n', '\u{202e}']), "{cleaned:?}");
    if let Ok(query) = UploadQuery::read(text) {
        assert_eq!(UploadQuery::read(&query.write()).expect("as it was written"), query);
    }
    if let Ok(query) = UploadPartQuery::read(text) {
        assert_eq!(UploadPartQuery::read(&query.write()).expect("as it was written"), query);
    }
});
