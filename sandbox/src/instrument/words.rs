//! Recognises the functions of libc that read whole words.
//!
//! They are fast because they read beyond the end of what they are given, up to the end of a word. That
//! is harmless on any machine, and still an access to bytes that may not be accessed. Each can be
//! replaced alone: it keeps nothing.

use std::collections::BTreeMap;

use super::known::{Known, Role, calls_last, signature};
use super::meter::{Bytes, Price, WORDS_CALL};
use super::original::Original;
use super::refusal::Refusal;

const fn distance(from: u32, otherwise: Option<u32>) -> Bytes {
    Bytes::Distance { from, otherwise }
}

/// Name, number of parameters, bytes that cost. All have a result.
const WORDS: [(&str, u32, Bytes); 8] = [
    ("strlen", 1, Bytes::Result),
    ("strnlen", 2, Bytes::Result),
    ("memchr", 3, distance(0, Some(2))),
    ("strchrnul", 2, distance(0, None)),
    ("stpcpy", 2, distance(0, None)),
    ("stpncpy", 3, Bytes::Parameter(2)),
    ("strlcpy", 3, Bytes::Result),
    ("memccpy", 4, distance(0, Some(3))),
];

/// Functions that do not do what C says, so that nothing can stand in for them: zig 0.17's `memccpy` never
/// copies the byte that it looks for.
const NOT_AS_C: [&str; 1] = ["c.string.memccpy"];

/// What C libraries put before these names.
const PREFIXES: [&str; 5] = ["compiler_rt.", "c.string.", "__libc_", "__", ""];

/// Functions that read whole words, with their names in the order of their indices.
///
/// # Errors
/// The original does not parse.
pub(super) fn recognise(
    original: &Original<'_>,
    names: &[(u32, &str)],
) -> Result<(Known, Vec<String>), Refusal> {
    let mut known = Known::new();
    let mut found = BTreeMap::new();
    if original.memory.is_none() {
        return Ok((known, Vec::new()));
    }
    for (function, name) in names {
        if let Some(role) = role(name)
            && signature(original, *function).is_some_and(|signature| role.fits(signature))
            && !calls_last(original, *function)?
        {
            known.insert(*function, role);
            found.insert(*function, (*name).to_owned());
        }
    }
    Ok((known, found.into_values().collect()))
}

/// What the name of a function of libc may be without what its library puts before it.
pub(super) fn base_name(name: &str) -> impl Iterator<Item = &str> {
    PREFIXES.iter().filter_map(move |prefix| name.strip_prefix(prefix))
}

fn role(name: &str) -> Option<Role> {
    if NOT_AS_C.contains(&name) {
        return None;
    }
    base_name(name).find_map(|base| {
        let (stand_in, parameters, bytes) = *WORDS.iter().find(|of| of.0 == base)?;
        let price = Price { call: WORDS_CALL, bytes };
        Some(Role { stand_in, parameters, result: true, price })
    })
}
