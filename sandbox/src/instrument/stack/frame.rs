//! Where a function frees the frame that it made.
//!
//! What compilers write is followed instruction by instruction: the stack pointer is lowered by a constant
//! when the function is entered, the result is kept in a local that nothing else sets, and at the end the
//! stack pointer becomes that local plus a constant that is no larger. It then lies between two values that
//! were compared with the limit, and need not be compared again.

use std::collections::HashSet;

use wasmparser::Operator;

/// The locals of a function that are set in one place.
#[derive(Debug, Default)]
pub(in super::super) struct SetOnce {
    once: HashSet<u32>,
    again: HashSet<u32>,
}

impl SetOnce {
    /// Takes the next instruction.
    pub(in super::super) fn next(&mut self, operator: &Operator<'_>) {
        if let Operator::LocalSet { local_index } | Operator::LocalTee { local_index } = operator
            && !self.once.insert(*local_index)
        {
            self.again.insert(*local_index);
        }
    }

    fn has(&self, local: u32) -> bool {
        self.once.contains(&local) && !self.again.contains(&local)
    }
}

/// What the last instructions left on the operand stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Top {
    Unknown,
    /// The stack pointer.
    Pointer,
    /// The stack pointer, and this constant above it.
    PointerAnd(u32),
    /// The stack pointer less that, not kept yet, or kept in a local.
    Lowered(Frame),
    /// The frame's own local.
    Local,
    /// That, and this constant above it.
    LocalAnd(u32),
    /// The end of the frame, or less.
    Freed,
}

/// A frame: its size, and the local that holds its lower end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Frame {
    bytes: u32,
    local: Option<u32>,
}

/// Follows the instructions of one function.
#[derive(Debug)]
pub(super) struct Frames {
    pointer: u32,
    set_once: SetOnce,
    top: Top,
    /// The frame that the function made.
    frame: Option<Frame>,
    /// Every path through the function comes by here, and once.
    entry: bool,
}

impl Frames {
    /// At the entry of a function, in a module with that stack pointer.
    pub(super) fn new(pointer: u32, set_once: SetOnce) -> Self {
        Self { pointer, set_once, top: Top::Unknown, frame: None, entry: true }
    }

    /// Whether the stack pointer, were it set to what lies on the operand stack, would stay within the
    /// function's frame.
    pub(super) fn are_freed(&self) -> bool {
        self.top == Top::Freed
    }

    /// Takes the next instruction.
    pub(super) fn next(&mut self, operator: &Operator<'_>) {
        let held = |local| self.frame.is_some_and(|frame| frame.local == Some(local));
        self.top = match (operator, self.top) {
            (Operator::GlobalGet { global_index }, _) if *global_index == self.pointer => {
                Top::Pointer
            }
            (Operator::I32Const { value: bytes @ 0.. }, Top::Pointer) => {
                Top::PointerAnd(bytes.cast_unsigned())
            }
            (Operator::I32Sub, Top::PointerAnd(bytes)) => {
                Top::Lowered(Frame { bytes, local: None })
            }
            (Operator::LocalTee { local_index }, Top::Lowered(Frame { bytes, .. })) => {
                let local = Some(*local_index).filter(|local| self.set_once.has(*local));
                Top::Lowered(Frame { bytes, local })
            }
            (Operator::GlobalSet { global_index }, Top::Lowered(frame))
                if *global_index == self.pointer && self.entry && self.frame.is_none() =>
            {
                self.frame = Some(frame);
                Top::Unknown
            }
            (Operator::LocalGet { local_index }, _) if held(*local_index) => Top::Local,
            (Operator::I32Const { value: bytes @ 0.. }, Top::Local) => {
                Top::LocalAnd(bytes.cast_unsigned())
            }
            (Operator::I32Add, Top::LocalAnd(bytes))
                if self.frame.is_some_and(|frame| bytes <= frame.bytes) =>
            {
                Top::Freed
            }
            (Operator::LocalTee { .. }, Top::Freed) => Top::Freed,
            (Operator::Block { .. } | Operator::Nop, top) => top,
            _ => Top::Unknown,
        };
        if let Operator::Loop { .. }
        | Operator::If { .. }
        | Operator::Else
        | Operator::End
        | Operator::Br { .. }
        | Operator::BrIf { .. }
        | Operator::BrTable { .. } = operator
        {
            self.entry = false;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
    use super::*;
    use crate::instrument::original::Original;

    /// For each time that the function sets the stack pointer, whether that needs no comparison.
    fn freed(body: &str) -> Vec<bool> {
        let text = format!(
            "(module (global $sp (mut i32) (i32.const 65536)) (global $g (mut i32) (i32.const 0))
                (func (param i32) (local i32 i32) {body}))"
        );
        let wasm = wat::parse_str(text).unwrap();
        let original = Original::read(&wasm).unwrap();
        let read = || original.bodies.first().unwrap().get_operators_reader().unwrap();
        let mut set_once = SetOnce::default();
        for operator in read() {
            set_once.next(&operator.unwrap());
        }
        let mut frames = Frames::new(0, set_once);
        let mut found = Vec::new();
        for operator in read() {
            let operator = operator.unwrap();
            if matches!(operator, Operator::GlobalSet { global_index: 0 }) {
                found.push(frames.are_freed());
            }
            frames.next(&operator);
        }
        found
    }

    const MAKE: &str = "global.get 0 i32.const 48 i32.sub local.tee 1 global.set 0 ";

    #[test]
    fn a_frame_that_was_made_is_freed() {
        for (free, is_freed) in [
            ("local.get 1 i32.const 48 i32.add global.set 0", true),
            ("local.get 1 i32.const 16 i32.add local.tee 2 global.set 0", true),
            ("local.get 1 i32.const 49 i32.add global.set 0", false),
            ("local.get 1 i32.const -16 i32.add global.set 0", false),
            ("local.get 0 i32.const 48 i32.add global.set 0", false),
            ("local.get 1 global.set 0", false),
            ("local.get 1 i32.const 48 i32.add drop local.get 0 global.set 0", false),
            ("local.get 0 if return end local.get 1 i32.const 48 i32.add global.set 0", true),
        ] {
            assert_eq!(freed(&format!("{MAKE} {free}")), [false, is_freed], "{free}");
        }
    }

    #[test]
    fn nothing_else_is_a_frame() {
        let free = "local.get 1 i32.const 48 i32.add global.set 0";
        for make in [
            // Where it may be skipped, or made twice.
            "local.get 0 if global.get 0 i32.const 48 i32.sub local.tee 1 global.set 0 end",
            "block local.get 0 br_if 0 global.get 0 i32.const 48 i32.sub local.tee 1 global.set 0 end",
            "loop global.get 0 i32.const 48 i32.sub local.tee 1 global.set 0 end",
            // Of another number.
            "global.get 1 i32.const 48 i32.sub local.tee 1 global.set 0",
            "global.get 0 i32.const -48 i32.sub local.tee 1 global.set 0",
            "global.get 0 i32.const 48 i32.add local.tee 1 global.set 0",
            "global.get 0 i32.const 48 i32.sub local.tee 1 i32.const 8 i32.sub global.set 0",
            "global.get 0 i32.const 48 i32.sub local.tee 1 drop i32.const 8 global.set 0",
        ] {
            assert_eq!(freed(&format!("{make} {free}")).last(), Some(&false), "{make}");
        }
        // The local is set again: here, before, or behind in a loop.
        let again = "i32.const 7 local.set 1";
        assert_eq!(freed(&format!("{MAKE} {again} {free}")), [false, false]);
        assert_eq!(freed(&format!("{again} {MAKE} {free}")), [false, false]);
        assert_eq!(freed(&format!("{MAKE} loop {free} {again} end")), [false, false]);
    }
}
