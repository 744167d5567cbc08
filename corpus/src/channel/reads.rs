//! Which criteria of a channel file were looked at, told by the bytes that somebody read; and files that
//! say something else in those that were not.
//!
//! Who reads nothing of a criterion may still know it from before. Whether they do shows when they are given
//! [`alternatives`]: files of the same size in which those criteria are other ones, of every kind there is.

use super::ChannelFile;
use super::checksum::reseal;
use super::layout::{
    CRITERION_A, CRITERION_B, CRITERION_SIZE, HEADER_SIZE, KIND_CONTAINS, KIND_EQUALS,
    KIND_INTEGER_RANGE, KIND_PREFIX, KIND_WILDCARD, instances_size,
};
use crate::numbers::saturating_usize;

/// One criterion of a file: which instance, and which of its criteria, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CriterionIndex {
    /// Index of the instance in the file.
    pub instance: usize,
    /// Index of the criterion in the instance.
    pub criterion: usize,
}

/// Kinds of criteria, in their order.
const KINDS: [u8; 5] = [KIND_WILDCARD, KIND_EQUALS, KIND_PREFIX, KIND_CONTAINS, KIND_INTEGER_RANGE];

impl ChannelFile<'_> {
    /// All criteria.
    pub fn criteria(&self) -> impl Iterator<Item = CriterionIndex> + '_ {
        self.instances.iter().enumerate().flat_map(|(instance, of)| {
            (0..of.criteria.len()).map(move |criterion| CriterionIndex { instance, criterion })
        })
    }

    /// Whether any byte of a criterion was read; `read` says it of each byte of the encoded file. Its
    /// string does not count: criteria share strings.
    pub fn was_read(&self, at: CriterionIndex, read: &[bool]) -> bool {
        let bytes = self
            .criterion_offset(at.instance, at.criterion)
            .and_then(|start| read.get(start..)?.get(..saturating_usize(CRITERION_SIZE)));
        bytes.is_some_and(|bytes| bytes.contains(&true))
    }
}

/// Files of the same size, each with other criteria at those places and nothing else changed. Over all of
/// them every place has a criterion of every kind that the file's strings allow, and one of its own kind
/// with other operands. `encoded` is the file's bytes.
pub fn alternatives(
    file: &ChannelFile<'_>,
    encoded: &[u8],
    places: &[CriterionIndex],
) -> Vec<Vec<u8>> {
    let instances = u32::try_from(file.instances.len()).unwrap_or(u32::MAX);
    let head = instances_size(instances, file.input_count).saturating_add(HEADER_SIZE.into());
    let strings = encoded.len().saturating_sub(saturating_usize(head));
    let others = |turn: usize| {
        let mut bytes = encoded.to_vec();
        for at in places {
            let start = file.criterion_offset(at.instance, at.criterion);
            let criterion = start.and_then(|start| bytes.get_mut(start..)?.first_chunk_mut());
            if let Some(criterion) = criterion {
                replace(criterion, turn, strings);
            }
        }
        reseal(&mut bytes);
        bytes
    };
    (1..=KINDS.len()).map(others).collect()
}

/// The size of a criterion as the type of an array has it.
const SIZE: usize = 24;

/// Makes it another criterion: of the kind so many further on, its own after a whole turn.
fn replace(criterion: &mut [u8; SIZE], turn: usize, strings: usize) {
    let [kind, ..] = *criterion;
    let old = (operand(criterion, CRITERION_A), operand(criterion, CRITERION_B));
    let next = usize::from(kind).saturating_add(turn).checked_rem(KINDS.len()).unwrap_or(0);
    let next = KINDS.get(next).copied().unwrap_or(KIND_WILDCARD);
    let same = next == kind;
    let other = |one, two| if same && old == one { two } else { one };
    let (next, (a, b)) = match next {
        KIND_WILDCARD if !same => (next, (0, 0)),
        KIND_EQUALS if strings > 0 => (next, other((0, 0), (0, 1))),
        KIND_EQUALS if !same => (next, (0, 0)),
        KIND_PREFIX | KIND_CONTAINS if strings > 1 => (next, other((0, 1), (1, 1))),
        KIND_PREFIX | KIND_CONTAINS if strings > 0 && !same => (next, (0, 1)),
        // There is no other of that kind, or no string for it.
        _ => (KIND_INTEGER_RANGE, if old == (3, 5) { (4, 6) } else { (3, 5) }),
    };
    let [a, b] = [a, b].map(u64::to_le_bytes);
    let rest = std::iter::repeat_n(0, CRITERION_A.saturating_sub(1));
    let bytes = std::iter::once(next).chain(rest).chain(a).chain(b);
    for (to, from) in criterion.iter_mut().zip(bytes) {
        *to = from;
    }
}

fn operand(criterion: &[u8; SIZE], at: usize) -> u64 {
    let bytes = criterion.get(at..).and_then(<[u8]>::first_chunk);
    bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

    use super::*;
    use crate::channel::{Criterion, Instance};
    use std::borrow::Cow;
    use std::collections::BTreeSet;
    use std::mem::{Discriminant, discriminant};

    fn file(strings: &'static [u8]) -> ChannelFile<'static> {
        let string = || Cow::Borrowed(strings);
        let mut all = vec![
            Criterion::Wildcard,
            Criterion::Equals(string()),
            Criterion::IntegerRange { low: 3, high: 5 },
        ];
        if !strings.is_empty() {
            all.extend([Criterion::Prefix(string()), Criterion::Contains(string())]);
        }
        let input_count = u32::try_from(all.len()).unwrap();
        let instance = |id| Instance { id, criteria: all.clone() };
        ChannelFile {
            channel_id: 1,
            template_type: 7,
            input_count,
            instances: vec![instance(1), instance(2)],
        }
    }

    #[test]
    fn a_criterion_is_read_if_one_of_its_bytes_is() {
        let file = file(b"ab");
        let encoded = file.encode().unwrap();
        let last = CriterionIndex { instance: 1, criterion: 4 };
        assert_eq!(file.criteria().last(), Some(last));
        let start = file.criterion_offset(1, 4).unwrap();
        for (byte, expected) in
            [(start - 1, false), (start, true), (start + 23, true), (start + 24, false)]
        {
            let mut read = vec![false; encoded.len()];
            read[byte] = true;
            assert_eq!(file.was_read(last, &read), expected, "{byte}");
        }
        assert!(!file.was_read(last, &[]));
        assert!(!file.was_read(CriterionIndex { instance: 2, criterion: 0 }, &[true; 999]));
    }

    #[test]
    fn alternatives_differ_in_those_places_and_are_of_every_kind() {
        for strings in [b"".as_slice(), b"a", b"ab", b"abc"] {
            let file = file(strings);
            let encoded = file.encode().unwrap();
            let places: Vec<_> = file.criteria().filter(|at| at.instance == 1).collect();
            let all = alternatives(&file, &encoded, &places);
            let all: Vec<_> = all.iter().map(|bytes| ChannelFile::decode(bytes).unwrap()).collect();
            assert_eq!(all.len(), 5);
            for other in &all {
                assert_eq!(other.instances[0], file.instances[0]);
                for (new, old) in
                    other.instances[1].criteria.iter().zip(&file.instances[1].criteria)
                {
                    assert_ne!(new, old, "{strings:?}");
                }
            }
            for at in &places {
                let kind = |file: &ChannelFile<'_>| -> Discriminant<Criterion<'static>> {
                    let file = file.clone().into_owned();
                    discriminant(&file.instances[1].criteria[at.criterion])
                };
                let kinds: BTreeSet<_> =
                    all.iter().map(|other| format!("{:?}", kind(other))).collect();
                let fewest = if strings.is_empty() { 2 } else { 4 };
                assert!(kinds.len() >= fewest, "{strings:?} {at:?} {kinds:?}");
            }
        }
    }
}
