//! Simple Markdown in what people say: bold, italic, struck out, code, quotes, headings.
//!
//! The text stays what it is on the wire; only how it looks changes. Nothing that was said is hidden but the signs of the
//! markup themselves: links, HTML and lists stay as they were written, so that no address hides behind other words. What is
//! markup follows CommonMark (spec.commonmark.org), by the library that also knows `~~struck out~~`.

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag};

use crate::text::Clean;

/// How a part of a text looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Emphasis {
    /// `**bold**`, and headings.
    pub bold: bool,
    /// `*italic*`.
    pub italic: bool,
    /// `~~struck out~~`.
    pub struck: bool,
    /// `` `code` `` and blocks of it.
    pub code: bool,
    /// `> quoted`.
    pub quoted: bool,
}

impl Emphasis {
    fn and(self, other: Self) -> Self {
        Self {
            bold: self.bold || other.bold,
            italic: self.italic || other.italic,
            struck: self.struck || other.struck,
            code: self.code || other.code,
            quoted: self.quoted || other.quoted,
        }
    }
}

/// A text without the signs of its markup, and how its parts look.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rendered {
    text: String,
    /// Parts of the text, ascending by where they begin; they may lie in each other.
    spans: Vec<(Range<usize>, Emphasis)>,
}

impl Rendered {
    /// Renders a text.
    pub fn new(text: &Clean) -> Self {
        let text = text.as_str();
        // Most of what is said holds none of the signs.
        if !text.contains(['*', '_', '~', '`', '>', '#']) {
            return Self { text: text.to_owned(), spans: Vec::new() };
        }
        let mut found = Found::default();
        for (event, range) in Parser::new_ext(text, Options::ENABLE_STRIKETHROUGH).into_offset_iter() {
            found.add(text, &event, range);
        }
        found.rendered(text)
    }

    /// Gives the text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Cuts a part of the text where its look changes.
    pub fn pieces(&self, line: Range<usize>) -> Vec<(Range<usize>, Emphasis)> {
        let inside = self.spans.iter().filter(|(span, _)| span.start < line.end && line.start < span.end);
        let inside = inside.collect::<Vec<_>>();
        let mut cuts = inside.iter().flat_map(|(span, _)| [span.start, span.end]).collect::<Vec<_>>();
        cuts.retain(|cut| line.start < *cut && *cut < line.end);
        cuts.extend([line.start, line.end]);
        cuts.sort_unstable();
        cuts.dedup();
        let look = |piece: &Range<usize>| {
            let covering = inside.iter().filter(|(span, _)| span.start <= piece.start && piece.end <= span.end);
            covering.fold(Emphasis::default(), |look, (_, emphasis)| look.and(*emphasis))
        };
        if cuts.len() == 1 {
            return vec![(line, Emphasis::default())];
        }
        cuts.windows(2).map(|cut| cut[0]..cut[1]).map(|piece| (piece.clone(), look(&piece))).collect()
    }
}

/// What stands in a source: its marked parts, and the signs that mark them.
#[derive(Default)]
struct Found {
    spans: Vec<(Range<usize>, Emphasis)>,
    signs: Vec<Range<usize>>,
}

impl Found {
    fn add(&mut self, source: &str, event: &Event<'_>, range: Range<usize>) {
        let none = Emphasis::default();
        match event {
            Event::Start(Tag::Strong) => self.emphasized(source, range, 2, Emphasis { bold: true, ..none }),
            Event::Start(Tag::Emphasis) => self.emphasized(source, range, 1, Emphasis { italic: true, ..none }),
            Event::Start(Tag::Strikethrough) => {
                let signs = if source[range.clone()].starts_with("~~") { 2 } else { 1 };
                self.emphasized(source, range, signs, Emphasis { struck: true, ..none });
            }
            Event::Code(_) => {
                let part = &source[range.clone()];
                let signs = part.len() - part.trim_start_matches('`').len();
                self.marked(range, signs, Emphasis { code: true, ..none });
            }
            Event::Start(Tag::CodeBlock(_)) => self.block(source, range),
            Event::Start(Tag::Heading { .. }) => self.spans.push((range, Emphasis { bold: true, ..none })),
            Event::Start(Tag::BlockQuote(_)) => self.spans.push((range, Emphasis { quoted: true, ..none })),
            _ => {}
        }
    }

    /// A part between two signs of so many bytes; inside words and addresses the signs are what was meant.
    fn emphasized(&mut self, source: &str, range: Range<usize>, signs: usize, emphasis: Emphasis) {
        let before = source[..range.start].chars().next_back();
        let after = source[range.end..].chars().next();
        let in_word = before.is_some_and(char::is_alphanumeric) || after.is_some_and(char::is_alphanumeric);
        let word_begins = source[..range.start].rfind(char::is_whitespace).unwrap_or(0);
        let in_address = source[word_begins..range.start].contains("://");
        let part = &source[range.clone()];
        let is_name = part.starts_with("__") && !part.contains(char::is_whitespace);
        if !(in_word || in_address || is_name) {
            self.marked(range, signs, emphasis);
        }
    }

    /// A part between two signs of so many bytes.
    fn marked(&mut self, range: Range<usize>, signs: usize, emphasis: Emphasis) {
        self.signs.push(range.start..range.start + signs);
        self.signs.push(range.end - signs..range.end);
        self.spans.push((range, emphasis));
    }

    /// A block of code; the lines with its fences go.
    fn block(&mut self, source: &str, range: Range<usize>) {
        let part = &source[range.clone()];
        let is_fence = |line: &str| line.trim_start().starts_with("```") || line.trim_start().starts_with("~~~");
        if is_fence(part) {
            let first = part.find('\n').map_or(part.len(), |end| end + 1);
            self.signs.push(range.start..range.start + first);
            let last = part.trim_end_matches('\n').rfind('\n').map_or(0, |end| end + 1);
            if last >= first && is_fence(&part[last..]) {
                // With the line end before it, so that no empty line is left.
                let begin = if last > first { last - 1 } else { last };
                self.signs.push(range.start + begin..range.start + part.trim_end_matches('\n').len());
            }
        }
        self.spans.push((range, Emphasis { code: true, ..Emphasis::default() }));
    }

    fn rendered(mut self, source: &str) -> Rendered {
        self.signs.sort_by_key(|sign| sign.start);
        let mut text = String::with_capacity(source.len());
        // Where each kept part begins in the source and in the text.
        let mut kept = Vec::new();
        let mut at = 0;
        for sign in &self.signs {
            let start = sign.start.max(at);
            if start > at {
                kept.push((at, text.len()));
                text.push_str(&source[at..start]);
            }
            at = at.max(sign.end);
        }
        kept.push((at, text.len()));
        text.push_str(&source[at.min(source.len())..]);
        // A text of nothing but signs is shown as it is.
        if text.trim().is_empty() {
            return Rendered { text: source.to_owned(), spans: Vec::new() };
        }
        let length = text.len();
        let place = |offset: usize| {
            let (from, to) = kept[kept.partition_point(|(from, _)| *from <= offset).max(1) - 1];
            let next = kept.iter().find(|(other, _)| *other > from).map_or(length, |(_, to)| *to);
            (to + offset.saturating_sub(from)).min(next)
        };
        let spans = self.spans.into_iter().map(|(span, emphasis)| (place(span.start)..place(span.end), emphasis));
        let spans = spans.filter(|(span, _)| !span.is_empty()).collect();
        Rendered { text, spans }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(text: &str) -> Rendered {
        Rendered::new(&Clean::new(text))
    }

    /// The parts that do not look plain, with a letter for each way.
    fn looks(text: &str) -> Vec<(String, String)> {
        let rendered = rendered(text);
        let pieces = rendered.pieces(0..rendered.text().len());
        let letters = |look: Emphasis| {
            let ways = [(look.bold, 'b'), (look.italic, 'i'), (look.struck, 's'), (look.code, 'c'), (look.quoted, 'q')];
            ways.into_iter().filter(|(on, _)| *on).map(|(_, letter)| letter).collect::<String>()
        };
        let named = pieces.into_iter().map(|(piece, look)| (rendered.text()[piece].to_owned(), letters(look)));
        named.filter(|(_, look)| !look.is_empty()).collect()
    }

    #[track_caller]
    fn looks_like(source: &str, text: &str, expected: &[(&str, &str)]) {
        assert_eq!(rendered(source).text(), text);
        let expected = expected.iter().map(|(part, look)| ((*part).to_owned(), (*look).to_owned())).collect::<Vec<_>>();
        assert_eq!(looks(source), expected, "{source}");
    }

    #[test]
    fn markup_becomes_a_look() {
        looks_like("a **bold** and *slanted* word", "a bold and slanted word", &[("bold", "b"), ("slanted", "i")]);
        looks_like("_one_ ~~gone~~ `x = *y`", "one gone x = *y", &[("one", "i"), ("gone", "s"), ("x = *y", "c")]);
        looks_like("**bold _and_ more**", "bold and more", &[("bold ", "b"), ("and", "bi"), (" more", "b")]);
        looks_like(
            "see:\n```rust\nlet a = 1;\nlet b = 2;\n```\nok",
            "see:\nlet a = 1;\nlet b = 2;\nok",
            &[("let a = 1;\nlet b = 2;", "c")],
        );
        looks_like("> he said\n\nno", "> he said\n\nno", &[("> he said\n", "q")]);
        looks_like("# Title", "# Title", &[("# Title", "b")]);
        looks_like("日本 **茶** です", "日本 茶 です", &[("茶", "b")]);
    }

    #[test]
    fn what_is_no_markup_stays() {
        for text in [
            "5 * 3 * 2 = 30",
            "snake_case_name",
            "2*3*4 is 24",
            "__init__ and a~b~c",
            "https://example.org/some_path_/and*stars*",
            "see https://example.org/*x*/y",
            "[text](https://example.org)",
            "<b>html</b>",
            "- one\n- two",
            "1. first",
            "a * b",
            "**",
            "```",
            "***",
            "",
            "~",
        ] {
            assert_eq!(rendered(text).text(), text);
        }
    }

    #[test]
    fn a_fence_without_end_goes_to_the_end() {
        looks_like("```\nlet x", "let x", &[("let x", "c")]);
    }

    /// [T27]: "markdown nested 10,000 deep, unclosed code fence, 1 MiB table".
    #[test]
    fn much_markup_is_rendered_in_time() {
        let began = std::time::Instant::now();
        for text in [
            "*".repeat(8_000),
            "> ".repeat(4_000),
            "**a ".repeat(2_000),
            "`".repeat(8_000),
            "[".repeat(8_000),
            "| a ".repeat(2_000),
            "_a*b~c`d".repeat(1_000),
            "- ".repeat(4_000),
        ] {
            let rendered = rendered(&text);
            let _ = rendered.pieces(0..rendered.text().len());
        }
        assert!(began.elapsed() < std::time::Duration::from_secs(5), "{:?}", began.elapsed());
    }
}
