//! Text of others, shown to people.

/// Characters that a terminal obeys or that change how their neighbours look: control characters, and
/// the zero-width, line-separating and bidirectional ones of Unicode's General Punctuation block.
pub(crate) fn needs_escape(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// The beginning of a text of others.
pub(crate) fn cut(text: &str, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
    }
}

/// The same on one line.
pub(crate) fn on_one_line(text: &str, characters: usize) -> String {
    cut(text, characters).replace(['\n', '\r'], "\\n")
}

/// Text of others on one line, so that it reaches no terminal with its control characters.
pub(crate) struct Plain<'a>(pub(crate) &'a str);

impl std::fmt::Display for Plain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        use std::fmt::Write as _;
        self.0.chars().try_for_each(|c| match c {
            c if needs_escape(c) => write!(f, "{}", c.escape_unicode()),
            c => f.write_char(c),
        })
    }
}
