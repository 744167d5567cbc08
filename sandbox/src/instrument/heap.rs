//! Reads what the heap knows of its blocks, for reports.
//!
//! The runtime keeps a record of each block in a memory of its own; `runtime/heap.wat` has the layout.

use super::numbers::index;

/// A block of the heap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HeapObject {
    /// Address of its first byte.
    pub address: u32,
    /// Bytes that were asked for.
    pub size: u32,
    /// Which allocation gave it: the first of an instance is number 1.
    pub allocation: u32,
    /// Which free took it back, counted likewise. `None` if it is live.
    pub freed: Option<u32>,
}

/// A block near an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NearObject {
    /// The block.
    pub object: HeapObject,
    /// Where the address is.
    pub place: Place,
}

/// Where an address is, seen from a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// So many bytes before its first one.
    Before {
        /// Distance in bytes, at least 1.
        bytes: u32,
    },
    /// So many bytes behind its first one.
    Inside {
        /// Distance in bytes, less than its size.
        bytes: u32,
    },
    /// So many bytes behind its end: at 0, it is the first byte that is not the block's.
    After {
        /// Distance in bytes.
        bytes: u32,
    },
}

impl Place {
    /// Bytes between the address and the block.
    fn distance(self) -> u32 {
        match self {
            Self::Before { bytes } => bytes,
            Self::Inside { .. } => 0,
            Self::After { bytes } => bytes.saturating_add(1),
        }
    }
}

/// Blocks are at multiples of this, and a record is two of it long.
const ALIGN: u32 = 16;
/// Bits of a record's first word that are its state.
const STATE: u32 = 15;
const LIVE: u32 = 1;
const QUARANTINED: u32 = 2;
const REUSABLE: u32 = 3;

/// How far behind an address a block is looked for, in bytes: the longest redzone there is, spacing
/// included, and an alignment.
const FORWARD: u32 = 1 << 18;

/// The records of an instance's blocks. Bytes that the runtime did not write give nothing or nonsense.
#[derive(Clone, Copy)]
pub struct HeapRecords<'h> {
    /// Contents of the exported [`HEAP`](super::interface::HEAP) memory.
    pub memory: &'h [u8],
    /// Value of the exported global [`HEAP_BASE`](super::interface::HEAP_BASE).
    pub base: u32,
}

impl std::fmt::Debug for HeapRecords<'_> {
    /// Without the bytes.
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        to.debug_struct("HeapRecords")
            .field("bytes", &self.memory.len())
            .field("base", &self.base)
            .finish()
    }
}

impl HeapRecords<'_> {
    /// The block that begins at `address`, live or freed, if one does.
    pub fn at(self, address: u32) -> Option<HeapObject> {
        let record = address.checked_sub(self.base)?.checked_sub(ALIGN)?;
        let record = self.memory.get(index(record)..)?;
        let word = |at: usize| {
            let bytes = record.get(at..at.checked_add(4)?)?;
            Some(u32::from_le_bytes(bytes.try_into().ok()?))
        };
        let first = word(0)?;
        if first & !STATE != address || address == 0 {
            return None;
        }
        let freed = match first & STATE {
            LIVE => None,
            QUARANTINED | REUSABLE => Some(word(20)?),
            _ => return None,
        };
        Some(HeapObject { address, size: word(4)?, allocation: word(8)?, freed })
    }

    /// The blocks nearest to `address`, the nearest first: the one that holds it or lies before it, and the
    /// one behind it. It takes up to a step for every 16 bytes of records.
    pub fn near(self, address: u32) -> Vec<NearObject> {
        // What lies behind the records is never the heap's.
        let end = u32::try_from(self.memory.len()).unwrap_or(u32::MAX);
        let start = address.min(self.base.saturating_add(end)) & !STATE;
        let before = (self.base / ALIGN..=start / ALIGN)
            .rev()
            .find_map(|at| self.at(at.saturating_mul(ALIGN)));
        let behind = (1..=FORWARD / ALIGN)
            .map_while(|step| start.checked_add(step.saturating_mul(ALIGN)))
            .find_map(|at| self.at(at));
        let mut near: Vec<_> = before
            .into_iter()
            .chain(behind)
            .map(|object| NearObject { object, place: object.place(address) })
            .collect();
        near.sort_by_key(|near| near.place.distance());
        near
    }
}

impl HeapObject {
    /// Where `address` is, seen from this block.
    fn place(&self, address: u32) -> Place {
        match address.checked_sub(self.address) {
            None => Place::Before { bytes: self.address.saturating_sub(address) },
            Some(bytes) => match bytes.checked_sub(self.size) {
                None => Place::Inside { bytes },
                Some(bytes) => Place::After { bytes },
            },
        }
    }
}
