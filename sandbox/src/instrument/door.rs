//! The door: one way in for all calls that a host makes for each content and each event. It is given the
//! number of the function that lies behind, its arguments and the fuel, and gives back the result and the
//! fuel that is left.
//!
//! Without it each entry point has to be looked up in each instance and its type compared, and the host
//! writes and reads the fuel around each call. A short call takes less than that.

use wasm_encoder::{BlockType, Function, ValType};
use wasmparser::{ExternalKind, TypeRef};

use super::numbers::{count, index};
use super::original::Original;
use super::refusal::Refusal;

/// What may lie behind the door, in the order of its numbers: exports of the original, by name. All
/// parameters and results are `i32`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behind {
    /// `proofhouse_alloc`: bytes to address.
    Alloc,
    /// `proofhouse_load`: address and size to status.
    Load,
    /// `proofhouse_evaluate`: address and size to number of matches.
    Evaluate,
    /// `proofhouse_free`: address to nothing. The door's result is 0.
    Free,
    /// `malloc`: bytes to address.
    Malloc,
    /// `LLVMFuzzerTestOneInput`: address and size to status.
    TestOneInput,
}

impl Behind {
    /// All of them.
    const ALL: [Self; 6] =
        [Self::Alloc, Self::Load, Self::Evaluate, Self::Free, Self::Malloc, Self::TestOneInput];

    /// What the door knows it by.
    pub fn number(self) -> i32 {
        match self {
            Self::Alloc => 0,
            Self::Load => 1,
            Self::Evaluate => 2,
            Self::Free => 3,
            Self::Malloc => 4,
            Self::TestOneInput => 5,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Alloc => "proofhouse_alloc",
            Self::Load => "proofhouse_load",
            Self::Evaluate => "proofhouse_evaluate",
            Self::Free => "proofhouse_free",
            Self::Malloc => "malloc",
            Self::TestOneInput => "LLVMFuzzerTestOneInput",
        }
    }

    /// Numbers of its parameters and of its results.
    fn arity(self) -> (u32, u32) {
        match self {
            Self::Alloc | Self::Malloc => (1, 1),
            Self::Load | Self::Evaluate | Self::TestOneInput => (2, 1),
            Self::Free => (1, 0),
        }
    }
}

/// Parameters of the door: what lies behind it, the fuel, and two arguments.
pub(super) const PARAMETERS: [ValType; 4] =
    [ValType::I32, ValType::I64, ValType::I32, ValType::I32];
/// Its results: the result, and the fuel that is left.
pub(super) const RESULTS: [ValType; 2] = [ValType::I32, ValType::I64];

/// The functions behind the door of one module, in the order of their numbers.
pub(super) type Rooms = [Option<(Behind, u32)>; Behind::ALL.len()];

/// Finds them. An export of another type than its name promises is none: a host that wants one refuses
/// the module.
pub(super) fn rooms(original: &Original<'_>) -> Result<Rooms, Refusal> {
    let mut rooms = Rooms::default();
    for export in original.exports.clone().into_iter().flatten() {
        let export = export?;
        let named = |behind: &Behind| behind.name() == export.name;
        let Some(behind) = Behind::ALL.into_iter().find(named) else { continue };
        if export.kind == ExternalKind::Func
            && is_of_arity(original, export.index, behind.arity())?
            && let Some(room) = rooms.get_mut(index(behind.number().cast_unsigned()))
        {
            *room = Some((behind, export.index));
        }
    }
    Ok(rooms)
}

/// Whether a function has as many parameters and results, all of type `i32`.
fn is_of_arity(
    original: &Original<'_>,
    function: u32,
    (parameters, results): (u32, u32),
) -> Result<bool, Refusal> {
    let ty = match original.defined(function) {
        Some(defined) => original.functions.get(index(defined)).copied(),
        None => imported_type(original, function)?,
    };
    let signature = ty.and_then(|ty| original.signatures.get(index(ty)));
    Ok(signature.is_some_and(|signature| {
        let mut types = signature.params().iter().chain(signature.results());
        types.all(|ty| *ty == wasmparser::ValType::I32)
            && count(signature.params().len()) == parameters
            && count(signature.results().len()) == results
    }))
}

/// The type of an imported function.
fn imported_type(original: &Original<'_>, function: u32) -> Result<Option<u32>, Refusal> {
    let Some(imports) = original.imports.clone() else { return Ok(None) };
    let mut functions = 0..=function;
    for import in imports.into_imports() {
        if let TypeRef::Func(ty) | TypeRef::FuncExact(ty) = import?.ty
            && functions.next() == Some(function)
        {
            return Ok(Some(ty));
        }
    }
    Ok(None)
}

/// The door, for a module whose fuel is in that global.
pub(super) fn body(rooms: &Rooms, fuel: u32) -> Function {
    let [behind, given, first, second] = [0, 1, 2, 3];
    let mut function = Function::new([]);
    let mut insert = function.instructions();
    insert.local_get(given).global_set(fuel);
    // A block for the result, one for what has no number, and one for each that has.
    insert.block(BlockType::Result(ValType::I32)).block(BlockType::Empty);
    for _ in rooms {
        insert.block(BlockType::Empty);
    }
    let numbers: Vec<u32> = (0..count(rooms.len())).collect();
    insert.local_get(behind).br_table(numbers.iter().copied(), count(rooms.len())).end();
    for (room, number) in rooms.iter().zip(numbers) {
        match room {
            Some((room, function)) => {
                let (parameters, results) = room.arity();
                insert.local_get(first);
                if parameters > 1 {
                    insert.local_get(second);
                }
                insert.call(*function);
                if results == 0 {
                    insert.i32_const(0);
                }
                // Out of the blocks of those that come later, and out of the one for no number.
                insert.br(count(rooms.len()).saturating_sub(number));
            }
            None => {
                insert.unreachable();
            }
        }
        insert.end();
    }
    insert.unreachable().end().global_get(fuel).end();
    function
}
