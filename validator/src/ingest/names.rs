//! Many short byte strings in two allocations.

use super::limits::{MAX_NAME_BYTES, MAX_SUBJECTS};

/// An append-only list of byte strings: all bytes in one block, and the end of each string. A string
/// costs its bytes and four more.
#[derive(Debug, Default)]
pub(super) struct Names {
    bytes: Vec<u8>,
    ends: Vec<u32>,
}

/// A table or a listing has as much as [`limits`](super::limits) lets it hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Full;

impl Names {
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Appends `name`; its index is the length before.
    pub(super) fn push(&mut self, name: &[u8]) -> Result<(), Full> {
        let end = self.bytes.len().checked_add(name.len()).ok_or(Full)?;
        if self.len() >= MAX_SUBJECTS || end > MAX_NAME_BYTES {
            return Err(Full);
        }
        self.ends.push(u32::try_from(end).map_err(|_| Full)?);
        self.bytes.extend_from_slice(name);
        Ok(())
    }

    /// The string at `index`; empty if there is none.
    pub(super) fn at(&self, index: usize) -> &[u8] {
        let range = self.start(index)..self.end(index);
        self.bytes.get(range).unwrap_or_default()
    }

    /// Drops all strings from index `len` on.
    pub(super) fn truncate(&mut self, len: usize) {
        if len < self.len() {
            self.bytes.truncate(self.start(len));
            self.ends.truncate(len);
        }
    }

    /// Gives back memory that growth reserved.
    pub(super) fn shrink(&mut self) {
        self.bytes.shrink_to_fit();
        self.ends.shrink_to_fit();
    }

    /// Heap bytes held.
    #[cfg(test)]
    #[expect(clippy::arithmetic_side_effects, reason = "sums of sizes in memory, in tests")]
    pub(super) fn heap_bytes(&self) -> usize {
        self.bytes.capacity() + self.ends.capacity() * size_of::<u32>()
    }

    fn start(&self, index: usize) -> usize {
        index.checked_sub(1).map_or(0, |before| self.end(before))
    }

    fn end(&self, index: usize) -> usize {
        self.ends.get(index).and_then(|&end| usize::try_from(end).ok()).unwrap_or(0)
    }
}
