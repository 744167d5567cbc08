//! Takes in the box that `cargo dist` packed, where there is one: the program then carries its interpreters.
//! And lets libFuzzer write through functions of ours.

use std::env;
use std::path::Path;

/// The variable that names the file.
const VARIABLE: &str = "PROOFHOUSE_EMBED";

/// Functions of C's library that `cli/fuzz/writes.rs` stands in for, and one of libFuzzer's for which
/// `cli/fuzz/driver.rs` does.
const STOOD_IN_FOR: [&str; 5] =
    ["fopen", "unlink", "vfprintf", "__vfprintf_chk", "_ZN6fuzzer6Fuzzer17InterruptExitCodeEv"];

fn main() {
    if env::var_os("CARGO_FEATURE_FUZZ").is_some() {
        for function in STOOD_IN_FOR {
            println!("cargo::rustc-link-arg-bins=-Wl,--wrap={function}");
        }
    }
    println!("cargo::rustc-check-cfg=cfg(proofhouse_box)");
    println!("cargo::rerun-if-env-changed={VARIABLE}");
    if let Some(path) = env::var_os(VARIABLE).filter(|path| !path.is_empty()) {
        let path = Path::new(&path);
        assert!(path.is_absolute(), "{VARIABLE} is not an absolute path: {}", path.display());
        println!("cargo::rerun-if-changed={}", path.display());
        println!("cargo::rustc-env=PROOFHOUSE_BOX={}", path.display());
        println!("cargo::rustc-cfg=proofhouse_box");
    }
}
