//! Functions of the original whose work the rewriter knows: an allocator's, and those of libc that read
//! whole words.
//!
//! A name is believed if the function's type fits what the name promises, and of what reads words if it shows
//! that it does. What is known has a *stand-in*
//! in the runtime, which does the same with checks, and a [`Price`]: fuel that depends on what is asked
//! of it only, so that it is the same whether the original or its stand-in runs.

use std::collections::{BTreeMap, BTreeSet};

use wasmparser::{ExternalKind, FuncType, Operator, ValType};

use super::allocator::Allocator;
use super::meter::Price;
use super::names::Names;
use super::numbers::{count, index};
use super::options::{Checks, Heap, Options};
use super::original::Original;
use super::refusal::Refusal;

/// What a function does. Parameters and results are `i32`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Role {
    /// Name of the runtime's export that can stand in for it.
    pub(super) stand_in: &'static str,
    /// Number of its parameters.
    pub(super) parameters: u32,
    /// Whether it has a result.
    pub(super) result: bool,
    /// Fuel for a call.
    pub(super) price: Price,
}

impl Role {
    /// Whether a function of type `signature` can have this role.
    pub(super) fn fits(&self, signature: &FuncType) -> bool {
        all_i32(signature, self.parameters, self.result.into())
    }
}

/// Whether a function of type `signature` has so many parameters and results, all of them `i32`.
pub(super) fn all_i32(signature: &FuncType, parameters: u32, results: u32) -> bool {
    let are_i32 = |types: &[ValType], wanted: u32| {
        count(types.len()) == wanted && types.iter().all(|ty| *ty == ValType::I32)
    };
    are_i32(signature.params(), parameters) && are_i32(signature.results(), results)
}

/// Functions with their roles, by index.
pub(super) type Known = BTreeMap<u32, Role>;

/// What functions cost, by index.
pub(super) type Prices = BTreeMap<u32, Price>;

/// What becomes of the functions that are known.
#[derive(Debug, Default)]
pub(super) struct StandIns {
    /// Those that the runtime stands in for.
    pub(super) replaced: Known,
    /// Those that run as they are, at their price.
    pub(super) priced: Prices,
    /// Whether an allocator's functions are among the former.
    pub(super) has_heap: bool,
}

impl StandIns {
    /// Decides what the runtime stands in for: only where memory is checked is there one. For those that are
    /// `priced` there is never anything.
    pub(super) fn choose(
        words: Known,
        priced: Prices,
        allocator: Option<&Allocator>,
        options: Options,
    ) -> Self {
        let mut chosen = Self { priced, ..Self::default() };
        let heap = allocator.map(|allocator| allocator.functions.clone()).unwrap_or_default();
        match options.checks {
            Checks::Off => {
                chosen.priced.extend(prices(words));
                chosen.priced.extend(prices(heap));
            }
            Checks::Fast | Checks::Exact => {
                chosen.replaced = words;
                match options.heap {
                    Heap::Auto => {
                        chosen.has_heap = !heap.is_empty();
                        chosen.replaced.extend(heap);
                    }
                    Heap::Off => chosen.priced.extend(prices(heap)),
                }
            }
        }
        chosen
    }
}

fn prices(known: Known) -> impl Iterator<Item = (u32, Price)> {
    known.into_iter().map(|(function, role)| (function, role.price))
}

/// The names of functions: those of the name section, and where it has none, those of exports. An
/// export may be a wrapper that the linker made, so its own name counts more.
pub(super) fn function_names<'n>(
    original: &Original<'n>,
    names: &Names<'n>,
) -> Result<Vec<(u32, &'n str)>, Refusal> {
    let mut found = names.functions.clone();
    let with_name: BTreeSet<u32> = found.iter().map(|(index, _)| *index).collect();
    for export in original.exports.clone().into_iter().flatten() {
        let export = export?;
        if export.kind == ExternalKind::Func && !with_name.contains(&export.index) {
            found.push((export.index, export.name));
        }
    }
    Ok(found)
}

/// The type of a function, imported ones aside.
pub(super) fn signature<'o>(original: &'o Original<'_>, function: u32) -> Option<&'o FuncType> {
    let defined = function.checked_sub(original.imported_functions)?;
    let ty = original.functions.get(index(defined))?;
    original.signatures.get(index(*ty))
}

/// Whether a function ends by calling another one. What it costs is then not known where it ends.
pub(super) fn calls_last(original: &Original<'_>, function: u32) -> Result<bool, Refusal> {
    let body = function
        .checked_sub(original.imported_functions)
        .and_then(|defined| original.bodies.get(index(defined)));
    let Some(body) = body else { return Ok(false) };
    for operator in body.get_operators_reader()? {
        if let Operator::ReturnCall { .. } | Operator::ReturnCallIndirect { .. } = operator? {
            return Ok(true);
        }
    }
    Ok(false)
}
