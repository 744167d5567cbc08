//! The box as one file, for the program to carry: what `validator/src/cli/guests/embedded.rs` reads.
//!
//! The same guests always give the same bytes.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::digest::sha256;
use crate::error::Error;
use crate::stamp::replace;

/// First bytes of the file; the number counts changes of its layout.
const MAGIC: &[u8] = b"PHBOX001";
/// How hard to compress: higher levels take minutes and save some per cent.
const LEVEL: u8 = 8;

/// Packs modules into a file, under their file names without the ending. Returns its size.
pub(crate) fn pack(modules: &[PathBuf], to: &Path) -> Result<usize, Error> {
    let mut index = Vec::new();
    let mut packed = Vec::new();
    for path in modules {
        let module = fs::read(path).map_err(Error::io(path))?;
        let compressed = miniz_oxide::deflate::compress_to_vec_zlib(&module, LEVEL);
        index.push(json!({
            "name": path.file_stem().unwrap_or_default().to_string_lossy(),
            "sha256": sha256(&module),
            "size": module.len(),
            "packed": compressed.len(),
        }));
        packed.extend(compressed);
    }
    let index = json!(index).to_string();
    let length = u32::try_from(index.len()).map_err(|_| Error::LargeIndex)?.to_le_bytes();
    let bytes = [MAGIC, &length, index.as_bytes(), &packed].concat();
    replace(to, &bytes)?;
    Ok(bytes.len())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn the_same_modules_give_the_same_file() {
        let folder = tempfile::tempdir().unwrap();
        let module = folder.path().join("a@1.wasm");
        fs::write(&module, b"module").unwrap();
        let (one, two) = (folder.path().join("one"), folder.path().join("two"));
        let size = pack(std::slice::from_ref(&module), &one).unwrap();
        pack(&[module], &two).unwrap();
        let bytes = fs::read(one).unwrap();
        assert_eq!(bytes, fs::read(two).unwrap());
        assert_eq!(bytes.len(), size);
        assert!(bytes.starts_with(MAGIC));
    }

    #[test]
    fn a_module_that_is_not_there_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("a.wasm");
        assert!(matches!(pack(&[missing], &folder.path().join("box")), Err(Error::Io { .. })));
    }
}
