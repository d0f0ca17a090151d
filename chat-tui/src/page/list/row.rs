//! A row of a page: its lines, made of texts that are safe to draw.

use ratatui::style::Style;

use crate::markdown;
use crate::text::{CleanLine, truncate, width, wrap};

/// Lines of what somebody said that a row shows.
const SAID_LINES: usize = 8;

/// Cells that a value has at least beside its label.
const VALUE_CELLS: usize = 16;

/// A row: its lines, each of pieces that are safe to draw.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    pub(super) lines: Vec<Vec<(String, Style)>>,
}

impl Row {
    /// Makes a row of one line.
    pub fn new(pieces: impl IntoIterator<Item = (String, Style)>) -> Self {
        Self { lines: vec![pieces.into_iter().collect()] }
    }

    /// Adds a line.
    #[must_use]
    pub fn line(mut self, text: impl Into<String>, style: Style) -> Self {
        self.lines.push(vec![(text.into(), style)]);
        self
    }

    /// Adds a line of several pieces.
    #[must_use]
    pub fn pieces(mut self, pieces: impl IntoIterator<Item = (String, Style)>) -> Self {
        self.lines.push(pieces.into_iter().collect());
        self
    }

    /// Adds what somebody said, in so many cells: its first lines.
    #[must_use]
    pub fn said(self, content: &str, margin: &str, cells: usize, style: Style) -> Self {
        self.first_lines(content, margin, cells, style, SAID_LINES)
    }

    /// The same, all of it.
    #[must_use]
    pub fn whole(self, content: &str, margin: &str, cells: usize, style: Style) -> Self {
        self.first_lines(content, margin, cells, style, usize::MAX)
    }

    /// Makes a row of a label and its value: beside it in a column, or below it where that leaves no room.
    pub fn labelled(label: (&str, Style), value: &str, column: usize, cells: usize) -> Self {
        let beside = cells >= column + VALUE_CELLS;
        let indent = if beside { column } else { 2 };
        let mut lines = wrap(value, cells.saturating_sub(indent).max(1)).into_iter().map(|line| &value[line]);
        let gap = column.saturating_sub(width(label.0));
        let first = if beside { lines.next().unwrap_or_default() } else { "" };
        let row = Self::new([(format!("{}{:gap$}", label.0, ""), label.1), (first.to_owned(), Style::new())]);
        let below = lines.filter(|line| !line.is_empty());
        below.fold(row, |row, line| row.line(format!("{:indent$}{line}", ""), Style::new()))
    }

    fn first_lines(mut self, content: &str, margin: &str, cells: usize, style: Style, lines_max: usize) -> Self {
        let content = markdown::plain(content);
        let lines = wrap(&content, cells.saturating_sub(width(margin)));
        let left_out = lines.len().saturating_sub(lines_max);
        for line in lines.into_iter().take(lines_max) {
            self = self.line(format!("{margin}{}", &content[line]), style);
        }
        if left_out == 0 {
            return self;
        }
        self.line(format!("{margin}{}", say!("page-more-lines", count = left_out)), style.dim())
    }

    /// Counts its lines.
    pub(super) fn height(&self) -> usize {
        self.lines.len().max(1)
    }
}

/// Cells of a column of labels, with the gap behind it.
pub fn label_cells<'a>(labels: impl Iterator<Item = &'a str>) -> usize {
    labels.map(width).max().unwrap_or_default() + 2
}

/// Gives a text of others in one line of so many cells.
pub fn one_line(text: &str, cells: usize) -> String {
    truncate(CleanLine::new(&text.split_whitespace().collect::<Vec<_>>().join(" ")).as_str(), cells)
}

/// Cuts a line where one of the words stands in it, in any case.
pub fn marked(line: &str, words: &[String], plain: Style, strong: Style) -> Vec<(String, Style)> {
    let lower = line.to_lowercase();
    // Where letters change their length with their case, places do not agree.
    let words =
        words.iter().map(|word| word.to_lowercase()).filter(|word| !word.is_empty() && lower.len() == line.len());
    let mut places: Vec<_> = words
        .flat_map(|word| {
            lower.match_indices(&word).map(|(start, found)| start..start + found.len()).collect::<Vec<_>>()
        })
        .collect();
    places.sort_by_key(|place| place.start);
    let mut pieces = Vec::new();
    let mut at = 0;
    for place in places {
        let start = place.start.max(at);
        if start < place.end && line.is_char_boundary(start) && line.is_char_boundary(place.end) {
            pieces.push((line[at..start].to_owned(), plain));
            pieces.push((line[start..place.end].to_owned(), strong));
            at = place.end;
        }
    }
    pieces.push((line[at..].to_owned(), plain));
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_marked_where_they_stand() {
        let (plain, strong) = (Style::new(), Style::new().bold());
        let marked = |line: &str, words: &[&str]| {
            let words = words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
            let pieces = marked(line, &words, plain, strong);
            assert_eq!(pieces.iter().map(|(text, _)| text.as_str()).collect::<String>(), line);
            pieces.into_iter().filter(|(_, style)| *style == strong).map(|(text, _)| text).collect::<Vec<_>>()
        };
        assert_eq!(marked("The Kettle, the kettles", &["kettle"]), ["Kettle", "kettle"]);
        assert_eq!(marked("abcabc", &["ab", "bc"]), ["ab", "c", "ab", "c"]);
        assert_eq!(marked("日本茶が", &["茶"]), ["茶"]);
        assert_eq!(marked("nothing", &["", "x"]), [""; 0]);
    }
}
