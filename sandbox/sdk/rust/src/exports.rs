//! What stands behind the exports that [`export!`](crate::export!) writes. Not for authors.

use std::cell::OnceCell;

#[cfg(target_family = "wasm")]
pub use crate::reactor::initialize;

use crate::buffers::Buffers;
use crate::session::refuse;
use crate::{Code, Interpreter, Level, Reject, Session, message};

/// Version of the reactor ABI.
pub const ABI_VERSION: i32 = 1;

/// A guest as its host sees it: addresses and lengths in, numbers out.
///
/// On `wasm32` a `usize` is the ABI's `i32`, so a negative number is a very large one here and meets
/// the same checks.
pub struct Exports<I: Interpreter> {
    buffers: Buffers,
    session: Session<I>,
    description: OnceCell<String>,
}

impl<I: Interpreter> Default for Exports<I> {
    fn default() -> Self {
        Self {
            buffers: Buffers::default(),
            session: Session::default(),
            description: OnceCell::new(),
        }
    }
}

impl<I: Interpreter> Exports<I> {
    /// A guest whose panics reach the host as a message, before the trap.
    pub fn with_panics_reported() -> Self {
        std::panic::set_hook(Box::new(|panic| message(Level::Error, &panic.to_string())));
        Self::default()
    }

    /// `proofhouse_alloc`.
    pub fn alloc(&mut self, size: usize) -> usize {
        self.buffers.allocate(size)
    }

    /// `proofhouse_free`. A bad address is told and otherwise ignored.
    pub fn free(&mut self, address: usize) {
        if !self.buffers.free(address) {
            refuse(&bad_buffer());
        }
    }

    /// `proofhouse_configure`.
    pub fn configure(&mut self, address: usize, len: usize) -> i32 {
        match self.buffers.bytes(address, len) {
            Some(json) => self.session.configure(json),
            None => refuse(&bad_buffer()),
        }
    }

    /// `proofhouse_load`.
    pub fn load(&mut self, address: usize, len: usize) -> i32 {
        match self.buffers.bytes(address, len) {
            Some(content) => self.session.load(content),
            None => refuse(&bad_buffer()),
        }
    }

    /// `proofhouse_evaluate`.
    pub fn evaluate(&mut self, address: usize, len: usize) -> i32 {
        match self.buffers.bytes(address, len) {
            Some(event) => self.session.evaluate(event),
            None => refuse(&bad_buffer()).saturating_neg(),
        }
    }

    /// `proofhouse_describe`: address and length of a JSON document that stays valid.
    pub fn describe(&self) -> (usize, usize) {
        let json = self.description.get_or_init(|| I::describe().to_json());
        (json.as_ptr().expose_provenance(), json.len())
    }
}

fn bad_buffer() -> Reject {
    Reject::new(Code::PROTOCOL, "the buffer is not one that proofhouse_alloc gave")
}

/// An address and a length in one result, the address in the upper half.
#[cfg(target_pointer_width = "32")]
pub fn pack((address, len): (usize, usize)) -> u64 {
    // Lossless: this is compiled where a `usize` has 32 bits.
    let [address, len] = [address, len].map(|half| u64::try_from(half).unwrap_or_default());
    address << u32::BITS | len
}
