//! Digests as reports write them.

use sha2::{Digest, Sha256};
use std::fmt::Write;

/// SHA-256 as `sha256:` and lower-case hexadecimal digits.
pub fn of_bytes(bytes: &[u8]) -> String {
    let mut text = String::from("sha256:");
    for byte in Sha256::digest(bytes) {
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
    #[test]
    fn the_digest_of_nothing_is_the_published_one() {
        let expected = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(super::of_bytes(b""), expected);
    }
}
