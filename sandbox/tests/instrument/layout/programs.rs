//! C and C++ programs with one memory error each, and their correct twins.

use std::collections::HashMap;

use proofhouse_sandbox::instrument::{
    AccessKind, Checks, LayoutMemory, LayoutObject, LayoutPlace as Place, LayoutRegion as Region,
    Options, Poison, Violation, interface, layout_object,
};
use wasmtime::Trap;

use super::super::guest::{Ended, Guest, Prepared, poisoned};
use super::cc::{CHECKED, compile};
use AccessKind::{Read, Write};

/// One program with the argument that makes it correct and one that makes it not.
struct Case {
    program: &'static str,
    good: i32,
    bad: i32,
    kind: AccessKind,
    poison: Poison,
    object: &'static str,
    place: Place,
}

const fn case(
    program: &'static str,
    (good, bad): (i32, i32),
    kind: AccessKind,
    poison: Poison,
    object: &'static str,
    place: Place,
) -> Case {
    Case { program, good, bad, kind, poison, object, place }
}

const LEFT: Poison = Poison::STACK_LEFT;
/// Between variables, or behind the last one.
const MIDDLE: Poison = Poison::STACK_MIDDLE;
const RIGHT: Poison = Poison::STACK_RIGHT;
const SCOPE: Poison = Poison::STACK_AFTER_SCOPE;
const RETURN: Poison = Poison::STACK_AFTER_RETURN;
const GLOBAL: Poison = Poison::GLOBAL_REDZONE;
const BEFORE_ALLOCA: Poison = Poison::ALLOCA_LEFT;
const AFTER_ALLOCA: Poison = Poison::ALLOCA_RIGHT;

const fn before(bytes: u32) -> Place {
    Place::Before(bytes)
}

const fn after(bytes: u32) -> Place {
    Place::After(bytes)
}

const fn within(bytes: u32) -> Place {
    Place::Within(bytes)
}

const C: &[Case] = &[
    case("stack_read", (9, 10), Read, MIDDLE, "array", after(0)),
    case("stack_read", (0, -1), Read, LEFT, "array", before(4)),
    case("stack_write", (9, 11), Write, MIDDLE, "array", after(4)),
    case("stack_write", (0, -1), Write, LEFT, "array", before(4)),
    case("stack_neighbour", (7, 8), Write, MIDDLE, "middle", after(0)),
    case("stack_neighbour", (0, -1), Write, MIDDLE, "middle", before(1)),
    case("stack_odd_size", (4, 5), Write, MIDDLE, "odd", after(0)),
    case("stack_last_byte", (4, 5), Write, MIDDLE, "bytes", after(0)),
    case("stack_many_bytes", (800, 801), Write, MIDDLE, "many", after(0)),
    case("stack_pointer_to_scalar", (0, 1), Read, MIDDLE, "scalar", after(0)),
    case("stack_struct_by_value", (6, 7), Read, MIDDLE, "", after(0)),
    case("stack_flexible", (1, 2), Read, MIDDLE, "one", after(0)),
    case("stack_recursion", (0, 24), Read, MIDDLE, "frame", after(0)),
    case("stack_huge_frame", (99_999, 100_000), Write, MIDDLE, "huge", after(0)),
    case("stack_huge_frame", (0, -1), Write, LEFT, "huge", before(1)),
    case("alloca_block", (9, 10), Write, AFTER_ALLOCA, "", after(0)),
    case("alloca_block", (0, -1), Write, BEFORE_ALLOCA, "", before(1)),
    case("alloca_of_whole_granules", (63, 64), Write, AFTER_ALLOCA, "", after(0)),
    case("variable_length", (8, 9), Read, AFTER_ALLOCA, "", after(0)),
    case("variable_length", (0, -1), Read, BEFORE_ALLOCA, "", before(4)),
    case("variable_length_again", (0, 1), Write, AFTER_ALLOCA, "", after(0)),
    case("after_scope", (0, 1), Read, SCOPE, "inner", within(4)),
    case("after_scope_in_loop", (0, 1), Read, SCOPE, "other", within(0)),
    case("after_return", (0, 1), Read, RETURN, "local", within(4)),
    case("after_return_and_other_calls", (0, 1), Read, RETURN, "local", within(4)),
    case("global_read", (2, 3), Read, GLOBAL, "global_public", after(0)),
    case("global_write", (4, 5), Write, GLOBAL, "global_second", after(0)),
    case("global_write", (0, -1), Write, GLOBAL, "global_second", before(4)),
    case("global_odd_size", (2, 3), Read, GLOBAL, "global_odd", after(0)),
    case("global_flexible_array", (2, 3), Read, GLOBAL, "global_flexible", after(0)),
    case("string_literal", (4, 5), Read, GLOBAL, ".str", after(0)),
    case("function_static", (1, 2), Write, GLOBAL, "function_static.kept", after(0)),
    case("copy_reads", (12, 13), Read, MIDDLE, "from", after(0)),
    case("copy_writes", (12, 13), Write, MIDDLE, "to", after(0)),
    case("move_overlaps", (11, 12), Write, MIDDLE, "bytes", after(0)),
    case("set_writes", (12, 13), Write, MIDDLE, "bytes", after(0)),
    case("own_poison", (15, 16), Write, Poison::USER, "", after(0)),
    case("own_poison", (24, 28), Write, Poison::USER, "", after(0)),
    case("own_poison", (27, 36), Write, Poison::USER, "", after(0)),
    case("own_poison", (40, 32), Write, Poison::USER, "", after(0)),
    case("own_poison_behind", (16, 32), Write, Poison::USER, "", after(0)),
    case("own_poison_behind", (31, 39), Write, Poison::USER, "", after(0)),
    case("no_return", (39, 40), Read, MIDDLE, "frame", after(0)),
];

const CPP: &[Case] = &[
    case("initialised_global", (2, 3), Read, GLOBAL, "global_object", after(0)),
    case("destructors", (0, 1), Read, SCOPE, "scoped", within(0)),
    case("virtual_call", (3, 4), Read, MIDDLE, "derived", after(0)),
];

/// Instances of one source, for each profile and kind of checks.
pub(super) fn prepared(source: &str, flags: &[&str]) -> HashMap<(&'static str, Checks), Prepared> {
    let mut all = HashMap::new();
    for profile in CHECKED {
        let Some(module) = compile(profile, source, flags) else { continue };
        for checks in [Checks::Off, Checks::Fast, Checks::Exact] {
            let prepared = Prepared::new(&module, Options::default().checks(checks));
            all.insert((profile, checks), prepared);
        }
    }
    all
}

/// Runs one program in a fresh instance.
pub(super) fn run(prepared: &Prepared, program: &str, argument: i32) -> (Guest, Ended) {
    let mut guest = prepared.guest();
    let initialised = guest.call("_initialize", &[]);
    assert!(matches!(initialised, Ended::Returned(_)), "{initialised:?}");
    let ended = guest.call_i32(program, &[argument.cast_unsigned()]);
    (guest, ended)
}

/// The object that a violation is about.
pub(super) fn object(guest: &mut Guest, violation: &Violation) -> Option<LayoutObject> {
    let (first, _) = poisoned(violation);
    let global = |guest: &mut Guest, name| {
        let global = guest.instance.get_global(&mut guest.store, name).unwrap();
        global.get(&mut guest.store).unwrap_i32().cast_unsigned()
    };
    let (registered, fake_stack) =
        (global(guest, interface::REGISTERED), global(guest, interface::FAKE_STACK));
    let notes = guest.instance.get_memory(&mut guest.store, interface::LAYOUT).unwrap();
    let notes = notes.data(&guest.store).to_vec();
    let memory = guest.memory().to_vec();
    let shadow = guest.shadow();
    let layout = LayoutMemory { memory: &memory, shadow, notes: &notes, registered, fake_stack };
    layout_object(&layout, first)
}

fn name(object: &LayoutObject) -> &str {
    match &object.region {
        Region::Stack { variable, .. } => variable,
        Region::Global { name, .. } => name,
        _ => "",
    }
}

fn check(source: &str, flags: &[&str], cases: &[Case]) {
    for ((profile, checks), prepared) in prepared(source, flags) {
        for case in cases {
            let place = format!("{}({}) {profile} {checks:?}", case.program, case.bad);
            let (_, ended) = run(&prepared, case.program, case.good);
            assert!(matches!(ended, Ended::Returned(_)), "{place}: {ended:?}");
            let (mut guest, ended) = run(&prepared, case.program, case.bad);
            if checks == Checks::Off {
                assert!(matches!(ended, Ended::Returned(_)), "{place}: {ended:?}");
                continue;
            }
            let Ended::Violated(violation) = ended else { panic!("{place}: {ended:?}") };
            assert_eq!(violation.kind, case.kind, "{place}");
            // Which variable is last in its frame, the optimiser decides.
            let poison = poisoned(&violation).1.map(|one| if one == RIGHT { MIDDLE } else { one });
            assert_eq!(poison, Some(case.poison), "{place}");
            if case.poison == Poison::USER {
                continue;
            }
            let object = object(&mut guest, &violation).expect(&place);
            if !case.object.is_empty() {
                assert_eq!(name(&object), case.object, "{place}: {object:?}");
            }
            assert_eq!(object.place, case.place, "{place}: {object:?}");
        }
    }
}

#[test]
fn c_programs_are_stopped_and_their_twins_are_not() {
    check("programs.c", &[], C);
}

#[test]
fn cpp_programs_are_stopped_and_their_twins_are_not() {
    check("programs.cpp", &["-x", "c++", "-nostdinc++", "-fno-exceptions", "-fno-rtti"], CPP);
}

#[test]
fn programs_are_stopped_and_their_twins_are_not_however_they_are_optimised() {
    for level in ["-O2", "-O3", "-Os", "-Oz"] {
        let Some(module) = compile("checked-O1", "programs.c", &[level]) else { continue };
        let prepared = Prepared::new(&module, Options::default());
        for case in C {
            let place = format!("{}({}) {level}", case.program, case.bad);
            let (_, ended) = run(&prepared, case.program, case.good);
            assert!(matches!(ended, Ended::Returned(_)), "{place}: {ended:?}");
            let (_, ended) = run(&prepared, case.program, case.bad);
            assert!(matches!(ended, Ended::Violated(_)), "{place}: {ended:?}");
        }
    }
}

#[test]
fn constructors_that_run_again_change_nothing() {
    for profile in CHECKED {
        let Some(module) = compile(profile, "programs.c", &["-Wl,--export=__wasm_call_ctors"])
        else {
            continue;
        };
        let prepared = Prepared::new(&module, Options::default());
        let mut guest = prepared.guest();
        let mut registered = || {
            // What `_initialize` calls; it traps itself when it is called twice.
            guest.call("__wasm_call_ctors", &[]);
            let global = guest.instance.get_global(&mut guest.store, interface::REGISTERED);
            global.unwrap().get(&mut guest.store).unwrap_i32()
        };
        assert_eq!([registered(), registered(), registered()], [1, 1, 1]);
    }
}

#[test]
fn a_function_that_does_not_return_leaves_an_unpoisoned_stack() {
    for ((profile, checks), prepared) in prepared("programs.c", &[]) {
        let (mut guest, ended) = run(&prepared, "no_return", 1);
        let is_trap = matches!(ended, Ended::Trapped(Trap::UnreachableCodeReached));
        assert!(is_trap, "{profile} {checks:?}: {ended:?}");
        if checks == Checks::Off {
            continue;
        }
        let start = guest.instrumented.summary.stack_pointer.unwrap().initial / 8;
        let pointer = guest.instance.get_global(&mut guest.store, interface::STACK_POINTER);
        let pointer = pointer.unwrap().get(&mut guest.store).unwrap_i32().cast_unsigned() / 8;
        let stack = &guest.shadow()[pointer as usize..start as usize];
        assert!(stack.iter().all(|byte| *byte == 0), "{profile} {checks:?}");
    }
}

#[test]
fn fuel_and_results_do_not_depend_on_the_checks() {
    let prepared = prepared("programs.c", &[]);
    for profile in CHECKED {
        for (program, argument) in C
            .iter()
            .map(|case| (case.program, case.good))
            .chain([("fibonacci", 15), ("questions", 0)])
        {
            let outcomes = [Checks::Off, Checks::Fast, Checks::Exact].map(|checks| {
                let prepared = prepared.get(&(profile, checks))?;
                let (mut guest, ended) = run(prepared, program, argument);
                let Ended::Returned(results) = ended else { panic!("{program}: {ended:?}") };
                let result = (program != "questions").then(|| results[0].unwrap_i32());
                Some((guest.fuel(), result))
            });
            assert_eq!(outcomes[0], outcomes[1], "{program} {profile}");
            assert_eq!(outcomes[1], outcomes[2], "{program} {profile}");
        }
    }
}

#[test]
fn the_guest_is_told_what_it_poisoned() {
    for ((profile, checks), prepared) in prepared("programs.c", &[]) {
        if checks != Checks::Off {
            let (_, ended) = run(&prepared, "questions", 0);
            let Ended::Returned(results) = ended else { panic!("{profile}: {ended:?}") };
            assert_eq!(results[0].unwrap_i32(), 5, "{profile}");
        }
    }
}

#[test]
fn the_c_library_raises_no_alarm() {
    let mut results = Vec::new();
    for (place, prepared) in prepared("libc.c", &[]) {
        let (_, ended) = run(&prepared, "use_libc", 0);
        let Ended::Returned(returned) = ended else { panic!("{place:?}: {ended:?}") };
        results.push(returned[0].unwrap_i32());
    }
    assert!(results.windows(2).all(|pair| pair[0] == pair[1]), "{results:?}");
}
