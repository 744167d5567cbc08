//! Field values as an interpreter receives them: the encoding and its decoder.

use super::fields::{FieldValue, FieldValues, FieldsLimit, check_count, check_length};
use crate::numbers::{saturating_u32, saturating_usize};
use crate::reader::{Reader, Short};

const TAG_ABSENT: u8 = 0;
const TAG_BYTES: u8 = 1;
const TAG_INTEGER: u8 = 2;

/// Why bytes are not a list of field values, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("at byte {offset}: {fault}")]
pub struct FieldsError {
    offset: usize,
    fault: FieldsFault,
}

impl FieldsError {
    fn new(offset: usize, fault: FieldsFault) -> Self {
        Self { offset, fault }
    }

    /// Where the fault is, in bytes from the start of the event. At most its length.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// What is wrong there.
    pub fn fault(&self) -> FieldsFault {
        self.fault
    }
}

/// A rule of the encoding that an event breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FieldsFault {
    /// The bytes end too early.
    #[error("{needed} bytes are needed, {left} are left")]
    Truncated {
        /// Bytes that have to follow.
        needed: usize,
        /// Bytes that do follow.
        left: usize,
    },
    /// A tag that the encoding does not have.
    #[error("field {field} has the unknown tag {found}")]
    Tag {
        /// Number of the field, from 1.
        field: usize,
        /// The tag.
        found: u8,
    },
    /// Too many fields, or one that is too long.
    #[error(transparent)]
    Limit(FieldsLimit),
    /// More bytes than the fields take.
    #[error("{extra} bytes follow the last field")]
    TrailingBytes {
        /// Bytes too many.
        extra: usize,
    },
}

impl From<Short> for FieldsError {
    fn from(Short { offset, needed, left }: Short) -> Self {
        Self::new(offset, FieldsFault::Truncated { needed, left })
    }
}

impl FieldValues {
    /// The bytes that an interpreter receives.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::from(saturating_u32(self.len()).to_le_bytes());
        for value in &**self {
            match value {
                FieldValue::Absent => bytes.push(TAG_ABSENT),
                FieldValue::Bytes(value) => {
                    bytes.push(TAG_BYTES);
                    bytes.extend_from_slice(&saturating_u32(value.len()).to_le_bytes());
                    bytes.extend_from_slice(value);
                }
                FieldValue::Integer(value) => {
                    bytes.push(TAG_INTEGER);
                    bytes.extend_from_slice(&value.to_le_bytes());
                }
            }
        }
        bytes
    }

    /// Decodes what [`Self::encode`] writes, and nothing else.
    pub fn decode(bytes: &[u8]) -> Result<Self, FieldsError> {
        let mut reader = Reader::new(bytes);
        let offset = reader.offset();
        let count = saturating_usize(reader.u32()?);
        let limit = |offset, limit| FieldsError::new(offset, FieldsFault::Limit(limit));
        check_count(count).map_err(|fault| limit(offset, fault))?;
        let values =
            (1..=count).map(|field| value(&mut reader, field)).collect::<Result<_, _>>()?;
        match reader.left() {
            0 => Self::new(values).map_err(|fault| limit(offset, fault)),
            extra => Err(FieldsError::new(reader.offset(), FieldsFault::TrailingBytes { extra })),
        }
    }
}

fn value(reader: &mut Reader<'_>, field: usize) -> Result<FieldValue, FieldsError> {
    let offset = reader.offset();
    match reader.u8()? {
        TAG_ABSENT => Ok(FieldValue::Absent),
        TAG_BYTES => {
            let offset = reader.offset();
            let length = saturating_usize(reader.u32()?);
            check_length(field, length)
                .map_err(|limit| FieldsError::new(offset, FieldsFault::Limit(limit)))?;
            Ok(FieldValue::Bytes(reader.take(length)?.to_vec()))
        }
        TAG_INTEGER => Ok(FieldValue::Integer(reader.i64()?)),
        found => Err(FieldsError::new(offset, FieldsFault::Tag { field, found })),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test says what must succeed")]
    use super::*;

    fn sample() -> (FieldValues, Vec<u8>) {
        let values =
            [FieldValue::Bytes(b"ab".to_vec()), FieldValue::Absent, FieldValue::Integer(-2)];
        let mut bytes = vec![3, 0, 0, 0, 1, 2, 0, 0, 0, b'a', b'b', 0, 2, 0xfe];
        bytes.extend([0xff; 7]);
        (FieldValues::new(values.to_vec()).unwrap(), bytes)
    }

    fn fault(bytes: &[u8]) -> (usize, FieldsFault) {
        let error = FieldValues::decode(bytes).unwrap_err();
        (error.offset(), error.fault())
    }

    #[test]
    fn the_encoding_is_the_one_in_the_specification() {
        let (values, bytes) = sample();
        assert_eq!(values.encode(), bytes);
        assert_eq!(FieldValues::decode(&bytes), Ok(values));
        assert_eq!(FieldValues::default().encode(), [0; 4]);
    }

    #[test]
    fn every_truncation_is_refused_at_the_item_that_it_cuts() {
        let (_, bytes) = sample();
        // Where each item begins and how long it is: count, tag, length, bytes, tag, tag, integer.
        let items = [(0, 4), (4, 1), (5, 4), (9, 2), (11, 1), (12, 1), (13, 8)];
        for cut in 0..bytes.len() {
            let (offset, needed) =
                *items.iter().find(|(offset, length)| cut < offset + length).unwrap();
            let expected = FieldsFault::Truncated { needed, left: cut - offset };
            assert_eq!(fault(bytes.get(..cut).unwrap()), (offset, expected), "cut at {cut}");
        }
    }

    #[test]
    fn every_rule_has_its_fault() {
        let limit = FieldsFault::Limit;
        assert_eq!(fault(&[1, 0, 0, 0, 3]), (4, FieldsFault::Tag { field: 1, found: 3 }));
        assert_eq!(fault(&[0, 0, 0, 0, 9]), (4, FieldsFault::TrailingBytes { extra: 1 }));
        assert_eq!(fault(&[1, 1, 0, 0]), (0, limit(FieldsLimit::Count { found: 257 })));
        let found = 0xffff_ffff;
        assert_eq!(fault(&[0xff; 4]), (0, limit(FieldsLimit::Count { found })));
        let bytes = [2, 0, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff];
        assert_eq!(fault(&bytes), (6, limit(FieldsLimit::Length { field: 2, found })));
        let error = FieldValues::decode(&bytes).unwrap_err().to_string();
        assert_eq!(error, "at byte 6: field 2 has 4294967295 bytes, over the limit of 1048576");
    }
}
