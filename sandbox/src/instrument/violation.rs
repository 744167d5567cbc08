//! A violation: an access to bytes that may not be accessed, as the guest recorded it when it stopped.
//!
//! The record is short, because inlined code writes it: which instruction, and its address operand.
//! The instruction itself, in the original module, says the rest.

use thiserror::Error;
use wasmparser::{BinaryReader, OperatorsReader};

use super::checks::{Access, Direction};
use super::numbers::index;
use super::shadow::{Poison, first_poisoned};

/// An access that the checks stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Violation {
    /// Offset of the instruction in the original module.
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

/// What an access does to memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AccessKind {
    /// Reads it.
    Read,
    /// Writes it, or reads and writes it at once.
    Write,
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
    /// Adding the constant offset leaves what 32 bits can address. Most accesses behind the end of the
    /// memory trap by themselves and leave no record.
    OutOfBounds,
}

/// The record does not describe a violation: it does not belong to this module, or something other than
/// the guest wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the guest's record of a memory violation is damaged")]
pub struct DamagedRecord;

/// Number that the runtime is given for the source of a bulk instruction.
pub(super) const SOURCE: i32 = 1;
/// Number that the runtime is given for the destination of a bulk instruction.
pub(super) const DESTINATION: i32 = 2;

impl Violation {
    /// The violation that ended the last call, if one did. To be asked after every trap: a violation
    /// traps like the `unreachable` instruction.
    ///
    /// `original` is the original module, `global` gives the value of the exported `i64` global of a
    /// name, and `shadow` is the contents of the exported [`SHADOW`](super::interface::SHADOW) memory.
    ///
    /// # Errors
    /// A global is missing, or what is recorded cannot be.
    pub fn read(
        original: &[u8],
        mut global: impl FnMut(&'static str) -> Option<i64>,
        shadow: &[u8],
    ) -> Result<Option<Self>, DamagedRecord> {
        let mut value = |name| global(name).map(i64::cast_unsigned).ok_or(DamagedRecord);
        let record = value("__proofhouse_violation")?;
        if record == 0 {
            return Ok(None);
        }
        let narrow = |value: u64| u32::try_from(value).map_err(|_| DamagedRecord);
        let (site, operand) = (narrow(record >> 32)?, record & u64::from(u32::MAX));
        let length = narrow(value("__proofhouse_violation_length")?)?;
        let (kind, address, size) = match i32::try_from(value("__proofhouse_violation_operand")?) {
            Ok(SOURCE) => (AccessKind::Read, operand, length),
            Ok(DESTINATION) => (AccessKind::Write, operand, length),
            _ => {
                let access = access_at(original, site).ok_or(DamagedRecord)?;
                let kind = match access.direction {
                    Direction::Read => AccessKind::Read,
                    Direction::Write => AccessKind::Write,
                };
                (kind, operand.saturating_add(access.offset.into()), access.size())
            }
        };
        let cause = match u32::try_from(address) {
            Ok(address) => {
                let (first, poison) = first_poisoned(shadow, address, size).ok_or(DamagedRecord)?;
                Cause::Poisoned { first, poison }
            }
            Err(_) => Cause::OutOfBounds,
        };
        Ok(Some(Self { site, kind, address, size, cause }))
    }
}

/// The memory instruction at that offset.
fn access_at(module: &[u8], site: u32) -> Option<Access> {
    let code = module.get(index(site)..)?;
    let operator = OperatorsReader::new(BinaryReader::new(code, site.into())).read().ok()?;
    Access::of(&operator)
}
