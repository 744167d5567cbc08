//! Watching: every byte of a buffer that is read is remembered, and no other.

use proofhouse_sandbox::instrument::{Checks, Options, WatchFound, instrument, interface};

use super::guest::{Ended, Guest, guest, wasm};

/// Where the buffer is, and how long.
const BUFFER: u32 = 1000;
const BYTES: u32 = 32;

fn watching() -> Options {
    Options::default().checks(Checks::Off).watch(true)
}

/// A guest that does that with an address and a length.
fn module(body: &str) -> String {
    format!(
        r#"(module (memory (export "memory") 1)
            (func (export "run") (param i32 i32) {body}))"#
    )
}

/// Which bytes of the buffer are remembered, as a range, after a call.
fn read(guest: &mut Guest, arguments: [u32; 2]) -> Option<(u32, u32)> {
    guest.set(interface::WATCH_START, BUFFER);
    guest.set(interface::WATCH_BYTES, BYTES);
    let ended = guest.call_i32("run", &arguments);
    assert!(matches!(ended, Ended::Returned(_)), "{ended:?}");
    remembered(guest)
}

fn remembered(guest: &mut Guest) -> Option<(u32, u32)> {
    let memory = guest.instance.get_memory(&mut guest.store, interface::WATCH).unwrap();
    let bytes = &memory.data(&guest.store)[interface::WATCHED_PADDING as usize..];
    let marked: Vec<u32> = (0..BYTES).filter(|at| bytes[*at as usize] != 0).collect();
    let (first, last) = (*marked.first()?, *marked.last()?);
    assert_eq!(marked.len() as u32, last - first + 1, "{marked:?}");
    Some((first, last))
}

#[test]
fn every_kind_of_load_is_remembered_with_its_size() {
    for (load, size) in [
        ("(drop (i32.load8_u (local.get 0)))", 1),
        ("(drop (i64.load16_s (local.get 0)))", 2),
        ("(drop (f32.load (local.get 0)))", 4),
        ("(drop (i64.load (local.get 0)))", 8),
        ("(drop (v128.load (local.get 0)))", 16),
        ("(drop (v128.load32_splat (local.get 0)))", 4),
        ("(drop (v128.load8_lane 3 (local.get 0) (v128.const i64x2 1 2)))", 1),
        ("(memory.copy (i32.const 4096) (local.get 0) (i32.const 5))", 5),
    ] {
        for (at, expected) in [
            (BUFFER, Some((0, size - 1))),
            (BUFFER + 7, Some((7, 7 + size - 1))),
            (BUFFER + BYTES - size, Some((BYTES - size, BYTES - 1))),
            (BUFFER + BYTES - 1, Some((BYTES - 1, BYTES - 1))),
            (BUFFER + BYTES, None),
            (BUFFER - size, None),
            (BUFFER - size + 1, Some((0, 0))),
            (0, None),
        ] {
            let mut guest = guest(&module(load), watching());
            assert_eq!(read(&mut guest, [at, 0]), expected, "{load} at {at}");
        }
    }
}

#[test]
fn a_constant_offset_counts() {
    let mut guest = guest(&module("(drop (i32.load offset=500 (local.get 0)))"), watching());
    assert_eq!(read(&mut guest, [BUFFER - 500 + 4, 0]), Some((4, 7)));
}

#[test]
fn what_is_written_was_not_read() {
    let body = "(i32.store (local.get 0) (i32.const 7))
        (memory.fill (local.get 0) (i32.const 1) (i32.const 8))
        (memory.copy (local.get 0) (i32.const 0) (i32.const 8))
        (v128.store8_lane 3 (local.get 0) (v128.const i64x2 1 2))";
    assert_eq!(read(&mut guest(&module(body), watching()), [BUFFER, 0]), None);
}

#[test]
fn copies_of_any_length_are_cut_to_the_buffer() {
    let body = "(memory.copy (i32.const 8192) (local.get 0) (local.get 1))";
    for (from, length, expected) in [
        (BUFFER - 10, 10, None),
        (BUFFER - 10, 11, Some((0, 0))),
        (BUFFER - 10, 1000, Some((0, BYTES - 1))),
        (BUFFER + 3, 0, None),
        (BUFFER + BYTES - 1, 1000, Some((BYTES - 1, BYTES - 1))),
        (BUFFER + BYTES, 1000, None),
    ] {
        let mut guest = guest(&module(body), watching());
        assert_eq!(read(&mut guest, [from, length]), expected, "{from} {length}");
    }
}

#[test]
fn nothing_is_watched_before_somebody_says_so() {
    let body = "(drop (i64.load (i32.const 0))) (drop (v128.load (local.get 0)))";
    let mut guest = guest(&module(body), watching());
    assert!(matches!(guest.call_i32("run", &[BUFFER, 0]), Ended::Returned(_)));
    assert_eq!(remembered(&mut guest), None);
}

#[test]
fn a_guest_that_may_keep_something_elsewhere_is_known() {
    let found = |text: &str| instrument(&wasm(text), watching()).unwrap().watch;
    let keeps = |keeps_elsewhere| Some(WatchFound { keeps_elsewhere });
    let memory = r#"(memory 1) (table 2 funcref) (elem $e func $f) (data $d "x")
        (global $g (mut i32) (i32.const 0))"#;
    for (body, expected) in [
        ("(drop (global.get $g)) (drop (table.get (i32.const 0)))", false),
        ("(global.set $g (i32.const 1))", true),
        ("(table.set (i32.const 0) (ref.null func))", true),
        ("(table.init $e (i32.const 0) (i32.const 0) (i32.const 1))", true),
        ("(elem.drop $e)", true),
        ("(data.drop $d)", true),
    ] {
        let text = format!("(module {memory} (func $f {body}))");
        assert_eq!(found(&text), keeps(expected), "{body}");
    }
    // The stack pointer comes back to where it was.
    let stack = r"(module (memory 1) (global $__stack_pointer (mut i32) (i32.const 4096))
        (func (global.set $__stack_pointer (i32.sub (global.get $__stack_pointer) (i32.const 16)))))";
    assert_eq!(found(stack), keeps(false));
}

#[test]
fn where_memory_is_checked_nothing_is_watched() {
    let text = wasm(&module("(drop (i32.load (local.get 0)))"));
    let instrumented = instrument(&text, Options::default().watch(true)).unwrap();
    assert_eq!((instrumented.watch, instrumented.interface.watch), (None, false));
}

#[test]
fn counts_do_not_wrap() {
    let body = "(loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))";
    for checks in [Checks::Off, Checks::Fast] {
        let options = Options::default().checks(checks).counts(true);
        let mut guest = guest(&module(body), options);
        assert!(matches!(guest.call_i32("run", &[70_000, 0]), Ended::Returned(_)));
        let map = guest.instrumented.coverage.clone().unwrap();
        let memory = guest.instance.get_memory(&mut guest.store, interface::COVERAGE).unwrap();
        let counts: Vec<u64> = map.counts(memory.data(&guest.store)).collect();
        assert_eq!(counts, [1, 70_000, 69_999]);
        assert!(map.sites().is_empty());
    }
}
