//! The small parts of a page.

use crate::coverage::Part;
use std::fmt::{self, Display, Formatter, Write as _};

/// Text as a page shows it, between tags and in quoted attributes alike.
pub(super) struct Text<'a>(pub(super) &'a str);

impl Display for Text<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| match c {
            '&' => f.write_str("&amp;"),
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '"' => f.write_str("&quot;"),
            '\'' => f.write_str("&#39;"),
            '\t' => f.write_char(c),
            c if crate::text::needs_escape(c) => write!(f, "{}", c.escape_unicode()),
            c => f.write_char(c),
        })
    }
}

/// How much of something, as a picture.
pub(super) struct Bar(pub(super) Part);

impl Display for Bar {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0.percent() {
            None => Ok(()),
            Some(percent) => {
                write!(f, "<span class=\"bar\"><i style=\"width:{percent}%\"></i></span>")
            }
        }
    }
}

/// As `12 of 18`.
pub(super) fn count(part: Part) -> String {
    if part.all == 0 { "-".to_owned() } else { format!("{} of {}", part.hit, part.all) }
}

/// As `66%`.
pub(super) fn percent(part: Part) -> String {
    part.percent().map_or_else(|| "-".to_owned(), |percent| format!("{percent}%"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_is_markup() {
        let hostile = "</td><script>alert('\"&\u{202e}\u{1b}\n\0";
        assert_eq!(
            Text(hostile).to_string(),
            "&lt;/td&gt;&lt;script&gt;alert(&#39;&quot;&amp;\\u{202e}\\u{1b}\\u{a}\\u{0}"
        );
    }
}
