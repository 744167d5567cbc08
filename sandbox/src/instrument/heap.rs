//! Reads what the heap knows of its blocks, for reports.
//!
//! The runtime keeps a record of each block in a memory of its own: `runtime/heap.wat` has what is in it,
//! `runtime/records.wat` where it is.

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
    /// What it lies in, redzones included: address and bytes.
    pub chunk: (u32, u32),
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

/// Blocks are at multiples of this.
const ALIGN: u32 = 16;
/// Bytes of a record; those of a page are at multiples of it.
const RECORD_BYTES: u32 = 32;
/// Bytes of a page, as a power of two.
const PAGE_LOG2: u32 = 16;
/// Selects the record of an address, within a page of records.
const IN_PAGE: u32 = (1 << PAGE_LOG2) - RECORD_BYTES;
/// Where the table begins that says where the records of each page are, until it needs a page of its own.
const TABLE: u32 = 512;
/// Pages that have entries there.
const TABLE_PAGES: u32 = 768;
/// Bytes of notes before the records of the first page.
const NOTES: u32 = 4096;
/// Pages that may have entries at all.
const MAX_PAGES: u32 = 16_384;
/// Where the address of the table is that needs a page.
const LONG_TABLE: u32 = 4;
/// Where in a record the block's size is.
const SIZE: u32 = 4;
/// Bits of a record's first word that are its state.
const STATE: u32 = 15;
const LIVE: u32 = 1;
const QUARANTINED: u32 = 2;
const REUSABLE: u32 = 3;

/// How far behind an address a block is looked for, in bytes: the longest redzone there is, spacing
/// included, and an alignment.
const FORWARD: u32 = 1 << 18;

/// How far into the records' memory, which has so many bytes, the runtime may have written while the blocks
/// of the heap's first page end before `rest` bytes of it. `None` if there is more than that page.
pub(crate) fn written_records(memory_bytes: usize, rest: u32) -> Option<usize> {
    let page = 1u32 << PAGE_LOG2;
    // The last block begins before its chunk's end; its record may lie across that.
    let end = rest.max(NOTES).next_multiple_of(RECORD_BYTES).saturating_add(RECORD_BYTES);
    (memory_bytes == index(page)).then(|| index(end.min(page)))
}

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

/// Where the records of the blocks in a page are.
#[derive(Clone, Copy)]
enum PageRecords {
    /// There are some, from there on.
    Many(u32),
    /// There is one.
    One(u32),
}

impl HeapRecords<'_> {
    /// The block that begins at `address`, live or freed, if one does.
    pub fn at(self, address: u32) -> Option<HeapObject> {
        self.read(self.record_at(address)?).filter(|object| object.address == address)
    }

    /// Where the record is of a block that begins at `address`, if one does.
    fn record_at(self, address: u32) -> Option<u32> {
        let place = address.checked_sub(self.base)?.checked_sub(ALIGN)?;
        match self.records(place >> PAGE_LOG2)? {
            PageRecords::Many(start) => start.checked_add(place & IN_PAGE),
            PageRecords::One(record) => Some(record),
        }
    }

    /// What a page of the guest's memory, counted from the heap's first one on, has for records.
    fn records(self, page: u32) -> Option<PageRecords> {
        if page == 0 {
            return Some(PageRecords::Many(0));
        }
        let table = if page < TABLE_PAGES { TABLE } else { self.word(LONG_TABLE)? };
        if table == 0 || page >= MAX_PAGES {
            return None;
        }
        match self.word(table.checked_add(page.checked_mul(4)?)?)? {
            0 => None,
            entry if entry & 1 != 0 => Some(PageRecords::Many(entry & !1)),
            entry => Some(PageRecords::One(entry)),
        }
    }

    fn read(self, record: u32) -> Option<HeapObject> {
        let word = |at| self.word(record.checked_add(at)?);
        let first = word(0)?;
        let freed = match first & STATE {
            LIVE => None,
            QUARANTINED | REUSABLE => Some(word(20)?),
            _ => return None,
        };
        let (address, chunk) = (first & !STATE, (word(16)?, word(24)?));
        Some(HeapObject { address, size: word(SIZE)?, allocation: word(8)?, freed, chunk })
    }

    fn word(self, at: u32) -> Option<u32> {
        let bytes = self.memory.get(index(at)..)?.first_chunk()?;
        Some(u32::from_le_bytes(*bytes))
    }

    /// The blocks nearest to `address`, the nearest first: the one that holds it or lies before it, and the
    /// one behind it.
    pub fn near(self, address: u32) -> Vec<NearObject> {
        let start = address & !STATE;
        let before = self.at_or_before(start);
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

    /// The last block that begins at `start` or before. It takes a step for every page before, and for
    /// every record of some.
    fn at_or_before(self, start: u32) -> Option<HeapObject> {
        let last = start.checked_sub(self.base)?.checked_sub(ALIGN)? >> PAGE_LOG2;
        (0..=last.min(MAX_PAGES)).rev().find_map(|page| {
            let records = match self.records(page)? {
                PageRecords::One(record) => record..=record,
                PageRecords::Many(start) => start..=start.saturating_add(IN_PAGE),
            };
            // Where two pages touch, the last record of one is the first block of the other.
            let fits = |object: &HeapObject| {
                object.address <= start && self.at(object.address).as_ref() == Some(object)
            };
            let step = index(RECORD_BYTES);
            records.rev().step_by(step).filter_map(|record| self.read(record)).find(fits)
        })
    }
}

/// Makes the live block of one byte at `address`, if that is one, a block of none, as far as its record goes; `memory`
/// and `base` are those of [`HeapRecords`]. Says whether it did.
pub(crate) fn make_empty(memory: &mut [u8], base: u32, address: u32) -> bool {
    let records = HeapRecords { memory, base };
    let is_byte = |block: HeapObject| block.size == 1 && block.freed.is_none();
    let size = records.record_at(address).filter(|_| records.at(address).is_some_and(is_byte));
    let size = size.and_then(|record| memory.get_mut(index(record.checked_add(SIZE)?)..));
    let Some(size) = size.and_then(<[u8]>::first_chunk_mut) else { return false };
    *size = 0u32.to_le_bytes();
    true
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
