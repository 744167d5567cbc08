//! Turns the sanitizer's runtime, which is written as WebAssembly text, into the modules that the
//! rewriter links into guests. So no binary is committed, and no text is parsed at run time.

use std::path::{Path, PathBuf};
use std::{env, error, fs};

/// The runtime is one module, whose text lies in these files, in this order.
const PARTS: [&str; 2] = ["state.wat", "check.wat"];

/// What the runtime has besides for guests that were compiled with `-fsanitize=address`.
const LAYOUT_PARTS: [&str; 1] = ["asan.wat"];

fn main() -> Result<(), Box<dyn error::Error>> {
    println!("cargo::rerun-if-changed={}", folder().display());
    assemble("runtime.wasm", &PARTS)?;
    assemble("runtime-layout.wasm", &[&PARTS[..], &LAYOUT_PARTS[..]].concat())
}

fn folder() -> &'static Path {
    Path::new("src/instrument/runtime")
}

fn assemble(file: &str, parts: &[&str]) -> Result<(), Box<dyn error::Error>> {
    let mut text = String::from("(module\n");
    for part in parts {
        text.push_str(&fs::read_to_string(folder().join(part))?);
    }
    text.push_str(")\n");
    let module = wat::parse_str(&text)?;
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    fs::write(out.join(file), module)?;
    Ok(())
}
