//! `memory.copy`, `memory.fill` and `memory.init`: both ends and all between.

use proofhouse_sandbox::instrument::{AccessKind, Cause, NullPage, Options, Poison};

use super::guest::{Ended, Guest, guest, poisoned};

fn bulk() -> Guest {
    let text = r#"(module (memory (export "memory") 1)
        (data $d "0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz0123456789")
        (func (export "fill") (param i32 i32)
            (memory.fill (local.get 0) (i32.const 0xff) (local.get 1)))
        (func (export "init") (param i32 i32)
            (memory.init $d (local.get 0) (i32.const 0) (local.get 1)))
        (func (export "copy_to") (param i32 i32)
            (memory.copy (local.get 0) (i32.const 4096) (local.get 1)))
        (func (export "copy_from") (param i32 i32)
            (memory.copy (i32.const 4096) (local.get 0) (local.get 1))))"#;
    guest(text, Options::default().null_page(NullPage::Off))
}

const ALL: [(&str, AccessKind); 4] = [
    ("fill", AccessKind::Write),
    ("init", AccessKind::Write),
    ("copy_to", AccessKind::Write),
    ("copy_from", AccessKind::Read),
];

/// An object of 44 bytes at 64, and what is around it.
const OBJECT: [u8; 8] = [0xfa, 0, 0, 0, 0, 0, 4, 0xfa];

#[test]
fn exactly_the_object_may_be_moved() {
    for (name, kind) in ALL {
        for (address, length, first) in [
            (64, 44, None),
            (64, 45, Some(108)),
            (63, 2, Some(63)),
            (63, 40, Some(63)),
            (80, 28, None),
            (80, 29, Some(108)),
            (107, 1, None),
            (108, 1, Some(108)),
            (108, 0, None),
            (112, 0, None),
            (40, 40, Some(56)),
        ] {
            let mut guest = bulk();
            guest.set_shadow(56, &OBJECT);
            let before = guest.memory().to_vec();
            match (guest.call_i32(name, &[address, length]), first) {
                (Ended::Returned(_), None) => {}
                (Ended::Violated(violation), Some(first)) => {
                    assert_eq!(poisoned(&violation).0, first, "{name}");
                    assert_eq!(violation.kind, kind, "{name}");
                    assert_eq!(
                        (violation.address, violation.size),
                        (address.into(), length),
                        "{name}"
                    );
                    assert_eq!(poisoned(&violation).1, Some(Poison::HEAP_REDZONE), "{name}");
                    assert_eq!(guest.memory(), before, "{name} was carried out");
                }
                (ended, _) => panic!("{name} {address} {length}: {ended:?}"),
            }
        }
    }
}

#[test]
fn they_still_do_their_work() {
    let mut guest = bulk();
    assert!(matches!(guest.call_i32("init", &[4096, 10]), Ended::Returned(_)));
    assert!(matches!(guest.call_i32("copy_to", &[100, 6]), Ended::Returned(_)));
    assert!(matches!(guest.call_i32("fill", &[102, 2]), Ended::Returned(_)));
    assert_eq!(&guest.memory()[100..107], b"01\xff\xff45\0");
    assert!(matches!(guest.call_i32("copy_from", &[102, 3]), Ended::Returned(_)));
    assert_eq!(&guest.memory()[4096..4100], b"\xff\xff43");
}

#[test]
fn poison_before_the_end_of_the_memory_counts_more() {
    // Of a copy to the object its source comes first, which has no poison.
    for (name, _) in ALL.into_iter().filter(|(name, _)| *name != "copy_to") {
        let mut guest = bulk();
        guest.set_shadow(56, &OBJECT);
        let ended = guest.call_i32(name, &[64, 70_000]);
        let Ended::Violated(violation) = ended else { panic!("{name}: {ended:?}") };
        assert_eq!(poisoned(&violation).1, Some(Poison::HEAP_REDZONE), "{name}");
    }
}

#[test]
fn leaving_the_memory_is_told_as_such_whatever_the_shadow_says() {
    for (name, _) in ALL {
        for (address, length) in
            [(65_536, 1), (65_530, 7), (64, u32::MAX), (u32::MAX, 1), (u32::MAX, u32::MAX)]
        {
            let mut guest = bulk();
            guest.set_shadow(56, &OBJECT);
            let ended = guest.call_i32(name, &[address, length]);
            let Ended::Violated(violation) = ended else { panic!("{name}: {ended:?}") };
            assert_eq!(violation.cause, Cause::OutOfBounds, "{name} {address} {length}");
            assert_eq!(violation.size, length, "{name}");
        }
    }
}
