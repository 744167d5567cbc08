//! Nothing of a run is seen by the next one, although both use the same memory of the host.

#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on has failed"
)]

mod common;

use common::{run, small_limits, wasm, with_guest_stack};
use proofhouse_sandbox::{Compilation, Job, Limits, Outcome, OutcomeKind, Sandbox, Sanitize};

/// A reactor that rejects with a code of its own when anything is not as the module says, and then
/// spoils everything that it can reach. The content's first byte says how it ends.
///
/// Memory of that many pages at the start; the host's buffers lie in the second page.
fn spoiler(pages: u32) -> Vec<u8> {
    let last = pages * 65_536;
    wasm(&format!(
        r#"(module
          (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
          (memory (export "memory") {pages} 2048)
          (data (i32.const 16) "pristine")
          (data $passive "passive")
          (global $number (mut i32) (i32.const 7))
          (table $table 4 8 funcref)
          (elem (table $table) (i32.const 0) func $load)
          (elem $passive_functions func $load)

          (func $is_zero (param $from i32) (param $to i32) (result i32)
            (local $bits i64)
            (loop $more
              (local.set $bits (i64.or (local.get $bits) (i64.load (local.get $from))))
              (local.set $from (i32.add (local.get $from) (i32.const 8)))
              (br_if $more (i32.lt_u (local.get $from) (local.get $to))))
            (i64.eqz (local.get $bits)))

          (func $fault (result i32)
            (if (i32.ne (global.get $number) (i32.const 7)) (then (return (i32.const 101))))
            (if (i64.ne (i64.load (i32.const 16)) (i64.const 0x656e697473697270))
              (then (return (i32.const 102))))
            (if (i32.ne (memory.size) (i32.const {pages})) (then (return (i32.const 103))))
            (if (i32.ne (table.size $table) (i32.const 4)) (then (return (i32.const 104))))
            (if (i32.eqz (ref.is_null (table.get $table (i32.const 3))))
              (then (return (i32.const 105))))
            (if (ref.is_null (table.get $table (i32.const 0))) (then (return (i32.const 106))))
            (if (i32.eqz (call $is_zero (i32.const 24) (i32.const 65536)))
              (then (return (i32.const 107))))
            (if (i32.eqz (call $is_zero (i32.const 65600) (i32.const {last})))
              (then (return (i32.const 108))))
            ;; Both trap when an earlier run's drop is still in force.
            (memory.init $passive (i32.const 32) (i32.const 0) (i32.const 7))
            (table.init $table $passive_functions (i32.const 1) (i32.const 0) (i32.const 1))
            (i32.const 0))

          (func $spoil
            (global.set $number (i32.const -1))
            (data.drop $passive)
            (elem.drop $passive_functions)
            (drop (table.grow $table (ref.func $load) (i32.const 4)))
            (table.fill $table (i32.const 0) (ref.func $load) (i32.const 8))
            (table.set $table (i32.const 0) (ref.null func))
            (drop (memory.grow (i32.const 17)))
            (memory.fill (i32.const 0) (i32.const 0xa5)
              (i32.mul (memory.size) (i32.const 65536))))

          (func $abi_version (export "proofhouse_abi_version") (result i32) (i32.const 1))
          (func $alloc (export "proofhouse_alloc") (param i32) (result i32) (i32.const 65536))
          (func $load (export "proofhouse_load") (param $at i32) (param $size i32) (result i32)
            (local $how i32)
            (local $fault i32)
            (local.set $how (i32.load8_u (local.get $at)))
            (local.set $fault (call $fault))
            (if (local.get $fault) (then (return (local.get $fault))))
            (call $spoil)
            (if (i32.eq (local.get $how) (i32.const 0x74 (; t ;))) (then (unreachable)))
            (if (i32.eq (local.get $how) (i32.const 0x66 (; f ;)))
              (then (loop $forever (br $forever))))
            (if (i32.eq (local.get $how) (i32.const 0x65 (; e ;)))
              (then (call $exit (i32.const 1))))
            (if (i32.eq (local.get $how) (i32.const 0x6d (; m ;)))
              (then (loop $more (drop (memory.grow (i32.const 1))) (br $more))))
            (if (i32.eq (local.get $how) (i32.const 0x73 (; s ;)))
              (then (drop (call $load (local.get $at) (local.get $size)))))
            (i32.const 0))
          (func $evaluate (export "proofhouse_evaluate") (param i32 i32) (result i32)
            (i32.const 0)))"#
    ))
}

/// How a run of the spoiler ends, by the content.
const ENDINGS: [(&str, OutcomeKind); 5] = [
    ("accept", OutcomeKind::Accepted),
    ("trap", OutcomeKind::Trapped),
    ("exit", OutcomeKind::AbiViolation),
    ("memory", OutcomeKind::OutOfMemory),
    ("fuel", OutcomeKind::OutOfFuel),
];

fn limits() -> Limits {
    let mut limits = small_limits();
    limits.fuel = 250_000_000;
    limits.memory_bytes = 72 << 20;
    limits
}

/// Each ending follows each other one, in the only slot that there is.
fn nothing_is_left(pages: u32) {
    with_guest_stack(|| {
        let limits = limits();
        let sandbox = Sandbox::new(1, Compilation::default()).unwrap();
        let interpreter = sandbox.interpreter(spoiler(pages), &limits, Sanitize::On).unwrap();
        for before in ENDINGS {
            for after in ENDINGS {
                for (content, expected) in [before, after] {
                    let run = interpreter.run(&Job {
                        content: content.as_bytes(),
                        events: &[b"event"],
                        limits: &limits,
                        configuration: None,
                        arguments: &[],
                    });
                    assert_eq!(run.outcome.kind(), expected, "{before:?}, {after:?}: {run:?}");
                }
            }
        }
    });
}

#[test]
fn nothing_is_left_in_a_small_memory() {
    nothing_is_left(2);
}

/// The part of a memory that is cleared by writing to it ends at 32 MiB.
#[test]
fn nothing_is_left_around_the_size_that_stays_resident() {
    for pages in [511, 512, 513] {
        nothing_is_left(pages);
    }
}

#[test]
fn nothing_is_left_in_a_large_memory() {
    nothing_is_left(900);
}

/// Two interpreters take turns in one slot: the second does not see what the first has left.
#[test]
fn nothing_is_left_for_another_interpreter() {
    with_guest_stack(|| {
        let limits = limits();
        let sandbox = Sandbox::new(1, Compilation::default()).unwrap();
        let interpreters = [2, 20]
            .map(|pages| sandbox.interpreter(spoiler(pages), &limits, Sanitize::On).unwrap());
        let job = |content| Job {
            content,
            events: &[],
            limits: &limits,
            configuration: None,
            arguments: &[],
        };
        for _ in 0..10 {
            for interpreter in &interpreters {
                assert_eq!(interpreter.run(&job(b"accept")).outcome, Outcome::Accepted);
            }
        }
    });
}

/// Within one run it is one instance: what load leaves is there for every event.
#[test]
fn events_of_one_content_share_an_instance() {
    let counting = common::reactor(
        r#"(memory (export "memory") 1) (global $count (mut i32) (i32.const 0))"#,
        "(global.set $count (i32.const 10)) (i32.const 0)",
        "(global.set $count (i32.add (global.get $count) (i32.const 1))) (global.get $count)",
    );
    let interpreter = common::open(&wasm(&counting)).unwrap();
    for _ in 0..2 {
        let run = run(&interpreter, b"content", &[b"a", b"b", b"c"]);
        let matches: Vec<u32> = run.events.iter().map(|event| event.matches).collect();
        assert_eq!(matches, [11, 12, 13]);
    }
}
