//! What is tried from each input that covered something new, before chance has its turn: first what its
//! comparisons ask for, then a walk through its bytes.

use super::hints::{Hints, Known, Step};
use proofhouse_corpus::{Edit, Walk};
use std::collections::{HashSet, VecDeque};

/// Inputs with edits that are not tried yet, and as many to be walked through. The oldest ones are
/// dropped: what they cover is in newer ones too, mostly.
const MOST_INPUTS: usize = 256;
/// Longest input of which so much is kept, in bytes.
const MOST_BYTES: usize = 64 << 10;

/// Edits that are tried from one input, at most.
const MOST_EDITS: usize = 4_000;

/// An input whose comparisons are to be followed.
struct Following {
    input: Vec<u8>,
    hints: Hints,
    /// The last one is next. `None` until its turn comes.
    steps: Option<Vec<Step>>,
    /// Those of the comparison that was taken last; the last one is next.
    edits: Vec<(Option<u32>, Edit)>,
    tried: HashSet<Edit>,
}

impl Following {
    /// The next one that was not tried.
    fn next(&mut self, known: &mut Known) -> Option<(Option<u32>, Edit)> {
        let steps = self.steps.get_or_insert_with(|| {
            let mut steps: Vec<_> = self.hints.ranked(known).collect();
            steps.reverse();
            known.follow(&self.hints);
            steps
        });
        while self.tried.len() < MOST_EDITS {
            if let Some((site, edit)) = self.edits.pop() {
                if self.tried.insert(edit.clone()) {
                    return Some((site, edit));
                }
            } else {
                self.edits = self.hints.edits(&self.input, steps.pop()?);
                self.edits.reverse();
            }
        }
        None
    }
}

/// All inputs that wait.
#[derive(Default)]
pub(super) struct Trials {
    /// The last one is next: it came furthest.
    waiting: VecDeque<Following>,
    /// The first one is next.
    walks: VecDeque<Walk>,
    /// What comparisons have shown.
    pub(super) known: Known,
}

/// An input to be tried.
pub(super) struct Trial {
    pub(super) input: Vec<u8>,
    /// The edit of a number that led to it, and the comparison's site.
    pub(super) edit: Option<(u32, Edit)>,
}

impl Trials {
    /// An input covered something new.
    pub(super) fn add(&mut self, input: &[u8], hints: &Hints) {
        if input.len() > MOST_BYTES {
            return;
        }
        if self.waiting.len() >= MOST_INPUTS {
            self.waiting.pop_front();
        }
        let (input, hints) = (input.to_vec(), hints.clone());
        if !input.is_empty() {
            if self.walks.len() >= MOST_INPUTS {
                // The seeds' walks stay.
                self.walks.truncate(MOST_INPUTS / 2);
            }
            self.walks.push_back(Walk::new(input.clone()));
        }
        self.waiting.push_back(Following {
            input,
            hints,
            steps: None,
            edits: Vec::new(),
            tried: HashSet::new(),
        });
    }

    /// The next input that a comparison asks for.
    pub(super) fn follow(&mut self) -> Option<Trial> {
        loop {
            let following = self.waiting.back_mut()?;
            let Some((site, edit)) = following.next(&mut self.known) else {
                self.waiting.pop_back();
                continue;
            };
            if let Some(input) = edit.apply(&following.input)
                && input != following.input
            {
                return Some(Trial { input, edit: site.map(|site| (site, edit)) });
            }
        }
    }

    /// The next input of a walk, by turns: the oldest input's, the newest one's, any.
    pub(super) fn walk(&mut self, turn: u32) -> Option<Trial> {
        loop {
            let last = self.walks.len().checked_sub(1)?;
            let at = match turn % 3 {
                0 => 0,
                1 => last,
                _ => usize::try_from(turn / 3).unwrap_or(0).checked_rem(self.walks.len())?,
            };
            match self.walks.get_mut(at)?.next() {
                Some(input) => return Some(Trial { input, edit: None }),
                None => drop(self.walks.remove(at)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proofhouse_sandbox::instrument::Comparison;

    fn hints(operands: [u64; 2]) -> Hints {
        let numbers = vec![Comparison { site: 1, width: 4, operands, shift: 0, cases: 0 }];
        Hints { numbers, ..Hints::default() }
    }

    #[test]
    fn the_newest_input_is_followed_first_and_nothing_is_tried_twice() {
        let mut trials = Trials::default();
        trials.add(b"..ABCD..", &hints([0x4443_4241, 0x5a59_5857]));
        trials.add(b"..abcd..", &hints([0x6463_6261, 0x7a79_7877]));
        let all: Vec<_> = std::iter::from_fn(|| trials.follow().map(|trial| trial.input)).collect();
        let at = |input: &[u8]| all.iter().position(|tried| tried == input);
        let (newer, older) = (at(b"..wxyz.."), at(b"..WXYZ.."));
        assert!(newer.is_some() && newer < older, "{all:?}");
        let different: HashSet<_> = all.iter().collect();
        assert_eq!(different.len(), all.len());
    }

    #[test]
    fn what_never_came_out_otherwise_is_first() {
        let mut known = Known::default();
        known.take(&Hints { equal: vec![1], ..Hints::default() });
        let number = |site| Comparison { site, width: 4, operands: [1, 2], shift: 0, cases: 0 };
        let hints = Hints { numbers: vec![number(1), number(2)], ..Hints::default() };
        let ranked: Vec<_> = hints.ranked(&known).collect();
        assert_eq!(ranked, [Step::Number(1), Step::Number(0)]);
    }

    #[test]
    fn every_walk_comes_to_its_end() {
        let mut trials = Trials::default();
        trials.add(b"ab", &Hints::default());
        trials.add(b"cd", &Hints::default());
        let walked = (0..).map_while(|turn| trials.walk(turn)).count();
        assert!((40..200).contains(&walked), "{walked}");
    }
}
