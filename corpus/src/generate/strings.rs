//! Strings that content and events have in common.

use arbitrary::{Result, Unstructured};

/// Beginnings, middles and whole values. Some are parts of others; one is not UTF-8.
const WORDS: [&[u8]; 10] = [
    br"\\.\pipe\",
    br"\\.\pipe\lantern",
    b"lantern",
    b"an",
    b"a",
    b"service.exe",
    b" --quiet",
    "naïve".as_bytes(),
    b"\0",
    b"\xff\xfe",
];

/// Words that a string is made of, at most.
const MAX_WORDS: usize = 3;

/// Bytes of a string that is not made of words, at most.
const MAX_NOISE: usize = 24;

/// A string, possibly empty.
pub(super) fn string(u: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    if u.ratio(1, 8)? {
        let length = u.int_in_range(0..=MAX_NOISE)?.min(u.len());
        return Ok(u.bytes(length)?.to_vec());
    }
    let mut string = Vec::new();
    for _ in 0..u.int_in_range(0..=MAX_WORDS)? {
        string.extend_from_slice(u.choose(&WORDS)?);
    }
    Ok(string)
}

/// A string that is not empty.
pub(super) fn some_string(u: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let mut string = string(u)?;
    if string.is_empty() {
        string.extend_from_slice(u.choose(&WORDS)?);
    }
    Ok(string)
}

/// An integer: mostly a small one, sometimes any, sometimes an extreme one.
pub(super) fn integer(u: &mut Unstructured<'_>) -> Result<i64> {
    match u.int_in_range(0..=7)? {
        0 => u.arbitrary(),
        1 => Ok(*u.choose(&[i64::MIN, -1, 0, 1, i64::MAX])?),
        _ => u.int_in_range(-16..=64),
    }
}
