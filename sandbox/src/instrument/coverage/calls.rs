//! Functions of libc that compare bytes and text, by name.
//!
//! Their loops are seen byte by byte, which tells where a comparison ended and not what was compared. So
//! each call writes what it is given into a *ring* behind the slots: the site, and of either operand as
//! many bytes as fit. A name is believed if the function's type fits. Nothing that the function does
//! changes: operands that lie outside the guest's memory are kept as far as they do not.

use std::collections::BTreeMap;

use wasm_encoder::{BlockType, Function, MemArg, MemArgTarget, ValType};

use super::super::known::signature;
use super::super::numbers::count;
use super::super::original::Original;
use super::super::words::base_name;
use super::Coverage;

/// Bytes that are kept of either operand: as many as libFuzzer takes for a word.
pub(super) const KEPT: u32 = 64;
/// Entries of the ring: the last calls of a run.
pub(super) const ENTRIES: u32 = 256;
/// Bytes of an entry: site, both lengths, four that are free, both operands.
pub(super) const ENTRY_BYTES: u32 = 16 + 2 * KEPT;
/// Bytes before the first entry: how many there ever were.
pub(super) const CURSOR_BYTES: u32 = 16;
/// Parameters of the function that writes an entry: site, address and length of either operand.
pub(in super::super) const PARAMETERS: [ValType; 5] = [ValType::I32; 5];

/// What a function compares, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CallKind {
    /// `memcmp`: two buffers of a length.
    Bytes,
    /// `strcmp`: two texts that end with a zero.
    Text,
    /// `strncmp`: the same, and no longer than a length.
    BoundedText,
    /// `strcasecmp`: as `Text`, and letters of either case are the same.
    TextOfAnyCase,
    /// `strncasecmp`.
    BoundedTextOfAnyCase,
    /// `strstr`: where in a text another one is.
    FindText,
    /// `strcasestr`.
    FindTextOfAnyCase,
    /// `memmem`: where in a buffer another one is.
    FindBytes,
}

impl CallKind {
    /// All of them, in the order of their numbers in an encoded map.
    pub(super) const ALL: [Self; 8] = [
        Self::Bytes,
        Self::Text,
        Self::BoundedText,
        Self::TextOfAnyCase,
        Self::BoundedTextOfAnyCase,
        Self::FindText,
        Self::FindTextOfAnyCase,
        Self::FindBytes,
    ];

    /// Whether operands end at their first zero.
    pub fn is_text(self) -> bool {
        !matches!(self, Self::Bytes | Self::FindBytes)
    }

    /// Whether the second operand is looked for in the first one.
    pub fn finds(self) -> bool {
        matches!(self, Self::FindText | Self::FindTextOfAnyCase | Self::FindBytes)
    }

    /// Whether letters of either case are the same.
    pub fn is_of_any_case(self) -> bool {
        matches!(self, Self::TextOfAnyCase | Self::BoundedTextOfAnyCase | Self::FindTextOfAnyCase)
    }

    /// Number of its parameters.
    fn parameters(self) -> u32 {
        match self {
            Self::Text | Self::TextOfAnyCase | Self::FindText | Self::FindTextOfAnyCase => 2,
            Self::Bytes | Self::BoundedText | Self::BoundedTextOfAnyCase => 3,
            Self::FindBytes => 4,
        }
    }

    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "memcmp" | "bcmp" | "timingsafe_bcmp" | "timingsafe_memcmp" => Self::Bytes,
            "strcmp" | "strcoll" => Self::Text,
            "strncmp" => Self::BoundedText,
            "strcasecmp" | "stricmp" => Self::TextOfAnyCase,
            "strncasecmp" | "strnicmp" => Self::BoundedTextOfAnyCase,
            "strstr" => Self::FindText,
            "strcasestr" => Self::FindTextOfAnyCase,
            "memmem" => Self::FindBytes,
            _ => return None,
        })
    }
}

/// Functions that compare, by index.
pub(super) type Comparing = BTreeMap<u32, CallKind>;

/// Recognises them.
pub(super) fn recognise(original: &Original<'_>, names: &[(u32, &str)]) -> Comparing {
    let mut found = Comparing::new();
    if original.memory.is_none() {
        return found;
    }
    for (function, name) in names {
        // Zig puts the names of files before those of functions.
        let last = name.rsplit('.').next();
        if let Some(kind) = base_name(name).chain(last).find_map(CallKind::named)
            && signature(original, *function).is_some_and(|signature| {
                let (parameters, results) = (signature.params(), signature.results());
                count(parameters.len()) == kind.parameters()
                    && results == [wasmparser::ValType::I32]
                    && parameters.iter().all(|ty| *ty == wasmparser::ValType::I32)
            })
        {
            found.insert(*function, kind);
        }
    }
    found
}

/// Before a call: writes its entry. The arguments are on the stack, and stay there.
pub(super) fn keep(
    insert: &mut wasm_encoder::InstructionSink<'_>,
    kind: CallKind,
    site: u32,
    writer: u32,
    local: impl Fn(u32) -> u32,
) {
    let parameters = kind.parameters();
    for nth in (0..parameters).rev() {
        insert.local_set(local(nth));
    }
    insert.i32_const(site.cast_signed());
    match kind {
        CallKind::FindBytes => {
            for nth in 0..parameters {
                insert.local_get(local(nth));
            }
        }
        CallKind::Bytes | CallKind::BoundedText | CallKind::BoundedTextOfAnyCase => {
            insert.local_get(local(0)).local_get(local(2));
            insert.local_get(local(1)).local_get(local(2));
        }
        CallKind::Text
        | CallKind::TextOfAnyCase
        | CallKind::FindText
        | CallKind::FindTextOfAnyCase => {
            let all = KEPT.cast_signed();
            insert.local_get(local(0)).i32_const(all).local_get(local(1)).i32_const(all);
        }
    }
    insert.call(writer);
    for nth in 0..parameters {
        insert.local_get(local(nth));
    }
}

/// Scratch locals that a call needs.
pub(super) const LOCALS: usize = 4;

/// The function that writes an entry.
pub(in super::super) fn writer(coverage: Coverage) -> Function {
    // Parameters: site, address and length of the first operand, of the second one.
    let (site, operands) = (0, [(1, 2), (3, 4)]);
    let entry = 5;
    let mut function = Function::new([(1, ValType::I32)]);
    let mut insert = function.instructions();
    let target = MemArgTarget::Memory(coverage.memory);
    let place = |offset: u32| MemArg { offset: offset.into(), align: 2, target, ordering: None };
    let cursor = place(coverage.ring);
    let first = coverage.ring.saturating_add(CURSOR_BYTES);
    insert.i32_const(0).i32_load(cursor).i32_const(ENTRIES.cast_signed()).i32_rem_u();
    insert.i32_const(ENTRY_BYTES.cast_signed()).i32_mul().local_set(entry);
    insert.i32_const(0).i32_const(0).i32_load(cursor).i32_const(1).i32_add().i32_store(cursor);
    insert.local_get(entry).local_get(site).i32_store(place(first));
    for (nth, (address, length)) in (0u32..).zip(operands) {
        // No more than is kept, and no more than there is.
        for limit in [Limit::Kept, Limit::Memory { address }] {
            insert.local_get(length).i64_extend_i32_u();
            limit.write(&mut insert);
            insert.i64_gt_u().if_(BlockType::Empty);
            limit.write(&mut insert);
            insert.i32_wrap_i64().local_set(length).end();
        }
        let lengths = first.saturating_add(4).saturating_add(nth.saturating_mul(4));
        insert.local_get(entry).local_get(length).i32_store(place(lengths));
        let bytes = first.saturating_add(16).saturating_add(nth.saturating_mul(KEPT));
        insert.local_get(length).if_(BlockType::Empty);
        insert.local_get(entry).i32_const(bytes.cast_signed()).i32_add();
        insert.local_get(address).local_get(length).memory_copy(coverage.memory, 0).end();
    }
    insert.end();
    function
}

/// What an operand's length is limited by.
#[derive(Clone, Copy)]
enum Limit {
    /// [`KEPT`].
    Kept,
    /// The bytes from the operand's address to the end of the guest's memory.
    Memory { address: u32 },
}

impl Limit {
    /// Puts it on the stack, as an `i64`.
    fn write(self, insert: &mut wasm_encoder::InstructionSink<'_>) {
        match self {
            Self::Kept => {
                insert.i64_const(KEPT.into());
            }
            Self::Memory { address } => {
                let size = |insert: &mut wasm_encoder::InstructionSink<'_>| {
                    insert.memory_size(0).i64_extend_i32_u().i64_const(16).i64_shl();
                };
                size(insert);
                insert.local_get(address).i64_extend_i32_u().i64_sub().i64_const(0);
                size(insert);
                insert.local_get(address).i64_extend_i32_u().i64_ge_u().select();
            }
        }
    }
}
