//! What makes the module a reactor: a thing that is initialised once and then called many times.
//!
//! The linker takes a module that never runs its constructors for a command. It then wraps each
//! export in a call of all constructors before and all destructors after, which would end the
//! program at every call of the host.
#![expect(unsafe_code, reason = "the constructors are a function that the linker makes")]

use std::sync::Once;

unsafe extern "C" {
    fn __wasm_call_ctors();
}

/// Runs the constructors of what is linked in, the first time it is called.
pub fn initialize() {
    static ONCE: Once = Once::new();
    // SAFETY: constructors may run once, before anything else of the program, and need no argument.
    ONCE.call_once(|| unsafe { __wasm_call_ctors() });
}
