//! Takes in the box that `cargo dist` packed, where there is one: the program then carries its interpreters.

use std::env;
use std::path::Path;

/// The variable that names the file.
const VARIABLE: &str = "PROOFHOUSE_EMBED";

fn main() {
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
