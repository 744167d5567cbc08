//! What is known at each instruction of a function, by whatever path it is reached.
//!
//! Paths meet where a block ends and where a loop begins. All branches to the end of a block come before it,
//! so what is known there is what is known on all of them. The branches to a loop come behind its beginning:
//! see [`Changes`].

use std::collections::BTreeSet;

use wasmparser::Operator;

use super::super::numbers::index;
use super::loops::Changes;

/// What is known on one path.
pub(super) trait Facts {
    /// A copy that another path ends with.
    fn snapshot(&self) -> Self;

    /// Keeps what is known on another path, too.
    fn meet(&mut self, other: &Self);

    /// Keeps what is known whenever a loop that makes these changes begins, be it again.
    fn enter_loop(&mut self, changes: Option<&Changes>);

    /// From here on, what comes need not come, or not once.
    fn may_be_elsewhere(&mut self);
}

/// The blocks around an instruction, with what is known on the paths out of them.
pub(super) struct Paths<F> {
    open: Vec<Block<F>>,
    /// Whether any path leads to the next instruction.
    reachable: bool,
    /// Number of loops that began.
    loops: u32,
}

struct Block<F> {
    is_loop: bool,
    /// What is known on all branches to its end, if there are any.
    arrived: Option<F>,
    /// What is known where the condition of an `if` does not hold, until its `else` comes.
    otherwise: Option<F>,
}

impl<F: Facts> Paths<F> {
    /// At the entry of a function.
    pub(super) fn new() -> Self {
        Self { open: Vec::new(), reachable: true, loops: 0 }
    }

    /// Takes the next instruction, behind which `here` is known if it does not branch. `changes` are those of
    /// the nth loop.
    pub(super) fn next<'p>(
        &mut self,
        operator: &Operator<'_>,
        here: &mut F,
        changes: impl FnOnce(u32) -> Option<&'p Changes>,
    ) {
        match operator {
            Operator::Block { .. } => self.enter(false, None),
            Operator::Loop { .. } => {
                here.enter_loop(changes(self.loops));
                here.may_be_elsewhere();
                self.loops = self.loops.saturating_add(1);
                self.enter(true, None);
            }
            Operator::If { .. } => {
                here.may_be_elsewhere();
                self.enter(false, self.reachable.then(|| here.snapshot()));
            }
            Operator::Else => self.second_arm(here),
            Operator::End => self.end(here),
            Operator::Br { relative_depth } => {
                self.branch(*relative_depth, here);
                self.stop(here);
            }
            Operator::BrIf { relative_depth } => {
                here.may_be_elsewhere();
                self.branch(*relative_depth, here);
            }
            Operator::BrTable { targets } => {
                // The function is valid, so none fails to be read.
                let targets = targets.targets().flatten().chain([targets.default()]);
                for depth in targets.collect::<BTreeSet<_>>() {
                    self.branch(depth, here);
                }
                self.stop(here);
            }
            Operator::Return
            | Operator::Unreachable
            | Operator::ReturnCall { .. }
            | Operator::ReturnCallIndirect { .. } => self.stop(here),
            // The proposals with other branches are refused.
            _ => {}
        }
    }

    fn enter(&mut self, is_loop: bool, otherwise: Option<F>) {
        self.open.push(Block { is_loop, arrived: None, otherwise });
    }

    fn stop(&mut self, here: &mut F) {
        here.may_be_elsewhere();
        self.reachable = false;
    }

    fn branch(&mut self, depth: u32, here: &F) {
        if !self.reachable {
            return;
        }
        let place = self.open.len().checked_sub(index(depth).saturating_add(1));
        // That of a loop is its beginning, that of the function its end: nothing comes behind.
        match place.and_then(|place| self.open.get_mut(place)) {
            Some(block) if !block.is_loop => block.arrive(here),
            _ => {}
        }
    }

    fn second_arm(&mut self, here: &mut F) {
        let Some(block) = self.open.last_mut() else { return };
        if self.reachable {
            block.arrive(here);
        }
        let otherwise = block.otherwise.take();
        self.reachable = otherwise.is_some();
        if let Some(otherwise) = otherwise {
            *here = otherwise;
        }
    }

    fn end(&mut self, here: &mut F) {
        here.may_be_elsewhere();
        let Some(mut block) = self.open.pop() else { return };
        if let Some(otherwise) = block.otherwise.take() {
            block.arrive(&otherwise);
        }
        let Some(arrived) = block.arrived else { return };
        if self.reachable {
            here.meet(&arrived);
        } else {
            *here = arrived;
            self.reachable = true;
        }
    }
}

impl<F: Facts> Block<F> {
    /// A path leads to its end on which that is known.
    fn arrive(&mut self, known: &F) {
        match &mut self.arrived {
            None => self.arrived = Some(known.snapshot()),
            Some(arrived) => arrived.meet(known),
        }
    }
}
