//! What to change in a build that needs what the sandbox does not have.
//!
//! An interpreter is refused by its imports more often than by anything else, and the name of an import
//! mostly says which habit of which toolchain it came from.

use thiserror::Error;

/// What a person can do about an import that is not provided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum Advice {
    /// C++ exceptions.
    #[error(
        "it throws C++ exceptions, which the sandbox does not have: compile with -fno-exceptions and return \
         an error where it throws"
    )]
    Exceptions,
    /// `setjmp` and `longjmp`.
    #[error(
        "setjmp and longjmp are built on WebAssembly exceptions, which the sandbox does not have: return an \
         error where it jumps; where a jump only gives up, define setjmp as 0 and longjmp as a message and abort()"
    )]
    Jumps,
    /// The runtime that emscripten writes in JavaScript.
    #[error(
        "it expects emscripten's JavaScript around it: build with a WASI toolchain, such as sandbox/sdk/toolchain.sh finds"
    )]
    Emscripten,
    /// What libc++ tells AddressSanitizer of containers.
    #[error(
        "libc++ says so where its containers have elements: add the SDK's c/containers.c to the sources"
    )]
    Containers,
    /// A part of UndefinedBehaviorSanitizer that needs more than its checks.
    #[error(
        "of UndefinedBehaviorSanitizer's runtime there is what sandbox/sdk/sanitizer-imports.txt names: compile with \
         -fsanitize=undefined -fno-sanitize=vptr, without -fsanitize-minimal-runtime, or with -fsanitize-trap=undefined"
    )]
    UndefinedBehaviour,
    /// Coverage for a fuzzer in the same process.
    #[error(
        "the sandbox counts coverage itself: compile without -fsanitize=fuzzer and -fsanitize-coverage"
    )]
    Coverage,
    /// Threads.
    #[error("there are no threads: build for wasm32-wasip1 without -pthread")]
    Threads,
    /// WASI before it had versions.
    #[error("that is WASI from before preview 1: build with a newer toolchain")]
    OlderWasi,
    /// Some other undefined symbol.
    #[error(
        "no library that it was linked with defines it: link without --allow-undefined, and the linker says who needs it"
    )]
    Undefined,
}

impl Advice {
    /// What to do about an import that the sandbox does not provide, if its name tells.
    pub fn for_import(module: &str, name: &str) -> Option<Self> {
        match module {
            "env" | "GOT.mem" | "GOT.func" => Some(Self::for_symbol(name)),
            "wasi" => (name == "thread-spawn").then_some(Self::Threads),
            "wasi_unstable" => Some(Self::OlderWasi),
            _ => None,
        }
    }

    /// The same, for a symbol that was undefined when the module was linked.
    fn for_symbol(name: &str) -> Self {
        const JUMPS: [&str; 10] = [
            "setjmp",
            "_setjmp",
            "sigsetjmp",
            "__sigsetjmp",
            "longjmp",
            "_longjmp",
            "siglongjmp",
            "__c_longjmp",
            "saveSetjmp",
            "testSetjmp",
        ];
        const EXCEPTIONS: [&str; 4] = ["__cxa_", "__cpp_exception", "_Unwind_", "__gxx_"];
        let begins = |prefixes: &[&str]| prefixes.iter().any(|prefix| name.starts_with(prefix));
        if JUMPS.contains(&name) || begins(&["__wasm_setjmp", "__wasm_longjmp"]) {
            Self::Jumps
        } else if begins(&EXCEPTIONS) {
            Self::Exceptions
        } else if begins(&["emscripten_", "_emscripten_", "invoke_", "__syscall_"]) {
            Self::Emscripten
        } else if begins(&["__sanitizer_annotate_", "__sanitizer_verify_"]) {
            Self::Containers
        } else if begins(&["__ubsan_"]) {
            Self::UndefinedBehaviour
        } else if begins(&["__sanitizer_cov_", "__sancov_"]) {
            Self::Coverage
        } else if begins(&["pthread_"]) {
            Self::Threads
        } else {
            Self::Undefined
        }
    }
}

/// The end of a message about an import: what to do, if that is known.
pub(super) fn beside(module: &str, name: &str) -> String {
    Advice::for_import(module, name).map(|advice| format!("; {advice}")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::Advice;

    #[test]
    fn an_import_tells_the_habit_that_it_comes_from() {
        for (module, name, advice) in [
            ("env", "__cxa_throw", Some(Advice::Exceptions)),
            ("env", "__cxa_allocate_exception", Some(Advice::Exceptions)),
            ("env", "__cpp_exception", Some(Advice::Exceptions)),
            ("env", "_Unwind_CallPersonality", Some(Advice::Exceptions)),
            ("env", "setjmp", Some(Advice::Jumps)),
            ("env", "__wasm_setjmp_test", Some(Advice::Jumps)),
            ("env", "__c_longjmp", Some(Advice::Jumps)),
            ("env", "invoke_vii", Some(Advice::Emscripten)),
            ("env", "__sanitizer_annotate_contiguous_container", Some(Advice::Containers)),
            ("env", "__ubsan_handle_add_overflow_minimal", Some(Advice::UndefinedBehaviour)),
            ("env", "__sanitizer_cov_trace_pc_guard", Some(Advice::Coverage)),
            ("env", "pthread_create", Some(Advice::Threads)),
            ("wasi", "thread-spawn", Some(Advice::Threads)),
            ("wasi_unstable", "fd_write", Some(Advice::OlderWasi)),
            ("env", "parse_configuraton", Some(Advice::Undefined)),
            ("proofhouse", "execute", None),
            ("wasi_snapshot_preview1", "fd_wrte", None),
        ] {
            assert_eq!(Advice::for_import(module, name), advice, "{module}.{name}");
        }
    }
}
