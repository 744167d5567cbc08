//! Runs in an instance that stays are equal to runs in fresh ones, whatever ran there before. That all of it
//! was put back, byte by byte, is asserted before each run in builds with debug assertions.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on has failed"
)]

mod common;

use common::{reactor, sandbox, small_limits, wasm, with_guest_stack};
use proofhouse_sandbox::{Interpreter, Job, Limits, Outcome, OutcomeKind, Sanitize};

fn open(wasm: &[u8], sanitize: Sanitize, covered: bool) -> Interpreter {
    let (wasm, limits) = (wasm.to_vec(), small_limits());
    with_guest_stack(|| {
        if covered {
            sandbox().covered_interpreter(wasm, &limits, sanitize)
        } else {
            sandbox().interpreter(wasm, &limits, sanitize)
        }
    })
    .unwrap()
}

/// Runs all contents in one resident interpreter, several times and in changing order; says how they end.
/// `is_put_back`: whether its instance can be used again.
fn same_as_fresh(
    interpreter: &Interpreter,
    contents: &[&[u8]],
    is_put_back: bool,
) -> Vec<OutcomeKind> {
    let limits = small_limits();
    let events: [&[u8]; 2] = [b"first", b"second"];
    let job = |content| job(content, &events, &limits);
    with_guest_stack(|| {
        let fresh: Vec<_> = contents.iter().map(|content| interpreter.run(&job(content))).collect();
        let mut resident = interpreter.clone().resident();
        let few = contents.len();
        for turn in 0..6 * few {
            // Steps that share no factor with their number: all orders of two.
            let nth = (turn * (1 + turn / few)) % few;
            let run = resident.run(&job(contents[nth]), |_| ());
            assert_eq!(run, fresh[nth], "turn {turn}, content {nth}");
        }
        // Or nothing was tested.
        assert_eq!(resident.reused() > 0, is_put_back, "{}", resident.reused());
        fresh.iter().map(|run| run.outcome.kind()).collect()
    })
}

fn job<'a>(content: &'a [u8], events: &'a [&'a [u8]], limits: &'a Limits) -> Job<'a> {
    Job { content, events, limits, configuration: None, arguments: &[] }
}

/// Leaves traces everywhere: on the stack, in data, in its memory's last page, in globals of each type, in
/// random numbers, messages and output; and shows what it finds there. The content's first byte says how
/// often, and how it ends.
fn untidy() -> Vec<u8> {
    let fields = r#"
        (import "proofhouse" "emit" (func $emit (param i32 i32)))
        (import "proofhouse" "message" (func $message (param i32 i32 i32)))
        (import "wasi_snapshot_preview1" "random_get"
          (func $random_get (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_write"
          (func $fd_write (param i32 i32 i32 i32) (result i32)))
        (memory (export "memory") (export "again") 2)
        (global $small (mut i32) (i32.const 1))
        (global $large (mut i64) (i64.const 2))
        (global $real (mut f32) (f32.const 3))
        (global $double (mut f64) (f64.const 4))
        (global $vector (mut v128) (v128.const i64x2 5 6))
        (data (i32.const 8192) "tidy")
        (func (export "_initialize")
          (global.set $large (i64.const 77))
          (i32.store (i32.const 9000) (i32.const 88)))
        (func $count (param $at i32)
          (i32.store (local.get $at) (i32.add (i32.load (local.get $at)) (i32.const 1)))
          (call $emit (local.get $at) (i32.const 4)))
        (func $show
          (call $count (i32.const 1024))
          (call $count (i32.const 8192))
          (call $count (i32.const 9000))
          (call $count (i32.const 131068))
          (global.set $small (i32.add (global.get $small) (i32.const 1)))
          (global.set $large (i64.add (global.get $large) (i64.const 1)))
          (global.set $real (f32.add (global.get $real) (f32.const 1)))
          (global.set $double (f64.add (global.get $double) (f64.const 1)))
          (global.set $vector (i64x2.add (global.get $vector) (v128.const i64x2 1 1)))
          (i32.store (i32.const 256) (global.get $small))
          (i64.store (i32.const 264) (global.get $large))
          (f32.store (i32.const 272) (global.get $real))
          (f64.store (i32.const 280) (global.get $double))
          (v128.store (i32.const 288) (global.get $vector))
          (drop (call $random_get (i32.const 304) (i32.const 16)))
          (i32.store (i32.const 320) (memory.size))
          (call $emit (i32.const 256) (i32.const 68))
          (call $message (i32.const 2) (i32.const 8192) (i32.const 4))
          (i32.store (i32.const 400) (i32.const 8192))
          (i32.store (i32.const 404) (i32.const 4))
          (drop (call $fd_write (i32.const 1) (i32.const 400) (i32.const 1) (i32.const 408))))
        (func $forever (loop $more (br $more)))
        (func $deep (call $deep))"#;
    let load = r"
        (local $how i32)
        (local.set $how (i32.load8_u (local.get $at)))
        (i32.store8 (i32.const 700) (local.get $how))
        (call $show)
        (if (i32.eq (local.get $how) (i32.const 0x67 (; g ;)))
          (then (drop (memory.grow (i32.const 1)))))
        (if (i32.eq (local.get $how) (i32.const 0x74 (; t ;))) (then (unreachable)))
        (if (i32.eq (local.get $how) (i32.const 0x6e (; n ;)))
          (then (drop (i32.load (i32.const 0)))))
        (if (i32.eq (local.get $how) (i32.const 0x66 (; f ;))) (then (call $forever)))
        (if (i32.eq (local.get $how) (i32.const 0x73 (; s ;))) (then (call $deep)))
        (i32.eq (local.get $how) (i32.const 0x72 (; r ;)))";
    let evaluate = r"(call $show)
        (if (i32.eq (i32.load8_u (i32.const 700)) (i32.const 0x65 (; e ;)))
          (then (return (i32.const -3))))
        (i32.const 1)";
    wasm(&reactor(fields, load, evaluate))
}

#[test]
fn no_run_sees_what_another_one_left() {
    let contents: [&[u8]; 8] =
        [b"a", b"error", b"grow", b"trap", b"null", b"fuel", b"stack", b"reject"];
    for sanitize in [Sanitize::Off, Sanitize::On] {
        for covered in [false, true] {
            let interpreter = open(&untidy(), sanitize, covered);
            let ends = same_as_fresh(&interpreter, &contents, true);
            assert_eq!(ends.first(), Some(&OutcomeKind::Accepted));
            let others = [OutcomeKind::Trapped, OutcomeKind::OutOfFuel, OutcomeKind::Rejected];
            for other in
                others.iter().chain(&[OutcomeKind::StackExhausted, OutcomeKind::EvaluationError])
            {
                assert!(ends.contains(other), "{other:?} in {ends:?}");
            }
        }
    }
}

/// A heap that is replaced: blocks of all kinds are allocated, used, freed and left, as many as the content
/// says. Its own allocator never runs.
fn hoarder() -> Vec<u8> {
    let text = r#"(module
        (import "proofhouse" "emit" (func $emit (param i32 i32)))
        (memory (export "memory") 1)
        (func $malloc (export "malloc") (param i32) (result i32) (i32.const 0))
        (func $free (export "free") (param i32))
        (func $calloc (export "calloc") (param i32 i32) (result i32) (i32.const 0))
        (func $realloc (export "realloc") (param i32 i32) (result i32) (i32.const 0))
        (func (export "LLVMFuzzerTestOneInput") (param $at i32) (param $size i32) (result i32)
          (local $block i32)
          (loop $next
            (if (i32.eqz (local.get $size)) (then (return (i32.const 0))))
            (local.set $block
              (call $malloc (i32.mul (i32.load8_u (local.get $at)) (i32.const 9))))
            (i32.store (i32.const 512) (local.get $block))
            (call $emit (i32.const 512) (i32.const 4))
            (i32.store8 (local.get $block) (i32.const 7))
            (if (i32.and (i32.load8_u (local.get $at)) (i32.const 1))
              (then (call $free (local.get $block))))
            (if (i32.eq (i32.load8_u (local.get $at)) (i32.const 0x62 (; b ;)))
              (then (drop (call $malloc (i32.const 100000)))))
            (if (i32.eq (i32.load8_u (local.get $at)) (i32.const 0x64 (; d ;)))
              (then (call $free (i32.add (local.get $block) (i32.const 16)))))
            (local.set $at (i32.add (local.get $at) (i32.const 1)))
            (local.set $size (i32.sub (local.get $size) (i32.const 1)))
            (br $next))
          (i32.const 0)))"#;
    wasm(text)
}

#[test]
fn the_heap_is_put_back() {
    let many = [0xf3; 40];
    let contents: [&[u8]; 8] =
        [b"x", b"ace", b"aaaaaaaaaaaaaaaa", b"big", b"d", &many, b"\xff\xfe\xfd", b""];
    for covered in [false, true] {
        let interpreter = open(&hoarder(), Sanitize::On, covered);
        let found = interpreter.instrumentation().heap.as_ref();
        assert!(format!("{found:?}").contains("Replaced"), "{found:?}");
        let ends = same_as_fresh(&interpreter, &contents, true);
        assert_eq!(ends[0], OutcomeKind::Completed);
        assert_eq!(ends[4], OutcomeKind::Trapped, "a wrong pointer is freed");
    }
}

/// Tables and dropped segments cannot be put back: such a module gets a fresh instance for each run.
#[test]
fn what_cannot_be_put_back_is_made_anew() {
    let fields = r#"
        (import "proofhouse" "emit" (func $emit (param i32 i32)))
        (memory (export "memory") 1)
        (type $answer (func (result i32)))
        (table $t 2 4 funcref)
        (func $one (result i32) (i32.const 1))
        (func $two (result i32) (i32.const 2))
        (elem (table $t) (i32.const 0) func $one $two)
        (data $words "four")"#;
    let load = r"
        (i32.store (i32.const 600) (call_indirect $t (type $answer) (i32.const 0)))
        (i32.store (i32.const 604) (table.size $t))
        (call $emit (i32.const 600) (i32.const 8))
        (memory.init $words (i32.const 700) (i32.const 0) (i32.const 4))
        (data.drop $words)
        (table.set $t (i32.const 0) (ref.func $two))
        (table.grow $t (ref.func $two) (i32.const 1))
        (i32.sub (i32.const 2))";
    let interpreter = open(&wasm(&reactor(fields, load, "(i32.const 1)")), Sanitize::On, false);
    assert_eq!(same_as_fresh(&interpreter, &[b"one", b"two"], false), [OutcomeKind::Accepted; 2]);
}

/// Another configuration or limit is another image; a resident interpreter serves them all.
#[test]
fn other_limits_are_other_runs() {
    let interpreter = open(&untidy(), Sanitize::On, false);
    let mut few = small_limits();
    few.emitted_records = 3;
    let events: [&[u8]; 1] = [b"one"];
    with_guest_stack(|| {
        let mut resident = interpreter.clone().resident();
        for limits in [small_limits(), few.clone(), small_limits(), few, small_limits()] {
            for _ in 0..3 {
                let job = job(b"a", &events, &limits);
                let run = resident.run(&job, |_| ());
                assert_eq!(run, interpreter.run_from_scratch(&job));
                let flood = matches!(run.outcome, Outcome::OutputFlood { .. });
                assert_eq!(flood, limits.emitted_records == 3);
            }
        }
    });
}
