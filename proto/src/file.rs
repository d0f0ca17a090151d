//! Files that people share: what everybody is told of one, and what it may be called.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::bounds::FILE_NAME_BYTES_MAX;
use crate::id::FileId;
use crate::text::{is_blank, is_line};

/// A file of a message, or one that was uploaded for a message to come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileInfo {
    /// The file's id: whoever may read a message with it may fetch it by that.
    pub id: FileId,
    /// What it is called.
    pub name: FileName,
    /// What is in it, as a media type. The daemon has found that out from the bytes, not from the name.
    pub mime: String,
    /// Bytes.
    pub size: u64,
    /// The SHA-256 of the bytes, in hexadecimal digits.
    pub sha256: String,
    /// What is known of it as a picture, if it is one that can be shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<Picture>,
}

/// What is known of a picture before its bytes are there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// Pixels across, upright.
    pub width: u32,
    /// Pixels down, upright.
    pub height: u32,
    /// Whether it moves.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub animated: bool,
    /// A blur of it, of 4×3 parts: a BlurHash (github.com/woltapp/blurhash).
    pub blurhash: String,
}

/// What a file is called: a name without a path, in one line, that is safe to save under. 1 to 200 bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FileName(Box<str>);

/// What a file is called of whose name nothing is left.
const NAMELESS: &str = "file";
/// Bytes of the ending that a long name keeps.
const ENDING_BYTES_MAX: usize = 16;
/// Names that are no files on Windows, whatever their ending (learn.microsoft.com, "Naming Files, Paths, and Namespaces").
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "com", "lpt"];

impl FileName {
    /// Makes a name of what a program calls a file: the last part of its path, without what would hide the file, end its line,
    /// turn the direction of writing, or be read as an option.
    pub fn cleaned(text: &str) -> Self {
        let last = text.rsplit(['/', '\\']).next().unwrap_or_default();
        let mut name = last.chars().filter(|c| !is_hidden(*c)).map(harmless).collect::<String>();
        name = name.trim_start_matches(|c: char| matches!(c, '.' | '-') || c.is_whitespace()).to_owned();
        name.truncate(name.trim_end_matches(|c: char| c == '.' || c.is_whitespace()).len());
        if name.is_empty() {
            return Self(NAMELESS.into());
        }
        if is_device(&name) {
            name.insert(0, '_');
        }
        Self(shortened(name).into())
    }

    /// Gives the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Characters that draw nothing, or are no part of a line.
fn is_hidden(c: char) -> bool {
    !is_line(c.encode_utf8(&mut [0; 4])) || (is_blank(c) && !c.is_whitespace())
}

/// What no name has on one system or another, drawn as something that all have.
fn harmless(c: char) -> char {
    match c {
        '<' | '>' | ':' | '"' | '|' | '?' | '*' => '_',
        c if c.is_whitespace() => ' ',
        c => c,
    }
}

fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_lowercase();
    let Some((word, rest)) = stem.split_at_checked(3) else { return false };
    let numbered = matches!(word, "com" | "lpt");
    let is_number = rest.len() == 1 && rest.bytes().all(|c| c.is_ascii_digit());
    DEVICES.contains(&word) && if numbered { is_number } else { rest.is_empty() }
}

/// Cuts a name that is too long, before its ending.
fn shortened(name: String) -> String {
    if name.len() <= FILE_NAME_BYTES_MAX {
        return name;
    }
    let ending = name.rfind('.').map_or("", |dot| &name[dot..]);
    let ending = if ending.len() <= ENDING_BYTES_MAX { ending } else { "" };
    let mut end = FILE_NAME_BYTES_MAX - ending.len();
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    // Where it is cut may stand what no name ends with.
    format!("{}{ending}", name[..end].trim_end_matches(|c: char| c == '.' || c.is_whitespace()))
}

impl std::fmt::Display for FileName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for FileName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for FileName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::parse_with(deserializer, |text| Ok::<_, std::convert::Infallible>(Self::cleaned(text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_safe_and_stay_readable() {
        for (given, cleaned) in [
            ("report.pdf", "report.pdf"),
            ("Grüße aus Köln – 2026.txt", "Grüße aus Köln – 2026.txt"),
            ("../../.ssh/authorized_keys", "authorized_keys"),
            ("/etc/passwd", "passwd"),
            ("C:\\Users\\x\\photo.jpg", "photo.jpg"),
            ("a\0b", "ab"),
            ("-rf", "rf"),
            (".bashrc", "bashrc"),
            ("...", "file"),
            ("", "file"),
            ("folder/", "file"),
            (" \u{3164}\u{200B}", "file"),
            ("photo\u{202E}gpj.exe", "photogpj.exe"),
            ("two\nlines\tand\u{2028}more\u{1b}[2J", "twolinesandmore[2J"),
            ("what? a \"name\": <b>|*", "what_ a _name__ _b___"),
            ("con", "_con"),
            ("NUL.txt", "_NUL.txt"),
            ("lpt1 .x", "_lpt1 .x"),
            ("console.log", "console.log"),
            ("com10", "com10"),
            ("name. . .", "name"),
            ("京都.png", "京都.png"),
        ] {
            assert_eq!(FileName::cleaned(given).as_str(), cleaned, "{given:?}");
            assert_eq!(FileName::cleaned(cleaned).as_str(), cleaned, "cleaned once, it stays so");
        }
    }

    #[test]
    fn a_long_name_keeps_its_ending() {
        let name = FileName::cleaned(&format!("{}.tar.gz", "é".repeat(3_000)));
        assert!(name.as_str().len() <= FILE_NAME_BYTES_MAX && name.as_str().ends_with("é.gz"), "{name}");
        let name = FileName::cleaned(&format!("a.{}", "x".repeat(5_000)));
        assert_eq!(name.as_str().len(), FILE_NAME_BYTES_MAX);
        let name = FileName::cleaned(&format!("{}. .{}", "x".repeat(FILE_NAME_BYTES_MAX - 2), "y".repeat(50)));
        assert_eq!(name.as_str(), "x".repeat(FILE_NAME_BYTES_MAX - 2), "no dot at its end");
    }
}
