//! Hard limits of the rewriter, each with its reason.
//!
//! The `MAX_` constants that come from the WebAssembly implementation limits are those every engine
//! enforces (<https://webassembly.github.io/spec/js-api/#limits>): a module that is within them but
//! would leave them by being instrumented is refused by name, before an engine stumbles over it.

/// Largest original module in bytes. It bounds every offset to 32 bits, with room for the growth that
/// instrumentation brings.
pub const MAX_ORIGINAL_BYTES: usize = 64 << 20;
/// Functions of a module, imports included (implementation limits).
pub const MAX_FUNCTIONS: u32 = 1_000_000;
/// Types of a module (implementation limits).
pub const MAX_TYPES: u32 = 1_000_000;
/// Globals of a module, imports included (implementation limits).
pub const MAX_GLOBALS: u32 = 1_000_000;
/// Exports of a module (implementation limits).
pub const MAX_EXPORTS: u32 = 1_000_000;
/// Pages of a memory: 4 GiB, all that 32-bit addresses reach.
pub const MAX_MEMORY_PAGES: u64 = 1 << 16;
/// Bytes of a buffer that can be watched: as much as content has by default.
pub const MAX_WATCHED_BYTES: u32 = 64 << 20;
/// Locals of one function, parameters included (implementation limits).
pub const MAX_FUNCTION_LOCALS: u32 = 50_000;
/// Bytes of one function body (implementation limits).
pub const MAX_FUNCTION_BYTES: u32 = 7_654_321;
