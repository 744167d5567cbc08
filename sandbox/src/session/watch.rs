//! What is watched in a session: the content's buffer, from when the content is loaded.

use super::Session;
use crate::instrument::interface::WATCHED_PADDING;
use crate::num::usize_of;
use crate::watched::{HostReads, Watched};

impl Session<'_> {
    /// The content is loaded: what the interpreter remembers is looked at, and its buffer watched from now
    /// on, where the interpreter was opened for that.
    pub(super) fn watch(&mut self) {
        let Some(found) = self.loaded.instrumentation.watch else { return };
        let Some(content) = self.content else { return };
        if !self.gauges().watch_buffer(&mut self.store, content.address, content.size) {
            return;
        }
        self.store.data_mut().reads = Some(HostReads::of(content.address, content.size));
        if !found.keeps_elsewhere {
            self.remembered = self.digest_without(content.address, content.size);
        }
    }

    /// What was watched.
    pub(crate) fn watched(&mut self) -> Option<Watched> {
        let watch = self.gauges().watch(&mut self.store)?;
        let reads = self.store.data().reads.as_ref()?;
        let bytes = watch.data(&self.store);
        let read = reads.with(bytes.get(usize_of(WATCHED_PADDING)..)?);
        Some(Watched { read, remembered: self.remembered })
    }

    /// Digest of the guest's memory but for those bytes, its size, and the stack pointer.
    fn digest_without(&mut self, address: u32, bytes: u32) -> Option<[u8; 32]> {
        let pointer = self.gauges().stack_pointer(&mut self.store);
        let memory = self.store.data().memory?.data(&self.store);
        let (before, rest) = memory.split_at_checked(usize_of(address))?;
        let after = rest.get(usize_of(bytes)..)?;
        let mut hasher = blake3::Hasher::new();
        hasher.update(&pointer.unwrap_or_default().to_le_bytes());
        hasher.update(&crate::num::u64_of(memory.len()).to_le_bytes());
        hasher.update(before);
        hasher.update(after);
        Some(*hasher.finalize().as_bytes())
    }
}
