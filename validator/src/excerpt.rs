//! A line of content, for people: cut around a column, with nothing in it that a terminal obeys.
//!
//! Content is hostile, and so is the position, which is the interpreter's: the line may be 10 MiB long or
//! not there, and its bytes may be anything.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use std::ops::Range;

/// Columns shown before the caret at most, and behind it.
const BEFORE: usize = 60;
const BEHIND: usize = 40;
/// What stands where a line is cut.
const CUT: &str = "...";
/// Bytes of the longest character.
const LONGEST: usize = 4;

/// A line of content, or a part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    line: u64,
    text: String,
    /// Bytes of the text under which the caret stands; none where the column is not known or not there.
    caret: Option<Range<usize>>,
}

impl Excerpt {
    /// The line of that number, around that column; both count from 1, a column in Unicode scalar values.
    /// `None` where the content has no such line, or nothing on it.
    pub fn of(content: &[u8], line: u64, column: Option<u64>) -> Option<Self> {
        let index = usize::try_from(line).ok()?.checked_sub(1)?;
        let bytes = content.split(|byte| *byte == b'\n').nth(index)?;
        let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        let at = column.and_then(|column| start_of(bytes, usize::try_from(column).ok()?));
        let (before, behind) = bytes.split_at_checked(at.unwrap_or(0))?;
        let mut text = last_columns(before);
        let start = text.len();
        let room = if at.is_some() { BEHIND } else { BEFORE.saturating_add(BEHIND) };
        let first = first_columns(behind, room, &mut text);
        // An empty line shows something only with a caret.
        let shows = at.is_some() || !text.is_empty();
        shows.then(|| Self { line, caret: at.map(|_| start..start.saturating_add(first)), text })
    }

    /// The line with its number and the caret under it.
    pub fn render(&self, styled: bool) -> String {
        let line = usize::try_from(self.line).unwrap_or(usize::MAX);
        let mut snippet = Snippet::source(self.text.as_str()).line_start(line).fold(false);
        if let Some(caret) = &self.caret {
            snippet = snippet.annotation(AnnotationKind::Primary.span(caret.clone()));
        }
        let renderer = if styled { Renderer::styled() } else { Renderer::plain() };
        renderer.render(&[Group::with_level(Level::ERROR).element(snippet)])
    }
}

/// The byte at which a column begins; the end of the line is one too.
fn start_of(line: &[u8], column: usize) -> Option<usize> {
    let starts = line.iter().enumerate().filter(|(_, byte)| begins_a_character(**byte));
    starts.map(|(at, _)| at).chain([line.len()]).nth(column.checked_sub(1)?)
}

/// Whether a byte is none that continues a character. Bytes that are no text have columns in this way too.
fn begins_a_character(byte: u8) -> bool {
    byte & 0b1100_0000 != 0b1000_0000
}

/// The last columns of what stands before a caret.
fn last_columns(before: &[u8]) -> String {
    let window = before.len().saturating_sub(BEFORE.saturating_mul(LONGEST));
    let tail = before.get(window..).unwrap_or_default();
    let partial = tail.iter().take_while(|byte| !begins_a_character(**byte)).count();
    let partial = if window == 0 { 0 } else { partial };
    let characters: Vec<String> = shown(tail.get(partial..).unwrap_or_default()).collect();
    let mut room = BEFORE;
    let fits = characters.iter().rev().take_while(|text| {
        let width = text.chars().count();
        let fits = width <= room;
        room = if fits { room.saturating_sub(width) } else { 0 };
        fits
    });
    let skipped = characters.len().saturating_sub(fits.count());
    let rest: String = characters.iter().skip(skipped).map(String::as_str).collect();
    if skipped > 0 || window > 0 { format!("{CUT}{rest}") } else { rest }
}

/// Appends the first columns of what stands at a caret and behind it. Returns the bytes of the first.
fn first_columns(behind: &[u8], mut room: usize, to: &mut String) -> usize {
    let window = room.saturating_mul(LONGEST);
    let mut first = None;
    for character in shown(behind.get(..window).unwrap_or(behind)) {
        let width = character.chars().count();
        if width > room {
            to.push_str(CUT);
            return first.unwrap_or(0);
        }
        room = room.saturating_sub(width);
        first = first.or(Some(character.len()));
        to.push_str(&character);
    }
    if behind.len() > window {
        to.push_str(CUT);
    }
    first.unwrap_or(0)
}

/// Characters as they are shown; a tab is four spaces, what a terminal obeys and what is no text is escaped.
fn shown(bytes: &[u8]) -> impl Iterator<Item = String> {
    bytes.utf8_chunks().flat_map(|chunk| {
        let valid = chunk.valid().chars().map(|c| match c {
            '\t' => "    ".to_owned(),
            c if crate::text::needs_escape(c) => c.escape_unicode().to_string(),
            c => c.to_string(),
        });
        valid.chain(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")))
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    /// The shown text, and what stands above the caret.
    fn shown(content: &[u8], line: u64, column: Option<u64>) -> Option<(String, Option<String>)> {
        let excerpt = Excerpt::of(content, line, column)?;
        let marked = excerpt.caret.clone().map(|caret| excerpt.text.get(caret).unwrap().to_owned());
        Some((excerpt.text, marked))
    }

    #[track_caller]
    fn assert_shown(content: &[u8], at: (u64, u64), text: &str, marked: Option<&str>) {
        let found = shown(content, at.0, (at.1 != 0).then_some(at.1));
        assert_eq!(found, Some((text.to_owned(), marked.map(str::to_owned))));
    }

    #[test]
    fn the_line_and_the_character_are_found() {
        assert_shown(b"ab\ncd\n", (2, 2), "cd", Some("d"));
        assert_shown(b"ab\r\ncd\r\n", (1, 3), "ab", Some(""));
        assert_shown(
            "a\u{e9}\u{1f600}z".as_bytes(),
            (1, 3),
            "a\u{e9}\u{1f600}z",
            Some("\u{1f600}"),
        );
        assert_shown(b"a\tb", (1, 3), "a    b", Some("b"));
        assert_shown(b"a\n", (2, 1), "", Some(""));
        assert_shown(b"", (1, 1), "", Some(""));
        assert_shown(b"abc", (1, 0), "abc", None);
    }

    #[test]
    fn a_place_that_is_not_there_is_not_shown() {
        assert_eq!(shown(b"a\nb", 3, Some(1)), None);
        assert_eq!(shown(b"a", u64::MAX, None), None);
        assert_eq!(shown(b"a", 0, Some(1)), None);
        assert_eq!(shown(b"a\n", 2, Some(7)), None);
        assert_shown(b"abc", (1, 5), "abc", None);
        assert_shown(b"abc", (1, u64::MAX), "abc", None);
    }

    #[test]
    fn nothing_reaches_the_terminal_that_it_obeys() {
        let text = "\\u{1b}[31mred\\u{202e}\\xff\\x80!";
        assert_shown(b"\x1b[31mred\xe2\x80\xae\xff\x80!", (1, 9), text, Some("\\u{202e}"));
        assert_shown(b"\x00\rx", (1, 3), "\\u{0}\\u{d}x", Some("x"));
        // Half of a character in front of the window is none of the line's own.
        let long = "\u{e9}".repeat(1_000);
        let (text, _) = shown(format!("a{long}").as_bytes(), 1, Some(900)).unwrap();
        assert!(!text.contains("\\x"), "{text}");
    }

    #[test]
    fn a_long_line_is_cut_around_the_column() {
        let line = [vec![b'a'; 5 << 20], b"X".to_vec(), vec![b'b'; 5 << 20]].concat();
        let (text, marked) = shown(&line, 1, Some((5 << 20) + 1)).unwrap();
        let expected = format!("...{}X{}...", "a".repeat(BEFORE), "b".repeat(BEHIND - 1));
        assert_eq!((text, marked.as_deref()), (expected, Some("X")));
        let escaped = vec![1; 1_000];
        let (text, marked) = shown(&escaped, 1, Some(500)).unwrap();
        assert!(text.len() <= BEFORE + BEHIND + 2 * CUT.len(), "{text}");
        assert_eq!(marked.as_deref(), Some("\\u{1}"));
        let (text, marked) = shown(&line, 1, None).unwrap();
        assert_eq!((text.len(), marked), (BEFORE + BEHIND + CUT.len(), None));
    }

    #[test]
    fn the_caret_stands_under_the_character() {
        for (content, line, column) in [
            (&b"first\n\tsecond"[..], 2, Some(2)),
            ("wide \u{4e2d}\u{6587} x".as_bytes(), 1, Some(9)),
            (b"end", 1, Some(4)),
            (b"no column", 1, None),
        ] {
            insta::assert_snapshot!(
                format!("{line}-{}", column.unwrap_or(0)),
                Excerpt::of(content, line, column).unwrap().render(false)
            );
        }
    }
}
