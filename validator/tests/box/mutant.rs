//! The suites see what a guest answers: they fail for an adapter that evaluates everything to nothing.

use std::convert::Infallible;
use std::fs;
use std::path::PathBuf;

use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{CodeSection, Function, Instruction, Module};
use wasmparser::{ExternalKind, FunctionBody, Parser, Payload, TypeRef};

use crate::case::{BLESS, Case, cases};
use crate::{suite, target_dir};

/// Copies a module and gives one function another body: `i32.const 0`.
struct Mutation {
    /// Which of the functions that have bodies.
    target: u32,
    next: u32,
}

impl Reencode for Mutation {
    type Error = Infallible;

    fn parse_function_body(
        &mut self,
        code: &mut CodeSection,
        body: FunctionBody<'_>,
    ) -> Result<(), reencode::Error<Infallible>> {
        let this = self.next;
        self.next = this.wrapping_add(1);
        if this != self.target {
            return reencode::utils::parse_function_body(self, code, body);
        }
        let mut function = Function::new([]);
        function.instruction(&Instruction::I32Const(0)).instruction(&Instruction::End);
        code.function(&function);
        Ok(())
    }
}

/// The module, with a `proofhouse_evaluate` that returns 0.
fn without_evaluation(module: &[u8]) -> Vec<u8> {
    let (mut imported, mut exported) = (0_u32, None);
    for payload in Parser::new(0).parse_all(module) {
        match payload.unwrap() {
            Payload::ImportSection(imports) => {
                let functions = imports
                    .into_imports()
                    .filter(|import| matches!(import.as_ref().unwrap().ty, TypeRef::Func(_)));
                imported = functions.count().try_into().unwrap();
            }
            Payload::ExportSection(exports) => {
                let found = exports.into_iter().map(Result::unwrap).find(|export| {
                    export.name == "proofhouse_evaluate" && export.kind == ExternalKind::Func
                });
                exported = found.map(|export| export.index);
            }
            _ => {}
        }
    }
    let target = exported.unwrap().checked_sub(imported).unwrap();
    let mut mutant = Module::new();
    Mutation { target, next: 0 }.parse_core_module(&mut mutant, Parser::new(0), module).unwrap();
    mutant.finish()
}

/// Where the release of a guest is, in the box.
fn release(guest: &str) -> PathBuf {
    let entries = fs::read_dir(target_dir().join("guests")).unwrap();
    let mut files = entries.map(|entry| entry.unwrap().path());
    let is_release = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy();
        name.starts_with(&format!("{guest}@")) && !name.contains("-checked-")
    };
    files.find(is_release).unwrap_or_else(|| panic!("{guest} is not built: run `cargo guests`"))
}

/// The suite of a guest fails for the mutant, and for the reason that was meant: where an event is to match
/// it matches nothing.
#[track_caller]
fn assert_seen(guest: &str) {
    if std::env::var_os(BLESS).is_some() {
        return;
    }
    let module = fs::read(release(guest)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mutant = folder.path().join("mutant.wasm");
    fs::write(&mutant, without_evaluation(&module)).unwrap();
    let failures = suite(guest, &mutant);
    let matching = |case: &&Case| case.expected_matches().iter().any(|count| *count > 0);
    let cases = cases(guest);
    assert!(cases.iter().any(|case| matching(&case)), "{guest}: no case has an event that matches");
    for case in cases.iter().filter(matching) {
        let seen = case.seen_matches(&mutant);
        assert_eq!(seen, vec![0; seen.len()], "{guest}: {}", case.name());
        assert!(!seen.is_empty(), "{guest}: {}", case.name());
        let name = format!("/{}: ", case.name());
        assert!(failures.iter().any(|failure| failure.contains(&name)), "{guest}: {name}");
    }
}

#[test]
fn mutant_of_cedar_fails() {
    assert_seen("cedar");
}

#[test]
fn mutant_of_cel_fails() {
    assert_seen("cel");
}

#[test]
fn mutant_of_ebpf_fails() {
    assert_seen("ebpf");
}

#[test]
fn mutant_of_libyara_fails() {
    assert_seen("libyara");
}

#[test]
fn mutant_of_rego_fails() {
    assert_seen("rego");
}

#[test]
fn mutant_of_sigma_fails() {
    assert_seen("sigma");
}

#[test]
fn mutant_of_yara_fails() {
    assert_seen("yara");
}
