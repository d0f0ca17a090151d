//! Text from others is data: cleaned before anything draws it, measured in cells, wrapped by us.
//!
//! [`Clean`] and [`CleanLine`] are the only texts that widgets of this program take from the network.
//! Control characters become pictures, bidirectional controls become visible marks, what draws
//! nothing is removed, and no base carries more than eight accents. The rules follow Unicode
//! TR 36 and what terminals have been attacked with (see `docs/architecture.md`).

use std::fmt;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Combining marks drawn on one base.
const MARKS_MAX: usize = 8;
/// Bytes of one grapheme cluster that are drawn.
const CLUSTER_BYTES_MAX: usize = 32;
/// Cells of a tab.
const TAB: &str = "    ";

/// Text of one or more lines that is safe to draw.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Clean(String);

impl Clean {
    /// Cleans a text; line ends stay.
    pub fn new(text: &str) -> Self {
        Self(clean(text, true))
    }

    /// Gives the safe text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Text of one line that is safe to draw: names, topics, reasons, titles.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct CleanLine(String);

impl CleanLine {
    /// Cleans a text into one line; a line end becomes a picture.
    pub fn new(text: &str) -> Self {
        Self(clean(text, false))
    }

    /// Gives the safe text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CleanLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn clean(text: &str, keep_lines: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut hidden = false;
    // A line end of other systems is a line end, not a carriage return to overwrite a line with.
    for cluster in text.graphemes(true) {
        match cluster {
            "\n" | "\r\n" | "\u{2028}" | "\u{2029}" | "\u{85}" if keep_lines => out.push('\n'),
            "\t" => out.push_str(TAB),
            // The flags of England, Scotland and Wales, and no other text of tags.
            flag if flag.starts_with('\u{1F3F4}') && emojis::get(flag).is_some() => out.push_str(flag),
            _ => clean_cluster(cluster, &mut out, &mut hidden),
        }
    }
    if hidden {
        out.push_str("[hidden characters]");
    }
    out
}

fn clean_cluster(cluster: &str, out: &mut String, hidden: &mut bool) {
    let mut marks = 0;
    let mut base = false;
    let mut selected = false;
    let start = out.len();
    for c in cluster.chars() {
        if out.len() - start + c.len_utf8() > CLUSTER_BYTES_MAX {
            break;
        }
        match c {
            '\0'..='\x1f' => out.push(char::from_u32(0x2400 + c as u32).expect("the block of control pictures")),
            '\x7f' => out.push('\u{2421}'),
            '\u{80}'..='\u{9f}' => out.push_str(&format!("<{:02X}>", c as u32)),
            '\u{2028}' | '\u{2029}' => out.push('\u{2424}'),
            _ if bidi_mark(c).is_some() => out.push_str(bidi_mark(c).expect("just seen")),
            // Tag characters spell text that nobody sees.
            '\u{E0000}'..='\u{E007F}' => *hidden = true,
            '\u{200B}'
            | '\u{2060}'..='\u{2064}'
            | '\u{206A}'..='\u{206F}'
            | '\u{FFF9}'..='\u{FFFB}'
            | '\u{17B4}'
            | '\u{17B5}'
            | '\u{1D173}'..='\u{1D17A}'
            | '\u{FEFF}'
            | '\u{AD}'
            | '\u{34F}'
            | '\u{115F}'
            | '\u{1160}'
            | '\u{3164}'
            | '\u{FFA0}'
            | '\u{180E}' => {}
            // One says how its base is to look; further ones have been used to carry bytes.
            '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}' => {
                if base && !selected {
                    out.push(c);
                } else {
                    *hidden = true;
                }
                selected = true;
            }
            '\u{200C}' | '\u{200D}' => {
                if base {
                    out.push(c);
                }
            }
            '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{10FFFF}' => out.push('\u{FFFD}'),
            _ if is_noncharacter(c) => out.push('\u{FFFD}'),
            _ if c.width() == Some(0) => {
                marks += 1;
                // A mark without a base would sit on the cell before the message.
                if base && marks <= MARKS_MAX {
                    out.push(c);
                }
            }
            _ => {
                base = true;
                selected = false;
                out.push(c);
            }
        }
    }
}

/// Writes what a terminal would act on, or nobody would see, as the escapes of JSON: the same value to
/// whoever reads it as JSON, and harmless to whoever looks at it.
pub fn visible_json(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        let invisible = c.is_control() || bidi_mark(c).is_some() || c.width() == Some(0);
        if c.is_ascii_graphic() || c == ' ' || !invisible {
            out.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    out
}

fn bidi_mark(c: char) -> Option<&'static str> {
    Some(match c {
        '\u{202A}' => "<LRE>",
        '\u{202B}' => "<RLE>",
        '\u{202C}' => "<PDF>",
        '\u{202D}' => "<LRO>",
        '\u{202E}' => "<RLO>",
        '\u{2066}' => "<LRI>",
        '\u{2067}' => "<RLI>",
        '\u{2068}' => "<FSI>",
        '\u{2069}' => "<PDI>",
        '\u{200E}' => "<LRM>",
        '\u{200F}' => "<RLM>",
        '\u{061C}' => "<ALM>",
        _ => return None,
    })
}

fn is_noncharacter(c: char) -> bool {
    (c as u32) & 0xFFFE == 0xFFFE || ('\u{FDD0}'..='\u{FDEF}').contains(&c)
}

/// Gives the cells that a clean text takes: whole clusters, none wider than two.
pub fn width(text: &str) -> usize {
    text.graphemes(true).map(cluster_width).sum()
}

/// Gives the cells of one cluster.
pub fn cluster_width(cluster: &str) -> usize {
    cluster.width().min(2)
}

/// Cuts a clean line to so many cells, with `…` where something was cut.
pub fn truncate(text: &str, cells: usize) -> String {
    if width(text) <= cells {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut used = 0;
    for cluster in text.graphemes(true) {
        let wide = cluster_width(cluster);
        if used + wide + 1 > cells {
            break;
        }
        used += wide;
        out.push_str(cluster);
    }
    if cells > 0 {
        out.push('…');
    }
    out
}

/// Cuts a clean line to so many cells in its middle: of long names that begin alike the end tells them apart.
pub fn truncate_middle(text: &str, cells: usize) -> String {
    if width(text) <= cells || cells < 4 {
        return truncate(text, cells);
    }
    let tail_cells = (cells - 1) / 2;
    let mut tail = text.len();
    let mut used = 0;
    for (at, cluster) in text.grapheme_indices(true).rev() {
        used += cluster_width(cluster);
        if used > tail_cells {
            break;
        }
        tail = at;
    }
    let head = truncate(&text[..tail], cells - width(&text[tail..]));
    format!("{head}{}", &text[tail..])
}

/// Wraps a clean text into lines of at most so many cells, between words where it can. Gives the
/// byte ranges of the lines.
pub fn wrap(text: &str, cells: usize) -> Vec<std::ops::Range<usize>> {
    let cells = cells.max(2);
    let mut lines = Vec::new();
    let mut start = 0;
    for line in text.split('\n') {
        wrap_line(line, start, cells, &mut lines);
        start += line.len() + 1;
    }
    lines
}

fn wrap_line(line: &str, offset: usize, cells: usize, lines: &mut Vec<std::ops::Range<usize>>) {
    let mut begin = 0;
    let mut used = 0;
    // Where the line can end between words, and the cells used up to there.
    let mut gap: Option<(usize, usize)> = None;
    'clusters: for (at, cluster) in line.grapheme_indices(true) {
        let wide = cluster_width(cluster);
        // Once more when what was broken off was a narrow space and what comes is wide.
        while used + wide > cells {
            if cluster == " " {
                // The space at the edge is the break itself.
                gap = Some((at + 1, used + 1));
                used += 1;
                continue 'clusters;
            }
            let (next, used_before) = gap.take().filter(|(next, _)| *next > begin).unwrap_or((at, used));
            lines.push(offset + begin..offset + begin + line[begin..next].trim_end_matches(' ').len());
            begin = next;
            used -= used_before.min(used);
        }
        used += wide;
        if cluster == " " {
            gap = Some((at + 1, used));
        }
    }
    lines.push(offset + begin..offset + begin + line[begin..].trim_end_matches(' ').len());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cleaned(text: &str) -> String {
        Clean::new(text).0
    }

    fn wrapped(text: &str, cells: usize) -> Vec<&str> {
        wrap(text, cells).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn controls_become_pictures() {
        assert_eq!(cleaned("\x1b[2J\x1b[H\x07\x08\r\x7f"), "␛[2J␛[H␇␈␍␡");
        assert_eq!(cleaned("\x1b]52;c;aGk=\x07 after"), "␛]52;c;aGk=␇ after");
        assert_eq!(cleaned("\u{9b}2J\u{9d}0;x\u{90}"), "<9B>2J<9D>0;x<90>");
        assert_eq!(cleaned("a\tb\nc\r\nd"), "a    b\nc\nd");
        assert_eq!(CleanLine::new("a\nb").0, "a␊b");
    }

    #[test]
    fn nothing_that_hides_or_turns_passes() {
        assert_eq!(cleaned("a\u{202E}b\u{2067}c"), "a<RLO>b<RLI>c");
        assert_eq!(cleaned("a\u{200B}\u{FEFF}\u{3164}b"), "ab");
        assert_eq!(cleaned("x\u{E0041}\u{E0042}"), "x[hidden characters]");
        let england = "🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}";
        assert_eq!((cleaned(england).as_str(), width(england)), (england, 2));
        assert_eq!(cleaned("🏴\u{E0068}\u{E0069}\u{E007F}"), "🏴[hidden characters]");
        assert_eq!(cleaned("\u{E000}\u{FFFF}"), "\u{FFFD}\u{FFFD}");
    }

    #[test]
    fn selectors_carry_no_bytes() {
        assert_eq!(cleaned("☀\u{FE0F}☀\u{FE0E}葛\u{E0100}"), "☀\u{FE0F}☀\u{FE0E}葛\u{E0100}");
        assert_eq!(cleaned("a\u{E0110}\u{E0123}\u{E0145}b"), "a\u{E0110}b[hidden characters]");
        assert_eq!(cleaned("a\u{FFF9}b\u{FFFB}\u{17B4}\u{206E}c"), "abc");
    }

    #[test]
    fn json_shows_what_it_holds() {
        let hostile = "\u{1b}[2J\u{9b}31m\u{7f}a\u{202e}b\u{e0041}\u{200b}é 👍 \"q\" \u{301}";
        let json = serde_json::to_string(hostile).unwrap();
        let shown = visible_json(&json);
        assert_eq!(shown, r#""\u001b[2J\u009b31m\u007fa\u202eb\udb40\udc41\u200bé 👍 \"q\" \u0301""#);
        assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), hostile);
    }

    #[test]
    fn marks_are_few_and_never_without_a_base() {
        let tower = format!("a{}", "\u{301}".repeat(10_000));
        assert_eq!(cleaned(&tower).chars().count(), 1 + MARKS_MAX);
        assert_eq!(cleaned("\u{301}\u{302}x"), "x");
    }

    #[test]
    fn clusters_are_measured_whole() {
        assert_eq!(width("日本"), 4);
        assert_eq!(width("👨‍👩‍👧‍👦"), 2);
        assert_eq!(width("🇩🇪e\u{301}"), 3);
        assert_eq!(truncate("日本語", 5), "日本…");
        assert_eq!(truncate("abc", 3), "abc");
        assert_eq!(truncate("abcd", 3), "ab…");
        assert_eq!(truncate_middle("#customer-support-europe-117", 18), "#customer…rope-117");
        assert_eq!(
            (truncate_middle("日本語の名前", 8), truncate_middle("abc", 3)),
            ("日本…前".to_owned(), "abc".to_owned())
        );
        for cells in 0..30 {
            assert!(width(&truncate_middle("#customer-日本-europe-117", cells)) <= cells.max(1));
        }
    }

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrapped("the quick brown fox", 9), ["the quick", "brown fox"]);
        assert_eq!(wrapped("the quick brown fox", 10), ["the quick", "brown fox"]);
        assert_eq!(wrapped("abcdefgh ij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrapped("a\n\nb", 5), ["a", "", "b"]);
        assert_eq!(wrapped("日本語の", 5), ["日本", "語の"]);
        assert_eq!(wrapped("x 日本語", 4), ["x", "日本", "語"]);
        assert_eq!(wrapped("", 5), [""]);
    }

    #[test]
    fn a_wide_cluster_behind_a_narrow_gap_fits() {
        assert_eq!(wrapped(" abcd漢", 5), ["", "abcd", "漢"]);
        assert_eq!(wrapped("a bcde漢 x", 6), ["a", "bcde漢", "x"]);
    }

    #[test]
    fn no_line_is_wider_than_asked() {
        let text = Clean::new("family 👨‍👩‍👧‍👦👨‍👩‍👧‍👦 日本語テキスト long-word-without-any-space-in-it 🇩🇪🇫🇷 end  two  spaces");
        for cells in 2..40 {
            for line in wrapped(text.as_str(), cells) {
                assert!(width(line) <= cells, "{cells}: {line:?}");
            }
        }
    }
}
