//! Functions of C that are given regions of memory, and need not touch all of them.
//!
//! `memcmp` returns at the first difference, so that a length that goes beyond an object shows with some contents
//! and not with others. C demands that all of both regions is there (ISO C23, 7.26.4.1: "compares the first n
//! characters"), and AddressSanitizer holds its callers to that, too. In modules that were compiled for checks the
//! runtime looks at whole regions where such a function is entered. That takes time by their length, so these
//! functions have a price by it ([`priced`]), with or without checks.
//!
//! `strncat` must not be given regions that overlap, either.

use std::collections::BTreeMap;

use wasm_encoder::InstructionSink;

use super::known::{Prices, all_i32, calls_last, signature};
use super::meter::{Bytes, Price, WORDS_CALL};
use super::original::Original;
use super::refusal::Refusal;
use super::removal::{Check, is_removed};
use super::words::base_name;

/// A region: the parameters with its address and its length.
type Region = (u32, u32);

/// What functions read, if need be all of it: name, number of parameters, regions. All have a result.
const READ: [(&str, u32, &[Region]); 4] = [
    ("memcmp", 3, &[(0, 2), (1, 2)]),
    ("bcmp", 3, &[(0, 2), (1, 2)]),
    ("memrchr", 3, &[(0, 2)]),
    ("memmem", 4, &[(0, 1), (2, 3)]),
];

/// The function that appends to a text: where to, from where, and at most how many bytes.
const APPENDS: &str = "strncat";

/// Whom a function tells of its regions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hook {
    tells: Tells,
    /// Index of the runtime's function.
    function: u32,
}

#[derive(Clone, Copy, Debug)]
enum Tells {
    /// All of these are read.
    Read(&'static [Region]),
    /// Its three parameters.
    Appended,
}

impl Hook {
    /// At the entry of the function.
    pub(super) fn enter(self, insert: &mut InstructionSink<'_>) {
        match self.tells {
            Tells::Read(_) if is_removed(Check::Regions) => {}
            Tells::Read(regions) => {
                for (address, length) in regions {
                    insert.local_get(*address).local_get(*length).call(self.function);
                }
            }
            Tells::Appended if is_removed(Check::Appended) => {}
            Tells::Appended => {
                insert.local_get(0).local_get(1).local_get(2).call(self.function);
            }
        }
    }
}

/// The functions that have a price by the length of their regions, in a module that was compiled for checks.
///
/// # Errors
/// The original does not parse.
pub(super) fn priced(original: &Original<'_>, names: &[(u32, &str)]) -> Result<Prices, Refusal> {
    let mut priced = Prices::new();
    for (function, name) in names {
        if let Some((parameters, regions)) = reads(name)
            && takes(original, *function, parameters)
            && !calls_last(original, *function)?
        {
            priced.insert(*function, Price { call: WORDS_CALL, bytes: bytes(regions) });
        }
    }
    Ok(priced)
}

/// Those that tell of their regions: the ones that have a price, and those whose price is what they do. `function`
/// gives the index of a function of the runtime.
pub(super) fn hooks(
    original: &Original<'_>,
    names: &[(u32, &str)],
    priced: &Prices,
    function: impl Fn(&str) -> u32,
) -> BTreeMap<u32, Hook> {
    let mut found = BTreeMap::new();
    for (at, name) in names {
        let tells = match reads(name) {
            Some((_, regions)) if priced.contains_key(at) => Tells::Read(regions),
            None if appends(original, *at, name) => Tells::Appended,
            Some(_) | None => continue,
        };
        let told = match tells {
            Tells::Read(_) => "reads_all",
            Tells::Appended => "appends_apart",
        };
        found.insert(*at, Hook { tells, function: function(told) });
    }
    found
}

fn reads(name: &str) -> Option<(u32, &'static [Region])> {
    let known = base_name(name).find_map(|base| READ.iter().find(|(name, ..)| *name == base));
    known.map(|(_, parameters, regions)| (*parameters, *regions))
}

fn appends(original: &Original<'_>, function: u32, name: &str) -> bool {
    base_name(name).any(|base| base == APPENDS) && takes(original, function, 3)
}

/// Whether a function has so many parameters and a result, all of them pointers or numbers like these.
fn takes(original: &Original<'_>, function: u32, parameters: u32) -> bool {
    signature(original, function).is_some_and(|signature| all_i32(signature, parameters, 1))
}

fn bytes(regions: &[Region]) -> Bytes {
    match regions {
        [(_, one), (_, other)] if one != other => Bytes::Sum(*one, *other),
        [(_, length), ..] => Bytes::Parameter(*length),
        [] => Bytes::None,
    }
}
