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
