//! The only way in which host code takes a guest pointer: checked against the memory's bounds.

use crate::host::Stop;
use crate::num::{u64_of, usize_of};
use crate::outcome::AbiViolation;

/// A view of the guest's linear memory on behalf of one host function, named in what it reports.
pub(crate) struct GuestMemory<'a> {
    bytes: &'a mut [u8],
    function: &'static str,
}

impl<'a> GuestMemory<'a> {
    pub(crate) fn new(bytes: &'a mut [u8], function: &'static str) -> Self {
        Self { bytes, function }
    }

    /// The `size` bytes at `address`.
    pub(crate) fn slice(&self, address: u32, size: u32) -> Result<&[u8], Stop> {
        let range = usize_of(address)..usize_of(address).saturating_add(usize_of(size));
        self.bytes.get(range).ok_or_else(|| self.wild(address, size))
    }

    /// The same, to be written.
    pub(crate) fn slice_mut(&mut self, address: u32, size: u32) -> Result<&mut [u8], Stop> {
        let range = usize_of(address)..usize_of(address).saturating_add(usize_of(size));
        let wild = self.wild(address, size);
        self.bytes.get_mut(range).ok_or(wild)
    }

    /// Copies `data` to `address`.
    pub(crate) fn write(&mut self, address: u32, data: &[u8]) -> Result<(), Stop> {
        let size = u32::try_from(data.len()).unwrap_or(u32::MAX);
        self.slice_mut(address, size)?.copy_from_slice(data);
        Ok(())
    }

    /// A little-endian `u32` at `address`.
    pub(crate) fn read_u32(&self, address: u32) -> Result<u32, Stop> {
        let mut word = [0; 4];
        word.copy_from_slice(self.slice(address, 4)?);
        Ok(u32::from_le_bytes(word))
    }

    /// Writes a little-endian `u32`.
    pub(crate) fn write_u32(&mut self, address: u32, value: u32) -> Result<(), Stop> {
        self.write(address, &value.to_le_bytes())
    }

    /// Writes a little-endian `u64`.
    pub(crate) fn write_u64(&mut self, address: u32, value: u64) -> Result<(), Stop> {
        self.write(address, &value.to_le_bytes())
    }

    fn wild(&self, address: u32, size: u32) -> Stop {
        Stop::Abi(AbiViolation::WildPointer {
            function: self.function,
            address,
            size: u64::from(size),
            memory_bytes: u64_of(self.bytes.len()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_byte_is_inside_and_the_next_is_not() {
        let mut bytes = [0_u8; 16];
        let mut memory = GuestMemory::new(&mut bytes, "test");
        assert!(memory.slice(15, 1).is_ok());
        assert!(memory.slice(16, 0).is_ok());
        assert!(memory.slice(16, 1).is_err());
        assert!(memory.slice(17, 0).is_err());
        assert!(memory.slice(u32::MAX, u32::MAX).is_err());
        assert!(memory.write_u64(8, 7).is_ok());
        assert!(memory.write_u64(9, 7).is_err());
        assert!(memory.read_u32(8).is_ok_and(|v| v == 7));
    }
}
