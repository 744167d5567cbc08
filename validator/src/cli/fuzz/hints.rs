//! What a run compared that may be in its input.

use proofhouse_corpus::{Compared, Edit, follow};
use proofhouse_sandbox::instrument::{CallKind, Comparison};
use std::collections::HashSet;

/// Comparisons of one run.
#[derive(Clone, Debug, Default)]
pub(super) struct Hints {
    /// Integers that were not equal.
    pub(super) numbers: Vec<Comparison>,
    /// Sites at which integers were equal, and not zero.
    pub(super) equal: Vec<u32>,
    /// Bytes and text that were not equal.
    pub(super) words: Vec<Words>,
    /// Sites of calls whose bytes or text were equal, and what they were.
    pub(super) equal_words: Vec<(u32, Vec<u8>)>,
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
/// Edits of those that follow what came out otherwise before.
const MOST_OLD_EDITS: usize = 500;
/// Words that are remembered.
const MOST_WORDS: usize = 4_096;
/// Cases of a switch that are tried from one input.
const MOST_CASES: u32 = 64;

impl Hints {
    pub(super) fn clear(&mut self) {
        self.numbers.clear();
        self.equal.clear();
        self.words.clear();
        self.equal_words.clear();
    }

    /// What may make comparisons of a run of `input` come out otherwise, each with its site. What `known`
    /// has not seen come out otherwise is first.
    pub(super) fn edits(&self, input: &[u8], known: &Known) -> Vec<(u32, Edit)> {
        let mut edits = Vec::new();
        let (new, old): (Vec<_>, Vec<_>) =
            self.words.iter().partition(|words| !known.words.contains(&words.key()));
        let mut numbers: Vec<_> = self.numbers.iter().collect();
        let rank = |number: &&Comparison| {
            (known.sites.contains(&number.site), known.followed.contains(&number.site))
        };
        numbers.sort_by_key(rank);
        let is_new = |number: &&&Comparison| !rank(number).0;
        let new_numbers = numbers.partition_point(|number| is_new(&number));
        let (new_numbers, old_numbers) = numbers.split_at_checked(new_numbers).unwrap_or_default();
        for words in new {
            words.edits(input, &mut edits);
        }
        for number in new_numbers {
            number_edits(input, number, MOST_EDITS, &mut edits);
        }
        let most = edits.len().saturating_add(MOST_OLD_EDITS).min(MOST_EDITS);
        for words in old {
            words.edits(input, &mut edits);
        }
        for number in old_numbers {
            number_edits(input, number, most, &mut edits);
        }
        edits.truncate(MOST_EDITS);
        edits
    }
}

/// What comparisons of all runs have shown.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Sites at which integers were equal once.
    sites: HashSet<u32>,
    /// Calls in which bytes or text were equal once, and what they were.
    words: HashSet<(u32, Vec<u8>)>,
    /// Sites that were followed once.
    followed: HashSet<u32>,
}

impl Known {
    /// What a run compared.
    pub(super) fn take(&mut self, hints: &Hints) {
        self.sites.extend(&hints.equal);
        for word in &hints.equal_words {
            if self.words.len() < MOST_WORDS && !self.words.contains(word) {
                self.words.insert(word.clone());
            }
        }
    }

    /// All comparisons of a run were followed.
    pub(super) fn follow(&mut self, hints: &Hints) {
        self.followed.extend(hints.numbers.iter().map(|number| number.site));
    }
}

impl Words {
    /// Which call it is, and what is looked for, as far as that is known.
    fn key(&self) -> (u32, Vec<u8>) {
        (self.site, self.operands[1].clone())
    }

    fn edits(&self, input: &[u8], to: &mut Vec<(u32, Edit)>) {
        let [one, other] = &self.operands;
        let compared = Compared::Words {
            operands: [one, other],
            is_of_any_case: self.kind.is_of_any_case(),
            finds: self.kind.finds(),
        };
        to.extend(follow(input, compared).into_iter().map(|edit| (u32::MAX, edit)));
    }
}

fn number_edits(input: &[u8], number: &Comparison, most: usize, to: &mut Vec<(u32, Edit)>) {
    if to.len() >= most {
        return;
    }
    let width = usize::from(number.width);
    let mut towards = |[one, other]: [u64; 2]| {
        let compared = Compared::Numbers { width, operands: [one, other] };
        to.extend(follow(input, compared).into_iter().map(|edit| (number.site, edit)));
    };
    if number.cases > 0 {
        let [one, first] = number.operands;
        let cases = 0..number.cases.min(MOST_CASES);
        cases.for_each(|case| towards([one, first.wrapping_add(case.into())]));
        return;
    }
    towards(number.operands);
    // What was added may be a part of the number and no shift of it.
    if number.shift != 0 {
        towards(number.shifted());
    }
}
