//! The buffers that a host fills: allocated, lent and freed by their addresses.
//!
//! A host passes an address and a length back, as numbers. They are looked up here and never
//! followed blindly: only the start of a live buffer is an address, and no length goes past the
//! buffer's end.
#![expect(unsafe_code, reason = "bytes that the host writes are reached through raw pointers")]

/// The live buffers of one guest.
#[derive(Debug, Default)]
pub(crate) struct Buffers {
    // Few at a time, the newest asked for first: the content and one event.
    live: Vec<Buffer>,
}

/// Owns memory that somebody else writes to, hence no `Box`, which promises to be the only way in.
#[derive(Debug)]
struct Buffer {
    bytes: *mut [u8],
}

impl Buffers {
    /// Allocates `size` bytes, all zero, and returns their address, or 0 where memory is short.
    ///
    /// A buffer of no bytes has an address of its own too.
    pub(crate) fn allocate(&mut self, size: usize) -> usize {
        match Buffer::new(size) {
            Some(buffer) if self.live.try_reserve(1).is_ok() => {
                let address = buffer.address();
                self.live.push(buffer);
                address
            }
            _ => 0,
        }
    }

    /// Frees the buffer at `address`. Returns whether there was one.
    pub(crate) fn free(&mut self, address: usize) -> bool {
        let found = self.live.iter().rposition(|buffer| buffer.address() == address);
        found.map(|index| self.live.swap_remove(index)).is_some()
    }

    /// The first `len` bytes of the buffer at `address`.
    pub(crate) fn bytes(&self, address: usize, len: usize) -> Option<&[u8]> {
        let buffer = self.live.iter().rev().find(|buffer| buffer.address() == address)?;
        buffer.bytes().get(..len)
    }
}

impl Buffer {
    fn new(size: usize) -> Option<Self> {
        let size = size.max(1);
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(size).ok()?;
        bytes.resize(size, 0);
        Some(Self { bytes: Box::into_raw(bytes.into_boxed_slice()) })
    }

    fn address(&self) -> usize {
        self.bytes.expose_provenance()
    }

    fn bytes(&self) -> &[u8] {
        // SAFETY: `new` made the memory, initialised it, and only `drop` frees it. The host writes
        // to it between calls into the guest, and no borrow of it outlives such a call.
        unsafe { &*self.bytes }
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        // SAFETY: the pointer is what `Box::into_raw` gave in `new`, and this is its only end.
        drop(unsafe { Box::from_raw(self.bytes) });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes as a host does: through the address alone.
    fn fill(address: usize, bytes: &[u8]) {
        let target = std::ptr::with_exposed_provenance_mut::<u8>(address);
        // SAFETY: each test fills no more than it allocated.
        unsafe { target.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) }
    }

    #[test]
    fn host_fills_what_guest_reads() {
        let mut buffers = Buffers::default();
        let content = buffers.allocate(4);
        let event = buffers.allocate(3);
        fill(content, b"rule");
        fill(event, b"abc");
        assert_eq!(buffers.bytes(content, 4), Some(&b"rule"[..]));
        assert_eq!(buffers.bytes(event, 2), Some(&b"ab"[..]));
        fill(event, b"xyz");
        assert_eq!(buffers.bytes(event, 3), Some(&b"xyz"[..]));
    }

    #[test]
    fn wild_addresses_and_lengths_are_refused() {
        let mut buffers = Buffers::default();
        let address = buffers.allocate(8);
        assert_eq!(buffers.bytes(address, 9), None);
        assert_eq!(buffers.bytes(address, usize::MAX), None);
        assert_eq!(buffers.bytes(address.wrapping_add(1), 1), None);
        assert_eq!(buffers.bytes(0, 0), None);
        assert_eq!(buffers.bytes(address, 8), Some(&[0; 8][..]));
    }

    #[test]
    fn freed_once_and_gone() {
        let mut buffers = Buffers::default();
        let first = buffers.allocate(8);
        let second = buffers.allocate(8);
        assert!(buffers.free(first));
        assert!(!buffers.free(first));
        assert!(!buffers.free(0));
        assert_eq!(buffers.bytes(first, 1), None);
        assert_eq!(buffers.bytes(second, 1), Some(&[0][..]));
    }

    #[test]
    fn empty_buffers_differ() {
        let mut buffers = Buffers::default();
        let (first, second) = (buffers.allocate(0), buffers.allocate(0));
        assert_ne!(first, 0);
        assert_ne!(first, second);
        assert_eq!(buffers.bytes(first, 0), Some(&[][..]));
    }

    #[test]
    fn too_much_is_no_memory() {
        let mut buffers = Buffers::default();
        assert_eq!(buffers.allocate(usize::MAX), 0);
        assert_eq!(buffers.allocate(isize::MAX.unsigned_abs()), 0);
    }
}
