//! Functions of C that are given regions of memory, and need not touch all of them.
//!
//! `memcmp` returns at the first difference, so that a length that goes beyond an object shows with some contents
//! and not with others. C demands that all of both regions is there (ISO C23, 7.26.4.1: "compares the first n
//! characters"), and AddressSanitizer holds its callers to that, too. In modules that were compiled for checks the
//! runtime looks at whole regions where such a function is entered. That takes time by their length, so these
//! functions have a price by it ([`priced`]), with or without checks. `memmem` is none of them: who looks for one thing
//! after the other in a long text gives it all of the rest each time.
//!
//! Functions that copy texts must not be given regions that overlap, either. Where they read whole words, what stands in
//! for them looks at that ([`words`](super::words)); others do so where they are entered. They have no price by the text,
//! so no more than 4096 bytes of it are looked at: the watchdog goes by fuel.

use std::collections::BTreeMap;

use wasm_encoder::InstructionSink;

use super::known::{Prices, all_i32, calls_last, signature};
use super::meter::{Bytes, Price, WORDS_CALL};
use super::original::Original;
use super::refusal::Refusal;
use super::removal::{Check, is_removed};
use super::words::base_name;

/// What compares two regions of one length: their addresses, the length.
const COMPARE: [&str; 2] = ["memcmp", "bcmp"];

/// What copies texts: name, number of parameters, the runtime's function that is told where to, from where, and of the
/// third parameter, if there is one, which is how many bytes at most.
const COPY: [(&str, u32, &str); 6] = [
    ("strcpy", 2, "copies_apart"),
    ("stpcpy", 2, "copies_apart"),
    ("strncpy", 3, "copies_apart"),
    ("stpncpy", 3, "copies_apart"),
    ("strcat", 2, "appends_apart"),
    ("strncat", 3, "appends_apart"),
];

/// In the place of a third parameter: any number of bytes.
const ANY: i32 = -1;

/// Whom a function tells of its regions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hook {
    tells: Tells,
    /// Index of the runtime's function.
    function: u32,
}

#[derive(Clone, Copy, Debug)]
enum Tells {
    /// Which two regions it compares.
    Compared,
    /// Which text it copies, and to where; it has so many parameters.
    Copied(u32),
}

impl Hook {
    /// At the entry of the function.
    pub(super) fn enter(self, insert: &mut InstructionSink<'_>) {
        match self.tells {
            Tells::Compared if is_removed(Check::Regions) => {}
            Tells::Compared => {
                insert.local_get(0).local_get(2).call(self.function);
                insert.local_get(1).local_get(2).call(self.function);
            }
            Tells::Copied(_) if is_removed(Check::Texts) => {}
            Tells::Copied(parameters) => {
                insert.local_get(0).local_get(1);
                if parameters > 2 {
                    insert.local_get(2)
                } else {
                    insert.i32_const(ANY)
                };
                insert.call(self.function);
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
        if compares(name) && takes(original, *function, 3) && !calls_last(original, *function)? {
            priced.insert(*function, Price { call: WORDS_CALL, bytes: Bytes::Parameter(2) });
        }
    }
    Ok(priced)
}

/// Those that tell of their regions: the ones that have a price, and those that copy texts. `function` gives the index
/// of a function of the runtime.
pub(super) fn hooks(
    original: &Original<'_>,
    names: &[(u32, &str)],
    priced: &Prices,
    function: impl Fn(&str) -> u32,
) -> BTreeMap<u32, Hook> {
    let mut found = BTreeMap::new();
    for (at, name) in names {
        if compares(name) && priced.contains_key(at) {
            found.insert(*at, Hook { tells: Tells::Compared, function: function("reads_all") });
        }
        let copies = base_name(name).find_map(|base| COPY.iter().find(|(name, ..)| *name == base));
        if let Some((_, parameters, told)) = copies
            && takes(original, *at, *parameters)
        {
            let tells = Tells::Copied(*parameters);
            found.insert(*at, Hook { tells, function: function(told) });
        }
    }
    found
}

fn compares(name: &str) -> bool {
    base_name(name).any(|base| COMPARE.contains(&base))
}

/// Whether a function has so many parameters and a result, all of them pointers or numbers like these.
fn takes(original: &Original<'_>, function: u32, parameters: u32) -> bool {
    signature(original, function).is_some_and(|signature| all_i32(signature, parameters, 1))
}
