//! A walk through an input: each byte and each number once given a few other values. It is not random and
//! knows no format.

/// What becomes of a place in the input.
#[derive(Clone, Copy, Debug)]
enum Change {
    /// These bits of the byte change.
    Flip(u8),
    /// This is added to the byte, modulo 256.
    Add(u8),
    /// The byte gets this value.
    Set(u8),
    /// So many bytes get the lowest bytes of a number.
    Number(usize, u32),
    /// So many bytes go.
    Remove(usize),
    /// So many bytes are there twice.
    Repeat(usize),
}

/// In the order in which an input is walked through with them.
const CHANGES: [Change; 29] = [
    Change::Flip(1),
    Change::Flip(2),
    Change::Flip(4),
    Change::Set(0xff),
    Change::Set(0),
    Change::Number(2, 0xffff),
    Change::Number(4, 0xffff_ffff),
    Change::Number(4, 0x7fff_ffff),
    Change::Remove(1),
    Change::Repeat(1),
    Change::Add(1),
    Change::Add(0xff),
    Change::Flip(0x80),
    Change::Flip(0x20),
    Change::Flip(8),
    Change::Flip(0x10),
    Change::Flip(0x40),
    Change::Set(0x7f),
    Change::Set(0x20),
    Change::Set(b'0'),
    Change::Set(b'A'),
    Change::Number(4, 0x8000_0000),
    Change::Number(4, 0x4000_0000),
    Change::Number(4, 0x2000_0000),
    Change::Number(4, 0x1000_0000),
    Change::Number(4, 0x0000_0100),
    Change::Repeat(4),
    Change::Repeat(16),
    Change::Remove(4),
];

/// Bytes of an input that are walked through.
const MOST_BYTES: usize = 8_192;

/// A walk through one input.
#[derive(Clone, Debug)]
pub struct Walk {
    input: Vec<u8>,
    next: usize,
}

impl Walk {
    /// Starts at the first byte.
    pub fn new(input: Vec<u8>) -> Self {
        Self { input, next: 0 }
    }

    /// The input that is walked through.
    pub fn input(&self) -> &[u8] {
        &self.input
    }

    fn bytes(&self) -> usize {
        self.input.len().min(MOST_BYTES)
    }
}

impl Iterator for Walk {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        loop {
            let nth = self.next.checked_div(self.bytes())?;
            let at = self.next.checked_rem(self.bytes())?;
            let change = CHANGES.get(nth)?;
            self.next = self.next.saturating_add(1);
            if let Some(changed) = change.apply(&self.input, at) {
                return Some(changed);
            }
        }
    }
}

impl Change {
    /// `None` if it changes nothing there.
    fn apply(self, input: &[u8], at: usize) -> Option<Vec<u8>> {
        let byte = *input.get(at)?;
        let set = |byte| {
            let mut changed = input.to_vec();
            *changed.get_mut(at)? = byte;
            Some(changed)
        };
        let behind = |count: usize| at.checked_add(count);
        let changed = match self {
            Self::Flip(bits) => set(byte ^ bits)?,
            Self::Add(by) => set(byte.wrapping_add(by))?,
            Self::Set(value) => set(value)?,
            Self::Number(width, number) => {
                let mut changed = input.to_vec();
                let bytes = number.to_le_bytes();
                changed.get_mut(at..behind(width)?)?.copy_from_slice(bytes.get(..width)?);
                changed
            }
            Self::Remove(count) => [input.get(..at)?, input.get(behind(count)?..)?].concat(),
            Self::Repeat(count) => {
                let end = behind(count)?;
                [input.get(..end)?, input.get(at..)?].concat()
            }
        };
        (changed != input).then_some(changed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn each_byte_gets_each_value_of_the_list_once() {
        let walked: Vec<_> = Walk::new(b"\x00B".to_vec()).collect();
        assert!(walked.contains(&b"\x01B".to_vec()) && walked.contains(&b"\x00C".to_vec()));
        assert!(walked.contains(&b"B".to_vec()) && walked.contains(&b"\x00BB".to_vec()));
        let different: HashSet<_> = walked.iter().collect();
        assert!(different.len() > 25, "{different:?}");
        assert!(!walked.contains(&b"\x00B".to_vec()));
        assert_eq!(Walk::new(Vec::new()).count(), 0);
    }

    #[test]
    fn a_walk_is_no_longer_than_its_limit() {
        let walked = Walk::new(vec![7; MOST_BYTES * 2]).count();
        assert!(walked <= MOST_BYTES * CHANGES.len(), "{walked}");
    }
}
