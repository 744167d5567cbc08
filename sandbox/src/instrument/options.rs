//! What is asked of the rewriter.

use serde::{Deserialize, Serialize};

/// Which passes run. The same options on the same module give the same bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each stands for one pass")]
#[non_exhaustive]
pub struct Options {
    /// Count fuel on the basic blocks of the original, and how deep its stacks grow.
    pub meter: bool,
    /// Look every memory access up in shadow memory.
    pub checks: Checks,
    /// The bytes from address 0 that no access may touch.
    pub null_page: NullPage,
    /// Count how often control comes by and keep what is compared, for fuzzing and coverage reports.
    #[serde(default)]
    pub coverage: bool,
    /// Ask the host about each access, where memory is checked, instead of looking it up inline: slow, and
    /// in the simplest form. See [`oracle`](super::oracle).
    #[serde(default)]
    pub oracle: bool,
    /// Count in full, with numbers that do not wrap, and keep no comparisons: for reports. It goes before
    /// `coverage`.
    #[serde(default)]
    pub counts: bool,
    /// Remember which bytes of a buffer are read, where memory is not checked.
    #[serde(default)]
    pub watch: bool,
    /// Replace the module's allocator by one with redzones and a quarantine, where memory is checked.
    pub heap: Heap,
}

/// How closely memory accesses are checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Checks {
    /// Not at all.
    Off,
    /// Every byte of every access whose address is as aligned as the compiler promises. Of one that
    /// breaks the promise, only the bytes in the last granule that it reaches are looked at, or in the
    /// last two if it has sixteen bytes: it may begin in poison, but never end there.
    Fast,
    /// Every byte of every access.
    Exact,
}

/// The region from address 0 on that is poisoned, so that a null pointer with a small offset is caught.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum NullPage {
    /// As large as the module's layout allows; see [`Summary::null_page`](super::Summary::null_page).
    Auto,
    /// None: the module has data at address 0, or its layout is not a compiler's.
    Off,
}

/// What becomes of the module's allocator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Heap {
    /// It is replaced if all of it is recognised; see [`Summary::heap`](super::Summary::heap).
    Auto,
    /// It stays, and the blocks that it gives are ordinary memory.
    Off,
}

impl Default for Options {
    /// Everything that is needed to judge content: metering and fast checks.
    fn default() -> Self {
        Self {
            meter: true,
            checks: Checks::Fast,
            null_page: NullPage::Auto,
            heap: Heap::Auto,
            coverage: false,
            oracle: false,
            counts: false,
            watch: false,
        }
    }
}

impl Options {
    /// The options with other checks.
    #[must_use]
    pub fn checks(mut self, checks: Checks) -> Self {
        self.checks = checks;
        self
    }

    /// The options with fuel counted or not.
    #[must_use]
    pub fn meter(mut self, meter: bool) -> Self {
        self.meter = meter;
        self
    }

    /// The options with another null page.
    #[must_use]
    pub fn null_page(mut self, null_page: NullPage) -> Self {
        self.null_page = null_page;
        self
    }

    /// The options with another treatment of the allocator.
    #[must_use]
    pub fn heap(mut self, heap: Heap) -> Self {
        self.heap = heap;
        self
    }

    /// The options with accesses judged by the host or not.
    #[must_use]
    pub fn oracle(mut self, oracle: bool) -> Self {
        self.oracle = oracle;
        self
    }

    /// The options with coverage kept or not.
    #[must_use]
    pub fn coverage(mut self, coverage: bool) -> Self {
        self.coverage = coverage;
        self
    }

    /// The options with everything counted in full or not.
    #[must_use]
    pub fn counts(mut self, counts: bool) -> Self {
        self.counts = counts;
        self
    }

    /// The options with a buffer watched or not.
    #[must_use]
    pub fn watch(mut self, watch: bool) -> Self {
        self.watch = watch;
        self
    }
}
