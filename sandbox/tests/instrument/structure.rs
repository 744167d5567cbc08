//! What can be seen without running: no memory instruction goes unchecked, the original is all there.

use std::collections::BTreeSet;

use proofhouse_sandbox::instrument::{Checks, NamesFound, Options, instrument, interface};
use wasmparser::{KnownCustom, Name, Operator, Parser, Payload};

use super::accesses::INSTRUCTIONS;
use super::guest::{Ended, guest, is_out_of_bounds, wasm};

/// Atomic instructions: name, size, operands above the address.
const ATOMICS: &[(&str, u32, &str)] = &[
    ("memory.atomic.notify", 4, "i32"),
    ("memory.atomic.wait32", 4, "i32 i64"),
    ("memory.atomic.wait64", 8, "i64 i64"),
    ("i32.atomic.load", 4, ""),
    ("i64.atomic.load", 8, ""),
    ("i32.atomic.load8_u", 1, ""),
    ("i32.atomic.load16_u", 2, ""),
    ("i64.atomic.load8_u", 1, ""),
    ("i64.atomic.load16_u", 2, ""),
    ("i64.atomic.load32_u", 4, ""),
    ("i32.atomic.store", 4, "i32"),
    ("i64.atomic.store", 8, "i64"),
    ("i32.atomic.store8", 1, "i32"),
    ("i32.atomic.store16", 2, "i32"),
    ("i64.atomic.store8", 1, "i64"),
    ("i64.atomic.store16", 2, "i64"),
    ("i64.atomic.store32", 4, "i64"),
];

/// Read-modify-write operations; each exists in seven widths.
const RMW: [&str; 7] = ["add", "sub", "and", "or", "xor", "xchg", "cmpxchg"];

/// The widths: type, name before and after the operation, size.
const WIDTHS: [(&str, &str, &str, u32); 7] = [
    ("i32", "i32.atomic.rmw.", "", 4),
    ("i64", "i64.atomic.rmw.", "", 8),
    ("i32", "i32.atomic.rmw8.", "_u", 1),
    ("i32", "i32.atomic.rmw16.", "_u", 2),
    ("i64", "i64.atomic.rmw8.", "_u", 1),
    ("i64", "i64.atomic.rmw16.", "_u", 2),
    ("i64", "i64.atomic.rmw32.", "_u", 4),
];

/// Every memory instruction, as a module and with its size.
fn all_instructions() -> Vec<(String, u32)> {
    let mut all: Vec<_> =
        INSTRUCTIONS.iter().map(|one| (one.module(0, one.size), one.size)).collect();
    let mut atomics: Vec<(String, u32, String)> = ATOMICS
        .iter()
        .map(|(name, size, operands)| ((*name).to_owned(), *size, (*operands).to_owned()))
        .collect();
    for operation in RMW {
        for (ty, before, after, size) in WIDTHS {
            let operands =
                if operation == "cmpxchg" { format!("{ty} {ty}") } else { ty.to_owned() };
            atomics.push((format!("{before}{operation}{after}"), size, operands));
        }
    }
    for (name, size, operands) in atomics {
        let has_result = !name.contains(".store");
        let operands: Vec<_> =
            operands.split_whitespace().map(|ty| format!(" ({ty}.const 0)")).collect();
        let operands = operands.concat();
        let access = format!("({name} (local.get 0){operands})");
        let body = if has_result { format!("(drop {access})") } else { access };
        all.push((format!("(module (memory 1) (func (export \"run\") (param i32) {body}))"), size));
    }
    all
}

/// The names of all operators with a memory immediate.
fn memory_operators() -> BTreeSet<&'static str> {
    macro_rules! named {
        ($( @$proposal:ident $op:ident $({ $($field:ident: $type:ty),* })? => $visit:ident ($($arity:tt)*))*) => {
            vec![$((stringify!($op), concat!($($(stringify!($field), " "),*)?))),*]
        };
    }
    wasmparser::for_each_operator!(named)
        .into_iter()
        .filter(|(_, fields)| fields.split(' ').any(|field| field == "memarg"))
        .map(|(name, _)| name)
        .collect()
}

/// The operators of the first function.
fn operators(module: &[u8]) -> Vec<Operator<'_>> {
    for payload in Parser::new(0).parse_all(module) {
        if let Payload::CodeSectionEntry(body) = payload.unwrap() {
            let operators = body.get_operators_reader().unwrap();
            return operators.into_iter().map(Result::unwrap).collect();
        }
    }
    Vec::new()
}

fn name(operator: &Operator<'_>) -> String {
    let text = format!("{operator:?}");
    text.split([' ', '{']).next().unwrap().to_owned()
}

#[test]
fn every_memory_instruction_of_every_proposal_is_known_to_these_tests() {
    let mut seen = BTreeSet::new();
    for (text, _) in all_instructions() {
        let module = wasm(&text);
        seen.extend(operators(&module).iter().map(name));
    }
    let missing: Vec<_> =
        memory_operators().into_iter().filter(|name| !seen.contains(*name)).collect();
    assert_eq!(missing, Vec::<&str>::new());
}

#[test]
fn every_memory_instruction_is_preceded_by_a_lookup() {
    for (text, size) in all_instructions() {
        for checks in [Checks::Fast, Checks::Exact] {
            let module = wasm(&text);
            let out = instrument(&module, Options::default().checks(checks)).unwrap().module;
            let after = operators(&out);
            let original = operators(&module);
            let access =
                original.iter().map(name).find(|name| memory_operators().contains(&**name));
            let access = access.unwrap();
            // The instruction itself, on memory 0, comes after all lookups, on memory 1.
            let accesses = after.iter().rposition(|operator| name(operator) == access).unwrap();
            let lookups = after[..accesses]
                .iter()
                .filter(|operator| format!("{operator:?}").contains("Memory(1)"))
                .count();
            let wanted = if size == 1 || (checks == Checks::Fast) { 1 } else { 2 };
            assert_eq!(lookups, wanted, "{text}");
        }
    }
}

const EVERYTHING: &str = r#"(module $everything
    (type $t (func (param i32) (result i32)))
    (import "env" "f" (func $imported (type $t)))
    (import "env" "g" (global $imported_global i32))
    (table $table 4 funcref)
    (memory $memory (export "memory") 1)
    (global $global (export "global") (mut i32) (i32.const 7))
    (func $first (export "first") (type $t) (call $second (local.get 0)))
    (func $second (type $t) (i32.load (local.get 0)))
    (func $start (global.set $global (i32.const 8)))
    (start $start)
    (elem (i32.const 0) $first $second $imported)
    (data (i32.const 16) "data")
    (@custom "producers" "\00")
    (@custom "own" "kept")
    (@custom ".debug_line" "gone")
    (@custom "sourceMappingURL" "gone"))"#;

#[test]
fn the_start_function_waits_for_the_host() {
    let text = r#"(module
        (global $global (export "global") (mut i32) (i32.const 7))
        (func $start (global.set $global (i32.const 8)))
        (start $start))"#;
    let mut guest = guest(text, Options::default());
    assert!(guest.instrumented.interface.start);
    let global = guest.instance.get_global(&mut guest.store, "global").unwrap();
    assert_eq!(global.get(&mut guest.store).unwrap_i32(), 7);
    assert!(matches!(guest.call(interface::START, &[]), Ended::Returned(_)));
    assert_eq!(global.get(&mut guest.store).unwrap_i32(), 8);
}

#[test]
fn names_and_foreign_sections_stay_and_debug_sections_go() {
    let instrumented = instrument(&wasm(EVERYTHING), Options::default()).unwrap();
    assert_eq!(instrumented.summary.names, NamesFound::Read);
    let mut customs = Vec::new();
    let mut functions = Vec::new();
    for payload in Parser::new(0).parse_all(&instrumented.module) {
        let Payload::CustomSection(section) = payload.unwrap() else { continue };
        customs.push(section.name().to_owned());
        if let KnownCustom::Name(names) = section.as_known() {
            for name in names {
                if let Name::Function(map) = name.unwrap() {
                    functions =
                        map.map(|one| one.unwrap()).map(|one| (one.index, one.name)).collect();
                }
            }
        }
    }
    assert_eq!(customs, ["metadata.code.branch_hint", "producers", "own", "name"]);
    assert_eq!(functions[..4], [(0, "imported"), (1, "first"), (2, "second"), (3, "start")]);
    assert!(functions[4..].iter().all(|(_, name)| name.starts_with(interface::PREFIX)));
}

#[test]
fn the_same_module_and_options_give_the_same_bytes() {
    let original = wasm(EVERYTHING);
    let once = instrument(&original, Options::default()).unwrap();
    let again = instrument(&original, Options::default()).unwrap();
    assert_eq!(once.module, again.module);
    assert_eq!(once.offsets, again.offsets);
}

#[test]
fn nothing_is_added_that_was_not_asked_for() {
    let options = Options::default().meter(false).checks(Checks::Off);
    let instrumented = instrument(&wasm(EVERYTHING), options).unwrap();
    let interface = instrumented.interface;
    assert!(!interface.fuel && !interface.shadow);
    let original = wasm(EVERYTHING);
    assert_eq!(
        format!("{:?}", operators(&instrumented.module)),
        format!("{:?}", operators(&original))
    );
}

#[test]
fn the_shadow_covers_the_memory_and_grows_with_it() {
    let grow = r#"(func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))"#;
    for pages in [0usize, 1, 8, 9, 4000] {
        let mut guest = guest(&format!("(module (memory {pages}) {grow})"), Options::default());
        assert_eq!(guest.shadow().len(), pages.div_ceil(8) << 16, "{pages} pages");
        for more in [0, 1, 8, 100] {
            let before = guest.run("grow", &[more]);
            let pages = (before + more) as usize;
            assert!(guest.shadow().len() >= pages << 13);
            assert!(guest.shadow().len() < (pages + 8) << 13);
        }
        assert_eq!(guest.run("grow", &[65536]), u32::MAX);
        assert_eq!(guest.run("grow", &[u32::MAX]), u32::MAX);
    }
}

/// A lookup beyond the shadow traps, as the access itself would have.
#[test]
fn an_access_beyond_the_shadow_is_out_of_bounds() {
    let load =
        r#"(func (export "load") (param i32) (result i32) (i32.load offset=8 (local.get 0)))"#;
    let mut guest = guest(&format!("(module (memory 1) {load})"), Options::default());
    let end = 65536u32 * 8;
    for address in [end - 1, end, end + 4096, 1 << 30, 1 << 31, u32::MAX - 8, u32::MAX] {
        let ended = guest.call_i32("load", &[address]);
        assert!(is_out_of_bounds(&ended), "{address:#x}: {ended:?}");
    }
}

#[test]
fn a_module_without_memory_needs_no_shadow() {
    let text = r#"(module (func (export "run") (result i32) (i32.const 3)))"#;
    let mut guest = guest(text, Options::default());
    assert!(!guest.instrumented.interface.shadow);
    assert_eq!(guest.instrumented.summary.null_page, None);
    assert!(matches!(guest.call("run", &[]), Ended::Returned(_)));
}

/// Lookups in the first function of a module.
fn lookups(text: &str) -> usize {
    let out = instrument(&wasm(text), Options::default()).unwrap().module;
    operators(&out).iter().filter(|one| format!("{one:?}").contains("Memory(1)")).count()
}

fn function(body: &str) -> String {
    format!(
        r#"(module (memory 2)
            (global $__stack_pointer (mut i32) (i32.const 65536))
            (global $other (mut i32) (i32.const 65536))
            (func $f (export "f") (param i32) (local i32 i32) {body}))"#
    )
}

/// What a compiler emits at the entry of a function with a frame of 32 bytes.
const FRAME: &str = "(global.set $__stack_pointer (local.tee 1 (i32.sub (global.get $__stack_pointer) (i32.const 32))))";

#[test]
fn what_was_looked_up_is_not_looked_up_again() {
    let load = "(drop (i32.load offset=8 (local.get 0)))";
    for (body, expected) in [
        (format!("{load} {load} {load}"), 1),
        (format!("{load} (i32.store offset=8 (local.get 0) (i32.const 1))"), 1),
        (format!("{load} (drop (i32.load8_u offset=11 (local.get 0)))"), 1),
        (format!("{load} (drop (i32.load8_u offset=10 (local.get 0)))"), 2),
        (format!("{load} (drop (i64.load offset=8 (local.get 0)))"), 2),
        (format!("{load} (local.set 0 (i32.const 64)) {load}"), 2),
        (format!("{load} (local.set 1 (local.get 0)) (drop (i32.load offset=8 (local.get 1)))"), 1),
        (format!("{load} (drop (i32.load (i32.add (local.get 0) (i32.const 8))))"), 1),
        (format!("{load} (call $f (i32.const 0)) {load}"), 2),
        (format!("(loop {load} {load})"), 1),
    ] {
        assert_eq!(lookups(&function(&body)), expected, "{body}");
    }
}

#[test]
fn what_was_looked_up_on_every_path_is_not_looked_up_again() {
    let load = "(drop (i32.load offset=8 (local.get 0)))";
    let (leave, call, set) =
        ("(br_if 0 (local.get 1))", "(call $f (i32.const 0))", "(local.set 0 (i32.const 64))");
    for (body, expected) in [
        (format!("{load} (if (local.get 1) (then {load}) (else {load})) {load}"), 1),
        (format!("(if (local.get 1) (then {load}) (else {load})) {load}"), 2),
        (format!("(if (local.get 1) (then {load})) {load}"), 2),
        (format!("(if (local.get 1) (then) (else {load})) {load}"), 2),
        (format!("(if (local.get 1) (then {load}) (else unreachable)) {load}"), 1),
        (format!("{load} (if (local.get 1) (then {call})) {load}"), 2),
        (format!("{load} (if (local.get 1) (then {call} return)) {load}"), 1),
        (format!("{load} (if (local.get 1) (then {set})) {load}"), 2),
        (format!("(block {leave} {load}) {load}"), 2),
        (format!("(block {load} {leave}) {load}"), 1),
        (format!("(block {load} {leave} {call} (br 0)) {load}"), 2),
        (format!("{load} (block {leave} {load})"), 1),
        (format!("{load} (block {leave} {call}) {load}"), 2),
        (format!("(block (block {leave} {load} (br 1)) {load}) {load}"), 2),
        (format!("(block {load} (br_table 0 0 (local.get 1))) {load}"), 1),
        (format!("(block (block {load} (br_table 0 1 (local.get 1))) {call}) {load}"), 2),
        (format!("{load} (loop {load} {leave}) {load}"), 1),
        (format!("(loop {load} {leave}) {load}"), 1),
        (format!("{load} (loop {load} {set} {leave})"), 2),
        (format!("{load} (loop {load} (loop {call}) {leave})"), 2),
        // On one of the paths of a table only is a local what another one is.
        (
            format!(
                "(block (block (br_table 0 1 (local.get 1))) (local.set 2 (local.get 0))) {load} \
                 (drop (i32.load offset=8 (local.get 2)))"
            ),
            2,
        ),
        // What comes behind a branch is on no path, and may say what it likes.
        (format!("(block (br 0) {load}) {load}"), 2),
    ] {
        assert_eq!(lookups(&function(&body)), expected, "{body}");
    }
}

#[test]
fn data_at_known_addresses_is_not_looked_up() {
    let at = |address: u32| format!("(drop (i32.load offset=8 (i32.const {address})))");
    for (body, expected) in [
        (at(4088), 0),
        (at(4087), 1),
        (at((2 << 16) - 12), 0),
        (at((2 << 16) - 11), 1),
        ("(drop (i32.load (i32.sub (i32.const 4) (i32.const 8))))".to_owned(), 1),
        ("(drop (i32.load offset=4294967292 (i32.const 0)))".to_owned(), 1),
        ("(drop (i32.load (i32.add (local.get 0) (i32.const 4096))))".to_owned(), 1),
    ] {
        assert_eq!(lookups(&function(&body)), expected, "{body}");
    }
    // Globals have redzones in modules that mark them.
    let marked = function(&at(8192)).replace(
        "(module",
        r#"(module (import "env" "__asan_register_globals" (func (param i32 i32)))"#,
    );
    assert_eq!(lookups(&marked), 1);
}

#[test]
fn what_lies_below_a_stack_without_room_is_looked_up() {
    let at = |start: u32, below: u32| {
        let body = format!("(drop (i32.load (i32.sub (global.get 0) (i32.const {below}))))");
        format!(
            r#"(module (memory 2) (global $__stack_pointer (mut i32) (i32.const {start}))
                (data (i32.const 1024) "data") (func {body}))"#
        )
    };
    assert_eq!([at(1040, 100), at(1136, 100), at(1168, 100)].map(|text| lookups(&text)), [1, 1, 0]);
}

#[test]
fn of_blocks_in_very_many_others_little_is_remembered() {
    let load = "(drop (i32.load offset=8 (local.get 0)))";
    let nested = |depth: usize| {
        let open = "(if (local.get 1) (then ".repeat(depth);
        function(&format!("{load} {open} {load} {} {load}", "))".repeat(depth)))
    };
    let left = |depth: usize| {
        let open = "(block ".repeat(depth);
        let leave = "(br_if 0 (local.get 1))";
        function(&format!("{open} {load} {leave} {} {load}", ")".repeat(depth)))
    };
    assert_eq!([1000, 2000].map(|depth| lookups(&nested(depth))), [1, 2]);
    assert_eq!([1000, 2000].map(|depth| lookups(&left(depth))), [1, 2]);
}

#[test]
fn a_functions_own_frame_is_not_looked_up_and_all_around_it_is() {
    let below = |bytes: u32| {
        format!("(drop (i32.load (i32.sub (global.get $__stack_pointer) (i32.const {bytes}))))")
    };
    // As deep as the red zone below such a frame reaches, from within and without.
    let (within, without) = (below(128), below(160));
    let at = |offset: i32| format!("{FRAME} (drop (i32.load offset={offset} (local.get 1)))");
    for (body, expected) in [
        (at(0), 0),
        (at(28), 0),
        (at(29), 2),
        (at(32), 1),
        (format!("{FRAME} (drop (i32.load (i32.sub (local.get 1) (i32.const 128))))"), 0),
        (format!("{FRAME} (drop (i32.load (i32.sub (local.get 1) (i32.const 129))))"), 1),
        (format!("{FRAME} (loop (drop (i32.load offset=8 (local.get 1))))"), 0),
        (
            format!(
                "{FRAME} (loop (local.set 1 (local.get 0)) (drop (i32.load offset=8 (local.get 1))))"
            ),
            1,
        ),
        (format!("{FRAME} (drop (i32.load (i32.add (local.get 1) (local.get 0))))"), 1),
        // No path leads to it, so it makes no frame.
        (format!("(block (br 0) {FRAME}) {without}"), 1),
        (format!("(block {FRAME}) {within}"), 0),
        (format!("(block (block (br_table 0 1 (local.get 0))) {FRAME}) {without}"), 1),
        (FRAME.replace("$__stack_pointer", "$other") + "(drop (i32.load (local.get 1)))", 1),
    ] {
        assert_eq!(lookups(&function(&body)), expected, "{body}");
    }
}
