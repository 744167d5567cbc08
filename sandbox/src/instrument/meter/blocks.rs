//! Basic blocks of a function body, and what each of them costs.
//!
//! A *block* here is a stretch of instructions that is entered at its first one only and left at its
//! last one only, calls and traps aside. Its cost is known when it is entered, so it is paid there, or
//! before: see [`lift`](super::lift).

use wasmparser::Operator;

use super::cost;
use super::lift::{self, Block, Crossing, Crossings};

/// The price of one block, to be paid before its first instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Charge {
    /// Offset of the block's first instruction in the original module.
    pub(super) at: u32,
    /// Fuel; 0 if others pay, but fuel must be looked at.
    pub(super) fuel: i64,
    /// Whether the block is one that a loop comes back to, so that fuel must be looked at here.
    pub(super) repeats: bool,
}

/// The price of a function's first block, to be paid when it is entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Entry {
    /// Fuel, at least 1.
    pub(super) fuel: i64,
    /// Whether the function calls others or has a loop, so that fuel must be looked at here. All others
    /// end by themselves, and whoever calls them looks.
    pub(super) repeats: bool,
}

/// Finds the blocks of one function while its instructions are shown one after the other.
pub(in super::super) struct Blocks {
    entry: Entry,
    charges: Vec<Charge>,
    /// Where the entry block leads to, and then each of the others.
    ways: Vec<Way>,
    crossings: Crossings,
    before_entry: Crossing,
    exit: Crossing,
    frames: Vec<Frame>,
    state: State,
}

/// Where a block is in the function.
#[derive(Clone, Copy)]
struct Way {
    from: Crossing,
    to: Crossing,
    loops: u32,
}

/// Where the next instruction belongs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// To the entry block.
    Entry,
    /// To the block of the last charge.
    Inside,
    /// It begins a block.
    Begins { repeats: bool, from: Crossing },
    /// Nowhere: control never gets here.
    Dead,
}

/// An enclosing `block`, `loop` or `if`.
struct Frame {
    kind: Kind,
    /// Whether control can get to its first instruction.
    entered: bool,
    /// Whether a live branch goes to its label.
    targeted: bool,
    /// What leads to its label.
    label: Crossing,
    /// What leads into it.
    inside: Crossing,
    /// Number of loops around what is in it.
    loops: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Block,
    Loop,
    If,
    /// The second arm; remembers whether the first one ran through to its end.
    Else {
        first_arm_ends: bool,
    },
}

impl Blocks {
    pub(in super::super) fn new() -> Self {
        let mut crossings = Crossings::default();
        let [before_entry, after_entry, exit] = std::array::from_fn(|_| crossings.add());
        // The body itself is a block: a branch to the outermost label returns.
        let body = Frame {
            kind: Kind::Block,
            entered: true,
            targeted: false,
            label: exit,
            inside: before_entry,
            loops: 0,
        };
        Self {
            entry: Entry { fuel: cost::FUNCTION_ENTRY, repeats: false },
            charges: Vec::new(),
            ways: vec![Way { from: before_entry, to: after_entry, loops: 0 }],
            crossings,
            before_entry,
            exit,
            frames: vec![body],
            state: State::Entry,
        }
    }

    /// Takes the next instruction, which is at `at` in the original module.
    pub(in super::super) fn next(&mut self, at: u32, operator: &Operator<'_>) {
        self.pay(at, cost::of(operator));
        match operator {
            Operator::Block { .. } => self.enter(Kind::Block),
            Operator::Loop { .. } => {
                self.entry.repeats = true;
                self.enter(Kind::Loop);
                if let Some(head) = self.frames.last().map(|frame| frame.label) {
                    self.goes_to(head);
                }
                self.split(true);
            }
            Operator::If { .. } => {
                self.enter(Kind::If);
                self.split(false);
            }
            Operator::Else => self.second_arm(),
            Operator::End => self.leave(),
            Operator::Br { relative_depth } => {
                self.target(*relative_depth);
                self.state = State::Dead;
            }
            Operator::BrIf { relative_depth } => {
                self.target(*relative_depth);
                self.split(false);
            }
            Operator::BrTable { targets } => {
                for depth in targets.targets().flatten() {
                    self.target(depth);
                }
                self.target(targets.default());
                self.state = State::Dead;
            }
            Operator::Call { .. } | Operator::CallIndirect { .. } => self.entry.repeats = true,
            Operator::ReturnCall { .. } | Operator::ReturnCallIndirect { .. } => {
                self.entry.repeats = true;
                self.goes_to(self.exit);
                self.state = State::Dead;
            }
            Operator::Return => {
                self.goes_to(self.exit);
                self.state = State::Dead;
            }
            Operator::Unreachable => self.state = State::Dead,
            _ => {}
        }
    }

    /// The entry block's price, and those of all other blocks that pay or look, in order.
    pub(super) fn finish(mut self) -> (Entry, Vec<Charge>) {
        let own = std::iter::once(self.entry.fuel).chain(self.charges.iter().map(|c| c.fuel));
        let blocks = self.ways.iter().zip(own);
        let mut blocks: Vec<Block> = blocks
            .map(|(&Way { from, to, loops }, fuel)| Block { from, to, loops, fuel })
            .collect();
        lift::lift(&mut blocks, self.crossings, self.before_entry, self.exit);
        let mut pays = blocks.iter().map(|block| block.fuel);
        self.entry.fuel = pays.next().unwrap_or(self.entry.fuel);
        let mut charges = self.charges;
        // A block that a loop comes back to and that costs nothing leads on to another one.
        charges.retain_mut(|charge| {
            let looks = charge.repeats && charge.fuel > 0;
            charge.fuel = pays.next().unwrap_or(charge.fuel);
            looks || charge.fuel > 0
        });
        (self.entry, charges)
    }

    /// Whether control never gets to the next instruction.
    pub(in super::super) fn is_dead(&self) -> bool {
        self.state == State::Dead
    }

    /// Whether a block began with the instruction at `at`, which was the last to be shown.
    pub(in super::super) fn begins_at(&self, at: u32) -> bool {
        self.charges.last().is_some_and(|charge| charge.at == at)
    }

    /// Where the blocks begin that cost nothing, in order: most only end others.
    pub(in super::super) fn idle(self) -> Vec<u32> {
        let idle = self.charges.into_iter().filter(|charge| charge.fuel == 0);
        idle.map(|charge| charge.at).collect()
    }

    fn pay(&mut self, at: u32, fuel: i64) {
        match self.state {
            State::Dead => {}
            State::Entry => self.entry.fuel = self.entry.fuel.saturating_add(fuel),
            State::Inside => {
                if let Some(charge) = self.charges.last_mut() {
                    charge.fuel = charge.fuel.saturating_add(fuel);
                }
            }
            State::Begins { repeats, from } => {
                self.charges.push(Charge { at, fuel, repeats });
                let to = self.crossings.add();
                let loops = self.frames.last().map_or(0, |frame| frame.loops);
                self.ways.push(Way { from, to, loops });
                self.state = State::Inside;
            }
        }
    }

    /// A new block begins with the next instruction, behind the present one, if control gets there at all.
    fn split(&mut self, repeats: bool) {
        if let Some(from) = self.leads_to() {
            self.state = State::Begins { repeats, from };
        }
    }

    fn enter(&mut self, kind: Kind) {
        let entered = self.state != State::Dead;
        let label = self.crossings.add();
        let inside = self.leads_to().unwrap_or(label);
        let loops = self.frames.last().map_or(0, |frame| frame.loops);
        let loops = loops.saturating_add(u32::from(kind == Kind::Loop));
        self.frames.push(Frame { kind, entered, targeted: false, label, inside, loops });
    }

    /// What the present block leads to.
    fn leads_to(&self) -> Option<Crossing> {
        match self.state {
            State::Dead => None,
            State::Entry => self.ways.first().map(|way| way.to),
            State::Inside => self.ways.last().map(|way| way.to),
            State::Begins { from, .. } => Some(from),
        }
    }

    /// Control may go from the present block to where that leads.
    fn goes_to(&mut self, crossing: Crossing) {
        if let Some(from) = self.leads_to() {
            self.crossings.join(from, crossing);
        }
    }

    /// A branch goes to the label at `depth`.
    fn target(&mut self, depth: u32) {
        let depth = usize::try_from(depth).unwrap_or(usize::MAX);
        if self.state == State::Dead {
            return;
        }
        if let Some(frame) = self.frames.iter_mut().rev().nth(depth) {
            frame.targeted = true;
            let label = frame.label;
            self.goes_to(label);
        }
    }

    fn second_arm(&mut self) {
        let first_arm_ends = self.state != State::Dead;
        let Some(label) = self.frames.last().map(|frame| frame.label) else { return };
        self.goes_to(label);
        if let Some(frame) = self.frames.last_mut() {
            frame.kind = Kind::Else { first_arm_ends };
            self.state = if frame.entered {
                State::Begins { repeats: false, from: frame.inside }
            } else {
                State::Dead
            };
        }
    }

    fn leave(&mut self) {
        let Some(frame) = self.frames.pop() else { return };
        let joins = match frame.kind {
            // A branch to a loop goes back to its start; its end is reached from inside only.
            Kind::Loop => false,
            Kind::Block => frame.targeted,
            // Without a second arm, control may pass by.
            Kind::If => frame.entered,
            Kind::Else { first_arm_ends } => {
                frame.targeted || first_arm_ends || self.state != State::Dead
            }
        };
        if self.frames.is_empty() {
            self.goes_to(self.exit);
        } else if joins {
            self.goes_to(frame.label);
            if frame.kind == Kind::If {
                self.crossings.join(frame.inside, frame.label);
            }
            self.state = State::Begins { repeats: false, from: frame.label };
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
    use super::*;
    use wasmparser::{Parser, Payload};

    /// What the entry block and the others pay.
    fn pay(body: &str) -> (i64, Vec<i64>) {
        let text = format!("(module (func (param i32 i32) {body}))");
        let wasm = wat::parse_str(text).unwrap();
        for payload in Parser::new(0).parse_all(&wasm) {
            let Payload::CodeSectionEntry(function) = payload.unwrap() else { continue };
            let mut blocks = Blocks::new();
            let mut operators = function.get_operators_reader().unwrap();
            while !operators.eof() {
                let (operator, at) = operators.read_with_offset().unwrap();
                blocks.next(at.try_into().unwrap(), &operator);
            }
            let (entry, charges) = blocks.finish();
            return (entry.fuel, charges.into_iter().map(|charge| charge.fuel).collect());
        }
        unreachable!("there is one function")
    }

    #[test]
    fn what_all_paths_cost_is_paid_before_they_part() {
        for (body, entry, others) in [
            ("(drop (i32.const 1))", 2, &[][..]),
            // Only the arm that may be passed by pays by itself.
            ("(if (local.get 0) (then (drop (i32.const 1)))) (drop (i32.const 2))", 4, &[1]),
            (
                "(drop (if (result i32) (local.get 0) (then (i32.const 1)) (else (i32.const 2))))",
                4,
                &[],
            ),
            // Of two arms the longer one pays the rest.
            (
                "(if (local.get 0) (then (drop (i32.const 1))) (else (local.set 0 (i32.const 2))))",
                4,
                &[1],
            ),
            (
                "(block (br_if 0 (local.get 0)) (br_if 0 (local.get 1))) (drop (i32.const 1))",
                4,
                &[2],
            ),
            // Nothing is paid before a way out.
            ("(block (br_if 1 (local.get 0)) (drop (i32.const 1)))", 3, &[1]),
            // A loop pays in each turn, and what is behind it is paid before; who turns back pays the next turn.
            ("(loop (br_if 0 (local.get 0))) (drop (i32.const 1))", 2, &[2]),
            ("(loop (if (local.get 0) (then (br 1)))) (drop (i32.const 1))", 4, &[0, 3]),
            // What a trap ends has paid for itself, and for nothing else.
            ("(if (local.get 0) (then unreachable)) (drop (i32.const 1))", 3, &[1]),
        ] {
            assert_eq!(pay(body), (entry, others.to_vec()), "{body}");
        }
    }

    #[test]
    fn a_function_of_any_size_is_looked_at_in_linear_time() {
        let many = "(block (br_if 0 (local.get 0)) (loop (br_if 0 (local.get 1))".repeat(200);
        let body = format!("{many}{}", "))".repeat(200));
        let (entry, others) = pay(&body);
        assert!(entry > 0 && others.len() >= 200);
    }
}
