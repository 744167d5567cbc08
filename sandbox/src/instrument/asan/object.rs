//! Which variable or global an address belongs to, after a violation.
//!
//! All of it is read from the guest's memory, where compiled code leaves descriptions of its frames and
//! globals. The guest may have written anything there, so that every answer is a guess that the report
//! shows as such: reading is bounded, and what makes no sense is no answer.

use super::super::numbers::{count, index};
use super::super::shadow::{GRANULE, GRANULE_LOG2, Poison};
use super::descriptions::{self, Variable};
use super::globals::{self, Global};
use super::{FAKE_STACK_PAGES, FRAME_MARK, LEFT_FRAME_MARK};

/// How far a frame may reach below an address, in granules: a mebibyte.
const MAX_FRAME_GRANULES: u32 = 1 << 17;

/// Bytes in a page of guest memory.
const PAGE_BYTES: u64 = 1 << 16;

/// What a guest that was compiled with `-fsanitize=address` leaves of its layout.
#[derive(Clone, Copy)]
pub struct LayoutMemory<'a> {
    /// The guest's own memory.
    pub memory: &'a [u8],
    /// The exported [`SHADOW`](super::super::interface::SHADOW) memory.
    pub shadow: &'a [u8],
    /// The exported [`LAYOUT`](super::super::interface::LAYOUT) memory.
    pub notes: &'a [u8],
    /// The exported global [`REGISTERED`](super::super::interface::REGISTERED).
    pub registered: u32,
    /// The exported global [`FAKE_STACK`](super::super::interface::FAKE_STACK).
    pub fake_stack: u32,
}

/// An object that the compiler laid out, and where an address is relative to it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LayoutObject {
    /// What it is.
    pub region: Region,
    /// Address of its first byte.
    pub address: u32,
    /// Its size in bytes.
    pub size: u32,
    /// Where the address is.
    pub place: Place,
}

/// What an object is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Region {
    /// A variable of a stack frame.
    Stack {
        /// Its name.
        variable: String,
        /// The line that declares it, where the compiler says so.
        line: Option<u32>,
        /// Where in its frame it begins, in bytes.
        offset: u32,
        /// Element of the module's function table that is the function whose frame it is. 0 is none.
        table_index: u32,
    },
    /// A block from `alloca`, or an array of variable length. The compiler gives it no name.
    Alloca,
    /// A global.
    Global {
        /// Its name.
        name: String,
        /// The source file that defines it.
        module: String,
        /// The line that defines it, where the compiler says so.
        line: Option<u32>,
    },
}

/// Where an address is relative to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// So many bytes before its first byte: 1 is the byte before.
    Before(u32),
    /// So many bytes from its first byte on, in it.
    Within(u32),
    /// So many bytes behind its last byte: 0 is the byte that would be next.
    After(u32),
}

/// The object that a poisoned address is in or next to: the nearest one of its frame, or the nearest
/// global; of an address that may be accessed, or that the guest poisoned itself, the one that it is in. `None` if
/// the address is neither in a frame nor near a global, or if nothing readable says.
///
/// `address` is best the first poisoned byte of an access,
/// [`Cause::Poisoned`](super::super::Cause::Poisoned).
pub fn layout_object(layout: &LayoutMemory<'_>, address: u32) -> Option<LayoutObject> {
    let Some(poison) = layout.poison(address) else { return layout.holder(address) };
    match poison {
        Poison::USER => layout.holder(address),
        Poison::STACK_LEFT
        | Poison::STACK_MIDDLE
        | Poison::STACK_RIGHT
        | Poison::STACK_AFTER_SCOPE
        | Poison::STACK_AFTER_RETURN => layout.variable(address),
        Poison::ALLOCA_LEFT | Poison::ALLOCA_RIGHT => layout.alloca(address),
        Poison::GLOBAL_REDZONE => layout.global(address),
        _ => None,
    }
}

impl LayoutMemory<'_> {
    /// Why an address may not be accessed.
    fn poison(&self, address: u32) -> Option<Poison> {
        super::super::first_poisoned(self.shadow, address, 1)?.1
    }

    fn shadow_at(&self, granule: u32) -> Option<Poison> {
        self.shadow.get(index(granule)).copied().map(Poison)
    }

    /// A word of guest memory.
    fn word(&self, address: u32) -> Option<u32> {
        descriptions::word(self.memory, address)
    }

    /// The variable or global that an address is in.
    fn holder(&self, address: u32) -> Option<LayoutObject> {
        let is_in = |object: &LayoutObject| matches!(object.place, Place::Within(_));
        let variable = || self.variable(address).filter(is_in);
        self.global(address).filter(is_in).or_else(variable)
    }

    fn variable(&self, address: u32) -> Option<LayoutObject> {
        let frame = match self.fake_frame(address) {
            Some(frame) => frame,
            None => self.real_frame(address)?,
        };
        let mark = self.word(frame)?;
        if mark != FRAME_MARK && mark != LEFT_FRAME_MARK {
            return None;
        }
        let description = self.word(frame.checked_add(4)?)?;
        let table_index = self.word(frame.checked_add(8)?)?;
        let near = |variable: Variable| {
            let start = frame.checked_add(variable.offset)?;
            Some((start, Place::of(address, start, variable.size)?, variable))
        };
        let variables = descriptions::variables(self.memory, description);
        let (start, place, variable) =
            variables.into_iter().filter_map(near).min_by_key(|(_, place, _)| place.distance())?;
        let Variable { name, line, offset, size } = variable;
        let region = Region::Stack { variable: name, line, offset, table_index };
        Some(LayoutObject { region, address: start, size, place })
    }

    /// The frame on the fake stack that an address is in. Its class says where it begins.
    fn fake_frame(&self, address: u32) -> Option<u32> {
        if self.fake_stack == 0 {
            return None;
        }
        let into = address.checked_sub(self.fake_stack)?;
        if u64::from(into) >= FAKE_STACK_PAGES.saturating_mul(PAGE_BYTES) {
            return None;
        }
        // 64 KiB for each class but the last two, of 128 and 256 KiB.
        let class = match into >> 16 {
            class @ 0..=9 => class,
            10 => 9,
            _ => 10,
        };
        let frame_bytes = 64u32.checked_shl(class)?;
        Some(address.saturating_sub(into.checked_rem(frame_bytes)?))
    }

    /// The frame on the real stack that an address is in. It begins with its left redzone.
    fn real_frame(&self, address: u32) -> Option<u32> {
        let mut granule = address >> GRANULE_LOG2;
        let end = granule.saturating_sub(MAX_FRAME_GRANULES);
        while self.shadow_at(granule)? != Poison::STACK_LEFT {
            granule = granule.checked_sub(1).filter(|granule| *granule >= end)?;
        }
        while granule > end && self.shadow_at(granule.checked_sub(1)?)? == Poison::STACK_LEFT {
            granule = granule.checked_sub(1)?;
        }
        granule.checked_shl(GRANULE_LOG2)
    }

    /// The block between the redzones of an `alloca`.
    fn alloca(&self, address: u32) -> Option<LayoutObject> {
        let granule = address >> GRANULE_LOG2;
        let is = |granule, poison| self.shadow_at(granule) == Some(poison);
        let far = granule.saturating_add(MAX_FRAME_GRANULES);
        let near = granule.saturating_sub(MAX_FRAME_GRANULES);
        // Back from the right redzone, or forward from the left one, to the last of the left one.
        let left = if is(granule, Poison::ALLOCA_LEFT) {
            (granule..far).take_while(|at| is(*at, Poison::ALLOCA_LEFT)).last()
        } else {
            (near..granule).rev().find(|at| is(*at, Poison::ALLOCA_LEFT))
        }?;
        let first = left.checked_add(1)?;
        let right = (first..far).find(|at| is(*at, Poison::ALLOCA_RIGHT))?;
        let start = first.checked_mul(GRANULE)?;
        let mut end = right.checked_mul(GRANULE)?;
        // The last granule may be the block's only in part.
        let last = self.shadow_at(right.checked_sub(1)?)?;
        if (1..=7).contains(&last.0) {
            end = end.checked_sub(GRANULE)?.checked_add(last.0.into())?;
        }
        let size = end.checked_sub(start)?;
        let place = Place::of(address, start, size)?;
        Some(LayoutObject { region: Region::Alloca, address: start, size, place })
    }

    fn global(&self, address: u32) -> Option<LayoutObject> {
        let near =
            |global: Global| Some((Place::of(address, global.address, global.size)?, global));
        let globals = globals::near(self.memory, self.notes, self.registered, address);
        let (place, global) =
            globals.into_iter().filter_map(near).min_by_key(|(place, _)| place.distance())?;
        let text = |address| descriptions::text(self.memory, address).unwrap_or_default();
        let region = Region::Global {
            name: text(global.name),
            module: text(global.module),
            line: global.source.and_then(|source| self.word(source.checked_add(4)?)),
        };
        Some(LayoutObject { region, address: global.address, size: global.size, place })
    }
}

impl Place {
    fn of(address: u32, start: u32, size: u32) -> Option<Self> {
        let end = start.checked_add(size)?;
        Some(if address < start {
            Self::Before(start.saturating_sub(address))
        } else if address < end {
            Self::Within(address.saturating_sub(start))
        } else {
            Self::After(address.saturating_sub(end))
        })
    }

    /// How far the address is from the object in bytes. Behind it is a little nearer than before it:
    /// the more likely of two equally far objects is the one that was overrun.
    fn distance(self) -> (u32, u32) {
        match self {
            Self::Within(_) => (0, 0),
            Self::After(bytes) => (bytes.saturating_add(1), 0),
            Self::Before(bytes) => (bytes, 1),
        }
    }
}

impl std::fmt::Debug for LayoutMemory<'_> {
    /// Without the bytes.
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        to.debug_struct("LayoutMemory")
            .field("memory", &count(self.memory.len()))
            .field("registered", &self.registered)
            .field("fake_stack", &self.fake_stack)
            .finish_non_exhaustive()
    }
}
