//! The rewriter: makes of a module one that is metered and whose memory accesses are checked.
//!
//! # Words
//! The *original* is the module as it came, the *instrumented* module what is made of it. A *pass* is
//! one kind of instrumentation:
//!
//! - *metering* (`meter`) counts *fuel* on the basic blocks of the original, so that the count is the
//!   same whatever else is inserted;
//! - *stacks* (`stack`) counts how deep the linear stack and the calls go, against limits;
//! - *memory checks* (`checks`) look each access up in *shadow memory* (`shadow`), which says of
//!   the guest's bytes which may be accessed. An access to *poisoned* bytes is a [`Violation`]. Slowly, and
//!   to hold it against, the host can be asked instead ([`oracle`]);
//! - *coverage* (`coverage`) counts where control comes by and keeps what is compared;
//! - *watching* (`watch`) remembers which bytes of a buffer are read.
//!
//! The module's *allocator* is replaced where it is recognised in full, so that blocks of the heap have
//! *redzones* around them and rest in a *quarantine* when they are freed. Some functions of libc are
//! replaced by exact ones. What *stands in* for them is part of the runtime.
//!
//! The *runtime* is a module of our own, written as text in the `runtime` folder, whose functions,
//! globals and memories are linked into the original. Inserted code calls it for whatever is rare. All
//! that it knows lies in globals and in memories beside the guest's own, where the guest cannot reach it
//! and where it is part of every snapshot.
//!
//! # How a module goes through
//! `Original::read` takes the module apart, judges and validates it.
//! `layout` finds out how its memory is laid out, `allocator` and `words` which of its functions are known
//! (`known`), `additions` decides what is added and at which
//! indices: always behind the original's, so that no index of the original changes. `write` writes
//! the result section by section, `function` its function bodies: it shows each instruction to the
//! passes, and copies what none of them touches. The result is validated. What cannot be instrumented in
//! full is refused with a reason ([`Refusal`]), never run unchecked.
//!
//! The original stays the reference for symbols: an [`OffsetMap`] takes the offsets of a trap's frames
//! back to it.
//!
//! # For the host
//! [`interface`] names what the instrumented module exports to its host. After a trap,
//! [`Stop::read`] tells whether the heap ended the run, [`Violation::read`] whether a memory error did, and
//! [`HeapRecords::near`] which blocks it was at.

mod across;
mod additions;
mod allocator;
pub mod asan;
mod bulk;
mod checks;
mod constants;
mod coverage;
mod customs;
mod cxx;
mod door;
mod function;
mod grow;
mod heap;
mod hook;
mod image;
pub mod interface;
mod known;
mod layout;
pub mod limits;
mod link;
mod meter;
mod names;
mod numbers;
mod offsets;
mod options;
pub mod oracle;
mod original;
mod proposals;
mod refusal;
mod regions;
pub(crate) mod removal;
mod room;
mod shadow;
mod stack;
mod stop;
mod summary;
mod trap_reason;
mod violation;
mod watch;
mod words;
mod write;

pub use asan::{
    LayoutMemory, LayoutObject, Place as LayoutPlace, Region as LayoutRegion, layout_object,
};
pub(crate) use asan::{text_at, word_at};
pub use constants::Constants;
pub use coverage::{
    CallComparison, CallKind, CallSite, Comparison, CoverageMap, CoveragePoint, DamagedCoverage,
    PointKind, Site,
};
pub use door::Behind;
pub use heap::{HeapObject, HeapRecords, NearObject, Place};
pub(crate) use heap::{make_empty, written_records};
pub use interface::Interface;
pub(crate) use layout::MAX_NULL_PAGE;
pub use offsets::{DamagedOffsets, OffsetMap};
pub use options::{Checks, Heap, NullPage, Options};
pub use refusal::{AsanFault, Limited, Refusal};
pub(crate) use shadow::{GRANULE, shadow_bytes};
pub use shadow::{Poison, first_poisoned};
pub(crate) use stack::RED_ZONE;
pub use stop::Stop;
pub use summary::{
    Family, HeapFound, HeapOff, LayoutFound, NamesFound, NullPageFound, StackPointer, Summary,
    Unguarded,
};
pub use trap_reason::{TrapReason, trap_reason};
pub(crate) use violation::Instruction;
pub use violation::{AccessKind, Cause, DamagedNotes, Violation};
pub use watch::WatchFound;

use additions::Additions;
use asan::Redirects;
use known::StandIns;
use names::Names;
use original::Original;
use write::Writer;

/// Digest of the rewriter's own sources, as hexadecimal digits: what it makes of a module may change
/// with any of them.
pub(crate) const SOURCES_DIGEST: &str = env!("PROOFHOUSE_INSTRUMENT_DIGEST");

/// What became of a module.
#[derive(Clone)]
#[non_exhaustive]
pub struct Instrumented {
    /// The instrumented module.
    pub module: Vec<u8>,
    /// Takes offsets in it to offsets in the original.
    pub offsets: OffsetMap,
    /// What it exports to its host.
    pub interface: Interface,
    /// What was found and done, for reports.
    pub summary: Summary,
    /// What its counters stand for, if coverage was asked for.
    pub coverage: Option<CoverageMap>,
    /// What is known of a guest that is watched, if that was asked for and is possible.
    pub watch: Option<WatchFound>,
}

impl std::fmt::Debug for Instrumented {
    /// Without the bytes.
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        to.debug_struct("Instrumented")
            .field("bytes", &self.module.len())
            .field("interface", &self.interface)
            .field("summary", &self.summary)
            .finish_non_exhaustive()
    }
}

/// Instruments a module. The same module and options always give the same bytes.
///
/// # Errors
/// The bytes are no valid module, or one that cannot be instrumented in full.
pub fn instrument(original: &[u8], options: Options) -> Result<Instrumented, Refusal> {
    let original = Original::read(original)?;
    let names = Names::read(&original);
    let stack_pointer = layout::stack_pointer(&original, &names)?;
    let room = layout::null_page(&original, stack_pointer)?;
    let own_stack_bytes = match (room, stack_pointer) {
        (NullPageFound::Guarded { end_of_stack: true, .. }, Some(stack)) => Some(stack.initial),
        _ => None,
    };
    let asan = Redirects::find(&original)?;
    let constants = constants::find(&original, &names)?;
    let layout = asan.summary().map(|layout| LayoutFound { constants, ..layout });
    let constants = layout.and_then(|layout| layout.constants);
    let functions = known::function_names(&original, &names)?;
    let (words, word_names) = words::recognise(&original, &functions, layout.is_some())?;
    let allocator = allocator::recognise(&original, &functions, names.found)?;
    let priced = match layout {
        Some(_) => regions::priced(&original, &functions)?,
        None => known::Prices::new(),
    };
    let stand_ins = StandIns::choose(words, priced, allocator.as_ref().ok(), options);
    let linear_stack = stack_pointer.map(|pointer| (pointer, layout::stack_room(pointer, room)));
    // Others do not take what is there before they ask for memory.
    let pages_before_heap = match &allocator {
        Ok(found) if found.family == Family::Libc => {
            layout::pages_before_heap(&original, stack_pointer)?
        }
        Ok(_) | Err(_) => None,
    };
    let known = additions::Known { linear_stack, stand_ins, asan, constants, pages_before_heap };
    let additions = Additions::plan(&original, known, &functions, options)?;
    let is_checked = additions.passes.checks.is_some();
    let null_page = match (is_checked, options.null_page) {
        (false, _) => None,
        (true, NullPage::Off) => Some(NullPageFound::Off),
        (true, NullPage::Auto) => Some(room),
    };
    let heap = match (allocator, options.heap) {
        (_, Heap::Off) => HeapFound::Off { reason: HeapOff::NotAsked },
        (Err(reason), Heap::Auto) => HeapFound::Off { reason },
        (Ok(found), Heap::Auto) => {
            HeapFound::Replaced { family: found.family, functions: found.names }
        }
    };
    let heap = is_checked.then_some(heap);
    let words = if is_checked { word_names } else { Vec::new() };
    let summary = Summary {
        names: names.found,
        stack_pointer,
        own_stack_bytes,
        null_page,
        heap,
        words,
        layout,
    };
    let writer =
        Writer { original: &original, names: &names, additions: &additions, summary: &summary };
    let interface = writer.interface();
    let (module, offsets) = writer.write()?;
    proposals::validate_instrumented(&module)?;
    let coverage = additions.coverage.map(|plan| plan.map);
    let watch =
        additions.passes.watch.map(|_| WatchFound::of(&original, stack_pointer)).transpose()?;
    Ok(Instrumented { module, offsets, interface, summary, coverage, watch })
}
