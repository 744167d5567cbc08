//! From what a run covered to what libFuzzer looks at: a counter for each point of the map, then some
//! for each comparison, which say how close its operands came.

use super::driver::Features;
use proofhouse_sandbox::Observation;
use proofhouse_sandbox::instrument::{Comparison, CoverageMap};

/// Counters of a comparison: together they tell its distances apart.
const PER_SITE: usize = 4;
/// Values of a counter that libFuzzer tells apart.
const STEPS: [u8; 8] = [1, 2, 3, 4, 8, 16, 32, 128];

/// How many counters a module needs.
pub(super) fn counters(map: &CoverageMap) -> usize {
    map.points().len().saturating_add(map.sites().len().saturating_mul(PER_SITE))
}

/// Numbers below this are all over any input: replacing them is no better than chance.
const SMALLEST: u64 = 256;

/// Takes over what one run covered. `hints` gets the comparisons of numbers that are worth looking for in
/// the input.
pub(super) fn record(
    observation: &Observation<'_>,
    features: &mut Features,
    hints: &mut Vec<Comparison>,
) {
    hints.clear();
    let covered = observation.counters();
    let Some((points, sites)) = features.counters().split_at_mut_checked(covered.len()) else {
        return;
    };
    points.copy_from_slice(covered);
    for comparison in observation.comparisons() {
        let [one, other] = comparison.operands;
        if one == 0 && other == 0 {
            continue;
        }
        if let Some((counter, step)) = closeness(comparison)
            && let Some(counter) = sites.get_mut(counter)
        {
            *counter = step;
        }
        if is_hint(comparison) {
            Features::compared(comparison.width, one, other);
            hints.push(comparison);
        }
    }
}

/// The comparisons of a run that are worth looking for in its input.
pub(super) fn hints(observation: &Observation<'_>, hints: &mut Vec<Comparison>) {
    hints.clear();
    hints.extend(observation.comparisons().filter(|comparison| is_hint(*comparison)));
}

fn is_hint(comparison: Comparison) -> bool {
    let [one, other] = comparison.operands;
    one != other && (one >= SMALLEST || other >= SMALLEST)
}

/// Which counter of the comparisons gets which value: by the number of bits that are equal.
fn closeness(comparison: Comparison) -> Option<(usize, u8)> {
    let [one, other] = comparison.operands;
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
        closeness(Comparison { site: 2, width, operands: [one, other] })
    }

    #[test]
    fn each_distance_is_a_feature_of_its_own() {
        let all = u64::from(u32::MAX);
        assert_eq!(of(4, 0, all), None);
        assert_eq!(of(4, 7, 7), Some((11, 128)));
        assert_eq!(of(4, 7, 6), Some((11, 32)));
        assert_eq!(of(4, 1, all), Some((8, 1)));
        assert_eq!(of(8, 5, 5), Some((11, 128)));
        let mut seen: Vec<_> = (0..32).map(|bit| of(4, 0, all >> bit)).collect();
        seen.dedup();
        assert_eq!(seen.len(), 32);
    }
}
