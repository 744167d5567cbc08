//! Conversions between the format's 32-bit numbers and this machine's sizes.
//!
//! Both saturate. A saturated number is larger than any limit and than any buffer, so that the
//! comparison which follows refuses it.

/// A length of this machine as a number of the format.
pub(crate) fn saturating_u32(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// A number of the format as a length of this machine.
pub(crate) fn saturating_usize(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
