//! Guests as modules.

#![expect(clippy::panic, reason = "a guest that is no module is a mistake here")]

use super::guest::{Answer, Body, Entry, Guest};
use super::steps::{DESCRIPTION, HEAP, INITIAL_PAGES, MAX_PAGES, Step, VECTORS, WASI};
use std::collections::BTreeSet;
use std::fmt::Write;

/// The description: the one that a guest points to if it means well.
pub(super) const DESCRIPTION_JSON: &str = r#"{"schema":"proofhouse.describe/1","name":"hostile","version":"1","content":[{"kind":"any/1","patterns":["*"]}]}"#;

/// Address and size of buffers: one that is good, one that leaves the memory, and two that never were in it.
const VECTORS_BYTES: &str = r"\00\20\00\00\08\00\00\00\fe\ff\01\00\10\00\00\00\ff\ff\ff\ff\ff\ff\ff\ff\00\00\00\80\00\00\00\80";

/// Export, parameters and results of each entry point.
fn signature(entry: Entry) -> (&'static str, &'static str) {
    match entry {
        Entry::Start => ("", ""),
        Entry::Initialize => ("_initialize", ""),
        Entry::Version => ("proofhouse_abi_version", "(result i32)"),
        Entry::Warmup => ("proofhouse_warmup", ""),
        Entry::Describe => ("proofhouse_describe", "(result i64)"),
        Entry::Configure => ("proofhouse_configure", "(param i32 i32) (result i32)"),
        Entry::Alloc => ("proofhouse_alloc", "(param i32) (result i32)"),
        Entry::Load => ("proofhouse_load", "(param i32 i32) (result i32)"),
        Entry::Evaluate => ("proofhouse_evaluate", "(param i32 i32) (result i32)"),
        Entry::Free => ("proofhouse_free", "(param i32)"),
        Entry::Malloc => ("malloc", "(param i32) (result i32)"),
        Entry::HarnessInitialize => ("LLVMFuzzerInitialize", "(param i32 i32) (result i32)"),
        Entry::TestOneInput => ("LLVMFuzzerTestOneInput", "(param i32 i32) (result i32)"),
        Entry::Main => ("_start", ""),
    }
}

/// The module of a guest.
pub(super) fn module(guest: &Guest) -> Vec<u8> {
    let mut text = String::from("(module\n");
    // Writing to a string does not fail.
    let _ = imports(&mut text, guest);
    let _ = write!(
        text,
        r#"(memory (export "memory") {INITIAL_PAGES} {MAX_PAGES})
        (global $end (mut i32) (i32.const {HEAP}))
        (data (i32.const {DESCRIPTION}) "{}")
        (data (i32.const {VECTORS}) "{VECTORS_BYTES}")
        (func $buffer (param $size i32) (result i32)
          (global.get $end)
          (global.set $end (i32.and (i32.const -16)
            (i32.add (i32.add (global.get $end) (local.get $size)) (i32.const 31)))))
        (func $deeper (call $deeper) (global.set $end (i32.const 0)))
        "#,
        DESCRIPTION_JSON.escape_default()
    );
    for (entry, body) in guest.functions() {
        let (export, ty) = signature(entry);
        let head = if entry == Entry::Start {
            "$start".to_owned()
        } else {
            format!("(export \"{export}\")")
        };
        let _ = writeln!(text, "(func {head} {ty}");
        let _ = function(&mut text, body);
        text.push_str(")\n");
        if entry == Entry::Start {
            text.push_str("(start $start)\n");
        }
    }
    text.push(')');
    wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// Imports of what its steps call, and of no more: each takes time to compile.
fn imports(text: &mut String, guest: &Guest) -> std::fmt::Result {
    text.push_str(
        r#"(import "proofhouse" "emit" (func $emit (param i32 i32)))
        (import "proofhouse" "message" (func $message (param i32 i32 i32)))
        (import "proofhouse" "diagnostic" (func $diagnostic (param i32 i32 i32 i32 i32)))
        (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
        "#,
    );
    let called: BTreeSet<usize> = guest
        .functions()
        .flat_map(|(_, body)| &body.steps)
        .filter_map(|step| match step {
            Step::Wasi { function, .. } => Some(*function),
            _ => None,
        })
        .collect();
    for (name, parameters) in called.into_iter().filter_map(|function| WASI.get(function)) {
        write!(text, r#"(import "wasi_snapshot_preview1" "{name}" (func ${name} (param"#)?;
        for parameter in parameters.chars() {
            write!(text, " {}", number_type(parameter))?;
        }
        text.push_str(") (result i32)))\n");
    }
    Ok(())
}

/// The type of a parameter of [`WASI`].
fn number_type(parameter: char) -> &'static str {
    if parameter == 'l' { "i64" } else { "i32" }
}

fn function(text: &mut String, body: &Body) -> std::fmt::Result {
    for one in &body.steps {
        step(text, one)?;
    }
    match body.answer {
        Answer::Nothing => Ok(()),
        Answer::Number(number) => write!(text, "(i32.const {number})"),
        Answer::Place(address, size) => write!(text, "(i64.const {:#x})", place(address, size)),
        Answer::Buffer => write!(text, "(call $buffer (local.get 0))"),
    }
}

fn place(address: u32, size: u32) -> u64 {
    (u64::from(address) << 32) | u64::from(size)
}

fn step(text: &mut String, step: &Step) -> std::fmt::Result {
    let call = |text: &mut String, name: &str, arguments: &[u32]| {
        write!(text, "(call ${name}")?;
        for argument in arguments {
            write!(text, " (i32.const {argument})")?;
        }
        writeln!(text, ")")
    };
    match step {
        Step::Emit { at, size } => call(text, "emit", &[*at, *size]),
        Step::Message { level, at, size } => call(text, "message", &[*level, *at, *size]),
        Step::Diagnostic { level, line, column, at, size } => {
            call(text, "diagnostic", &[*level, *line, *column, *at, *size])
        }
        Step::Exit { code } => call(text, "proc_exit", &[*code]),
        Step::Wasi { function, arguments } => {
            let (name, parameters) = WASI.get(*function).copied().unwrap_or_default();
            write!(text, "(drop (call ${name}")?;
            for (parameter, argument) in parameters.chars().zip(arguments) {
                // Numbers of eight bytes are negative where those of four are.
                let argument = argument.cast_signed();
                write!(text, " ({}.const {argument})", number_type(parameter))?;
            }
            writeln!(text, "))")
        }
        Step::Store { at, value } => {
            writeln!(text, "(i32.store align=1 (i32.const {at}) (i32.const {value}))")
        }
        Step::Grow { pages } => writeln!(text, "(drop (memory.grow (i32.const {pages})))"),
        Step::Trap => writeln!(text, "(unreachable)"),
        Step::Loop => writeln!(text, "(loop $more (br $more))"),
        Step::Recurse => writeln!(text, "(call $deeper)"),
    }
}
