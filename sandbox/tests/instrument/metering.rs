//! Fuel: what each construct costs, that it runs out where it should, and that nothing else is counted.

use proofhouse_sandbox::instrument::{Checks, Options, instrument, interface};
use wasmtime::{Engine, Instance, Module, Store, Trap, Val};

use super::guest::{Ended, PLENTY, config, engine, guest, wasm};
use interface::FUEL_SLICE;

/// Metering alone.
fn metered() -> Options {
    Options::default().checks(Checks::Off)
}

/// Fuel that a body costs, which is put into a function with two `i32` parameters.
fn cost(body: &str, arguments: [u32; 2]) -> i64 {
    let text = format!(
        r#"(module (memory 1 10) (table 10 100 funcref) (elem func $f)
            (data "0123456789") (global $g (mut i32) (i32.const 0))
            (func $f) (func $g (result i32) (i32.const 1)) (func $h (param i32 i32))
            (func (export "run") (param i32 i32) {body}))"#
    );
    guest(&text, metered()).fuel_of("run", &arguments)
}

/// Fuel for entering a function.
const ENTRY: i64 = 1;

#[test]
fn straight_code_costs_one_for_each_working_instruction() {
    assert_eq!(cost("", [0, 0]), ENTRY);
    assert_eq!(cost("nop nop", [0, 0]), ENTRY);
    assert_eq!(cost("(drop (i32.add (i32.const 1) (i32.const 2)))", [0, 0]), ENTRY + 3);
    assert_eq!(cost("(block (block (nop)))", [0, 0]), ENTRY);
    assert_eq!(cost("(return)", [0, 0]), ENTRY);
    assert_eq!(cost("(global.set $g (local.get 0)) (return)", [0, 0]), ENTRY + 2);
}

#[test]
fn only_the_arm_that_runs_is_paid_for() {
    let body = "(if (local.get 0) (then (drop (i32.const 1)))
        (else (drop (i32.const 1)) (drop (i32.const 2)) (drop (i32.const 3))))
        (drop (i32.const 9))";
    assert_eq!(cost(body, [1, 0]), ENTRY + 2 + 1 + 1);
    assert_eq!(cost(body, [0, 0]), ENTRY + 2 + 3 + 1);
    let no_else = "(if (local.get 0) (then (drop (i32.const 1)))) (drop (i32.const 9))";
    assert_eq!(cost(no_else, [1, 0]), ENTRY + 2 + 1 + 1);
    assert_eq!(cost(no_else, [0, 0]), ENTRY + 2 + 1);
}

#[test]
fn what_a_branch_jumps_over_is_free() {
    let br_if = "(block (br_if 0 (local.get 0)) (drop (i32.const 1)) (drop (i32.const 2)))
        (drop (i32.const 3))";
    assert_eq!(cost(br_if, [1, 0]), ENTRY + 2 + 1);
    assert_eq!(cost(br_if, [0, 0]), ENTRY + 2 + 2 + 1);
    let br = "(block (br 0) (drop (i32.const 1)) (drop (i32.const 2))) (drop (i32.const 3))";
    assert_eq!(cost(br, [0, 0]), ENTRY + 1 + 1);
    let out = "(br_if 0 (local.get 0)) (drop (i32.const 1))";
    assert_eq!(cost(out, [1, 0]), ENTRY + 2);
    assert_eq!(cost(out, [0, 0]), ENTRY + 3);
    let early = "(block (if (local.get 0) (then (return)))) (drop (i32.const 1))";
    assert_eq!(cost(early, [1, 0]), ENTRY + 2);
    assert_eq!(cost(early, [0, 0]), ENTRY + 3);
    let dead = "(block (br 0) (loop (br 0)) (if (i32.const 1) (then) (else))) (drop (i32.const 1))";
    assert_eq!(cost(dead, [0, 0]), ENTRY + 1 + 1);
}

#[test]
fn every_case_of_a_table_branch_is_its_own() {
    let body = "(block $a (block $b (block $c
        (br_table $a $b $c (local.get 0)))
        (drop (i32.const 1)))
        (drop (i32.const 2)) (drop (i32.const 3)))
        (drop (i32.const 4)) (drop (i32.const 5)) (drop (i32.const 6))";
    assert_eq!(cost(body, [0, 0]), ENTRY + 2 + 3);
    assert_eq!(cost(body, [1, 0]), ENTRY + 2 + 2 + 3);
    assert_eq!(cost(body, [2, 0]), ENTRY + 2 + 1 + 2 + 3);
    assert_eq!(cost(body, [99, 0]), ENTRY + 2 + 1 + 2 + 3);
}

#[test]
fn a_loop_pays_for_each_turn() {
    let body = "(loop $l (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
        (br_if $l (local.get 0)))";
    for turns in [1, 2, 10, 1000] {
        assert_eq!(cost(body, [turns, 0]), ENTRY + i64::from(turns) * 6);
    }
}

#[test]
fn calls_of_every_kind_pay_for_themselves_and_what_they_call() {
    assert_eq!(cost("(call $f)", [0, 0]), ENTRY + 1 + ENTRY);
    assert_eq!(cost("(drop (call $g))", [0, 0]), ENTRY + 1 + ENTRY + 1);
    assert_eq!(cost("(return_call $f)", [0, 0]), ENTRY + 1 + ENTRY);
    let fill = "(table.set (i32.const 3) (ref.func $f))";
    assert_eq!(
        cost(&format!("{fill} (call_indirect (i32.const 3))"), [0, 0]),
        ENTRY + 3 + 2 + ENTRY
    );
    let tail = format!("{fill} (return_call_indirect (i32.const 3))");
    assert_eq!(cost(&tail, [0, 0]), ENTRY + 3 + 2 + ENTRY);
}

#[test]
fn bulk_instructions_pay_by_length() {
    let three = "(local.get 0) (i32.const 0) (local.get 1)";
    for (instruction, unit) in [
        ("(memory.fill", 1),
        ("(memory.copy", 1),
        ("(memory.init 0", 1),
        ("(table.init 0", 1),
        ("(table.copy", 1),
    ] {
        // The element segment has one element, the data segment ten bytes.
        for length in [0, 1] {
            let paid = cost(&format!("{instruction} {three})"), [0, length]);
            assert_eq!(paid, ENTRY + 4 + unit * i64::from(length), "{instruction}");
        }
    }
    assert_eq!(
        cost("(memory.fill (i32.const 0) (i32.const 7) (local.get 1))", [0, 60_000]),
        ENTRY + 4 + 60_000
    );
    assert_eq!(
        cost("(table.fill (i32.const 0) (ref.func $f) (local.get 1))", [0, 9]),
        ENTRY + 4 + 9
    );
    assert_eq!(cost("(drop (table.grow (ref.null func) (local.get 1)))", [0, 5]), ENTRY + 3 + 5);
    assert_eq!(cost("(drop (memory.grow (local.get 1)))", [0, 3]), ENTRY + 2 + 3 * 4096);
}

#[test]
fn growing_that_fails_is_not_paid_for() {
    assert_eq!(cost("(drop (memory.grow (local.get 1)))", [0, 1000]), ENTRY + 2);
    assert_eq!(cost("(drop (memory.grow (local.get 1)))", [0, u32::MAX]), ENTRY + 2);
    assert_eq!(cost("(drop (table.grow (ref.null func) (local.get 1)))", [0, 1000]), ENTRY + 3);
}

#[test]
fn a_length_that_leaves_the_memory_traps_as_such_with_any_fuel() {
    for fuel in [10, PLENTY] {
        let mut guest = guest(
            r#"(module (memory 1) (func (export "run") (param i32 i32)
                (memory.fill (local.get 0) (i32.const 0) (local.get 1))))"#,
            metered(),
        );
        guest.set_fuel(fuel);
        let ended = guest.call_i32("run", &[0, u32::MAX]);
        assert!(matches!(ended, Ended::Trapped(Trap::MemoryOutOfBounds)), "{ended:?}");
    }
}

const LOOP: &str = r#"(module
    (memory (export "memory") 1)
    (func $work (param i32) (result i32)
        (loop $l
            (i32.store (i32.const 8) (i32.add (i32.load (i32.const 8)) (i32.const 1)))
            (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        (i32.load (i32.const 8)))
    (func (export "run") (param i32) (result i32) (call $work (local.get 0)))
    (func (export "endless") (loop (br 0)))
    (func $deep (export "deep") (param i32) (if (local.get 0)
        (then (call $deep (i32.sub (local.get 0) (i32.const 1))))))
    (func (export "fill") (param i32) (loop $l
        (memory.fill (i32.const 0) (i32.const 1) (i32.const 65536)) (br $l)))
    (func (export "abort") (unreachable)))"#;

#[test]
fn exactly_enough_fuel_is_enough_and_one_less_is_not() {
    let mut guest = guest(LOOP, metered());
    for (name, argument) in [("run", 1), ("run", 77), ("deep", 5)] {
        let arguments = [argument];
        let needed = guest.fuel_of(name, &arguments);
        guest.set_fuel(needed);
        assert!(matches!(guest.call_i32(name, &arguments), Ended::Returned(_)));
        assert_eq!(guest.fuel(), 0);
        guest.set_fuel(needed - 1);
        assert!(matches!(guest.call_i32(name, &arguments), Ended::OutOfFuel));
    }
}

#[test]
fn whatever_never_ends_runs_out_of_fuel() {
    let mut guest = guest(LOOP, metered());
    for (name, arguments, fuel) in [
        ("endless", &[][..], 1_000_000),
        ("deep", &[100_000][..], 1000),
        ("fill", &[0][..], 100_000_000),
        ("endless", &[][..], 0),
    ] {
        guest.set_fuel(fuel);
        let ended = guest.call_i32(name, arguments);
        assert!(matches!(ended, Ended::OutOfFuel), "{name}: {ended:?}");
        // Overdrawn by one pass through straight code, or one bulk instruction.
        assert!((-70_000..0).contains(&guest.fuel()), "{name}: {}", guest.fuel());
    }
}

#[test]
fn fuel_in_reserve_is_taken_by_slices_and_counts_the_same() {
    let mut guest = guest(LOOP, metered());
    let arguments = [5_000_000];
    let needed = guest.fuel_of("run", &arguments);
    let slices = needed / FUEL_SLICE;
    assert!(slices > 1, "{needed}");
    let reserve = guest.instance.get_global(&mut guest.store, interface::FUEL_RESERVE).unwrap();
    for (first, slices, ends_well) in [
        (needed % FUEL_SLICE, slices, true),
        (needed % FUEL_SLICE, slices + 3, true),
        (needed % FUEL_SLICE - 1, slices, false),
        (1, slices, false),
    ] {
        guest.set_fuel(first);
        reserve.set(&mut guest.store, Val::I64(slices * FUEL_SLICE)).unwrap();
        let ended = guest.call_i32("run", &arguments);
        assert_eq!(matches!(ended, Ended::Returned(_)), ends_well, "{first} {slices}: {ended:?}");
        let left = reserve.get(&mut guest.store).unwrap_i64();
        if ends_well {
            assert_eq!(guest.fuel() + left, first + slices * FUEL_SLICE - needed);
        } else {
            assert!(guest.fuel() < 0 && left == 0, "{} {left}", guest.fuel());
        }
    }
}

#[test]
fn one_bulk_instruction_may_take_several_slices() {
    let text = format!(
        r#"(module (memory {pages}) (func (export "fill")
            (memory.fill (i32.const 0) (i32.const 1) (i32.const {bytes}))))"#,
        pages = (3 * FUEL_SLICE) >> 16,
        bytes = 3 * FUEL_SLICE - 5,
    );
    let mut guest = guest(&text, metered());
    let reserve = guest.instance.get_global(&mut guest.store, interface::FUEL_RESERVE).unwrap();
    for (slices, ends_well) in [(3, true), (2, false)] {
        guest.set_fuel(10);
        reserve.set(&mut guest.store, Val::I64(slices * FUEL_SLICE)).unwrap();
        let ended = guest.call_i32("fill", &[]);
        assert_eq!(matches!(ended, Ended::Returned(_)), ends_well, "{slices}: {ended:?}");
    }
}

#[test]
fn a_fresh_instance_has_no_fuel() {
    let instrumented = instrument(&wasm(LOOP), metered()).unwrap();
    let module = Module::new(engine(), &instrumented.module).unwrap();
    let mut store = Store::new(engine(), ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let fuel = instance.get_global(&mut store, interface::FUEL).unwrap();
    assert_eq!(fuel.get(&mut store).unwrap_i64(), 0);
    let run = instance.get_typed_func::<i32, i32>(&mut store, "run").unwrap();
    assert!(run.call(&mut store, 1).is_err());
    assert!(fuel.get(&mut store).unwrap_i64() < 0);
}

#[test]
fn the_guests_own_unreachable_is_told_apart_and_keeps_its_count() {
    let mut guest = guest(LOOP, metered());
    guest.set_fuel(100);
    let ended = guest.call_i32("abort", &[]);
    assert!(matches!(ended, Ended::Trapped(Trap::UnreachableCodeReached)), "{ended:?}");
    assert_eq!(guest.fuel(), 100 - ENTRY);
}

#[test]
fn checks_do_not_change_the_count() {
    for (name, argument) in [("run", 1), ("run", 1234), ("deep", 30)] {
        let plain = guest(LOOP, metered()).fuel_of(name, &[argument]);
        for checks in [Checks::Fast, Checks::Exact] {
            let mut checked = guest(LOOP, Options::default().checks(checks));
            assert_eq!(checked.fuel_of(name, &[argument]), plain);
        }
    }
}

#[test]
fn several_results_pass_through() {
    let mut guest = guest(
        r#"(module
            (func $two (param i32) (result i32 i64)
                (if (local.get 0) (then (return (i32.const 1) (i64.const 2))))
                (block (result i32 i64) (i32.const 3) (i64.const 4) (br 1)))
            (func (export "run") (param i32) (result i32 i64) (call $two (local.get 0))))"#,
        metered(),
    );
    for (argument, expected) in [(1, "[I32(1), I64(2)]"), (0, "[I32(3), I64(4)]")] {
        match guest.call_i32("run", &[argument]) {
            Ended::Returned(values) => assert_eq!(format!("{values:?}"), expected),
            other => panic!("{other:?}"),
        }
    }
}

/// wasmtime counts the same instructions, so it is a second opinion on a program with some of all.
#[test]
fn the_count_is_wasmtimes_where_nothing_grows() {
    let mut counting = config();
    counting.consume_fuel(true);
    let engine = Engine::new(&counting).unwrap();
    let module = Module::new(&engine, wasm(LOOP)).unwrap();
    for (name, argument) in [("run", 3), ("run", 500), ("deep", 40)] {
        let mut store = Store::new(&engine, ());
        store.set_fuel(1 << 40).unwrap();
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let function = instance.get_func(&mut store, name).unwrap();
        let mut results = vec![Val::I32(0); function.ty(&store).results().len()];
        function.call(&mut store, &[Val::I32(argument)], &mut results).unwrap();
        let theirs = (1 << 40) - store.get_fuel().unwrap() as i64;
        assert_eq!(guest(LOOP, metered()).fuel_of(name, &[argument as u32]), theirs, "{name}");
    }
}
