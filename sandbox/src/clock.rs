//! The host's clock for deadlines: a count of ticks, which costs nothing to read.

use crate::limits::WATCHDOG_TICK;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

/// Ticks since the clock was started. It stops when nobody has it any more.
#[derive(Clone)]
pub(crate) struct Clock(Arc<AtomicU64>);

/// When a run has had its time.
#[derive(Clone)]
pub(crate) struct Deadline {
    clock: Clock,
    end: u64,
    milliseconds: u64,
}

impl Clock {
    /// Starts one.
    ///
    /// # Errors
    /// There is no thread left for it.
    pub(crate) fn start() -> std::io::Result<Self> {
        let ticks = Arc::new(AtomicU64::new(0));
        let held = Arc::downgrade(&ticks);
        let tick = move || {
            while let Some(ticks) = held.upgrade() {
                ticks.fetch_add(1, Ordering::Relaxed);
                drop(ticks);
                thread::sleep(WATCHDOG_TICK);
            }
        };
        thread::Builder::new().name("watchdog".into()).spawn(tick)?;
        Ok(Self(ticks))
    }

    /// The deadline of a run that begins now.
    pub(crate) fn deadline(&self, after: Duration) -> Deadline {
        // One tick more, since the first may come at once.
        let ticks = after.as_nanos().div_ceil(WATCHDOG_TICK.as_nanos()).saturating_add(1);
        let ticks = u64::try_from(ticks).unwrap_or(u64::MAX);
        let milliseconds = u64::try_from(after.as_millis()).unwrap_or(u64::MAX);
        Deadline { clock: self.clone(), end: self.now().saturating_add(ticks), milliseconds }
    }

    fn now(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Deadline {
    /// How many milliseconds the run had, if they are over.
    pub(crate) fn missed(&self) -> Option<u64> {
        (self.clock.now() >= self.end).then_some(self.milliseconds)
    }
}
