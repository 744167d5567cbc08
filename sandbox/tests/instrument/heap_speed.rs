//! How fast the heap is. Not a test: `cargo nextest run --run-ignored only heap_speed --no-capture`.

use std::time::Instant;

use proofhouse_sandbox::instrument::Options;

use super::guest::{Guest, Prepared, guest, wasm};
use super::heap::GUEST;

/// Nanoseconds for a turn of `name`. The best of many short stretches: others may use the machine too.
fn best(guest: &mut Guest, name: &str, arguments: &[u32]) -> f64 {
    let turns = 5_000;
    let arguments: Vec<_> = [turns].into_iter().chain(arguments.iter().copied()).collect();
    let times = (0..200).map(|_| {
        let start = Instant::now();
        guest.run(name, &arguments);
        start.elapsed().as_secs_f64() * 1e9 / f64::from(turns)
    });
    times.fold(f64::INFINITY, f64::min)
}

#[test]
#[ignore = "measures, and asserts nothing"]
fn malloc_and_free() {
    let text = GUEST.trim_end().strip_suffix(')').unwrap().to_owned()
        + r#"(func (export "churn") (param $turns i32) (param $size i32)
            (loop $again
                (call $free (call $malloc (local.get $size)))
                (br_if $again (local.tee $turns (i32.sub (local.get $turns) (i32.const 1)))))))"#;
    for size in [8, 24, 100, 500, 2000, 10_000, 100_000] {
        let mut guest = guest(&text, Options::default());
        let nanoseconds = best(&mut guest, "churn", &[size]);
        println!("malloc and free of {size} bytes: {nanoseconds:.1} ns");
    }
}

#[test]
#[ignore = "measures, and asserts nothing"]
fn a_string() {
    let text = r#"(module (memory (export "memory") 1)
        (func $strlen (param i32) (result i32)
            (i32.and (i32.load (local.get 0)) (i32.const 0x80808080)))
        (func (export "churn") (param $turns i32)
            (loop $again
                (drop (call $strlen (i32.const 4096)))
                (br_if $again (local.tee $turns (i32.sub (local.get $turns) (i32.const 1)))))))"#;
    for length in [5, 30, 1000] {
        let mut guest = guest(text, Options::default());
        guest.memory()[4096..4096 + length].fill(b'a');
        println!("strlen of {length} bytes: {:.1} ns", best(&mut guest, "churn", &[]));
    }
}

#[test]
#[ignore = "measures, and asserts nothing"]
fn first_blocks() {
    let module = Prepared::new(&wasm(GUEST), Options::default());
    for blocks in [0, 1, 10, 100, 1000] {
        let times = (0..200).map(|_| {
            let mut guest = module.start();
            let start = Instant::now();
            for _ in 0..blocks {
                guest.run("malloc", &[40]);
            }
            start.elapsed().as_secs_f64() * 1e6
        });
        let best = times.fold(f64::INFINITY, f64::min);
        println!("the first {blocks} blocks: {best:.1} us, calls from the host included");
    }
}
