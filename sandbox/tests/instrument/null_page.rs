//! Which address range from 0 on is guarded, by how the module is laid out.

use proofhouse_sandbox::instrument::{
    AccessKind, Checks, NullPage, NullPageFound, Options, Poison, StackPointer, Summary, Unguarded,
    instrument,
};

use super::guest::{Ended, guest, poisoned, wasm};

fn summary(text: &str) -> Summary {
    instrument(&wasm(text), Options::default()).unwrap().summary
}

/// A module with a stack pointer of that name and start, and data at these addresses.
fn module(stack: &str, data: &[&str]) -> String {
    let data = data.iter().map(|at| format!("(data {at} \"x\")")).collect::<Vec<_>>().concat();
    format!(
        r#"(module (memory (export "memory") 2) {stack} {data}
            (func (export "read") (param i32) (result i32) (i32.load8_u (local.get 0)))
            (func (export "write") (param i32) (i32.store8 (local.get 0) (i32.const 1))))"#
    )
}

const STACK_FIRST: &str = "(global $__stack_pointer (mut i32) (i32.const 65536))";
const DATA_FIRST: &str = "(global $__stack_pointer (mut i32) (i32.const 70000))";

const fn guarded(bytes: u32, end_of_stack: bool) -> NullPageFound {
    NullPageFound::Guarded { bytes, end_of_stack }
}

const fn unguarded(reason: Unguarded) -> NullPageFound {
    NullPageFound::Unguarded { reason }
}

#[test]
fn the_layout_decides() {
    for (text, expected) in [
        (module(STACK_FIRST, &["(i32.const 65536)"]), guarded(4096, true)),
        (module(STACK_FIRST, &["(i32.const 1024)"]), guarded(1024, false)),
        (module(STACK_FIRST, &["(i32.const 65536)", "(i32.const 1024)"]), guarded(1024, false)),
        (module(STACK_FIRST, &["(i32.const 100)"]), guarded(96, false)),
        (module(STACK_FIRST, &["(i32.const 9)"]), guarded(8, false)),
        (module(STACK_FIRST, &["(i32.const 7)"]), unguarded(Unguarded::DataAtZero)),
        (module(STACK_FIRST, &["(i32.const 0)"]), unguarded(Unguarded::DataAtZero)),
        (module(STACK_FIRST, &[""]), guarded(1024, true)),
        (module(STACK_FIRST, &[]), guarded(1024, true)),
        (
            module("(global $__stack_pointer (mut i32) (i32.const 8192))", &["(i32.const 8192)"]),
            guarded(2048, true),
        ),
        // A large stack gives a part of it.
        (
            module(
                "(global $__stack_pointer (mut i32) (i32.const 131072))",
                &["(i32.const 131072)"],
            )
            .replace(" 2)", " 3)"),
            guarded(4096, true),
        ),
        (
            module(
                "(global $__stack_pointer (mut i32) (i32.const 1048576))",
                &["(i32.const 1048576)"],
            )
            .replace(" 2)", " 17)"),
            guarded(32 << 10, true),
        ),
        (
            module(
                "(global $__stack_pointer (mut i32) (i32.const 16777216))",
                &["(i32.const 16777216)"],
            )
            .replace(" 2)", " 257)"),
            guarded(256 << 10, true),
        ),
        (module("", &["(i32.const 65536)"]), unguarded(Unguarded::UnknownLayout)),
    ] {
        assert_eq!(summary(&text).null_page, Some(expected), "{text}");
    }
}

#[test]
fn data_at_an_address_that_the_host_decides_may_be_anywhere() {
    let text = r#"(module (import "env" "base" (global $base i32)) (memory 2)
        (global $__stack_pointer (mut i32) (i32.const 65536))
        (data (global.get $base) "x"))"#;
    assert_eq!(summary(text).null_page, Some(unguarded(Unguarded::UnknownData)));
}

#[test]
fn names_that_lie_are_not_believed() {
    for global in [
        "(global $__stack_pointer i32 (i32.const 65536))",
        "(global $__stack_pointer (mut i64) (i64.const 65536))",
        "(global $__stack_pointer (mut f32) (f32.const 1))",
        "(global $__stack_pointer (mut i32) (i32.const 65535))",
        "(global $__stack_pointer (mut i32) (i32.const 0))",
        "(global $other (mut i32) (i32.const 65536))",
    ] {
        assert_eq!(summary(&module(global, &[])).stack_pointer, None, "{global}");
    }
}

#[test]
fn without_names_a_frame_shows_the_stack_pointer() {
    let text = r"(module (memory 2)
        (global (mut i32) (i32.const 32))
        (global (mut i32) (i32.const 65536))
        (func (nop))
        (func (local i32)
            global.get 1 i32.const 16 i32.sub local.tee 0 global.set 1
            local.get 0 i32.const 16 i32.add global.set 1))";
    assert_eq!(summary(text).stack_pointer, Some(StackPointer { global: 1, initial: 65_536 }));
    for other in ["i32.const -16 i32.sub", "i32.const 16 i32.add", "local.get 0 i32.sub"] {
        let other = text.replace("i32.const 16 i32.sub", other);
        assert_eq!(summary(&other).stack_pointer, None);
    }
}

#[test]
fn a_null_pointer_with_a_small_offset_is_stopped() {
    for checks in [Checks::Fast, Checks::Exact] {
        for address in [0, 1, 8, 100, 4088, 4095] {
            let text = module(STACK_FIRST, &["(i32.const 65536)"]);
            let mut guest = guest(&text, Options::default().checks(checks));
            for (name, kind) in [("read", AccessKind::Read), ("write", AccessKind::Write)] {
                match guest.call_i32(name, &[address]) {
                    Ended::Violated(violation) => {
                        assert_eq!(poisoned(&violation).1, Some(Poison::NULL_PAGE));
                        assert_eq!(violation.kind, kind);
                        assert_eq!(violation.address, u64::from(address));
                    }
                    other => panic!("{name} {address}: {other:?}"),
                }
            }
        }
    }
}

#[test]
fn behind_the_null_page_all_is_ordinary() {
    for (text, bytes) in [
        (module(STACK_FIRST, &["(i32.const 65536)"]), 4096),
        (module(DATA_FIRST, &["(i32.const 1024)"]), 1024),
    ] {
        let mut guest = guest(&text, Options::default());
        for name in ["read", "write"] {
            assert!(matches!(guest.call_i32(name, &[bytes]), Ended::Returned(_)));
        }
    }
}

#[test]
fn it_can_be_declined() {
    let text = module(STACK_FIRST, &["(i32.const 65536)"]);
    let mut guest = guest(&text, Options::default().null_page(NullPage::Off));
    assert_eq!(guest.instrumented.summary.null_page, Some(NullPageFound::Off));
    assert!(matches!(guest.call_i32("read", &[0]), Ended::Returned(_)));
}
