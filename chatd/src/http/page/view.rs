//! The pages, as HTML. Whatever comes from people is escaped by `maud`.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use proto::{ErrorReply, FileInfo, bounds};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// A whole page.
pub(super) fn document(nonce: &str, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                title { "chat" }
                // Else browsers ask for one.
                link rel="icon" href="data:,";
                style nonce=(nonce) { (PreEscaped(STYLE)) }
            }
            body { main { (content) } }
        }
    }
}

/// The form by which files are sent, of at most so many bytes each; 0 is no bound.
pub(super) fn upload_form(nonce: &str, place: &str, handle: &str, bytes_max: u64, refused: Option<&str>) -> Markup {
    html! {
        h1 { "Send files to " b { (place) } }
        p.dim { "They are sent as " (handle) ", as one message. This page works once." }
        p.error role="alert" id="error" hidden[refused.is_none()] { (refused.map(sentence).unwrap_or_default()) }
        form method="post" enctype="multipart/form-data" data-files=(bounds::FILES_MAX) data-bytes=(bytes_max) {
            // Before the files, so that it is known when they come.
            label.check {
                input type="checkbox" name="keep_metadata" value="1";
                span { "Keep the place and time that pictures tell of" }
            }
            label.field {
                span { "Caption" }
                textarea name="caption" rows="2" placeholder="optional" {}
            }
            label.drop {
                span.big { "Choose files" }
                span.dim.drag { "or drop them here" }
                input type="file" name="files" multiple required;
            }
            ul.files id="chosen" {}
            progress id="progress" max="1" value="0" hidden {}
            p.dim id="state" role="status" {}
            button type="submit" { "Send" }
        }
        script nonce=(nonce) { (PreEscaped(SCRIPT)) }
    }
}

/// Said when they are there.
pub(super) fn sent(place: &str, count: usize) -> Markup {
    html! {
        h1 { @if count == 1 { "The file is in " } @else { (count) " files are in " } b { (place) } }
        p.dim { "You can close this page." }
    }
}

/// The files of a message.
pub(super) fn download(secret: &str, place: &str, files: &[FileInfo]) -> Markup {
    html! {
        h1 {
            @match files.len() { 0 => { "No files from " } 1 => { "A file from " } count => { (count) " files from " } }
            b { (place) }
        }
        @if files.is_empty() {
            p.dim { "The message was deleted, and its files with it." }
        }
        ul.files {
            @for file in files {
                @let url = format!("{secret}/{}", file.id);
                li {
                    @if let Some(picture) = &file.picture {
                        a href=(url) {
                            img src={ (url) "/thumbnail" } alt=(file.name.as_str())
                                width=(picture.width) height=(picture.height);
                        }
                    }
                    div.line {
                        span.name { (file.name.as_str()) }
                        span.dim { (size(file.size)) }
                        a.button href=(url) download=(file.name.as_str()) { "Download" }
                    }
                }
            }
        }
        p.dim { "This page works for a few minutes." }
    }
}

/// Said when nothing is to be had.
pub(super) fn refused(refusal: &ErrorReply) -> Markup {
    let title = if refusal.code.http_status() == 404 { "Nothing here" } else { "This did not work" };
    html! {
        h1 { (title) }
        p { (sentence(&refusal.reason)) }
        p.dim { "A new link: " code { "/upload-link" } " or " code { "/download-link" } " in chat-tui." }
    }
}

/// Makes a sentence of a reason.
fn sentence(reason: &str) -> String {
    let mut letters = reason.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
}

/// Writes a size as people do.
fn size(bytes: u64) -> String {
    match bytes {
        1 => "1 byte".to_owned(),
        0..1_024 => format!("{bytes} bytes"),
        1_024..1_048_576 => format!("{} KiB", bytes.div_ceil(1_024)),
        _ => format!("{:.1} MiB", bytes as f64 / 1_048_576.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_stays_text() {
        let markup = upload_form("n", "#<b>", "alice", 0, Some("no \"<script>\"")).into_string();
        assert!(markup.contains("#&lt;b&gt;") && markup.contains("No &quot;&lt;script&gt;&quot;."), "{markup}");
    }
}
