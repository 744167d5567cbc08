//! What a run of an interpreter with coverage leaves behind: counters and comparisons.

use crate::instrument::{CallComparison, Comparison, CoverageMap};
use crate::num::usize_of;

/// The coverage of one run, read in place.
#[derive(Clone, Copy, Debug)]
pub struct Observation<'a> {
    map: &'a CoverageMap,
    memory: &'a [u8],
}

impl<'a> Observation<'a> {
    pub(crate) fn new(map: &'a CoverageMap, memory: &'a [u8]) -> Self {
        Self { map, memory }
    }

    /// What the counters and comparisons stand for.
    pub fn map(&self) -> &'a CoverageMap {
        self.map
    }

    /// How often control came by each point of the map, modulo 256.
    pub fn counters(&self) -> &'a [u8] {
        self.map.counters(self.memory)
    }

    /// How often control came by each point of the map, in full; nothing where that is not counted.
    pub fn counts(&self) -> impl Iterator<Item = u64> + use<'a> {
        self.map.counts(self.memory)
    }

    /// The comparisons in blocks that were entered, in the order of the code: of each the last time that
    /// it was made. One that an early end of the run left out compares zero with zero.
    pub fn comparisons(&self) -> impl Iterator<Item = Comparison> + 'a {
        let (map, memory, counters) = (self.map, self.memory, self.counters());
        (0u32..).zip(map.sites()).filter_map(move |(nth, site)| {
            let entered = counters.get(usize_of(site.point)).is_some_and(|count| *count != 0);
            entered.then(|| map.comparison(memory, nth)).flatten()
        })
    }

    /// The last calls that compared bytes or text, the latest one first.
    pub fn calls(&self) -> impl Iterator<Item = CallComparison<'a>> + 'a {
        self.map.calls(self.memory)
    }
}
