//! Frames of a trap, from the name section alone: names, indices and offsets.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod common;

use common::{open, reactor, run, wasm};
use proofhouse_sandbox::limits::{MAX_FRAMES, MAX_NAME_BYTES};
use proofhouse_sandbox::{Frame, Outcome};
use wasm_encoder::{CustomSection, NameMap, NameSection, Section};

/// The frames of a trap in load.
fn frames(wasm: &[u8]) -> Vec<Frame> {
    match run(&open(wasm).unwrap(), b"content", &[]).outcome {
        Outcome::Trapped { frames, .. } => frames,
        other => panic!("{other:?}"),
    }
}

fn functions(frames: &[Frame]) -> Vec<&str> {
    frames.iter().map(|frame| frame.function.as_str()).collect()
}

/// A reactor whose load function, number 3 behind one import, calls number 5, which traps.
///
/// Nothing in it has an identifier, so it has no name section of its own.
fn nameless() -> Vec<u8> {
    wasm(
        r#"(module
          (import "proofhouse" "emit" (func (param i32 i32)))
          (memory (export "memory") 1)
          (func (export "proofhouse_abi_version") (result i32) i32.const 1)
          (func (export "proofhouse_alloc") (param i32) (result i32) i32.const 1024)
          (func (export "proofhouse_load") (param i32 i32) (result i32) nop call 5 i32.const 0)
          (func (export "proofhouse_evaluate") (param i32 i32) (result i32) i32.const 0)
          (func nop nop unreachable))"#,
    )
}

/// The same with those names.
fn named(names: &[(u32, &str)]) -> Vec<u8> {
    let mut map = NameMap::new();
    for (index, name) in names {
        map.append(*index, name);
    }
    let mut section = NameSection::new();
    section.functions(&map);
    let mut wasm = nameless();
    section.append_to(&mut wasm);
    wasm
}

#[test]
fn functions_without_names_are_numbered_with_the_imports() {
    assert_eq!(functions(&frames(&nameless())), ["wasm-function[5]", "wasm-function[3]"]);
}

#[test]
fn functions_have_the_names_of_the_name_section() {
    let wasm = named(&[(0, "emit"), (3, "load"), (5, "parse_header")]);
    assert_eq!(functions(&frames(&wasm)), ["parse_header", "load"]);
}

#[test]
fn mangled_names_are_shown_as_people_write_them() {
    let rust = "_ZN6parser6header5parse17h0123456789abcdefE";
    let wasm = named(&[(3, "_ZN6driver4loadEPKhj"), (5, rust)]);
    assert_eq!(
        functions(&frames(&wasm)),
        ["parser::header::parse", "driver::load(unsigned char const*, unsigned int)"]
    );
}

#[test]
fn offsets_are_those_of_the_instructions_in_the_module() {
    let wasm = nameless();
    let offsets: Vec<usize> = frames(&wasm)
        .iter()
        .map(|frame| usize::try_from(frame.module_offset.unwrap()).unwrap())
        .collect();
    // unreachable, with the two that do nothing before it; and call 5.
    assert_eq!(wasm[offsets[0] - 2..=offsets[0]], [0x01, 0x01, 0x00]);
    assert_eq!(wasm[offsets[1]..=offsets[1] + 1], [0x10, 0x05]);
}

#[test]
fn a_very_long_name_is_cut() {
    let long = "x".repeat(1 << 20);
    let frames = frames(&named(&[(5, &long)]));
    assert_eq!(frames[0].function, "x".repeat(MAX_NAME_BYTES));
}

#[test]
fn names_for_functions_that_do_not_exist_do_no_harm() {
    let wasm = named(&[(5, "real"), (6, "beyond"), (u32::MAX, "far beyond")]);
    assert_eq!(functions(&frames(&wasm)), ["real", "wasm-function[3]"]);
}

#[test]
fn a_damaged_name_section_does_no_harm() {
    // A subsection that is cut, one with a wrong length, one of an unknown kind, names that are no text.
    let samples: [&[u8]; 5] =
        [b"\x01", b"\x01\xff\xff\x03", b"\x7f\x00", b"\x01\x04\x01\x05\x01\xff", &[0xff; 32]];
    for data in samples {
        let mut wasm = nameless();
        CustomSection { name: "name".into(), data: data.into() }.append_to(&mut wasm);
        assert_eq!(functions(&frames(&wasm)), ["wasm-function[5]", "wasm-function[3]"], "{data:?}");
    }
}

#[test]
fn a_deep_stack_is_cut_at_its_outer_end() {
    let fields = r#"(memory (export "memory") 1)
        (func $down (param $left i32)
          (if (i32.eqz (local.get $left)) (then (unreachable)))
          (call $down (i32.sub (local.get $left) (i32.const 1))))"#;
    let load = "(call $down (i32.const 100)) (i32.const 0)";
    let frames = frames(&wasm(&reactor(fields, load, "(i32.const 0)")));
    assert_eq!(functions(&frames), ["down"; MAX_FRAMES]);
}
