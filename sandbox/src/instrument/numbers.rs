//! Conversions between the format's 32-bit quantities and the host's, in one place.
//!
//! Originals are at most [`MAX_ORIGINAL_BYTES`](super::limits::MAX_ORIGINAL_BYTES) long and what they
//! become is within the engines' limits, so that nothing here saturates; were it otherwise, the output
//! would not validate.

/// An offset into a module.
pub(super) fn offset(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// A number of things, or an index.
pub(super) fn count(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// An index or offset on this host, which has at least 32-bit addresses.
pub(super) fn index(value: u32) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}
