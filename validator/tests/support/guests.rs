//! Interpreters to test with.

use std::fs;
use std::path::{Path, PathBuf};

/// The module of `tests/guests/NAME.wat`. A text needs no compiler but the one in this test.
pub(crate) fn guest(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/guests").join(name);
    let path = path.with_extension("wat");
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("guest {name}: {error}"));
    wat::parse_str(&text).unwrap_or_else(|error| panic!("guest {name}: {error}"))
}

/// A build of the reference interpreter, from C.
///
/// # Panics
/// If it is not built. It is part of what is tested, so a test without it has failed.
pub(crate) fn reference_interpreter(file: &str) -> PathBuf {
    let path = target_dir().join("fixtures").join(file);
    let missing = "the reference interpreter is not built: `cargo guests` makes";
    assert!(path.is_file(), "{missing} {}", path.display());
    path
}

/// The directory that everything is built into.
pub(crate) fn target_dir() -> &'static Path {
    // Cargo makes this folder directly below it.
    let of_tests = Path::new(env!("CARGO_TARGET_TMPDIR"));
    of_tests.parent().unwrap_or(of_tests)
}
