//! Property: leaving out needless lookups changes nothing.
//!
//! Random functions with several accesses, arms, loops and branches, in which addresses move and calls change
//! the shadow, against an interpreter of the same program that looks at every byte of every access.

use std::fmt::Write;
use std::ops::ControlFlow;

use arbtest::arbitrary::{Result, Unstructured};
use arbtest::arbtest;
use proofhouse_sandbox::instrument::{Checks, NullPage, Options};

use super::accesses::{INSTRUCTIONS, Instruction};
use super::guest::{Ended, Guest, guest, is_out_of_bounds, poisoned};
use super::model::Access;

/// Variables that hold addresses.
const VARIABLES: u32 = 6;
/// Those among them, from that number on, that are assigned once at most, as compilers like it.
const SET_ONCE: u32 = 3;
/// Local that holds the bits which arms are taken.
const BITS: u32 = VARIABLES;
/// Bytes of shadow that the program uses, each for a granule.
const GRANULES: u32 = 24;
/// Where variables start, so that moving them mostly stays within the granules.
const START: u32 = 64;
/// Bytes of the memory.
const MEMORY_BYTES: u64 = 1 << 16;

/// An instruction that accesses memory.
#[derive(Clone, Copy)]
struct Place {
    instruction: &'static Instruction,
    variable: u32,
    plus: i32,
    offset: u32,
    align: u32,
}

enum Statement {
    Access(Place),
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
    Block {
        body: Vec<Self>,
    },
    /// Its body is inside two labels: of the innermost it goes on with the next round, of the other it ends.
    Twice {
        counter: u32,
        body: Vec<Self>,
    },
    /// To the label of that number, from the innermost; behind all of them the function ends.
    Branch {
        to: u32,
        when: When,
    },
}

enum When {
    Always,
    /// If that bit is set.
    Bit(u32),
    /// If that bit is set; to the other label if not.
    BitOr(u32, u32),
}

/// Makes random statements.
struct Program<'r, 'd> {
    random: &'r mut Unstructured<'d>,
    /// Loop counters so far: one local each.
    counters: u32,
    /// Accesses so far.
    accesses: Vec<Place>,
    /// Variables that may not be set again.
    set: Vec<u32>,
    /// Labels around the next statement, that of the function not counted.
    labels: u32,
}

impl Program<'_, '_> {
    fn statements(&mut self, depth: u32) -> Result<Vec<Statement>> {
        let count = self.random.int_in_range(1..=5)?;
        (0..count).map(|_| self.statement(depth)).collect()
    }

    fn statement(&mut self, depth: u32) -> Result<Statement> {
        let random = &mut *self.random;
        let plus = random.int_in_range(-3..=3)? * 4;
        let variable = random.int_in_range(0..=VARIABLES - 1)?;
        Ok(match random.int_in_range(0..=if depth == 0 { 10 } else { 15 })? {
            // Most accesses are of bytes that were accessed before.
            0..=4 if !self.accesses.is_empty() => {
                Statement::Access(*random.choose(&self.accesses)?)
            }
            0..=6 => {
                let instruction = random.choose(INSTRUCTIONS)?;
                let align = if random.arbitrary()? { instruction.size } else { 1 };
                let offset = random.int_in_range(0..=4)? * 4;
                let access = Place { instruction, variable, plus, offset, align };
                self.accesses.push(access);
                Statement::Access(access)
            }
            7 | 8 => {
                let from = random.int_in_range(0..=VARIABLES - 1)?;
                let to = if self.set.contains(&variable) { variable - SET_ONCE } else { variable };
                if to >= SET_ONCE {
                    self.set.push(to);
                }
                Statement::Move { to, from, plus: plus / 2 }
            }
            9 => Statement::Poison {
                // Where the variables begin.
                granule: START / 8 + random.int_in_range(0..=4)?,
                byte: *random.choose(&[0, 0, 4, 5, 0xfa, 0xfd])?,
            },
            10 => {
                let to = random.int_in_range(0..=self.labels)?;
                let bit = random.int_in_range(0..=7)?;
                let when = match random.int_in_range(0..=7)? {
                    0 => When::Always,
                    1 | 2 => When::BitOr(bit, random.int_in_range(0..=self.labels)?),
                    _ => When::Bit(bit),
                };
                Statement::Branch { to, when }
            }
            11 | 12 => {
                let bit = random.int_in_range(0..=7)?;
                let then = self.inside(1, depth)?;
                let has_else = self.random.arbitrary()?;
                let or = if has_else { Some(self.inside(1, depth)?) } else { None };
                Statement::If { bit, then, or }
            }
            13 => Statement::Block { body: self.inside(1, depth)? },
            _ => {
                let counter = BITS + 1 + self.counters;
                self.counters += 1;
                Statement::Twice { counter, body: self.inside(2, depth)? }
            }
        })
    }

    /// Statements inside so many more labels.
    fn inside(&mut self, labels: u32, depth: u32) -> Result<Vec<Statement>> {
        self.labels += labels;
        let statements = self.statements(depth - 1);
        self.labels -= labels;
        statements
    }
}

fn write_all(statements: &[Statement], to: &mut String) {
    for statement in statements {
        write_one(statement, to).unwrap();
    }
}

fn write_one(statement: &Statement, to: &mut String) -> std::fmt::Result {
    match statement {
        Statement::Access(Place { instruction, variable, plus, offset, align }) => {
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
        Statement::Block { body } => {
            writeln!(to, "(block")?;
            write_all(body, to);
            writeln!(to, ")")
        }
        Statement::Twice { counter, body } => {
            writeln!(to, "(local.set {counter} (i32.const 2)) (block (loop")?;
            writeln!(to, "(br_if 1 (i32.eqz (local.get {counter})))")?;
            writeln!(to, "(local.set {counter} (i32.sub (local.get {counter}) (i32.const 1)))")?;
            write_all(body, to);
            writeln!(to, "(br 0)))")
        }
        Statement::Branch { to: label, when: When::Always } => writeln!(to, "(br {label})"),
        Statement::Branch { to: label, when: When::Bit(bit) } => {
            writeln!(to, "(br_if {label} {})", get_bit(*bit))
        }
        Statement::Branch { to: label, when: When::BitOr(bit, other) } => {
            writeln!(to, "(br_table {other} {label} {})", get_bit(*bit))
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

/// How an access ends a program.
#[derive(Debug)]
enum Stopped {
    /// Address, size and first poisoned byte.
    Poisoned(u32, u32, u32),
    /// It leaves the memory, where a variable that loops moved has gone.
    Outside,
}

/// Why control does not go on with the next statement.
enum Elsewhere {
    Stopped(Stopped),
    /// It goes to that label.
    To(u32),
}

type Flow = ControlFlow<Elsewhere>;

impl Interpreter {
    fn run(&mut self, statements: &[Statement]) -> Option<Stopped> {
        match self.all(statements) {
            ControlFlow::Break(Elsewhere::Stopped(stopped)) => Some(stopped),
            // The label behind all others is the function's.
            ControlFlow::Break(Elsewhere::To(0)) | ControlFlow::Continue(()) => None,
            ControlFlow::Break(Elsewhere::To(label)) => unreachable!("{label}"),
        }
    }

    fn all(&mut self, statements: &[Statement]) -> Flow {
        statements.iter().try_for_each(|statement| self.step(statement))
    }

    fn step(&mut self, statement: &Statement) -> Flow {
        match statement {
            Statement::Access(Place { instruction, variable, plus, offset, align }) => {
                let base = self.variables[*variable as usize].wrapping_add_signed(*plus);
                let size = instruction.size;
                let address = base.checked_add(*offset);
                let address = address.filter(|at| u64::from(*at) + u64::from(size) <= MEMORY_BYTES);
                let Some(address) = address else {
                    return ControlFlow::Break(Elsewhere::Stopped(Stopped::Outside));
                };
                let promised = *align == size && offset % size == 0;
                let access = Access { address, size, promised };
                if let Some(first) = access.stopped_at(self.checks, &self.shadow) {
                    let stopped = Stopped::Poisoned(address, size, first);
                    return ControlFlow::Break(Elsewhere::Stopped(stopped));
                }
            }
            Statement::Move { to, from, plus } => {
                let value = self.variables[*from as usize].wrapping_add_signed(*plus);
                self.variables[*to as usize] = value;
            }
            Statement::Poison { granule, byte } => self.shadow[*granule as usize] = *byte,
            Statement::If { bit, then, or } => {
                let arm = if self.bit(*bit) {
                    then.as_slice()
                } else {
                    or.as_deref().unwrap_or_default()
                };
                return outside(self.all(arm));
            }
            Statement::Block { body } => return outside(self.all(body)),
            Statement::Twice { body, .. } => {
                for _ in 0..2 {
                    if let ControlFlow::Break(elsewhere) = outside(self.all(body)) {
                        return outside(ControlFlow::Break(elsewhere));
                    }
                }
            }
            Statement::Branch { to, when } => {
                let to = match when {
                    When::Always => Some(*to),
                    When::Bit(bit) => self.bit(*bit).then_some(*to),
                    When::BitOr(bit, other) => Some(if self.bit(*bit) { *to } else { *other }),
                };
                if let Some(to) = to {
                    return ControlFlow::Break(Elsewhere::To(to));
                }
            }
        }
        ControlFlow::Continue(())
    }

    fn bit(&self, bit: u32) -> bool {
        self.bits >> bit & 1 == 1
    }
}

/// Where control goes from what is inside one label.
fn outside(flow: Flow) -> Flow {
    match flow {
        ControlFlow::Break(Elsewhere::To(0)) => ControlFlow::Continue(()),
        ControlFlow::Break(Elsewhere::To(label)) => ControlFlow::Break(Elsewhere::To(label - 1)),
        other => other,
    }
}

fn compare(guest: &mut Guest, nth: usize, program: &[Statement], checks: Checks, input: &Input) {
    guest.set_shadow(0, &input.shadow);
    let variables = [0, 8, 3, 0, 8, 16].map(|plus| START + plus);
    let (bits, shadow) = (input.bits, input.shadow.clone());
    let expected = Interpreter { variables, bits, shadow, checks }.run(program);
    let parameters: Vec<u32> = variables.into_iter().chain([bits]).collect();
    match (guest.call_i32(&format!("run-{nth}"), &parameters), expected) {
        (Ended::Returned(_), None) => {}
        (Ended::Violated(violation), Some(Stopped::Poisoned(address, size, first))) => {
            assert_eq!((violation.address, violation.size), (address.into(), size));
            assert_eq!(poisoned(&violation).0, first);
        }
        (ended, Some(Stopped::Outside)) if is_out_of_bounds(&ended) => {}
        (ended, expected) => panic!("{ended:?}, expected {expected:?}, {checks:?}"),
    }
}

/// What a program is run with.
struct Input {
    bits: u32,
    shadow: Vec<u8>,
}

impl Input {
    /// Mostly ordinary memory, or few programs would come to where paths meet.
    fn random(random: &mut Unstructured<'_>) -> Result<Self> {
        let mut shadow = vec![0; GRANULES as usize];
        for _ in 0..random.int_in_range(0..=3)? {
            *random.choose_iter(shadow.iter_mut())? = *random.choose(&[4, 0xfa])?;
        }
        Ok(Self { bits: random.arbitrary()?, shadow })
    }
}

#[test]
fn no_lookup_is_left_out_that_would_have_found_something() {
    /// Functions of one module: making it takes longer than running it.
    const PROGRAMS: usize = 32;
    arbtest(|random| {
        let checks = *random.choose(&[Checks::Fast, Checks::Exact])?;
        let mut text = String::from(
            r#"(module (import "env" "poison" (func $poison (param i32 i32)))
                (memory (export "memory") 1)"#,
        );
        let mut programs = Vec::new();
        for nth in 0..PROGRAMS {
            let mut made = Program { random, counters: 0, accesses: Vec::new(), set: Vec::new(), labels: 0 };
            let program = made.statements(3)?;
            let counters = "i32 ".repeat(made.counters as usize);
            writeln!(
                text,
                r#"(func (export "run-{nth}") (param i32 i32 i32 i32 i32 i32 i32) (local {counters})"#
            )
            .unwrap();
            write_all(&program, &mut text);
            text.push(')');
            programs.push(program);
        }
        text.push(')');
        // Of lookups some are left out; the oracle is always asked.
        let oracle = random.ratio(1, 8)?;
        let options = Options::default().checks(checks).oracle(oracle).null_page(NullPage::Off);
        let mut guest = guest(&text, options);
        for (nth, program) in programs.iter().enumerate() {
            for _ in 0..8 {
                compare(&mut guest, nth, program, checks, &Input::random(random)?);
            }
        }
        Ok(())
    })
    .budget_ms(5_000)
    .size_min(1 << 14)
    .size_max(1 << 16);
}
