//! Stand-ins for the functions of AddressSanitizer's runtime that checked guests import.
//!
//! The rewriter leaves no call to them; the imports stay so that no index changes. Whatever reaches one
//! after all, through a table, is stopped.

use super::State;
use crate::instrument::asan::{MODULE, imports};
use wasmtime::{Engine, FuncType, Linker, Result, Trap, ValType};

/// Whether a guest may import that function.
pub(super) fn knows(module: &str, name: &str) -> bool {
    module == MODULE && imports().iter().any(|import| import.name == name)
}

pub(super) fn define(linker: &mut Linker<State>, engine: &Engine) -> Result<()> {
    for import in imports() {
        let parameters = (0..import.parameters).map(|_| ValType::I32);
        let ty = FuncType::new(engine, parameters, import.result.then_some(ValType::I32));
        linker.func_new(MODULE, &import.name, ty, |_, _, _| {
            Err(Trap::UnreachableCodeReached.into())
        })?;
    }
    Ok(())
}
