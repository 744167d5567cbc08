//! Channel files.

use std::borrow::Cow;
use std::collections::HashSet;

use arbitrary::{Arbitrary, Result, Unstructured};

use super::strings::{integer, some_string, string};
use crate::channel::{ChannelFile, Criterion, Instance};
use crate::limits::MAX_INPUTS;
use crate::numbers::saturating_usize;

/// Inputs that most generated template types have, at most.
const USUAL_INPUTS: u32 = 24;

/// Instances of a generated file, at most.
const MOST_INSTANCES: usize = 8;

/// Inputs that a generated instance looks at, at most.
const MOST_CRITERIA: usize = 4;

impl<'u> Arbitrary<'u> for ChannelFile<'static> {
    fn arbitrary(u: &mut Unstructured<'u>) -> Result<Self> {
        let most_inputs = if u.ratio(1, 16)? { MAX_INPUTS } else { USUAL_INPUTS };
        let input_count = u.int_in_range(1..=most_inputs)?;
        let mut ids = HashSet::new();
        let mut instances = Vec::new();
        for _ in 0..u.int_in_range(0..=MOST_INSTANCES)? {
            let id = if u.ratio(1, 8)? { u.arbitrary()? } else { u.int_in_range(0..=16)? };
            if ids.insert(id) {
                instances.push(Instance { id, criteria: criteria(u, input_count)? });
            }
        }
        Ok(Self {
            channel_id: u.arbitrary()?,
            template_type: u.arbitrary()?,
            input_count,
            instances,
        })
    }
}

impl<'u> Arbitrary<'u> for Criterion<'static> {
    fn arbitrary(u: &mut Unstructured<'u>) -> Result<Self> {
        Ok(match u.int_in_range(0..=4)? {
            0 => Self::Wildcard,
            1 => Self::Equals(Cow::Owned(string(u)?)),
            2 => Self::Prefix(Cow::Owned(some_string(u)?)),
            3 => Self::Contains(Cow::Owned(some_string(u)?)),
            _ => {
                let (one, other) = (integer(u)?, integer(u)?);
                Self::IntegerRange { low: one.min(other), high: one.max(other) }
            }
        })
    }
}

/// Wildcards, and some other criteria among them; the last input is a frequent choice.
fn criteria(u: &mut Unstructured<'_>, input_count: u32) -> Result<Vec<Criterion<'static>>> {
    let mut criteria = vec![Criterion::Wildcard; saturating_usize(input_count)];
    for _ in 0..u.int_in_range(0..=MOST_CRITERIA)? {
        let last = criteria.len().saturating_sub(1);
        let index = if u.ratio(1, 4)? { last } else { u.int_in_range(0..=last)? };
        if let Some(criterion) = criteria.get_mut(index) {
            *criterion = u.arbitrary()?;
        }
    }
    Ok(criteria)
}
