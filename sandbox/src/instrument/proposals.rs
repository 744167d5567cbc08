//! Which WebAssembly proposals an original may use, and validation against them.

use wasmparser::{
    BinaryReaderError, FuncValidatorAllocations, Parser, ValidPayload, Validator, WasmFeatures,
};

use super::across;
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
    let Err(error) = check(original, ORIGINAL) else {
        return Ok(());
    };
    // The validator stops at what it meets first, which is an exception wherever nothing else is missing.
    if check(original, ORIGINAL.union(EXCEPTIONS)).is_ok() {
        return Err(Refusal::Exceptions { offset: error.offset() });
    }
    // It would say that types are garbage-collected, which is not what its author wrote.
    if check(original, ORIGINAL.union(WasmFeatures::GC_TYPES)).is_ok() {
        return Err(Refusal::UnsupportedProposal {
            offset: error.offset(),
            reason: "references of the host (externref)".to_owned(),
        });
    }
    if check(original, WasmFeatures::all()).is_ok() {
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
    check(module, INSTRUMENTED).map_err(|error| Refusal::Output {
        offset: error.offset(),
        reason: error.message().to_owned(),
    })
}

/// [`Validator::validate_all`], with the functions on all cores. They come last there, too.
fn check(module: &[u8], features: WasmFeatures) -> Result<(), BinaryReaderError> {
    let mut validator = Validator::new_with_features(features);
    let mut parser = Parser::new(0);
    parser.set_features(features);
    let mut functions = Vec::new();
    for payload in parser.parse_all(module) {
        if let ValidPayload::Func(function, body) = validator.payload(&payload?)? {
            functions.push((function, body));
        }
    }
    across::try_map(functions, |(function, body)| {
        function.into_validator(FuncValidatorAllocations::default()).validate(&body)
    })?;
    Ok(())
}
