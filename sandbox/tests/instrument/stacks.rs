//! How deep the stacks grow: what is counted, what is not, and that a limit stops what exceeds it.

use proofhouse_sandbox::instrument::{Checks, Options, instrument, interface};
use wasmtime::{Trap, Val};

use super::guest::{Ended, Guest, guest, wasm};

/// Recursion, directly, through another function and through a table; and a chain that cannot recur.
const CALLS: &str = r#"(module
    (type $visit (func (param i32)))
    (table 1 funcref) (elem (i32.const 0) func $through_table)
    (func $direct (export "direct") (param i32)
        (if (local.get 0) (then (call $direct (i32.sub (local.get 0) (i32.const 1))))))
    (func $ping (export "mutual") (param i32)
        (if (local.get 0) (then (call $pong (i32.sub (local.get 0) (i32.const 1))))))
    (func $pong (param i32) (call $ping (local.get 0)))
    (func $through_table (export "table") (param i32)
        (if (local.get 0) (then
            (call_indirect (type $visit) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0)))))
    (func $tail (export "tail") (param i32)
        (if (local.get 0) (then (return_call $tail (i32.sub (local.get 0) (i32.const 1))))))
    (func $early (export "early") (param i32)
        (if (i32.eqz (local.get 0)) (then (return)))
        (block (br_if 0 (i32.const 1)))
        (call $early (i32.sub (local.get 0) (i32.const 1))))
    (func $a (call $b)) (func $b (call $c)) (func $c)
    (func (export "chain") (param i32) (call $a)))"#;

/// The same with checks and without: how deep calls are is none of their business.
fn guests(text: &str) -> [Guest; 2] {
    [Checks::Off, Checks::Fast].map(|checks| guest(text, Options::default().checks(checks)))
}

fn is_stopped(guest: &mut Guest, ended: &Ended, stack: i32) -> bool {
    let trapped = matches!(ended, Ended::Trapped(Trap::UnreachableCodeReached));
    trapped && guest.gauge(interface::STACK_STOP) == stack
}

#[test]
fn calls_may_be_nested_as_deep_as_the_limit_and_no_deeper() {
    // So many calls are nested for each that was asked for, and one to begin with.
    for (name, each) in [("direct", 1), ("mutual", 2), ("table", 1), ("early", 1)] {
        for mut guest in guests(CALLS) {
            let depth = 10 * each + 1;
            guest.set_depth(depth);
            let ended = guest.call_i32(name, &[10]);
            assert!(matches!(ended, Ended::Returned(_)), "{name}: {ended:?}");
            assert_eq!(
                guest.gauge(interface::DEPTH),
                depth,
                "{name}: what was taken is given back"
            );
            guest.set_depth(depth - 1);
            let ended = guest.call_i32(name, &[10]);
            assert!(is_stopped(&mut guest, &ended, interface::CALL_DEPTH), "{name}: {ended:?}");
        }
    }
}

#[test]
fn calls_that_do_not_nest_are_not_counted() {
    for mut guest in guests(CALLS) {
        for (name, argument, depth) in [("chain", 0, 0), ("tail", 1000, 1)] {
            guest.set_depth(depth);
            let ended = guest.call_i32(name, &[argument]);
            assert!(matches!(ended, Ended::Returned(_)), "{name}: {ended:?}");
            assert_eq!(guest.gauge(interface::DEPTH), depth, "{name}");
        }
    }
}

/// A function with a frame of the size that it is given, as compilers make and free it.
const FRAMES: &str = r#"(module (memory (export "memory") 2)
    (global $__stack_pointer (mut i32) (i32.const 65536)) (data (i32.const 65536) "x")
    (func $fixed (export "fixed") (local i32)
        (global.set $__stack_pointer
            (local.tee 0 (i32.sub (global.get $__stack_pointer) (i32.const 48))))
        (i32.store (local.get 0) (i32.const 7))
        (global.set $__stack_pointer (i32.add (local.get 0) (i32.const 48))))
    (func $alloca (export "alloca") (param i32) (local i32)
        (local.set 1 (global.get $__stack_pointer))
        (global.set $__stack_pointer (i32.sub (global.get $__stack_pointer) (local.get 0)))
        (global.set $__stack_pointer (local.get 1))))"#;

fn set_limit(guest: &mut Guest, bytes: i32) {
    let limit = guest.instance.get_global(&mut guest.store, interface::STACK_LIMIT).unwrap();
    limit.set(&mut guest.store, Val::I32(bytes)).unwrap();
}

#[test]
fn the_linear_stack_may_grow_to_its_limit_and_no_further() {
    for mut guest in guests(FRAMES) {
        for (name, argument, needed) in
            [("fixed", None, 48), ("alloca", Some(20_000), 20_000), ("alloca", Some(0), 0)]
        {
            let argument = argument.as_slice();
            set_limit(&mut guest, needed);
            let ended = guest.call_i32(name, argument);
            assert!(matches!(ended, Ended::Returned(_)), "{name}: {ended:?}");
            if needed > 0 {
                set_limit(&mut guest, needed - 1);
                let ended = guest.call_i32(name, argument);
                let stopped = is_stopped(&mut guest, &ended, interface::LINEAR_STACK);
                assert!(stopped, "{name}: {ended:?}");
                // The pointer was not set, so that the next call finds what the first one did.
                assert_eq!(guest.gauge(interface::STACK_POINTER), 65536);
            }
        }
    }
}

#[test]
fn a_stack_pointer_that_wraps_is_over_any_limit() {
    for mut guest in guests(FRAMES) {
        set_limit(&mut guest, 65536);
        let ended = guest.call_i32("alloca", &[65537]);
        assert!(is_stopped(&mut guest, &ended, interface::LINEAR_STACK), "{ended:?}");
        let ended = guest.call_i32("alloca", &[u32::MAX]);
        assert!(is_stopped(&mut guest, &ended, interface::LINEAR_STACK), "{ended:?}");
    }
}

#[test]
fn a_fresh_instance_has_all_linear_stack_and_no_depth() {
    let instrumented = instrument(&wasm(FRAMES), Options::default()).unwrap();
    assert!(instrumented.interface.depth);
    assert_eq!(instrumented.summary.own_stack_bytes, Some(65536));
    assert!(instrumented.interface.stack_room.is_some_and(|room| room < 65536));
    let without = instrument(&wasm(CALLS), Options::default()).unwrap();
    assert!(without.interface.depth && without.interface.stack_room.is_none());
    assert_eq!(without.summary.own_stack_bytes, None);
}

/// Without checks, with lookups that may be left out, and with all that the host makes.
fn by_all(text: &str) -> [(&'static str, Guest); 3] {
    let checked = Options::default();
    [
        ("off", guest(text, checked.checks(Checks::Off))),
        ("on", guest(text, checked)),
        ("oracle", guest(text, checked.oracle(true))),
    ]
}

/// A heap right behind the stack, and functions that do with the stack pointer what no compiler does.
const MOVED: &str = r#"(module (memory (export "memory") 1)
    (global $__stack_pointer (mut i32) (i32.const 65536)) (data (i32.const 9000) "x")
    (func $malloc (export "malloc") (param i32) (result i32) (i32.const 60000))
    (func $free (param i32))
    (func $to (export "to") (param i32) (global.set $__stack_pointer (local.get 0)))
    (func $add (export "add") (param i32)
        (global.set $__stack_pointer (i32.add (local.get 0) (i32.const 32))))
    (func $frame (export "frame") (param i32)
        (global.set $__stack_pointer (i32.sub (global.get $__stack_pointer) (i32.const 32)))
        (call $to (local.get 0))
        (i32.store (global.get $__stack_pointer) (i32.const 7))
        (global.set $__stack_pointer (i32.const 65536)))
    (func $up (local i32)
        (local.set 0 (global.get $__stack_pointer))
        (global.set $__stack_pointer (i32.add (global.get $__stack_pointer) (i32.const 16)))
        (i32.store (i32.sub (local.get 0) (i32.const 65000)) (i32.const 7)))
    (func $below (export "below") (local i32)
        (global.set $__stack_pointer
            (local.tee 0 (i32.sub (global.get $__stack_pointer) (i32.const 32))))
        (call $up)
        (global.set $__stack_pointer (i32.add (local.get 0) (i32.const 32))))
    (func $deep (export "deep") (local i32)
        (global.set $__stack_pointer
            (local.tee 0 (i32.sub (global.get $__stack_pointer) (i32.const 64500))))
        (i32.store (local.get 0) (i32.const 7))
        (global.set $__stack_pointer (i32.add (local.get 0) (i32.const 64500)))))"#;

#[test]
fn a_call_may_leave_the_stack_pointer_anywhere() {
    for (how, mut guest) in by_all(MOVED) {
        guest.run("malloc", &[100]);
        let ended = guest.call_i32("frame", &[60_000]);
        assert!(matches!(ended, Ended::Returned(_)), "{how}: {ended:?}");
        // Where it starts is the end of the stack, and behind it a redzone.
        let ended = guest.call_i32("frame", &[65_536]);
        match how {
            "off" => assert!(matches!(ended, Ended::Trapped(Trap::MemoryOutOfBounds)), "{ended:?}"),
            _ => assert!(matches!(ended, Ended::Violated(_)), "{how}: {ended:?}"),
        }
    }
}

#[test]
fn a_stack_pointer_that_goes_up_makes_no_frame() {
    for (how, mut guest) in by_all(MOVED) {
        let ended = guest.call_i32("below", &[]);
        match how {
            "off" => assert!(matches!(ended, Ended::Returned(_)), "{ended:?}"),
            _ => assert!(matches!(ended, Ended::Violated(_)), "{how}: {ended:?}"),
        }
    }
}

#[test]
fn the_stack_pointer_stays_between_the_null_page_and_where_it_starts() {
    for (name, argument) in [
        ("to", Some(64)),
        ("to", Some(1024 + 127)),
        ("to", Some(65_537)),
        ("to", Some(0)),
        ("add", Some(65_536)),
        ("add", Some(u32::MAX - 32)),
        ("deep", None),
    ] {
        for (how, mut guest) in by_all(MOVED) {
            let ended = guest.call_i32(name, argument.as_slice());
            let stopped = is_stopped(&mut guest, &ended, interface::LINEAR_STACK);
            assert!(stopped, "{how} {name} {argument:?}: {ended:?}");
        }
    }
    for (how, mut guest) in by_all(MOVED) {
        for (name, argument) in [("to", 1024 + 128), ("add", 65_504)] {
            let ended = guest.call_i32(name, &[argument]);
            assert!(matches!(ended, Ended::Returned(_)), "{how} {name}: {ended:?}");
        }
    }
}
