//! Which instances match an event: the second implementation that an interpreter is compared with.
//!
//! Written to be read against the specification, not to be fast. The work is not metered; it is
//! bounded by criteria × bytes of their fields × bytes of their strings, so a caller that does not
//! trust the content runs the metered interpreter first.

use std::iter;

use super::{ChannelFile, Criterion, Instance};
use crate::event::{Event, FieldValue, FieldsError};

impl ChannelFile<'_> {
    /// The ids of the instances that match `event`, in file order.
    ///
    /// # Errors
    /// The event's payload is bytes that are no list of field values; an interpreter refuses it
    /// too.
    pub fn matches(&self, event: &Event) -> Result<Vec<u32>, FieldsError> {
        Ok(self.matches_fields(&event.fields()?))
    }

    /// The ids of the instances that match these field values, in file order. Inputs without a
    /// field are absent; fields without an input are not looked at.
    pub fn matches_fields(&self, fields: &[FieldValue]) -> Vec<u32> {
        let matching = self.instances.iter().filter(|instance| instance.matches(fields));
        matching.map(|instance| instance.id).collect()
    }
}

impl Instance<'_> {
    fn matches(&self, fields: &[FieldValue]) -> bool {
        let inputs = fields.iter().chain(iter::repeat(&FieldValue::Absent));
        self.criteria.iter().zip(inputs).all(|(criterion, input)| criterion.matches(input))
    }
}

impl Criterion<'_> {
    fn matches(&self, input: &FieldValue) -> bool {
        match (self, input) {
            (Self::Wildcard, _) => true,
            (Self::Equals(string), FieldValue::Bytes(bytes)) => bytes == string.as_ref(),
            (Self::Prefix(string), FieldValue::Bytes(bytes)) => bytes.starts_with(string),
            (Self::Contains(string), FieldValue::Bytes(bytes)) => occurs(string, bytes),
            (Self::IntegerRange { low, high }, FieldValue::Integer(integer)) => {
                (low..=high).contains(&integer)
            }
            (_, FieldValue::Absent | FieldValue::Bytes(_) | FieldValue::Integer(_)) => false,
        }
    }
}

/// Whether `string` is somewhere in `bytes`. The empty string is everywhere.
fn occurs(string: &[u8], bytes: &[u8]) -> bool {
    string.is_empty() || bytes.windows(string.len()).any(|window| window == string)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::borrow::Cow;

    fn bytes(value: &[u8]) -> FieldValue {
        FieldValue::Bytes(value.to_vec())
    }

    #[test]
    fn each_kind_matches_what_the_specification_says() {
        use Criterion::{Contains, Equals, IntegerRange, Prefix, Wildcard};
        let string = Cow::Borrowed(b"ab".as_slice());
        let range = IntegerRange { low: -1, high: 1 };
        let (equals, prefix) = (Equals(string.clone()), Prefix(string.clone()));
        let contains = Contains(string);
        // Value, then whether wildcard, equals, prefix, contains and the range match it.
        let table = [
            (FieldValue::Absent, [true, false, false, false, false]),
            (bytes(b""), [true, false, false, false, false]),
            (bytes(b"a"), [true, false, false, false, false]),
            (bytes(b"ab"), [true, true, true, true, false]),
            (bytes(b"abc"), [true, false, true, true, false]),
            (bytes(b"cab"), [true, false, false, true, false]),
            (bytes(b"AB"), [true, false, false, false, false]),
            (FieldValue::Integer(-2), [true, false, false, false, false]),
            (FieldValue::Integer(-1), [true, false, false, false, true]),
            (FieldValue::Integer(1), [true, false, false, false, true]),
            (FieldValue::Integer(2), [true, false, false, false, false]),
        ];
        for (value, expected) in table {
            let criteria = [&Wildcard, &equals, &prefix, &contains, &range];
            assert_eq!(criteria.map(|criterion| criterion.matches(&value)), expected, "{value:?}");
        }
    }

    #[test]
    fn equality_with_the_empty_string_is_not_absence() {
        let empty = Criterion::Equals(Cow::Borrowed(b""));
        assert!(empty.matches(&bytes(b"")));
        assert!(!empty.matches(&FieldValue::Absent));
    }

    #[test]
    fn missing_inputs_are_absent_and_surplus_fields_are_ignored() {
        let equals = |string| Criterion::Equals(Cow::Borrowed(string));
        let file = ChannelFile {
            channel_id: 1,
            template_type: 1,
            input_count: 2,
            instances: vec![
                Instance { id: 30, criteria: vec![equals(b"a"), Criterion::Wildcard] },
                Instance { id: 10, criteria: vec![Criterion::Wildcard, equals(b"b")] },
                Instance { id: 20, criteria: vec![Criterion::Wildcard; 2] },
            ],
        };
        assert_eq!(file.matches_fields(&[]), [20]);
        assert_eq!(file.matches_fields(&[bytes(b"a")]), [30, 20]);
        let fields = [bytes(b"a"), bytes(b"b"), FieldValue::Integer(1)];
        assert_eq!(file.matches_fields(&fields), [30, 10, 20], "in file order");
    }
}
