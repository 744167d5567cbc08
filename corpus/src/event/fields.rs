//! Field values: the inputs of one event.

use std::ops::Deref;

use crate::limits::{MAX_FIELD_BYTES, MAX_FIELDS};

/// One input of an event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum FieldValue {
    /// The event does not have this input.
    #[default]
    Absent,
    /// Bytes; text is its UTF-8 encoding.
    Bytes(Vec<u8>),
    /// A signed integer.
    Integer(i64),
}

/// The inputs of an event from number 1 on, within the limits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldValues(Vec<FieldValue>);

/// More than an event can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FieldsLimit {
    /// Too many fields.
    #[error("{found} fields are over the limit of {MAX_FIELDS}")]
    Count {
        /// How many there are.
        found: usize,
    },
    /// A value is too long.
    #[error("field {field} has {found} bytes, over the limit of {MAX_FIELD_BYTES}")]
    Length {
        /// Number of the field, from 1.
        field: usize,
        /// Its length in bytes.
        found: usize,
    },
}

impl FieldValues {
    /// Takes the values if they are within the limits.
    pub fn new(values: Vec<FieldValue>) -> Result<Self, FieldsLimit> {
        check_count(values.len())?;
        for (field, value) in (1..).zip(&values) {
            if let FieldValue::Bytes(bytes) = value {
                check_length(field, bytes.len())?;
            }
        }
        Ok(Self(values))
    }
}

impl Deref for FieldValues {
    type Target = [FieldValue];

    fn deref(&self) -> &[FieldValue] {
        &self.0
    }
}

pub(super) fn check_count(found: usize) -> Result<(), FieldsLimit> {
    if found > MAX_FIELDS { Err(FieldsLimit::Count { found }) } else { Ok(()) }
}

pub(super) fn check_length(field: usize, found: usize) -> Result<(), FieldsLimit> {
    if found > MAX_FIELD_BYTES { Err(FieldsLimit::Length { field, found }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test says what must succeed")]
    use super::*;

    #[test]
    fn the_limits_are_reached_and_not_passed() {
        let values = |count| vec![FieldValue::Integer(7); count];
        assert_eq!(FieldValues::new(values(256)).unwrap().len(), 256);
        assert_eq!(FieldValues::new(values(257)), Err(FieldsLimit::Count { found: 257 }));

        let long = |length| vec![FieldValue::Absent, FieldValue::Bytes(vec![0; length])];
        assert_eq!(*FieldValues::new(long(1 << 20)).unwrap(), *long(1 << 20));
        let found = (1 << 20) + 1;
        assert_eq!(FieldValues::new(long(found)), Err(FieldsLimit::Length { field: 2, found }));
    }
}
