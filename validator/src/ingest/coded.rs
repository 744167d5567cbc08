//! Byte strings that resemble the one before, stored as the difference.
//!
//! A *record* says how many bytes at the start and how many at the end are those of the string before,
//! and has the bytes between. Numbered names (`rule-0041.yar` after `rule-0040.yar`) take four bytes.

use super::{
    limits::{MAX_NAME_BYTES, MAX_SUBJECTS},
    names::Full,
    pages::{Pages, Position},
};

/// Strings between two that are stored whole. Reading one decodes half as many on average.
const BLOCK: usize = 16;

/// Marks a number that does not fit in a byte; four bytes follow.
const WIDE: u8 = u8::MAX;

/// Appends records.
#[derive(Debug, Default)]
pub(super) struct Writer {
    pages: Pages,
    /// The string before.
    last: Vec<u8>,
}

impl Writer {
    /// Appends `name`; where its record begins.
    pub(super) fn push(&mut self, name: &[u8]) -> Result<Position, Full> {
        let same = |(a, b): &(&u8, &u8)| a == b;
        let start = self.last.iter().zip(name).take_while(same).count();
        let rests = (self.last.iter().skip(start).rev(), name.iter().skip(start).rev());
        let end = rests.0.zip(rests.1).take_while(same).count();
        let between = start..name.len().saturating_sub(end);
        let middle = name.get(between).unwrap_or_default();
        let mut header = Header::default();
        for number in [start, end, middle.len()] {
            header.push(number)?;
        }
        let position = self.pages.push([header.bytes(), middle])?;
        self.last.clear();
        self.last.extend_from_slice(name);
        Ok(position)
    }

    /// The next record is of the whole string.
    fn start_block(&mut self) {
        self.last.clear();
    }

    /// What was written, to be read once.
    pub(super) fn into_reader(self) -> Reader {
        Reader { pages: self.pages, next: Position::default(), last: Vec::new() }
    }
}

/// Reads records in order and gives back their memory on the way.
#[derive(Debug)]
pub(super) struct Reader {
    pages: Pages,
    next: Position,
    /// The string before.
    last: Vec<u8>,
}

impl Reader {
    /// The next string; none at the end.
    pub(super) fn next(&mut self) -> Option<&[u8]> {
        let next = decode(&self.pages, self.next, &mut self.last)?;
        if next.page() != self.next.page() {
            self.pages.forget_before(next);
        }
        self.next = next;
        Some(&self.last)
    }

    /// Heap bytes held.
    #[cfg(test)]
    pub(super) fn heap_bytes(&self) -> usize {
        self.pages.heap_bytes()
    }
}

/// An append-only list: any string can be read, at the cost of [`BLOCK`] small steps.
#[derive(Debug, Default)]
pub(super) struct Coded {
    written: Writer,
    /// Where each block begins.
    blocks: Vec<Position>,
    len: usize,
    /// Bytes of all strings as they were given.
    bytes: usize,
}

impl Coded {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Appends `name`; its index is the length before.
    pub(super) fn push(&mut self, name: &[u8]) -> Result<(), Full> {
        let bytes = self.bytes.checked_add(name.len()).ok_or(Full)?;
        if self.len >= MAX_SUBJECTS || bytes > MAX_NAME_BYTES {
            return Err(Full);
        }
        if self.len.is_multiple_of(BLOCK) {
            self.written.start_block();
            self.blocks.push(self.written.push(name)?);
        } else {
            self.written.push(name)?;
        }
        self.bytes = bytes;
        self.len = self.len.saturating_add(1);
        Ok(())
    }

    /// Appends the string at `index` to `out`; nothing if there is none.
    pub(super) fn read(&self, index: usize, out: &mut Vec<u8>) {
        let Some(&block) = self.blocks.get(index / BLOCK).filter(|_| index < self.len) else {
            return;
        };
        let mut name = Vec::with_capacity(64);
        let mut position = Some(block);
        for _ in 0..=index % BLOCK {
            position = position.and_then(|at| decode(&self.written.pages, at, &mut name));
        }
        out.extend_from_slice(&name);
    }

    /// Gives back memory that growth reserved.
    pub(super) fn shrink(&mut self) {
        self.written.pages.shrink();
        self.blocks.shrink_to_fit();
    }

    /// Heap bytes held.
    #[cfg(test)]
    #[expect(clippy::arithmetic_side_effects, reason = "sums of sizes in memory, in tests")]
    pub(super) fn heap_bytes(&self) -> usize {
        let blocks = self.blocks.capacity() * size_of::<Position>();
        self.written.pages.heap_bytes() + self.written.last.capacity() + blocks
    }
}

/// Makes `name` the string of the record at `position`; where the next one begins. None if there is no
/// record, with `name` as it was.
fn decode(pages: &Pages, position: Position, name: &mut Vec<u8>) -> Option<Position> {
    let record = pages.after(position);
    let mut rest = record;
    let [start, end, len] = [number(&mut rest)?, number(&mut rest)?, number(&mut rest)?];
    let (middle, rest) = rest.split_at_checked(len)?;
    // The bytes kept at the end move from `old` to `new`.
    let old = name.len().checked_sub(end).filter(|&old| start <= old)?;
    let new = start.checked_add(len)?;
    let total = new.checked_add(end)?;
    if total > name.len() {
        name.resize(total, 0);
    }
    name.copy_within(old..old.checked_add(end)?, new);
    name.truncate(total);
    name.get_mut(start..new)?.copy_from_slice(middle);
    pages.advance(position, record.len().checked_sub(rest.len())?)
}

/// The numbers of a record.
#[derive(Default)]
struct Header {
    buffer: [u8; 15],
    len: usize,
}

impl Header {
    fn push(&mut self, number: usize) -> Result<(), Full> {
        let wide = u32::try_from(number).map_err(|_| Full)?;
        let [a, b, c, d] = wide.to_le_bytes();
        match u8::try_from(number) {
            Ok(narrow) if narrow != WIDE => self.append(&[narrow]),
            _ => self.append(&[WIDE, a, b, c, d]),
        }
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), Full> {
        let end = self.len.saturating_add(bytes.len());
        self.buffer.get_mut(self.len..end).ok_or(Full)?.copy_from_slice(bytes);
        self.len = end;
        Ok(())
    }

    fn bytes(&self) -> &[u8] {
        self.buffer.get(..self.len).unwrap_or_default()
    }
}

/// Takes a number off the front of `record`.
fn number(record: &mut &[u8]) -> Option<usize> {
    let (&first, rest) = record.split_first()?;
    let (number, rest) = if first == WIDE {
        let (wide, rest) = rest.split_first_chunk()?;
        (usize::try_from(u32::from_le_bytes(*wide)).ok()?, rest)
    } else {
        (usize::from(first), rest)
    };
    *record = rest;
    Some(number)
}
