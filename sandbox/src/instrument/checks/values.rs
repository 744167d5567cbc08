//! Which operands are the same number, as far as that shows without running anything.
//!
//! Instructions are shown in their order. Every number on the operand stack or in a local is known as a
//! *base*, about which nothing is known but that it is the same number wherever it appears, plus a
//! constant. Where paths of control meet, what locals hold is forgotten, except for locals that never
//! change.

use std::collections::HashMap;

use wasmparser::{
    BlockType, ContType, FrameKind, FuncType, ModuleArity, Operator, RefType, SubType,
};

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

/// How often the locals of a function are assigned, as a first look at it shows.
#[derive(Debug, Default)]
pub(super) struct Assignments(HashMap<u32, u32>);

impl Assignments {
    /// Takes the next instruction.
    pub(super) fn next(&mut self, operator: &Operator<'_>) {
        if let Operator::LocalSet { local_index } | Operator::LocalTee { local_index } = operator {
            let count = self.0.entry(*local_index).or_default();
            *count = count.saturating_add(1);
        }
    }

    fn of(&self, local: u32) -> u32 {
        self.0.get(&local).copied().unwrap_or(0)
    }
}

/// The numbers on the stack and in the locals, at one place of a function.
pub(super) struct Values {
    assignments: Assignments,
    /// The top of the operand stack; below it nothing is known.
    stack: Vec<Value>,
    /// What locals hold until paths meet.
    locals: HashMap<u32, Value>,
    /// What locals hold for the rest of the function.
    settled: HashMap<u32, Value>,
    /// Number of unknown bases so far.
    unknown: u32,
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
    pub(super) fn new(assignments: Assignments, stack_pointer_global: Option<u32>) -> Self {
        Self {
            assignments,
            stack: Vec::new(),
            locals: HashMap::new(),
            settled: HashMap::new(),
            unknown: 0,
            stack_pointer_global,
            stack_pointer: Some(Value { base: Base::Stack, plus: 0 }),
            frame: 0,
            entry: true,
        }
    }

    /// The operand that has `above` others above it.
    pub(super) fn operand(&mut self, above: usize) -> Value {
        let place = self.stack.len().checked_sub(above.saturating_add(1));
        match place.and_then(|place| self.stack.get(place)) {
            Some(value) => *value,
            None => self.fresh(),
        }
    }

    /// Bytes of the function's frame, below [`Base::Stack`].
    pub(super) fn frame(&self) -> u32 {
        self.frame
    }

    /// Paths meet here.
    pub(super) fn join(&mut self) {
        self.stack.clear();
        self.locals.clear();
        self.stack_pointer = None;
        self.entry = false;
    }

    /// Takes the next instruction.
    pub(super) fn next(&mut self, operator: &Operator<'_>) {
        match operator {
            Operator::LocalGet { local_index } => {
                let value = self.local(*local_index);
                self.stack.push(value);
            }
            Operator::LocalSet { local_index } => {
                let value = self.pop();
                self.set(*local_index, value);
            }
            Operator::LocalTee { local_index } => {
                let value = self.pop();
                self.set(*local_index, value);
                self.stack.push(value);
            }
            Operator::I32Const { value } => {
                self.stack.push(Value::constant(value.cast_unsigned()));
            }
            Operator::I32Add => {
                let (second, first) = (self.pop(), self.pop());
                let sum = match (first.base, second.base) {
                    (_, Base::Zero) => first.plus(second.plus),
                    (Base::Zero, _) => second.plus(first.plus),
                    _ => self.fresh(),
                };
                self.stack.push(sum);
            }
            Operator::I32Sub => {
                let (second, first) = (self.pop(), self.pop());
                let difference = match second.base {
                    Base::Zero => first.plus(second.plus.wrapping_neg()),
                    Base::Stack | Base::Unknown(_) => self.fresh(),
                };
                self.stack.push(difference);
            }
            Operator::GlobalGet { global_index } if self.is_stack_pointer(*global_index) => {
                let value = self.stack_pointer.unwrap_or_else(|| self.fresh());
                self.stack.push(value);
            }
            Operator::GlobalSet { global_index } if self.is_stack_pointer(*global_index) => {
                let value = self.pop();
                self.move_stack_pointer(value);
            }
            Operator::BrIf { .. } | Operator::If { .. } => {
                self.pop();
                self.entry = false;
            }
            Operator::Block { .. } => {}
            Operator::Call { .. } | Operator::CallIndirect { .. } => {
                // Compilers have functions leave the stack pointer as they found it. Nothing enforces it.
                self.stack_pointer = None;
                self.stack.clear();
            }
            _ => match operator.operator_arity(&Nothing) {
                Some((pops, pushes)) => {
                    for _ in 0..pops {
                        self.pop();
                    }
                    for _ in 0..pushes {
                        let value = self.fresh();
                        self.stack.push(value);
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

    fn pop(&mut self) -> Value {
        match self.stack.pop() {
            Some(value) => value,
            None => self.fresh(),
        }
    }

    fn local(&mut self, local: u32) -> Value {
        if let Some(value) = self.settled.get(&local).or_else(|| self.locals.get(&local)) {
            return *value;
        }
        let value = self.fresh();
        let known =
            if self.assignments.of(local) == 0 { &mut self.settled } else { &mut self.locals };
        known.insert(local, value);
        value
    }

    fn set(&mut self, local: u32, value: Value) {
        let known = if self.entry && self.assignments.of(local) == 1 {
            &mut self.settled
        } else {
            &mut self.locals
        };
        known.insert(local, value);
    }

    fn fresh(&mut self) -> Value {
        self.unknown = self.unknown.saturating_add(1);
        Value { base: Base::Unknown(self.unknown), plus: 0 }
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
