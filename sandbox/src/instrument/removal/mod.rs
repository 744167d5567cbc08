//! Switches that take single checks away, so that tests can show of each that it is needed: with it the
//! sanitizer stops a program, without it not.
//!
//! Only tests can take anything away; in the product [`is_removed`] is a constant.

#[cfg(test)]
mod tests;

/// A check that the rewriter inserts, or the host makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Check {
    /// The lookup of an access that one granule speaks for.
    Ordinary,
    /// Of such an access, how far into its granule it may reach.
    Partial,
    /// The lookup of an access that may reach into two granules.
    Unaligned,
    /// Of such an access, the second granule.
    UnalignedEnd,
    /// The lookup of sixteen bytes.
    Wide,
    /// Of sixteen aligned bytes, the first granule.
    WideStart,
    /// The lookup of a store of a frame's mark.
    Mark,
    /// The source of a bulk instruction.
    BulkSource,
    /// The destination of a bulk instruction.
    BulkDestination,
    /// `memcpy` and its kin, where they are calls to AddressSanitizer's runtime.
    BulkCall,
    /// Of `memcpy`, that its ranges do not overlap.
    Overlap,
    /// The regions that a function of C may read all of.
    Regions,
    /// Of a function that copies texts, that its regions do not overlap.
    Texts,
    /// A word that is read in the place of a call to AddressSanitizer's runtime.
    Word,
    /// The poison from address 0 on.
    NullPage,
    /// The linear stack's limit.
    LinearStack,
    /// The limit of nested calls.
    CallDepth,
    /// Fuel at the head of a loop.
    FuelOfLoop,
    /// Fuel where a function is entered.
    FuelOfCall,
    /// Fuel after a bulk instruction.
    FuelOfBulk,
    /// The runtime's part in the guest's `memory.grow`.
    Grow,
    /// A pointer that a host function is given.
    HostPointer,
    /// Of a store, that it changes no constant.
    Constant,
    /// Of what a host function writes, that it is no constant.
    HostConstant,
}

/// What a test takes away.
#[cfg(test)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Removed {
    /// A check that the rewriter inserts, or the host makes.
    Inserted(Check),
    /// All that a function of the runtime does. A result of it is 0.
    Runtime(&'static str),
}

#[cfg(test)]
thread_local! {
    static REMOVED: std::cell::Cell<Option<Removed>> = const { std::cell::Cell::new(None) };
}

/// Whether that check is taken away.
#[cfg(not(test))]
pub(crate) const fn is_removed(_: Check) -> bool {
    false
}

/// Whether that check is taken away, on this thread.
#[cfg(test)]
pub(crate) fn is_removed(check: Check) -> bool {
    REMOVED.get() == Some(Removed::Inserted(check))
}

/// What is taken away on a thread, for others that do its work.
#[derive(Clone, Copy)]
pub(super) struct Carried {
    #[cfg(test)]
    removed: Option<Removed>,
}

impl Carried {
    /// What is taken away on this thread.
    pub(super) fn here() -> Self {
        Self {
            #[cfg(test)]
            removed: REMOVED.get(),
        }
    }

    /// Works with it taken away on this thread, too.
    #[cfg_attr(not(test), expect(clippy::unused_self, reason = "only tests take anything away"))]
    pub(super) fn on_this_thread<R>(self, work: impl FnOnce() -> R) -> R {
        #[cfg(test)]
        let before = REMOVED.replace(self.removed);
        let done = work();
        #[cfg(test)]
        REMOVED.set(before);
        done
    }
}

/// The function of the runtime that is taken away, on this thread.
#[cfg(test)]
pub(super) fn emptied() -> Option<&'static str> {
    match REMOVED.get() {
        Some(Removed::Runtime(function)) => Some(function),
        Some(Removed::Inserted(_)) | None => None,
    }
}
