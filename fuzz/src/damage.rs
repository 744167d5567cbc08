//! Damage to bytes.

use arbitrary::{Result, Unstructured};

/// Writes a few random bytes over others.
pub(crate) fn damage(u: &mut Unstructured<'_>, bytes: &mut [u8]) -> Result<()> {
    for _ in 0..u.int_in_range(0..=3)? {
        let index = u.choose_index(bytes.len().max(1))?;
        if let Some(byte) = bytes.get_mut(index) {
            *byte = u.arbitrary()?;
        }
    }
    Ok(())
}
