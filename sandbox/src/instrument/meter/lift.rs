//! Which blocks pay for others, so that fewer have to.
//!
//! All ways out of a block lead to blocks of the same *crossing*, and all ways into a block come from one:
//! two branches that share where they come from or where they go to cross the same way. What every
//! block behind a crossing pays can as well be paid by every block before it, and nothing changes in sum for
//! any path that goes on. So the least of the prices behind a crossing is *lifted* to the blocks before it,
//! where that leaves fewer blocks that pay, those in loops counting more.
//!
//! No price ever gets below zero, and what is paid early is no more than what the rest of any path to the
//! function's end costs. So a call that returns has used the same fuel as ever, and has at no time less left
//! than in the end. Only one that traps may have paid for more than it did: by the rest of the function,
//! at most, where it is not in a loop, and by one pass through a loop's body.

/// One block, as far as it matters here.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block {
    /// The crossing that leads to it.
    pub(super) from: Crossing,
    /// The crossing that it leads to.
    pub(super) to: Crossing,
    /// Number of loops around it.
    pub(super) loops: u32,
    /// What it pays.
    pub(super) fuel: i64,
}

/// A crossing, or one that became part of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Crossing(usize);

/// The crossings of a function: disjoint sets that are joined where branches meet.
#[derive(Debug, Default)]
pub(super) struct Crossings {
    /// For each the one that it became part of, or itself.
    parents: Vec<usize>,
}

/// Times that all crossings are looked at. Prices go up as far as they can in the first; the second finds
/// what the first made worth it.
const ROUNDS: usize = 2;

/// How much more a block in one loop more counts, as a power of two.
const LOOP_LOG2: u32 = 3;
/// Loops beyond which no more are told apart.
const MAX_LOOPS: u32 = 8;

impl Crossings {
    /// A new one.
    pub(super) fn add(&mut self) -> Crossing {
        let crossing = self.parents.len();
        self.parents.push(crossing);
        Crossing(crossing)
    }

    /// Makes two of them one.
    pub(super) fn join(&mut self, one: Crossing, other: Crossing) {
        let (one, other) = (self.root(one), self.root(other));
        // The elder stays, so that ways up are short: most are joined to what was there before.
        let (stays, goes) = if one < other { (one, other) } else { (other, one) };
        if let Some(parent) = self.parents.get_mut(goes) {
            *parent = stays;
        }
    }

    fn root(&mut self, Crossing(mut crossing): Crossing) -> usize {
        loop {
            let parent = self.parent(crossing);
            if parent == crossing {
                return crossing;
            }
            // Halves the way for whoever asks next.
            let further = self.parent(parent);
            if let Some(shorter) = self.parents.get_mut(crossing) {
                *shorter = further;
            }
            crossing = further;
        }
    }

    fn parent(&self, crossing: usize) -> usize {
        self.parents.get(crossing).copied().unwrap_or(crossing)
    }
}

/// Lifts prices as far as that helps. `entry` leads to the first block and `exit` out of the function:
/// nothing is paid before the one or behind the other.
pub(super) fn lift(
    blocks: &mut [Block],
    mut crossings: Crossings,
    entry: Crossing,
    exit: Crossing,
) {
    let mut sides = vec![Sides::default(); crossings.parents.len()];
    for (nth, block) in blocks.iter().enumerate() {
        let (from, to) = (crossings.root(block.from), crossings.root(block.to));
        if from == to {
            // It is before the crossing and behind it, so that what it pays stays the same.
            continue;
        }
        if let Some(sides) = sides.get_mut(from) {
            sides.behind.push(nth);
        }
        if let Some(sides) = sides.get_mut(to) {
            sides.before.push(nth);
        }
    }
    for fixed in [entry, exit] {
        let fixed = crossings.root(fixed);
        if let Some(sides) = sides.get_mut(fixed) {
            *sides = Sides::default();
        }
    }
    sides.retain(|sides| !sides.before.is_empty() && !sides.behind.is_empty());
    sides.sort_by_key(|sides| std::cmp::Reverse(sides.behind.first().copied()));
    for _ in 0..ROUNDS {
        for sides in &sides {
            sides.lift(blocks);
        }
    }
}

/// The blocks at one crossing, by number.
#[derive(Clone, Debug, Default)]
struct Sides {
    before: Vec<usize>,
    behind: Vec<usize>,
}

impl Sides {
    fn lift(&self, blocks: &mut [Block]) {
        let of = |nth: &usize| blocks.get(*nth);
        let Some(least) = self.behind.iter().filter_map(of).map(|block| block.fuel).min() else {
            return;
        };
        let no_more_pay = self.behind.iter().filter_map(of).filter(|block| block.fuel == least);
        let gain = weight(no_more_pay);
        let pay_now = self.before.iter().filter_map(of).filter(|block| block.fuel == 0);
        if least == 0 || gain < weight(pay_now) {
            return;
        }
        for nth in &self.behind {
            if let Some(block) = blocks.get_mut(*nth) {
                block.fuel = block.fuel.saturating_sub(least);
            }
        }
        for nth in &self.before {
            if let Some(block) = blocks.get_mut(*nth) {
                block.fuel = block.fuel.saturating_add(least);
            }
        }
    }
}

fn weight<'b>(blocks: impl Iterator<Item = &'b Block>) -> u64 {
    let one = |block: &Block| 1u64 << block.loops.min(MAX_LOOPS).saturating_mul(LOOP_LOG2);
    blocks.map(one).fold(0, u64::saturating_add)
}
