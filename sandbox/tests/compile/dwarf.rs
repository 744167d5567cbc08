//! Debug information (DWARF 4, 32-bit) written by hand: one unit, one function over all code.

use std::iter::repeat_n;
use wasm_encoder::{CustomSection, Section};

/// File of every line.
pub(crate) const FILE: &str = "src/load.c";
/// Line of every instruction.
pub(crate) const LINE: u8 = 42;
/// Name of the function.
pub(crate) const FUNCTION: &str = "load_by_hand";
/// Name of the function that is inlined in it, however often.
pub(crate) const INLINED: &str = "inlined_by_hand";

/// How many bytes of code it speaks of.
const CODE_BYTES: u32 = 0x1000;

/// What is inlined in the function.
#[derive(Clone, Copy)]
pub(crate) enum Inlining {
    /// That many functions, each in the one before it.
    Nested(usize),
    /// That many functions side by side, all of them with the same list of that many ranges.
    SharedRanges { functions: usize, ranges: u32 },
}

/// Appends the sections to a module.
pub(crate) fn append(wasm: &mut Vec<u8>, inlining: Inlining) {
    let sections = [
        (".debug_abbrev", ABBREVIATIONS.to_vec()),
        (".debug_info", information(inlining)),
        (".debug_line", one_line()),
        (".debug_ranges", ranges(inlining)),
    ];
    for (name, data) in sections {
        CustomSection { name: name.into(), data: data.into() }.append_to(wasm);
    }
}

/// Attributes of the four kinds of entry, each as tag, has children, (attribute, form)..., end.
const ABBREVIATIONS: &[u8] = &[
    // 1: compile unit: low_pc as address, high_pc as data4, stmt_list as sec_offset.
    1, 0x11, 1, 0x11, 0x01, 0x12, 0x06, 0x10, 0x17, 0, 0, //
    // 2: subprogram: name as string, low_pc, high_pc.
    2, 0x2e, 1, 0x03, 0x08, 0x11, 0x01, 0x12, 0x06, 0, 0, //
    // 3: inlined subroutine: name as string, low_pc, high_pc, call_line as data1.
    3, 0x1d, 1, 0x03, 0x08, 0x11, 0x01, 0x12, 0x06, 0x59, 0x0b, 0, 0, //
    // 4: inlined subroutine without children: ranges as sec_offset.
    4, 0x1d, 0, 0x55, 0x17, 0, 0, //
    0,
];

/// The list of ranges that inlined functions share.
fn ranges(inlining: Inlining) -> Vec<u8> {
    let count = match inlining {
        Inlining::Nested(_) => 0,
        Inlining::SharedRanges { ranges, .. } => ranges,
    };
    let pair = |range: u32| [range.to_le_bytes(), (range + 1).to_le_bytes()].concat();
    (1..=count).flat_map(pair).chain(repeat_n(0, 8)).collect()
}

/// The unit with its function and what is inlined in it.
fn information(inlining: Inlining) -> Vec<u8> {
    let range = |bytes: &mut Vec<u8>| {
        bytes.extend(0_u32.to_le_bytes());
        bytes.extend(CODE_BYTES.to_le_bytes());
    };
    let mut unit = Vec::new();
    // Version, offset of the abbreviations, size of an address.
    unit.extend(4_u16.to_le_bytes());
    unit.extend(0_u32.to_le_bytes());
    unit.push(4);
    unit.push(1);
    range(&mut unit);
    unit.extend(0_u32.to_le_bytes());
    unit.push(2);
    unit.extend(string(FUNCTION));
    range(&mut unit);
    let open = match inlining {
        Inlining::Nested(levels) => {
            for level in 0..levels {
                unit.push(3);
                unit.extend(string(INLINED));
                range(&mut unit);
                unit.push(u8::try_from(level % 100).unwrap());
            }
            levels
        }
        Inlining::SharedRanges { functions, .. } => {
            unit.extend([4, 0, 0, 0, 0].repeat(functions));
            0
        }
    };
    // Each list of children ends with a zero: those of the unit and of the function too.
    unit.extend(repeat_n(0, open + 2));
    with_length(unit)
}

/// A line program that gives all code one line.
fn one_line() -> Vec<u8> {
    let mut header = PARAMETERS.to_vec();
    // No directories; one file: name, directory, time, size.
    header.push(0);
    header.extend(string(FILE));
    header.extend([0, 0, 0, 0]);

    let mut program = Vec::new();
    // set_address 0, advance_line, copy, advance_pc, end_sequence.
    program.extend([0, 5, 2, 0, 0, 0, 0]);
    program.extend([3, LINE - 1, 1]);
    program.extend([2, 0x80, 0x20]);
    program.extend([0, 1, 1]);

    let mut unit = 4_u16.to_le_bytes().to_vec();
    unit.extend(with_length(header));
    unit.extend(program);
    with_length(unit)
}

/// Smallest instruction, operations in one, is_stmt, line base and range, first special opcode, and
/// how many operands the standard opcodes have.
const PARAMETERS: &[u8] = &[1, 1, 1, 0xfb, 14, 13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1];

fn with_length(bytes: Vec<u8>) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).unwrap();
    [length.to_le_bytes().to_vec(), bytes].concat()
}

fn string(text: &str) -> Vec<u8> {
    [text.as_bytes(), b"\0"].concat()
}
