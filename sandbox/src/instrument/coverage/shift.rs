//! Numbers that are shifted before they are compared.
//!
//! Compilers turn `switch (x)` with cases from 1000 on into `x - 1000` and a table, and `1000 <= x < 1010`
//! into `x - 1000 < 10`. The input has `x`. So it is followed, for the length of a few instructions and
//! through locals, what constant was added to a number. That is a hint and need not be right.

use std::collections::BTreeMap;

use wasmparser::Operator;

/// What is known of a number on the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Value {
    /// It is this.
    Constant(u64),
    /// This was added to what it comes from: zero if nothing is known.
    Shifted(u64),
}

/// The numbers on top of the stack and in locals, in one function.
#[derive(Debug, Default)]
pub(super) struct Shifts {
    stack: Vec<Value>,
    locals: BTreeMap<u32, u64>,
}

impl Shifts {
    /// What was added to the operands of a comparison of two that comes next, modulo 2^64.
    pub(super) fn of_two(&self) -> u64 {
        match (self.nth(1), self.nth(0)) {
            (Value::Shifted(0) | Value::Constant(_), Value::Shifted(by)) => by,
            (Value::Shifted(by), _) => by,
            (Value::Constant(_), Value::Constant(_)) => 0,
        }
    }

    /// What was added to the only operand of what comes next.
    pub(super) fn of_one(&self) -> u64 {
        match self.nth(0) {
            Value::Shifted(by) => by,
            Value::Constant(_) => 0,
        }
    }

    /// Whether one of the two operands is a constant with more than one bit and less than all.
    pub(super) fn is_with_constant(&self) -> bool {
        let is_telling = |value| match value {
            Value::Constant(number) => {
                number.count_ones() > 1 && number != u64::MAX && number != u64::from(u32::MAX)
            }
            Value::Shifted(_) => false,
        };
        is_telling(self.nth(0)) || is_telling(self.nth(1))
    }

    /// Takes the next instruction.
    pub(super) fn next(&mut self, operator: &Operator<'_>) {
        match operator {
            Operator::I32Const { value } => {
                self.stack.push(Value::Constant(u64::from(value.cast_unsigned())));
            }
            Operator::I64Const { value } => {
                self.stack.push(Value::Constant(value.cast_unsigned()));
            }
            Operator::I32Add | Operator::I64Add => self.add(|by| by),
            Operator::I32Sub | Operator::I64Sub => self.add(u64::wrapping_neg),
            Operator::LocalGet { local_index } => {
                let by = self.locals.get(local_index).copied().unwrap_or_default();
                self.stack.push(Value::Shifted(by));
            }
            Operator::LocalTee { local_index } => self.assign(*local_index),
            Operator::LocalSet { local_index } => {
                self.assign(*local_index);
                self.stack.pop();
            }
            Operator::Loop { .. } => *self = Self::default(),
            _ => self.stack.clear(),
        }
    }

    fn nth(&self, from_top: usize) -> Value {
        self.stack.iter().rev().nth(from_top).copied().unwrap_or(Value::Shifted(0))
    }

    fn assign(&mut self, local: u32) {
        match self.nth(0) {
            Value::Shifted(by) if by != 0 => self.locals.insert(local, by),
            Value::Shifted(_) | Value::Constant(_) => self.locals.remove(&local),
        };
    }

    fn add(&mut self, sign: impl Fn(u64) -> u64) {
        let (one, other) = (self.nth(1), self.nth(0));
        self.stack.pop();
        self.stack.pop();
        self.stack.push(match (one, other) {
            (Value::Shifted(by), Value::Constant(constant)) => {
                Value::Shifted(by.wrapping_add(sign(constant)))
            }
            (Value::Constant(_) | Value::Shifted(_), _) => Value::Shifted(0),
        });
    }
}
