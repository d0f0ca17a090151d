//! What names look like.

use unicode_normalization::UnicodeNormalization;
use unicode_security::confusable_detection::skeleton as skeleton_of;

/// Gives what a name looks like: names with the same skeleton cannot be told apart by the eye (Unicode UTS #39,
/// section 4). Compatibility forms such as full width are resolved first, and case does not count.
pub(super) fn skeleton(name: &str) -> String {
    let plain = name.nfkc().collect::<String>().to_lowercase();
    skeleton_of(&plain).collect::<String>().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn look_alikes_have_the_same_skeleton() {
        for alike in ["lobby", "lоbby", "ｌｏｂｂｙ", "lobbу", "l0bby", "1obby", "𝗅obby", "ⅼobby", "𝐥𝐨𝐛𝐛𝐲"]
        {
            assert_eq!(skeleton(alike), skeleton("lobby"), "{alike}");
        }
        for other in ["lobby2", "lob-by", "lobbies", "köln", "koln", "日本語", "日木語"] {
            assert_ne!(skeleton(other), skeleton("lobby"), "{other}");
        }
        assert_ne!(skeleton("köln"), skeleton("koln"));
        assert_ne!(skeleton("日本語"), skeleton("日木語"));
    }
}
