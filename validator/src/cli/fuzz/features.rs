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
    for comparison in &hints.numbers {
        let [one, other] = comparison.operands;
        let last = comparison.cases.checked_sub(1).map(|cases| other.wrapping_add(cases.into()));
        let other = last.unwrap_or(other);
        if one != other && (one >= SMALLEST || other >= SMALLEST) {
            Features::compared(comparison.width, one, other);
        }
    }
    for words in &hints.words {
        let [one, other] = &words.operands;
        Features::compared_words(words.site, one, other, words.kind.finds());
    }
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
    use super::*;

    fn of(width: u8, one: u64, other: u64) -> Option<(usize, u8)> {
        closeness(Comparison { site: 2, width, operands: [one, other], shift: 0, cases: 0 })
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
