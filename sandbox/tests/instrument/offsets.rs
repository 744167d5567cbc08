//! The offset map: every instruction of the original is found again, and a trap is where it was.

use proofhouse_sandbox::instrument::{Checks, NullPage, OffsetMap, Options, Poison, instrument};
use wasmparser::{Operator, Parser, Payload};
use wasmtime::{Instance, Module, Store, Val, WasmBacktrace};

use super::guest::{engine, guest, wasm};

const MODULE: &str = r#"(module
    (memory (export "memory") 1)
    (func $leaf (export "leaf") (param i32) (result i32)
        (nop)
        (i32.div_u (i32.load offset=8 (local.get 0)) (local.get 0)))
    (func (export "outer") (param i32) (result i32)
        (local i64 f64)
        (if (i32.eqz (local.get 0)) (then (nop) (return (i32.const 77))))
        (loop (drop (i32.const 1)))
        (call $leaf (i32.sub (local.get 0) (i32.const 1))))
    (func (export "stop") (param i32)
        (nop) (unreachable))
    (func (export "fill") (param i32)
        (memory.fill (local.get 0) (i32.const 0) (i32.const 16)))
    (func (export "endless") (param i32)
        (nop) (loop (br 0))))"#;

/// Offsets and operators of all functions, in order; the runtime's come last.
fn operators(module: &[u8]) -> Vec<Vec<(u32, Operator<'_>)>> {
    let mut functions = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        if let Payload::CodeSectionEntry(body) = payload.unwrap() {
            let operators = body.get_operators_reader().unwrap().into_iter_with_offsets();
            functions.push(operators.map(Result::unwrap).map(|(op, at)| (at as u32, op)).collect());
        }
    }
    functions
}

fn levels() -> [Options; 4] {
    let options = Options::default();
    [
        options,
        options.checks(Checks::Exact),
        options.meter(false),
        options.meter(false).checks(Checks::Off),
    ]
}

#[test]
fn every_original_instruction_is_reached_in_order() {
    let original = wasm(MODULE);
    for options in levels() {
        let instrumented = instrument(&original, options).unwrap();
        let after = operators(&instrumented.module);
        for (before, after) in operators(&original).iter().zip(&after) {
            let mapped: Vec<_> = after
                .iter()
                .map(|(at, op)| (instrumented.offsets.original(*at).unwrap(), op))
                .collect();
            assert!(mapped.windows(2).all(|pair| pair[0].0 <= pair[1].0), "out of order");
            for (at, op) in before {
                // `return` becomes a branch; everything else is still there, at its own place.
                let same = |other: &Operator<'_>| match op {
                    Operator::Return => matches!(other, Operator::Br { .. } | Operator::Return),
                    op => format!("{op:?}") == format!("{other:?}"),
                };
                assert!(
                    mapped.iter().any(|(to, other)| to == at && same(other)),
                    "{op:?} at {at:#x}"
                );
            }
        }
        // Functions that the original does not have.
        for (at, _) in after.iter().skip(operators(&original).len()).flatten() {
            assert_eq!(instrumented.offsets.original(*at), None);
        }
    }
}

#[test]
fn what_is_not_code_maps_to_nothing() {
    let original = wasm(MODULE);
    let instrumented = instrument(&original, Options::default()).unwrap();
    let first = operators(&instrumented.module)[0][0].0;
    for offset in [0, 8, first - 20, instrumented.module.len() as u32, u32::MAX] {
        assert_eq!(instrumented.offsets.original(offset), None, "{offset}");
    }
}

#[test]
fn the_encoded_form_gives_the_same_map() {
    let instrumented = instrument(&wasm(MODULE), Options::default()).unwrap();
    let bytes = instrumented.offsets.as_bytes().to_vec();
    assert_eq!(OffsetMap::from_bytes(bytes).unwrap(), instrumented.offsets);
}

#[test]
fn damaged_maps_are_refused_or_answer_without_harm() {
    let instrumented = instrument(&wasm(MODULE), Options::default()).unwrap();
    let bytes = instrumented.offsets.as_bytes();
    let end = instrumented.module.len() as u32;
    for length in 0..bytes.len() {
        if let Ok(map) = OffsetMap::from_bytes(bytes[..length].to_vec()) {
            (0..end).for_each(|offset| {
                map.original(offset);
            });
        }
    }
    for place in 0..bytes.len() {
        let mut damaged = bytes.to_vec();
        damaged[place] ^= 0xff;
        if let Ok(map) = OffsetMap::from_bytes(damaged) {
            (0..end).for_each(|offset| {
                map.original(offset);
            });
        }
    }
    assert!(OffsetMap::from_bytes(vec![0x80]).is_err());
    assert!(OffsetMap::from_bytes(vec![0, 0, 0, 0, 9]).is_err());
}

#[test]
fn a_trap_is_where_it_is_in_the_original() {
    let original = wasm(MODULE);
    let plain = Module::new(engine(), &original).unwrap();
    for options in levels() {
        // A violation is a trap that the original does not have: here there is nothing to violate.
        let mut guest = guest(MODULE, options.null_page(NullPage::Off));
        for (name, argument) in
            [("leaf", 0), ("leaf", -4), ("outer", 1), ("stop", 1), ("fill", -4), ("fill", 65_530)]
        {
            let mut store = Store::new(engine(), ());
            let instance = Instance::new(&mut store, &plain, &[]).unwrap();
            let function = instance.get_func(&mut store, name).unwrap();
            let mut results = vec![Val::I32(0); function.ty(&store).results().len()];
            let error = function.call(&mut store, &[Val::I32(argument)], &mut results).unwrap_err();
            let backtrace = error.downcast_ref::<WasmBacktrace>().unwrap();
            let expected: Vec<_> = backtrace
                .frames()
                .iter()
                .map(|frame| frame.module_offset().unwrap() as u32)
                .collect();

            let function = guest.instance.get_func(&mut guest.store, name).unwrap();
            let error =
                function.call(&mut guest.store, &[Val::I32(argument)], &mut results).unwrap_err();
            let ours = guest.frames(&error);
            // The runtime's own frames come first, if it was the one that found out.
            let ours: Vec<_> = ours.into_iter().skip_while(Option::is_none).flatten().collect();
            assert_eq!(ours, expected, "{name}({argument})");
        }
    }
}

#[test]
fn a_violation_names_its_instruction_and_so_do_its_frames() {
    let original = wasm(MODULE);
    let load = operators(&original)[0]
        .iter()
        .find(|(_, op)| matches!(op, Operator::I32Load { .. }))
        .unwrap()
        .0;
    let mut guest = guest(MODULE, Options::default().null_page(NullPage::Off));
    guest.set_shadow(104, &[Poison::HEAP_FREED.0]);
    let function = guest.instance.get_func(&mut guest.store, "outer").unwrap();
    let mut results = [Val::I32(0)];
    let error = function.call(&mut guest.store, &[Val::I32(97)], &mut results).unwrap_err();
    let violation = guest.violation(&error).unwrap();
    assert_eq!((violation.site, violation.address), (load, 104));
}

#[test]
fn running_out_of_fuel_is_at_the_loop() {
    let original = wasm(MODULE);
    let in_loop =
        operators(&original)[4].iter().find(|(_, op)| matches!(op, Operator::Br { .. })).unwrap().0;
    let mut guest = guest(MODULE, Options::default());
    guest.set_fuel(1000);
    let function = guest.instance.get_func(&mut guest.store, "endless").unwrap();
    let error = function.call(&mut guest.store, &[Val::I32(0)], &mut []).unwrap_err();
    // Above it the function that found no fuel in reserve.
    assert_eq!(guest.frames(&error), [None, Some(in_loop)]);
}
