//! What is added to a module, and at which indices.
//!
//! Everything comes behind the original's own items of its kind, so that *every index of the original
//! keeps its meaning*: sections, names and instructions of the original are copied as they are.

use wasm_encoder::BlockType;
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};

use super::Options;
use super::checks::Checks;
use super::coverage::CoveragePlan;
use super::function::Passes;
use super::limits::{MAX_FUNCTIONS, MAX_GLOBALS, MAX_TYPES};
use super::link::{Base, Runtime};
use super::numbers::{count, index};
use super::options;
use super::original::Original;
use super::refusal::{Limited, Refusal};
use super::summary::StackPointer;

/// Index of the shadow memory: the first behind the original's only one.
pub(super) const SHADOW: u32 = 1;

/// What is added to one module.
pub(super) struct Additions {
    /// Types without parameters, for functions with several results.
    pub(super) result_types: Vec<Vec<wasm_encoder::ValType>>,
    /// For each type of the original, the block type without parameters and with its results.
    results: Vec<BlockType>,
    /// The runtime, if memory is checked.
    pub(super) runtime: Option<Runtime>,
    /// Where it goes.
    pub(super) base: Base,
    /// What the passes over function bodies need.
    pub(super) passes: Passes,
    /// What is counted, if coverage is asked for.
    pub(super) coverage: Option<CoveragePlan>,
}

impl Additions {
    /// Decides what to add.
    ///
    /// # Errors
    /// There would be more of something than engines take.
    pub(super) fn plan(
        original: &Original<'_>,
        stack_pointer: Option<StackPointer>,
        options: Options,
    ) -> Result<Self, Refusal> {
        let own_types = count(original.signatures.len());
        let own_functions =
            original.imported_functions.saturating_add(count(original.functions.len()));
        let own_globals = original.imported_globals.saturating_add(original.defined_globals());
        let (results, result_types) = block_types(original, options.meter)?;
        let fuel = options.meter.then_some(own_globals);
        let runtime = match options.checks {
            options::Checks::Fast | options::Checks::Exact if original.memory.is_some() => {
                Some(Runtime::read()?)
            }
            _ => None,
        };
        let base = Base {
            types: own_types.saturating_add(count(result_types.len())),
            functions: own_functions,
            globals: own_globals.saturating_add(fuel.is_some().into()),
        };
        let added = |of: fn(&Runtime) -> u32| runtime.as_ref().map_or(0, of);
        judge(Limited::Types, base.types, added(Runtime::types), MAX_TYPES)?;
        judge(Limited::Functions, base.functions, added(Runtime::functions), MAX_FUNCTIONS)?;
        judge(Limited::Globals, base.globals, added(Runtime::globals), MAX_GLOBALS)?;
        let checks = runtime.as_ref().map(|runtime| Checks {
            shadow: SHADOW,
            suspect: base.globals.saturating_add(export(runtime, "suspect")),
            check_access: base.functions.saturating_add(export(runtime, "check_access")),
            check_range: base.functions.saturating_add(export(runtime, "check_range")),
            trust_alignment: options.checks == options::Checks::Fast,
            plain_stack_pointer: stack_pointer.map(|stack| stack.global),
        });
        // Behind the guest's own memory and those of the runtime.
        let memory = u32::from(original.memory.is_some()).saturating_add(added(Runtime::memories));
        let coverage = options.coverage.then(|| CoveragePlan::of(original, memory)).transpose()?;
        let passes =
            Passes { fuel, checks, coverage: coverage.as_ref().map(CoveragePlan::coverage) };
        Ok(Self { result_types, results, runtime, base, passes, coverage })
    }

    /// The block type with the results of type `ty` of the original.
    pub(super) fn results(&self, ty: u32) -> BlockType {
        self.results.get(index(ty)).copied().unwrap_or(BlockType::Empty)
    }
}

/// Index in the runtime of one of its exports. Were it not there, the output would not validate.
fn export(runtime: &Runtime, name: &str) -> u32 {
    runtime.export(name).unwrap_or(u32::MAX)
}

fn judge(what: Limited, base: u32, added: u32, limit: u32) -> Result<(), Refusal> {
    let count = base.saturating_add(added);
    if count > limit {
        return Err(Refusal::Limit { what, count: count.into(), limit: limit.into() });
    }
    Ok(())
}

type BlockTypes = (Vec<BlockType>, Vec<Vec<wasm_encoder::ValType>>);

/// A block type for the results of each type, and the types that have to be added for them.
fn block_types(original: &Original<'_>, needed: bool) -> Result<BlockTypes, Refusal> {
    let mut blocks = Vec::new();
    let mut added = Vec::new();
    let signatures = if needed { original.signatures.as_slice() } else { &[] };
    for signature in signatures {
        blocks.push(match signature.results() {
            [] => BlockType::Empty,
            [one] => BlockType::Result(RoundtripReencoder.val_type(*one)?),
            several => {
                let index = original.signatures.len().saturating_add(added.len());
                let results = several.iter().map(|ty| RoundtripReencoder.val_type(*ty));
                added.push(results.collect::<Result<_, _>>()?);
                BlockType::FunctionType(count(index))
            }
        });
    }
    Ok((blocks, added))
}
