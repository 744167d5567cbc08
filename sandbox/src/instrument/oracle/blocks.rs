//! A book of the heap, kept from nothing but the calls to the allocator.
//!
//! It knows no chunk, class or list. A block that was given is *live* until it is given back; then it is
//! *freed* until its bytes are part of a block again. Around a block of either kind there are bytes that
//! belong to nobody.

use std::collections::BTreeMap;

use super::super::shadow::{Poison, first_poisoned};
use super::{Disagreement, View};

/// Fewest bytes before a block that belong to nobody.
const REDZONE: u32 = 16;
/// What every block's address is a multiple of.
const ALIGN: u32 = 16;

/// All blocks.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    by_address: BTreeMap<u32, Block>,
    /// The block that was freed last. It is in quarantine, however small that is.
    freed_last: Option<u32>,
}

#[derive(Clone, Copy, Debug)]
struct Block {
    size: u32,
    live: bool,
}

/// What the book says of some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    /// All of them are a live block's.
    Live,
    /// At least one of them is a freed block's, or nobody's.
    Forbidden,
    /// Nothing.
    Unknown,
}

impl Blocks {
    /// What is known of `size` bytes from `address` on.
    pub(super) fn expected(&self, address: u32, size: u32) -> Expected {
        if size == 0 {
            return Expected::Unknown;
        }
        let first = u64::from(address);
        let end = first.saturating_add(size.into());
        // Blocks do not overlap, so only the last one that begins before the end may hold the first byte.
        let reach = address.saturating_add(size).saturating_add(REDZONE);
        let mut found = Expected::Unknown;
        for (start, block) in self.by_address.range(..reach).rev() {
            let (start, block_end) = (u64::from(*start), end_of(*start, *block));
            // The byte behind a block is nobody's, too.
            let redzone = start.saturating_sub(REDZONE.into());
            if block_end < first {
                break;
            }
            if block.live && start <= first && end <= block_end {
                return Expected::Live;
            }
            if first <= block_end && redzone < end {
                found = Expected::Forbidden;
            }
        }
        found
    }

    /// Holds what the shadow says of some bytes, the first bad one and why, against the book. What the
    /// guest poisons itself is its own affair.
    pub(super) fn agree(
        &self,
        address: u32,
        size: u32,
        bad: Option<(u32, Option<Poison>)>,
    ) -> Result<(), Disagreement> {
        let of_heap = |poison| matches!(poison, Poison::HEAP_REDZONE | Poison::HEAP_FREED);
        match (self.expected(address, size), bad) {
            (Expected::Live, Some((at, Some(poison)))) if of_heap(poison) => Err(Disagreement(
                format!("{at:#x} is poisoned ({:#x}), but a live block's", poison.0),
            )),
            (Expected::Forbidden, None) => Err(Disagreement(format!(
                "{size} bytes at {address:#x} may be accessed, but are no live block's"
            ))),
            _ => Ok(()),
        }
    }

    /// The allocator gave a block, or null.
    pub(super) fn gave(
        &mut self,
        view: View<'_>,
        address: u32,
        size: u32,
        align: u32,
    ) -> Result<(), Disagreement> {
        if address == 0 {
            return Ok(());
        }
        let given = Block { size, live: true };
        let align = align.checked_next_power_of_two().unwrap_or(ALIGN).max(ALIGN);
        if !address.is_multiple_of(align) {
            return Err(Disagreement(format!(
                "the block at {address:#x} is not aligned to {align}"
            )));
        }
        if end_of(address, given) > view.memory_bytes {
            return Err(Disagreement(format!("the block at {address:#x} leaves the memory")));
        }
        let from = address.saturating_sub(REDZONE);
        let reach = address.saturating_add(size).saturating_add(REDZONE);
        let overlapped: Vec<_> = self
            .by_address
            .range(..reach)
            .rev()
            .take_while(|(start, block)| end_of(**start, **block) > from.into())
            .map(|(start, block)| (*start, *block))
            .collect();
        for (start, block) in overlapped {
            if block.live {
                return Err(Disagreement(format!(
                    "the block at {address:#x} of {size} bytes is too close to the live one at {start:#x}"
                )));
            }
            if self.freed_last == Some(start) {
                return Err(Disagreement(format!("the block at {start:#x} was only just freed")));
            }
            self.by_address.remove(&start);
        }
        self.by_address.insert(address, given);
        painted(view, address, given)
    }

    /// The allocator moved a block, or gave one where there was none, or failed and left it alone.
    pub(super) fn moved(
        &mut self,
        view: View<'_>,
        from: u32,
        to: u32,
        size: u32,
        align: u32,
    ) -> Result<(), Disagreement> {
        if to == 0 {
            return Ok(());
        }
        if from == 0 {
            return self.gave(view, to, size, align);
        }
        // Both exist for a moment.
        self.gave(view, to, size, align)?;
        self.took(view, from)
    }

    /// The allocator took a block back, or null.
    pub(super) fn took(&mut self, view: View<'_>, address: u32) -> Result<(), Disagreement> {
        if address == 0 {
            return Ok(());
        }
        match self.by_address.get_mut(&address) {
            Some(block) if block.live => {
                block.live = false;
                self.freed_last = Some(address);
                let freed = *block;
                painted(view, address, freed)
            }
            _ => Err(Disagreement(format!("no live block at {address:#x} could be freed"))),
        }
    }

    /// The host took the bytes of a block away, if one is there.
    pub(super) fn emptied(&mut self, address: u32) {
        if let Some(block) = self.by_address.get_mut(&address) {
            block.size = 0;
        }
    }

    /// The allocator said how large a block is.
    pub(super) fn has_size(&self, address: u32, size: u32) -> Result<(), Disagreement> {
        let block = self.by_address.get(&address).filter(|block| block.live);
        match block.map(|block| block.size) {
            None if address == 0 && size == 0 => Ok(()),
            Some(known) if known == size => Ok(()),
            known => Err(Disagreement(format!(
                "the block at {address:#x} is said to have {size} bytes, not {known:?}"
            ))),
        }
    }
}

/// Holds the shadow of a block and of the bytes around it against its state.
fn painted(view: View<'_>, address: u32, block: Block) -> Result<(), Disagreement> {
    let poison = |at: u32, length| first_poisoned(view.shadow, at, length);
    let wrong = |what| Err(Disagreement(format!("{what} the block at {address:#x}, {block:?}")));
    if poison(address.saturating_sub(1), 1).is_none() {
        return wrong("no redzone before");
    }
    if poison(address.saturating_add(block.size), 1).is_none() {
        return wrong("no redzone behind");
    }
    if block.live {
        return match poison(address, block.size) {
            None => Ok(()),
            Some(_) => wrong("poison in"),
        };
    }
    let all = (0..block.size).step_by(8).all(|at| poison(address.saturating_add(at), 1).is_some());
    if all { Ok(()) } else { wrong("bytes that may be accessed in") }
}

fn end_of(start: u32, block: Block) -> u64 {
    u64::from(start).saturating_add(block.size.into())
}
