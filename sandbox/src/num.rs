//! Lossless conversions between the guest's and the host's quantities, in one place.

/// A guest's 32-bit quantity on this host, which has at least 32-bit addresses.
pub(crate) fn usize_of(value: u32) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

/// A length on the host, as reports have it.
pub(crate) fn u64_of(value: usize) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}

/// An address or length that a guest passed as `i32`: the same 32 bits, unsigned.
pub(crate) fn address(value: i32) -> u32 {
    value.cast_unsigned()
}

/// A length that was read from somewhere, if this host can hold as much.
pub(crate) fn usize_of_u64(value: u64) -> Option<usize> {
    usize::try_from(value).ok()
}
