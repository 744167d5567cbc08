//! Names of allocators' functions, and what each of them does.

use super::super::known::Role;
use super::super::meter::{ALLOCATOR_CALL, Bytes, Price};
use super::super::summary::Family;

/// A function of an allocator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Member {
    /// Whose name it is.
    pub(super) family: Family,
    /// Whether it gives memory, takes it back, or neither.
    pub(super) kind: Kind,
    /// What it does.
    pub(super) role: Role,
}

/// What a function means to the heap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It gives memory.
    Allocates,
    /// It takes memory back.
    Frees,
    /// It does both.
    Both,
    /// It only asks.
    Asks,
}

/// C's functions: name, kind, number of parameters, whether there is a result, bytes that cost.
const C: [(&str, Kind, u32, bool, Bytes); 9] = [
    ("malloc", Kind::Allocates, 1, true, Bytes::None),
    ("free", Kind::Frees, 1, false, Bytes::None),
    ("calloc", Kind::Allocates, 2, true, Bytes::Product(0, 1)),
    ("realloc", Kind::Both, 2, true, Bytes::Parameter(1)),
    ("reallocarray", Kind::Both, 3, true, Bytes::Product(1, 2)),
    ("memalign", Kind::Allocates, 2, true, Bytes::None),
    ("aligned_alloc", Kind::Allocates, 2, true, Bytes::None),
    ("posix_memalign", Kind::Allocates, 3, true, Bytes::None),
    ("malloc_usable_size", Kind::Asks, 1, true, Bytes::None),
];

/// What allocators put before C's names.
const C_PREFIXES: [(&str, Family); 6] = [
    ("c.malloc.", Family::Zig),
    ("emscripten_builtin_", Family::Emscripten),
    ("__libc_", Family::Libc),
    ("__", Family::Libc),
    ("dl", Family::Dlmalloc),
    ("", Family::Libc),
];

/// Rust's functions, as C's.
const RUST: [(&str, Kind, u32, bool, Bytes); 4] = [
    ("alloc", Kind::Allocates, 2, true, Bytes::None),
    ("dealloc", Kind::Frees, 3, false, Bytes::None),
    ("realloc", Kind::Both, 4, true, Bytes::Parameter(3)),
    ("alloc_zeroed", Kind::Allocates, 2, true, Bytes::Parameter(0)),
];

/// What the compiler puts before Rust's names: for all of them, for the default allocator's, and for
/// one that the program brought.
const RUST_PREFIXES: [&str; 3] = ["__rust_", "__rdl_", "__rg_"];

/// Names of the runtime's stand-ins for Rust's functions, in the order of [`RUST`].
const RUST_STAND_INS: [&str; 4] =
    ["rust_alloc", "rust_dealloc", "rust_realloc", "rust_alloc_zeroed"];

/// Functions inside dlmalloc. If others than its own call one of these, not all ways into it are known.
const INTERNAL: [&str; 34] = [
    "add_segment",
    "change_mparam",
    "dispose_chunk",
    "has_segment_link",
    "init_bins",
    "init_mparams",
    "init_top",
    "internal_bulk_free",
    "internal_calloc",
    "internal_free",
    "internal_mallinfo",
    "internal_malloc",
    "internal_memalign",
    "internal_realloc",
    "ialloc",
    "malloc_trim",
    "mmap_alloc",
    "mmap_resize",
    "prepend_alloc",
    "pvalloc",
    "realloc_in_place",
    "release_unused_segments",
    "segment_holding",
    "sys_alloc",
    "sys_trim",
    "tmalloc_large",
    "tmalloc_small",
    "try_init_allocator",
    "try_realloc_chunk",
    "unlink_large_chunk",
    "insert_large_chunk",
    "valloc",
    "independent_calloc",
    "independent_comalloc",
];

/// Paths of functions inside Rust's and zig's allocators contain one of these.
const INTERNAL_PATHS: [&str; 3] =
    ["dlmalloc::Dlmalloc", "GlobalAlloc for std::alloc::System", "heap.BrkAllocator."];

/// Readable form of a name: Rust's are mangled.
pub(super) fn readable(name: &str) -> String {
    match rustc_demangle::try_demangle(name) {
        Ok(demangled) => format!("{demangled:#}"),
        Err(_) => name.to_owned(),
    }
}

/// The function of an allocator that this readable name belongs to.
pub(super) fn member(name: &str) -> Option<Member> {
    rust_member(name).or_else(|| c_member(name))
}

fn c_member(name: &str) -> Option<Member> {
    C_PREFIXES.iter().find_map(|(prefix, family)| {
        let base = name.strip_prefix(prefix)?;
        let (stand_in, kind, parameters, result, bytes) = *C.iter().find(|of| of.0 == base)?;
        let stand_in = if stand_in == "aligned_alloc" { "memalign" } else { stand_in };
        let price = Price { call: ALLOCATOR_CALL, bytes };
        let role = Role { stand_in, parameters, result, price };
        Some(Member { family: *family, kind, role })
    })
}

fn rust_member(name: &str) -> Option<Member> {
    let name = name.strip_prefix("__rustc::").unwrap_or(name);
    let base = RUST_PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix))?;
    let at = RUST.iter().position(|of| of.0 == base)?;
    let (_, kind, parameters, result, bytes) = *RUST.get(at)?;
    let price = Price { call: ALLOCATOR_CALL, bytes };
    let role = Role { stand_in: RUST_STAND_INS.get(at)?, parameters, result, price };
    Some(Member { family: Family::Rust, kind, role })
}

/// Whether this readable name is that of a function inside an allocator.
pub(super) fn is_internal(name: &str) -> bool {
    let base = name.strip_prefix("dl").unwrap_or(name);
    INTERNAL.contains(&base) || INTERNAL_PATHS.iter().any(|part| name.contains(part))
}
