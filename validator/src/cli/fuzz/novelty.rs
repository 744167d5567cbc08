//! Which inputs covered something new: the same question that libFuzzer asks before it keeps one.

/// Counters that ever had a value of each kind.
#[derive(Debug)]
pub(super) struct Novelty {
    /// The [`kind`] of each value: a table has no branches to be mispredicted.
    kinds: [u8; 256],
    /// For each counter a bit for each of libFuzzer's eight kinds of values.
    seen: Vec<u8>,
}

/// Counters that are looked at together.
const CHUNK: usize = 8;

impl Default for Novelty {
    fn default() -> Self {
        let kinds = std::array::from_fn(|value| u8::try_from(value).map_or(0, kind));
        Self { kinds, seen: Vec::new() }
    }
}

impl Novelty {
    /// Whether a run brought a new value of a counter.
    pub(super) fn take(&mut self, counters: &[u8]) -> bool {
        if self.seen.len() < counters.len() {
            self.seen.resize(counters.len(), 0);
        }
        let mut is_new = false;
        for (counters, seen) in counters.chunks(CHUNK).zip(self.seen.chunks_mut(CHUNK)) {
            // Nearly all are zero.
            if <[u8; CHUNK]>::try_from(counters).is_ok_and(|counters| counters == [0; CHUNK]) {
                continue;
            }
            let mut new = 0;
            for (counter, seen) in counters.iter().zip(seen) {
                let kind = self.kinds.get(usize::from(*counter)).copied().unwrap_or_default();
                new |= kind & !*seen;
                *seen |= kind;
            }
            is_new |= new != 0;
        }
        is_new
    }
}

/// One bit for: 1, 2, 3, 4 to 7, 8 to 15, 16 to 31, 32 to 127, more. None for zero.
fn kind(counter: u8) -> u8 {
    match counter {
        0 => 0,
        1 => 1,
        2 => 2,
        3 => 4,
        4..=7 => 8,
        8..=15 => 16,
        16..=31 => 32,
        32..=127 => 64,
        128..=255 => 128,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_is_new_once_for_each_kind_of_value() {
        let mut novelty = Novelty::default();
        assert!(!novelty.take(&[0; 20]));
        let mut counters = [0; 20];
        for (value, is_new) in [(1, true), (1, false), (5, true), (7, false), (200, true)] {
            if let Some(last) = counters.last_mut() {
                *last = value;
            }
            assert_eq!(novelty.take(&counters), is_new, "{value}");
        }
    }
}
