//! The compile child: what it answers, and what becomes of one that does not.

use crate::place::{child_compiler, code_of, guest, no_compiler, open};
use proofhouse_sandbox::{Compiler, HostFault, OpenError, Outcome, Phase, Unusable};

pub(crate) const TESTS: &[(&str, fn())] = &[
    ("a_child_compiles", a_child_compiles),
    ("a_child_keeps_the_validators_words", a_child_keeps_the_validators_words),
    ("a_child_that_dies_makes_the_module_unusable", a_child_that_dies_makes_the_module_unusable),
    ("a_child_that_answers_nonsense_is_our_fault", a_child_that_answers_nonsense_is_our_fault),
    ("a_child_that_cannot_be_started_is_no_ones_fault", a_child_that_cannot_be_started),
];

fn a_child_compiles() {
    let interpreter = open(&guest(5), child_compiler(), None).unwrap();
    assert_eq!(code_of(&interpreter), 5);
}

fn a_child_keeps_the_validators_words() {
    let invalid = crate::common::wasm(
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
