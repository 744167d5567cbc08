//! Which numbers a comparison has been made with. One side of it is often a constant of the code, or of a
//! table that the code goes through step by step; a new one means that a run came further, even where no
//! counter says so.

use super::by_site::BySite;
use super::hints::Hints;

/// A side that has had more numbers than this comes from the input, and tells nothing.
const FEW: usize = 24;

/// Numbers by site, for either side.
#[derive(Debug, Default)]
pub(super) struct Operands {
    seen: BySite<[Vec<u64>; 2]>,
}

impl Operands {
    /// Whether a run compared with a number that is new to a side that had few. The first is none.
    pub(super) fn take(&mut self, hints: &Hints) -> bool {
        let mut is_new = false;
        for hint in &hints.numbers {
            let sides = self.seen.slot(hint.site).into_iter().flatten();
            for (seen, operand) in sides.zip(hint.operands) {
                if seen.len() < FEW && !seen.contains(&operand) {
                    is_new |= !seen.is_empty();
                    seen.push(operand);
                }
            }
        }
        is_new
    }
}
