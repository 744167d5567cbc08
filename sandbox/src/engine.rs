//! The engine: one configuration, the same in the process that compiles and in the one that runs.

use crate::baseline;
use crate::limits::{
    MAX_FRAMES, MAX_TABLE_ELEMENTS, MAX_TABLES, THREAD_STACK_BYTES, WASM_STACK_BYTES,
};
use std::num::NonZeroUsize;
use wasmtime::{
    Config, Engine, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig, Result,
};

/// Address space of one memory: all that a 32-bit guest can name, so that bounds checks are free.
const MEMORY_RESERVATION: u64 = 4 << 30;
/// Unmapped bytes behind it, for the constant offsets of accesses.
const MEMORY_GUARD: u64 = 32 << 20;
/// Memories of one instance: the guest's own, and room for those of the instrumentation.
const MEMORIES_PER_MODULE: u32 = 5;
/// Tables of one instance: the guest's own, and those of the instrumentation.
const TABLES_PER_MODULE: u32 = MAX_TABLES + 2;
/// Bytes of an instance's bookkeeping. A module with 100,000 exported functions needs some megabytes.
const INSTANCE_BYTES: usize = 32 << 20;
/// Bytes of a memory that are cleared by writing instead of by remapping when it is used again: no more
/// than the guest had. libyara touches 12 MiB for a file of rules, which took 5 ms of page faults when they
/// were remapped, and takes a fifth of that when they are written. A checked build of it has 8 MiB of stack before
/// these, and redzones.
const KEEP_RESIDENT: usize = 32 << 20;

/// An engine that compiles and nothing else.
pub(crate) fn compiling() -> Result<Engine> {
    Engine::new(&configuration()?)
}

/// An engine that runs up to that many instances at once.
pub(crate) fn running(instances: u32) -> Result<Engine> {
    let mut config = configuration()?;
    let mut pool = PoolingAllocationConfig::new();
    pool.total_core_instances(instances)
        .total_memories(instances.saturating_mul(MEMORIES_PER_MODULE))
        .total_tables(instances.saturating_mul(TABLES_PER_MODULE))
        .max_memories_per_module(MEMORIES_PER_MODULE)
        .max_tables_per_module(TABLES_PER_MODULE)
        .table_elements(usize::try_from(MAX_TABLE_ELEMENTS)?)
        .max_core_instance_size(INSTANCE_BYTES)
        .max_memory_size(usize::try_from(MEMORY_RESERVATION)?)
        .max_unused_warm_slots(instances)
        .linear_memory_keep_resident(KEEP_RESIDENT)
        .table_keep_resident(KEEP_RESIDENT);
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    Engine::new(&config)
}

fn configuration() -> Result<Config> {
    let mut config = Config::new();
    baseline::choose(&mut config)?;
    config
        // One result on all hosts.
        .cranelift_nan_canonicalization(true)
        .relaxed_simd_deterministic(true)
        .cranelift_opt_level(OptLevel::Speed)
        // Limits. Fuel is counted by code that the rewriter inserts, which also asks the watchdog.
        .max_wasm_stack(WASM_STACK_BYTES)
        // Nothing is asynchronous here, but the engine insists that such a stack would be no smaller.
        .async_stack_size(THREAD_STACK_BYTES)
        // Backtraces as raw offsets: the sandbox symbolises them itself, against the original module.
        .wasm_backtrace_max_frames(NonZeroUsize::new(MAX_FRAMES))
        .native_unwind_info(false)
        .generate_address_map(true)
        // The rewriter says which of its branches are hardly ever taken.
        .wasm_branch_hinting(true)
        // What a guest may use.
        .wasm_simd(true)
        .wasm_relaxed_simd(true)
        .wasm_multi_memory(true)
        .wasm_tail_call(true)
        // For atomic instructions. The rewriter refuses memories that threads share.
        .wasm_threads(true)
        .wasm_memory64(false)
        // Memory: free bounds checks, copy-on-write images.
        .memory_reservation(MEMORY_RESERVATION)
        .memory_guard_size(MEMORY_GUARD)
        .guard_before_linear_memory(false)
        .memory_init_cow(true);
    Ok(config)
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test is to stop")]
    use super::*;
    use wasmtime::Module;

    #[test]
    fn machine_code_loads_on_a_processor_that_has_the_baseline_and_no_more() {
        let module =
            b"(module (func (export \"f\") (param i64) (result i64) (i64.popcnt (local.get 0))))";
        let code =
            compiling().unwrap().precompile_module(&wat::parse_bytes(module).unwrap()).unwrap();
        let load = |features: fn(&str) -> Option<bool>| {
            let mut config = configuration().unwrap();
            #[expect(unsafe_code, reason = "the host's features are told to the engine")]
            // SAFETY: the host has those that are told, or the machine code is not run.
            let engine = unsafe { Engine::new(config.detect_host_feature(features)) }.unwrap();
            #[expect(unsafe_code, reason = "machine code")]
            // SAFETY: it was made above.
            unsafe { Module::deserialize(&engine, &code) }.map(|_| ())
        };
        load(|feature| {
            Some(["sse3", "ssse3", "sse4.1", "sse4.2", "popcnt", "cmpxchg16b"].contains(&feature))
        })
        .unwrap();
        load(|feature| Some(feature == "sse3")).unwrap_err();
    }
}
