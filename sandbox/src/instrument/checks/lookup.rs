//! The inlined lookup of one access.

use wasm_encoder::{InstructionSink, MemArg, MemArgTarget, ValType};

use super::super::function::Scratch;
use super::super::removal::{Check, is_removed};
use super::super::shadow::{GRANULE, GRANULE_LOG2, IN_GRANULE};
use super::operands::{ADDRESS, SHADOW};
use super::{Access, Checks};

/// One access, and where its lookup finds things.
#[derive(Clone, Copy)]
pub(super) struct Lookup {
    checks: Checks,
    access: Access,
    /// Local that holds the address, without the access's constant offset.
    address: u32,
    /// Local for what the shadow says.
    shadow: u32,
}

impl Lookup {
    pub(super) fn new(checks: Checks, access: Access, scratch: &Scratch) -> Self {
        let address = scratch.local(ValType::I32, ADDRESS);
        let shadow = scratch.local(ValType::I32, SHADOW);
        Self { checks, access, address, shadow }
    }

    /// Whether the granule of the last byte speaks for all bytes.
    pub(super) fn is_by_last(self) -> bool {
        self.access.is_by_last(self.checks.trust_alignment)
    }

    /// Whether one granule speaks for the access, so that little code can judge it in full.
    pub(super) fn is_judged_inline(self) -> bool {
        self.is_by_last() && self.fits_granule()
    }

    /// Which check it is.
    pub(super) fn check(self) -> Check {
        match (self.fits_granule(), self.is_by_last()) {
            (true, true) => Check::Ordinary,
            (true, false) => Check::Unaligned,
            (false, _) => Check::Wide,
        }
    }

    /// Leaves the shadow of the last byte, as a signed number: not zero if it has to be looked at.
    pub(super) fn last_granule(self, insert: &mut InstructionSink<'_>) {
        self.read(insert, self.last(), |insert, memory| insert.i32_load8_s(memory));
        insert.local_tee(self.shadow);
    }

    /// After [`last_granule`](Self::last_granule) was not zero, inside a block: traps unless the last byte
    /// may be accessed. It mostly may: it is in the last, partial granule of an object.
    pub(super) fn stop_unless_usable(self, insert: &mut InstructionSink<'_>) {
        // Noted before it is decided, so that nothing but the trap hangs on the decision: engines then
        // need no further branch.
        insert.local_get(self.address).global_set(self.checks.suspect);
        insert.local_get(self.address);
        add(insert, self.last() & IN_GRANULE);
        insert.i32_const(IN_GRANULE.cast_signed()).i32_and();
        if is_removed(Check::Partial) {
            insert.drop().i32_const(0);
        }
        // So many bytes of the granule may be accessed; none if the number is negative.
        insert.local_get(self.shadow).i32_lt_s().br_if(0).unreachable();
    }

    /// Leaves the shadow of all granules that speak for the access: not zero if the runtime has to look
    /// at it.
    pub(super) fn granules(self, insert: &mut InstructionSink<'_>) {
        let first = self.access.offset;
        if self.fits_granule() {
            self.read(insert, first, |insert, memory| insert.i32_load8_u(memory));
        } else {
            // Sixteen bytes are in two granules if they are aligned, in three if not.
            let first = if self.is_by_last() { self.last().saturating_sub(GRANULE) } else { first };
            self.read(insert, first, |insert, memory| insert.i32_load16_u(memory));
            if is_removed(Check::WideStart) {
                insert.i32_const(0xff00).i32_and();
            }
        }
        if !self.is_by_last() && !is_removed(Check::UnalignedEnd) {
            self.read(insert, self.last(), |insert, memory| insert.i32_load8_u(memory));
            insert.i32_or();
        }
    }

    /// Has the runtime check all bytes.
    pub(super) fn ask_runtime(self, insert: &mut InstructionSink<'_>) {
        insert.local_get(self.address).i32_const(self.access.offset.cast_signed());
        insert.i32_const(self.access.size().cast_signed()).call(self.checks.check_access);
    }

    fn fits_granule(self) -> bool {
        self.access.size() <= GRANULE
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
        let target = MemArgTarget::Memory(self.checks.shadow);
        load(insert, MemArg { offset, align: 0, target, ordering: None });
    }
}

fn add(insert: &mut InstructionSink<'_>, constant: u32) {
    if constant != 0 {
        insert.i32_const(constant.cast_signed()).i32_add();
    }
}
