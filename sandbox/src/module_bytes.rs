//! The bytes of a module, by their digest: read when somebody needs them.

use sha2::{Digest, Sha256};
use std::sync::{Arc, OnceLock};

/// Bytes of a SHA-256.
pub const MODULE_DIGEST_BYTES: usize = 32;

/// A module. Cheap to clone.
///
/// An interpreter whose compiled form is in the cache needs its module for the names in a stack, and for
/// nothing before that. So a module that is packed away stays so until then.
#[derive(Clone)]
pub struct ModuleBytes {
    digest: [u8; MODULE_DIGEST_BYTES],
    size: u64,
    bytes: Arc<OnceLock<Option<Vec<u8>>>>,
    unpack: Option<Arc<Unpack>>,
}

/// What unpacks a module, if it can be.
type Unpack = dyn Fn() -> Option<Vec<u8>> + Send + Sync;

/// A module is not what it was said to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the packed module is damaged: it does not have its digest")]
pub struct DamagedModule;

impl ModuleBytes {
    /// A module of `size` bytes that `unpack` gives, of which only the digest is known by now. What comes out
    /// counts as damaged where it has another digest.
    pub fn packed(
        digest: [u8; MODULE_DIGEST_BYTES],
        size: u64,
        unpack: impl Fn() -> Option<Vec<u8>> + Send + Sync + 'static,
    ) -> Self {
        Self { digest, size, bytes: Arc::default(), unpack: Some(Arc::new(unpack)) }
    }

    /// The bytes.
    ///
    /// # Errors
    /// If they are packed and do not have their digest.
    pub fn get(&self) -> Result<&[u8], DamagedModule> {
        let bytes = self.bytes.get_or_init(|| {
            let bytes = self.unpack.as_ref().and_then(|unpack| unpack())?;
            (digest_of(&bytes) == self.digest).then_some(bytes)
        });
        bytes.as_deref().ok_or(DamagedModule)
    }

    /// SHA-256 as `sha256:` and hexadecimal digits.
    pub fn digest(&self) -> String {
        let mut text = "sha256:".to_owned();
        text.extend(self.digest.iter().map(|byte| format!("{byte:02x}")));
        text
    }

    /// Its size in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The digest as bytes.
    pub(crate) fn digest_bytes(&self) -> &[u8; MODULE_DIGEST_BYTES] {
        &self.digest
    }
}

impl From<Vec<u8>> for ModuleBytes {
    fn from(bytes: Vec<u8>) -> Self {
        let (digest, size) = (digest_of(&bytes), crate::num::u64_of(bytes.len()));
        Self { digest, size, bytes: Arc::new(Some(bytes).into()), unpack: None }
    }
}

impl std::fmt::Debug for ModuleBytes {
    /// Without the bytes.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("ModuleBytes").field(&self.digest()).finish()
    }
}

fn digest_of(bytes: &[u8]) -> [u8; MODULE_DIGEST_BYTES] {
    Sha256::digest(bytes).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_unpacked_has_its_digest_or_is_damaged() {
        let whole = ModuleBytes::from(b"module".to_vec());
        let packed = |bytes: Option<&'static [u8]>| {
            ModuleBytes::packed(*whole.digest_bytes(), 6, move || bytes.map(<[u8]>::to_vec))
        };
        assert_eq!(packed(Some(b"module")).get(), Ok(&b"module"[..]));
        assert_eq!(packed(Some(b"modulf")).get(), Err(DamagedModule));
        assert_eq!(packed(None).get(), Err(DamagedModule));
        assert_eq!(packed(None).digest(), whole.digest());
    }
}
