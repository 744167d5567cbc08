//! Which operands are the same number, as far as that shows without running anything.
//!
//! Instructions are shown in their order. Every number on the operand stack or in a local is known as a
//! *base*, about which nothing is known but that it is the same number wherever it appears, plus a
//! constant. A base stands for the number that one instruction gave when it was last executed.

use std::collections::HashMap;

use wasmparser::{
    BlockType, ContType, FrameKind, FuncType, ModuleArity, Operator, RefType, SubType,
};

use super::loops::{Changes, Plan};

/// A 32-bit number: `base + plus`, wrapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Value {
    pub(super) base: Base,
    pub(super) plus: u32,
}

/// What a number is relative to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Base {
    /// Zero: the number is a constant.
    Zero,
    /// The stack pointer that the function was entered with.
    Stack,
    /// A number of which nothing is known.
    Unknown(u32),
}

impl Value {
    const fn constant(plus: u32) -> Self {
        Self { base: Base::Zero, plus }
    }

    /// The number, if it is a constant.
    pub(super) fn constant_value(self) -> Option<u32> {
        (self.base == Base::Zero).then_some(self.plus)
    }

    /// The number `by` further on.
    pub(super) fn plus(self, by: u32) -> Self {
        Self { plus: self.plus.wrapping_add(by), ..self }
    }
}

/// What holds on all paths through a function.
#[derive(Debug, Default)]
pub(super) struct Everywhere {
    /// What locals hold from their only assignment on, if they have no other.
    settled: HashMap<u32, Value>,
    /// Number of unknown bases so far.
    unknown: u32,
}

impl Everywhere {
    /// A number of which nothing is known.
    fn fresh(&mut self) -> Value {
        self.unknown = self.unknown.saturating_add(1);
        Value { base: Base::Unknown(self.unknown), plus: 0 }
    }
}

/// Most locals of which it is remembered what they hold, so that a function of any size is read in linear time.
const REMEMBERED: usize = 32;

/// The numbers on the stack and in the locals, at one place of a function.
#[derive(Clone, Debug)]
pub(super) struct Values {
    /// The top of the operand stack; below it nothing is known.
    stack: Vec<Value>,
    /// What other locals hold, the one that was learnt last at the end.
    locals: Vec<(u32, Value)>,
    /// Index of the global that holds the stack pointer.
    stack_pointer_global: Option<u32>,
    /// What it holds, as far as that is known.
    stack_pointer: Option<Value>,
    /// Bytes of the function's frame: how far the stack pointer was moved when it was entered.
    frame: u32,
    /// Every path through the function comes by here, and once.
    entry: bool,
}

impl Values {
    /// At the entry of a function.
    pub(super) fn new(stack_pointer_global: Option<u32>) -> Self {
        Self {
            stack: Vec::new(),
            locals: Vec::new(),
            stack_pointer_global,
            stack_pointer: Some(Value { base: Base::Stack, plus: 0 }),
            frame: 0,
            entry: true,
        }
    }

    /// The operand that has `above` others above it.
    pub(super) fn operand(&self, above: usize, all: &mut Everywhere) -> Value {
        let place = self.stack.len().checked_sub(above.saturating_add(1));
        match place.and_then(|place| self.stack.get(place)) {
            Some(value) => *value,
            None => all.fresh(),
        }
    }

    /// Bytes of the function's frame, below [`Base::Stack`].
    pub(super) fn frame(&self) -> u32 {
        self.frame
    }

    /// A copy without the operands, which another path ends with.
    pub(super) fn snapshot(&self) -> Self {
        Self { stack: Vec::new(), locals: self.locals.clone(), ..*self }
    }

    /// What is known on every path that goes on from here.
    pub(super) fn least(&self) -> Self {
        Self { stack: Vec::new(), locals: Vec::new(), stack_pointer: None, entry: false, ..*self }
    }

    /// Keeps what is the same on another path.
    pub(super) fn meet(&mut self, other: &Self) {
        self.stack.clear();
        self.locals.retain(|(local, value)| other.remembered(*local) == Some(*value));
        self.stack_pointer = self.stack_pointer.filter(|value| other.stack_pointer == Some(*value));
        self.frame = self.frame.min(other.frame);
        self.entry &= other.entry;
    }

    /// Keeps what is the same whenever a loop that makes these changes begins, be it again.
    pub(super) fn enter_loop(&mut self, changes: Option<&Changes>) {
        self.stack.clear();
        self.locals.retain(|(local, _)| changes.is_some_and(|changes| !changes.assigns(*local)));
        if changes.is_none_or(|changes| changes.calls || changes.sets_globals) {
            self.stack_pointer = None;
        }
    }

    /// From here on, what comes need not come, or not once.
    pub(super) fn may_be_elsewhere(&mut self) {
        self.entry = false;
    }

    /// Takes the next instruction.
    pub(super) fn next(&mut self, operator: &Operator<'_>, plan: &Plan, all: &mut Everywhere) {
        match operator {
            Operator::LocalGet { local_index } => {
                let value = self.local(*local_index, plan, all);
                self.stack.push(value);
            }
            Operator::LocalSet { local_index } => {
                let value = self.pop(all);
                self.set(*local_index, value, plan, all);
            }
            Operator::LocalTee { local_index } => {
                let value = self.pop(all);
                self.set(*local_index, value, plan, all);
                self.stack.push(value);
            }
            Operator::I32Const { value } => {
                self.stack.push(Value::constant(value.cast_unsigned()));
            }
            Operator::I32Add => {
                let (second, first) = (self.pop(all), self.pop(all));
                let sum = match (first.base, second.base) {
                    (_, Base::Zero) => first.plus(second.plus),
                    (Base::Zero, _) => second.plus(first.plus),
                    _ => all.fresh(),
                };
                self.stack.push(sum);
            }
            Operator::I32Sub => {
                let (second, first) = (self.pop(all), self.pop(all));
                let difference = match second.constant_value() {
                    Some(constant) => first.plus(constant.wrapping_neg()),
                    None => all.fresh(),
                };
                self.stack.push(difference);
            }
            Operator::GlobalGet { global_index } if self.is_stack_pointer(*global_index) => {
                let value = self.stack_pointer.unwrap_or_else(|| all.fresh());
                self.stack.push(value);
            }
            Operator::GlobalSet { global_index } if self.is_stack_pointer(*global_index) => {
                let value = self.pop(all);
                self.move_stack_pointer(value);
            }
            Operator::BrIf { .. } | Operator::If { .. } => {
                self.pop(all);
            }
            Operator::Block { .. } | Operator::End => {}
            Operator::Call { .. } | Operator::CallIndirect { .. } => {
                // Compilers have functions leave the stack pointer as they found it. Nothing enforces it.
                self.stack_pointer = None;
                self.stack.clear();
            }
            _ => match operator.operator_arity(&Nothing) {
                Some((pops, pushes)) => {
                    for _ in 0..pops {
                        self.pop(all);
                    }
                    for _ in 0..pushes {
                        self.stack.push(all.fresh());
                    }
                }
                None => self.stack.clear(),
            },
        }
    }

    fn is_stack_pointer(&self, global: u32) -> bool {
        self.stack_pointer_global == Some(global)
    }

    /// A frame lies below where the stack pointer was; what goes up from there makes none.
    fn move_stack_pointer(&mut self, value: Value) {
        self.stack_pointer = Some(value);
        if self.entry && value.base == Base::Stack {
            let down = value.plus.cast_signed().checked_neg().map(u32::try_from);
            self.frame = down.and_then(Result::ok).unwrap_or(0);
        }
    }

    fn pop(&mut self, all: &mut Everywhere) -> Value {
        self.stack.pop().unwrap_or_else(|| all.fresh())
    }

    fn local(&mut self, local: u32, plan: &Plan, all: &mut Everywhere) -> Value {
        if let Some(value) = all.settled.get(&local).copied().or_else(|| self.remembered(local)) {
            return value;
        }
        let value = all.fresh();
        if plan.assignments(local) == 0 {
            all.settled.insert(local, value);
        } else {
            self.remember(local, value);
        }
        value
    }

    fn set(&mut self, local: u32, value: Value, plan: &Plan, all: &mut Everywhere) {
        if self.entry && plan.assignments(local) == 1 {
            all.settled.insert(local, value);
            return;
        }
        self.locals.retain(|(other, _)| *other != local);
        self.remember(local, value);
    }

    fn remembered(&self, local: u32) -> Option<Value> {
        self.locals.iter().rev().find(|(other, _)| *other == local).map(|(_, value)| *value)
    }

    fn remember(&mut self, local: u32, value: Value) {
        if self.locals.len() >= REMEMBERED {
            self.locals.remove(0);
        }
        self.locals.push((local, value));
    }
}

/// Arities that depend on the module are not needed: around calls and jumps the stack is forgotten.
struct Nothing;

impl ModuleArity for Nothing {
    fn sub_type_at(&self, _: u32) -> Option<&SubType> {
        None
    }

    fn tag_type_arity(&self, _: u32) -> Option<(u32, u32)> {
        None
    }

    fn type_index_of_function(&self, _: u32) -> Option<u32> {
        None
    }

    fn func_type_of_cont_type(&self, _: &ContType) -> Option<&FuncType> {
        None
    }

    fn sub_type_of_ref_type(&self, _: &RefType) -> Option<&SubType> {
        None
    }

    fn control_stack_height(&self) -> u32 {
        0
    }

    fn label_block(&self, _: u32) -> Option<(BlockType, FrameKind)> {
        None
    }
}
