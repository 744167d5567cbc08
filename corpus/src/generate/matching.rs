//! Events that are aimed at an instance.

use arbitrary::{Arbitrary as _, Error, Result, Unstructured};

use super::strings::string;
use crate::channel::{Criterion, Instance};
use crate::event::{FieldValue, FieldValues};

/// Fields that meet every criterion of `instance`; random events rarely do.
///
/// # Errors
/// The instance has more criteria than an event has fields, or a string that no field can hold.
pub fn matching_event(u: &mut Unstructured<'_>, instance: &Instance<'_>) -> Result<FieldValues> {
    let values = instance.criteria.iter().map(|criterion| matching_value(u, criterion));
    FieldValues::new(values.collect::<Result<_>>()?).map_err(|_| Error::IncorrectFormat)
}

fn matching_value(u: &mut Unstructured<'_>, criterion: &Criterion<'_>) -> Result<FieldValue> {
    Ok(match criterion {
        Criterion::Wildcard => FieldValue::arbitrary(u)?,
        Criterion::Equals(bytes) => FieldValue::Bytes(bytes.to_vec()),
        Criterion::Prefix(bytes) => FieldValue::Bytes([bytes.to_vec(), string(u)?].concat()),
        Criterion::Contains(bytes) => {
            FieldValue::Bytes([string(u)?, bytes.to_vec(), string(u)?].concat())
        }
        &Criterion::IntegerRange { low, high } if low <= high => {
            FieldValue::Integer(u.int_in_range(low..=high)?)
        }
        Criterion::IntegerRange { .. } => return Err(Error::IncorrectFormat),
    })
}
