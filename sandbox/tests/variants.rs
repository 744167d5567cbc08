//! Variants of a run: what depends on undefined memory shows as a difference, and nothing else does.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod common;

use common::{open, run, run_job, small_limits, wasm, with_guest_stack};
use proofhouse_sandbox::{
    Interpreter, Job, Outcome, Run, Stack, StackProfile, TrapKind, Variant, Verdict,
};

/// A reactor with an allocator under the names of C's, a linear stack that comes first, and this body of
/// `proofhouse_load`, which has the content and a local `$p`.
fn guest(load: &str) -> Interpreter {
    let text = format!(
        r#"(module
          (import "proofhouse" "emit" (func $emit (param i32 i32)))
          (memory (export "memory") 4)
          (global $__stack_pointer (mut i32) (i32.const 131072))
          (global $end (mut i32) (i32.const 131200))
          (data (i32.const 131072) "data")
          (func $malloc (param $size i32) (result i32)
            (local $p i32)
            (local.set $p (global.get $end))
            (global.set $end (i32.and (i32.add (i32.add (local.get $p) (local.get $size))
              (i32.const 15)) (i32.const -16)))
            (local.get $p))
          (func $free (param i32))
          (func (export "proofhouse_abi_version") (result i32) (i32.const 1))
          (func (export "proofhouse_alloc") (param $size i32) (result i32)
            (call $malloc (local.get $size)))
          (func $frame (param $bytes i32) (result i32)
            (global.set $__stack_pointer
              (i32.sub (global.get $__stack_pointer) (local.get $bytes)))
            (global.get $__stack_pointer))
          (func $leave (param $bytes i32)
            (global.set $__stack_pointer
              (i32.add (global.get $__stack_pointer) (local.get $bytes))))
          (func (export "proofhouse_load") (param $at i32) (param $size i32) (result i32)
            (local $p i32)
            {load})
          (func (export "proofhouse_evaluate") (param i32 i32) (result i32)
            (call $free (call $malloc (i32.const 8))) (i32.const 0)))"#
    );
    open(&wasm(&text)).unwrap()
}

fn variant(interpreter: &Interpreter, variant: Variant) -> Run {
    let mut limits = small_limits();
    limits.stack = StackProfile::Kernel;
    let events: [&[u8]; 2] = [b"first", b"second"];
    let job = Job {
        content: b"content",
        events: &events,
        limits: &limits,
        configuration: None,
        arguments: &[],
    };
    with_guest_stack(|| interpreter.run_variant(&job, variant))
}

/// The variants that emit something else than the base run. Fuel never differs.
fn differing(load: &str) -> Vec<String> {
    let interpreter = guest(load);
    let base = variant(&interpreter, Variant::Base);
    assert_eq!(base.outcome, Outcome::Accepted);
    let runs = Variant::EQUIVALENT.map(|it| (it, variant(&interpreter, it)));
    for (it, run) in &runs {
        assert_eq!((&run.outcome, run.fuel), (&base.outcome, base.fuel), "{it}");
        assert_eq!(run.allocations, base.allocations, "{it}");
    }
    let differing = runs.iter().filter(|(_, run)| run.emitted != base.emitted);
    differing.map(|(it, _)| it.to_string()).collect()
}

/// Shows a block of the heap that nothing was written to.
const FRESH_BLOCK: &str = "(call $emit (call $malloc (i32.const 24)) (i32.const 24)) (i32.const 0)";
/// The same, written first.
const WRITTEN_BLOCK: &str = "
    (local.set $p (call $malloc (i32.const 24)))
    (memory.fill (local.get $p) (i32.const 7) (i32.const 24))
    (call $emit (local.get $p) (i32.const 24)) (i32.const 0)";
/// Shows a frame that nothing was written to.
const FRESH_FRAME: &str = "
    (call $emit (call $frame (i32.const 48)) (i32.const 48))
    (call $leave (i32.const 48)) (i32.const 0)";
/// The same, written first.
const WRITTEN_FRAME: &str = "
    (local.set $p (call $frame (i32.const 48)))
    (memory.fill (local.get $p) (i32.const 7) (i32.const 48))
    (drop (call $frame (i32.const 16)))
    (call $leave (i32.const 16))
    (call $emit (local.get $p) (i32.const 48))
    (call $leave (i32.const 48)) (i32.const 0)";
/// Shows an address.
const ADDRESS: &str = "
    (drop (call $malloc (i32.const 24)))
    (local.set $p (call $frame (i32.const 16)))
    (i32.store (local.get $p) (call $malloc (i32.const 24)))
    (call $emit (local.get $p) (i32.const 4))
    (call $leave (i32.const 16)) (i32.const 0)";

#[test]
fn a_fresh_block_is_undefined_and_a_written_one_is_not() {
    assert_eq!(differing(FRESH_BLOCK), ["fill-a5"]);
    assert!(differing(WRITTEN_BLOCK).is_empty());
}

#[test]
fn a_fresh_frame_is_undefined_and_a_written_one_is_not() {
    assert_eq!(differing(FRESH_FRAME), ["fill-a5"]);
    assert!(differing(WRITTEN_FRAME).is_empty());
}

#[test]
fn where_blocks_lie_is_undefined() {
    assert_eq!(differing(ADDRESS), ["layout-1", "layout-2"]);
}

#[test]
fn each_variant_fills_with_its_own_byte() {
    for load in [FRESH_BLOCK, FRESH_FRAME] {
        let interpreter = guest(load);
        for byte in [0, 1, 0xa5, 0xff] {
            let run = variant(&interpreter, Variant::Fill(byte));
            let shown = run.emitted.iter().next().unwrap();
            assert!(shown.iter().all(|found| *found == byte), "{byte:#x}: {shown:x?}");
        }
    }
}

#[test]
fn a_filled_stack_is_as_long_as_another() {
    let frame = |bytes: u32| {
        format!(
            "(call $leave (i32.sub (i32.const 131072) (call $frame (i32.const {bytes})))) (i32.const 0)"
        )
    };
    for (bytes, fits) in [(24 << 10, true), ((24 << 10) + 16, false)] {
        let interpreter = guest(&frame(bytes));
        let base = variant(&interpreter, Variant::Base);
        let linear = matches!(base.outcome, Outcome::StackExhausted { stack: Stack::Linear, .. });
        assert_eq!((base.outcome == Outcome::Accepted, linear), (fits, !fits));
        for it in Variant::EQUIVALENT {
            let run = variant(&interpreter, it);
            assert_eq!((run.outcome, run.fuel), (base.outcome.clone(), base.fuel), "{it}");
        }
    }
}

#[test]
fn an_allocation_that_fails_shows_who_does_not_look() {
    let careless = "(i32.store (call $malloc (i32.const 24)) (i32.const 1)) (i32.const 0)";
    let careful = "
        (local.set $p (call $malloc (i32.const 24)))
        (if (i32.eqz (local.get $p)) (then (return (i32.const 3))))
        (i32.store (local.get $p) (i32.const 1)) (i32.const 0)";
    for (load, careful) in [(careless, false), (careful, true)] {
        let interpreter = guest(load);
        let base = variant(&interpreter, Variant::Base);
        assert_eq!(base.verdict(), Verdict::Accepted);
        // The first is the content's; then one of loading, and for each event its buffer and its own.
        assert_eq!(base.allocations, 2..7);
        let run = variant(&interpreter, Variant::FailedAllocation(2));
        if careful {
            assert_eq!(
                run.outcome,
                Outcome::Rejected { code: 3, message: String::new(), position: None }
            );
        } else {
            let trapped = matches!(
                &run.outcome,
                Outcome::Trapped { trap: TrapKind::InvalidAccess, memory: Some(_), .. }
            );
            assert!(trapped, "{:?}", run.outcome);
        }
        let buffer = variant(&interpreter, Variant::FailedAllocation(3));
        assert!(matches!(buffer.outcome, Outcome::OutOfMemory { .. }), "{:?}", buffer.outcome);
        let own = variant(&interpreter, Variant::FailedAllocation(4));
        assert_eq!(own.outcome, Outcome::Accepted);
    }
}

#[test]
fn the_stack_of_an_allocation_is_that_of_its_caller() {
    let interpreter = guest(FRESH_BLOCK);
    let limits = small_limits();
    let job =
        Job { content: b"", events: &[], limits: &limits, configuration: None, arguments: &[] };
    let frames = with_guest_stack(|| interpreter.stack_at_allocation(&job, Variant::Base, 2));
    assert_eq!(frames[0].function, "malloc");
    assert_eq!(frames.len(), 2);
}

#[test]
fn the_base_variant_is_the_run() {
    let interpreter = guest(FRESH_FRAME);
    let limits = small_limits();
    let job =
        Job { content: b"", events: &[], limits: &limits, configuration: None, arguments: &[] };
    let base = with_guest_stack(|| interpreter.run_variant(&job, Variant::Base));
    assert_eq!(base, run_job(&interpreter, &job));
    assert_eq!(base, run(&interpreter, b"", &[]));
    let names = Variant::EQUIVALENT.map(|it| it.to_string());
    assert_eq!(names, ["fill-00", "fill-a5", "layout-1", "layout-2"]);
    assert_eq!(Variant::default().to_string(), "base");
    assert_eq!(Variant::FailedAllocation(7).to_string(), "failed-allocation-7");
}
