//! What the memory checks do not cover in a module, in words: nobody is to take a run for more than it was.

use crate::text::on_one_line;
use proofhouse_sandbox::instrument::{HeapFound, HeapOff, NullPageFound, Summary, Unguarded};

/// Characters of a module's names that are shown.
const NAME: usize = 60;

/// What is not checked in a module whose memory is, and why.
pub(crate) fn gaps(summary: &Summary) -> Vec<String> {
    let heap = match &summary.heap {
        Some(HeapFound::Off { reason: HeapOff::NotAsked | HeapOff::NoMemory }) => None,
        Some(HeapFound::Off { reason }) => Some(format!("heap checks off ({})", heap_off(reason))),
        _ => None,
    };
    let null = match summary.null_page {
        Some(NullPageFound::Unguarded { reason }) => {
            Some(format!("null pointers not caught ({})", unguarded(reason)))
        }
        _ => None,
    };
    let stack = (summary.heap.is_some() && summary.stack_pointer.is_none())
        .then(|| "linear stack not limited (no stack pointer recognised)".to_owned());
    heap.into_iter().chain(null).chain(stack).collect()
}

/// Why there are no heap checks.
pub(crate) fn heap_off(reason: &HeapOff) -> String {
    let name = |name: &str| on_one_line(name, NAME);
    match reason {
        HeapOff::NotAsked => "not asked for".to_owned(),
        HeapOff::NoMemory => "there is no memory".to_owned(),
        HeapOff::NoNames => "functions have no names".to_owned(),
        HeapOff::NoAllocator => "no allocator found".to_owned(),
        HeapOff::NoMalloc => "a free without a malloc".to_owned(),
        HeapOff::Imported { name: found } => format!("{} is imported", name(found)),
        HeapOff::WrongType { name: found } => format!("{} has another type", name(found)),
        HeapOff::Ambiguous { name: found } => format!("two functions are {}", name(found)),
        HeapOff::TailCall { name: found } => format!("{} ends by a tail call", name(found)),
        HeapOff::Nameless { function } => {
            format!("function {function} has no name and may be the allocator's")
        }
        HeapOff::OtherWayIn { function } => {
            format!("function {function} calls into the allocator")
        }
        _ => "another reason".to_owned(),
    }
}

/// Why null pointers are not caught.
pub(crate) fn unguarded(reason: Unguarded) -> &'static str {
    match reason {
        Unguarded::UnknownLayout => "the layout is not known",
        Unguarded::UnknownData => "data may lie there",
        Unguarded::DataAtZero => "data lies there",
        _ => "another reason",
    }
}
