//! Calls to AddressSanitizer's runtime: what is written in their place.
//!
//! What it costs in fuel depends on the original alone: a call costs what a call costs, and whatever
//! takes as long as an argument says costs that as well, as bulk instructions do.

use wasm_encoder::{InstructionSink, MemArg, MemArgTarget, ValType};

use super::super::additions::SHADOW;
use super::super::asan::Redirect;
use super::super::bulk::Bulk;
use super::super::checks::{BulkOperands, FunctionChecks};
use super::super::meter::Meter;
use super::super::removal::{Check, is_removed};
use super::super::shadow::GRANULE_LOG2;
use super::{BodyWriter, Scratch, ScratchNeeds};

/// Most shadow bytes that are set by inlined stores. What has more of them takes long enough for a call.
const MAX_INLINED: u32 = 32;

/// The guest's own memory.
const GUEST: u32 = 0;

/// Scratch locals for any redirected call.
pub(super) fn plan(needs: &mut ScratchNeeds) {
    needs.at_once([ValType::I32; 3]);
}

/// One redirected call, and the passes that look at it.
pub(super) struct Call<'c, 'a> {
    pub(super) out: &'c mut BodyWriter<'a>,
    pub(super) scratch: &'c Scratch,
    pub(super) meter: Option<Meter>,
    pub(super) checks: Option<&'c mut FunctionChecks>,
    /// The last argument, if the instruction before the call says it.
    pub(super) constant: Option<u32>,
}

impl Call<'_, '_> {
    /// Writes what stands for the call.
    pub(super) fn write(mut self, redirect: Redirect) {
        match redirect {
            Redirect::Nothing { arguments, result, by_length } => {
                self.nothing(arguments, by_length);
                if result {
                    self.out.insert().i32_const(0);
                }
            }
            Redirect::SetShadow { byte, function } => self.set_shadow(byte, function),
            Redirect::Moves { bulk, apart } => self.moves(bulk, apart),
            Redirect::Reads => self.reads(),
            Redirect::Calls { function, extra, by_length } => {
                self.calls(function, extra, by_length);
            }
            Redirect::ClearsStack { stack, function } => {
                let mut insert = self.out.insert();
                insert.global_get(stack.global).i32_const(stack.initial.cast_signed());
                insert.call(function);
            }
        }
    }

    fn nothing(&mut self, arguments: u32, by_length: bool) {
        self.before(by_length);
        let mut insert = self.out.insert();
        for _ in 0..arguments {
            insert.drop();
        }
        self.after(by_length);
    }

    fn calls(&mut self, function: u32, extra: Option<i32>, by_length: bool) {
        self.before(by_length);
        let mut insert = self.out.insert();
        if let Some(extra) = extra {
            insert.i32_const(extra);
        }
        insert.call(function);
        self.after(by_length);
    }

    /// Remembers the last argument, if it is a length that costs fuel.
    fn before(&mut self, by_length: bool) {
        if by_length && self.meter.is_some() {
            Meter::before_bulk(self.out, self.scratch);
        }
    }

    /// Pays for it.
    fn after(&mut self, by_length: bool) {
        if let Some(meter) = self.meter.filter(|_| by_length) {
            meter.after_bulk(self.out, Bulk::MemoryFill, self.scratch);
        }
    }

    fn moves(self, bulk: Bulk, apart: Option<u32>) {
        let BulkOperands { length, source, destination } = BulkOperands::of(self.scratch);
        if let Some(checks) = self.checks.filter(|_| !is_removed(Check::BulkCall)) {
            checks.bulk(self.out, bulk, self.scratch);
            if let Some(apart) = apart.filter(|_| !is_removed(Check::Overlap)) {
                let mut insert = self.out.insert();
                insert.local_get(destination).local_get(source).local_get(length).call(apart);
            }
        } else {
            let mut insert = self.out.insert();
            insert.local_set(length).local_set(source).local_tee(destination);
            insert.local_get(source).local_get(length);
        }
        if self.meter.is_some() {
            Meter::before_bulk(self.out, self.scratch);
        }
        if bulk == Bulk::MemoryFill {
            self.out.insert().memory_fill(GUEST);
        } else {
            self.out.insert().memory_copy(GUEST, GUEST);
        }
        if let Some(meter) = self.meter {
            meter.after_bulk(self.out, bulk, self.scratch);
        }
        self.out.insert().local_get(destination);
    }

    fn reads(self) {
        if let Some(checks) = self.checks {
            checks.word(self.out, self.scratch);
        }
        self.out.insert().i32_load(at(GUEST, 0));
    }

    /// Sets some shadow bytes. Where their number is not known, the runtime does; where it is small, too
    /// small for a call to pay, stores do.
    fn set_shadow(&mut self, byte: u8, function: Option<u32>) {
        let few = self.constant.filter(|number| *number <= MAX_INLINED);
        let number = match (few, function) {
            (_, None) => return self.nothing(2, few.is_none()),
            (None, Some(function)) => return self.calls(function, Some(byte.into()), true),
            (Some(number), Some(_)) => number,
        };
        let place = self.scratch.local(ValType::I32, 0);
        let mut insert = self.out.insert();
        insert.drop().local_tee(place);
        // Only what is in the guest's memory has a shadow to write to. The engine looks for us.
        insert.i32_const(GRANULE_LOG2.cast_signed()).i32_shl();
        insert.i32_load8_u(at(GUEST, 0)).drop();
        let mut done = 0u32;
        for width in [8u32, 4, 2, 1] {
            while number.saturating_sub(done) >= width {
                insert.local_get(place);
                store(&mut insert, width, byte, done);
                done = done.saturating_add(width);
            }
        }
    }
}

/// Stores `width` times the same byte to the shadow, at the address on the stack plus `offset`.
fn store(insert: &mut InstructionSink<'_>, width: u32, byte: u8, offset: u32) {
    let target = at(SHADOW, offset);
    match width {
        8 => insert.i64_const(i64::from_le_bytes([byte; 8])).i64_store(target),
        4 => insert.i32_const(i32::from_le_bytes([byte; 4])).i32_store(target),
        2 => insert.i32_const(i32::from_le_bytes([byte; 4])).i32_store16(target),
        _ => insert.i32_const(byte.into()).i32_store8(target),
    };
}

fn at(memory: u32, offset: u32) -> MemArg {
    let target = MemArgTarget::Memory(memory);
    MemArg { offset: offset.into(), align: 0, target, ordering: None }
}
