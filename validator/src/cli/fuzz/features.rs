//! From what a run covered to what libFuzzer looks at: a counter for each point of the map, then some
//! for each comparison, which say how close its operands came.

use super::driver::Features;
use super::hints::{Hints, Words};
use proofhouse_sandbox::Observation;
use proofhouse_sandbox::instrument::{CallComparison, Comparison, CoverageMap};

/// Counters of a comparison: together they tell its distances apart.
const PER_SITE: usize = 4;
/// Values of a counter that libFuzzer tells apart.
const STEPS: [u8; 8] = [1, 2, 3, 4, 8, 16, 32, 128];

/// How many counters a module needs.
pub(super) fn counters(map: &CoverageMap) -> usize {
    let sites = map.sites().len().saturating_add(map.call_sites().len());
    map.points().len().saturating_add(sites.saturating_mul(PER_SITE))
}

/// Numbers below this are all over any input: libFuzzer does no better than chance with them.
const SMALLEST: u64 = 256;
/// Cases of one switch that it is shown: its table of recent comparisons has no more places.
const MOST_CASES: u32 = 32;
/// Different words of one run that are kept as hints.
const MOST_WORDS: usize = 48;

/// Takes over what one run covered.
pub(super) fn record(observation: &Observation<'_>, features: &mut Features, hints: &mut Hints) {
    let covered = observation.counters();
    let Some((points, sites)) = features.counters().split_at_mut_checked(covered.len()) else {
        return;
    };
    points.copy_from_slice(covered);
    collect(observation, hints, |comparison| {
        if let Some((counter, step)) = closeness(comparison)
            && let Some(counter) = sites.get_mut(counter)
        {
            *counter = step;
        }
    });
    let first_call = observation.map().sites().len();
    for call in observation.calls() {
        let site = usize::try_from(call.site).unwrap_or(usize::MAX).saturating_add(first_call);
        if let Some((counter, step)) = likeness(site, &call)
            && let Some(counter) = sites.get_mut(counter)
        {
            *counter = step.max(*counter);
        }
    }
    for (width, one, other) in hints.numbers.iter().flat_map(shown) {
        Features::compared(width, one, other);
    }
    for words in &hints.words {
        let [one, other] = &words.operands;
        Features::compared_words(words.site, one, other, words.kind.finds());
    }
}

/// What libFuzzer is shown of a comparison: both numbers, or the number of a switch beside each of its cases.
fn shown(comparison: &Comparison) -> impl Iterator<Item = (u8, u64, u64)> {
    let Comparison { width, operands: [one, first], cases, .. } = *comparison;
    let others = (0..cases.clamp(1, MOST_CASES)).map(move |case| first.wrapping_add(case.into()));
    let is_worth_it = move |other: &u64| one != *other && (one >= SMALLEST || *other >= SMALLEST);
    others.filter(is_worth_it).map(move |other| (width, one, other))
}

/// What a run compared: what was not equal may be worth looking for in its input.
pub(super) fn hints(observation: &Observation<'_>, hints: &mut Hints) {
    collect(observation, hints, |_| ());
}

/// The same; `look` sees each comparison of numbers.
fn collect(observation: &Observation<'_>, hints: &mut Hints, mut look: impl FnMut(Comparison)) {
    hints.clear();
    for comparison in observation.comparisons() {
        look(comparison);
        let [one, other] = comparison.operands;
        if one != other || comparison.cases > 0 {
            hints.numbers.push(comparison);
        } else if one != 0 {
            hints.equal.push(comparison.site);
        }
    }
    for call in observation.calls() {
        let [one, other] = call.operands;
        if one == other {
            if hints.equal_words.len() < MOST_WORDS {
                hints.equal_words.push((call.site, other.to_vec()));
            }
            continue;
        }
        let is_there = |words: &Words| words.operands == call.operands;
        if hints.words.len() < MOST_WORDS && !hints.words.iter().any(is_there) {
            let operands = call.operands.map(<[u8]>::to_vec);
            hints.words.push(Words { site: call.site, kind: call.kind, operands });
        }
    }
}

/// Which counter of a call gets which value: by the number of bytes from the beginning that are equal. For
/// a search, by the longest beginning of the second operand that is anywhere in the first one.
fn likeness(site: usize, call: &CallComparison<'_>) -> Option<(usize, u8)> {
    let [one, other] = call.operands;
    let is_equal = |(one, other): &(&u8, &u8)| {
        one == other || (call.kind.is_of_any_case() && one.eq_ignore_ascii_case(other))
    };
    let equal = |from: &[u8]| from.iter().zip(other).take_while(is_equal).count();
    let equal = if call.kind.finds() {
        (0..one.len()).map(|at| equal(one.get(at..).unwrap_or_default())).max().unwrap_or(0)
    } else {
        equal(one)
    };
    let level = equal.min(31);
    Some((site.checked_mul(PER_SITE)?.checked_add(level / 8)?, *STEPS.get(level % 8)?))
}

/// Which counter of the comparisons gets which value: by the number of bits that are equal.
fn closeness(comparison: Comparison) -> Option<(usize, u8)> {
    let [one, other] = comparison.operands;
    if comparison.cases > 0 || (one == 0 && other == 0) {
        return None;
    }
    let bits = u32::from(comparison.width).saturating_mul(8);
    let equal = bits.saturating_sub((one ^ other).count_ones());
    // 32 levels for either width.
    let level = equal.saturating_mul(32).checked_div(bits)?.checked_sub(1)?;
    let (counter, step) = (usize::try_from(level / 8).ok()?, usize::try_from(level % 8).ok()?);
    let site = usize::try_from(comparison.site).ok()?;
    Some((site.checked_mul(PER_SITE)?.checked_add(counter)?, *STEPS.get(step)?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing, reason = "a failed assumption is a failed test")]
    use super::*;
    use proofhouse_sandbox::instrument::CallKind;

    fn of(width: u8, one: u64, other: u64) -> Option<(usize, u8)> {
        closeness(Comparison { site: 2, width, operands: [one, other], shift: 0, cases: 0 })
    }

    /// The number of a switch and its cases, as far as they are shown.
    fn cases(number: u64, first: u64, cases: u32) -> Vec<(u8, u64, u64)> {
        let operands = [number, first];
        shown(&Comparison { site: 0, width: 4, operands, shift: 0, cases }).collect()
    }

    #[test]
    fn every_case_of_a_switch_is_shown_and_small_numbers_are_not() {
        assert_eq!(cases(1001, 1000, 3), [(4, 1001, 1000), (4, 1001, 1002)]);
        // Only those beside which a number of the input can be told from chance.
        assert_eq!(cases(7, 254, 4), [(4, 7, 256), (4, 7, 257)]);
        assert_eq!(cases(7, 0, 9), []);
        // No more than fit.
        assert_eq!(cases(5000, 0, u32::MAX).len(), 32);
        // No switch.
        assert_eq!(cases(1, 300, 0), [(4, 1, 300)]);
        assert_eq!((cases(300, 300, 0), cases(1, 2, 0)), (vec![], vec![]));
    }

    fn like(kind: CallKind, one: &[u8], other: &[u8]) -> Option<(usize, u8)> {
        likeness(2, &CallComparison { site: 0, kind, operands: [one, other] })
    }

    #[test]
    fn each_length_of_an_equal_beginning_is_a_feature_of_its_own() {
        let text = [b'x'; 40];
        let mut seen: Vec<_> =
            (0..40).map(|equal| like(CallKind::Bytes, &text[..equal], &text)).collect();
        assert_eq!((seen[0], seen[1], seen[31]), (Some((8, 1)), Some((8, 2)), Some((11, 128))));
        // Longer ones are not told apart.
        seen.dedup();
        assert_eq!(seen.len(), 32);
        // It is the beginning that counts, in either case of letters only where the function takes them for
        // the same, and anywhere in what is searched.
        assert_eq!(like(CallKind::Bytes, b"_bcd", b"abcd"), Some((8, 1)));
        assert_eq!(like(CallKind::Text, b"ABxx", b"abcd"), Some((8, 1)));
        assert_eq!(like(CallKind::TextOfAnyCase, b"ABxx", b"abcd"), Some((8, 3)));
        assert_eq!(like(CallKind::FindText, b"..ab..abc..", b"abcd"), Some((8, 4)));
        assert_eq!(like(CallKind::FindText, b"", b"abcd"), Some((8, 1)));
    }

    #[test]
    fn each_distance_is_a_feature_of_its_own() {
        let all = u64::from(u32::MAX);
        assert_eq!((of(4, 0, all), of(4, 0, 0)), (None, None));
        assert_eq!(of(4, 7, 7), Some((11, 128)));
        assert_eq!(of(4, 7, 6), Some((11, 32)));
        assert_eq!(of(4, 1, all), Some((8, 1)));
        assert_eq!(of(8, 5, 5), Some((11, 128)));
        let mut seen: Vec<_> = (0..32).map(|bit| of(4, 0, all >> bit)).collect();
        seen.dedup();
        assert_eq!(seen.len(), 32);
    }
}
