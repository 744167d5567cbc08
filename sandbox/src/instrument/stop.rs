//! Why the runtime ended a run, from a function that stands in for one of the original's.

use super::interface;
use super::violation::{AccessKind, Cause, DamagedNotes};

/// Why the runtime ended a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stop {
    /// A violation, which [`Violation::read`](super::Violation::read) tells of.
    Violation,
    /// The guest has more memory than [`HEAP_LIMIT`](interface::HEAP_LIMIT) allows.
    MemoryLimit {
        /// Bytes that it would have.
        bytes: u64,
    },
    /// The allocation that [`STOP_AT_ALLOCATION`](interface::STOP_AT_ALLOCATION) asked for was about to
    /// happen.
    AtAllocation {
        /// Bytes that were asked for.
        size: u32,
    },
    /// The free that [`STOP_AT_FREE`](interface::STOP_AT_FREE) asked for was about to happen.
    AtFree {
        /// The pointer that was passed.
        address: u32,
    },
}

impl Stop {
    /// Why the runtime ended a run, `None` if it did not: then inlined code did, or the guest itself.
    /// `global` gives the value of the exported `i32` global of a name.
    ///
    /// # Errors
    /// The globals hold what the runtime never writes.
    pub fn read(
        mut global: impl FnMut(&'static str) -> Option<i32>,
    ) -> Result<Option<Self>, DamagedNotes> {
        Ok(match Noted::read(&mut global)? {
            Noted::Nothing => None,
            Noted::Access { .. }
            | Noted::Pointer { .. }
            | Noted::Wrongly { .. }
            | Noted::Beyond { .. }
            | Noted::Overlap { .. } => Some(Self::Violation),
            Noted::Other(stop) => Some(stop),
        })
    }
}

/// What the runtime noted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Noted {
    /// Nothing.
    Nothing,
    /// An access to bytes of which some may not be accessed.
    Access {
        /// Whether it reads or writes.
        kind: AccessKind,
        /// Address of the first byte.
        address: u32,
        /// Number of bytes.
        size: u32,
    },
    /// A pointer that is not that of a live block.
    Pointer {
        /// What was to be done with the block.
        kind: AccessKind,
        /// The pointer.
        address: u32,
        /// Whether it was one once.
        was_block: bool,
    },
    /// A pointer to a block that may not be freed in that way.
    Wrongly {
        /// The pointer.
        address: u32,
        /// Size that the object was said to have, where that is wrong.
        size: u32,
        /// What is wrong with the way.
        cause: Cause,
    },
    /// A text that would be copied to where a part of it is.
    Overlap {
        /// Where to.
        address: u32,
        /// Number of bytes.
        size: u32,
    },
    /// A region that is read and goes beyond the end of the memory.
    Beyond {
        /// Address of the first byte.
        address: u32,
        /// Number of bytes.
        size: u32,
    },
    /// No violation.
    Other(Stop),
}

impl Noted {
    /// Reads the runtime's notes. The numbers are those of `runtime/stop.wat` and those who call it.
    pub(super) fn read(
        global: &mut impl FnMut(&'static str) -> Option<i32>,
    ) -> Result<Self, DamagedNotes> {
        let mut noted = |name| global(name).ok_or(DamagedNotes);
        let reason = noted(interface::STOP)?;
        let address = noted(interface::STOP_ADDRESS)?.cast_unsigned();
        let size = noted(interface::STOP_SIZE)?.cast_unsigned();
        let pointer = |kind, was_block| Self::Pointer { kind, address, was_block };
        Ok(match reason {
            0 => Self::Nothing,
            1 => Self::Access { kind: AccessKind::Read, address, size },
            2 => Self::Access { kind: AccessKind::Write, address, size },
            3 => pointer(AccessKind::Free, true),
            4 => pointer(AccessKind::Free, false),
            5 => pointer(AccessKind::Resize, true),
            6 => pointer(AccessKind::Resize, false),
            7 => Self::Other(Stop::MemoryLimit {
                bytes: (u64::from(size) << u32::BITS) | u64::from(address),
            }),
            8 => Self::Other(Stop::AtAllocation { size }),
            9 => Self::Other(Stop::AtFree { address }),
            12 => Self::Wrongly { address, size, cause: Cause::OtherAllocator },
            13 => Self::Wrongly { address, size, cause: Cause::OtherType },
            14 => Self::Overlap { address, size },
            15 => Self::Beyond { address, size },
            10 => pointer(AccessKind::Measure, true),
            11 => pointer(AccessKind::Measure, false),
            _ => return Err(DamagedNotes),
        })
    }
}
