//! The slow oracle: each memory check as a call to the host, decided here in the simplest form.
//!
//! A module that was instrumented with [`Options::oracle`](super::Options::oracle) has the same passes as
//! any other, but no lookup in it is inlined or left out. It asks the [`Oracle`] instead, through a table
//! that only the rewriter adds ([`interface::ORACLE`](super::interface::ORACLE)), so that no guest can
//! import it. What the oracle says of an access is [`first_poisoned`] over the shadow and
//! nothing else.
//!
//! Who wrote the shadow is the runtime in the guest. So the oracle also keeps a book of the heap
//! (`blocks`), of what was asked of the allocator and what it gave, and compares: where the shadow
//! contradicts that book, the run ends in a [`Disagreement`], which is a fault of ours.

mod blocks;

use super::numbers::index;
use super::shadow::{GRANULE, GRANULE_LOG2, Poison, first_poisoned};
use blocks::Blocks;

/// What the oracle sees of an instance.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The contents of the exported shadow memory.
    pub shadow: &'a [u8],
    /// Bytes of the guest's own memory.
    pub memory_bytes: u64,
}

/// One instance's oracle.
#[derive(Debug, Default)]
pub struct Oracle {
    heap: Blocks,
}

/// An access that the guest asks about; the numbers are those of `runtime/oracle.wat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Address of its first byte. Beyond 32 bits where base and offset are.
    pub address: u64,
    /// Number of bytes.
    pub size: u32,
    /// Whether the compiler promised that the address is a multiple of the size, and the rewriter was
    /// asked to rely on it.
    pub promised: bool,
    /// Whether it is the store of a mark that a stack frame has in its own redzone.
    pub mark: bool,
}

/// Bit of what is asked: [`Asked::promised`].
pub(super) const PROMISED: u32 = 1;
/// Bit of what is asked: [`Asked::mark`].
pub(super) const MARK: u32 = 2;

/// The functions of an allocator that the oracle keeps a book of, by the names of their stand-ins. The
/// guest names them by their place here.
pub(super) const HEAP_CALLS: [&str; 12] = [
    "malloc",
    "calloc",
    "realloc",
    "reallocarray",
    "memalign",
    "posix_memalign",
    "free",
    "malloc_usable_size",
    "rust_alloc",
    "rust_alloc_zeroed",
    "rust_realloc",
    "rust_dealloc",
];

/// A call of an allocator's function that has returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeapCall {
    /// Which function: its place in the list that the rewriter shares.
    pub function: i32,
    /// Its arguments; those that it does not have are 0.
    pub arguments: [i32; 4],
    /// Its result, 0 if it has none. For `posix_memalign`, the pointer that it stored if it did.
    pub result: i32,
}

/// The inlined runtime and the oracle do not agree: a fault of the rewriter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the sanitizer's runtime and its oracle disagree: {0}")]
pub struct Disagreement(String);

impl Asked {
    /// From what the guest passes.
    pub fn of(base: i32, offset: i32, size: i32, how: i32) -> Self {
        let how = how.cast_unsigned();
        let offset = u64::from(offset.cast_unsigned());
        Self {
            address: u64::from(base.cast_unsigned()).saturating_add(offset),
            size: size.cast_unsigned(),
            promised: how & PROMISED != 0,
            mark: how & MARK != 0,
        }
    }
}

impl Oracle {
    /// Whether the access must be stopped. One that leaves the memory is not: it traps by itself, and
    /// touches nothing.
    ///
    /// # Errors
    /// The shadow contradicts what is known of the heap.
    pub fn forbids(&self, view: View<'_>, asked: Asked) -> Result<bool, Disagreement> {
        let Asked { address, size, promised, mark } = asked;
        let end = address.saturating_add(size.into());
        let Ok(address) = u32::try_from(address) else { return Ok(false) };
        if end > view.memory_bytes {
            return Ok(false);
        }
        let bad = first_poisoned(view.shadow, address, size);
        let reason = bad.and_then(|(_, poison)| poison);
        self.heap.agree(address, size, bad.map(|(at, _)| (at, reason)))?;
        if bad.is_none() || (mark && reason == Some(Poison::STACK_LEFT)) {
            return Ok(false);
        }
        Ok(!promised || shows_at_its_end(view.shadow, address, size))
    }

    /// Takes note that the host left nothing of the block at `address`.
    pub(crate) fn emptied(&mut self, address: u32) {
        self.heap.emptied(address);
    }

    /// Takes note of what the allocator did. `stored` is the word at the first argument, for
    /// `posix_memalign`.
    ///
    /// # Errors
    /// It did what an allocator must not do, or painted the shadow otherwise.
    pub fn heap_called(
        &mut self,
        view: View<'_>,
        call: HeapCall,
        stored: Option<u32>,
    ) -> Result<(), Disagreement> {
        let function = usize::try_from(call.function).ok().and_then(|at| HEAP_CALLS.get(at));
        let Some(function) = function else {
            return Err(Disagreement(format!(
                "no function of the heap has number {}",
                call.function
            )));
        };
        let [a, b, c, d] = call.arguments.map(i32::cast_unsigned);
        let result = call.result.cast_unsigned();
        let heap = &mut self.heap;
        match *function {
            "malloc" => heap.gave(view, result, a, 1),
            "calloc" => heap.gave(view, result, a.saturating_mul(b), 1),
            "memalign" => heap.gave(view, result, b, a),
            "posix_memalign" => match stored.filter(|_| result == 0) {
                Some(address) => heap.gave(view, address, c, b),
                None => Ok(()),
            },
            "rust_alloc" | "rust_alloc_zeroed" => heap.gave(view, result, a, b),
            "realloc" => heap.moved(view, a, result, b, 1),
            "reallocarray" => heap.moved(view, a, result, b.saturating_mul(c), 1),
            "rust_realloc" => heap.moved(view, a, result, d, c),
            "free" | "rust_dealloc" => heap.took(view, a),
            "malloc_usable_size" => heap.has_size(a, result),
            other => Err(Disagreement(format!("nothing is known of `{other}`"))),
        }
    }
}

/// Whether poison shows to checks that rely on a promise of alignment: they look at the granule of the
/// last byte, or, for sixteen bytes, at the last two, of which one that is not ordinary has all bytes
/// looked at. Where the promise holds, all poison shows.
fn shows_at_its_end(shadow: &[u8], address: u32, size: u32) -> bool {
    let last = address.saturating_add(size.saturating_sub(1));
    let in_granule_of = |at: u32| at & !GRANULE.saturating_sub(1);
    if size <= GRANULE {
        let from = address.max(in_granule_of(last));
        let length = last.saturating_sub(from).saturating_add(1);
        return first_poisoned(shadow, from, length).is_some();
    }
    let granules = [last, last.saturating_sub(GRANULE)].map(|at| index(at >> GRANULE_LOG2));
    granules.iter().any(|granule| shadow.get(*granule).is_some_and(|byte| *byte != 0))
}

#[cfg(test)]
mod tests;
