//! The stack pass: how deep the guest's stacks grow, counted so that it is the same on every machine.
//!
//! The guest has two stacks. Its *linear stack* lies in its memory and grows towards address 0: whenever
//! the stack pointer is set, the bytes between its initial value and the new one are compared with a
//! limit, unless a function frees what it made ([`frame`]). So the stack pointer is never above its initial
//! value, nor where the null page is. Its *call stack* belongs to the engine, whose frames differ between machines and with what is
//! inserted into a function: functions that can call themselves ([`recursion`]) count how deep they are
//! instead. The host sets both limits; what exceeds one notes so and traps.
//!
//! A host that wants fresh frames filled sets the limit to 0: what is rare otherwise then happens at every
//! frame, and the runtime compares with the true limit and fills. Runs that fill nothing pay nothing.

mod frame;
mod recursion;

use wasm_encoder::{BlockType, InstructionSink, ValType};
use wasmparser::Operator;

use super::function::{BodyWriter, Scratch, ScratchNeeds};
use super::interface::{CALL_DEPTH, LINEAR_STACK};
use super::removal::{Check, is_removed};
use frame::Frames;
pub(super) use frame::SetOnce;
pub(super) use recursion::recursive;

/// Bytes below the stack pointer that a function without a frame may use, by the C ABI of WebAssembly.
pub(crate) const RED_ZONE: u32 = 128;

/// The linear stack of a module, and where its limit is.
#[derive(Clone, Copy, Debug)]
pub(super) struct LinearStack {
    /// Index of the global that holds the stack pointer.
    pub(super) pointer: u32,
    /// Where the stack starts.
    pub(super) initial: u32,
    /// Most bytes that it has room for: the limit in a fresh instance, and the highest that a host may set.
    pub(super) room: u32,
    /// Index of the global that holds the largest number of bytes.
    pub(super) limit: u32,
}

/// The stack pass of one module.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stack {
    /// The linear stack, if it was recognised.
    pub(super) linear: Option<LinearStack>,
    /// Index of the global that holds how many calls deeper it may go.
    pub(super) depth_left: u32,
    /// Index of the global that says which limit was exceeded.
    pub(super) stop: u32,
    /// Index of the runtime's function that judges a frame over the limit, where there is a runtime.
    pub(super) over_limit: Option<u32>,
}

/// The pass in one function.
pub(super) struct FunctionStack {
    stack: Stack,
    /// Whether the function can call itself.
    recursive: bool,
    /// The function's frame on the linear stack.
    frames: Option<Frames>,
}

impl Stack {
    /// Scratch locals that an instruction needs.
    pub(super) fn plan(self, operator: &Operator<'_>, needs: &mut ScratchNeeds) {
        if self.sets_pointer(operator).is_some() {
            needs.at_once([ValType::I32]);
        }
    }

    fn sets_pointer(self, operator: &Operator<'_>) -> Option<LinearStack> {
        match (operator, self.linear) {
            (Operator::GlobalSet { global_index }, Some(linear)) => {
                (*global_index == linear.pointer).then_some(linear)
            }
            _ => None,
        }
    }

    /// The linear stack is over the limit, with the new stack pointer in a local.
    fn over_limit(self, insert: &mut InstructionSink<'_>, linear: LinearStack, pointer: u32) {
        let Some(function) = self.over_limit else {
            self.stop(insert, LINEAR_STACK);
            return;
        };
        linear.used(insert, pointer);
        insert.global_get(linear.pointer).local_get(pointer).call(function);
        insert.if_(BlockType::Empty);
        self.stop(insert, LINEAR_STACK);
        insert.end();
    }

    /// Notes which limit was exceeded, and traps.
    fn stop(self, insert: &mut InstructionSink<'_>, limit: i32) {
        insert.i32_const(limit).global_set(self.stop).unreachable();
    }
}

impl LinearStack {
    /// Leaves the bytes that would be in use with the stack pointer in that local.
    fn used(self, insert: &mut InstructionSink<'_>, pointer: u32) {
        insert.i32_const(self.initial.cast_signed()).local_get(pointer).i32_sub();
    }
}

impl FunctionStack {
    pub(super) fn new(stack: Stack, recursive: bool, set_once: SetOnce) -> Self {
        let frames = stack.linear.map(|linear| Frames::new(linear.pointer, set_once));
        Self { stack, recursive, frames }
    }

    /// At the entry of the function.
    pub(super) fn enter(&self, out: &mut BodyWriter<'_>) {
        if !self.recursive || is_removed(Check::CallDepth) {
            return;
        }
        let left = self.stack.depth_left;
        out.insert().global_get(left).i32_const(1).i32_sub().global_set(left);
        out.insert().global_get(left).i32_const(0).i32_lt_s();
        out.rarely(|insert| self.stack.stop(insert, CALL_DEPTH));
    }

    /// Before control leaves the function.
    pub(super) fn leave(&self, out: &mut BodyWriter<'_>) {
        if self.recursive {
            let left = self.stack.depth_left;
            out.insert().global_get(left).i32_const(1).i32_add().global_set(left);
        }
    }

    /// Before any instruction.
    pub(super) fn before(
        &mut self,
        out: &mut BodyWriter<'_>,
        operator: &Operator<'_>,
        scratch: &Scratch,
    ) {
        if let Some(linear) = self.stack.sets_pointer(operator)
            && !self.frames.as_ref().is_some_and(Frames::are_freed)
            && !is_removed(Check::LinearStack)
        {
            let pointer = scratch.local(ValType::I32, 0);
            let mut insert = out.insert();
            insert.local_tee(pointer);
            linear.used(&mut insert, pointer);
            insert.global_get(linear.limit).i32_gt_u();
            out.rarely(|insert| self.stack.over_limit(insert, linear, pointer));
        }
        if let Some(frames) = &mut self.frames {
            frames.next(operator);
        }
    }
}
