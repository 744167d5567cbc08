//! The only way in which host code takes a guest pointer: checked against the memory's bounds and its
//! shadow.

use crate::host::Stop;
use crate::instrument::oracle::View;
use crate::instrument::removal::{Check, is_removed};
use crate::instrument::{AccessKind, Cause, Constants, first_poisoned};
use crate::memory_error::HostAccess;
use crate::num::{u64_of, usize_of};
use crate::outcome::AbiViolation;
use crate::watched::HostReads;

/// A view of the guest's linear memory on behalf of one host function, named in what it reports.
pub(crate) struct GuestMemory<'a> {
    bytes: &'a mut [u8],
    /// Empty where memory is not checked.
    shadow: &'a [u8],
    /// What may not be written, if that is known.
    constants: Option<Constants>,
    function: &'static str,
    /// What is remembered of a watched buffer, if there is one.
    reads: Option<HostReads>,
}

impl<'a> GuestMemory<'a> {
    pub(crate) fn new(bytes: &'a mut [u8], shadow: &'a [u8], function: &'static str) -> Self {
        Self { bytes, shadow, constants: None, function, reads: None }
    }

    /// The same, where a buffer is watched.
    pub(crate) fn watched(self, reads: Option<HostReads>) -> Self {
        Self { reads, ..self }
    }

    /// The same, where there are constants.
    pub(crate) fn with_constants(self, constants: Option<Constants>) -> Self {
        Self { constants, ..self }
    }

    /// The `size` bytes at `address`.
    pub(crate) fn slice(&self, address: u32, size: u32) -> Result<&[u8], Stop> {
        self.check(AccessKind::Read, address, size)?;
        if let Some(reads) = &self.reads {
            reads.note(address, size);
        }
        let range = usize_of(address)..usize_of(address).saturating_add(usize_of(size));
        self.bytes.get(range).ok_or_else(|| self.wild(address, size))
    }

    /// The same, to be written.
    pub(crate) fn slice_mut(&mut self, address: u32, size: u32) -> Result<&mut [u8], Stop> {
        self.check(AccessKind::Write, address, size)?;
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

    /// What the oracle judges by.
    pub(crate) fn view(&self) -> View<'a> {
        View { shadow: self.shadow, memory_bytes: u64_of(self.bytes.len()) }
    }

    /// What lies outside of the memory is left to the bounds.
    fn check(&self, kind: AccessKind, address: u32, size: u32) -> Result<(), Stop> {
        let function = Some(self.function);
        let inside = usize_of(address).saturating_add(usize_of(size)) <= self.bytes.len();
        let looked_at = inside && !is_removed(Check::HostPointer);
        let poisoned = first_poisoned(self.shadow, address, size)
            .map(|(first, poison)| Cause::Poisoned { first, poison })
            .filter(|_| looked_at);
        let changed = self
            .constants
            .filter(|_| inside && kind == AccessKind::Write && !is_removed(Check::HostConstant));
        let changed = || changed?.cause(address.into(), size);
        match poisoned.or_else(changed) {
            None => Ok(()),
            Some(cause) => Err(Stop::Memory(HostAccess { function, kind, address, size, cause })),
        }
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
    use crate::instrument::Poison;

    #[test]
    fn the_last_byte_is_inside_and_the_next_is_not() {
        let mut bytes = [0_u8; 16];
        let mut memory = GuestMemory::new(&mut bytes, &[], "test");
        assert!(memory.slice(15, 1).is_ok());
        assert!(memory.slice(16, 0).is_ok());
        assert!(memory.slice(16, 1).is_err());
        assert!(memory.slice(17, 0).is_err());
        assert!(memory.slice(u32::MAX, u32::MAX).is_err());
        assert!(memory.write_u64(8, 7).is_ok());
        assert!(memory.write_u64(9, 7).is_err());
        assert!(memory.read_u32(8).is_ok_and(|v| v == 7));
    }

    #[test]
    fn poisoned_bytes_are_refused_and_those_outside_are_wild() {
        let mut bytes = [0_u8; 24];
        let mut memory = GuestMemory::new(&mut bytes, &[0, 4, 0xfa, 0xfa], "test");
        assert!(memory.slice(0, 12).is_ok());
        assert!(memory.slice(16, 0).is_ok());
        assert!(memory.write(8, &[1; 4]).is_ok());
        for refused in [memory.slice(8, 5).err(), memory.write_u32(12, 1).err()] {
            assert!(matches!(refused, Some(Stop::Memory(access)) if access.cause
                == Cause::Poisoned { first: 12, poison: Some(Poison::HEAP_REDZONE) }));
        }
        assert!(matches!(memory.slice(16, 16), Err(Stop::Abi(_))));
    }
}
