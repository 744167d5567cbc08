//! Turns the sanitizer's runtime, which is written as WebAssembly text, into the modules that the
//! rewriter links into guests. So no binary is committed, and no text is parsed at run time.
//!
//! It also takes a digest of the rewriter's sources, which is part of the key of what is cached, and notes the
//! target, which machine code for guests is made for, too.

use std::hash::{DefaultHasher, Hasher};
use std::path::{Path, PathBuf};
use std::{env, error, fs, io};

/// The rewriter's sources.
const SOURCES: &str = "src/instrument";

/// The runtime is one module, whose text lies in these files, in this order.
const PARTS: [&str; 9] = [
    "state.wat",
    "check.wat",
    "stop.wat",
    "heap.wat",
    "pages.wat",
    "records.wat",
    "allocator.wat",
    "words.wat",
    "frames.wat",
];

/// What the runtime has besides for guests that were compiled with `-fsanitize=address`.
const LAYOUT_PARTS: [&str; 3] = ["asan.wat", "cxx.wat", "regions.wat"];

/// What decides about accesses, and what stands there where the host is asked about them.
const CHECK: &str = "check.wat";
const ORACLE: &str = "oracle.wat";

fn main() -> Result<(), Box<dyn error::Error>> {
    println!("cargo::rerun-if-changed={SOURCES}");
    println!("cargo::rustc-env=PROOFHOUSE_INSTRUMENT_DIGEST={:016x}", digest(Path::new(SOURCES))?);
    println!("cargo::rustc-env=PROOFHOUSE_TARGET={}", env::var("TARGET")?);
    let layout = [&PARTS[..], &LAYOUT_PARTS[..]].concat();
    assemble("runtime.wasm", &PARTS)?;
    assemble("runtime-layout.wasm", &layout)?;
    let asking = |parts: &[&'static str]| -> Vec<_> {
        parts.iter().map(|part| if *part == CHECK { ORACLE } else { part }).collect()
    };
    assemble("runtime-oracle.wasm", &asking(&PARTS))?;
    assemble("runtime-layout-oracle.wasm", &asking(&layout))
}

fn assemble(file: &str, parts: &[&str]) -> Result<(), Box<dyn error::Error>> {
    let folder = Path::new(SOURCES).join("runtime");
    let mut text = String::from("(module\n");
    for part in parts {
        text.push_str(&fs::read_to_string(folder.join(part))?);
    }
    text.push_str(")\n");
    let module = wat::parse_str(&text)?;
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    fs::write(out.join(file), module)?;
    Ok(())
}

/// A digest of all files below `folder`. It tells versions apart; it need not resist anybody.
fn digest(folder: &Path) -> io::Result<u64> {
    let mut hasher = DefaultHasher::new();
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| entry.map(|e| e.path())).collect::<io::Result<_>>()?;
    entries.sort();
    for path in entries {
        if path.is_dir() {
            hasher.write_u64(digest(&path)?);
        } else {
            hasher.write(&fs::read(&path)?);
        }
        hasher.write_u8(0);
    }
    Ok(hasher.finish())
}
