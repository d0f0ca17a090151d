//! Functions of ours that the SQL of the migrations uses.

use proto::{Emoji, Topic};
use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;

use crate::store::names::skeleton;

/// Lets SQL of the migrations use rules that are written in Rust.
pub(super) fn teach(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_scalar_function("skeleton", 1, flags, |call| Ok(skeleton(&call.get::<String>(0)?)))?;
    connection.create_scalar_function("visible_line", 1, flags, |call| Ok(visible_line(&call.get::<String>(0)?)))?;
    connection.create_scalar_function("same_emoji", 1, flags, |call| {
        let text = call.get::<String>(0)?;
        let read = Emoji::listed(&text).or_else(|_| text.parse());
        Ok(read.ok().map(|emoji| emoji.as_str().to_owned()))
    })
}

/// Gives a line without what may not stand in one, empty when nothing of it can be seen.
fn visible_line(text: &str) -> String {
    let kept = text.chars().filter(|c| format!("x{c}").parse::<Topic>().is_ok()).collect::<String>();
    // A name of one character is empty or refused where nothing is drawn.
    let draws = |c: char| c.to_string().parse::<proto::DisplayName>().is_ok_and(|name| !name.is_empty());
    if kept.chars().any(draws) { kept } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_keep_what_can_be_seen() {
        assert_eq!(visible_line("tea \u{202E}time"), "tea time");
        assert_eq!(visible_line("\u{3164}\u{200B}"), "");
        assert_eq!(visible_line(&"\u{AD}".repeat(70)), "");
        assert_eq!(visible_line("plain"), "plain");
    }
}
