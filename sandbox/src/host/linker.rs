//! The one list of what a guest may import.

use super::{State, asan, proofhouse, ubsan, wasi};
use wasmtime::{Engine, Linker, Result};

/// Whether an import is provided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Provided {
    /// It is.
    Yes,
    /// It is there to be linked, and every call returns `ENOSYS`.
    Refused,
    /// There is no such thing here.
    No,
}

/// Looks a function import up by module and name.
pub(crate) fn provided(module: &str, name: &str) -> Provided {
    let known = match module {
        proofhouse::MODULE => proofhouse::FUNCTIONS.contains(&name),
        wasi::MODULE if wasi::refuses(name) => return Provided::Refused,
        wasi::MODULE => wasi::knows(name),
        module => asan::knows(module, name) || ubsan::knows(module, name),
    };
    if known { Provided::Yes } else { Provided::No }
}

/// All of it, ready to be linked.
pub(crate) fn linker(engine: &Engine) -> Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    proofhouse::define(&mut linker)?;
    wasi::define(&mut linker)?;
    asan::define(&mut linker, engine)?;
    ubsan::define(&mut linker, engine)?;
    Ok(linker)
}
