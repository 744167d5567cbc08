//! Arbitrary valid modules that run as commands.

use arbitrary::{Result, Unstructured};
use std::sync::OnceLock;
use wasm_smith::{Config, Module};

/// Most memory that a module may declare.
const MEMORY_BYTES: u64 = 8 << 20;

/// What a command must export. Only the types count.
const EXPORTS: &str = r#"(module (memory (export "memory") 1 16) (func (export "_start")))"#;
/// What it may import.
const IMPORTS: &str = r#"(module
    (import "proofhouse" "emit" (func (param i32 i32)))
    (import "proofhouse" "message" (func (param i32 i32 i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "random_get" (func (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func (param i32))))"#;

/// A module.
pub(super) fn arbitrary(random: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    static SHAPE: OnceLock<[Vec<u8>; 2]> = OnceLock::new();
    let [exports, imports] = SHAPE.get_or_init(|| {
        [EXPORTS, IMPORTS].map(|text| wat::parse_str(text).unwrap_or_else(|e| panic!("{e}")))
    });
    let config = Config {
        exports: Some(exports.clone()),
        available_imports: Some(imports.clone()),
        disallow_traps: random.arbitrary()?,
        exceptions_enabled: false,
        gc_enabled: false,
        compact_imports_enabled: false,
        max_memories: 1,
        max_memory32_bytes: MEMORY_BYTES,
        memory_max_size_required: true,
        max_table_elements: 1_000,
        table_max_size_required: true,
        memory64_enabled: false,
        reference_types_enabled: false,
        relaxed_simd_enabled: true,
        shared_everything_threads_enabled: false,
        threads_enabled: false,
        wide_arithmetic_enabled: false,
        ..Config::default()
    };
    Ok(Module::new(config, random)?.to_bytes())
}
