//! Digests as reports write them.

use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::io::{self, Read};

/// Bytes that are read at once.
const PART: usize = 64 << 10;

/// SHA-256 as `sha256:` and lower-case hexadecimal digits.
pub fn of_bytes(bytes: &[u8]) -> String {
    written(&Sha256::digest(bytes))
}

/// The same, of all that can be read, and how many bytes that is.
///
/// # Errors
/// The reader's.
pub(crate) fn of_reader(mut from: impl Read) -> io::Result<(u64, String)> {
    let mut hash = Sha256::new();
    let mut size: u64 = 0;
    let mut part = vec![0; PART];
    loop {
        match from.read(&mut part) {
            Ok(0) => return Ok((size, written(&hash.finalize()))),
            Ok(count) => {
                hash.update(part.get(..count).unwrap_or_default());
                size = size.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn written(digest: &[u8]) -> String {
    let mut text = String::from("sha256:");
    for byte in digest {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// The same, of a text's bytes.
pub fn of_text(text: &str) -> String {
    of_bytes(text.as_bytes())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

    #[test]
    fn the_digest_of_nothing_is_the_published_one() {
        let expected = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(super::of_bytes(b""), expected);
    }

    #[test]
    fn what_is_read_in_parts_has_the_digest_of_the_whole() {
        for size in [0, 1, super::PART - 1, super::PART, 3 * super::PART + 7] {
            let bytes = vec![7; size];
            let (read, digest) = super::of_reader(bytes.as_slice()).unwrap();
            assert_eq!((read, digest), (u64::try_from(size).unwrap(), super::of_bytes(&bytes)));
        }
    }
}
