//! Characters that a text from outside could deceive its reader with.

/// Whether a character has no shape of its own, or turns the order in which others are shown
/// ([UAX #9](https://www.unicode.org/reports/tr9/), [UTR #36](https://www.unicode.org/reports/tr36/)). Control characters of ASCII and
/// Latin-1 are not among these.
pub fn hides_or_turns(c: char) -> bool {
    matches!(
        u32::from(c),
        0x00ad
            | 0x061c
            | 0x180e
            | 0x200b..=0x200f
            | 0x2028..=0x202e
            | 0x2060..=0x206f
            | 0xfeff
            | 0xfff9..=0xfffb
            | 0x000e_0000..=0x000e_007f
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_and_emoji_show_themselves_and_controls_of_direction_do_not() {
        for c in ['a', 'ß', '漢', '🚀', ' ', '\u{fe0f}'] {
            assert!(!hides_or_turns(c), "{c:?}");
        }
        for c in ['\u{ad}', '\u{200b}', '\u{202e}', '\u{2066}', '\u{feff}'] {
            assert!(hides_or_turns(c), "{c:?}");
        }
    }
}
