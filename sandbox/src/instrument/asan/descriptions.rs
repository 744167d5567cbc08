//! What compiled code says of its stack frames: one text for each function with a frame, in guest memory.
//!
//! Numbers and words, separated by single spaces: the number of variables, and for each its offset in
//! the frame, its size, the length of its name, and the name, which may end in `:` and a line.

use super::super::numbers::index;

/// Longest text that is read, in bytes.
const MAX_TEXT_BYTES: usize = 1 << 16;
/// Most variables of one frame that are read.
const MAX_VARIABLES: usize = 4096;

/// A variable of a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Variable {
    /// Its name.
    pub(super) name: String,
    /// The line that declares it.
    pub(super) line: Option<u32>,
    /// Where in the frame it is, in bytes.
    pub(super) offset: u32,
    /// Its size in bytes.
    pub(super) size: u32,
}

/// A word of guest memory.
pub(crate) fn word(memory: &[u8], address: u32) -> Option<u32> {
    let bytes = memory.get(index(address)..)?.first_chunk::<4>()?;
    Some(u32::from_le_bytes(*bytes))
}

/// A text that ends with a zero byte.
pub(crate) fn text(memory: &[u8], address: u32) -> Option<String> {
    bytes(memory, address).map(|bytes| String::from_utf8_lossy(bytes).into_owned())
}

fn bytes(memory: &[u8], address: u32) -> Option<&[u8]> {
    let from = memory.get(index(address)..).filter(|_| address != 0)?;
    let window = from.get(..from.len().min(MAX_TEXT_BYTES))?;
    let end = window.iter().position(|byte| *byte == 0)?;
    window.get(..end)
}

/// The variables that the description at `address` tells of, as far as it is one.
pub(super) fn variables(memory: &[u8], address: u32) -> Vec<Variable> {
    let mut rest = bytes(memory, address).unwrap_or_default();
    let mut variables = Vec::new();
    let Some(wanted) = number(&mut rest) else { return variables };
    while variables.len() < index(wanted).min(MAX_VARIABLES) {
        let Some(variable) = variable(&mut rest) else { break };
        variables.push(variable);
    }
    variables
}

fn variable(rest: &mut &[u8]) -> Option<Variable> {
    let (offset, size, length) = (number(rest)?, number(rest)?, number(rest)?);
    let (name, behind) = rest.split_at_checked(index(length))?;
    *rest = behind.strip_prefix(b" ").unwrap_or(behind);
    let name = String::from_utf8_lossy(name);
    let (name, line) = match name.rsplit_once(':') {
        Some((name, line)) => (name.to_owned(), line.parse().ok()),
        None => (name.into_owned(), None),
    };
    Some(Variable { name, line, offset, size })
}

/// Takes a decimal number and the space behind it.
fn number(rest: &mut &[u8]) -> Option<u32> {
    let end = rest.iter().position(|byte| *byte == b' ').unwrap_or(rest.len());
    let (digits, behind) = rest.split_at_checked(end)?;
    *rest = behind.strip_prefix(b" ").unwrap_or(behind);
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> Vec<(String, Option<u32>, u32, u32)> {
        let mut memory = vec![0; 8];
        memory.extend_from_slice(text);
        memory.push(0);
        let one = |v: Variable| (v.name, v.line, v.offset, v.size);
        variables(&memory, 8).into_iter().map(one).collect()
    }

    #[test]
    fn variables_are_read() {
        let big = ("big".to_owned(), Some(13), 16, 1000);
        let c = ("c".to_owned(), None, 1152, 5);
        assert_eq!(read(b"2 16 1000 6 big:13 1152 5 1 c"), [big.clone(), c]);
        // A name with spaces, as C++ has them.
        let spaced = ("operator new:x".to_owned(), Some(1), 0, 1);
        assert_eq!(read(b"1 0 1 16 operator new:x:1"), [spaced]);
        assert_eq!(read(b"2 16 1000 6 big:13"), [big]);
    }

    #[test]
    fn what_is_no_description_has_no_variables() {
        for text in [
            &b""[..],
            b"x",
            b"1",
            b"1 2",
            b"1 2 3 4",
            b"1 2 3 4294967295 x",
            b"1 -2 3 1 x",
            b"\xff 1 1 1 x",
            b"1 99999999999 3 1 x",
        ] {
            assert_eq!(read(text), [], "{text:?}");
        }
        assert_eq!(variables(b"1 1 1 1 x", 0), []);
        assert_eq!(variables(b"", u32::MAX), []);
    }
}
