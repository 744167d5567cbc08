//! Numbers of the input that follow from the rest of it: checksums and lengths, wherever they are. They
//! are found out by following comparisons of which neither side is a constant.

use super::hints::Hints;
use proofhouse_corpus::{Edit, NumberForm};
use proofhouse_sandbox::instrument::Comparison;
use std::collections::HashMap;

/// Numbers that are known, at most.
const MOST_LEARNED: usize = 16;

/// A number in the input that a comparison looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    site: u32,
    at: usize,
    /// The same from the end of the input.
    from_end: usize,
    form: NumberForm,
}

/// What a site has compared so far.
#[derive(Clone, Copy, Debug)]
struct Past {
    operands: [u64; 2],
    /// How often either operand was another than the time before.
    changes: [u32; 2],
}

/// How often both sides of a comparison have to change before one is taken to follow from the other.
const MANY: u32 = 8;
/// A place is given up if it was put right in vain this many times more often than with success.
const MOST_FAILURES: u32 = 8;

/// A place that is known.
struct Known {
    place: Place,
    /// How much more often it was put right in vain than with success.
    failures: u32,
}

/// What is known.
#[derive(Default)]
pub(super) struct Learned {
    past: HashMap<u32, Past>,
    places: Vec<Known>,
    /// A number that was put right for a comparison, until the next run tells whether it is.
    tried: Option<Place>,
    /// Comparisons whose numbers were others the last time, what follows from the input among them.
    pub(super) fresh: Vec<Comparison>,
}

impl Learned {
    /// An input is handed out in which this number was replaced.
    pub(super) fn try_edit(&mut self, site: u32, edit: &Edit, input_bytes: usize) {
        self.tried = edit.form.map(|form| {
            let from_end = input_bytes.saturating_sub(edit.at);
            Place { site, at: edit.at, from_end, form }
        });
    }

    /// What the run of the last input compared.
    pub(super) fn take(&mut self, hints: &Hints) {
        self.fresh.clear();
        for hint in &hints.numbers {
            let new = Past { operands: hint.operands, changes: [0; 2] };
            let past = self.past.entry(hint.site).or_insert(new);
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
        // If the comparison was made and is no hint any more, its numbers are equal now.
        if let Some(place) = self.tried.take()
            && !hints.numbers.iter().any(|hint| hint.site == place.site)
            && self
                .past
                .get(&place.site)
                .is_some_and(|past| past.changes.iter().all(|changes| *changes >= MANY))
            && !self.places.iter().any(|known| known.place == place)
            && self.places.len() < MOST_LEARNED
        {
            self.places.push(Known { place, failures: 0 });
        }
    }

    /// Whether nothing is known.
    pub(super) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Puts numbers right, after a run of the input left these hints. `before` are the sites for which that
    /// was done in the run before it; those of this one take their place. Says whether anything changed.
    pub(super) fn put_right(
        &mut self,
        hints: &Hints,
        input: &mut [u8],
        before: &mut Vec<u32>,
    ) -> bool {
        let mut done = Vec::new();
        for known in &mut self.places {
            let site = known.place.site;
            let hint = hints.numbers.iter().find(|hint| hint.site == site);
            match (hint, before.contains(&site)) {
                (None, true) => known.failures = known.failures.saturating_sub(1),
                (Some(_), true) => known.failures = known.failures.saturating_add(1),
                (_, false) => {}
            }
            if let Some(hint) = hint {
                let [one, other] = hint.operands;
                if known.place.put_right(input, one, other) {
                    done.push(site);
                }
            }
        }
        self.places.retain(|known| known.failures < MOST_FAILURES);
        *before = done;
        !before.is_empty()
    }
}

impl Place {
    fn put_right(self, input: &mut [u8], one: u64, other: u64) -> bool {
        let (Some(one), Some(other)) = (self.bytes(one), self.bytes(other)) else { return false };
        let ends = input.len().checked_sub(self.from_end);
        for at in std::iter::once(self.at).chain(ends.filter(|at| *at != self.at)) {
            let Some(end) = at.checked_add(self.form.width) else { continue };
            let Some(there) = input.get_mut(at..end) else { continue };
            for (is, wanted) in [(&one, &other), (&other, &one)] {
                if there == is.as_slice() {
                    there.copy_from_slice(wanted);
                    return true;
                }
            }
        }
        false
    }

    fn bytes(self, number: u64) -> Option<Vec<u8>> {
        self.form.bytes(number)
    }
}
