//! The processor that machine code is made for: one for all hosts of an architecture, not the one at hand.
//!
//! What a processor has beyond it would change the size of stack frames, so that a guest that recurses could
//! end otherwise on another machine, and machine code in a shared cache would be made again on each of them.

use wasmtime::Config;

/// The target that the sandbox itself is built for.
const TARGET: &str = env!("PROOFHOUSE_TARGET");
/// What a processor must have beyond the first version of its architecture: on x86-64 what the psABI calls
/// x86-64-v2, which is all processors since 2009. SIMD needs no more.
const FEATURES: &[&str] = if cfg!(target_arch = "x86_64") {
    &["has_sse3", "has_ssse3", "has_sse41", "has_sse42", "has_popcnt", "has_cmpxchg16b"]
} else {
    &[]
};

/// Has machine code made for the baseline.
pub(crate) fn choose(config: &mut Config) -> wasmtime::Result<()> {
    config.target(TARGET)?;
    for feature in FEATURES {
        #[expect(unsafe_code, reason = "the engine has no other way to name a feature")]
        // SAFETY: these say which instructions may be used and change nothing else that the engine relies on.
        // It refuses to load machine code on a processor that lacks one of them.
        unsafe {
            config.cranelift_flag_enable(feature);
        }
    }
    Ok(())
}
