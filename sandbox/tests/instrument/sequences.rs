//! Property: leaving out needless lookups changes nothing.
//!
//! Random functions with several accesses, arms and loops, in which addresses move and calls change the
//! shadow, against an interpreter of the same program that looks at every byte of every access.

use std::fmt::Write;

use arbtest::arbitrary::{Result, Unstructured};
use arbtest::arbtest;
use proofhouse_sandbox::instrument::{Checks, NullPage, Options};

use super::accesses::{INSTRUCTIONS, Instruction};
use super::guest::{Ended, Guest, guest, poisoned};
use super::model::Access;

/// Variables that hold addresses.
const VARIABLES: u32 = 3;
/// Local that holds the bits which arms are taken.
const BITS: u32 = VARIABLES;
/// Bytes of shadow that the program uses, each for a granule.
const GRANULES: u32 = 24;
/// Where variables start, so that moving them stays within the granules.
const START: u32 = 64;

enum Statement {
    Access {
        instruction: &'static Instruction,
        variable: u32,
        plus: i32,
        offset: u32,
        align: u32,
    },
    Move {
        to: u32,
        from: u32,
        plus: i32,
    },
    Poison {
        granule: u32,
        byte: u8,
    },
    /// Arms taken by whether that bit is set.
    If {
        bit: u32,
        then: Vec<Self>,
        or: Option<Vec<Self>>,
    },
    /// Left early if that bit is set.
    Block {
        bit: u32,
        before: Vec<Self>,
        behind: Vec<Self>,
    },
    Twice {
        counter: u32,
        body: Vec<Self>,
    },
}

/// Makes random statements.
struct Program<'r, 'd> {
    random: &'r mut Unstructured<'d>,
    /// Loop counters so far: one local each.
    counters: u32,
}

impl Program<'_, '_> {
    fn statements(&mut self, depth: u32) -> Result<Vec<Statement>> {
        let count = self.random.int_in_range(0..=5)?;
        (0..count).map(|_| self.statement(depth)).collect()
    }

    fn statement(&mut self, depth: u32) -> Result<Statement> {
        let random = &mut *self.random;
        let plus = random.int_in_range(-3..=3)? * 4;
        let variable = random.int_in_range(0..=VARIABLES - 1)?;
        Ok(match random.int_in_range(0..=if depth == 0 { 9 } else { 12 })? {
            0..=6 => {
                let instruction = random.choose(INSTRUCTIONS)?;
                let align = if random.arbitrary()? { instruction.size } else { 1 };
                let offset = random.int_in_range(0..=4)? * 4;
                Statement::Access { instruction, variable, plus, offset, align }
            }
            7 | 8 => {
                let from = random.int_in_range(0..=VARIABLES - 1)?;
                Statement::Move { to: variable, from, plus: plus / 2 }
            }
            9 => Statement::Poison {
                granule: random.int_in_range(0..=GRANULES - 1)?,
                byte: *random.choose(&[0, 0, 4, 5, 0xfa, 0xfd])?,
            },
            10 => {
                let bit = random.int_in_range(0..=7)?;
                let then = self.statements(depth - 1)?;
                let has_else = self.random.arbitrary()?;
                let or = if has_else { Some(self.statements(depth - 1)?) } else { None };
                Statement::If { bit, then, or }
            }
            11 => Statement::Block {
                bit: random.int_in_range(0..=7)?,
                before: self.statements(depth - 1)?,
                behind: self.statements(depth - 1)?,
            },
            _ => {
                let counter = BITS + 1 + self.counters;
                self.counters += 1;
                Statement::Twice { counter, body: self.statements(depth - 1)? }
            }
        })
    }
}

fn write_all(statements: &[Statement], to: &mut String) {
    for statement in statements {
        write_one(statement, to).unwrap();
    }
}

fn write_one(statement: &Statement, to: &mut String) -> std::fmt::Result {
    match statement {
        Statement::Access { instruction, variable, plus, offset, align } => {
            let Instruction { name, operands, lane, result, .. } = instruction;
            let address = match plus {
                0 => format!("(local.get {variable})"),
                1.. => format!("(i32.add (i32.const {plus}) (local.get {variable}))"),
                _ => format!("(i32.sub (local.get {variable}) (i32.const {}))", -plus),
            };
            let drop = if result.is_empty() { "" } else { "drop" };
            writeln!(
                to,
                "({name} offset={offset} align={align} {lane} {address} {operands}) {drop}"
            )
        }
        Statement::Move { to: variable, from, plus } => {
            writeln!(to, "(local.set {variable} (i32.add (local.get {from}) (i32.const {plus})))")
        }
        Statement::Poison { granule, byte } => {
            writeln!(to, "(call $poison (i32.const {}) (i32.const {byte}))", granule * 8)
        }
        Statement::If { bit, then, or } => {
            writeln!(to, "{} (if (then", get_bit(*bit))?;
            write_all(then, to);
            to.push(')');
            if let Some(or) = or {
                to.push_str("(else ");
                write_all(or, to);
                to.push(')');
            }
            writeln!(to, ")")
        }
        Statement::Block { bit, before, behind } => {
            writeln!(to, "(block")?;
            write_all(before, to);
            writeln!(to, "(br_if 0 {})", get_bit(*bit))?;
            write_all(behind, to);
            writeln!(to, ")")
        }
        Statement::Twice { counter, body } => {
            writeln!(to, "(local.set {counter} (i32.const 2)) (loop")?;
            write_all(body, to);
            writeln!(
                to,
                "(br_if 0 (local.tee {counter} (i32.sub (local.get {counter}) (i32.const 1)))))"
            )
        }
    }
}

fn get_bit(bit: u32) -> String {
    format!("(i32.and (i32.shr_u (local.get {BITS}) (i32.const {bit})) (i32.const 1))")
}

/// The same program, interpreted: the first access that must be stopped.
struct Interpreter {
    variables: [u32; VARIABLES as usize],
    bits: u32,
    shadow: Vec<u8>,
    checks: Checks,
}

/// Address, size and first poisoned byte of a stopped access.
type Stopped = (u32, u32, u32);

impl Interpreter {
    fn run(&mut self, statements: &[Statement]) -> Option<Stopped> {
        statements.iter().find_map(|statement| self.step(statement))
    }

    fn step(&mut self, statement: &Statement) -> Option<Stopped> {
        match statement {
            Statement::Access { instruction, variable, plus, offset, align } => {
                let base = self.variables[*variable as usize].wrapping_add_signed(*plus);
                let (address, size) = (base + offset, instruction.size);
                let promised = *align == size && offset % size == 0;
                let access = Access { address, size, promised };
                let first = access.stopped_at(self.checks, &self.shadow)?;
                Some((address, size, first))
            }
            Statement::Move { to, from, plus } => {
                let value = self.variables[*from as usize].wrapping_add_signed(*plus);
                self.variables[*to as usize] = value;
                None
            }
            Statement::Poison { granule, byte } => {
                self.shadow[*granule as usize] = *byte;
                None
            }
            Statement::If { bit, then, or } => {
                if self.bit(*bit) {
                    self.run(then)
                } else {
                    self.run(or.as_deref().unwrap_or_default())
                }
            }
            Statement::Block { bit, before, behind } => {
                self.run(before).or_else(|| if self.bit(*bit) { None } else { self.run(behind) })
            }
            Statement::Twice { body, .. } => self.run(body).or_else(|| self.run(body)),
        }
    }

    fn bit(&self, bit: u32) -> bool {
        self.bits >> bit & 1 == 1
    }
}

fn compare(guest: &mut Guest, program: &[Statement], checks: Checks, bits: u32, shadow: &[u8]) {
    guest.set_shadow(0, shadow);
    let variables = [START, START + 8, START + 3];
    let mut model = Interpreter { variables, bits, shadow: shadow.to_vec(), checks };
    let expected = model.run(program);
    let [first, second, third] = variables;
    match (guest.call_i32("run", &[first, second, third, bits]), expected) {
        (Ended::Returned(_), None) => {}
        (Ended::Violated(violation), Some((address, size, first))) => {
            assert_eq!((violation.address, violation.size), (address.into(), size));
            assert_eq!(poisoned(&violation).0, first);
        }
        (ended, expected) => panic!("{ended:?}, expected {expected:?}, {checks:?}"),
    }
}

#[test]
fn no_lookup_is_left_out_that_would_have_found_something() {
    arbtest(|random| {
        let checks = *random.choose(&[Checks::Fast, Checks::Exact])?;
        let mut made = Program { random, counters: 0 };
        let program = made.statements(3)?;
        let counters = "i32 ".repeat(made.counters as usize);
        let mut text = format!(
            r#"(module (import "env" "poison" (func $poison (param i32 i32)))
                (memory (export "memory") 1)
                (func (export "run") (param i32 i32 i32 i32) (local {counters})"#
        );
        write_all(&program, &mut text);
        text.push_str("))");
        // Of lookups some are left out; the oracle is always asked.
        let oracle = random.arbitrary()?;
        let options = Options::default().checks(checks).oracle(oracle).null_page(NullPage::Off);
        let mut guest = guest(&text, options);
        for _ in 0..20 {
            let bits = random.arbitrary()?;
            let bytes = [0, 0, 0, 0, 0, 0, 4, 0xfa];
            let shadow: Vec<u8> =
                (0..GRANULES).map(|_| random.choose(&bytes).copied()).collect::<Result<_>>()?;
            compare(&mut guest, &program, checks, bits, &shadow);
        }
        Ok(())
    })
    .budget_ms(5_000)
    .size_min(1 << 10);
}
