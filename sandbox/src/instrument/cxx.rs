//! C++'s `operator new` and `operator delete`: whether a block is freed as what it was made.
//!
//! They are thin functions over `malloc` and `free`, which do the work. What is inserted into them notes in the
//! block's record which of them made it, and compares when one frees it (`runtime/cxx.wat`).
//!
//! That is done in modules that were compiled for checks, and in no others: tools that optimise modules join
//! functions that do the same, and of two names one is left. A program may bring operators of its own, some or all
//! of them, which may take more than they are asked for, or be inlined where it is the library that calls the one
//! and the program that calls the other. Then nothing is noted at all. Those of the library show by two things: they
//! come from one object, so that linkers leave them side by side, and those that make blocks ask for the handler
//! that is called when memory runs out.

use std::collections::{BTreeMap, BTreeSet};

use wasm_encoder::InstructionSink;
use wasmparser::{FuncType, Operator, ValType};

use super::known::{calls_last, signature};
use super::numbers::{count, index};
use super::original::Original;
use super::refusal::Refusal;
use crate::symbols::readable;

/// What makes a block, or is meant to free it. The numbers are those of `runtime/cxx.wat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Family(i32);

impl Family {
    const NEW: Self = Self(2);
    const NEW_ARRAY: Self = Self(3);
    /// Is added to the others where there is an alignment.
    const ALIGNED: i32 = 4;
}

/// Stands for the size of a block that nobody says.
const NO_SIZE: i32 = -1;

/// What one of the operators does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Does {
    /// Its result is a block.
    Makes(Family),
    /// Its first parameter is one, and that one its size, if any is.
    Frees(Family, Option<u32>),
}

/// One of the operators, and whom it tells.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hook {
    does: Does,
    /// Index of the runtime's function.
    function: u32,
}

impl Hook {
    /// At the entry of the function.
    pub(super) fn enter(self, insert: &mut InstructionSink<'_>) {
        let Does::Frees(Family(family), size) = self.does else { return };
        insert.local_get(0).i32_const(family);
        match size {
            Some(size) => insert.local_get(size),
            None => insert.i32_const(NO_SIZE),
        };
        insert.call(self.function);
    }

    /// Before it returns, its result on the stack.
    pub(super) fn leave(self, insert: &mut InstructionSink<'_>) {
        if let Does::Makes(Family(family)) = self.does {
            insert.i32_const(family).call(self.function);
        }
    }
}

/// Finds the operators, if all are the library's. `function` gives the index of a function of the runtime.
///
/// # Errors
/// The original does not parse.
pub(super) fn hooks(
    original: &Original<'_>,
    names: &[(u32, &str)],
    function: impl Fn(&str) -> u32,
) -> Result<BTreeMap<u32, Hook>, Refusal> {
    let mut found = BTreeMap::new();
    let mut handlers = BTreeSet::new();
    for (at, name) in names {
        // Linkers leave mangled names and readable ones.
        let name = readable(name);
        if name == "std::get_new_handler()" {
            handlers.insert(*at);
        }
        if let Some(does) = operator(&name)
            && signature(original, *at).is_some_and(|signature| does.fits(signature))
        {
            found.insert(*at, does);
        }
    }
    if !found.keys().zip(found.keys().skip(1)).all(|(at, next)| at.checked_add(1) == Some(*next)) {
        return Ok(BTreeMap::new());
    }
    let makes = || found.iter().filter(|(_, does)| matches!(does, Does::Makes(_)));
    // One may leave it to another one.
    handlers.extend(makes().map(|(at, _)| *at));
    for (at, _) in makes() {
        // One that ends by calling another function does not return here, so that nothing can be noted.
        if calls_last(original, *at)? || !calls_any(original, *at, &handlers)? {
            return Ok(BTreeMap::new());
        }
    }
    let hook = |does| {
        let name = match does {
            Does::Makes(_) => "cxx_made",
            Does::Frees(..) => "cxx_frees",
        };
        Hook { does, function: function(name) }
    };
    Ok(found.into_iter().map(|(at, does)| (at, hook(does))).collect())
}

impl Does {
    /// Whether a function of that type can do so.
    fn fits(self, signature: &FuncType) -> bool {
        let mut types = signature.params().iter().chain(signature.results());
        let (results, last) = match self {
            Self::Makes(_) => (1, 0),
            Self::Frees(_, size) => (0, size.unwrap_or(0)),
        };
        types.all(|ty| *ty == ValType::I32)
            && signature.results().len() == results
            && count(signature.params().len()) > last
    }
}

/// What the operator of that name does, if it is one that everybody uses.
fn operator(name: &str) -> Option<Does> {
    let name = name.strip_prefix("operator ")?;
    let (operator, parameters) = name.strip_suffix(')')?.split_once('(')?;
    let mut parameters = parameters.split(", ");
    let first = parameters.next()?;
    let (makes, is_array) = match operator {
        "new" => (true, false),
        "new[]" => (true, true),
        "delete" => (false, false),
        "delete[]" => (false, true),
        _ => return None,
    };
    if first != if makes { SIZE } else { "void*" } {
        return None;
    }
    let (mut is_aligned, mut size) = (false, None);
    for (parameter, at) in parameters.zip(1..) {
        match parameter {
            SIZE if !makes && at == 1 => size = Some(at),
            "std::align_val_t" => is_aligned = true,
            "std::nothrow_t const&" => {}
            // Of the program's own: it puts the object somewhere.
            _ => return None,
        }
    }
    let Family(family) = if is_array { Family::NEW_ARRAY } else { Family::NEW };
    let family = Family(if is_aligned { family | Family::ALIGNED } else { family });
    Some(if makes { Does::Makes(family) } else { Does::Frees(family, size) })
}

/// `size_t`.
const SIZE: &str = "unsigned long";

/// Whether a function calls one of those.
fn calls_any(
    original: &Original<'_>,
    function: u32,
    wanted: &BTreeSet<u32>,
) -> Result<bool, Refusal> {
    let body = function
        .checked_sub(original.imported_functions)
        .and_then(|defined| original.bodies.get(index(defined)));
    let Some(body) = body else { return Ok(false) };
    for operator in body.get_operators_reader()? {
        if let Operator::Call { function_index } = operator?
            && wanted.contains(&function_index)
        {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_are_known_by_their_names() {
        let (new, array) = (Family::NEW, Family::NEW_ARRAY);
        let [aligned, aligned_array] = [Family(6), Family(7)];
        for (name, expected) in [
            ("operator new(unsigned long)", Some(Does::Makes(new))),
            ("_Znwm", Some(Does::Makes(new))),
            ("operator new[](unsigned long, std::nothrow_t const&)", Some(Does::Makes(array))),
            ("operator new(unsigned long, std::align_val_t)", Some(Does::Makes(aligned))),
            ("operator delete(void*)", Some(Does::Frees(new, None))),
            ("_ZdlPvm", Some(Does::Frees(new, Some(1)))),
            ("_ZdaPvm", Some(Does::Frees(array, Some(1)))),
            (
                "operator delete[](void*, unsigned long, std::align_val_t)",
                Some(Does::Frees(aligned_array, Some(1))),
            ),
            ("operator delete(void*, std::align_val_t)", Some(Does::Frees(aligned, None))),
            ("operator new(unsigned long, void*)", None),
            ("operator new(unsigned int)", None),
            ("Pool::operator new(unsigned long)", None),
            ("operator delete(Pool*)", None),
            ("operator delete", None),
            ("new(unsigned long)", None),
        ] {
            assert_eq!(operator(&readable(name)), expected, "{name}");
        }
    }
}
