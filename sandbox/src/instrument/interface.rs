//! What an instrumented module offers to its host, beside what the original offers to everyone.
//!
//! All of it is exported under names that begin with [`PREFIX`]; an original that uses such a name
//! itself is refused.

use serde::{Deserialize, Serialize};

/// Names of the rewriter's own exports begin like this.
pub const PREFIX: &str = "__proofhouse_";
/// Mutable `i64` global: the fuel that is left. To be set before a call; *below zero after it, fuel ran
/// out*, however the call ended. At most 2^62 may be set. It is zero in a fresh instance, so that nothing runs before it is set.
pub const FUEL: &str = "__proofhouse_fuel";
/// Mutable `i64` global: fuel beyond [`FUEL`], a multiple of [`FUEL_SLICE`]. To be set before a call; zero in
/// a fresh instance. When the fuel goes below zero the guest asks its host for an element more of a table
/// that may hold none, and then takes [`FUEL_SLICE`] out of this; fuel ran out if nothing is left of it. The
/// host may end the run there.
pub const FUEL_RESERVE: &str = "__proofhouse_fuel_reserve";
/// Fuel between two questions to the host: some hundredths of a second.
pub const FUEL_SLICE: i64 = 1 << 24;
/// Mutable `i64` global: fuel that functions with a fixed price were lent while they run. If a run ends
/// inside one of them, this much of the fuel that is left was never the guest's.
pub const FUEL_LENT: &str = "__proofhouse_fuel_lent";
/// Function `(behind: i32, fuel: i64, i32, i32) -> (i32, i64)`: sets [`FUEL`], calls the original's function
/// of that number ([`Behind`](super::Behind)), and gives back its result and what [`FUEL`] is then. Traps
/// for a function that the original does not have. Present if fuel is.
pub const DOOR: &str = "__proofhouse_door";
/// Memory: the shadow, one byte for every eight of the guest's memory, and grows with it.
pub const SHADOW: &str = "__proofhouse_shadow";
/// Memory: counters and comparisons, in the places that a [`CoverageMap`](super::CoverageMap) says. It
/// does not grow.
pub const COVERAGE: &str = "__proofhouse_coverage";
/// Table of two functions, to be set before anything runs: what the [`oracle`](super::oracle) is asked of
/// accesses, `(base, offset, size, how) -> i32`, not 0 if the access must be stopped; and what it is told
/// of the heap, `(function, a, b, c, d, result)`. All are `i32`.
pub const ORACLE: &str = "__proofhouse_oracle";
/// Memory: from [`WATCHED_PADDING`] on a byte for each one that is watched, 1 once it was read.
pub const WATCH: &str = "__proofhouse_watch";
/// Mutable `i32` global, to be set while the guest does not run: the first address that is watched.
pub const WATCH_START: &str = "__proofhouse_watch_start";
/// Mutable `i32` global, to be set while the guest does not run: how many bytes from there on are
/// watched, at most [`MAX_WATCHED_BYTES`](super::limits::MAX_WATCHED_BYTES).
pub const WATCH_BYTES: &str = "__proofhouse_watch_bytes";
/// Bytes before the first one of [`WATCH`] that says something, for what is read together with it.
pub const WATCHED_PADDING: u32 = 16;
/// Function without parameters and results: the original's start function, which no longer runs by
/// itself. To be called first, with fuel.
pub const START: &str = "__proofhouse_start";
/// Mutable `i32` global: the original's linear stack pointer.
pub const STACK_POINTER: &str = "__proofhouse_stack_pointer";
/// Memory: notes on the layout, for [`LayoutMemory`](super::LayoutMemory).
pub const LAYOUT: &str = "__proofhouse_layout";
/// Mutable `i32` global: how many arrays of globals are noted, for [`LayoutMemory`](super::LayoutMemory).
pub const REGISTERED: &str = "__proofhouse_registered";
/// `i32` global: where the fake stack is in the guest's memory, 0 if there was no room for it. Of [`FAKE_STACK_PAGES`](super::asan::FAKE_STACK_PAGES) pages.
pub const FAKE_STACK: &str = "__proofhouse_fake_stack";

/// All mutable globals are exported under names that begin like this, if there is
/// [`Interface::image`]. The index follows.
pub const IMAGE_GLOBAL: &str = "__proofhouse_global_";

/// Mutable `i32` global: bytes that the linear stack may take, compared as an unsigned number. All that it
/// has room for in a fresh instance, and never to be set higher: [`Interface::stack_room`].
pub const STACK_LIMIT: &str = "__proofhouse_stack_limit";
/// Mutable `i32` global: how many calls deeper functions may go that can call themselves. To be set before
/// a call; it is zero in a fresh instance.
pub const DEPTH: &str = "__proofhouse_depth";
/// Mutable `i32` global: not zero if the linear stack or the depth of calls went over its limit, which is
/// what trapped then: [`LINEAR_STACK`] or [`CALL_DEPTH`].
pub const STACK_STOP: &str = "__proofhouse_stack_stop";
/// Value of [`STACK_STOP`]: the linear stack is over its limit.
pub const LINEAR_STACK: i32 = 1;
/// Value of [`STACK_STOP`]: calls are nested too deep.
pub const CALL_DEPTH: i32 = 2;

/// Mutable `i32` global, for [`Violation::read`](super::Violation::read).
pub(super) const SUSPECT: &str = "__proofhouse_suspect";
/// Mutable `i32` global, for [`Violation::read`](super::Violation::read).
pub(super) const SUSPECT_LENGTH: &str = "__proofhouse_suspect_length";
/// Mutable `i32` global, for [`Violation::read`](super::Violation::read).
pub(super) const SUSPECT_OPERAND: &str = "__proofhouse_suspect_operand";

/// The globals that [`Violation::read`](super::Violation::read) and [`Stop::read`](super::Stop::read)
/// ask for.
pub const NOTES: [&str; 6] =
    [SUSPECT, SUSPECT_LENGTH, SUSPECT_OPERAND, STOP, STOP_ADDRESS, STOP_SIZE];
/// Memory: what the heap knows of its blocks, for [`HeapRecords`](super::HeapRecords). It grows with the
/// heap.
pub const HEAP: &str = "__proofhouse_heap";
/// `i32` global: address of the heap's first page.
pub const HEAP_BASE: &str = "__proofhouse_heap_base";
/// Mutable `i32` global: end of the blocks that were cut from the pages that the heap got last, or has from
/// the start. Behind it nothing was written.
pub const HEAP_REST: &str = "__proofhouse_rest";
/// Mutable `i32` global: bytes of live blocks, each rounded up to 16, plus 16. Unsigned.
pub const HEAP_LIVE: &str = "__proofhouse_heap_live";
/// Mutable `i64` global: most bytes that the guest had at once in the sense of [`HEAP_LIMIT`]. Kept if
/// there is a limit.
pub const MEMORY_PEAK: &str = "__proofhouse_memory_peak";
/// Mutable `i32` global: pages of the guest's memory that are the runtime's, not the guest's.
pub const HEAP_PAGES: &str = "__proofhouse_heap_pages";
/// Mutable `i32` global, to be set before the run: most bytes that the guest's own pages and
/// [`HEAP_LIVE`] may be together. Unsigned; -1, the initial value: no limit.
pub const HEAP_LIMIT: &str = "__proofhouse_heap_limit";
/// Mutable `i32` global: number of allocations so far. Each has its number, from 1.
pub const ALLOCATIONS: &str = "__proofhouse_allocations";
/// Mutable `i32` global: number of frees so far, those of null aside. Each has its number, from 1.
pub const FREES: &str = "__proofhouse_frees";
/// Mutable `i32` global, to be set before the run: bytes of freed chunks that are not used again yet.
pub const QUARANTINE_LIMIT: &str = "__proofhouse_quarantine_limit";
/// Mutable `i32` global, to be set before the run: number of the allocation to stop at; 0: none.
pub const STOP_AT_ALLOCATION: &str = "__proofhouse_stop_at_allocation";
/// Mutable `i32` global, to be set before the run: number of the free to stop at; 0: none.
pub const STOP_AT_FREE: &str = "__proofhouse_stop_at_free";
/// Mutable `i32` global, to be set before the run: number of the allocation that fails; 0: none.
pub const FAIL_ALLOCATION: &str = "__proofhouse_fail_allocation";
/// Mutable `i32` global, to be set before the run: 256 plus the byte that new blocks are filled with; 0:
/// they are not. In guests compiled with `-fsanitize=address` it is 512 plus a byte in a fresh instance: no more
/// than the first 4096 bytes are filled.
pub const FILL_HEAP: &str = "__proofhouse_fill_heap";
/// Mutable `i32` global, to be set before the run: bytes that each redzone is longer by.
pub const HEAP_SPACING: &str = "__proofhouse_heap_spacing";
/// Mutable `i32` global, to be set before the run: if not 0, blocks lie at distances that it decides.
pub const HEAP_SEED: &str = "__proofhouse_heap_seed";
/// Mutable `i32` global, to be set before the run: 256 plus the byte that fresh frames of the linear stack
/// are filled with; 0: they are not. They are filled only while [`STACK_LIMIT`] is 0.
pub const FILL_STACK: &str = "__proofhouse_fill_stack";
/// Mutable `i32` global, to be set before the run: what [`STACK_LIMIT`] is where frames are not filled.
pub const FILLED_STACK_LIMIT: &str = "__proofhouse_filled_stack_limit";
/// Mutable `i32` global, for [`Stop::read`](super::Stop::read).
pub(super) const STOP: &str = "__proofhouse_stop";
/// Mutable `i32` global, for [`Stop::read`](super::Stop::read).
pub(super) const STOP_ADDRESS: &str = "__proofhouse_stop_address";
/// Mutable `i32` global, for [`Stop::read`](super::Stop::read).
pub(super) const STOP_SIZE: &str = "__proofhouse_stop_size";

/// Which of the exports above an instrumented module has. Its own memory stays memory 0.
#[expect(clippy::struct_excessive_bools, reason = "each stands for one export")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Interface {
    /// It has [`FUEL`], [`FUEL_RESERVE`] and [`DOOR`].
    pub fuel: bool,
    /// It has [`FUEL_LENT`].
    pub fuel_lent: bool,
    /// It has [`SHADOW`], [`HEAP`] with the globals around it, and the globals that
    /// [`Violation::read`](super::Violation::read) reads.
    pub shadow: bool,
    /// It has [`START`].
    pub start: bool,
    /// It has [`STACK_POINTER`].
    pub stack_pointer: bool,
    /// It has [`COVERAGE`].
    #[serde(default)]
    pub coverage: bool,
    /// It has [`WATCH`], [`WATCH_START`] and [`WATCH_BYTES`].
    #[serde(default)]
    pub watch: bool,
    /// It has [`DEPTH`] and [`STACK_STOP`].
    pub depth: bool,
    /// It has [`STACK_LIMIT`], and its linear stack has room for so many bytes. Lookups of what lies in a
    /// frame are left out because of that.
    pub stack_room: Option<u32>,
    /// It has [`LAYOUT`], [`REGISTERED`] and [`FAKE_STACK`].
    #[serde(default)]
    pub layout: bool,
    /// Nothing but its memories and the globals under [`IMAGE_GLOBAL`] can ever differ between two of its
    /// instances, so that one can be made equal to another.
    #[serde(default)]
    pub image: bool,
    /// It has [`ORACLE`].
    #[serde(default)]
    pub oracle: bool,
}
