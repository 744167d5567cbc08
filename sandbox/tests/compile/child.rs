//! The compile child: what it answers, and what becomes of one that does not.

use crate::common::{reactor, run, wasm};
use crate::place::{child_compiler, code_of, guest, no_compiler, open};
use proofhouse_sandbox::{Compiler, HostFault, OpenError, Outcome, Phase, Unusable};
use std::fmt::Write as _;

pub(crate) const TESTS: &[(&str, fn())] = &[
    ("a_child_compiles", a_child_compiles),
    ("a_child_keeps_the_validators_words", a_child_keeps_the_validators_words),
    ("a_child_that_dies_makes_the_module_unusable", a_child_that_dies_makes_the_module_unusable),
    ("a_module_with_100_000_functions_compiles", a_module_with_100_000_functions_compiles),
    ("a_child_that_spends_its_time_is_ended", a_child_that_spends_its_time_is_ended),
    ("a_child_that_answers_nonsense_is_our_fault", a_child_that_answers_nonsense_is_our_fault),
    ("a_child_that_cannot_be_started_is_no_ones_fault", a_child_that_cannot_be_started),
];

fn a_child_compiles() {
    let interpreter = open(&guest(5), child_compiler(), None).unwrap();
    assert_eq!(code_of(&interpreter), 5);
}

fn a_child_keeps_the_validators_words() {
    let invalid = wasm(
        r#"(module
          (memory (export "memory") 1)
          (func (export "_start") (drop (i32.add (i32.const 1) (f32.const 2)))))"#,
    );
    let in_child = open(&invalid, child_compiler(), None).err().unwrap();
    let in_process = open(&invalid, Compiler::InProcess, None).err().unwrap();
    assert_eq!(in_child, in_process);
    let Outcome::Unusable { reason: Unusable::Invalid { problem } } = in_child.outcome else {
        panic!("{in_child:?}");
    };
    assert!(problem.starts_with("type mismatch: expected i32, found f32"), "{problem}");
}

fn program(program: &str, arguments: &[&str]) -> Compiler {
    let arguments = arguments.iter().map(Into::into).collect();
    Compiler::Child { program: program.into(), arguments }
}

fn refusal(compiler: Compiler) -> OpenError {
    open(&guest(5), compiler, None).err().unwrap()
}

fn a_child_that_dies_makes_the_module_unusable() {
    for script in ["exit 1", "exit 101", "kill -ABRT $$", "cat >/dev/null; kill -KILL $$"] {
        let refusal = refusal(program("/bin/sh", &["-c", script]));
        assert_eq!(refusal.phase, Phase::Compile);
        assert!(
            matches!(
                refusal.outcome,
                Outcome::Unusable { reason: Unusable::CompileStopped { .. } }
            ),
            "{script}: {refusal:?}"
        );
    }
}

/// A reactor with that many functions beside its own, all exported.
fn many_functions(count: usize) -> Vec<u8> {
    let mut functions = String::from(r#"(memory (export "memory") 1)"#);
    for nth in 0..count {
        write!(
            functions,
            r#"(func (export "f{nth}") (param i32) (result i32)
                (i32.add (i32.load (local.get 0)) (i32.const {nth})))"#
        )
        .unwrap();
    }
    wasm(&reactor(&functions, "(i32.const 0)", "(i32.const 0)"))
}

fn a_module_with_100_000_functions_compiles() {
    let interpreter = open(&many_functions(100_000), child_compiler(), None).unwrap();
    assert_eq!(run(&interpreter, b"content", &[]).outcome, Outcome::Accepted);
}

fn a_child_that_spends_its_time_is_ended() {
    // The child keeps the limit that it is started with, since that is below its own.
    let Compiler::Child { program: itself, arguments } = child_compiler() else {
        panic!("no child");
    };
    let arguments: Vec<_> = arguments.iter().map(|argument| argument.to_str().unwrap()).collect();
    let script = format!("ulimit -S -t 1; exec '{}' {}", itself.display(), arguments.join(" "));
    let refusal = open(&many_functions(100_000), program("/bin/sh", &["-c", &script]), None);
    let refusal = refusal.err().unwrap();
    assert_eq!(refusal.phase, Phase::Compile);
    let Outcome::Unusable { reason: Unusable::CompileStopped { problem } } = &refusal.outcome
    else {
        panic!("{refusal:?}");
    };
    assert_eq!(problem, "it took more processor time than it may");
}

fn is_host_fault(refusal: &OpenError) -> bool {
    matches!(
        refusal,
        OpenError {
            phase: Phase::Compile,
            outcome: Outcome::HostFault { fault: HostFault::Engine { .. } }
        }
    )
}

fn a_child_that_answers_nonsense_is_our_fault() {
    for script in ["true", "echo nonsense", "cat", "head -c 100000 /dev/zero"] {
        let refusal = refusal(program("/bin/sh", &["-c", script]));
        assert!(is_host_fault(&refusal), "{script}: {refusal:?}");
    }
}

fn a_child_that_cannot_be_started() {
    let refusal = refusal(no_compiler());
    assert!(is_host_fault(&refusal), "{refusal:?}");
}
