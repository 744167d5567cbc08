//! What can differ between two instances of a module, beside memories: whether a host can make one equal
//! to another.

use wasmparser::{Operator, ValType};

use super::across;
use super::original::Original;
use super::refusal::Refusal;

/// Most globals that a host is to compare. Compilers emit a few.
const MAX_GLOBALS: usize = 1024;

/// The globals that may differ: mutable ones of the original, and those that were `added`. `None` if more
/// than that and memories can: references in globals, tables that the code changes, segments that it drops.
///
/// `added` are numbers, and a host may read those that are not mutable too.
pub(super) fn mutable_globals(
    original: &Original<'_>,
    added: impl Iterator<Item = u32>,
) -> Result<Option<Vec<u32>>, Refusal> {
    let mut found = Vec::new();
    for (global, index) in original.globals.clone().into_iter().flatten().zip(0u32..) {
        let ty = global?.ty;
        if !ty.mutable {
            continue;
        }
        if matches!(ty.content_type, ValType::Ref(_)) {
            return Ok(None);
        }
        found.push(original.imported_globals.saturating_add(index));
    }
    found.extend(added);
    if found.len() > MAX_GLOBALS {
        return Ok(None);
    }
    let changes = across::try_map(&original.bodies, |body| {
        for operator in body.get_operators_reader()? {
            if changes_more(&operator?) {
                return Ok(true);
            }
        }
        Ok::<_, Refusal>(false)
    })?;
    Ok((!changes.contains(&true)).then_some(found))
}

/// Whether an instruction changes anything but memories, globals and locals.
fn changes_more(operator: &Operator<'_>) -> bool {
    matches!(
        operator,
        Operator::TableSet { .. }
            | Operator::TableGrow { .. }
            | Operator::TableFill { .. }
            | Operator::TableCopy { .. }
            | Operator::TableInit { .. }
            | Operator::ElemDrop { .. }
            | Operator::DataDrop { .. }
    )
}
