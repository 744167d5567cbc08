//! The room that the runtime has from the start: pages behind the guest's own in the guest's memory, and
//! the sizes of the memories beside it.
//!
//! An instance whose memories need not grow costs its host no system call: neither to make room, nor to
//! take it back when the instance is gone. So most runs are to find all they need here, and what is here
//! is to be small, since all of it is cleared for the next instance.
//!
//! | pages of the guest's memory | for |
//! |---|---|
//! | the original's minimum, at least one | the guest; null is in the first |
//! | [`FAKE_STACK_PAGES`] | the fake stack, in modules that mark their frames |
//! | [`HEAP_PAGES`] | the heap, where it is replaced: the first blocks |
//!
//! An original may ask for more pages than its own things take, so that its allocator need not get them bit by bit
//! (`--initial-memory`). Where the linker says where those begin, they are the heap's, and there are no others behind.

use super::asan::FAKE_STACK_PAGES;
use super::constants::Constants;
use super::grow::MAX_PAGES;
use super::layout::MAX_NULL_PAGE;
use super::numbers::index;
use super::shadow::{GRANULE_LOG2, Poison};

/// Pages that the heap has from the start. Two jobs of the reference interpreter fit. The runtime takes it
/// that the first page of records is this one's, and no other.
const HEAP_PAGES: u32 = 1;
/// Most pages of the original's allocator that become the heap's: all that a guest may have by default. Their poison,
/// an eighth of them, is part of the module that is written.
const MAX_ALLOCATORS_PAGES: u32 = 1024;
/// Size of a page in bytes, as a power of two.
const PAGE_LOG2: u32 = 16;
/// Bytes at the start of the heap that have no block: in the place of their records the runtime has notes.
const HEAP_NOTES: u32 = 4096;

/// What the first bytes of fresh blocks are filled with in guests that were compiled for checks, as
/// AddressSanitizer does: nothing that a pointer, a length or the end of a text could be. Their compiler does the
/// same with variables (`-ftrivial-auto-var-init=pattern`).
const FRESH: u32 = 0x200 | 0xbe;

/// How much there is of everything.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Room {
    /// Pages before the runtime's.
    own: u32,
    /// Pages before the runtime's that are not the guest's either.
    unused: u32,
    /// Pages of the original, at least one: those of its allocator, too.
    original: u32,
    fake_stack: u32,
    heap: u32,
    /// Pages behind that, which the heap need not ask for.
    spare: u32,
    has_heap: bool,
    /// Whether fresh blocks are filled.
    fills: bool,
    /// Where nothing is to be written.
    constants: Option<Constants>,
}

impl Room {
    /// The room in a module whose memory has `minimum` pages: for a fake stack if it marks its frames,
    /// for a heap if that is replaced. `taken` are the pages before those that its allocator has from the start, if
    /// that is known.
    pub(super) fn plan(
        minimum: u64,
        taken: Option<u32>,
        marks_frames: bool,
        has_heap: bool,
    ) -> Self {
        let minimum = u32::try_from(minimum).unwrap_or(MAX_PAGES);
        let original = minimum.max(u32::from(marks_frames || has_heap));
        // Without checks its allocator has them.
        let taken = taken.filter(|_| has_heap).unwrap_or(original);
        let own = taken.clamp(1.min(original), original);
        let is_too_much = original.saturating_sub(own) > MAX_ALLOCATORS_PAGES;
        let own = if is_too_much { original } else { own };
        let left = MAX_PAGES.saturating_sub(original);
        let wanted = if marks_frames { u32::try_from(FAKE_STACK_PAGES).unwrap_or(0) } else { 0 };
        let fake_stack = if wanted <= left { wanted } else { 0 };
        let allocators = original.saturating_sub(own);
        let heap = match allocators {
            _ if !has_heap => 0,
            0 => HEAP_PAGES.min(left.saturating_sub(fake_stack)),
            pages => HEAP_PAGES.min(pages),
        };
        let spare = allocators.saturating_sub(heap);
        let fills = marks_frames && has_heap;
        let unused = original.saturating_sub(minimum);
        Self { own, unused, original, fake_stack, heap, spare, has_heap, fills, constants: None }
    }

    /// The same with constants.
    pub(super) fn with(self, constants: Option<Constants>) -> Self {
        Self { constants, ..self }
    }

    /// Pages of the guest's memory.
    pub(super) fn pages(self) -> u32 {
        self.own.saturating_add(self.runtime_pages())
    }

    /// Pages of the shadow: one for each eight of the guest's memory.
    fn shadow_pages(self) -> u32 {
        self.pages().div_ceil(1 << GRANULE_LOG2)
    }

    fn runtime_pages(self) -> u32 {
        self.fake_stack.saturating_add(self.heap).saturating_add(self.spare)
    }

    /// Frames are where they are without checks: behind the original's pages. So is the heap, unless some of these are
    /// its allocator's.
    fn heap_base(self) -> u32 {
        let is_behind = self.own == self.original;
        let frames = if is_behind { self.fake_stack } else { 0 };
        address(self.own.saturating_add(frames))
    }

    fn rest_end(self) -> u32 {
        self.heap_base().saturating_add(address(self.heap))
    }

    /// From where to where nothing but AddressSanitizer's marks would ever be poisoned: the pages that the
    /// original asks for, without what may be nobody's at their start, of which so much is known to be.
    pub(super) fn plain_data(self, nobodys: u32) -> [u32; 2] {
        [MAX_NULL_PAGE.max(nobodys), address(self.own.saturating_sub(self.unused))]
    }

    /// Pages of the runtime's memory of that name, where it is not what its text says.
    pub(super) fn minimum(self, memory: &str) -> Option<u32> {
        match memory {
            "shadow" => Some(self.shadow_pages()),
            "heap" => Some(self.heap.max(self.has_heap.into())),
            _ => None,
        }
    }

    /// First value of the runtime's global of that name, where it is not what its text says.
    pub(super) fn initial(self, global: &str) -> Option<u32> {
        let behind = |bytes| self.heap_base().saturating_add(bytes);
        match global {
            "heap_pages" => Some(self.unused.saturating_add(self.runtime_pages())),
            "heap_base" => Some(self.heap_base()),
            "rest" if self.heap > 0 => Some(behind(HEAP_NOTES)),
            "rest_end" if self.heap > 0 => Some(self.rest_end()),
            "spare" => Some(self.rest_end()),
            "spare_pages" => Some(self.spare),
            "constants" => self.constants.map(|constants| constants.address),
            "constants_bytes" => self.constants.map(|constants| constants.bytes),
            "fill_heap" if self.fills => Some(FRESH),
            "fake_stack" if self.fake_stack > 0 => Some(address(self.original)),
            _ => None,
        }
    }

    /// Where in the shadow the heap's redzones lie in the beginning: all of its pages.
    pub(super) fn redzones(self) -> Option<(u32, impl ExactSizeIterator<Item = u8>)> {
        let granules = address(self.heap.saturating_add(self.spare)) >> GRANULE_LOG2;
        let poison = std::iter::repeat_n(Poison::HEAP_REDZONE.0, index(granules));
        (granules > 0).then_some((self.heap_base() >> GRANULE_LOG2, poison))
    }
}

/// Address of a page. The one behind the last page of all is never asked for: it saturates.
fn address(page: u32) -> u32 {
    u32::try_from(u64::from(page) << PAGE_LOG2).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_lies_behind_the_guest() {
        let room = Room::plan(2, None, true, true);
        assert_eq!(room.pages(), 2 + 15 + HEAP_PAGES);
        assert_eq!(room.initial("fake_stack"), Some(2 << 16));
        assert_eq!(room.initial("heap_base"), Some(17 << 16));
        assert_eq!(room.initial("rest"), Some((17 << 16) + HEAP_NOTES));
        assert_eq!(room.initial("heap_pages"), Some(15 + HEAP_PAGES));
        assert_eq!(room.initial("fill_heap"), Some(FRESH));
        assert_eq!(room.minimum("shadow"), Some((17 + HEAP_PAGES).div_ceil(8)));
        assert_eq!(room.plain_data(1024), [4096, 2 << 16]);
        assert_eq!(room.plain_data(8192), [8192, 2 << 16]);
    }

    #[test]
    fn null_is_no_block() {
        let room = Room::plan(0, None, false, true);
        assert_eq!(room.initial("heap_base"), Some(1 << 16));
        assert_eq!(room.initial("heap_pages"), Some(1 + HEAP_PAGES));
        assert_eq!(room.initial("fill_heap"), None);
        // The first page is no guest's.
        let [from, to] = room.plain_data(0);
        assert!(to < from);
    }

    #[test]
    fn a_module_without_heap_or_marks_gets_nothing() {
        for pages in [0, 1, 9, 65536] {
            let room = Room::plan(pages, None, false, false);
            assert_eq!(u64::from(room.pages()), pages);
            assert_eq!(room.initial("heap_pages"), Some(0));
            assert_eq!(room.minimum("heap"), Some(0));
            assert!(room.redzones().is_none());
        }
    }

    #[test]
    fn pages_of_the_allocator_are_the_heaps() {
        let room = Room::plan(20, Some(3), false, true);
        assert_eq!(room.pages(), 20);
        assert_eq!(room.initial("heap_base"), Some(3 << 16));
        assert_eq!(room.initial("rest_end"), Some(4 << 16));
        assert_eq!(room.initial("spare"), Some(4 << 16));
        assert_eq!(room.initial("spare_pages"), Some(16));
        assert_eq!(room.initial("heap_pages"), Some(17));
        assert_eq!(room.minimum("shadow"), Some(3));
        assert_eq!(room.plain_data(1024), [4096, 3 << 16]);
        // One that has fewer than there are blocks from the start gets them, too.
        for (minimum, taken) in [(3, 3), (3, 9), (4, 3)] {
            let room = Room::plan(minimum, Some(taken), false, true);
            assert_eq!(room.pages(), 4, "{minimum} {taken}");
            assert_eq!(room.initial("spare_pages"), Some(0), "{minimum} {taken}");
        }
        // What nobody could have stays as it is.
        for pages in [3 + MAX_ALLOCATORS_PAGES + 1, 65536] {
            let room = Room::plan(pages.into(), Some(3), false, true);
            assert_eq!(room.initial("spare_pages"), Some(0), "{pages}");
            assert_eq!(room.plain_data(1024), [4096, address(pages)]);
        }
        // Its own allocator has them.
        let room = Room::plan(20, Some(3), false, false);
        assert_eq!(room.plain_data(1024), [4096, 20 << 16]);
        assert_eq!(room.initial("spare_pages"), Some(0));
        // Frames are where they are without checks.
        let frames = Room::plan(20, Some(3), true, false).initial("fake_stack");
        assert_eq!(frames, Some(20 << 16));
        let room = Room::plan(20, Some(3), true, true);
        assert_eq!(room.initial("fake_stack"), frames);
        assert_eq!(room.pages(), 20 + 15);
        assert_eq!(room.initial("heap_base"), Some(3 << 16));
        assert_eq!(room.initial("spare_pages"), Some(16));
        assert_eq!(room.initial("heap_pages"), Some(17 + 15));
    }

    #[test]
    fn a_full_memory_has_no_room() {
        for pages in [65530, 65535, 65536, u64::MAX] {
            let room = Room::plan(pages, None, true, true);
            assert!(room.pages() <= 65536);
            assert_eq!(room.initial("fake_stack"), None);
            assert_eq!(room.minimum("heap"), Some(1));
        }
    }
}
