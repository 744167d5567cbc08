//! What a run compared that may be in its input.

use proofhouse_corpus::{Compared, Edit, follow};
use proofhouse_sandbox::instrument::{CallKind, Comparison};

/// Comparisons of one run.
#[derive(Clone, Debug, Default)]
pub(super) struct Hints {
    /// Integers.
    pub(super) numbers: Vec<Comparison>,
    /// Bytes and text.
    pub(super) words: Vec<Words>,
}

/// Bytes or text that were compared and were not equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Words {
    /// Index of the call's site.
    pub(super) site: u32,
    pub(super) kind: CallKind,
    pub(super) operands: [Vec<u8>; 2],
}

/// Edits for one input, at most.
const MOST_EDITS: usize = 4_000;
/// Cases of a switch that are tried from one input.
const MOST_CASES: u32 = 64;

impl Hints {
    pub(super) fn clear(&mut self) {
        self.numbers.clear();
        self.words.clear();
    }

    /// What may make comparisons of a run of `input` come out otherwise, each with its site. Words come
    /// first, then the comparisons that satisfy `is_new`.
    pub(super) fn edits(&self, input: &[u8], is_new: impl Fn(u32) -> bool) -> Vec<(u32, Edit)> {
        let mut edits = Vec::new();
        for words in &self.words {
            let [one, other] = &words.operands;
            let compared = Compared::Words {
                operands: [one, other],
                is_of_any_case: words.kind.is_of_any_case(),
                finds: words.kind.finds(),
            };
            edits.extend(follow(input, compared).into_iter().map(|edit| (u32::MAX, edit)));
        }
        let (new, old): (Vec<&Comparison>, Vec<&Comparison>) =
            self.numbers.iter().partition(|comparison| is_new(comparison.site));
        for comparison in new.into_iter().chain(old) {
            if edits.len() >= MOST_EDITS {
                break;
            }
            let [one, other] = comparison.operands;
            let width = usize::from(comparison.width);
            let mut towards = |other: u64| {
                let compared = Compared::Numbers { width, operands: [one, other] };
                let site = comparison.site;
                edits.extend(follow(input, compared).into_iter().map(|edit| (site, edit)));
            };
            if comparison.cases == 0 {
                towards(other);
            } else {
                (0..comparison.cases.min(MOST_CASES))
                    .for_each(|case| towards(other.wrapping_add(case.into())));
            }
        }
        edits.truncate(MOST_EDITS);
        edits
    }
}
