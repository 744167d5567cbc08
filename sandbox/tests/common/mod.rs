//! What the tests of the sandbox share: one sandbox, threads with room for a guest, guests as text.

#![allow(dead_code, reason = "each test binary uses a part of it")]

use proofhouse_sandbox::limits::THREAD_STACK_BYTES;
use proofhouse_sandbox::{
    Compilation, Interpreter, Job, Limits, OpenError, Run, Sandbox, Sanitize,
};
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

/// Instances at once: more than the threads of any test here.
const INSTANCES: u32 = 8;

/// The sandbox of this test binary. It compiles in this process and has no cache.
pub(crate) fn sandbox() -> &'static Sandbox {
    static SANDBOX: OnceLock<Sandbox> = OnceLock::new();
    SANDBOX.get_or_init(|| sandbox_with(Compilation::default()))
}

/// A sandbox with another way to compile.
pub(crate) fn sandbox_with(compilation: Compilation) -> Sandbox {
    Sandbox::new(INSTANCES, compilation).unwrap()
}

/// Runs `work` on a thread with the stack that a guest needs; a failed assertion in it is a failed test.
pub(crate) fn with_guest_stack<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(THREAD_STACK_BYTES);
        let running = thread.spawn_scoped(scope, work).unwrap();
        running.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// Limits for guests that are written by hand: an endless loop ends within milliseconds.
pub(crate) fn small_limits() -> Limits {
    let mut limits = Limits::default();
    limits.fuel = 1_000_000;
    limits.deadline = Duration::from_mins(1);
    limits
}

/// A module from its text.
pub(crate) fn wasm(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

/// An interpreter, opened with the small limits.
pub(crate) fn open(wasm: &[u8]) -> Result<Interpreter, OpenError> {
    with_guest_stack(|| sandbox().interpreter(wasm.to_vec(), &small_limits(), Sanitize::On))
}

/// A run on that content and those events, under the small limits.
pub(crate) fn run(interpreter: &Interpreter, content: &[u8], events: &[&[u8]]) -> Run {
    let limits = small_limits();
    run_job(
        interpreter,
        &Job { content, events, limits: &limits, configuration: None, arguments: &[] },
    )
}

/// A run of that job.
pub(crate) fn run_job(interpreter: &Interpreter, job: &Job<'_>) -> Run {
    with_guest_stack(|| interpreter.run(job))
}

/// A reactor with those functions as `$load` and `$evaluate` bodies, and more top-level fields.
///
/// Both bodies see the parameters `$at` and `$size`; the allocator always answers 4096.
pub(crate) fn reactor(fields: &str, load: &str, evaluate: &str) -> String {
    format!(
        r#"(module
          {fields}
          (func (export "proofhouse_abi_version") (result i32) (i32.const 1))
          (func (export "proofhouse_alloc") (param i32) (result i32) (i32.const 4096))
          (func $load (export "proofhouse_load") (param $at i32) (param $size i32) (result i32)
            {load})
          (func $evaluate (export "proofhouse_evaluate") (param $at i32) (param $size i32) (result i32)
            {evaluate}))"#
    )
}
