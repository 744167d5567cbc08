//! How a module lays out its memory, as far as its linker leaves traces of it.

use wasmparser::{ConstExpr, DataKind, ExternalKind, Global, Operator, ValType};

use super::names::Names;
use super::numbers::{count, index};
use super::original::Original;
use super::refusal::Refusal;
use super::stack::RED_ZONE;
use super::summary::{NullPageFound, StackPointer, Unguarded};

/// Name of the stack pointer in modules linked by LLVM's linker, which all toolchains for interpreters
/// use.
const STACK_POINTER: &str = "__stack_pointer";

/// What the same linker exports, where it is told to, as the address where its own things end.
const HEAP_BASE: &str = "__heap_base";

/// Bytes of a page of linear memory.
const PAGE_BYTES: u64 = 1 << 16;

/// Alignment of the stack in bytes: where it starts is a multiple.
const STACK_ALIGN: u32 = 16;

/// Where LLVM's linker puts the first data by default, so that null is nobody's address.
const DEFAULT_DATA_START: u32 = 1024;

/// Largest null page: what a page is to a kernel. An access behind it and still before everything else is a wild one.
pub(crate) const MAX_NULL_PAGE: u32 = 4096;

/// Part of a stack that a null page at its end may take, as a divisor.
const STACK_SHARE: u32 = 4;

/// Part of a stack that is taken at its end to find small numbers that are no pointers, as a divisor, and most bytes
/// of it: an image of an instance has a byte for eight of them.
const DEEP_SHARE: u32 = 32;
const MAX_DEEP: u32 = 256 << 10;

/// Finds the stack pointer: a mutable global with a constant start that either bears its name, or is
/// what a function with a frame subtracts from when it is entered.
pub(super) fn stack_pointer(
    original: &Original<'_>,
    names: &Names<'_>,
) -> Result<Option<StackPointer>, Refusal> {
    let mut candidates = Vec::new();
    let memory = original.memory.map_or(0, |memory| memory.initial.saturating_mul(PAGE_BYTES));
    for (global, index) in original.globals.clone().into_iter().flatten().zip(0u32..) {
        // A stack that starts behind the memory would lie where the heap comes to be.
        if let Some(initial) = stack_start(&global?).filter(|start| u64::from(*start) <= memory) {
            let global = original.imported_globals.saturating_add(index);
            candidates.push(StackPointer { global, initial });
        }
    }
    let is_named = |candidate: &&StackPointer| {
        names
            .globals
            .iter()
            .any(|(index, name)| *index == candidate.global && *name == STACK_POINTER)
    };
    if let Some(found) = candidates.iter().find(is_named) {
        return Ok(Some(*found));
    }
    for body in &original.bodies {
        let mut operators = body.get_operators_reader()?.into_iter();
        let mut next = || operators.next().transpose();
        if let (
            Some(Operator::GlobalGet { global_index }),
            Some(Operator::I32Const { value: 1.. }),
            Some(Operator::I32Sub),
        ) = (next()?, next()?, next()?)
            && let Some(found) = candidates.iter().find(|found| found.global == global_index)
        {
            return Ok(Some(*found));
        }
    }
    Ok(None)
}

/// Where the stack starts, if `global` may be a stack pointer.
fn stack_start(global: &Global<'_>) -> Option<u32> {
    let ty = global.ty;
    let initial =
        constant(&global.init_expr).filter(|_| ty.mutable && ty.content_type == ValType::I32)?;
    (initial >= DEFAULT_DATA_START && initial.is_multiple_of(STACK_ALIGN)).then_some(initial)
}

/// How much from address 0 on is nobody's.
///
/// LLVM's linker either puts the data first, from [`DEFAULT_DATA_START`] on unless told otherwise, and
/// the stack behind it; or the stack first, so that its deep end is at address 0. Modules without a
/// stack pointer come from elsewhere and may use any address.
pub(super) fn null_page(
    original: &Original<'_>,
    stack: Option<StackPointer>,
) -> Result<NullPageFound, Refusal> {
    let unguarded = |reason| Ok(NullPageFound::Unguarded { reason });
    let Some(stack) = stack else { return unguarded(Unguarded::UnknownLayout) };
    let mut lowest = None;
    for data in original.data.clone().into_iter().flatten() {
        if let DataKind::Active { offset_expr, .. } = data?.kind {
            let Some(address) = constant(&offset_expr) else {
                return unguarded(Unguarded::UnknownData);
            };
            lowest = Some(lowest.map_or(address, |lowest: u32| lowest.min(address)));
        }
    }
    let (room, end_of_stack) = match lowest {
        Some(data) if data >= stack.initial => {
            let deep = MAX_DEEP.min(stack.initial / DEEP_SHARE);
            (MAX_NULL_PAGE.min(stack.initial / STACK_SHARE).max(deep), true)
        }
        Some(data) => (DEFAULT_DATA_START.min(data), false),
        // Data that is all zero leaves no segment, so either layout is possible.
        None => (DEFAULT_DATA_START.min(stack.initial / STACK_SHARE), true),
    };
    match room & !super::shadow::IN_GRANULE {
        0 => unguarded(Unguarded::DataAtZero),
        bytes => Ok(NullPageFound::Guarded { bytes, end_of_stack }),
    }
}

/// Most bytes that the linear stack may take: from its start down to what is nobody's, with what a function
/// may use below the stack pointer. Whether that is guarded does not count, so that a stack has the same room
/// with checks and without.
pub(super) fn stack_room(stack: StackPointer, null_page: NullPageFound) -> u32 {
    let end = match null_page {
        NullPageFound::Guarded { bytes, .. } => bytes,
        NullPageFound::Unguarded { .. } | NullPageFound::Off => 0,
    };
    stack.initial.saturating_sub(end.saturating_add(RED_ZONE))
}

/// How many pages a program takes before what its allocator has from the start, where LLVM's linker says where that
/// begins: nothing else lies behind.
///
/// # Errors
/// A section does not decode.
pub(super) fn pages_before_heap(
    original: &Original<'_>,
    stack_pointer: Option<StackPointer>,
) -> Result<Option<u32>, Refusal> {
    let Some(start) = heap_start(original)? else { return Ok(None) };
    if stack_pointer.is_some_and(|stack| stack.initial > start) {
        return Ok(None);
    }
    for data in original.data.clone().into_iter().flatten() {
        let data = data?;
        let DataKind::Active { offset_expr, .. } = data.kind else { continue };
        let end = constant(&offset_expr).and_then(|from| from.checked_add(count(data.data.len())));
        if end.is_none_or(|end| end > start) {
            return Ok(None);
        }
    }
    Ok(Some(u32::try_from(u64::from(start).div_ceil(PAGE_BYTES)).unwrap_or(u32::MAX)))
}

/// The value of what is exported as the address where the heap begins.
fn heap_start(original: &Original<'_>) -> Result<Option<u32>, Refusal> {
    for export in original.exports.clone().into_iter().flatten() {
        let export = export?;
        if export.name != HEAP_BASE || export.kind != ExternalKind::Global {
            continue;
        }
        let defined = export.index.checked_sub(original.imported_globals);
        let mut globals = original.globals.clone().into_iter().flatten();
        let global = defined.and_then(|defined| globals.nth(index(defined))).transpose()?;
        return Ok(global
            .filter(|global| !global.ty.mutable)
            .and_then(|global| constant(&global.init_expr)));
    }
    Ok(None)
}

/// The value of an initialiser that is a plain `i32` constant.
pub(super) fn constant(expression: &ConstExpr<'_>) -> Option<u32> {
    let mut operators = expression.get_operators_reader().into_iter();
    match (operators.next()?.ok()?, operators.next()?.ok()?) {
        (Operator::I32Const { value }, Operator::End) => Some(value.cast_unsigned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test is to stop")]
    use super::*;

    fn found(fields: &str) -> Option<u32> {
        let wasm = wat::parse_str(format!("(module {fields})")).unwrap();
        let original = Original::read(&wasm).unwrap();
        let pointer = stack_pointer(&original, &Names::read(&original)).unwrap();
        pages_before_heap(&original, pointer).unwrap()
    }

    #[test]
    fn the_heap_begins_behind_all_that_the_linker_laid_out() {
        let memory = r#"(memory 40) (data (i32.const 70000) "data")"#;
        let base =
            |at: &str| format!(r#"{memory} (global (export "__heap_base") i32 (i32.const {at}))"#);
        assert_eq!(found(&base("70004")), Some(2));
        assert_eq!(found(&base("131072")), Some(2));
        assert_eq!(found(&base("131073")), Some(3));
        assert_eq!(found(&base("-1")), Some(65_536));
        let stack = |at: u32| format!("(global $__stack_pointer (mut i32) (i32.const {at}))");
        assert_eq!(found(&format!("{} {}", base("131072"), stack(131_072))), Some(2));
        // Something lies behind it, or may.
        assert_eq!(found(&base("70003")), None);
        assert_eq!(found(&format!("{} {}", base("131072"), stack(131_088))), None);
        let anywhere = r#"(import "env" "at" (global $at i32))"#;
        let data = r#"(data (global.get $at) "")"#;
        assert_eq!(found(&format!("{anywhere} {} {data}", base("131072"))), None);
        // Nothing says where it begins.
        for none in [
            r#"(global (export "heap_base") i32 (i32.const 131072))"#,
            r#"(global (export "__heap_base") (mut i32) (i32.const 131072))"#,
            r#"(global (export "__heap_base") i64 (i64.const 131072))"#,
            r#"(func (export "__heap_base"))"#,
        ] {
            assert_eq!(found(&format!("{memory} {none}")), None, "{none}");
        }
        let imported =
            r#"(import "env" "at" (global $at i32)) (export "__heap_base" (global $at))"#;
        assert_eq!(found(&format!("{imported} {memory}")), None);
    }
}
