//! A cursor over hostile bytes that can only shrink.
//!
//! Nothing is read twice and nothing behind the end: what was declared long but is short is an
//! error at the place where it was wanted. A *sub* reader is confined to its own bytes and keeps
//! counting offsets from the start of the file, so that errors inside it need no correction.

/// The bytes ended before something that had to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Short {
    pub(crate) offset: usize,
    pub(crate) needed: usize,
    pub(crate) left: usize,
}

/// Unread bytes, and how far from the start of the file they are.
#[derive(Clone, Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    offset: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, offset: 0 }
    }

    /// Offset of the next byte, from the start of the file.
    pub(crate) fn offset(&self) -> usize {
        self.offset
    }

    /// Bytes not read yet.
    pub(crate) fn left(&self) -> usize {
        self.rest.len()
    }

    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8], Short> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or_else(|| self.short(length))?;
        self.advance(rest, length);
        Ok(taken)
    }

    /// The next `length` bytes as a reader of their own.
    pub(crate) fn sub(&mut self, length: usize) -> Result<Self, Short> {
        let offset = self.offset;
        Ok(Self { rest: self.take(length)?, offset })
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Short> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or_else(|| self.short(N))?;
        self.advance(rest, N);
        Ok(*taken)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, Short> {
        self.array().map(u8::from_le_bytes)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, Short> {
        self.array().map(u16::from_le_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, Short> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, Short> {
        self.array().map(u64::from_le_bytes)
    }

    pub(crate) fn i64(&mut self) -> Result<i64, Short> {
        self.array().map(i64::from_le_bytes)
    }

    fn advance(&mut self, rest: &'a [u8], length: usize) {
        self.rest = rest;
        self.offset = self.offset.saturating_add(length);
    }

    fn short(&self, needed: usize) -> Short {
        Short { offset: self.offset, needed, left: self.left() }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test says what must succeed")]
    use super::*;

    #[test]
    fn integers_are_little_endian() {
        let mut reader = Reader::new(&[1, 2, 0, 3, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0x80]);
        assert_eq!(reader.u8(), Ok(1));
        assert_eq!(reader.u16(), Ok(2));
        assert_eq!(reader.u32(), Ok(3));
        assert_eq!(reader.clone().u64(), Ok(0x8000_0000_0000_0004));
        assert_eq!(reader.i64(), Ok(i64::MIN + 4));
        assert_eq!(reader.left(), 0);
    }

    #[test]
    fn a_short_read_says_where_and_consumes_nothing() {
        let mut reader = Reader::new(&[1, 2, 3]);
        reader.u8().unwrap();
        assert_eq!(reader.u32(), Err(Short { offset: 1, needed: 4, left: 2 }));
        let needed = usize::MAX;
        assert_eq!(reader.take(needed), Err(Short { offset: 1, needed, left: 2 }));
        assert_eq!(reader.u16(), Ok(0x0302));
    }

    #[test]
    fn a_sub_reader_ends_before_its_parent_and_keeps_its_offset() {
        let mut reader = Reader::new(&[1, 2, 3, 4]);
        reader.u8().unwrap();
        let mut sub = reader.sub(2).unwrap();
        assert_eq!((sub.u8(), sub.u8()), (Ok(2), Ok(3)));
        assert_eq!(sub.u8(), Err(Short { offset: 3, needed: 1, left: 0 }));
        assert_eq!((reader.offset(), reader.left()), (3, 1));
    }
}
