//! Which WebAssembly proposals an original may use, and validation against them.

use wasmparser::{Validator, WasmFeatures};

use super::refusal::Refusal;

/// What an original may use: every instruction of these proposals is either known not to touch linear
/// memory or is checked. A proposal is added here together with its checks.
///
/// Not among them: several memories and 64-bit addresses (one shadow covers one 32-bit memory),
/// garbage-collected types, exceptions and typed function references (no toolchain that builds
/// interpreters needs them; branches of their own would need metering). Nor are references of the host
/// (`externref`, which counts as garbage-collected) and 128-bit arithmetic: the engine has neither.
const ORIGINAL: WasmFeatures = WasmFeatures::WASM2
    .union(WasmFeatures::TAIL_CALL)
    .union(WasmFeatures::EXTENDED_CONST)
    .union(WasmFeatures::RELAXED_SIMD)
    .union(WasmFeatures::THREADS)
    .difference(WasmFeatures::GC_TYPES);

/// Exceptions, in both of their forms: `try` and `catch` of older compilers, `try_table` of newer ones.
const EXCEPTIONS: WasmFeatures = WasmFeatures::EXCEPTIONS.union(WasmFeatures::LEGACY_EXCEPTIONS);

/// What the instrumented module may use: the shadow is a second memory.
const INSTRUMENTED: WasmFeatures = ORIGINAL.union(WasmFeatures::MULTI_MEMORY);

/// Validates an original module.
///
/// # Errors
/// [`Refusal::Exceptions`] if all that it lacks is exceptions, [`Refusal::UnsupportedProposal`] if it would be
/// valid with every proposal that exists, [`Refusal::Invalid`] if not.
pub(super) fn validate(original: &[u8]) -> Result<(), Refusal> {
    let Err(error) = Validator::new_with_features(ORIGINAL).validate_all(original) else {
        return Ok(());
    };
    // The validator stops at what it meets first, which is an exception wherever nothing else is missing.
    if Validator::new_with_features(ORIGINAL.union(EXCEPTIONS)).validate_all(original).is_ok() {
        return Err(Refusal::Exceptions { offset: error.offset() });
    }
    // It would say that types are garbage-collected, which is not what its author wrote.
    if Validator::new_with_features(ORIGINAL.union(WasmFeatures::GC_TYPES))
        .validate_all(original)
        .is_ok()
    {
        return Err(Refusal::UnsupportedProposal {
            offset: error.offset(),
            reason: "references of the host (externref)".to_owned(),
        });
    }
    if Validator::new_with_features(WasmFeatures::all()).validate_all(original).is_ok() {
        return Err(Refusal::UnsupportedProposal {
            offset: error.offset(),
            reason: error.message().to_owned(),
        });
    }
    Err(Refusal::invalid(&error))
}

/// Validates the instrumented module.
///
/// # Errors
/// [`Refusal::Output`]: the rewriter made a mistake.
pub(super) fn validate_instrumented(module: &[u8]) -> Result<(), Refusal> {
    match Validator::new_with_features(INSTRUMENTED).validate_all(module) {
        Ok(_) => Ok(()),
        Err(error) => {
            Err(Refusal::Output { offset: error.offset(), reason: error.message().to_owned() })
        }
    }
}
