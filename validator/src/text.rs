//! Text of others, shown to people.

/// Characters that a terminal obeys or that change how their neighbours look: control characters, and
/// the zero-width, line-separating and bidirectional ones of Unicode's General Punctuation block.
pub(crate) fn needs_escape(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}')
}
