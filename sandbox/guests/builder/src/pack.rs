//! The box as one file, for the program to carry. The same guests always give the same bytes.

use std::fs;
use std::path::{Path, PathBuf};

use crate::boxed::boxed;
use crate::digest::sha256;
use crate::error::Error;
use crate::stamp::replace;

/// Packs modules into a file, under their file names without the ending. Returns its size.
pub(crate) fn pack(modules: &[PathBuf], to: &Path) -> Result<usize, Error> {
    let read = |path: &PathBuf| -> Result<_, Error> {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Ok((name, fs::read(path).map_err(Error::io(path))?))
    };
    let modules = modules.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let bytes = boxed(&modules, sha256).ok_or(Error::LargeIndex)?;
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
    }

    #[test]
    fn a_module_that_is_not_there_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("a.wasm");
        assert!(matches!(pack(&[missing], &folder.path().join("box")), Err(Error::Io { .. })));
    }
}
