//! How modules lie in the one file that the program carries.
//!
//! `validator/src/cli/guests/embedded.rs` reads it, and its tests take this file in: what is written here is what
//! they read.

use serde_json::json;

/// First bytes of the file; the number counts changes of its layout.
const MAGIC: &[u8] = b"PHBOX001";
/// How hard to compress: higher levels take minutes and save some per cent.
const LEVEL: u8 = 8;

/// The file with those modules, each with its name. `sha256` gives a digest in hexadecimal digits. `None` if its
/// index would be over 4 GiB.
pub(crate) fn boxed(
    modules: &[(String, Vec<u8>)],
    sha256: impl Fn(&[u8]) -> String,
) -> Option<Vec<u8>> {
    let mut index = Vec::new();
    let mut packed = Vec::new();
    for (name, module) in modules {
        let compressed = miniz_oxide::deflate::compress_to_vec_zlib(module, LEVEL);
        index.push(json!({
            "name": name,
            "sha256": sha256(module),
            "size": module.len(),
            "packed": compressed.len(),
        }));
        packed.extend(compressed);
    }
    let index = json!(index).to_string();
    let length = u32::try_from(index.len()).ok()?.to_le_bytes();
    Some([MAGIC, &length, index.as_bytes(), &packed].concat())
}
