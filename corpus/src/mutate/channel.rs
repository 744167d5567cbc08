//! Channel files, changed in one place.

use std::borrow::Cow;

use arbitrary::{Arbitrary as _, Result, Unstructured};

use super::random;
use crate::channel::{ChannelFile, Criterion, Instance};
use crate::limits::MAX_INPUTS;
use crate::numbers::saturating_usize;

/// Changes that one mutation makes, at most.
const MOST_CHANGES: u32 = 3;

/// A changed channel file of at most `max_bytes`. `words` are strings that may go into it, such as the
/// field values of events. Nothing if the bytes are no channel file, or if the result is too long.
pub fn mutate_channel(
    bytes: &[u8],
    words: &[Vec<u8>],
    seed: u64,
    max_bytes: usize,
) -> Option<Vec<u8>> {
    let mut file = ChannelFile::decode(bytes).ok()?;
    let random = random(seed);
    let mut u = Unstructured::new(&random);
    for _ in 0..u.int_in_range(1..=MOST_CHANGES).ok()? {
        change(&mut u, &mut file, words).ok()?;
    }
    written(&file, max_bytes)
}

/// A channel file with instances or criteria of another one.
pub fn cross_channels(one: &[u8], other: &[u8], seed: u64, max_bytes: usize) -> Option<Vec<u8>> {
    let mut file = ChannelFile::decode(one).ok()?;
    let other = ChannelFile::decode(other).ok()?;
    let random = random(seed);
    let mut u = Unstructured::new(&random);
    let inputs = saturating_usize(file.input_count);
    let from = u.choose(&other.instances).ok()?;
    let criteria = from.criteria.iter().cloned().chain(std::iter::repeat(Criterion::Wildcard));
    let criteria: Vec<_> = criteria.take(inputs).collect();
    if u.arbitrary().ok()? {
        let id = unused(&file);
        file.instances.push(Instance { id, criteria });
    } else {
        let at = u.choose_index(file.instances.len()).ok()?;
        // Where the other one has fewer inputs there is nothing of it to take.
        let common = inputs.min(from.criteria.len());
        let (first, count) = (u.choose_index(common).ok()?, u.int_in_range(1..=common).ok()?);
        let to = file.instances.get_mut(at)?.criteria.iter_mut().zip(criteria);
        to.take(common).skip(first).take(count).for_each(|(to, from)| *to = from);
    }
    written(&file, max_bytes)
}

fn written(file: &ChannelFile<'_>, max_bytes: usize) -> Option<Vec<u8>> {
    file.encode().ok().filter(|bytes| bytes.len() <= max_bytes)
}

fn unused(file: &ChannelFile<'_>) -> u32 {
    let used = |id: &u32| file.instances.iter().any(|instance| instance.id == *id);
    (1..=u32::MAX).find(|id| !used(id)).unwrap_or_default()
}

fn change(u: &mut Unstructured<'_>, file: &mut ChannelFile<'_>, words: &[Vec<u8>]) -> Result<()> {
    match u.int_in_range(0..=15)? {
        0 => file.template_type = near(u, file.template_type)?,
        1 => file.channel_id = near(u, file.channel_id)?,
        2 => {
            file.input_count = near(u, file.input_count)?.clamp(1, MAX_INPUTS);
            let inputs = saturating_usize(file.input_count);
            for instance in &mut file.instances {
                instance.criteria.resize(inputs, Criterion::Wildcard);
            }
        }
        3 if !file.instances.is_empty() => {
            let at = u.choose_index(file.instances.len())?;
            file.instances.remove(at);
        }
        4 => {
            let id = unused(file);
            let inputs = saturating_usize(file.input_count);
            let criteria = if file.instances.is_empty() {
                vec![Criterion::Wildcard; inputs]
            } else {
                u.choose(&file.instances)?.criteria.clone()
            };
            file.instances.push(Instance { id, criteria });
        }
        5 if !file.instances.is_empty() => {
            let (id, at) = (u.arbitrary()?, u.choose_index(file.instances.len())?);
            let taken = file.instances.iter().any(|instance| instance.id == id);
            if let Some(instance) = file.instances.get_mut(at).filter(|_| !taken) {
                instance.id = id;
            }
        }
        _ => {
            if file.instances.is_empty() {
                return Ok(());
            }
            let at = u.choose_index(file.instances.len())?;
            let Some(instance) = file.instances.get_mut(at) else { return Ok(()) };
            let input = match instance.criteria.len() {
                0 => return Ok(()),
                // What code supplies and what content declares differ at the end.
                inputs if u.ratio(1, 4)? => inputs.saturating_sub(1),
                inputs => u.choose_index(inputs)?,
            };
            if let Some(criterion) = instance.criteria.get_mut(input) {
                *criterion = criterion_of(u, criterion, words)?;
            }
        }
    }
    Ok(())
}

fn criterion_of<'a>(
    u: &mut Unstructured<'_>,
    old: &Criterion<'a>,
    words: &[Vec<u8>],
) -> Result<Criterion<'a>> {
    let word = |u: &mut Unstructured<'_>| -> Result<Cow<'a, [u8]>> {
        Ok(match (old, words) {
            (Criterion::Equals(s) | Criterion::Prefix(s) | Criterion::Contains(s), _)
                if u.arbitrary()? =>
            {
                // A part of what was there.
                let end = u.int_in_range(0..=s.len())?;
                Cow::Owned(s.get(..end).unwrap_or_default().to_vec())
            }
            (_, []) => Cow::Borrowed(b"a"),
            (_, words) => Cow::Owned(u.choose(words)?.clone()),
        })
    };
    let some =
        |string: Cow<'a, [u8]>| if string.is_empty() { Cow::Borrowed(&b"a"[..]) } else { string };
    Ok(match u.int_in_range(0..=7)? {
        0 => Criterion::Wildcard,
        1 => Criterion::Equals(Cow::Borrowed(b"")),
        2 | 3 => Criterion::Equals(word(u)?),
        4 => Criterion::Prefix(some(word(u)?)),
        5 => Criterion::Contains(some(word(u)?)),
        _ => Criterion::arbitrary(u)?,
    })
}

/// A number close to the old one, or any.
fn near(u: &mut Unstructured<'_>, old: u32) -> Result<u32> {
    Ok(match u.int_in_range(0..=3)? {
        0 => u.arbitrary()?,
        1 => old.wrapping_sub(1),
        2 => old.wrapping_add(1),
        _ => u.int_in_range(0..=64)?,
    })
}
