//! The interpreters that the program itself carries.
//!
//! `cargo dist` packs them into one file, which the build takes in: [`MAGIC`], the length of an index as a
//! little-endian `u32`, the index as JSON, and the modules, each compressed by zlib's method. What comes out
//! has to have the size and the digest of the index. A build without that file carries none.

use proofhouse_sandbox::limits::MAX_MODULE_BYTES;
use proofhouse_sandbox::{MODULE_DIGEST_BYTES, ModuleBytes};
use serde::Deserialize;
use std::ops::Range;

/// First bytes of the file; the number counts changes of its layout.
const MAGIC: &[u8] = b"PHBOX001";

/// The file; empty where there is none.
#[cfg(proofhouse_box)]
static BOX: &[u8] = include_bytes!(env!("PROOFHOUSE_BOX"));
#[cfg(not(proofhouse_box))]
static BOX: &[u8] = &[];

/// One module in the index.
#[derive(Debug, Deserialize)]
struct Entry {
    /// `NAME@VERSION`, and for a checked build what its file adds to that.
    name: String,
    /// SHA-256 in hexadecimal digits.
    sha256: String,
    /// Of the module, in bytes.
    size: u64,
    /// Of its compressed form, in bytes. They stand in the order of the index.
    packed: usize,
}

/// A module that is packed.
#[derive(Debug)]
pub(super) struct Packed {
    /// Its file's name without the ending.
    pub(super) name: String,
    digest: [u8; MODULE_DIGEST_BYTES],
    size: u64,
    bytes: &'static [u8],
}

impl Packed {
    /// The module, unpacked when somebody needs it.
    pub(super) fn module(&self) -> ModuleBytes {
        let (size, bytes) = (self.size, self.bytes);
        ModuleBytes::packed(self.digest, size, move || unpack(bytes, size))
    }
}

/// All of them; none where the index is not one.
pub(super) fn all() -> Vec<Packed> {
    read(BOX).unwrap_or_default()
}

fn read(bytes: &'static [u8]) -> Option<Vec<Packed>> {
    let (length, rest) = bytes.strip_prefix(MAGIC)?.split_first_chunk()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let (index, mut rest) = rest.split_at_checked(length)?;
    let index: Vec<Entry> = serde_json::from_slice(index).ok()?;
    let mut all = Vec::new();
    for Entry { name, sha256, size, packed } in index {
        let (bytes, further) = rest.split_at_checked(packed)?;
        rest = further;
        all.push(Packed { name, digest: digest(&sha256)?, size, bytes });
    }
    rest.is_empty().then_some(all)
}

fn digest(digits: &str) -> Option<[u8; MODULE_DIGEST_BYTES]> {
    let mut digest = [0; MODULE_DIGEST_BYTES];
    let place = |at: usize| -> Option<Range<usize>> {
        let start = at.checked_mul(2)?;
        Some(start..start.checked_add(2)?)
    };
    for (at, byte) in digest.iter_mut().enumerate() {
        *byte = u8::from_str_radix(digits.get(place(at)?)?, 16).ok()?;
    }
    Some(digest)
}

fn unpack(bytes: &[u8], size: u64) -> Option<Vec<u8>> {
    let most = usize::try_from(size.min(MAX_MODULE_BYTES)).ok()?;
    miniz_oxide::inflate::decompress_to_vec_zlib_with_limit(bytes, most).ok()
}

// What writes the file, so that both sides mean the same by it.
#[cfg(test)]
#[path = "../../../../sandbox/guests/builder/src/boxed.rs"]
mod boxed;

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    /// A file with those modules, as `cargo dist` writes it.
    fn file(modules: &[&[u8]]) -> &'static [u8] {
        let named: Vec<_> =
            modules.iter().map(|module| ("a@1".to_owned(), module.to_vec())).collect();
        let sha256 = |module: &[u8]| {
            crate::digest::of_bytes(module).strip_prefix("sha256:").unwrap().to_owned()
        };
        boxed::boxed(&named, sha256).unwrap().leak()
    }

    /// The same with another text in its index, of the same length.
    fn file_that_says(module: &[u8], from: &str, to: &str) -> &'static [u8] {
        let file = file(&[module]);
        let at = file.windows(from.len()).position(|found| found == from.as_bytes()).unwrap();
        let (before, behind) = file.split_at(at);
        [before, to.as_bytes(), behind.get(from.len()..).unwrap()].concat().leak()
    }

    #[test]
    fn modules_come_out_as_they_went_in() {
        let all = read(file(&[b"one", &[7; 10_000]])).unwrap();
        let modules: Vec<_> = all.iter().map(Packed::module).collect();
        let sizes: Vec<_> = modules.iter().map(|module| module.get().unwrap().len()).collect();
        assert_eq!(sizes, [3, 10_000]);
        assert_eq!(modules.first().unwrap().digest(), crate::digest::of_bytes(b"one"));
    }

    #[test]
    fn what_is_larger_than_the_index_says_does_not_come_out() {
        let all = read(file_that_says(&[7; 12_345], "12345", "12344")).unwrap();
        assert!(all.first().unwrap().module().get().is_err());
    }

    #[test]
    fn no_part_of_a_file_is_one() {
        let whole = file(&[b"one"]);
        assert!(read(whole).is_some());
        for length in 0..whole.len() {
            assert!(read(whole.get(..length).unwrap()).is_none(), "{length}");
        }
        let mut damaged = whole.to_vec();
        *damaged.last_mut().unwrap() ^= 1;
        let all = read(damaged.leak()).unwrap();
        assert!(all.first().unwrap().module().get().is_err());
    }
}
