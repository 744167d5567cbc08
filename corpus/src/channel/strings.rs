//! The string table under construction: each distinct string once, in order of first use.

use std::collections::HashMap;

use crate::limits::MAX_STRINGS_BYTES;
use crate::numbers::saturating_usize;

/// The table would grow over its limit.
#[derive(Debug)]
pub(super) struct TableFull;

/// Strings, and where each is. The map only answers; nothing depends on its order.
#[derive(Debug, Default)]
pub(super) struct StringTable<'a> {
    bytes: Vec<u8>,
    offsets: HashMap<&'a [u8], usize>,
}

impl<'a> StringTable<'a> {
    /// The offset of `string`, which is added if it is new. The empty string is at 0.
    pub(super) fn offset_of(&mut self, string: &'a [u8]) -> Result<usize, TableFull> {
        if string.is_empty() {
            return Ok(0);
        }
        if let Some(&offset) = self.offsets.get(string) {
            return Ok(offset);
        }
        let offset = self.bytes.len();
        if offset.saturating_add(string.len()) > saturating_usize(MAX_STRINGS_BYTES) {
            return Err(TableFull);
        }
        self.bytes.extend_from_slice(string);
        self.offsets.insert(string, offset);
        Ok(offset)
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test says what must succeed")]
    use super::*;

    #[test]
    fn equal_strings_share_their_bytes() {
        let mut table = StringTable::default();
        let offsets = [b"ab".as_slice(), b"c", b"", b"ab", b"a"];
        let offsets = offsets.map(|string| table.offset_of(string).unwrap());
        assert_eq!(offsets, [0, 2, 0, 0, 3]);
        assert_eq!(table.into_bytes(), b"abca");
    }

    #[test]
    fn the_limit_is_reached_and_not_passed() {
        let (half, rest) = (vec![1; 8 << 20], vec![2; 8 << 20]);
        let mut table = StringTable::default();
        assert_eq!(table.offset_of(&half).unwrap(), 0);
        assert_eq!(table.offset_of(&rest).unwrap(), 8 << 20);
        assert!(table.offset_of(b"x").is_err());
        assert_eq!(table.offset_of(&half).unwrap(), 0, "known strings cost nothing");
    }
}
