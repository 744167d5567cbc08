//! Turns the sanitizer's runtime, which is written as WebAssembly text, into the module that the
//! rewriter links into each guest. So no binary is committed, and no text is parsed at run time.

use std::path::{Path, PathBuf};
use std::{env, error, fs};

/// The runtime is one module, whose text lies in these files, in this order.
const PARTS: [&str; 7] =
    ["state.wat", "check.wat", "stop.wat", "heap.wat", "pages.wat", "allocator.wat", "words.wat"];

fn main() -> Result<(), Box<dyn error::Error>> {
    let folder = Path::new("src/instrument/runtime");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut text = String::from("(module\n");
    for part in PARTS {
        text.push_str(&fs::read_to_string(folder.join(part))?);
    }
    text.push_str(")\n");
    let module = wat::parse_str(&text)?;
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    fs::write(out.join("runtime.wasm"), module)?;
    Ok(())
}
