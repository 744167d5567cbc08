//! Equal inputs have equal runs: on any thread, in any order, and with machine code from anywhere.

#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on has failed"
)]

mod common;

use common::{reactor, sandbox, sandbox_with, small_limits, wasm};
use proofhouse_sandbox::limits::THREAD_STACK_BYTES;
use proofhouse_sandbox::{
    Compilation, HostFault, Interpreter, Job, Limits, Outcome, Run, Sandbox, Sanitize, Verdict,
};
use std::sync::Barrier;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

/// Shows all that could differ: random numbers, the clock, the bits of a NaN, addresses, what lies in
/// fresh memory, how much of it there is. The first byte of the content says how it ends.
fn talkative() -> Vec<u8> {
    let fields = r#"
        (import "proofhouse" "emit" (func $emit (param i32 i32)))
        (import "proofhouse" "message" (func $message (param i32 i32 i32)))
        (import "wasi_snapshot_preview1" "random_get"
          (func $random_get (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "clock_time_get"
          (func $clock_time_get (param i32 i64 i32) (result i32)))
        (import "wasi_snapshot_preview1" "poll_oneoff"
          (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
        (memory (export "memory") 1)
        (data (i32.const 8192) "say")
        (func $show
          (drop (call $random_get (i32.const 256) (i32.const 32)))
          (drop (call $clock_time_get (i32.const 0) (i64.const 0) (i32.const 288)))
          (f64.store (i32.const 296) (f64.div (f64.const 0) (f64.const 0)))
          (f64.store (i32.const 304) (f64.sqrt (f64.const -1)))
          (i32.store (i32.const 312) (memory.grow (i32.const 3)))
          (i32.store (i32.const 316) (i32.load (i32.const 100000)))
          (drop (call $poll_oneoff (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))
          (call $emit (i32.const 256) (i32.const 64))
          (call $message (i32.const 3) (i32.const 8192) (i32.const 3)))
        (func $forever (loop $more (br $more)))
        (func $deep (call $deep))"#;
    let end = r"
        (local $how i32)
        (local.set $how (i32.load8_u (i32.const 4096)))
        (call $show)
        (if (i32.eq (local.get $how) (i32.const 0x74 (; t ;))) (then (unreachable)))
        (if (i32.eq (local.get $how) (i32.const 0x66 (; f ;))) (then (call $forever)))
        (if (i32.eq (local.get $how) (i32.const 0x73 (; s ;))) (then (call $deep)))
        (if (i32.eq (local.get $how) (i32.const 0x72 (; r ;))) (then (return (i32.const 5))))
        (i32.const 0)";
    wasm(&reactor(fields, end, "(call $show) (i32.const 2)"))
}

/// Ends well, with a trap, out of fuel, out of stack, and with a rejection.
const CONTENTS: [&str; 5] = ["accept", "trap", "fuel", "stack", "reject"];
const RUNS: usize = 1_000;
const THREADS: usize = 4;

fn judge(interpreter: &Interpreter, limits: &Limits, content: &str) -> Run {
    let events: [&[u8]; 2] = [b"first", b"second"];
    interpreter.run(&Job {
        content: content.as_bytes(),
        events: &events,
        limits,
        configuration: None,
        arguments: &[],
    })
}

/// Runs `work` on each of several threads with room for a guest.
fn on_threads(work: impl Fn(usize) + Sync) {
    thread::scope(|scope| {
        for number in 0..THREADS {
            let thread = thread::Builder::new().stack_size(THREAD_STACK_BYTES);
            let work = &work;
            thread.spawn_scoped(scope, move || work(number)).unwrap();
        }
    });
}

#[test]
fn a_thousand_runs_on_several_threads_are_equal() {
    let mut limits = small_limits();
    limits.fuel = 2_000_000;
    let interpreter = common::with_guest_stack(|| {
        sandbox().interpreter(talkative(), &limits, Sanitize::On).unwrap()
    });
    let expected =
        CONTENTS.map(|content| common::with_guest_stack(|| judge(&interpreter, &limits, content)));
    let kinds = expected.each_ref().map(|run| run.outcome.kind());
    for (index, kind) in kinds.iter().enumerate() {
        assert!(!kinds.iter().skip(index + 1).any(|other| other == kind), "{kinds:?}");
    }

    on_threads(|number| {
        for turn in 0..RUNS / THREADS {
            // Each thread has another order, so that the slots of the pool change hands.
            let which = (turn * (number + 1) + number) % CONTENTS.len();
            let (content, expected) = CONTENTS.iter().zip(&expected).nth(which).unwrap();
            assert_eq!(judge(&interpreter, &limits, content), *expected, "{content}");
        }
    });
}

#[test]
fn two_sandboxes_agree() {
    let limits = small_limits();
    let runs = [(); 2].map(|()| {
        common::with_guest_stack(|| {
            let sandbox = sandbox_with(Compilation::default());
            let interpreter = sandbox.interpreter(talkative(), &limits, Sanitize::On).unwrap();
            CONTENTS.map(|content| judge(&interpreter, &limits, content))
        })
    });
    let [first, second] = runs;
    assert_eq!(first, second);
}

#[test]
fn random_numbers_differ_within_a_run() {
    let limits = small_limits();
    let run = common::with_guest_stack(|| {
        let interpreter = sandbox().interpreter(talkative(), &limits, Sanitize::On).unwrap();
        judge(&interpreter, &limits, "accept")
    });
    let random = |record: &[u8]| record.iter().take(32).copied().collect::<Vec<u8>>();
    let mut seen: Vec<Vec<u8>> = run
        .emitted
        .iter()
        .chain(run.events.iter().flat_map(|e| e.emitted.iter()))
        .map(random)
        .collect();
    assert_eq!(seen.len(), 3);
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 3);
}

/// A run for which there is no room is nobody's fault, and the next one finds room again.
#[test]
fn more_runs_at_once_than_there_is_room_for_are_a_host_fault() {
    let text = reactor(
        r#"(memory (export "memory") 1)"#,
        "(loop $more (br $more)) (i32.const 0)",
        "(i32.const 0)",
    );
    let mut limits = small_limits();
    limits.fuel = u64::MAX;
    limits.deadline = Duration::from_millis(500);
    let sandbox = Sandbox::new(1, Compilation::default()).unwrap();
    let interpreter = common::with_guest_stack(|| {
        sandbox.interpreter(wasm(&text), &limits, Sanitize::On).unwrap()
    });

    let (watched, crowded) = (AtomicU32::new(0), AtomicU32::new(0));
    let together = Barrier::new(THREADS);
    on_threads(|_| {
        together.wait();
        let run = judge(&interpreter, &limits, "content");
        assert_eq!(run.verdict(), Verdict::Inconclusive);
        let counter = match run.outcome {
            Outcome::HostFault { fault: HostFault::Watchdog { milliseconds: 500 } } => &watched,
            Outcome::HostFault { fault: HostFault::Engine { .. } } => &crowded,
            other => unreachable!("{other:?}"),
        };
        counter.fetch_add(1, Ordering::Relaxed);
    });
    let (watched, crowded) = (watched.into_inner(), crowded.into_inner());
    assert!(watched >= 1 && crowded >= 1, "{watched} and {crowded}");
    let again = common::with_guest_stack(|| judge(&interpreter, &limits, "content"));
    let watchdog = HostFault::Watchdog { milliseconds: 500 };
    assert_eq!(again.outcome, Outcome::HostFault { fault: watchdog });
}
