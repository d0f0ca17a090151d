//! Files over HTTP: the body of an upload as it comes, and responses with ranges.

use std::ops::Range;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Either, Full};
use hyper::body::{Body as _, Incoming};
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};
use proto::ErrorReply;
use proto::http::{Call, UploadAnswer};

use super::response::{Body, ok};
use crate::daemon::Daemon;
use crate::error::{internal, malformed};
use crate::files::ByteSource;
use crate::store::StoredFile;

/// How long an upload may bring nothing.
pub(super) const STALLED_MAX: Duration = Duration::from_secs(30);

/// The body of a request.
pub(super) struct BodyBytes<'a>(pub(super) &'a mut Incoming);

impl ByteSource for BodyBytes<'_> {
    fn size(&self) -> Option<u64> {
        self.0.size_hint().exact()
    }

    async fn next(&mut self) -> Result<Option<Bytes>, ErrorReply> {
        loop {
            match tokio::time::timeout(STALLED_MAX, self.0.frame()).await {
                Ok(None) => return Ok(None),
                // Of what may come behind the bytes nothing is of use.
                Ok(Some(Ok(frame))) => {
                    if let Ok(bytes) = frame.into_data() {
                        return Ok(Some(bytes));
                    }
                }
                Ok(Some(Err(_))) => return Err(malformed("the body broke off")),
                Err(_) => return Err(malformed("the body took too long")),
            }
        }
    }
}

/// Answers how far an upload is: a header says it to those who ask for no body.
pub(super) fn with_offset<C: Call<Answer = UploadAnswer>>(at: &C, answer: &UploadAnswer) -> Response<Body> {
    let mut response = ok(at, answer);
    response.headers_mut().insert("upload-offset", HeaderValue::from(answer.upload.offset));
    response
}

/// What is asked of a file.
enum Wanted {
    All,
    Part(Range<u64>),
    /// The asker has it already.
    Nothing,
    /// Nothing is there.
    Beyond,
}

/// Answers who fetches a file.
pub(super) async fn respond(
    daemon: &Daemon,
    headers: &HeaderMap,
    file: StoredFile,
) -> Result<Response<Body>, ErrorReply> {
    let size = file.info.size;
    let tag = format!("\"{}\"", file.info.sha256);
    let (status, part) = match wanted(headers, &tag, size) {
        Wanted::All => (StatusCode::OK, Some(0..size)),
        Wanted::Part(part) => (StatusCode::PARTIAL_CONTENT, Some(part)),
        Wanted::Nothing => (StatusCode::NOT_MODIFIED, None),
        Wanted::Beyond => (StatusCode::RANGE_NOT_SATISFIABLE, None),
    };
    let body = match &part {
        Some(part) => {
            let bytes = daemon.files.read(file.blob, part.clone()).await;
            Either::Right(bytes.map_err(|error| internal(&error))?)
        }
        None => Either::Left(Full::default()),
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let range = match (status, &part) {
        (StatusCode::PARTIAL_CONTENT, Some(part)) => Some(format!("bytes {}-{}/{size}", part.start, part.end - 1)),
        (StatusCode::RANGE_NOT_SATISFIABLE, _) => Some(format!("bytes */{size}")),
        _ => None,
    };
    // Of no other type than pictures that were looked at: what a browser makes of others' bytes is not ours to find out.
    let shown = file.info.picture.is_some();
    let pairs = [
        (header::ETAG, Some(tag)),
        (header::CONTENT_RANGE, range),
        (header::ACCEPT_RANGES, Some("bytes".to_owned())),
        (header::CONTENT_TYPE, Some(if shown { file.info.mime } else { "application/octet-stream".to_owned() })),
        (header::CONTENT_DISPOSITION, Some(disposition(shown, file.info.name.as_str()))),
        // Kept by who asks, and asked about each time: the right to it may end.
        (header::CACHE_CONTROL, Some("private, no-cache".to_owned())),
        (header::X_CONTENT_TYPE_OPTIONS, Some("nosniff".to_owned())),
        (header::CONTENT_SECURITY_POLICY, Some("default-src 'none'; sandbox".to_owned())),
    ];
    let given = pairs.into_iter().filter_map(|(name, value)| Some((name, HeaderValue::try_from(value?).ok()?)));
    response.headers_mut().extend(given);
    Ok(response)
}

fn wanted(headers: &HeaderMap, tag: &str, size: u64) -> Wanted {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let names = |value: &str| {
        value
            .split(',')
            .any(|one| matches!(one.trim().trim_start_matches("W/"), "*") || one.trim().trim_start_matches("W/") == tag)
    };
    if text(header::IF_NONE_MATCH).is_some_and(names) {
        return Wanted::Nothing;
    }
    // A range of what it was before is of no use (RFC 9110, 13.1.5).
    let is_same = text(header::IF_RANGE).is_none_or(|of| of == tag);
    match text(header::RANGE).filter(|_| is_same) {
        Some(range) => part(range, size),
        None => Wanted::All,
    }
}

/// Reads a `Range`. One of another form is as none (RFC 9110, 14.2); of several the first counts.
fn part(range: &str, size: u64) -> Wanted {
    use http_range_header::{RangeUnsatisfiableError, parse_range_header};

    let first = range.split(',').next().unwrap_or_default();
    match parse_range_header(first).and_then(|ranges| ranges.validate(size)) {
        Ok(ranges) => match ranges.first() {
            Some(range) => Wanted::Part(*range.start()..range.end() + 1),
            None => Wanted::All,
        },
        Err(RangeUnsatisfiableError::Unsatisfiable) => Wanted::Beyond,
        Err(_) => Wanted::All,
    }
}

/// Says what a browser is to do with the bytes, and what they are called (RFC 6266).
fn disposition(shown: bool, name: &str) -> String {
    let kind = if shown { "inline" } else { "attachment" };
    let plain = name.chars().map(|c| if c.is_ascii() && !matches!(c, '"' | '\\') { c } else { '_' });
    let plain = plain.collect::<String>();
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
    let encoded = name.bytes().map(|byte| match is_plain(&byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    });
    format!("{kind}; filename=\"{plain}\"; filename*=UTF-8''{}", encoded.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(pairs: &[(HeaderName, &'static str)]) -> Wanted {
        let headers = pairs.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect();
        wanted(&headers, "\"abc\"", 100)
    }

    #[test]
    fn ranges_are_those_of_http() {
        let range = |value| asked(&[(header::RANGE, value)]);
        for (value, expected) in
            [("bytes=0-0", 0..1), ("bytes=10-", 10..100), ("bytes=-7", 93..100), ("bytes=90-500", 90..100)]
        {
            assert!(matches!(range(value), Wanted::Part(part) if part == expected), "{value}");
        }
        for value in ["bytes=100-", "bytes=500-600"] {
            assert!(matches!(range(value), Wanted::Beyond), "{value}");
        }
        for value in ["bytes=9-3", "lines=1-2", "bytes=a-b", ""] {
            assert!(matches!(range(value), Wanted::All), "{value}");
        }
        assert!(matches!(range("bytes=0-0,0-0,0-0"), Wanted::Part(part) if part == (0..1)), "the first one counts");
    }

    #[test]
    fn who_has_it_is_sent_nothing() {
        for tag in ["\"abc\"", "W/\"abc\"", "\"x\", \"abc\"", "*"] {
            assert!(matches!(asked(&[(header::IF_NONE_MATCH, tag)]), Wanted::Nothing), "{tag}");
        }
        assert!(matches!(asked(&[(header::IF_NONE_MATCH, "\"x\"")]), Wanted::All));
        let ranged = |tag| asked(&[(header::RANGE, "bytes=5-9"), (header::IF_RANGE, tag)]);
        assert!(matches!(ranged("\"abc\""), Wanted::Part(_)));
        assert!(matches!(ranged("\"x\""), Wanted::All), "it is another file by now");
    }

    #[test]
    fn a_name_stays_within_its_header() {
        assert_eq!(
            disposition(false, "Grüße \"x\".pdf"),
            "attachment; filename=\"Gr__e _x_.pdf\"; filename*=UTF-8''Gr%C3%BC%C3%9Fe%20%22x%22.pdf"
        );
    }
}
