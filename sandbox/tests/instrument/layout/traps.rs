//! Traps of UndefinedBehaviorSanitizer, by what the debug information says of them.

use std::collections::HashMap;

use addr2line::Context;
use gimli::{EndianSlice, LittleEndian, SectionId};
use proofhouse_sandbox::instrument::{Options, trap_reason};
use wasmparser::{Parser, Payload};
use wasmtime::{Val, WasmBacktrace};

use super::super::guest::Prepared;
use super::cc::{CHECKED, compile};

/// Flags with which failed checks trap, as they do in builds that were not made with the SDK's profiles.
const TRAPS: [&str; 3] = [
    "-fsanitize-trap=undefined",
    "-fsanitize-trap=float-divide-by-zero",
    "-fsanitize-debug-trap-reasons=detailed",
];

/// Programs, and a part of what their trap's message says.
const PROGRAMS: [(&str, &str); 7] = [
    ("overflow", "signed integer addition overflow"),
    ("shift", "Shift exponent is too large"),
    ("division", "divide or remainder"),
    ("float_division", "divide"),
    ("out_of_bounds", "Array index out of bounds"),
    ("alignment", "Alignment, null, or object-size"),
    ("conversion", "loating-point"),
];

/// Functions at an offset of the original, innermost first.
fn functions(module: &[u8], offset: u64) -> Vec<String> {
    let mut sections: HashMap<&str, &[u8]> = HashMap::new();
    let mut code = 0;
    for payload in Parser::new(0).parse_all(module) {
        match payload.unwrap() {
            Payload::CustomSection(section) => {
                sections.insert(section.name(), section.data());
            }
            Payload::CodeSectionStart { unchecked_range, .. } => code = unchecked_range.start,
            _ => {}
        }
    }
    let load = |id: SectionId| -> Result<_, gimli::Error> {
        let data = sections.get(id.name()).copied().unwrap_or_default();
        Ok(EndianSlice::new(data, LittleEndian))
    };
    let context = Context::from_dwarf(gimli::Dwarf::load(load).unwrap()).unwrap();
    let mut frames = context.find_frames(offset - code).skip_all_loads().unwrap();
    let mut functions = Vec::new();
    while let Some(frame) = frames.next().unwrap() {
        functions.extend(frame.function.map(|function| function.raw_name().unwrap().into_owned()));
    }
    functions
}

/// Functions at the trap that a program ends with, innermost first; nothing if it returns.
fn trap(module: &[u8], prepared: &Prepared, program: &str, argument: i32) -> Vec<String> {
    let mut guest = prepared.guest();
    let function = guest.instance.get_func(&mut guest.store, program).expect(program);
    let called = function.call(&mut guest.store, &[Val::I32(argument)], &mut [Val::I32(0)]);
    let Err(error) = called else { return Vec::new() };
    assert!(error.downcast_ref::<WasmBacktrace>().is_some(), "{program}: {error}");
    let site = guest.frames(&error).into_iter().flatten().next().unwrap();
    functions(module, site.into())
}

#[test]
fn the_debug_information_says_which_check_failed() {
    for profile in CHECKED {
        let Some(module) = compile(profile, "traps.c", &TRAPS) else { continue };
        let prepared = Prepared::new(&module, Options::default());
        for (program, message) in PROGRAMS {
            assert_eq!(trap(&module, &prepared, program, 0), Vec::<String>::new(), "{program}");
            let functions = trap(&module, &prepared, program, 1);
            assert!(!functions.is_empty(), "{program} {profile}");
            let reason = trap_reason(&functions[0]).expect(program);
            assert_eq!(reason.category, "Undefined Behavior Sanitizer");
            assert!(reason.message.contains(message), "{program} {profile}: {reason:?}");
            assert!(trap_reason(&functions[1]).is_none(), "{functions:?}");
        }
        let functions = trap(&module, &prepared, "not_a_check", 1);
        assert!(functions.iter().all(|name| trap_reason(name).is_none()), "{functions:?}");
    }
}
