//! A violation: an access to bytes that may not be accessed, or a wrong pointer where one to a block of
//! the heap is expected.
//!
//! What stops it is an `unreachable` trap at the memory instruction. Inlined code notes no more than the
//! instruction's address operand, because it is inlined so often; the instruction itself, in the original
//! module, says the rest.

use thiserror::Error;
use wasmparser::{BinaryReader, Operator, OperatorsReader};

use super::bulk::Bulk;
use super::checks::Access;
use super::constants::Constants;
use super::interface;
use super::numbers::index;
use super::options::Checks;
use super::shadow::{Poison, first_poisoned};
use super::stop::Noted;

/// An access that the checks stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Violation {
    /// Offset of the instruction in the original module; where the runtime stands in for a function,
    /// that function's.
    pub site: u32,
    /// What it was about to do.
    pub kind: AccessKind,
    /// Address of the first byte of the access, constant offset included, which is why it may be beyond
    /// what 32 bits hold.
    pub address: u64,
    /// Number of bytes; for a bulk instruction its whole length.
    pub size: u32,
    /// What is wrong with them.
    pub cause: Cause,
}

/// What an access does to memory, or to a block of the heap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AccessKind {
    /// Reads it.
    Read,
    /// Writes it, or reads and writes it at once.
    Write,
    /// Frees a block. The address is the pointer that was passed, the size is 0.
    Free,
    /// Resizes a block. Address and size as for [`Free`](Self::Free).
    Resize,
    /// Asks for the size of a block. Address and size as for [`Free`](Self::Free).
    Measure,
}

/// Why an access was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// At least one byte may not be accessed.
    Poisoned {
        /// Address of the first such byte.
        first: u32,
        /// Why it may not. `None` if the shadow does not say.
        poison: Option<Poison>,
    },
    /// Its last byte is behind what 32 bits can address, or a range goes beyond the end of the memory. Other
    /// accesses behind it trap by themselves, as such.
    OutOfBounds,
    /// It is copied by `memcpy` from a range that overlaps with it.
    Overlap,
    /// It is copied by `strcpy`, or one of its kin, from a text that overlaps with it.
    TextOverlap,
    /// At least one byte is a constant, and would be written.
    Constant {
        /// Address of the first such byte.
        first: u32,
    },
    /// The block that the pointer points to was freed before.
    AlreadyFreed,
    /// The block was made by another kind of function than the one that frees it.
    OtherAllocator,
    /// The block was made for an object of another size or alignment.
    OtherType,
    /// No block of the heap begins where the pointer points to.
    NotABlock,
}

/// What the guest noted does not fit the instruction: the offset is not that of the trap, the original is
/// not that of this guest, or something other than the guest wrote to its globals or its shadow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the guest's notes on a memory violation do not fit the instruction that trapped")]
pub struct DamagedNotes;

/// Number that the runtime is given for the source of a bulk instruction.
pub(super) const SOURCE: i32 = 1;
/// Number that the runtime is given for the destination of a bulk instruction.
pub(super) const DESTINATION: i32 = 2;
/// What the runtime notes in the place of these where the two ranges overlap and may not.
const OVERLAP: i32 = 3;
/// What the runtime adds to the former where the range goes beyond the memory's end.
const BEYOND: i32 = 4;

impl Violation {
    /// The violation behind an `unreachable` trap, or `None` if the guest executed `unreachable` itself, or
    /// [`Stop`](super::Stop) says otherwise.
    /// Not to be asked if fuel ran out, which traps in the same way.
    ///
    /// `site` is where the trap is in the `original` module: the
    /// [offset](super::OffsetMap::original) of the innermost frame that has one. `global` gives the value
    /// of the exported `i32` global of a name, and `shadow` is the contents of the exported
    /// [`SHADOW`](interface::SHADOW) memory. `constants` are those of
    /// [`LayoutFound`](super::LayoutFound).
    ///
    /// # Errors
    /// The instruction and the notes on it contradict each other.
    pub fn read(
        original: &[u8],
        site: u32,
        mut global: impl FnMut(&'static str) -> Option<i32>,
        shadow: &[u8],
        constants: Option<Constants>,
    ) -> Result<Option<Self>, DamagedNotes> {
        let cause_of = |kind, address, size| {
            cause_of(shadow, address, size)
                .or_else(|| constants.filter(|_| kind == AccessKind::Write)?.cause(address, size))
        };
        match Noted::read(&mut global)? {
            Noted::Nothing => {}
            Noted::Access { kind, address, size } => {
                let cause = cause_of(kind, address.into(), size).ok_or(DamagedNotes)?;
                return Ok(Some(Self { site, kind, address: address.into(), size, cause }));
            }
            Noted::Pointer { kind, address, was_block } => {
                let cause = if was_block { Cause::AlreadyFreed } else { Cause::NotABlock };
                return Ok(Some(Self { site, kind, address: address.into(), size: 0, cause }));
            }
            Noted::Wrongly { address, size, cause } => {
                let kind = AccessKind::Free;
                return Ok(Some(Self { site, kind, address: address.into(), size, cause }));
            }
            Noted::Overlap { address, size } => {
                let (kind, cause) = (AccessKind::Write, Cause::TextOverlap);
                return Ok(Some(Self { site, kind, address: address.into(), size, cause }));
            }
            Noted::Beyond { address, size } => {
                let (kind, cause) = (AccessKind::Read, Cause::OutOfBounds);
                return Ok(Some(Self { site, kind, address: address.into(), size, cause }));
            }
            Noted::Other(_) => return Ok(None),
        }
        let mut noted = |name| global(name).ok_or(DamagedNotes);
        let instruction = operator_at(original, site).ok_or(DamagedNotes)?;
        let suspect = noted(interface::SUSPECT)?.cast_unsigned();
        let mut cause = None;
        let (kind, address, length) = if let Some(access) = Access::of(&instruction) {
            let address = u64::from(suspect).saturating_add(access.offset.into());
            (access.kind, address, access.size())
        } else if Bulk::of(&instruction).is_some_and(Bulk::moves_memory) {
            let (kind, known) = range(noted(interface::SUSPECT_OPERAND)?).ok_or(DamagedNotes)?;
            let length = noted(interface::SUSPECT_LENGTH)?.cast_unsigned();
            cause = known;
            (kind, suspect.into(), length)
        } else if matches!(instruction, Operator::Call { .. } | Operator::ReturnCall { .. }) {
            // A call that was redirected; whoever called a function of the guest is not innermost.
            let Some((kind, known)) = range(noted(interface::SUSPECT_OPERAND)?) else {
                return Ok(None);
            };
            let length = noted(interface::SUSPECT_LENGTH)?.cast_unsigned();
            cause = known;
            (kind, suspect.into(), length)
        } else {
            return Ok(None);
        };
        let cause = cause.or_else(|| cause_of(kind, address, length)).ok_or(DamagedNotes)?;
        Ok(Some(Self { site, kind, address, size: length, cause }))
    }
}

/// What a range was to be, and what is wrong with it where the shadow does not say.
fn range(operand: i32) -> Option<(AccessKind, Option<Cause>)> {
    const SOURCE_BEYOND: i32 = SOURCE | BEYOND;
    const DESTINATION_BEYOND: i32 = DESTINATION | BEYOND;
    Some(match operand {
        SOURCE => (AccessKind::Read, None),
        DESTINATION => (AccessKind::Write, None),
        OVERLAP => (AccessKind::Write, Some(Cause::Overlap)),
        SOURCE_BEYOND => (AccessKind::Read, Some(Cause::OutOfBounds)),
        DESTINATION_BEYOND => (AccessKind::Write, Some(Cause::OutOfBounds)),
        _ => return None,
    })
}

fn cause_of(shadow: &[u8], address: u64, size: u32) -> Option<Cause> {
    let last = address.saturating_add(size.saturating_sub(1).into());
    let (Ok(address), Ok(_)) = (u32::try_from(address), u32::try_from(last)) else {
        return Some(Cause::OutOfBounds);
    };
    let (first, poison) = first_poisoned(shadow, address, size)?;
    Some(Cause::Poisoned { first, poison })
}

impl Constants {
    /// What is wrong with a write of so many bytes, if one of them is a constant.
    pub(crate) fn cause(self, address: u64, size: u32) -> Option<Cause> {
        let first = self.first_in(u32::try_from(address).ok()?, size)?;
        Some(Cause::Constant { first })
    }
}

/// An access of the original.
pub(crate) struct Instruction {
    /// What it does.
    pub(crate) kind: AccessKind,
    /// To how many bytes.
    pub(crate) size: u32,
    /// Constant that is added to its address.
    pub(crate) offset: u32,
    /// Distance from its first byte to the one whose shadow is looked at first.
    pub(crate) first_look: u32,
}

impl Instruction {
    /// What the instruction at `site` of the original does to memory, if it is an access with such checks.
    pub(crate) fn at(original: &[u8], site: u32, checks: Checks) -> Option<Self> {
        let access = Access::of(&operator_at(original, site)?)?;
        Some(Self {
            kind: access.kind,
            size: access.size(),
            offset: access.offset,
            first_look: access.first_look(checks),
        })
    }
}

fn operator_at(module: &[u8], site: u32) -> Option<Operator<'_>> {
    let code = module.get(index(site)..)?;
    OperatorsReader::new(BinaryReader::new(code, site.into())).read().ok()
}
