//! Smaller inputs with the same end.
//!
//! Whole events go first, then parts of a channel file (instances, criteria, strings), field values of
//! events, and at last plain bytes of what has no structure that is known. A step is kept if the
//! caller's predicate holds for what it gives; that is asked on the input itself first, and a number of
//! attempts bounds it all.

use std::borrow::Cow;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use crate::case::CaseEvent;
use crate::channel::{ChannelFile, Criterion};
use crate::event::{FieldValue, FieldValues};

/// What is minimised.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Input {
    /// The content.
    pub content: Vec<u8>,
    /// The events, in order.
    pub events: Vec<CaseEvent>,
}

impl Input {
    /// Bytes of all of it.
    pub fn size(&self) -> usize {
        let events = self.events.iter().map(|event| event.bytes.len());
        self.content.len().saturating_add(events.sum())
    }
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Minimized {
    /// The smallest input found.
    pub input: Input,
    /// How often the predicate was asked.
    pub attempts: usize,
    /// Whether the attempts were used up before nothing was left to try.
    pub is_cut_short: bool,
}

/// Makes an input smaller for which `holds` is true. `None` if it is not true for the input itself.
pub fn minimize(
    input: Input,
    attempts: usize,
    holds: impl FnMut(&Input) -> bool,
) -> Option<Minimized> {
    let mut search = Search { best: input, left: attempts, seen: HashSet::new(), holds };
    let first = search.best.clone();
    if search.left == 0 || !search.holds(&first) {
        return None;
    }
    loop {
        let before = search.best.clone();
        search.events();
        search.channel();
        search.fields();
        search.bytes();
        if search.best == before || search.left == 0 {
            break;
        }
    }
    Some(Minimized {
        attempts: attempts.saturating_sub(search.left),
        is_cut_short: search.left == 0,
        input: search.best,
    })
}

struct Search<P> {
    best: Input,
    left: usize,
    seen: HashSet<u64>,
    holds: P,
}

impl<P: FnMut(&Input) -> bool> Search<P> {
    fn holds(&mut self, input: &Input) -> bool {
        let mut hasher = DefaultHasher::new();
        input.hash(&mut hasher);
        if self.left == 0 || !self.seen.insert(hasher.finish()) {
            return false;
        }
        self.left = self.left.saturating_sub(1);
        (self.holds)(input)
    }

    /// Takes a smaller input over if the predicate holds for it.
    fn offer(&mut self, input: Input) -> bool {
        let is_better = self.holds(&input);
        if is_better {
            self.best = input;
        }
        is_better
    }

    fn events(&mut self) {
        let mut nth = self.best.events.len();
        while let Some(index) = nth.checked_sub(1) {
            nth = index;
            let mut smaller = self.best.clone();
            smaller.events.remove(index);
            self.offer(smaller);
        }
    }

    fn offer_content(&mut self, file: &ChannelFile<'_>) -> bool {
        let Ok(content) = file.encode() else { return false };
        let events = self.best.events.clone();
        content.len() <= self.best.content.len() && self.offer(Input { content, events })
    }

    fn channel(&mut self) {
        let Ok(file) = ChannelFile::decode(&self.best.content) else { return };
        let mut file = file.into_owned();
        let mut nth = file.instances.len();
        while let Some(index) = nth.checked_sub(1) {
            nth = index;
            let mut smaller = file.clone();
            smaller.instances.remove(index);
            if self.offer_content(&smaller) {
                file = smaller;
            }
        }
        for instance in 0..file.instances.len() {
            let criteria = file.instances.get(instance).map_or(0, |it| it.criteria.len());
            for input in 0..criteria {
                for criterion in simpler(&file, instance, input) {
                    let mut smaller = file.clone();
                    let place = smaller.instances.get_mut(instance);
                    if let Some(place) = place.and_then(|it| it.criteria.get_mut(input)) {
                        *place = criterion;
                    }
                    if smaller != file && self.offer_content(&smaller) {
                        file = smaller;
                        break;
                    }
                }
            }
        }
    }

    fn fields(&mut self) {
        for nth in 0..self.best.events.len() {
            let Some(event) = self.best.events.get(nth) else { return };
            let Ok(fields) = FieldValues::decode(&event.bytes) else { continue };
            let mut values = fields.to_vec();
            for field in 0..values.len() {
                let mut simpler = values.clone();
                if let Some(value) = simpler.get_mut(field)
                    && *value != FieldValue::Absent
                {
                    *value = FieldValue::Absent;
                    let Ok(fields) = FieldValues::new(simpler.clone()) else { continue };
                    if self.offer_event(nth, fields.encode()) {
                        values = simpler;
                    }
                }
            }
        }
    }

    fn offer_event(&mut self, nth: usize, bytes: Vec<u8>) -> bool {
        let mut smaller = self.best.clone();
        if let Some(event) = smaller.events.get_mut(nth) {
            event.bytes = bytes;
        }
        self.offer(smaller)
    }

    /// Leaves out halves, quarters and so on of what has no known structure (Zeller and Hildebrandt,
    /// "Simplifying and isolating failure-inducing input", TSE 2002, without the complements).
    fn bytes(&mut self) {
        if ChannelFile::decode(&self.best.content).is_err() {
            self.cut(|input| Some(&mut input.content));
        }
        for nth in 0..self.best.events.len() {
            let event = self.best.events.get(nth);
            if event.is_some_and(|event| FieldValues::decode(&event.bytes).is_err()) {
                self.cut(|input| input.events.get_mut(nth).map(|event| &mut event.bytes));
            }
        }
    }

    fn cut(&mut self, part: impl Fn(&mut Input) -> Option<&mut Vec<u8>>) {
        let mut best = self.best.clone();
        let mut chunk = part(&mut best).map_or(0, |bytes| bytes.len());
        while chunk > 0 {
            let mut at = 0usize;
            loop {
                let mut smaller = self.best.clone();
                let Some(bytes) = part(&mut smaller).filter(|bytes| at < bytes.len()) else {
                    break;
                };
                let end = at.saturating_add(chunk).min(bytes.len());
                bytes.drain(at..end);
                if !self.offer(smaller) {
                    at = at.saturating_add(chunk);
                }
            }
            chunk /= 2;
        }
    }
}

/// Simpler forms of a criterion, the simplest first.
fn simpler(file: &ChannelFile<'_>, instance: usize, input: usize) -> Vec<Criterion<'static>> {
    let old = file.instances.get(instance).and_then(|it| it.criteria.get(input));
    let first = |string: &Cow<'_, [u8]>| string.iter().take(1).copied().collect::<Vec<u8>>();
    let mut simpler = vec![Criterion::Wildcard];
    match old {
        None | Some(Criterion::Wildcard) => return Vec::new(),
        Some(Criterion::Equals(string)) if !string.is_empty() => {
            simpler.push(Criterion::Equals(Cow::Borrowed(b"")));
            simpler.push(Criterion::Equals(Cow::Owned(first(string))));
        }
        Some(Criterion::Prefix(string)) if string.len() > 1 => {
            simpler.push(Criterion::Prefix(Cow::Owned(first(string))));
        }
        Some(Criterion::Contains(string)) if string.len() > 1 => {
            simpler.push(Criterion::Contains(Cow::Owned(first(string))));
        }
        Some(_) => {}
    }
    simpler
}
