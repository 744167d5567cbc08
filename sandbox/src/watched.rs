//! A watched run: which bytes of the content an interpreter read while it evaluated events, and what it
//! remembered of the content before.

use crate::num::usize_of;
use std::sync::{Arc, Mutex, PoisonError};

/// What a run showed of its content, once that was loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watched {
    /// For each byte of the content whether the interpreter read it after it had loaded it. Each event
    /// counts, the one in which the run ended too.
    pub read: Vec<bool>,
    /// Digest of the interpreter's memory when it had loaded the content, the content's own buffer left
    /// out. `None` if it may remember something elsewhere.
    ///
    /// If it is the same for two contents of one size, the interpreter can tell them apart only by reading
    /// their bytes again.
    pub remembered: Option<[u8; 32]>,
}

/// What host functions read of a watched buffer on behalf of the guest.
#[derive(Clone)]
pub(crate) struct HostReads {
    start: u32,
    read: Arc<Mutex<Vec<bool>>>,
}

impl HostReads {
    /// Of a buffer of that many bytes nothing is read yet.
    pub(crate) fn of(start: u32, bytes: u32) -> Self {
        Self { start, read: Arc::new(Mutex::new(vec![false; usize_of(bytes)])) }
    }

    /// A host function reads that many bytes there.
    pub(crate) fn note(&self, address: u32, bytes: u32) {
        // Distances from the start; what lies before it is not the buffer's.
        let end = u64::from(address).saturating_add(bytes.into()).saturating_sub(self.start.into());
        let first = usize_of(address.saturating_sub(self.start));
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let end = usize::try_from(end).unwrap_or(usize::MAX).min(read.len());
        for byte in read.get_mut(first..end).into_iter().flatten() {
            *byte = true;
        }
    }

    /// What was read, by host functions or by the guest itself.
    pub(crate) fn with(&self, guest: &[u8]) -> Vec<bool> {
        let host = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        host.iter().zip(guest).map(|(host, guest)| *host || *guest != 0).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_lies_in_the_buffer_is_noted() {
        let reads = HostReads::of(100, 4);
        for (address, bytes) in [(90, 10), (104, 10), (101, 0), (0, 0), (u32::MAX, u32::MAX)] {
            reads.note(address, bytes);
        }
        assert_eq!(reads.with(&[0; 4]), [false; 4]);
        reads.note(99, 2);
        reads.note(103, 100);
        assert_eq!(reads.with(&[0, 1, 0, 0]), [true, true, false, true]);
    }
}
