//! Blocks of code in a message, by their fences. Nobody is mentioned in them, and clients show them as code. CommonMark (4.5)
//! would take whole lines for a fence and hide the words on them. People write words next to fences, and mean them to be
//! read.

use std::ops::Range;

const FENCE: &str = "```";

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TextPart {
    /// Words, in which there may be other markup.
    Words(Range<usize>),
    /// Bytes that are code, without their fences.
    Code(Range<usize>),
    /// Signs that mark the code: a fence, with the name of a language and the end of its line.
    Sign(Range<usize>),
}

/// Parts a text into words, code and fences, in their order and without a gap.
pub fn blocks(text: &str) -> Vec<TextPart> {
    let mut blocks = Vec::new();
    let mut words = 0;
    let mut at = 0;
    while at < text.len() {
        let line = line_at(text, at);
        let Some(fenced) = Fenced::at(text, line.clone()) else {
            at = (line.end + 1).min(text.len());
            continue;
        };
        push(&mut blocks, TextPart::Words, words..fenced.begin);
        push(&mut blocks, TextPart::Sign, fenced.begin..fenced.code.start);
        push(&mut blocks, TextPart::Code, fenced.code.clone());
        push(&mut blocks, TextPart::Sign, fenced.code.end..fenced.after);
        (words, at) = (fenced.after, fenced.after);
    }
    push(&mut blocks, TextPart::Words, words..text.len());
    blocks
}

/// Code between two fences, or behind one that is never closed.
struct Fenced {
    begin: usize,
    code: Range<usize>,
    after: usize,
}

impl Fenced {
    /// Finds it where it begins in a line. A line that holds another fence is code within a line, which is other markup; a
    /// fence with no code is no sign of anything.
    fn at(text: &str, line: Range<usize>) -> Option<Self> {
        let said = &text[line.clone()];
        let indent = said.len() - said.trim_start_matches(' ').len();
        let ticks = ticks(&said[indent..]);
        let rest = &said[indent + ticks..];
        if indent > 3 || ticks < FENCE.len() || rest.contains('`') {
            return None;
        }
        let (begin, fence) = (line.start + indent, line.start + indent + ticks);
        let below = (line.end + 1).min(text.len());
        let (end, after) = closing(text, below).unwrap_or((text.len(), text.len()));
        // The name of a language belongs to the fence if code follows; anything else there is text.
        let is_language = rest.trim().chars().all(|c| c.is_alphanumeric() || "+-#._".contains(c));
        let has_code = below < end && !text[below..end].trim().is_empty();
        let start = if is_language && has_code { below } else { fence };
        let code = start..end.max(start);
        (!text[code.clone()].trim().is_empty()).then_some(Self { begin, code, after: after.max(end) })
    }
}

fn ticks(text: &str) -> usize {
    text.len() - text.trim_start_matches('`').len()
}

fn push(blocks: &mut Vec<TextPart>, kind: fn(Range<usize>) -> TextPart, range: Range<usize>) {
    if !range.is_empty() {
        blocks.push(kind(range));
    }
}

/// Gives the line that begins there, without its end.
fn line_at(text: &str, at: usize) -> Range<usize> {
    at..text[at..].find('\n').map_or(text.len(), |end| at + end)
}

/// Gives where the code that begins there ends, and what comes behind the fence begins: at a line that begins with a fence, or
/// ends with one.
fn closing(text: &str, code: usize) -> Option<(usize, usize)> {
    let mut at = code;
    while at < text.len() {
        let line = line_at(text, at);
        let said = &text[line.clone()];
        let begin = said.len() - said.trim_start_matches(' ').len();
        if said[begin..].starts_with(FENCE) {
            let ticks = ticks(&said[begin..]);
            // The line end before it goes as well, so that no empty line is left; where words follow they keep theirs.
            let alone = said[begin + ticks..].trim().is_empty();
            let end = if alone { at.saturating_sub(1).max(code) } else { at };
            let after = if alone { line.end } else { at + begin + ticks };
            return Some((end, after));
        }
        let trimmed = said.trim_end();
        if trimmed.ends_with(FENCE) && !trimmed.trim_end_matches('`').contains('`') {
            let end = at + trimmed.trim_end_matches('`').len();
            return Some((end, line.end));
        }
        at = line.end + 1;
    }
    None
}
