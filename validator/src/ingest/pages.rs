//! An append-only list of byte records that grows without being moved, and can be given back from the
//! front while it is read.

use super::names::Full;

/// Bytes of a page. Small, so that a list given back page by page and another that grows meanwhile
/// share memory.
const PAGE_BYTES: usize = 4096;

/// Records one after another; none lies on two pages.
#[derive(Debug, Default)]
pub(super) struct Pages {
    pages: Vec<Vec<u8>>,
}

/// Where a record begins: its page's number times [`PAGE_BYTES`], and the offset in the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Position(u32);

impl Position {
    fn new(page: usize, offset: usize) -> Option<Self> {
        let position = page.checked_mul(PAGE_BYTES)?.checked_add(offset)?;
        u32::try_from(position).ok().map(Self)
    }

    pub(super) fn page(self) -> usize {
        usize::try_from(self.0).map_or(usize::MAX, |position| position / PAGE_BYTES)
    }

    fn offset(self) -> usize {
        usize::try_from(self.0).map_or(usize::MAX, |position| position % PAGE_BYTES)
    }
}

impl Pages {
    /// Appends a record made of `parts`; where it begins. One larger than a page gets a page of its
    /// size.
    pub(super) fn push(&mut self, parts: [&[u8]; 2]) -> Result<Position, Full> {
        let len = parts.iter().map(|part| part.len()).fold(0, usize::saturating_add);
        let fits = |page: &Vec<u8>| page.len().saturating_add(len) <= PAGE_BYTES;
        if !self.pages.last().is_some_and(fits) {
            // The first page grows as it is needed: most lists are short.
            let capacity = if self.pages.is_empty() { len } else { PAGE_BYTES.max(len) };
            self.pages.push(Vec::with_capacity(capacity));
        }
        let number = self.pages.len().checked_sub(1).ok_or(Full)?;
        let page = self.pages.last_mut().ok_or(Full)?;
        let position = Position::new(number, page.len()).ok_or(Full)?;
        for part in parts {
            page.extend_from_slice(part);
        }
        Ok(position)
    }

    /// What follows `position` on its page; empty at the end of the page.
    pub(super) fn after(&self, position: Position) -> &[u8] {
        let page = self.pages.get(position.page());
        page.and_then(|page| page.get(position.offset()..)).unwrap_or_default()
    }

    /// The position `len` bytes after `position`, or the next page's begin if that is the end of the
    /// page.
    pub(super) fn advance(&self, position: Position, len: usize) -> Option<Position> {
        let (page, offset) = (position.page(), position.offset().checked_add(len)?);
        if offset < self.pages.get(page)?.len() {
            Position::new(page, offset)
        } else {
            Position::new(page.checked_add(1)?, 0)
        }
    }

    /// Gives back the pages before the one of `position`, which may not be read any more.
    pub(super) fn forget_before(&mut self, position: Position) {
        let Some(last) = position.page().checked_sub(1) else { return };
        // Those before it were given back when they were the last.
        if let Some(page) = self.pages.get_mut(last) {
            *page = Vec::new();
        }
    }

    /// Gives back memory that growth reserved.
    pub(super) fn shrink(&mut self) {
        self.pages.shrink_to_fit();
        if let Some(last) = self.pages.last_mut() {
            last.shrink_to_fit();
        }
    }

    /// Heap bytes held.
    #[cfg(test)]
    #[expect(clippy::arithmetic_side_effects, reason = "sums of sizes in memory, in tests")]
    pub(super) fn heap_bytes(&self) -> usize {
        let pages: usize = self.pages.iter().map(Vec::capacity).sum();
        pages + self.pages.capacity() * size_of::<Vec<u8>>()
    }
}
