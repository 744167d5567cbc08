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

    /// What is known on every path that goes on from here.
    fn least(&self) -> Self;

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
                let otherwise = self.reachable.then(|| kept(here, self.open.len()));
                self.enter(false, otherwise);
            }
            Operator::Else => self.second_arm(here),
            Operator::End => self.end(here),
            Operator::Br { relative_depth } => {
                here.may_be_elsewhere();
                self.branch(*relative_depth, here);
                self.reachable = false;
            }
            Operator::BrIf { relative_depth } => {
                here.may_be_elsewhere();
                self.branch(*relative_depth, here);
            }
            Operator::BrTable { targets } => {
                here.may_be_elsewhere();
                // The function is valid, so none fails to be read.
                let targets = targets.targets().flatten().chain([targets.default()]);
                for depth in targets.collect::<BTreeSet<_>>() {
                    self.branch(depth, here);
                }
                self.reachable = false;
            }
            Operator::Return
            | Operator::Unreachable
            | Operator::ReturnCall { .. }
            | Operator::ReturnCallIndirect { .. } => {
                here.may_be_elsewhere();
                self.reachable = false;
            }
            // The proposals with other branches are refused.
            _ => {}
        }
    }

    fn enter(&mut self, is_loop: bool, otherwise: Option<F>) {
        self.open.push(Block { is_loop, arrived: None, otherwise });
    }

    fn branch(&mut self, depth: u32, here: &F) {
        if !self.reachable {
            return;
        }
        // The end of the function is none of a block: nothing comes behind.
        if let Some(place) = self.open.len().checked_sub(index(depth).saturating_add(1)) {
            self.arrive(place, here);
        }
    }

    /// A path on which that is known leads to the end of the block at that place. Not so for a loop: its label is
    /// its beginning.
    fn arrive(&mut self, place: usize, known: &F) {
        match self.open.get_mut(place) {
            Some(Block { is_loop: false, arrived: Some(arrived), .. }) => arrived.meet(known),
            Some(block) if !block.is_loop => block.arrived = Some(kept(known, place)),
            _ => {}
        }
    }

    fn second_arm(&mut self, here: &mut F) {
        let Some(place) = self.open.len().checked_sub(1) else { return };
        if self.reachable {
            self.arrive(place, here);
        }
        let otherwise = self.open.last_mut().and_then(|block| block.otherwise.take());
        self.reachable = otherwise.is_some();
        if let Some(otherwise) = otherwise {
            *here = otherwise;
        }
    }

    fn end(&mut self, here: &mut F) {
        here.may_be_elsewhere();
        let Some(Block { arrived, otherwise, .. }) = self.open.pop() else { return };
        let arrived = match (arrived, otherwise) {
            (Some(mut arrived), Some(otherwise)) => {
                arrived.meet(&otherwise);
                arrived
            }
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => return,
        };
        if self.reachable {
            here.meet(&arrived);
        } else {
            *here = arrived;
            self.reachable = true;
        }
    }
}

/// Blocks in each other at whose ends it is remembered what is known, so that a function of any depth takes little
/// memory.
const REMEMBERED_BLOCKS: usize = 1024;

/// What of `known` is kept for the end of the block that has so many around it.
fn kept<F: Facts>(known: &F, around: usize) -> F {
    if around < REMEMBERED_BLOCKS { known.snapshot() } else { known.least() }
}
