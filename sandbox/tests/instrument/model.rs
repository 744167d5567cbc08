//! What the checks must say of one access, in the simplest form.

use proofhouse_sandbox::instrument::{Checks, first_poisoned};

/// One access that lies in the memory.
pub(crate) struct Access {
    pub(crate) address: u32,
    pub(crate) size: u32,
    /// Whether the compiler promised that the address is a multiple of the size.
    pub(crate) promised: bool,
}

impl Access {
    /// The first byte that it must be stopped at, if it must be stopped.
    pub(crate) fn stopped_at(&self, checks: Checks, shadow: &[u8]) -> Option<u32> {
        let Self { address, size, promised } = *self;
        let (first, _) = first_poisoned(shadow, address, size)?;
        if checks == Checks::Exact || !promised {
            return Some(first);
        }
        // Fast checks rely on the promise: where it is broken, they see the last granule that the access
        // reaches, or the last two.
        let last = address + size - 1;
        let seen = if size <= 8 {
            let from = address.max(last & !7);
            first_poisoned(shadow, from, last + 1 - from).is_some()
        } else {
            // What is not ordinary in any way has all its bytes looked at.
            [last, last - 8].iter().any(|at| shadow[(at / 8) as usize] != 0)
        };
        seen.then_some(first)
    }
}
