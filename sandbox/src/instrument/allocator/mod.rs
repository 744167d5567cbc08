//! Recognises the allocator of a module.
//!
//! Its functions are known by their names, and believed if their types fit. Half an allocator would be
//! worse than none: a block from the one half would be freed by the other, or its size be looked for before
//! it. So all of it is recognised or nothing is, and if nothing, a reason is given ([`HeapOff`]). A function
//! without a name may be any part of it: where there is one, nothing is certain. A function of Rust's that has another type may be
//! left as it is where C's functions are there: it has its memory from them, or is another way in.

mod calls;
mod members;

use std::collections::{BTreeMap, BTreeSet};

use super::known::{Known, calls_last, signature};
use super::original::Original;
use super::refusal::Refusal;
use super::summary::{Family, HeapOff, NamesFound};
use calls::Calls;
use members::{Kind, Member, is_internal, member, readable};

/// An allocator of which every way in is known.
pub(super) struct Allocator {
    /// Whose it is.
    pub(super) family: Family,
    /// Its functions.
    pub(super) functions: Known,
    /// Their names, in the order of their indices.
    pub(super) names: Vec<String>,
}

/// The functions that may be an allocator's.
struct Members {
    /// What others call.
    by_index: BTreeMap<u32, (Member, String)>,
    /// What only these call.
    internal: BTreeSet<u32>,
}

impl Members {
    /// Goes by names, and by types where a name says what they have to be.
    fn gather(
        original: &Original<'_>,
        names: &[(u32, &str)],
    ) -> Result<Result<Self, HeapOff>, Refusal> {
        let mut by_index: BTreeMap<u32, (Member, String)> = BTreeMap::new();
        let mut internal = BTreeSet::new();
        let mut roles = BTreeMap::new();
        let mut changed = None;
        for (function, name) in names {
            let name = readable(name);
            if let Some(member) = member(&name) {
                match signature(original, *function) {
                    None => return Ok(Err(HeapOff::Imported { name })),
                    // An optimising linker drops parameters that are the same in all calls.
                    Some(signature)
                        if !member.role.fits(signature) && member.family == Family::Rust =>
                    {
                        changed.get_or_insert(name);
                        continue;
                    }
                    Some(signature) if !member.role.fits(signature) => {
                        return Ok(Err(HeapOff::WrongType { name }));
                    }
                    Some(_) if calls_last(original, *function)? => {
                        return Ok(Err(HeapOff::TailCall { name }));
                    }
                    Some(_) => {}
                }
                if roles.insert(name.clone(), *function).is_some_and(|other| other != *function) {
                    return Ok(Err(HeapOff::Ambiguous { name }));
                }
                by_index.insert(*function, (member, name));
            } else if is_internal(&name) {
                internal.insert(*function);
            }
        }
        // Rust's functions stand on C's, where those are there: one that is not replaced calls what is.
        let of_c = |kind: Kind| {
            by_index
                .values()
                .any(|(member, _)| member.kind == kind && member.family != Family::Rust)
        };
        if let Some(name) = changed
            && !(of_c(Kind::Allocates) && of_c(Kind::Frees))
        {
            return Ok(Err(HeapOff::WrongType { name }));
        }
        Ok(Ok(Self { by_index, internal }))
    }
}

/// Finds the allocator, or says why there are no heap checks.
///
/// # Errors
/// The original does not parse.
pub(super) fn recognise(
    original: &Original<'_>,
    names: &[(u32, &str)],
    found: NamesFound,
) -> Result<Result<Allocator, HeapOff>, Refusal> {
    if original.memory.is_none() {
        return Ok(Err(HeapOff::NoMemory));
    }
    let Members { by_index: members, internal } = match Members::gather(original, names)? {
        Ok(members) => members,
        Err(reason) => return Ok(Err(reason)),
    };
    let has = |kinds: &[Kind]| members.values().any(|(member, _)| kinds.contains(&member.kind));
    if !has(&[Kind::Allocates, Kind::Both, Kind::Frees]) {
        return Ok(Err(match found {
            NamesFound::Read => HeapOff::NoAllocator,
            NamesFound::Missing | NamesFound::Malformed => HeapOff::NoNames,
        }));
    }
    if !has(&[Kind::Allocates]) {
        return Ok(Err(HeapOff::NoMalloc));
    }
    let known: BTreeSet<u32> = members.keys().copied().collect();
    let with_name: BTreeSet<u32> = names.iter().map(|(function, _)| *function).collect();
    let all_named = original.all_functions().all(|function| with_name.contains(&function));
    if !(internal.is_empty() && all_named) {
        let calls = Calls::read(original)?;
        if let Some(function) = calls.nameless(&with_name, &known) {
            return Ok(Err(match found {
                NamesFound::Read => HeapOff::Nameless { function },
                NamesFound::Missing | NamesFound::Malformed => HeapOff::NoNames,
            }));
        }
        if let Some(function) = calls.reach(&internal, &known) {
            return Ok(Err(HeapOff::OtherWayIn { function }));
        }
    }
    let family = members.values().map(|(member, _)| member.family).min().unwrap_or(Family::Libc);
    let mut functions = Known::new();
    let mut names = Vec::new();
    for (function, (member, name)) in members {
        functions.insert(function, member.role);
        names.push(name);
    }
    Ok(Ok(Allocator { family, functions, names }))
}
