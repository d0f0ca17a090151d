//! Simple Markdown in what people say: bold, italic, struck out, code, quotes, headings.
//!
//! The text stays what it is on the wire; only how it looks changes. Nothing that was said is hidden but the signs of the
//! markup themselves: links, HTML and lists stay as they were written, so that no address hides behind other words. What is
//! markup within a line follows CommonMark (spec.commonmark.org), by the library that also knows `~~struck out~~`, with two
//! limits for people who write globs and regular expressions: emphasis begins and ends at the edge of a word, and a sign that
//! gives no look is shown. A quote ends with its line, as in every chat.

use std::ops::Range;

use proto::code::{TextPart, blocks};

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
    /// Where each part of what was written begins there and in the text; empty when the text is all of it.
    kept: Vec<(usize, usize)>,
}

impl Rendered {
    /// Renders a text.
    pub fn new(text: &Clean) -> Self {
        let text = text.as_str();
        // Most of what is said holds none of the signs.
        if !text.contains(['*', '_', '~', '`', '>', '#']) {
            return Self { text: text.to_owned(), ..Self::default() };
        }
        let mut found = Found::default();
        for block in blocks(text) {
            match block {
                TextPart::Words(words) => found.words(text, words),
                TextPart::Code(code) => found.spans.push((code, Emphasis { code: true, ..Emphasis::default() })),
                TextPart::Sign(sign) => found.signs.push(sign),
            }
        }
        found.rendered(text)
    }

    /// Gives where a part of what was written stands in the text; nothing of it when it is a sign.
    pub fn place(&self, written: Range<usize>) -> Range<usize> {
        let place = |offset: usize| {
            let at = self.kept.partition_point(|(from, _)| *from <= offset);
            let Some((from, to)) = at.checked_sub(1).map(|at| self.kept[at]) else {
                return offset.min(self.text.len());
            };
            let next = self.kept.get(at).map_or(self.text.len(), |(_, to)| *to);
            (to + offset - from).min(next)
        };
        place(written.start)..place(written.end)
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

/// What may stand before an opening sign, and behind a closing one before the word ends.
const OPENS: &str = "([{\"'«“‘„‚—–-*_~>";
const CLOSES: &str = ".,;:!?…)]}\"'»”’—–-*_~";

/// Characters beside a sign that are looked at.
const EDGE_CHARS: usize = 200;

impl Found {
    /// Words between blocks of code.
    fn words(&mut self, source: &str, words: Range<usize>) {
        let offset = words.start;
        let part = &source[words];
        for (event, range) in Parser::new_ext(part, Options::ENABLE_STRIKETHROUGH).into_offset_iter() {
            self.add(source, &event, offset + range.start..offset + range.end);
        }
        let mut begin = offset;
        for line in part.split('\n') {
            let is_quote = line.trim_start_matches(' ').starts_with('>');
            if is_quote {
                let quoted = Emphasis { quoted: true, ..Emphasis::default() };
                self.spans.push((begin..begin + line.len(), quoted));
            }
            begin += line.len() + 1;
        }
    }

    fn add(&mut self, source: &str, event: &Event<'_>, range: Range<usize>) {
        let none = Emphasis::default();
        match event {
            Event::Start(Tag::Strong) => self.emphasized(source, range, 2, Emphasis { bold: true, ..none }),
            Event::Start(Tag::Emphasis) => self.emphasized(source, range, 1, Emphasis { italic: true, ..none }),
            Event::Start(Tag::Strikethrough) if source[range.clone()].starts_with("~~") => {
                self.emphasized(source, range, 2, Emphasis { struck: true, ..none });
            }
            Event::Code(_) => {
                let part = &source[range.clone()];
                let signs = part.len() - part.trim_start_matches('`').len();
                self.marked(range, signs, Emphasis { code: true, ..none });
            }
            Event::Start(Tag::Heading { .. }) => self.spans.push((range, Emphasis { bold: true, ..none })),
            _ => {}
        }
    }

    /// A part between two signs of so many bytes, at the edges of words; elsewhere the signs are what was meant.
    fn emphasized(&mut self, source: &str, range: Range<usize>, signs: usize, emphasis: Emphasis) {
        let before = source[..range.start].chars().next_back();
        let begins = before.is_none_or(|c| c.is_whitespace() || OPENS.contains(c));
        let mut behind = source[range.end..].chars().take(EDGE_CHARS).skip_while(|c| CLOSES.contains(*c));
        let ends = behind.next().is_none_or(char::is_whitespace);
        let word = source[..range.start].chars().rev().take(EDGE_CHARS).take_while(|c| !c.is_whitespace());
        let in_address = word.collect::<String>().contains("//:");
        let part = &source[range.clone()];
        let is_name = part.starts_with("__") && !part.contains(char::is_whitespace);
        if begins && ends && !in_address && !is_name {
            self.marked(range, signs, emphasis);
        }
    }

    /// A part between two signs of so many bytes.
    fn marked(&mut self, range: Range<usize>, signs: usize, emphasis: Emphasis) {
        self.signs.push(range.start..range.start + signs);
        self.signs.push(range.end - signs..range.end);
        self.spans.push((range, emphasis));
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
            return Rendered { text: source.to_owned(), ..Rendered::default() };
        }
        let mut rendered = Rendered { text, spans: Vec::new(), kept };
        self.spans.sort_by_key(|(span, _)| span.start);
        let spans = self.spans.into_iter().map(|(span, emphasis)| (rendered.place(span), emphasis));
        rendered.spans = spans.filter(|(span, _)| !span.is_empty()).collect();
        rendered
    }
}

/// Gives the parts of what is written that are code, in blocks and within lines, with their signs.
pub fn code(text: &str) -> Vec<Range<usize>> {
    let mut code = Vec::new();
    for block in blocks(text) {
        match block {
            TextPart::Code(range) | TextPart::Sign(range) => code.push(range),
            TextPart::Words(words) => {
                let offset = words.start;
                let events = Parser::new(&text[words]).into_offset_iter();
                let inline = events.filter(|(event, _)| matches!(event, Event::Code(_)));
                code.extend(inline.map(|(_, range)| offset + range.start..offset + range.end));
            }
        }
    }
    code
}

/// Gives a text as it is read where there is no room for looks: without the signs of its markup.
pub fn plain(text: &str) -> String {
    Rendered::new(&Clean::new(text)).text
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
        looks_like("> he said\n\nno", "> he said\n\nno", &[("> he said", "q")]);
        looks_like("> quoted\nmy answer", "> quoted\nmy answer", &[("> quoted", "q")]);
        looks_like(
            "> **a** b\n> > c\nno",
            "> a b\n> > c\nno",
            &[("> ", "q"), ("a", "bq"), (" b", "q"), ("> > c", "q")],
        );
        looks_like("(*so*), **there**! \"_x_\"", "(so), there! \"x\"", &[("so", "i"), ("there", "b"), ("x", "i")]);
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
            "grep -E \".*foo.*\" file",
            "ls *.rs,*.toml",
            "/*comment*/",
            "find . -name *.c -o -name *.h",
            "a_b *.c*x",
            "~/a~ and ~b",
            "2 *x* y*2*z".replace("*x* ", "").as_str(),
            "$_foo_ and $*",
            "^a*b*$",
            "~~~\nno fence\n~~~",
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

    /// Words beside fences are read.
    #[test]
    fn only_a_fence_and_its_language_go() {
        looks_like(
            "```\nmake test\n``` does this work for you?",
            "make test\n does this work for you?",
            &[("make test\n", "c")],
        );
        looks_like("```ls -la /tmp\necho two\n```", "ls -la /tmp\necho two", &[("ls -la /tmp\necho two", "c")]);
        looks_like("``` please read this\ncode\n```", " please read this\ncode", &[(" please read this\ncode", "c")]);
        looks_like("```\nx\n```thanks", "x\nthanks", &[("x\n", "c")]);
        looks_like("```\nlast line```", "last line", &[("last line", "c")]);
        looks_like("so:\n```c++\nint *a, *b;\n```\nok", "so:\nint *a, *b;\nok", &[("int *a, *b;", "c")]);
        looks_like("```one line```", "one line", &[("one line", "c")]);
        looks_like("```\na\n```\n```\nb\n```", "a\nb", &[("a", "c"), ("b", "c")]);
    }

    /// "Markdown never hides a character that it does not turn into a style": what is not shown is a sign of some part that
    /// looks otherwise, whatever was written.
    #[test]
    fn nothing_is_hidden_but_signs() {
        let mut seed = 7_u64;
        let pieces =
            ["*", "**", "_", "`", "```", "~~", ">", "# ", "\n", " ", "a", "foo", ".", "://", "(", ")", "日", "- "];
        for _ in 0..20_000 {
            let text = (0..12).map(|_| {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                pieces[(seed >> 33) as usize % pieces.len()]
            });
            let text = text.collect::<String>();
            let rendered = rendered(&text);
            let letters = |text: &str| text.chars().filter(|c| !"*_`~\n ".contains(*c)).collect::<String>();
            let (was, is) = (letters(&text), letters(rendered.text()));
            // The name of a language is the one word that may go.
            assert!(was == is || text.contains("```"), "{text:?} is shown as {:?}", rendered.text());
            let hidden = text.len() - rendered.text().len();
            assert!(hidden == 0 || !rendered.spans.is_empty(), "{text:?} is shown as {:?}", rendered.text());
        }
    }

    #[test]
    fn places_are_found_again() {
        let source = "**alice**, `alice` and alice";
        let rendered = rendered(source);
        let place = rendered.place(2..7);
        assert_eq!((&rendered.text()[place.clone()], place), ("alice", 0..5));
        let last = rendered.place(source.len() - 5..source.len());
        assert_eq!((&rendered.text()[last.clone()], last.end), ("alice", rendered.text().len()));
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
