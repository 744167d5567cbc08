//! The one sandbox of this process, and threads with the stack that a guest needs.

#![expect(clippy::panic, reason = "without a sandbox there is nothing to check")]

use proofhouse_sandbox::limits::THREAD_STACK_BYTES;
use proofhouse_sandbox::{Compilation, Sandbox};
use std::sync::OnceLock;
use std::thread;

/// Guests that run at once: tests run some checks at the same time.
const INSTANCES: u32 = 16;

/// The sandbox. It compiles in this process.
pub(crate) fn sandbox() -> &'static Sandbox {
    static SANDBOX: OnceLock<Sandbox> = OnceLock::new();
    SANDBOX.get_or_init(|| {
        Sandbox::new(INSTANCES, Compilation::default()).unwrap_or_else(|error| panic!("{error}"))
    })
}

/// Does something that runs guests. A panic there is one here.
pub(crate) fn on_guest_stack<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    thread::scope(|scope| {
        let builder = thread::Builder::new().stack_size(THREAD_STACK_BYTES);
        let running = builder.spawn_scoped(scope, work).unwrap_or_else(|error| {
            panic!("no thread for a guest: {error}");
        });
        running.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}
