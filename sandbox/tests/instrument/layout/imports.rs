//! Which imports are taken for AddressSanitizer's, and which are refused.

use proofhouse_sandbox::instrument::asan::{FAKE_STACK_PAGES, imports};
use proofhouse_sandbox::instrument::{AsanFault, Checks, NullPage, Options, Refusal, instrument};
use proofhouse_sandbox::ubsan_imports;

use super::super::guest::{Ended, Guest, is_out_of_bounds, wasm};
use super::cc::sdk;

#[test]
fn the_linkers_list_is_the_sandboxs() {
    let mut wanted: Vec<_> = imports().into_iter().map(|import| import.name).collect();
    wanted.extend(ubsan_imports().map(str::to_owned));
    wanted.sort();
    let file = std::fs::read_to_string(sdk().join("sanitizer-imports.txt")).unwrap_or_default();
    let listed: Vec<_> =
        file.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    assert_eq!(listed, wanted, "\n{}\n", wanted.join("\n"));
}

/// A module with one import of this type, and functions that are never called.
fn with_import(name: &str, ty: &str, code: &str) -> String {
    format!(
        r#"(module (import "env" "{name}" {ty}) (memory (export "memory") 1)
            (global $__stack_pointer (mut i32) (i32.const 65536)) {code})"#
    )
}

fn refused(text: &str) -> Option<(String, AsanFault)> {
    for checks in [Checks::Off, Checks::Fast] {
        match instrument(&wasm(text), Options::default().checks(checks)) {
            Err(Refusal::AsanImport { name, fault }) => return Some((name, fault)),
            Err(other) => panic!("{other}"),
            Ok(_) => {}
        }
    }
    None
}

/// The type of an import as text.
fn ty(parameters: u32, result: bool) -> String {
    let parameters = " i32".repeat(parameters as usize);
    format!("(func (param{parameters}) {})", if result { "(result i32)" } else { "" })
}

#[test]
fn every_import_is_taken_in_its_type_only() {
    for import in imports() {
        let name = import.name.as_str();
        let good = refused(&with_import(name, &ty(import.parameters, import.result), ""));
        match good {
            None => {}
            Some((found, AsanFault::InlinedChecks)) => assert!(found.contains("report"), "{found}"),
            Some((found, AsanFault::UseAfterReturnAtRunTime)) => {
                assert!(found.starts_with("__asan_stack_malloc_"), "{found}");
                assert!(!found.contains("always"), "{found}");
            }
            Some(other) => panic!("{other:?}"),
        }
        let fault = AsanFault::Type { parameters: import.parameters, result: import.result };
        for wrong in [
            ty(import.parameters + 1, import.result),
            ty(import.parameters, !import.result),
            ty(import.parameters, import.result).replacen("i32", "i64", 1),
            "(global i32)".to_owned(),
            "(table 1 funcref)".to_owned(),
        ] {
            if wrong != ty(import.parameters, import.result) {
                let expected = Some((name.to_owned(), fault));
                assert_eq!(refused(&with_import(name, &wrong, "")), expected, "{wrong}");
            }
        }
    }
}

#[test]
fn unknown_functions_are_refused_and_other_modules_are_left_alone() {
    for name in ["__asan_load3", "__asan_", "__asan_stack_malloc_always_11", "__asan_set_shadow_f4"]
    {
        let expected = Some((name.to_owned(), AsanFault::Unknown));
        assert_eq!(refused(&with_import(name, "(func)", "")), expected);
    }
    let text = r#"(module (import "other" "__asan_load3" (func)))"#;
    let instrumented = instrument(&wasm(text), Options::default()).unwrap();
    assert_eq!(instrumented.summary.layout, None);
    assert!(!instrumented.interface.layout);
}

#[test]
fn a_layout_that_is_said_in_part_is_refused() {
    let mark = "(func (i32.store (i32.const 64) (i32.const 0x41B58AB3)))";
    let init = with_import("__asan_init", "(func)", mark);
    let expected = ("__asan_init".to_owned(), AsanFault::InlinedPoisoning);
    assert_eq!(refused(&init), Some(expected));
    let said = with_import("__asan_set_shadow_f1", "(func (param i32 i32))", mark);
    assert_eq!(refused(&said), None);
    let text = r#"(module (import "env" "__asan_init" (func)))"#;
    assert_eq!(refused(text), Some(("__asan_init".to_owned(), AsanFault::NoMemory)));
}

/// A module with those imports, numbered from 0, whose function `run` has this body.
fn calling(names: &[&str], body: &str) -> Vec<u8> {
    let all = imports();
    let imported = names.iter().map(|name| {
        let import = all.iter().find(|import| import.name == *name).unwrap();
        let ty =
            ty(import.parameters, import.result).replacen("(func", &format!("(func ${name}"), 1);
        format!("(import \"env\" \"{name}\" {ty})")
    });
    let imported: String = imported.collect();
    wasm(&format!(
        r#"(module {imported} (memory (export "memory") 1)
            (global $__stack_pointer (mut i32) (i32.const 65536))
            (func (export "run") (param i32 i32) (result i32) {body}))"#
    ))
}

#[test]
fn calls_cost_the_same_with_and_without_checks() {
    let options = Options::default().null_page(NullPage::Off);
    let pushes = |count: u32| "(i32.const 256)".repeat(count as usize);
    for import in imports() {
        let name = import.name.as_str();
        if refused(&with_import(name, &ty(import.parameters, import.result), "")).is_some() {
            continue;
        }
        let call = format!("(call ${name} {})", pushes(import.parameters));
        let body = if import.result { format!("(drop {call})") } else { call };
        let module = calling(&[name], &format!("{body} (i32.const 1)"));
        let fuel = [Checks::Off, Checks::Fast, Checks::Exact]
            .map(|checks| Guest::new(&module, options.checks(checks)).fuel_of("run", &[0, 0]));
        assert_eq!(fuel[0], fuel[1], "{name}");
        assert_eq!(fuel[1], fuel[2], "{name}");
        let ended = Guest::new(&module, options.meter(false)).call_i32("run", &[0, 0]);
        assert!(matches!(ended, Ended::Returned(_)), "{name}: {ended:?}");
    }
}

#[test]
fn a_call_in_tail_position_returns_what_the_function_gives() {
    let body = "(return_call $__asan_memset (local.get 0) (i32.const 7) (local.get 1))";
    let module = calling(&["__asan_memset"], body);
    for meter in [true, false] {
        for checks in [Checks::Off, Checks::Fast] {
            let mut guest = Guest::new(&module, Options::default().meter(meter).checks(checks));
            let ended = guest.call_i32("run", &[5000, 3]);
            let Ended::Returned(results) = ended else { panic!("{ended:?}") };
            assert_eq!(results[0].unwrap_i32(), 5000);
            assert_eq!(guest.memory()[4999..5004], [0, 7, 7, 7, 0]);
        }
    }
}

#[test]
fn work_by_length_costs_fuel() {
    for name in ["__asan_memset", "__asan_memcpy", "__asan_memmove"] {
        let body = format!("(call ${name} (local.get 0) (i32.const 0) (local.get 1))");
        let body = body.replace("(i32.const 0)", "(local.get 0)");
        let mut guest = Guest::new(&calling(&[name], &body), Options::default());
        let (short, long) = (guest.fuel_of("run", &[8192, 8]), guest.fuel_of("run", &[8192, 108]));
        assert_eq!(long - short, 100, "{name}");
    }
    for name in
        ["__asan_poison_memory_region", "__asan_unpoison_memory_region", "__asan_set_shadow_f8"]
    {
        let body = format!("(call ${name} (local.get 0) (local.get 1)) (i32.const 0)");
        let mut guest = Guest::new(&calling(&[name], &body), Options::default());
        let (short, long) = (guest.fuel_of("run", &[8192, 8]), guest.fuel_of("run", &[8192, 108]));
        assert_eq!(long - short, 100, "{name}");
    }
}

#[test]
fn shadow_is_written_for_the_guests_memory_only() {
    for count in [1, 2, 3, 7, 8, 15, 31, 32, 33, 200] {
        // Once with the number in the code, and once without.
        for number in [format!("(i32.const {count})"), "(local.get 1)".to_owned()] {
            let name = "__asan_set_shadow_f2";
            let body = format!("(call ${name} (local.get 0) {number}) (i32.const 0)");
            let mut guest = Guest::new(&calling(&[name], &body), Options::default());
            let first = 5001u32;
            assert!(matches!(guest.call_i32("run", &[first, count]), Ended::Returned(_)));
            let (first, count) = (first as usize, count as usize);
            assert_eq!(guest.shadow()[first - 1], 0);
            assert!(guest.shadow()[first..first + count].iter().all(|byte| *byte == 0xf2));
            assert_eq!(guest.shadow()[first + count], 0);
        }
    }
    // Granules of the guest's memory: its own page, and the fake stack's behind it.
    let end = 16u32 << 13;
    let name = "__asan_set_shadow_f2";
    let body = format!("(call ${name} (local.get 0) (local.get 1)) (i32.const 0)");
    for (first, count) in [(end, 5), (end - 2, 5), (1 << 28, 1), (end - 2, u32::MAX), (u32::MAX, 9)]
    {
        let mut guest = Guest::new(&calling(&[name], &body), Options::default());
        assert!(matches!(guest.call_i32("run", &[first, count]), Ended::Returned(_)));
        assert!(guest.shadow()[end as usize..].iter().all(|byte| *byte == 0));
    }
    let body = format!("(call ${name} (local.get 0) (i32.const 4)) (i32.const 0)");
    for first in [end, 1 << 20, 1 << 28, 1 << 30, u32::MAX] {
        let mut guest = Guest::new(&calling(&[name], &body), Options::default());
        assert!(is_out_of_bounds(&guest.call_i32("run", &[first, 0])), "{first}");
    }
}

#[test]
fn a_mark_is_allowed_in_a_left_redzone_only() {
    let name = "__asan_set_shadow_f1";
    for (byte, allowed) in [(0xf1, true), (0xf2, false), (0xf8, false), (0xfa, false), (0, true)] {
        for (value, is_mark) in [(0x45E0_360Eu32, true), (0x45E0_360F, false)] {
            let body = format!("(i32.store (local.get 0) (i32.const {value})) (i32.const 0)");
            let mut guest = Guest::new(&calling(&[name], &body), Options::default());
            guest.set_shadow(8192, &[byte]);
            let ended = guest.call_i32("run", &[8192, 0]);
            let returned = matches!(ended, Ended::Returned(_));
            assert_eq!(
                returned,
                byte == 0 || (allowed && is_mark),
                "{byte:x} {value:x}: {ended:?}"
            );
        }
    }
}

#[test]
fn the_stack_is_looked_at_where_something_poisons_it() {
    let name = "__asan_set_shadow_f2";
    let body = "(local i32)
        (global.set $__stack_pointer
            (local.tee 2 (i32.sub (global.get $__stack_pointer) (i32.const 64))))
        (i32.load offset=8 (local.get 2))";
    let mut guest = Guest::new(&calling(&[name], body), Options::default());
    guest.set_shadow(65536 - 56, &[0xf2]);
    assert!(matches!(guest.call_i32("run", &[0, 0]), Ended::Violated(_)));
}

#[test]
fn the_fake_stack_takes_frames_in_turn_and_none_twice() {
    let names = ["__asan_stack_malloc_always_8", "__asan_stack_free_8"];
    // With 0 a frame is taken, else the one at this address is given back.
    let body = "(if (result i32) (i32.eqz (local.get 0))
        (then (call $__asan_stack_malloc_always_8 (i32.const 9000)))
        (else (call $__asan_stack_free_8 (local.get 0) (i32.const 9000)) (i32.const 0)))";
    let mut guest = Guest::new(&calling(&names, body), Options::default());
    let mut call = |frame: u32| match guest.call_i32("run", &[frame, 0]) {
        Ended::Returned(results) => results[0].unwrap_i32().cast_unsigned(),
        other => panic!("{other:?}"),
    };
    call(12345);
    let frames: Vec<_> = (0..4).map(|_| call(0)).collect();
    assert_eq!(call(0), 0, "all frames of the class are in use");
    for pair in frames.windows(2) {
        assert_eq!(pair[1] - pair[0], 64 << 8);
    }
    call(frames[2]);
    call(frames[0]);
    for nonsense in
        [frames[2], frames[1] + 8, 1, u32::MAX, frames[0] - (64 << 8), frames[3] + (64 << 8)]
    {
        call(nonsense);
    }
    assert_eq!([call(0), call(0), call(0)], [frames[2], frames[0], 0]);
    call(frames[1]);
    let shadow = guest.shadow();
    let at = |address: u32| shadow[(address / 8) as usize];
    assert_eq!([at(frames[1]), at(frames[1] + (64 << 8) - 8)], [0xf5, 0xf5]);
    assert_eq!([at(frames[0]), at(frames[0] + 8992), at(frames[0] + 9000)], [0, 0, 0xf3]);
}

#[test]
fn a_module_may_use_all_of_its_own_memory() {
    let text = r#"(module (import "env" "__asan_stack_malloc_always_0" (func $f (param i32) (result i32)))
        (memory (export "memory") 1 3)
        (func (export "run") (param i32 i32) (result i32)
            (drop (call $f (i32.const 64)))
            (drop (memory.grow (i32.const 2)))
            (memory.size)))"#;
    for checks in [Checks::Off, Checks::Fast] {
        let mut guest = Guest::new(&wasm(text), Options::default().checks(checks));
        let Ended::Returned(results) = guest.call_i32("run", &[0, 0]) else { panic!() };
        assert_eq!(u64::from(results[0].unwrap_i32().cast_unsigned()), 3 + FAKE_STACK_PAGES);
    }
}
