//! The form in which what was said and what is looked for are compared: without case, without marks, signs as people type
//! them, and any white space as one blank.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::{canonical_combining_class, decompose_compatible};

/// Gives that form of a text.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    if text.is_ascii() {
        text.chars().for_each(|c| push(&mut folded, c.to_ascii_lowercase()));
    } else {
        // What voices a kana and what makes a syllable of jamo is put together again: those are other letters.
        let letters = text.chars().flat_map(parts).filter(|c| !is_passed_over(*c)).flat_map(folded_letters).nfc();
        letters.for_each(|c| push(&mut folded, c));
    }
    folded.truncate(folded.trim_end().len());
    folded
}

/// Takes a character apart into letters and marks. What would become a whole word (`﷽`) stays, so that nothing grows much.
fn parts(c: char) -> impl Iterator<Item = char> {
    let mut count = 0;
    let mut parts = [c; PARTS_MAX];
    decompose_compatible(c, |part| {
        if let Some(place) = parts.get_mut(count) {
            *place = part;
        }
        count += 1;
    });
    if count > PARTS_MAX {
        (parts, count) = ([c; PARTS_MAX], 1);
    }
    parts.into_iter().take(count)
}

/// Letters and marks that one character is taken apart into at most.
const PARTS_MAX: usize = 4;

/// Adds a character; of white space only one, and none at the beginning.
fn push(folded: &mut String, c: char) {
    if !c.is_whitespace() {
        folded.push(c);
    } else if !folded.is_empty() && !folded.ends_with(' ') {
        folded.push(' ');
    }
}

/// Tells whether a character is a mark on another one, or draws nothing.
fn is_passed_over(c: char) -> bool {
    match c {
        // What joins emoji or chooses their look, soft hyphens, what is written from right to left, tags, the Arabic tatweel.
        '\u{ad}' | '\u{61c}' | '\u{640}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' => true,
        '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}' => true,
        // Nukta (7), voicing of kana (8) and virama (9) make other letters; without class are the vowels of Indic scripts.
        c => !matches!(canonical_combining_class(c), 0 | 7 | 8 | 9),
    }
}

/// Gives what a character is compared as.
fn folded_letters(c: char) -> impl Iterator<Item = char> {
    let replaced = match c {
        'ß' | 'ẞ' => "ss",
        'æ' | 'Æ' => "ae",
        'œ' | 'Œ' => "oe",
        'ø' | 'Ø' => "o",
        'đ' | 'Đ' | 'ð' | 'Ð' => "d",
        'ł' | 'Ł' => "l",
        'ħ' | 'Ħ' => "h",
        'ı' => "i",
        'ς' | 'Σ' => "σ",
        '‘' | '’' | '‚' | '‛' | '′' | '`' | '´' | 'ʼ' => "'",
        '“' | '”' | '„' | '‟' | '″' | '«' | '»' => "\"",
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' => "-",
        // Letters of Arabic that are written for each other.
        'ٱ' => "ا",
        'ى' | 'ی' => "ي",
        'ک' => "ك",
        _ => "",
    };
    let lower = replaced.is_empty().then(|| c.to_lowercase());
    // In lower case a letter may have a mark again.
    replaced.chars().chain(lower.into_iter().flatten().filter(|c| !is_passed_over(*c)))
}

/// Characters of which a part of a word is found; what is shorter is found as a word of its own.
pub const PART_CHARS: usize = 3;

/// Tells whether a text is a word so short that it is found as a word of its own only.
pub fn is_short(text: &str) -> bool {
    let length = text.chars().count();
    (1..PART_CHARS).contains(&length) && text.chars().all(|c| c.is_alphanumeric() && !is_dense(c))
}

/// Tells whether a character belongs to a script whose words are short and stand without spaces: Han, Kana, Hangul.
pub fn is_dense(c: char) -> bool {
    let is_of_them = matches!(u32::from(c),
        0x1100..=0x11ff | 0x2e80..=0x9fff | 0xa960..=0xa97f | 0xac00..=0xd7ff | 0xf900..=0xfaff | 0xff66..=0xff9f
        | 0x20000..=0x3ffff);
    is_of_them && c.is_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// "With and without marks in every script (Greek, Cyrillic ё, Hebrew and Arabic marks, Vietnamese, ﬁ, ß, İ, decomposed
    /// and composed, typographic quotes)".
    #[test]
    fn marks_case_and_looks_make_no_difference() {
        for (one, other) in [
            ("Crème Brûlée", "creme brulee"),
            ("άνθρωπος", "ΑΝΘΡΩΠΟΣ"),
            ("ὁδός", "οδος"),
            ("Ёлка", "елка"),
            ("шалом й", "ШАЛОМ и"),
            ("שָׁלוֹם", "שלום"),
            ("مُحَمَّد", "محمد"),
            ("مـحـمد", "محمد"),
            ("Tiếng Việt Đà Nẵng", "tieng viet da nang"),
            ("ﬁnal", "FINAL"),
            ("Straße", "STRASSE"),
            ("İstanbul", "istanbul"),
            ("n\u{65}\u{301}", "né"),
            ("don’t", "don't"),
            ("“so” – he", "\"so\" - he"),
            ("one\r\n\t two", "one two"),
            ("ＦＵＬＬ　ｗｉｄｔｈ", "full width"),
            ("❤\u{fe0f}", "❤"),
            ("Łódź", "lodz"),
            ("한글", "한글".nfd().collect::<String>().as_str()),
            ("ｶﾞｷﾞ", "ガギ"),
            ("soft\u{ad}hyphen", "softhyphen"),
        ] {
            assert_eq!(fold(one), fold(other), "{one} {other}");
        }
    }

    #[test]
    fn other_letters_stay_others() {
        for (one, other) in [("か", "が"), ("कु", "क"), ("하", "한"), ("и", "е"), ("a", "b"), ("क्ष", "कष")]
        {
            assert_ne!(fold(one), fold(other), "{one} {other}");
        }
    }

    #[test]
    fn blanks_at_the_ends_go() {
        assert_eq!(fold("  a \n\n b\t"), "a b");
        assert_eq!(fold(" \u{200b} "), "");
        assert!(fold(&"\u{fdfa}".repeat(100)).len() <= 400, "what is one word in one character stays small");
    }
}
