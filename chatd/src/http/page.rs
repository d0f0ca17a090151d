//! What a browser is shown: the page of a link, and the files that are sent or fetched by it. Everything else is for programs.

mod form;
mod view;

use std::sync::Arc;

use hyper::body::Incoming;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use maud::Markup;
use proto::{ErrorCode, ErrorReply, FileId};

use super::file::respond;
use super::response::{Body, text, wrong_method};
use crate::daemon::Daemon;
use crate::handler::link::{self, OpenedLink};
use crate::hash::hex;
use form::receive;

/// What the path of a page begins with.
const PREFIX: &str = "/l/";

/// What of a link is asked for.
enum Part {
    Page,
    File(FileId),
    Thumbnail(FileId),
}

/// Gives the secret and the rest of a path that is one of a link.
pub(super) fn path_of_link(path: &str) -> Option<&str> {
    path.strip_prefix(PREFIX)
}

/// Answers a browser.
pub(super) async fn answer_browser(
    daemon: &Arc<Daemon>,
    path: &str,
    request: &mut Request<Incoming>,
) -> Response<Body> {
    match answer_or_refuse(daemon, path, request).await {
        Ok(response) => response,
        Err(refusal) => {
            daemon.counters.refused(&refusal.code);
            tracing::debug!(code = %refusal.code, "a request of a browser was refused");
            page(status_of(&refusal), |_| view::refused(&refusal))
        }
    }
}

async fn answer_or_refuse(
    daemon: &Arc<Daemon>,
    path: &str,
    request: &mut Request<Incoming>,
) -> Result<Response<Body>, ErrorReply> {
    check_origin(request.headers(), daemon.config().files.public_url.as_deref())?;
    let (secret, part) = read_path(path).ok_or_else(ErrorReply::nothing_here)?;
    let opened = link::open_link(daemon, secret).await?;
    let is_reading = matches!(*request.method(), Method::GET | Method::HEAD);
    match (part, &opened.files) {
        (Part::File(file), _) if is_reading => {
            respond(daemon, request.headers(), opened.file(daemon, file, false).await?).await
        }
        (Part::Thumbnail(file), _) if is_reading => {
            respond(daemon, request.headers(), opened.file(daemon, file, true).await?).await
        }
        (Part::Page, Some(files)) if is_reading => {
            Ok(page(StatusCode::OK, |_| view::download(secret, &opened.place, files)))
        }
        (Part::Page, None) if is_reading => Ok(upload_page(daemon, &opened, None)),
        (Part::Page, None) if *request.method() == Method::POST => Ok(match receive(daemon, &opened, request).await {
            Ok(count) => page(StatusCode::OK, |_| view::sent(&opened.place, count)),
            // The link has ended, or the right to it.
            Err(refusal) if matches!(refusal.code.http_status(), 401 | 404) => return Err(refusal),
            Err(refusal) => upload_page(daemon, &opened, Some(&refusal)),
        }),
        (Part::Page, None) => Ok(wrong_method("GET, HEAD, POST")),
        _ => Ok(wrong_method("GET, HEAD")),
    }
}

/// Shows the form, and why it was not taken if it was sent before.
fn upload_page(daemon: &Daemon, opened: &OpenedLink, refusal: Option<&ErrorReply>) -> Response<Body> {
    let bytes_max = daemon.config().files.max_bytes;
    let reason = refusal.map(|refusal| refusal.reason.as_str());
    page(refusal.map_or(StatusCode::OK, status_of), |nonce| {
        view::upload_form(nonce, &opened.place, opened.who.handle().as_str(), bytes_max, reason)
    })
}

fn status_of(refusal: &ErrorReply) -> StatusCode {
    StatusCode::from_u16(refusal.code.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// Refuses requests that the pages of others make. Ours name the host that is asked, or `null` since they tell nobody where
/// they are.
fn check_origin(headers: &HeaderMap, public_url: Option<&str>) -> Result<(), ErrorReply> {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let Some(origin) = headers.get(header::ORIGIN) else { return Ok(()) };
    let origin = origin.to_str().unwrap_or_default();
    let host = origin.split_once("://").map(|(_, host)| host);
    let is_asked = host.zip(text(header::HOST)).is_some_and(|(own, asked)| own.eq_ignore_ascii_case(asked));
    if origin == "null" || is_asked || public_url.is_some_and(|url| origin.eq_ignore_ascii_case(origin_of(url))) {
        return Ok(());
    }
    Err(ErrorReply::new(ErrorCode::NotAllowed, "requests of other web pages are not allowed"))
}

/// Gives scheme, host and port of an address, as browsers name them.
fn origin_of(url: &str) -> &str {
    let host = url.find("://").map_or(0, |at| at + 3);
    url[host..].find('/').map_or(url, |end| &url[..host + end])
}

fn read_path(path: &str) -> Option<(&str, Part)> {
    let mut parts = path.split('/');
    let secret = parts.next()?;
    let part = match (parts.next(), parts.next()) {
        (None, None) => Part::Page,
        (Some(file), None) => Part::File(file.parse().ok()?),
        (Some(file), Some("thumbnail")) => Part::Thumbnail(file.parse().ok()?),
        _ => return None,
    };
    parts.next().is_none().then_some((secret, part))
}

/// Writes a page. What stands in it may run and be seen because it has the nonce; it loads nothing from elsewhere, and tells
/// nobody its address, in which a secret stands.
fn page(status: StatusCode, content: impl FnOnce(&str) -> Markup) -> Response<Body> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    let nonce = hex(&bytes);
    let policy = format!(
        "default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; img-src 'self' data:; connect-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    let mut response = Response::new(text(view::document(&nonce, &content(&nonce)).into_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.extend(HeaderValue::try_from(policy).ok().map(|policy| (header::CONTENT_SECURITY_POLICY, policy)));
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_ones_own_ask() {
        let asked = |origin: &'static str, url| {
            let headers = HeaderMap::from_iter([(header::ORIGIN, HeaderValue::from_static(origin))]);
            check_origin(&headers, url).is_ok()
        };
        let url = Some("https://chat.example.org/files");
        assert!(asked("https://chat.example.org", url) && asked("null", url) && asked("null", None));
        for other in ["https://example.org", "http://chat.example.org", "https://chat.example.org.evil.org", ""] {
            assert!(!asked(other, url), "{other}");
        }
        assert!(!asked("https://chat.example.org", None));
        let of_host = |host: &'static str| {
            let pairs = [(header::ORIGIN, "http://box:7300"), (header::HOST, host)];
            check_origin(&HeaderMap::from_iter(pairs.map(|(name, text)| (name, HeaderValue::from_static(text)))), None)
        };
        assert!(of_host("Box:7300").is_ok() && of_host("box").is_err() && of_host("other:7300").is_err());
        assert!(check_origin(&HeaderMap::new(), url).is_ok());
    }

    #[test]
    fn paths_are_read_whole() {
        assert!(matches!(read_path("abc"), Some(("abc", Part::Page))));
        assert!(matches!(read_path("abc/0000000000001"), Some(("abc", Part::File(_)))));
        assert!(matches!(read_path("abc/0000000000001/thumbnail"), Some(("abc", Part::Thumbnail(_)))));
        for path in ["abc/", "abc/x y", "abc/0000000000001/", "abc/0000000000001/thumbnail/"] {
            assert!(read_path(path).is_none(), "{path}");
        }
    }
}
