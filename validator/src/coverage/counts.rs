//! How often each point of a coverage map was passed, over all runs.

/// Counts in the order of the map's points.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts(Vec<u64>);

impl Counts {
    /// Nothing was passed yet.
    pub fn none(points: usize) -> Self {
        Self(vec![0; points])
    }

    /// Adds those of one run.
    pub fn add(&mut self, run: impl IntoIterator<Item = u64>) {
        for (total, count) in self.0.iter_mut().zip(run) {
            *total = total.saturating_add(count);
        }
    }

    /// The count of each point.
    pub fn of_points(&self) -> &[u64] {
        &self.0
    }
}
