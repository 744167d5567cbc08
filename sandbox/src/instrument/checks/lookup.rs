//! The inlined lookup of one access. It may stop what is allowed, never let pass what is not.

use wasm_encoder::{InstructionSink, MemArg, MemArgTarget};

use super::super::shadow::{GRANULE, GRANULE_LOG2, IN_GRANULE};
use super::Access;

/// One access, and where its lookup finds things.
#[derive(Clone, Copy)]
pub(super) struct Lookup {
    pub(super) access: Access,
    /// Index of the shadow memory.
    pub(super) memory: u32,
    /// Local that holds the address, without the access's constant offset.
    pub(super) address: u32,
    /// Local for what the shadow says.
    pub(super) shadow: u32,
}

/// Largest access that one granule can hold, as a power of two.
const GRANULE_SIZED: u8 = 3;

impl Lookup {
    /// Whether the granule of the last byte speaks for all bytes, or that and the one before it if there
    /// are sixteen bytes.
    pub(super) fn is_by_last(self, trust_alignment: bool) -> bool {
        self.access.size_log2 == 0 || (trust_alignment && self.is_aligned())
    }

    /// Whether all bytes fit into one granule.
    pub(super) fn is_one_granule(self) -> bool {
        self.access.size_log2 <= GRANULE_SIZED
    }

    /// Reads the shadow of the byte that the access ends with, as a signed number; keeps it, and leaves
    /// it on the stack.
    pub(super) fn last_granule(self, insert: &mut InstructionSink<'_>) {
        self.read(insert, self.last(), |insert, memory| insert.i32_load8_s(memory));
        insert.local_tee(self.shadow);
    }

    /// With a shadow that is not zero: leaves 1 if the byte that the access ends with may be accessed.
    /// Poison is negative, and thereby less than any place in a granule.
    pub(super) fn last_byte_is_usable(self, insert: &mut InstructionSink<'_>) {
        insert.local_get(self.address);
        add(insert, self.last() & IN_GRANULE);
        insert.i32_const(IN_GRANULE.cast_signed()).i32_and();
        insert.local_get(self.shadow).i32_lt_s();
    }

    /// Leaves 0 if all granules of the access are ordinary memory; with `by_last`, all that speak for it.
    pub(super) fn granules(self, insert: &mut InstructionSink<'_>, by_last: bool) {
        if self.is_one_granule() {
            self.read(insert, self.access.offset, |insert, memory| insert.i32_load8_u(memory));
        } else {
            let distance =
                if by_last { self.last().saturating_sub(GRANULE) } else { self.access.offset };
            self.read(insert, distance, |insert, memory| insert.i32_load16_u(memory));
        }
        if !by_last {
            self.read(insert, self.last(), |insert, memory| insert.i32_load8_u(memory));
            insert.i32_or();
        }
    }

    /// Whether the compiler promises that the effective address is a multiple of the size.
    fn is_aligned(self) -> bool {
        let Access { size_log2, align_log2, offset, .. } = self.access;
        align_log2 >= size_log2 && offset.trailing_zeros() >= size_log2.into()
    }

    /// Distance of the access's last byte from the address. It does not wrap: where it would, the last
    /// byte lies behind the last address.
    fn last(self) -> u32 {
        self.access.offset.saturating_add(self.access.size().saturating_sub(1))
    }

    /// Reads the shadow of the byte at `distance` from the address.
    ///
    /// As much of the distance as is whole granules goes into the constant offset, so that it costs
    /// nothing. If adding the rest wraps, the access lies behind the last address.
    fn read<'i, 'b>(
        self,
        insert: &'i mut InstructionSink<'b>,
        distance: u32,
        load: impl FnOnce(&'i mut InstructionSink<'b>, MemArg) -> &'i mut InstructionSink<'b>,
    ) {
        insert.local_get(self.address);
        add(insert, distance & IN_GRANULE);
        insert.i32_const(GRANULE_LOG2.cast_signed()).i32_shr_u();
        let offset = u64::from(distance >> GRANULE_LOG2);
        let target = MemArgTarget::Memory(self.memory);
        load(insert, MemArg { offset, align: 0, target, ordering: None });
    }
}

fn add(insert: &mut InstructionSink<'_>, constant: u32) {
    if constant != 0 {
        insert.i32_const(constant.cast_signed()).i32_add();
    }
}
