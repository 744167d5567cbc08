//! Lines of a trap: found in a child, and without harm where the debug information is hostile.

use crate::common::{reactor, run, wasm};
use crate::dwarf::{self, FILE, FUNCTION, INLINED, Inlining, LINE};
use crate::place::{child_compiler, open};
use proofhouse_sandbox::{Compiler, Frame, Outcome, Verdict};
use wasm_encoder::{CustomSection, Section};

pub(crate) const TESTS: &[(&str, fn())] = &[
    ("a_trap_has_its_line", a_trap_has_its_line),
    ("inlined_functions_are_frames", inlined_functions_are_frames),
    ("a_child_finds_the_same_lines", a_child_finds_the_same_lines),
    ("the_name_section_is_believed_first", the_name_section_is_believed_first),
    ("inlining_beyond_all_bounds_costs_the_lines", inlining_beyond_all_bounds_costs_the_lines),
    ("ranges_shared_by_very_many_functions_cost_the_lines", very_many_ranges_cost_the_lines),
    ("damaged_debug_information_costs_the_lines", damaged_debug_information_costs_the_lines),
];

/// A guest that traps in load. Without identifiers it has no name section.
fn trapping(identifiers: bool) -> Vec<u8> {
    let text = reactor(r#"(memory (export "memory") 1)"#, "(unreachable)", "(i32.const 0)");
    if identifiers {
        return wasm(&text);
    }
    let plain = ["$load ", "$evaluate ", "$at ", "$size "];
    wasm(&plain.iter().fold(text, |text, identifier| text.replace(identifier, "")))
}

fn with_debug_information(identifiers: bool, inlining: Inlining) -> Vec<u8> {
    let mut wasm = trapping(identifiers);
    dwarf::append(&mut wasm, inlining);
    wasm
}

/// The frames of the trap.
fn frames(wasm: &[u8], compiler: Compiler) -> Vec<Frame> {
    let interpreter = open(wasm, compiler, None).unwrap();
    let run = run(&interpreter, b"content", &[]);
    assert_eq!(run.verdict(), Verdict::Rejected);
    match run.outcome {
        Outcome::Trapped { frames, .. } => frames,
        other => panic!("{other:?}"),
    }
}

/// Function, file and line of each.
fn places(frames: &[Frame]) -> Vec<(&str, Option<&str>, Option<u32>)> {
    frames.iter().map(|f| (&*f.function, f.file.as_deref(), f.line)).collect()
}

fn a_trap_has_its_line() {
    let wasm = with_debug_information(false, Inlining::Nested(0));
    let frames = frames(&wasm, Compiler::InProcess);
    assert_eq!(places(&frames), [(FUNCTION, Some(FILE), Some(u32::from(LINE)))]);
}

fn inlined_functions_are_frames() {
    let wasm = with_debug_information(false, Inlining::Nested(2));
    let frames = frames(&wasm, Compiler::InProcess);
    // The calls of the inlined ones are in lines 1 and 0, and the latter means that none is known.
    let names = places(&frames).into_iter().map(|(function, _, line)| (function, line));
    assert_eq!(
        names.collect::<Vec<_>>(),
        [(INLINED, Some(u32::from(LINE))), (INLINED, Some(1)), (FUNCTION, None)]
    );
}

fn a_child_finds_the_same_lines() {
    let wasm = with_debug_information(false, Inlining::Nested(2));
    assert_eq!(frames(&wasm, child_compiler()), frames(&wasm, Compiler::InProcess));
}

fn the_name_section_is_believed_first() {
    let wasm = with_debug_information(true, Inlining::Nested(1));
    let frames = frames(&wasm, Compiler::InProcess);
    assert_eq!(places(&frames).iter().map(|place| place.0).collect::<Vec<_>>(), [INLINED, "load"]);
}

/// The trap is told all the same: by the name section, without a line.
fn only_the_lines_are_lost(wasm: &[u8]) {
    let frames = frames(wasm, child_compiler());
    assert_eq!(places(&frames), [("load", None, None)]);
    assert!(frames[0].module_offset.is_some());
}

fn inlining_beyond_all_bounds_costs_the_lines() {
    only_the_lines_are_lost(&with_debug_information(true, Inlining::Nested(300_000)));
}

fn very_many_ranges_cost_the_lines() {
    let inlining = Inlining::SharedRanges { functions: 2_000, ranges: 100_000 };
    only_the_lines_are_lost(&with_debug_information(true, inlining));
}

fn damaged_debug_information_costs_the_lines() {
    for data in [&b""[..], b"\xff", &[0xff; 64], &[0; 64]] {
        let mut wasm = trapping(true);
        for name in [".debug_abbrev", ".debug_info", ".debug_line", ".debug_str"] {
            CustomSection { name: name.into(), data: data.into() }.append_to(&mut wasm);
        }
        only_the_lines_are_lost(&wasm);
    }
}
