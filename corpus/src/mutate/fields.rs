//! Every field of every instance, one after the other, as what it is least likely to have been tested
//! with: a wildcard becomes a literal, a literal a wildcard, and either the empty string, a prefix or
//! something long.

use std::borrow::Cow;

use crate::channel::{ChannelFile, Criterion};

/// Bytes of a long string: more than a fixed buffer for names has.
const LONG: usize = 300;

/// The files that differ from `file` in one field. Files that cannot be encoded are left out by whoever
/// encodes them.
pub fn field_mutations<'f>(file: &'f ChannelFile<'_>) -> impl Iterator<Item = ChannelFile<'f>> {
    (0..file.instances.len()).flat_map(move |instance| {
        let inputs = file.instances.get(instance).map_or(0, |instance| instance.criteria.len());
        // From the last one: what content declares and code does not supply is at the end.
        (0..inputs).rev().flat_map(move |input| changed(file, instance, input))
    })
}

fn changed<'f>(
    file: &'f ChannelFile<'_>,
    instance: usize,
    input: usize,
) -> impl Iterator<Item = ChannelFile<'f>> {
    let old = file.instances.get(instance).and_then(|instance| instance.criteria.get(input));
    others(old).into_iter().map(move |criterion| {
        let mut file = file.clone();
        let place = file.instances.get_mut(instance).and_then(|it| it.criteria.get_mut(input));
        if let Some(place) = place {
            *place = criterion;
        }
        file
    })
}

fn others(old: Option<&Criterion<'_>>) -> Vec<Criterion<'static>> {
    let long = || Cow::Owned(vec![b'a'; LONG]);
    let all = [
        Criterion::Equals(Cow::Borrowed(&b"a"[..])),
        Criterion::Wildcard,
        Criterion::Equals(Cow::Borrowed(&b""[..])),
        Criterion::Prefix(Cow::Borrowed(&b"a"[..])),
        Criterion::Contains(Cow::Borrowed(&b"a"[..])),
        Criterion::Equals(long()),
        Criterion::Prefix(long()),
        Criterion::IntegerRange { low: i64::MIN, high: i64::MAX },
    ];
    all.into_iter().filter(|other| Some(other) != old).collect()
}
