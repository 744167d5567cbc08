//! The functions that UndefinedBehaviorSanitizer's checks call where they fail.
//!
//! A guest that was compiled with `-fsanitize=undefined` and without `-fsanitize-trap` imports them. Names, parameters
//! and what they point to are those of LLVM's compiler-rt (`ubsan_handlers.h`, `ubsan_value.h`) for a 32-bit target:
//! a pointer to static data, which says where the check is and of which types, and then values. Natively some
//! report and return. Here each ends the run: what is undefined has no way to go on.
//!
//! What they point to is the guest's, and may hold anything. Reading is bounded, and what makes no sense is left out of
//! the message.

mod said;
mod value;

use super::shadow::beside;
use super::{State, Stop};
use crate::instrument::asan::MODULE;
use crate::instrument::{AccessKind, Cause, first_poisoned};
use crate::memory_error::HostAccess;
use crate::outcome::AbiViolation;
use said::{Handler, Said};
use std::collections::BTreeMap;
use std::sync::LazyLock;
use value::Data;
use wasmtime::{AsContextMut, Caller, Engine, FuncType, Linker, Result, Val, ValType};

/// How the names begin.
const PREFIX: &str = "__ubsan_handle_";
/// How those end that natively do not return, where there are others that do.
const ABORT: &str = "_abort";

/// The functions that the sandbox provides, by their names.
static FUNCTIONS: LazyLock<BTreeMap<String, Handler>> = LazyLock::new(|| {
    let mut all = BTreeMap::new();
    for (name, handler) in said::HANDLERS {
        let name = format!("{PREFIX}{name}");
        if handler.may_return() {
            all.insert(format!("{name}{ABORT}"), handler);
        }
        all.insert(name, handler);
    }
    all
});

/// Names of the functions that the sandbox provides, in the module `env`.
pub fn ubsan_imports() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.keys().map(String::as_str)
}

/// Whether a guest may import that function.
pub(crate) fn knows(module: &str, name: &str) -> bool {
    module == MODULE && FUNCTIONS.contains_key(name)
}

pub(super) fn define(linker: &mut Linker<State>, engine: &Engine) -> Result<()> {
    for (name, handler) in FUNCTIONS.iter() {
        let ty = FuncType::new(engine, (0..handler.parameters()).map(|_| ValType::I32), []);
        linker.func_new(MODULE, name, ty, move |caller, arguments, _| {
            Err(stop(caller, *handler, arguments).into())
        })?;
    }
    Ok(())
}

/// Why the run ends.
fn stop(mut caller: Caller<'_, State>, handler: Handler, arguments: &[Val]) -> Stop {
    let Some(memory) = caller.data().memory else { return Stop::Abi(AbiViolation::NoMemory) };
    let (bytes, shadow, _) = beside(memory, caller.as_context_mut());
    let mut words = arguments.iter().map(|word| word.i32().unwrap_or_default().cast_unsigned());
    let data = Data::new(bytes, words.next().unwrap_or_default());
    let values = [(); 3].map(|()| words.next().unwrap_or_default());
    let Said { message, about } = handler.say(&data, values);
    // What the access would have come to is a better report than that its pointer is wrong.
    let access = about.and_then(|about| {
        let (address, size) = (about.address, about.size.unwrap_or(0));
        let (first, poison) = first_poisoned(shadow, address, size.max(1))?;
        let cause = Cause::Poisoned { first, poison };
        let kind = if about.writes { AccessKind::Write } else { AccessKind::Read };
        Some(HostAccess { function: None, kind, address, size, cause })
    });
    Stop::Undefined { message, access }
}
