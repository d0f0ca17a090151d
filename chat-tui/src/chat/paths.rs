//! Paths of files: completed by Tab behind a command that takes some, and recognised when they are pasted or dropped here.

use std::path::{Path, PathBuf};

use proto::bounds::FILES_MAX;

use super::ChatScreen;
use super::terms::Cycle;
use crate::effect::Effect;
use crate::text::CleanLine;

/// The command that a path is pasted for.
const UPLOAD: &str = "/upload";

/// The path before the cursor: where it begins in the line, and what it says without its quotation marks.
#[derive(Debug, PartialEq, Eq)]
struct TypedPath {
    start: usize,
    path: String,
}

impl TypedPath {
    /// Finds it as a shell would: blanks part paths unless they are quoted or behind a backslash.
    fn before(text: &str) -> Self {
        let (mut start, mut path, mut quote) = (0, String::new(), None);
        let mut signs = text.char_indices().peekable();
        while let Some((at, c)) = signs.next() {
            match (quote, c) {
                (None, c) if c.is_whitespace() => (start, path) = (at + c.len_utf8(), String::new()),
                (None, '\'' | '"') => quote = Some(c),
                (Some(open), c) if c == open => quote = None,
                (None, '\\') | (Some('"'), '\\') => path.extend(signs.next().map(|(_, c)| c)),
                (_, c) => path.push(c),
            }
        }
        Self { start, path }
    }
}

impl ChatScreen {
    /// Asks which files begin as the path before the cursor does.
    pub(super) fn ask_for_paths(&self) -> Option<Effect> {
        let composer = self.composer();
        let TypedPath { path, .. } = TypedPath::before(&composer.text()[..composer.cursor()]);
        Some(Effect::ListPaths(path))
    }

    /// Files begin as a path does that was typed: the first of them is put there, and Tab goes on to the next.
    pub fn paths_listed(&mut self, typed: &str, found: &[String]) {
        let composer = self.composer();
        let TypedPath { start, path } = TypedPath::before(&composer.text()[..composer.cursor()]);
        // Something else may stand there by now.
        if path != typed || found.is_empty() || !composer.text().starts_with('/') {
            return;
        }
        let put = |path: &String| {
            let quoted = quoted(path);
            // A folder is gone into.
            if path.ends_with('/') { quoted } else { format!("{quoted} ") }
        };
        let cycle = Cycle { start, candidates: found.iter().map(put).collect(), at: 0, behind: "" };
        let text = cycle.put();
        self.edit(|composer| composer.replace(start..composer.cursor(), &text));
        self.completing = Some(cycle);
    }

    /// Asks whether what was pasted into an empty line is files of this machine.
    pub(super) fn ask_for_pasted(&self, text: &str) -> Option<Effect> {
        let paths = pasted_paths(text)?;
        (self.current.is_some() && self.composer().text() == text.trim_end_matches('\n'))
            .then(|| Effect::LookForFiles(text.to_owned(), paths))
    }

    /// The picture of the clipboard is a file now: Enter uploads it. What is being written stays as it is.
    pub fn clipboard_taken(&mut self, taken: Result<PathBuf, String>) {
        match taken {
            Ok(path) if self.composer().text().is_empty() => self.files_pasted("", &[path]),
            Ok(_) => self.fail(label!("error-upload-not-empty")),
            Err(reason) => self.fail(CleanLine::new(&reason).to_string()),
        }
    }

    /// What was pasted is files: Enter uploads them, and nothing does before.
    pub fn files_pasted(&mut self, text: &str, paths: &[PathBuf]) {
        if self.composer().text() != text.trim_end_matches('\n') || paths.is_empty() {
            return;
        }
        let quoted = paths.iter().map(|path| quoted(&path.to_string_lossy())).collect::<Vec<_>>().join(" ");
        let line = format!("{UPLOAD} {quoted}");
        self.edit(|composer| composer.replace(0..composer.text().len(), &line));
        let first = paths[0].file_name().unwrap_or_default().to_string_lossy();
        self.tell(say!("notice-files-pasted", count = paths.len(), name = CleanLine::new(&first).as_str()));
    }
}

/// Writes a path as a shell reads it; what stands for the home folder stays so.
fn quoted(path: &str) -> String {
    match path.strip_prefix("~/") {
        Some(rest) if !rest.is_empty() => format!("~/{}", shell_words::quote(rest)),
        _ => shell_words::quote(path).into_owned(),
    }
}

/// Reads what terminals and file managers paste for files: paths from the root or the home folder on, quoted as for a shell or
/// not, or addresses of files.
fn pasted_paths(text: &str) -> Option<Vec<PathBuf>> {
    let text = text.trim();
    let path = |word: &str| {
        let plain = match word.strip_prefix("file://") {
            // Behind the name of a machine that is this one.
            Some(rest) => percent_decoded(&rest[rest.find('/')?..])?,
            None => word.to_owned(),
        };
        let is_line = !plain.chars().any(char::is_control);
        (is_line && (plain.starts_with('/') || plain.starts_with("~/"))).then(|| PathBuf::from(plain))
    };
    if text.is_empty() || !text.starts_with(['/', '~', '\'', '"']) && !text.starts_with("file://") {
        return None;
    }
    let words = shell_words::split(text).ok();
    let read = words.and_then(|words| words.iter().map(|word| path(word)).collect::<Option<Vec<_>>>());
    // A name with blanks that nobody has quoted.
    let whole = || Some(vec![path(text)?]).filter(|_| !text.contains('\n'));
    read.filter(|paths| paths.len() <= FILES_MAX).or_else(whole)
}

fn percent_decoded(text: &str) -> Option<String> {
    // The signs that mean something in a query alone.
    let encoded = text.replace('+', "%2B").replace('&', "%26").replace('=', "%3D");
    let decoded = form_urlencoded::parse(encoded.as_bytes()).next()?.0.into_owned();
    Path::new(&decoded).is_absolute().then_some(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_found_as_a_shell_would() {
        let typed = |text: &str| {
            let TypedPath { start, path } = TypedPath::before(text);
            (start, path)
        };
        assert_eq!(typed("/upload pho"), (8, "pho".to_owned()));
        assert_eq!(typed("/upload a.jpg ~/my\\ pic"), (14, "~/my pic".to_owned()));
        assert_eq!(typed("/upload 'my no"), (8, "my no".to_owned()));
        assert_eq!(typed("/upload \"a\\\"b"), (8, "a\"b".to_owned()));
        assert_eq!(typed("/upload "), (8, String::new()));
    }

    #[test]
    fn what_is_pasted_for_files_is_paths() {
        let read = |text: &str| {
            let paths = pasted_paths(text)?;
            Some(paths.iter().map(|path| path.to_string_lossy().into_owned()).collect::<Vec<_>>().join("|"))
        };
        for (text, paths) in [
            ("/home/x/photo.jpg", Some("/home/x/photo.jpg")),
            ("'/home/x/my photo.jpg' \n", Some("/home/x/my photo.jpg")),
            ("/home/x/my\\ photo.jpg /tmp/b.png", Some("/home/x/my photo.jpg|/tmp/b.png")),
            ("file:///home/x/my%20photo+1.jpg", Some("/home/x/my photo+1.jpg")),
            ("file://box/tmp/a\nfile://box/tmp/b", Some("/tmp/a|/tmp/b")),
            ("file:///tmp/a&b=c.jpg", Some("/tmp/a&b=c.jpg")),
            ("file:///tmp/a%0Ab", None),
            ("~/notes.txt", Some("~/notes.txt")),
            ("/home/x/it's.jpg", Some("/home/x/it's.jpg")),
            ("/home/x/my photo.jpg", Some("/home/x/my photo.jpg")),
            ("hello there", None),
            ("", None),
            ("http://example.org/a", None),
            ("photo.jpg", None),
        ] {
            assert_eq!(read(text).as_deref(), paths, "{text:?}");
        }
    }
}
