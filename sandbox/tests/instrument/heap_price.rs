//! What an allocator's functions cost, whoever runs: the original or a stand-in.

use proofhouse_sandbox::instrument::{Checks, Heap, Options, interface};
use wasmtime::Val;

use super::guest::{Ended, PLENTY, guest};

#[test]
fn fuel_of_an_allocator_is_its_price_whoever_runs() {
    let text = r#"(module (memory (export "memory") 1)
        (func $malloc (export "malloc") (param i32) (result i32)
            (local.set 0 (i32.const 7)) (loop $l (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
            (i32.const 1024))
        (func $free (export "free") (param i32) (if (local.get 0) (then (return))))
        (func $calloc (export "calloc") (param i32 i32) (result i32)
            (local.set 0 (call $malloc (i32.const 0))) (i32.const 1024))
        (func $realloc (export "realloc") (param i32 i32) (result i32)
            (local.set 1 (i32.const 3)) (i32.const 1024)))"#;
    for options in [
        Options::default().checks(Checks::Off),
        Options::default().heap(Heap::Off),
        Options::default(),
    ] {
        let mut guest = guest(text, options);
        assert_eq!(guest.fuel_of("malloc", &[1]), 64);
        assert_eq!(guest.fuel_of("malloc", &[10_000]), 64);
        assert_eq!(guest.fuel_of("free", &[0]), 64);
        assert_eq!(guest.fuel_of("calloc", &[7, 100]), 64 + 700);
        assert_eq!(guest.fuel_of("calloc", &[0x10_0000, 0x10_0000]), 64);
        assert_eq!(guest.fuel_of("realloc", &[0, 99]), 64 + 99);
    }
}

#[test]
fn an_original_that_never_returns_runs_out_of_fuel() {
    let text = r#"(module (memory 1)
        (func $malloc (export "malloc") (param i32) (result i32) (loop $l (br $l)) (i32.const 0))
        (func $free (param i32)))"#;
    let mut guest = guest(text, Options::default().checks(Checks::Off));
    guest.set_fuel(1000);
    // What it is lent is all it has beside that.
    let reserve = guest.instance.get_global(&mut guest.store, interface::FUEL_RESERVE).unwrap();
    reserve.set(&mut guest.store, Val::I64(interface::FUEL_SLICE)).unwrap();
    assert!(matches!(guest.call_i32("malloc", &[1]), Ended::OutOfFuel));
    assert_eq!(reserve.get(&mut guest.store).unwrap_i64(), interface::FUEL_SLICE);
    let lent = guest.instance.get_global(&mut guest.store, interface::FUEL_LENT).unwrap();
    let lent = lent.get(&mut guest.store).unwrap_i64();
    assert!(lent > 0 && lent < PLENTY);
}
