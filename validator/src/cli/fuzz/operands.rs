//! Which numbers a comparison has been made with. One side of it is often a constant of the code, or of a
//! table that the code goes through step by step; a new one means that a run came further, even where no
//! counter says so.

use super::hints::Hints;
use std::collections::HashMap;

/// A side that has had more numbers than this comes from the input, and tells nothing.
const FEW: usize = 24;
/// Sites that are watched.
const MOST_SITES: usize = 16_384;

/// Numbers by site, for either side.
#[derive(Debug, Default)]
pub(super) struct Operands {
    seen: HashMap<u32, [Vec<u64>; 2]>,
}

impl Operands {
    /// Whether a run compared with a number that is new to a side that had few. The first is none.
    pub(super) fn take(&mut self, hints: &Hints) -> bool {
        let mut is_new = false;
        for hint in &hints.numbers {
            if self.seen.len() >= MOST_SITES && !self.seen.contains_key(&hint.site) {
                continue;
            }
            let sides = self.seen.entry(hint.site).or_default();
            for (seen, operand) in sides.iter_mut().zip(hint.operands) {
                if seen.len() < FEW && !seen.contains(&operand) {
                    is_new |= !seen.is_empty();
                    seen.push(operand);
                }
            }
        }
        is_new
    }
}
