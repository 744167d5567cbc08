//! Shadow memory: what it says of the guest's bytes, and the exact check in its simplest form.
//!
//! Eight bytes of the guest, a *granule*, have one byte in the shadow:
//!
//! | shadow byte | meaning |
//! |---|---|
//! | 0 | all eight may be accessed |
//! | 1 to 7 | the first so many may be accessed; the granule after it says why the others may not |
//! | 8 to 127 | not used: all eight may be accessed |
//! | 128 to 255 | none may be accessed; the number is the reason, a [`Poison`] |
//!
//! This is the encoding of AddressSanitizer (Serebryany et al., USENIX ATC 2012), so that code built
//! for it can write to the shadow itself. Zero means ordinary memory: a fresh shadow poisons nothing.

use super::numbers::index;
use crate::num::u64_of;

/// Guest bytes in a granule, as a power of two.
pub(super) const GRANULE_LOG2: u32 = 3;
/// Guest bytes in a granule.
pub(crate) const GRANULE: u32 = 1 << GRANULE_LOG2;
/// Selects an address's place within its granule.
pub(super) const IN_GRANULE: u32 = 7;
/// Granules that are looked at together.
const AT_ONCE: usize = 8;

/// Why bytes may not be accessed. The numbers are those of AddressSanitizer's runtime, but for
/// [`NULL_PAGE`](Self::NULL_PAGE), which it has no number for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Poison(pub u8);

impl Poison {
    /// The region from address 0 on that null pointers with an offset point into.
    pub const NULL_PAGE: Self = Self(0x90);
    /// Before the variables of a stack frame.
    pub const STACK_LEFT: Self = Self(0xf1);
    /// Between the variables of a stack frame.
    pub const STACK_MIDDLE: Self = Self(0xf2);
    /// Behind the variables of a stack frame.
    pub const STACK_RIGHT: Self = Self(0xf3);
    /// A stack frame whose function has returned.
    pub const STACK_AFTER_RETURN: Self = Self(0xf5);
    /// A variable whose scope was left.
    pub const STACK_AFTER_SCOPE: Self = Self(0xf8);
    /// Before a block from `alloca`, or an array of variable length.
    pub const ALLOCA_LEFT: Self = Self(0xca);
    /// Behind a block from `alloca`, or an array of variable length.
    pub const ALLOCA_RIGHT: Self = Self(0xcb);
    /// Behind a global.
    pub const GLOBAL_REDZONE: Self = Self(0xf9);
    /// Poisoned by the guest itself, through AddressSanitizer's interface.
    pub const USER: Self = Self(0xf7);
    /// Around or between heap blocks.
    pub const HEAP_REDZONE: Self = Self(0xfa);
    /// A heap block that was freed.
    pub const HEAP_FREED: Self = Self(0xfd);

    /// The reason that a shadow byte gives, if it gives one.
    pub(super) fn of(shadow: u8) -> Option<Self> {
        (shadow >= 0x80).then_some(Self(shadow))
    }
}

/// Bytes of shadow that so many bytes of the guest have.
pub(crate) fn shadow_bytes(guest: usize) -> usize {
    guest.div_ceil(index(GRANULE))
}

/// The first of `length` bytes from `address` on that may not be accessed, and why.
///
/// This is what the inlined checks and the runtime in the guest must agree with; hosts use it for the
/// pointers that a guest hands them. The reason is `None` where a partial granule is followed by one
/// that gives no reason. Bytes that `shadow`, the whole shadow memory, does not cover are not looked
/// at: no guest's memory reaches that far.
pub fn first_poisoned(shadow: &[u8], address: u32, length: u32) -> Option<(u32, Option<Poison>)> {
    let granule_bytes = u64::from(GRANULE);
    let end = u64::from(address).saturating_add(length.into());
    let mut at = u64::from(address);
    while at < end {
        let granule = usize::try_from(at >> GRANULE_LOG2).ok()?;
        let start = at & !u64::from(IN_GRANULE);
        // Mostly all of it is ordinary: several granules at once.
        if shadow.get(granule..)?.first_chunk() == Some(&[0; AT_ONCE]) {
            at = start.saturating_add(granule_bytes.saturating_mul(u64_of(AT_ONCE)));
            continue;
        }
        let next = start.saturating_add(granule_bytes);
        let byte = *shadow.get(granule)?;
        let usable = match byte {
            0 | 8..=127 => granule_bytes,
            1..=7 => byte.into(),
            128..=255 => 0,
        };
        let bad = start.saturating_add(usable).max(at);
        if bad < next.min(end) {
            let behind = || shadow.get(granule.saturating_add(1)).copied().and_then(Poison::of);
            return Some((u32::try_from(bad).ok()?, Poison::of(byte).or_else(behind)));
        }
        at = next;
    }
    None
}
