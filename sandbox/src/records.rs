//! Emitted records: many small byte strings in one buffer, since an event may emit thousands.

use std::fmt;

/// Byte strings in the order in which they were emitted.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Records {
    bytes: Vec<u8>,
    /// Where each record ends in `bytes`; it begins where the one before it ends.
    ends: Vec<usize>,
}

impl Records {
    /// Adds a copy of one record.
    pub(crate) fn push(&mut self, record: &[u8]) {
        self.bytes.extend_from_slice(record);
        self.ends.push(self.bytes.len());
    }

    /// Takes all of them out, and keeps the room that they had for as many more: events of one file emit
    /// about as much as each other, and to make room bit by bit took longer than the call of the host.
    pub(crate) fn take(&mut self) -> Self {
        let taken = Self { bytes: self.bytes.as_slice().into(), ends: self.ends.as_slice().into() };
        self.bytes.clear();
        self.ends.clear();
        taken
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The records, in order.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let begins = std::iter::once(0).chain(self.ends.iter().copied());
        begins.zip(&self.ends).filter_map(|(begin, end)| self.bytes.get(begin..*end))
    }
}

impl fmt::Debug for Records {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(|record| record.escape_ascii().to_string())).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::Records;

    #[test]
    fn records_keep_their_bounds_and_their_order() {
        let mut records = Records::default();
        assert!(records.is_empty());
        for record in [b"one".as_slice(), b"", b"three"] {
            records.push(record);
        }
        assert_eq!(records.len(), 3);
        assert_eq!(records.iter().collect::<Vec<_>>(), [b"one".as_slice(), b"", b"three"]);
        let taken = records.take();
        assert_eq!(taken.iter().collect::<Vec<_>>(), [b"one".as_slice(), b"", b"three"]);
        assert!(records.is_empty());
        records.push(b"four");
        assert_eq!(records.iter().collect::<Vec<_>>(), [b"four"]);
    }
}
