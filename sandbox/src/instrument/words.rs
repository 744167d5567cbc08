//! Recognises the functions of libc that read whole words.
//!
//! They are fast because they read beyond the end of what they are given, up to the end of a word. That
//! is harmless on any machine, and still an access to bytes that may not be accessed. Each can be
//! replaced alone: it keeps nothing.
//!
//! A name alone is not believed: a program may have a function of its own that is called so and does
//! something else. What reads words has to look for a byte in a word, which shows ([`Traits`]). Whatever bears
//! such a name and does not do that needs nothing that stands in for it, and runs as it is.
//!
//! In modules that were compiled for checks, copies of texts may not overlap: `strcpy`, `strcat` and `strncpy` of
//! C libraries are made of two of these.

use std::collections::{BTreeMap, BTreeSet};

use wasmparser::Operator;

use super::known::{Known, Role, calls_last, signature};
use super::meter::{Bytes, Price, WORDS_CALL};
use super::numbers::index;
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

/// What else can stand in for some of them, where regions may not overlap.
const APART: [(&str, &str); 2] = [("stpcpy", "stpcpy_apart"), ("stpncpy", "stpncpy_apart")];

/// Functions that do not do what C says, so that nothing can stand in for them: zig 0.17's `memccpy` never
/// copies the byte that it looks for.
const NOT_AS_C: [&str; 1] = ["c.string.memccpy"];

/// What C libraries put before these names.
const PREFIXES: [&str; 5] = ["compiler_rt.", "c.string.", "__libc_", "__", ""];

/// Functions that read whole words, with their names in the order of their indices. `apart`: copies of texts may not
/// overlap.
///
/// # Errors
/// The original does not parse.
pub(super) fn recognise(
    original: &Original<'_>,
    names: &[(u32, &str)],
    apart: bool,
) -> Result<(Known, Vec<String>), Refusal> {
    if original.memory.is_none() {
        return Ok((Known::new(), Vec::new()));
    }
    let mut candidates = BTreeMap::new();
    for (function, name) in names {
        if let Some(role) = role(name, apart)
            && signature(original, *function).is_some_and(|signature| role.fits(signature))
            && !calls_last(original, *function)?
        {
            candidates.insert(*function, (role, *name));
        }
    }
    let mut known = Known::new();
    let mut found = Vec::new();
    for (function, (role, name)) in &candidates {
        // What another one of them does is its own business.
        let others = candidates.keys().copied().filter(|other| other != function).collect();
        if reads_words(original, *function, others)? {
            known.insert(*function, *role);
            found.push((*name).to_owned());
        }
    }
    Ok((known, found))
}

/// What a function has in it: a set of the constants below.
#[derive(Clone, Copy, Default)]
struct Traits(u8);

/// It loads a word.
const LOADS_WORD: u8 = 1;
/// It has a constant by which a byte is found in a word ([`is_mask`]).
const HAS_MASK: u8 = 2;
/// It loads a vector.
const LOADS_VECTOR: u8 = 4;
/// It asks whether any or all bytes of a vector are so.
const ASKS_VECTOR: u8 = 8;

impl Traits {
    fn read_words(self) -> bool {
        let has = |all: u8| self.0 & all == all;
        has(LOADS_WORD | HAS_MASK) || has(LOADS_VECTOR | ASKS_VECTOR)
    }

    fn take(&mut self, operator: &Operator<'_>) {
        self.0 |= match operator {
            Operator::I32Load { .. } | Operator::I64Load { .. } => LOADS_WORD,
            Operator::I32Const { value } if is_mask(value.cast_unsigned()) => HAS_MASK,
            Operator::I64Const { value } => match halves(value.cast_unsigned()) {
                [low, high] if low == high && is_mask(low) => HAS_MASK,
                _ => 0,
            },
            Operator::V128Load { .. } => LOADS_VECTOR,
            Operator::I8x16AllTrue | Operator::I8x16Bitmask | Operator::V128AnyTrue => ASKS_VECTOR,
            _ => 0,
        };
    }
}

/// Whether this is a constant of Mycroft's test for a zero byte in a word (1987), or of what compilers and
/// other libraries make of it.
fn is_mask(word: u32) -> bool {
    const MASKS: [u32; 5] = [0x8080_8080, 0x0101_0101, 0x0101_0100, 0xfefe_feff, 0x7f7f_7f7f];
    MASKS.contains(&word)
}

fn halves(word: u64) -> [u32; 2] {
    let half = |word: u64| u32::try_from(word & u64::from(u32::MAX)).unwrap_or(0);
    [half(word), half(word >> 32)]
}

/// Whether a function reads whole words to find a byte in them, by itself or in functions that it calls. Those
/// in `seen` are not looked at.
fn reads_words(
    original: &Original<'_>,
    function: u32,
    mut seen: BTreeSet<u32>,
) -> Result<bool, Refusal> {
    let mut next = vec![function];
    while let Some(function) = next.pop() {
        let body = original.defined(function).and_then(|at| original.bodies.get(index(at)));
        let Some(body) = body.filter(|_| seen.insert(function)) else { continue };
        let mut traits = Traits::default();
        for operator in body.get_operators_reader()? {
            let operator = operator?;
            traits.take(&operator);
            if let Operator::Call { function_index } = operator {
                next.push(function_index);
            }
        }
        if traits.read_words() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What the name of a function of libc may be without what its library puts before it.
pub(super) fn base_name(name: &str) -> impl Iterator<Item = &str> {
    PREFIXES.iter().filter_map(move |prefix| name.strip_prefix(prefix))
}

fn role(name: &str, apart: bool) -> Option<Role> {
    if NOT_AS_C.contains(&name) {
        return None;
    }
    base_name(name).find_map(|base| {
        let (stand_in, parameters, bytes) = *WORDS.iter().find(|of| of.0 == base)?;
        let apart = APART.iter().find(|of| apart && of.0 == stand_in).map(|of| of.1);
        let stand_in = apart.unwrap_or(stand_in);
        let price = Price { call: WORDS_CALL, bytes };
        Some(Role { stand_in, parameters, result: true, price })
    })
}
