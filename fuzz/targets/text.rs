//! Cleaning, measuring and wrapping: whatever others write, what is drawn is harmless and fits.

#![no_main]

use chat_tui::text::{Clean, CleanLine, truncate, visible_json, width, wrap};
use libfuzzer_sys::fuzz_target;

fn harmless(c: char) -> bool {
    !(c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c) || ('\u{2066}'..='\u{2069}').contains(&c))
        && !('\u{e0000}'..='\u{e007f}').contains(&c)
}

fuzz_target!(|input: (&str, u8)| {
    let (text, cells) = input;
    let cells = usize::from(cells);
    let clean = Clean::new(text);
    assert!(clean.as_str().chars().all(|c| c == '\n' || harmless(c)), "{clean:?}");
    let line = CleanLine::new(text);
    assert!(line.as_str().chars().all(harmless), "{line:?}");
    assert!(width(&truncate(line.as_str(), cells)) <= cells);
    let lines = wrap(clean.as_str(), cells);
    for range in &lines {
        let line = &clean.as_str()[range.clone()];
        assert!(width(line) <= cells.max(2), "{line:?} is wider than {cells}");
    }
    assert!(lines.windows(2).all(|pair| pair[0].end <= pair[1].start), "lines overlap");
    let json = visible_json(&serde_json::to_string(text).expect("a text"));
    assert_eq!(serde_json::from_str::<String>(&json).expect("still JSON"), text);
    assert!(json.chars().all(harmless), "{json}");
});
