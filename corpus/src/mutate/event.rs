//! Events, changed in one field.

use std::borrow::Cow;

use arbitrary::{Result, Unstructured};

use super::random;
use crate::channel::{ChannelFile, Instance};
use crate::event::{FieldValue, FieldValues};
use crate::generate::matching_event;

/// Changes that one mutation makes, at most.
const MOST_CHANGES: u32 = 3;

/// A changed event of at most `max_bytes`: with other field values, or aimed at an instance of the
/// content that it is for. Nothing if the bytes are no field values, or if the result is too long.
pub fn mutate_event(bytes: &[u8], content: &[u8], seed: u64, max_bytes: usize) -> Option<Vec<u8>> {
    let fields = FieldValues::decode(bytes).ok()?;
    let file = ChannelFile::decode(content).ok();
    let random = random(seed);
    let mut u = Unstructured::new(&random);
    let mut values = fields.to_vec();
    let instances = file.as_ref().map(|file| file.instances.as_slice()).unwrap_or_default();
    for _ in 0..u.int_in_range(1..=MOST_CHANGES).ok()? {
        change(&mut u, &mut values, instances).ok()?;
    }
    let changed = FieldValues::new(values).ok()?.encode();
    (changed.len() <= max_bytes).then_some(changed)
}

/// An event with some fields of another one. Nothing if either is no field values, or if the result is too
/// long.
pub fn cross_events(one: &[u8], other: &[u8], seed: u64, max_bytes: usize) -> Option<Vec<u8>> {
    let mut values = FieldValues::decode(one).ok()?.to_vec();
    let other = FieldValues::decode(other).ok()?.to_vec();
    let random = random(seed);
    let mut u = Unstructured::new(&random);
    let first = u.choose_index(other.len()).ok()?;
    let count = u.int_in_range(1..=other.len()).ok()?;
    let end = first.saturating_add(count).min(other.len());
    values.resize(values.len().max(end), FieldValue::Absent);
    let to = values.iter_mut().zip(other).take(end).skip(first);
    to.for_each(|(to, from)| *to = from);
    let crossed = FieldValues::new(values).ok()?.encode();
    (crossed.len() <= max_bytes).then_some(crossed)
}

fn change(
    u: &mut Unstructured<'_>,
    values: &mut Vec<FieldValue>,
    instances: &[Instance<'_>],
) -> Result<()> {
    match u.int_in_range(0..=7)? {
        0 => {
            values.pop();
        }
        1 => values.push(u.arbitrary()?),
        2..=4 if !instances.is_empty() => {
            // Wildcards keep what is there.
            let instance = u.choose(instances)?;
            let aimed = matching_event(u, instance)?;
            let wanted = instance.criteria.iter().zip(&*aimed);
            values.resize(values.len().max(aimed.len()), FieldValue::Absent);
            for (value, (criterion, aimed)) in values.iter_mut().zip(wanted) {
                if *criterion != crate::Criterion::Wildcard {
                    *value = aimed.clone();
                }
            }
        }
        _ => {
            if values.is_empty() {
                return Ok(());
            }
            let at = u.choose_index(values.len())?;
            if let Some(value) = values.get_mut(at) {
                *value = value_of(u, value)?;
            }
        }
    }
    Ok(())
}

fn value_of(u: &mut Unstructured<'_>, old: &FieldValue) -> Result<FieldValue> {
    Ok(match (old, u.int_in_range(0..=3)?) {
        (FieldValue::Integer(old), 0) => FieldValue::Integer(old.wrapping_add(1)),
        (FieldValue::Integer(old), 1) => FieldValue::Integer(old.wrapping_sub(1)),
        (FieldValue::Bytes(old), 0) => {
            let end = u.int_in_range(0..=old.len())?;
            FieldValue::Bytes(Cow::Borrowed(old.get(..end).unwrap_or_default()).into_owned())
        }
        (FieldValue::Bytes(old), 1) => FieldValue::Bytes([old.as_slice(), old].concat()),
        _ => u.arbitrary()?,
    })
}
