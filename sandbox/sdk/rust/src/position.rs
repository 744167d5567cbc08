//! A place in a text.

use std::fmt;

/// A line and a column, both counted from 1; a column counts Unicode scalar values.
///
/// Displayed as `LINE:COLUMN`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
}

impl Position {
    /// The position of the byte at `offset` (from 0) in `text`.
    ///
    /// Never fails: an offset past the end is the end, one inside a character is the place after that
    /// character, and what is not UTF-8 counts a column for each byte that cannot continue a
    /// character.
    pub fn of(text: &[u8], offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let mut position = Self { line: 1, column: 1 };
        for byte in before {
            position.advance(*byte);
        }
        position
    }

    fn advance(&mut self, byte: u8) {
        const CONTINUATION_MASK: u8 = 0b1100_0000;
        const CONTINUATION: u8 = 0b1000_0000;
        if byte == b'\n' {
            self.line = self.line.saturating_add(1);
            self.column = 1;
        } else if byte & CONTINUATION_MASK != CONTINUATION {
            self.column = self.column.saturating_add(1);
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_from_one() {
        let text = "ab\n\u{e9}\u{1f600}c\r\n".as_bytes();
        for (offset, expected) in [
            (0, "1:1"),
            (2, "1:3"),
            (3, "2:1"),
            (5, "2:2"),  // after é, two bytes
            (9, "2:3"),  // after the emoji, four bytes
            (10, "2:4"), // at \r
            (12, "3:1"),
            (usize::MAX, "3:1"),
        ] {
            assert_eq!(Position::of(text, offset).to_string(), expected, "offset {offset}");
        }
    }

    #[test]
    fn bytes_that_are_not_text_have_positions_too() {
        assert_eq!(Position::of(b"\xff\xff\n\xff", 2).to_string(), "1:3");
        assert_eq!(Position::of(b"\xff\xff\n\xff", 4).to_string(), "2:2");
        assert_eq!(Position::of(b"", 0).to_string(), "1:1");
    }
}
