//! Where counters count: found in a child, and by names alone where the debug information is hostile.

use crate::common::{reactor, sandbox_with, small_limits, wasm, with_guest_stack};
use crate::dwarf::{self, FILE, FUNCTION, INLINED, Inlining, LINE};
use crate::place::child_compiler;
use proofhouse_sandbox::{Compilation, Compiler, Job, Sanitize, Sources};

pub(crate) const TESTS: &[(&str, fn())] = &[
    ("counters_have_their_lines", counters_have_their_lines),
    ("without_debug_information_functions_have_names", functions_have_names),
    ("hostile_debug_information_costs_the_lines_of_counters", hostile_costs_the_lines),
    ("counts_are_those_of_the_run", counts_are_those_of_the_run),
];

/// A guest of which loading has two blocks.
fn plain() -> Vec<u8> {
    let load = "(if (result i32) (i32.const 0) (then (i32.const 1)) (else (i32.const 0)))";
    wasm(&reactor(r#"(memory (export "memory") 1)"#, load, "(i32.const 0)"))
}

fn sources(wasm: &[u8], compiler: Compiler) -> Sources {
    let sandbox = sandbox_with(Compilation { compiler, cache: None });
    let open = || sandbox.counted_interpreter(wasm.to_vec(), &small_limits(), Sanitize::On);
    let interpreter = with_guest_stack(open).unwrap();
    let points = interpreter.coverage().unwrap().points().len();
    let sources = interpreter.sources().unwrap();
    assert_eq!(sources.points.len(), points);
    sources
}

/// Names of the functions that points are in, each once.
fn names(sources: &Sources) -> Vec<&str> {
    let of = |point: &proofhouse_sandbox::PointPlace| {
        sources.functions[usize::try_from(point.function).unwrap()].name.as_str()
    };
    let mut names: Vec<_> = sources.points.iter().map(of).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn counters_have_their_lines() {
    for (inlining, name) in [(Inlining::Nested(0), FUNCTION), (Inlining::Nested(2), INLINED)] {
        let mut wasm = plain();
        dwarf::append(&mut wasm, inlining);
        for compiler in [Compiler::InProcess, child_compiler()] {
            let sources = sources(&wasm, compiler);
            assert_eq!(names(&sources), [name]);
            assert_eq!(sources.files, [FILE]);
            let lines: Vec<u32> = sources.lines.iter().map(|line| line.line).collect();
            assert_eq!(lines, [u32::from(LINE)]);
            // All blocks are in that line, and ways out of a block are in none.
            assert!(sources.points.iter().any(|point| point.lines == [0]));
        }
    }
}

fn functions_have_names() {
    for compiler in [Compiler::InProcess, child_compiler()] {
        let sources = sources(&plain(), compiler);
        assert!(names(&sources).contains(&"load"), "{sources:?}");
        assert!(sources.lines.is_empty() && sources.files.is_empty());
    }
}

fn hostile_costs_the_lines() {
    let shared = Inlining::SharedRanges { functions: 2_000, ranges: 100_000 };
    for inlining in [Inlining::Nested(300_000), shared] {
        let mut wasm = plain();
        dwarf::append(&mut wasm, inlining);
        let sources = sources(&wasm, child_compiler());
        assert!(names(&sources).contains(&"load") && sources.lines.is_empty());
    }
}

fn counts_are_those_of_the_run() {
    let sandbox = sandbox_with(Compilation::default());
    let open = || sandbox.counted_interpreter(plain(), &small_limits(), Sanitize::On);
    let interpreter = with_guest_stack(open).unwrap();
    let mut counts = Vec::new();
    let limits = small_limits();
    let job = Job {
        content: b"content",
        events: &[b"a", b"b", b"c"],
        limits: &limits,
        configuration: None,
        arguments: &[],
    };
    with_guest_stack(|| interpreter.run_observed(&job, |seen| counts = seen.counts().collect()));
    assert!(counts.contains(&3) && counts.contains(&1), "{counts:?}");
}
