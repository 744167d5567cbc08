//! Columns as regorus counts them, and as everybody else does.
//!
//! regorus counts bytes, a tab as four, a carriage return as none; inside of a raw string it counts characters, a tab
//! as four again. Reports count characters.

use proofhouse_guest::Position;

/// What a tab is to regorus.
const TAB: usize = 4;

/// What a character belongs to, as far as it matters for how wide it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Code,
    Comment,
    Text,
    /// In a text, behind a backslash.
    Escape,
    RawText,
}

impl Inside {
    fn after(self, character: char) -> Self {
        match (self, character) {
            // Only a raw text goes on in the next line.
            (Self::Code | Self::Comment | Self::Text | Self::Escape, '\n')
            | (Self::Text, '"')
            | (Self::RawText, '`') => Self::Code,
            (Self::Code, '#') => Self::Comment,
            (Self::Code, '"') | (Self::Escape, _) => Self::Text,
            (Self::Code, '`') => Self::RawText,
            (Self::Text, '\\') => Self::Escape,
            (same, _) => same,
        }
    }

    fn width(self, character: char) -> usize {
        match (self, character) {
            (_, '\t') => TAB,
            (Self::RawText, _) => 1,
            (_, '\r') => 0,
            (_, other) => other.len_utf8(),
        }
    }
}

/// A place in `text` whose column is regorus's, with the column that it is in characters.
///
/// A column behind the end of its line is as far behind it as regorus says.
pub(crate) fn in_characters(text: &str, place: Position) -> Position {
    let mut inside = Inside::Code;
    let (mut line, mut theirs, mut column) = (1_usize, 1_usize, 1_usize);
    for character in text.chars() {
        if line == place.line && (theirs >= place.column || character == '\n') {
            break;
        }
        if character == '\n' {
            line = line.saturating_add(1);
            (theirs, column) = (1, 1);
        } else {
            theirs = theirs.saturating_add(inside.width(character));
            column = column.saturating_add(1);
        }
        inside = inside.after(character);
    }
    if line != place.line {
        return place;
    }
    let behind = place.column.saturating_sub(theirs);
    Position { line, column: column.saturating_add(behind) }
}
