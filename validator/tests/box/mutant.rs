//! The suites see what a guest answers: they fail for an adapter that evaluates everything to nothing.

use std::convert::Infallible;
use std::fs;

use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{CodeSection, Function, Instruction, Module};
use wasmparser::{ExternalKind, FunctionBody, Parser, Payload, TypeRef};

use crate::{suite, target_dir};

/// The guest whose adapter is broken: the smallest module. All suites are the same code over data, and
/// each is held to an event that matches and one that does not.
const GUEST: &str = "ebpf";

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

#[test]
fn suite_fails_for_an_adapter_that_evaluates_to_zero() {
    if std::env::var_os(crate::case::BLESS).is_some() {
        return;
    }
    let guests = target_dir().join("guests");
    let file = fs::read_dir(&guests).unwrap().map(|entry| entry.unwrap().path()).find(|path| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        name.starts_with(&format!("{GUEST}@"))
    });
    let module = fs::read(file.unwrap()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mutant = folder.path().join("mutant.wasm");
    fs::write(&mutant, without_evaluation(&module)).unwrap();
    let failures = suite(GUEST, &mutant);
    assert!(failures.iter().any(|failure| failure.contains("/protocol: ")), "{failures:?}");
}
