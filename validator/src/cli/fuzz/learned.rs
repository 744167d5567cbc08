//! Numbers of the input that follow from the rest of it: checksums and lengths, wherever they are. They
//! are found out by following comparisons of which neither side is a constant.

use super::by_site::BySite;
use super::hints::Hints;
use proofhouse_corpus::{Edit, NumberForm};
use proofhouse_sandbox::instrument::Comparison;
use std::collections::HashMap;

/// Numbers that are known, at most.
const MOST_LEARNED: usize = 16;
/// Places for which there is some evidence, at most.
const MOST_SUSPECTS: usize = 4_096;
/// How often both sides of a comparison have to change before one is taken to follow from the other.
const MANY: u32 = 3;
/// Evidence that a narrow number needs: a byte is equal to another one by chance.
const MUCH: u32 = 3;
/// A place is given up if it was put right in vain this many times more often than with success.
const MOST_FAILURES: u32 = 8;
/// A place that was given up so often needs twice as much evidence each time, up to this.
const MOST_STRIKES: u32 = 10;

/// Rehearsals that may be in vain, after a place was learned or a number put right; and at most.
const CREDIT: [u32; 3] = [256, 4, 1_024];
/// Inputs for which numbers are put right more than once, after that was needed for one.
const CHAINED: u32 = 64;
/// Without credit one of so many rehearsals takes place.
const SELDOM: u32 = 16;

/// A number in the input that a comparison looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Place {
    site: u32,
    anchor: Anchor,
    form: NumberForm,
}

/// Where it is, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Anchor {
    /// From the start of the input.
    Start(usize),
    /// From its end.
    End(usize),
}

/// What a site has compared so far.
#[derive(Clone, Copy, Debug)]
struct Past {
    operands: [u64; 2],
    /// How often either operand was another than the time before.
    changes: [u32; 2],
}

/// What speaks for a place.
#[derive(Clone, Copy, Debug, Default)]
struct Evidence {
    /// How often a number that was put there was right.
    seen: u32,
    /// How often the place was given up.
    strikes: u32,
}

/// A place that is known.
struct Known {
    place: Place,
    /// How much more often it was put right in vain than with success.
    failures: u32,
}

/// What is known.
#[derive(Default)]
pub(super) struct Learned {
    past: BySite<Option<Past>>,
    suspects: HashMap<Place, Evidence>,
    places: Vec<Known>,
    /// Rehearsals that may be in vain.
    credit: u32,
    /// Rehearsals that were asked for.
    asked: u32,
    /// What was put right in the input that is run next.
    expected: Attempt,
    /// Inputs of which it may pay to put numbers right more than once: lengths inside of lengths.
    chained: u32,
    /// A number that was put right for a comparison, until the next run tells whether it is.
    tried: Option<[Place; 2]>,
    /// Comparisons whose numbers were others the last time, what follows from the input among them.
    pub(super) fresh: Vec<Comparison>,
}

/// Places at which numbers were put right, until the next run tells whether they are.
#[derive(Default)]
pub(super) struct Attempt(Vec<Place>);

impl Learned {
    /// An input is handed out in which this number was replaced.
    pub(super) fn try_edit(&mut self, site: u32, edit: &Edit, input_bytes: usize) {
        let anchors = [Anchor::Start(edit.at), Anchor::End(input_bytes.saturating_sub(edit.at))];
        self.tried = edit.form.map(|form| anchors.map(|anchor| Place { site, anchor, form }));
    }

    /// What the run of the last input compared.
    pub(super) fn take(&mut self, hints: &Hints) {
        let expected = std::mem::take(&mut self.expected);
        self.judge(hints, &expected);
        self.fresh.clear();
        for hint in &hints.numbers {
            let new = Past { operands: hint.operands, changes: [0; 2] };
            let Some(past) = self.past.slot(hint.site) else { continue };
            let past = past.get_or_insert(new);
            let is_same = past.operands == hint.operands;
            for ((changes, before), now) in
                past.changes.iter_mut().zip(past.operands).zip(hint.operands)
            {
                *changes = changes.saturating_add(u32::from(before != now));
            }
            past.operands = hint.operands;
            if !is_same {
                self.fresh.push(*hint);
            }
        }
        for place in self.tried.take().into_iter().flatten() {
            let follows = self
                .past
                .get(place.site)
                .and_then(Option::as_ref)
                .is_some_and(|past| past.changes.iter().all(|changes| *changes >= MANY));
            if follows && hints.equal.contains(&place.site) {
                self.was_right(place);
            }
        }
    }

    /// A number was put there and was what it had to be.
    fn was_right(&mut self, place: Place) {
        if self.suspects.len() >= MOST_SUSPECTS && !self.suspects.contains_key(&place) {
            return;
        }
        let evidence = self.suspects.entry(place).or_default();
        evidence.seen = evidence.seen.saturating_add(1);
        let enough = if place.form.width < 4 { MUCH } else { 1 };
        if evidence.seen >= enough << evidence.strikes.min(MOST_STRIKES)
            && self.places.len() < MOST_LEARNED
            && !self.places.iter().any(|known| known.place == place)
        {
            self.places.push(Known { place, failures: 0 });
            self.earn(CREDIT[0]);
        }
    }

    /// Whether a run of an input before it is handed out may pay.
    pub(super) fn wants_rehearsal(&mut self) -> bool {
        if self.places.is_empty() {
            return false;
        }
        self.asked = self.asked.wrapping_add(1);
        let has_credit = self.credit > 0;
        self.credit = self.credit.saturating_sub(1);
        has_credit || self.asked.is_multiple_of(SELDOM)
    }

    /// Whether numbers may have to be put right once more, after that was done so many times.
    pub(super) fn wants_another(&mut self, nth: usize) -> bool {
        if nth > 0 {
            self.chained = CHAINED;
            return true;
        }
        self.chained = self.chained.saturating_sub(1);
        self.chained > 0 || self.asked.is_multiple_of(SELDOM)
    }

    /// These numbers were put right last, in the input that is run next.
    pub(super) fn expect(&mut self, attempt: Attempt) {
        self.expected = attempt;
    }

    fn earn(&mut self, rehearsals: u32) {
        self.credit = self.credit.saturating_add(rehearsals).min(CREDIT[2]);
    }

    /// Puts numbers right, one for each comparison, after a run of the input left these hints. `before` is
    /// what was done before that run; what is done now takes its place. Says whether anything changed.
    pub(super) fn put_right(
        &mut self,
        hints: &Hints,
        input: &mut [u8],
        before: &mut Attempt,
    ) -> bool {
        self.judge(hints, before);
        before.0.clear();
        // What has proved itself comes first.
        self.places.sort_by_key(|known| known.failures);
        for Known { place, .. } in &self.places {
            if before.0.iter().any(|done| done.site == place.site) {
                continue;
            }
            if let Some(hint) = hints.numbers.iter().find(|hint| hint.site == place.site)
                && place.put_right(input, hint.operands)
            {
                before.0.push(*place);
            }
        }
        !before.0.is_empty()
    }

    /// Whether what was put right is right.
    fn judge(&mut self, hints: &Hints, attempt: &Attempt) {
        let mut earned = 0u32;
        for known in self.places.iter_mut().filter(|known| attempt.0.contains(&known.place)) {
            let site = known.place.site;
            if hints.numbers.iter().any(|hint| hint.site == site) {
                known.failures = known.failures.saturating_add(1);
            } else if hints.equal.contains(&site) {
                known.failures = known.failures.saturating_sub(1);
                earned = earned.saturating_add(CREDIT[1]);
            }
        }
        self.earn(earned);
        let suspects = &mut self.suspects;
        self.places.retain(|known| {
            let is_hopeless = known.failures >= MOST_FAILURES;
            if is_hopeless && let Some(evidence) = suspects.get_mut(&known.place) {
                evidence.seen = 0;
                evidence.strikes = evidence.strikes.saturating_add(1);
            }
            !is_hopeless
        });
    }
}

impl Place {
    fn put_right(self, input: &mut [u8], operands: [u64; 2]) -> bool {
        let [one, other] = operands.map(|number| self.form.bytes(number));
        let (Some(one), Some(other)) = (one, other) else { return false };
        let at = match self.anchor {
            Anchor::Start(at) => Some(at),
            Anchor::End(bytes) => input.len().checked_sub(bytes),
        };
        let range = at.and_then(|at| Some(at..at.checked_add(self.form.width)?));
        let Some(there) = range.and_then(|range| input.get_mut(range)) else { return false };
        for (is, wanted) in [(&one, &other), (&other, &one)] {
            if there == is.as_slice() {
                there.copy_from_slice(wanted);
                return true;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: NumberForm = NumberForm { width: 4, is_big_endian: false, is_complement: false };

    /// What a run of `input` compares: the sum of all bytes but the last four with those.
    fn run(input: &[u8]) -> Hints {
        let (body, sum) = input.split_last_chunk::<4>().unwrap_or((input, &[0; 4]));
        let is: u64 = body.iter().map(|byte| u64::from(*byte)).sum();
        let operands = [is, u32::from_le_bytes(*sum).into()];
        let mut hints = Hints::default();
        if operands[0] == operands[1] {
            hints.equal.push(7);
        } else {
            hints.numbers.push(Comparison { site: 7, width: 4, operands, shift: 0, cases: 0 });
        }
        hints
    }

    /// Runs some inputs whose sum is wrong, then one in which it was put right.
    fn taught() -> Learned {
        let mut learned = Learned::default();
        for nth in 1..=8u8 {
            learned.take(&run(&[nth, 1, 2, 3, nth, nth, 0, 0]));
        }
        let right = [1, 2, 3, 6, 0, 0, 0];
        let edit = Edit { at: 3, remove: 4, insert: vec![6, 0, 0, 0], form: Some(FORM) };
        learned.try_edit(7, &edit, right.len());
        learned.take(&run(&right));
        learned
    }

    #[test]
    fn a_checksum_is_put_right_from_then_on() {
        let mut learned = taught();
        assert!(learned.wants_rehearsal());
        let mut input = *b"another length....";
        let hints = run(&input);
        assert!(learned.put_right(&hints, &mut input, &mut Attempt::default()));
        assert_eq!(run(&input).equal, [7]);
    }

    #[test]
    fn what_is_compared_with_a_constant_is_not_learned() {
        let mut learned = Learned::default();
        let hints = |operand| Hints {
            numbers: vec![Comparison {
                site: 7,
                width: 4,
                operands: [operand, 99],
                shift: 0,
                cases: 0,
            }],
            ..Hints::default()
        };
        (1..=8).for_each(|operand| learned.take(&hints(operand)));
        learned.try_edit(
            7,
            &Edit { at: 0, remove: 4, insert: vec![99, 0, 0, 0], form: Some(FORM) },
            4,
        );
        learned.take(&Hints { equal: vec![7], ..Hints::default() });
        assert!(!learned.wants_rehearsal());
    }

    #[test]
    fn a_place_that_never_helps_is_given_up() {
        let mut learned = taught();
        let mut attempt = Attempt::default();
        // The sum is compared with something else now.
        for nth in 0..1_000u64 {
            let mut input = nth.to_le_bytes().to_vec();
            let Some((_, sum)) = input.split_last_chunk::<4>() else { continue };
            let operands = [nth.wrapping_add(77), u32::from_le_bytes(*sum).into()];
            let numbers = vec![Comparison { site: 7, width: 4, operands, shift: 0, cases: 0 }];
            let hints = Hints { numbers, ..Hints::default() };
            learned.put_right(&hints, &mut input, &mut attempt);
        }
        assert!(learned.places.iter().all(|known| known.place.anchor == Anchor::Start(3)));
    }
}
