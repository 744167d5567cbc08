//! Events.

use arbitrary::{Arbitrary, Error, Result, Unstructured};

use super::strings::{integer, string};
use crate::event::{Event, EventsFile, FieldValue, FieldValues, Payload};

/// Fields of a generated event, at most: around the usual number of inputs, below and above.
const MOST_FIELDS: usize = 28;

/// Events of a generated file, at most.
const MOST_EVENTS: usize = 8;

impl<'u> Arbitrary<'u> for FieldValue {
    fn arbitrary(u: &mut Unstructured<'u>) -> Result<Self> {
        Ok(match u.int_in_range(0..=3)? {
            0 => Self::Absent,
            1 => Self::Integer(integer(u)?),
            _ => Self::Bytes(string(u)?),
        })
    }
}

impl<'u> Arbitrary<'u> for FieldValues {
    fn arbitrary(u: &mut Unstructured<'u>) -> Result<Self> {
        let count = u.int_in_range(0..=MOST_FIELDS)?;
        let values = (0..count).map(|_| u.arbitrary()).collect::<Result<_>>()?;
        Self::new(values).map_err(|_| Error::IncorrectFormat)
    }
}

impl<'u> Arbitrary<'u> for Payload {
    fn arbitrary(u: &mut Unstructured<'u>) -> Result<Self> {
        if u.ratio(1, 4)? { string(u).map(Self::Bytes) } else { u.arbitrary().map(Self::Fields) }
    }
}

impl<'u> Arbitrary<'u> for Event {
    fn arbitrary(u: &mut Unstructured<'u>) -> Result<Self> {
        let number: u16 = u.arbitrary()?;
        Ok(Self { id: format!("e{number}"), payload: u.arbitrary()? })
    }
}

impl<'u> Arbitrary<'u> for EventsFile {
    fn arbitrary(u: &mut Unstructured<'u>) -> Result<Self> {
        let count = u.int_in_range(0..=MOST_EVENTS)?;
        let event = |number| Ok(Event { id: format!("e{number}"), payload: u.arbitrary()? });
        Ok(Self { events: (1..=count).map(event).collect::<Result<_>>()? })
    }
}
