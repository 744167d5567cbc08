//! What a run compared that may be in its input.

use super::by_site::BySite;
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

/// Comparisons that are followed from one input, at most.
const MOST_STEPS: usize = 1_000;
/// Of these, comparisons that came out otherwise before.
const MOST_OLD: usize = 50;
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

    /// The comparisons in the order in which they are to be followed: what `known` has not seen come out
    /// otherwise is first.
    pub(super) fn ranked(&self, known: &Known) -> impl Iterator<Item = Step> {
        let words = self.words.iter().enumerate().map(|(nth, words)| {
            ((known.words.contains(&words.key()), false, false), Step::Words(nth))
        });
        let numbers = self.numbers.iter().enumerate().map(|(nth, number)| {
            let has =
                |sites: &BySite<bool>| sites.get(number.site).is_some_and(|is_there| *is_there);
            ((has(&known.sites), true, has(&known.followed)), Step::Number(nth))
        });
        let mut steps: Vec<_> = words.chain(numbers).collect();
        steps.sort_by_key(|(rank, _)| *rank);
        let new = steps.partition_point(|((is_old, ..), _)| !is_old);
        steps.truncate(new.saturating_add(MOST_OLD).min(MOST_STEPS));
        steps.into_iter().map(|(_, step)| step)
    }

    /// What may make a comparison of a run of `input` come out otherwise, with its site if it is of numbers.
    pub(super) fn edits(&self, input: &[u8], step: Step) -> Vec<(Option<u32>, Edit)> {
        match step {
            Step::Words(nth) => {
                let words = self.words.get(nth).into_iter().flat_map(|words| words.edits(input));
                words.map(|edit| (None, edit)).collect()
            }
            Step::Number(nth) => {
                let number = self.numbers.get(nth).into_iter();
                number
                    .flat_map(|number| {
                        number_edits(input, number)
                            .into_iter()
                            .map(|edit| (edit.form.map(|_| number.site), edit))
                    })
                    .collect()
            }
        }
    }
}

/// A comparison to be followed, by its index in the hints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    Words(usize),
    Number(usize),
}

/// What comparisons of all runs have shown.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Sites at which integers were equal once.
    sites: BySite<bool>,
    /// Calls in which bytes or text were equal once, and what they were.
    words: HashSet<(u32, Vec<u8>)>,
    /// Sites that were followed once.
    followed: BySite<bool>,
}

impl Known {
    /// What a run compared.
    pub(super) fn take(&mut self, hints: &Hints) {
        mark(&mut self.sites, hints.equal.iter().copied());
        for word in &hints.equal_words {
            if self.words.len() < MOST_WORDS && !self.words.contains(word) {
                self.words.insert(word.clone());
            }
        }
    }

    /// All comparisons of a run were followed.
    pub(super) fn follow(&mut self, hints: &Hints) {
        mark(&mut self.followed, hints.numbers.iter().map(|number| number.site));
    }
}

fn mark(sites: &mut BySite<bool>, new: impl Iterator<Item = u32>) {
    for site in new {
        if let Some(is_marked) = sites.slot(site) {
            *is_marked = true;
        }
    }
}

impl Words {
    /// Which call it is, and what is looked for, as far as that is known.
    fn key(&self) -> (u32, Vec<u8>) {
        (self.site, self.operands[1].clone())
    }

    fn edits(&self, input: &[u8]) -> Vec<Edit> {
        let [one, other] = &self.operands;
        let compared = Compared::Words {
            operands: [one, other],
            is_of_any_case: self.kind.is_of_any_case(),
            finds: self.kind.finds(),
        };
        follow(input, compared)
    }
}

fn number_edits(input: &[u8], number: &Comparison) -> Vec<Edit> {
    let width = usize::from(number.width);
    let towards = |operands| follow(input, Compared::Numbers { width, operands });
    if number.cases > 0 {
        let [one, first] = number.operands;
        let cases = 0..number.cases.min(MOST_CASES);
        return cases.flat_map(|case| towards([one, first.wrapping_add(case.into())])).collect();
    }
    let mut edits = towards(number.operands);
    // What was added may be a part of the number and no shift of it.
    if number.shift != 0 {
        edits.extend(towards(number.shifted()));
    }
    edits
}
