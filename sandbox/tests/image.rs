//! Runs that start from the image of an interpreter that is ready are equal to runs from scratch, and so are
//! variants.

#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on has failed"
)]

mod common;

use common::{reactor, run_job, sandbox, small_limits, wasm, with_guest_stack};
use proofhouse_sandbox::{
    Interpreter, Job, Limits, MemoryErrorKind, Outcome, Run, Sanitize, Variant,
};

/// A memory, and an allocator that has the names of C's and is replaced by the checked one.
const ALLOCATOR: &str = r#"
        (memory (export "memory") 4)
        (func $malloc (export "malloc") (param i32) (result i32) (i32.const 0))
        (func $free (export "free") (param i32))
        (func $calloc (export "calloc") (param i32 i32) (result i32) (i32.const 0))
        (func $realloc (export "realloc") (param i32 i32) (result i32) (i32.const 0))"#;

const LEVELS: [Sanitize; 2] = [Sanitize::Off, Sanitize::On];

fn open(wasm: &[u8], sanitize: Sanitize) -> Interpreter {
    let wasm = wasm.to_vec();
    with_guest_stack(|| sandbox().interpreter(wasm, &small_limits(), sanitize)).unwrap()
}

/// Runs `job` often enough to come from an image, and says how that ended. `has_image`: whether there is one
/// for such a run, so that all but the first come from it.
fn same_from_scratch(interpreter: &Interpreter, job: &Job<'_>, has_image: bool) -> Outcome {
    let before = interpreter.restored();
    let scratch = with_guest_stack(|| interpreter.run_from_scratch(job));
    for nth in 0..4 {
        assert_eq!(run_job(interpreter, job), scratch, "run {nth}");
    }
    let restored = interpreter.restored() - before;
    assert!(if has_image { restored >= 3 } else { restored == 0 }, "{restored} from an image");
    scratch.outcome
}

/// Before it sees content it does whatever can be seen later: it grows its memory and writes to it, counts
/// in a global, draws random numbers, speaks, and emits. Then it shows all of that, and counts on.
fn busy(initialise: &str) -> String {
    let fields = format!(
        r#"
        (import "proofhouse" "emit" (func $emit (param i32 i32)))
        (import "proofhouse" "message" (func $message (param i32 i32 i32)))
        (import "wasi_snapshot_preview1" "random_get"
          (func $random_get (param i32 i32) (result i32)))
        (memory (export "memory") 2)
        (global $count (mut i64) (i64.const 5))
        (global $half (mut f64) (f64.const 1.5))
        (data (i32.const 8192) "ready")
        (func $begin
          (drop (call $random_get (i32.const 256) (i32.const 32)))
          (i32.store (i32.const 300) (memory.grow (i32.const 2)))
          (i32.store (i32.const 200000) (i32.const 77))
          (i32.store8 (i32.const 8192) (i32.const 0x52))
          (global.set $count (i64.const 1000))
          (global.set $half (f64.const 0.25))
          (call $message (i32.const 2) (i32.const 8192) (i32.const 5))
          (call $emit (i32.const 8192) (i32.const 3)))
        (func $show
          (global.set $count (i64.add (global.get $count) (i64.const 1)))
          (i64.store (i32.const 304) (global.get $count))
          (f64.store (i32.const 312) (global.get $half))
          (i32.store (i32.const 320) (i32.load (i32.const 200000)))
          (i32.store (i32.const 324) (memory.size))
          (drop (call $random_get (i32.const 328) (i32.const 8)))
          (call $emit (i32.const 256) (i32.const 80))
          (call $emit (i32.const 8192) (i32.const 5)))
        {initialise}"#
    );
    let load = r"
        (call $show)
        (if (i32.eq (i32.load8_u (local.get $at)) (i32.const 0x74 (; t ;))) (then (unreachable)))
        (i32.eq (i32.load8_u (local.get $at)) (i32.const 0x72 (; r ;)))";
    reactor(&fields, load, "(call $show) (i32.const 1)")
}

#[test]
fn whatever_was_done_before_the_content_came_is_there() {
    for initialise in [
        r#"(export "_initialize" (func $begin))"#,
        r#"(export "proofhouse_warmup" (func $begin))"#,
        "(start $begin)",
    ] {
        for sanitize in LEVELS {
            let interpreter = open(&wasm(&busy(initialise)), sanitize);
            let limits = small_limits();
            for content in ["accept", "reject", "trap"] {
                let (content, configuration) = (content.as_bytes(), None);
                let events: [&[u8]; 2] = [b"one", b"two"];
                let job = Job {
                    content,
                    events: &events,
                    limits: &limits,
                    configuration,
                    arguments: &[],
                };
                let outcome = same_from_scratch(&interpreter, &job, true);
                match content {
                    b"accept" => assert_eq!(outcome, Outcome::Accepted),
                    b"reject" => assert!(matches!(outcome, Outcome::Rejected { code: 1, .. })),
                    _ => assert!(matches!(outcome, Outcome::Trapped { .. })),
                }
            }
        }
    }
}

#[test]
fn another_configuration_or_another_limit_is_another_run() {
    let configure = r#"
        (func (export "proofhouse_configure") (param i32 i32) (result i32)
          (global.set $count (i64.extend_i32_u (i32.load8_u (local.get 0))))
          (i32.const 0))
        (export "_initialize" (func $begin))"#;
    let interpreter = open(&wasm(&busy(configure)), Sanitize::On);
    let mut few = small_limits();
    few.emitted_records = 3;
    for limits in [small_limits(), few, small_limits()] {
        for configuration in [None, Some("1"), Some("2"), None] {
            let events: [&[u8]; 1] = [b"one"];
            let job = Job {
                content: b"accept",
                events: &events,
                limits: &limits,
                configuration,
                arguments: &[],
            };
            // What was asked for first has the image.
            let is_first = limits == small_limits() && configuration.is_none();
            let outcome = same_from_scratch(&interpreter, &job, is_first);
            let flood = matches!(outcome, Outcome::OutputFlood { .. });
            assert_eq!(flood, limits.emitted_records == 3);
        }
    }
}

#[test]
fn a_harness_is_initialised_once() {
    let text = r#"(module
        (import "proofhouse" "emit" (func $emit (param i32 i32)))
        (memory (export "memory") 1)
        (global $next (mut i32) (i32.const 1024))
        (func (export "malloc") (param i32) (result i32)
          (global.set $next (i32.add (global.get $next) (i32.const 64)))
          (global.get $next))
        (func (export "LLVMFuzzerInitialize") (param i32 i32) (result i32)
          (i32.store (i32.const 512) (i32.load (i32.load (local.get 1))))
          (i32.const 0))
        (func (export "LLVMFuzzerTestOneInput") (param i32 i32) (result i32)
          (call $emit (i32.const 512) (i32.const 4))
          (i32.store (i32.const 512) (local.get 0))
          (call $emit (i32.const 512) (i32.const 4))
          (i32.const 0)))"#;
    for sanitize in LEVELS {
        let interpreter = open(&wasm(text), sanitize);
        let limits = small_limits();
        let job = Job {
            content: b"x",
            events: &[],
            limits: &limits,
            configuration: None,
            arguments: &[],
        };
        assert_eq!(same_from_scratch(&interpreter, &job, true), Outcome::Completed);
    }
}

/// Tables and dropped segments are not part of an image, so such a module has none.
#[test]
fn what_no_image_could_hold_is_done_for_each_run() {
    for change in [
        "(table.set $t (i32.const 0) (ref.func $two))",
        "(drop (table.grow $t (ref.func $two) (i32.const 1)))",
        "(table.fill $t (i32.const 0) (ref.func $two) (i32.const 1))",
        "(table.init $t $both (i32.const 0) (i32.const 1) (i32.const 1))",
        "(table.copy $t $t (i32.const 0) (i32.const 1) (i32.const 1))",
        "(elem.drop $both)",
        "(memory.init $words (i32.const 700) (i32.const 0) (i32.const 4)) (data.drop $words)",
        "(global.set $function (ref.func $two))",
    ] {
        let fields = format!(
            r#"
            (import "proofhouse" "emit" (func $emit (param i32 i32)))
            (memory (export "memory") 1)
            (type $answer (func (result i32)))
            (table $t 2 4 funcref)
            (global $function (mut funcref) (ref.null func))
            (func $one (result i32) (i32.const 1))
            (func $two (result i32) (i32.const 2))
            (elem (table $t) (i32.const 0) func $one $two)
            (elem $both func $one $two)
            (data $words "four")
            (func (export "_initialize") {change})
            (func $show
              (i32.store (i32.const 600)
                (call_indirect $t (type $answer) (i32.const 0)))
              (i32.store (i32.const 604) (table.size $t))
              (i32.store (i32.const 608) (ref.is_null (global.get $function)))
              (i32.store (i32.const 612) (i32.load (i32.const 700)))
              (call $emit (i32.const 600) (i32.const 16)))"#
        );
        let text = reactor(&fields, "(call $show) (i32.const 0)", "(i32.const 1)");
        let interpreter = open(&wasm(&text), Sanitize::On);
        let limits = small_limits();
        let job = Job {
            content: b"x",
            events: &[],
            limits: &limits,
            configuration: None,
            arguments: &[],
        };
        assert_eq!(same_from_scratch(&interpreter, &job, false), Outcome::Accepted, "{change}");
    }
}

/// What the heap knows of blocks from before the content is in the image too: in `proofhouse_warmup` one is
/// allocated and freed, one is kept, and the content's load misuses them.
#[test]
fn what_the_heap_knew_before_the_content_is_in_the_report() {
    let fields = format!(
        r#"{ALLOCATOR}
        (func (export "proofhouse_warmup")
          (i32.store (i32.const 512) (call $malloc (i32.const 24)))
          (i32.store (i32.const 516) (call $malloc (i32.const 40)))
          (i32.store8 (i32.load (i32.const 512)) (i32.const 7))
          (call $free (i32.load (i32.const 512))))"#
    );
    let load = r"
        (local $first i32)
        (local.set $first (i32.load8_u (local.get $at)))
        (if (i32.eq (local.get $first) (i32.const 0x75 (; u ;)))
          (then (return (i32.load8_u (i32.load (i32.const 512))))))
        (if (i32.eq (local.get $first) (i32.const 0x62 (; b ;)))
          (then (i32.store8 (i32.add (i32.load (i32.const 516)) (i32.const 40)) (i32.const 1))))
        (if (i32.eq (local.get $first) (i32.const 0x64 (; d ;)))
          (then (call $free (i32.load (i32.const 512)))))
        (call $free (i32.load (i32.const 516)))
        (i32.const 0)";
    let module = wasm(&reactor(&fields, load, "(i32.const 1)"));
    let limits = small_limits();
    for (content, error) in [
        ("fine", None),
        ("use", Some(MemoryErrorKind::HeapUseAfterFree)),
        ("behind", Some(MemoryErrorKind::HeapBufferOverflow)),
        ("double", Some(MemoryErrorKind::DoubleFree)),
    ] {
        let job = Job {
            content: content.as_bytes(),
            events: &[],
            limits: &limits,
            configuration: None,
            arguments: &[],
        };
        // Its first run is from scratch, and has the stacks of both calls in its report.
        let interpreter = open(&module, Sanitize::On);
        let scratch = run_job(&interpreter, &job);
        assert_eq!(interpreter.restored(), 0);
        for nth in 0..3 {
            assert_eq!(run_job(&interpreter, &job), scratch, "{content}, run {nth}");
        }
        assert!(interpreter.restored() >= 3, "{content}: no run was from an image");
        let outcome = scratch.outcome;
        assert_eq!(outcome.memory().map(|memory| memory.error), error, "{content}: {outcome:?}");
    }
}

/// Before it sees content it makes three blocks, frees one and remembers what lay in another. Then it shows
/// that, and what lies in a new block, and where; and says if there is none.
fn forgetful() -> Interpreter {
    let fields = format!(
        r#"
        (import "proofhouse" "emit" (func $emit (param i32 i32)))
        {ALLOCATOR}
        (func (export "proofhouse_warmup")
          (local $p i32)
          (call $free (call $malloc (i32.const 24)))
          (local.set $p (call $malloc (i32.const 24)))
          (if (local.get $p) (then (i32.store (i32.const 512) (i32.load (local.get $p)))))
          (i32.store (i32.const 516) (call $malloc (i32.const 40))))"#
    );
    let load = r"
        (local $p i32)
        (local.set $p (call $malloc (i32.const 48)))
        (if (i32.eqz (local.get $p)) (then (return (i32.const 7))))
        (i32.store (i32.const 520) (local.get $p))
        (i32.store (i32.const 524) (i32.load (local.get $p)))
        (call $emit (i32.const 512) (i32.const 16))
        (call $free (local.get $p))
        (i32.const 0)";
    open(&wasm(&reactor(&fields, load, "(i32.const 1)")), Sanitize::On)
}

/// The first run of a variant, in an interpreter of its own. Further ones are equal, and from an image if
/// `has_image`.
fn same_variant(variant: Variant, job: &Job<'_>, has_image: bool) -> Run {
    let interpreter = forgetful();
    let run = || with_guest_stack(|| interpreter.run_variant(job, variant));
    let scratch = run();
    assert_eq!(interpreter.restored(), 0, "{variant}");
    for nth in 0..3 {
        assert_eq!(run(), scratch, "{variant}, run {nth}");
    }
    assert_eq!(interpreter.restored(), if has_image { 3 } else { 0 }, "{variant}");
    scratch
}

fn bare(limits: &Limits) -> Job<'_> {
    Job { content: b"content", events: &[], limits, configuration: None, arguments: &[] }
}

#[test]
fn memory_that_looks_otherwise_does_so_before_the_content_came() {
    let limits = small_limits();
    let base = same_variant(Variant::Base, &bare(&limits), true);
    let mut seen = vec![base.emitted.clone()];
    for variant in Variant::EQUIVALENT {
        let run = same_variant(variant, &bare(&limits), true);
        assert_eq!(run.outcome, Outcome::Accepted, "{variant}");
        // Fresh memory is zero, so that to fill it with zeros shows nothing.
        assert!(variant == Variant::Fill(0) || !seen.contains(&run.emitted), "{variant}");
        seen.push(run.emitted);
    }
}

/// One interpreter for all of them: no image is taken for that of another.
#[test]
fn each_variant_has_its_own_image() {
    let (limits, interpreter) = (small_limits(), forgetful());
    let variants = [Variant::Base].into_iter().chain(Variant::EQUIVALENT);
    let more = [Variant::FailedAllocation(4), Variant::Fill(7), Variant::Layout(3)];
    let variants: Vec<_> = variants.chain(more).collect();
    let expected: Vec<_> = variants
        .iter()
        .map(|variant| with_guest_stack(|| forgetful().run_variant(&bare(&limits), *variant)))
        .collect();
    for round in 0..3 {
        for (variant, expected) in variants.iter().zip(&expected) {
            let run = with_guest_stack(|| interpreter.run_variant(&bare(&limits), *variant));
            assert_eq!(run, *expected, "{variant} in round {round}");
        }
    }
    // Two rounds of the base run and four variants, and of the failed allocation all three. There is no room
    // for the last two.
    assert_eq!(interpreter.restored(), 2 * 5 + 3);
}

/// Numbers 1 to 3 are of before the content came, and 4 is the one behind it.
#[test]
fn an_allocation_fails_where_it_is_its_turn() {
    let limits = small_limits();
    let base = same_variant(Variant::Base, &bare(&limits), true);
    for number in 1..=5 {
        let run = same_variant(Variant::FailedAllocation(number), &bare(&limits), number > 3);
        match number {
            1..=3 => assert_ne!(run, base, "{number}"),
            4 => assert!(matches!(run.outcome, Outcome::Rejected { code: 7, .. })),
            _ => assert_eq!(run, base),
        }
    }
}

#[test]
fn the_stack_of_an_allocation_is_the_same_from_an_image() {
    let (limits, interpreter) = (small_limits(), forgetful());
    let stack = |number| {
        with_guest_stack(|| interpreter.stack_at_allocation(&bare(&limits), Variant::Base, number))
    };
    let scratch = [1, 3, 4].map(|number| {
        let frames = |interpreter: Interpreter| {
            interpreter.stack_at_allocation(&bare(&limits), Variant::Base, number)
        };
        with_guest_stack(|| frames(forgetful()))
    });
    assert!(scratch.iter().all(|frames| frames.len() >= 2), "{scratch:?}");
    for _ in 0..2 {
        assert_eq!([1, 3, 4].map(stack), scratch);
    }
    // The last of the first round, and of the second: the first two are of before the content came.
    assert_eq!(interpreter.restored(), 2);
}
