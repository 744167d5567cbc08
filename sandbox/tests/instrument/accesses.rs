//! Every memory instruction: passes ordinary memory unchanged, and is stopped at the first byte that
//! may not be accessed.

use proofhouse_sandbox::instrument::{AccessKind, Checks, NullPage, Options, Poison};
use wasmtime::{Instance, Module, Store, Val};

use super::guest::{Ended, Guest, engine, guest, is_out_of_bounds, poisoned, printed, wasm};

/// A memory instruction: its name, the bytes that it accesses, what it does, its operands above the
/// address, its result.
pub(crate) struct Instruction {
    pub(crate) name: &'static str,
    pub(crate) size: u32,
    pub(crate) kind: AccessKind,
    pub(crate) operands: &'static str,
    pub(crate) result: &'static str,
    /// Lane number, for the instructions that take one.
    pub(crate) lane: &'static str,
}

const fn load(name: &'static str, size: u32, result: &'static str) -> Instruction {
    Instruction { name, size, kind: AccessKind::Read, operands: "", result, lane: "" }
}

const fn store(name: &'static str, size: u32, operands: &'static str) -> Instruction {
    Instruction { name, size, kind: AccessKind::Write, operands, result: "", lane: "" }
}

const VECTOR: &str = "(v128.const i32x4 1 2 3 4)";

const fn lane_load(name: &'static str, size: u32) -> Instruction {
    Instruction { operands: VECTOR, lane: "1", ..load(name, size, "v128") }
}

const fn lane_store(name: &'static str, size: u32) -> Instruction {
    Instruction { lane: "1", ..store(name, size, VECTOR) }
}

/// All of them but the atomic ones, which this build of wasmtime does not run.
pub(crate) const INSTRUCTIONS: &[Instruction] = &[
    load("i32.load", 4, "i32"),
    load("i64.load", 8, "i64"),
    load("f32.load", 4, "f32"),
    load("f64.load", 8, "f64"),
    load("i32.load8_s", 1, "i32"),
    load("i32.load8_u", 1, "i32"),
    load("i32.load16_s", 2, "i32"),
    load("i32.load16_u", 2, "i32"),
    load("i64.load8_s", 1, "i64"),
    load("i64.load8_u", 1, "i64"),
    load("i64.load16_s", 2, "i64"),
    load("i64.load16_u", 2, "i64"),
    load("i64.load32_s", 4, "i64"),
    load("i64.load32_u", 4, "i64"),
    load("v128.load", 16, "v128"),
    load("v128.load8x8_s", 8, "v128"),
    load("v128.load8x8_u", 8, "v128"),
    load("v128.load16x4_s", 8, "v128"),
    load("v128.load16x4_u", 8, "v128"),
    load("v128.load32x2_s", 8, "v128"),
    load("v128.load32x2_u", 8, "v128"),
    load("v128.load8_splat", 1, "v128"),
    load("v128.load16_splat", 2, "v128"),
    load("v128.load32_splat", 4, "v128"),
    load("v128.load64_splat", 8, "v128"),
    load("v128.load32_zero", 4, "v128"),
    load("v128.load64_zero", 8, "v128"),
    lane_load("v128.load8_lane", 1),
    lane_load("v128.load16_lane", 2),
    lane_load("v128.load32_lane", 4),
    lane_load("v128.load64_lane", 8),
    store("i32.store", 4, "(i32.const -2)"),
    store("i64.store", 8, "(i64.const -2)"),
    store("f32.store", 4, "(f32.const 1.5)"),
    store("f64.store", 8, "(f64.const 1.5)"),
    store("i32.store8", 1, "(i32.const -2)"),
    store("i32.store16", 2, "(i32.const -2)"),
    store("i64.store8", 1, "(i64.const -2)"),
    store("i64.store16", 2, "(i64.const -2)"),
    store("i64.store32", 4, "(i64.const -2)"),
    store("v128.store", 16, VECTOR),
    lane_store("v128.store8_lane", 1),
    lane_store("v128.store16_lane", 2),
    lane_store("v128.store32_lane", 4),
    lane_store("v128.store64_lane", 8),
];

impl Instruction {
    /// A module with a function `run` that performs it at the address given.
    pub(crate) fn module(&self, offset: u32, align: u32) -> String {
        let Self { name, operands, result, lane, .. } = self;
        let result = if result.is_empty() { String::new() } else { format!("(result {result})") };
        format!(
            r#"(module (memory (export "memory") 1)
                (data (i32.const 0) "{BYTES}")
                (func (export "run") (param i32) {result}
                    ({name} offset={offset} align={align} {lane} (local.get 0) {operands})))"#
        )
    }
}

/// What lies at address 0, so that what is read shows.
const BYTES: &str = r"\01\82\03\84\05\86\07\88\09\8a\0b\8c\0d\8e\0f\90\11\92\13\94\15\96\17\98\19\9a\1b\9c\1d\9e\1f\a0\21\a2\23\a4\25\a6\27\a8\29\aa\2b\ac\2d\ae\2f\b0\31\b2\33\b4\35\b6\37\b8\39\ba\3b\bc\3d\be\3f\c0";

const LEVELS: [Checks; 2] = [Checks::Fast, Checks::Exact];

fn options(checks: Checks) -> Options {
    Options::default().checks(checks).null_page(NullPage::Off)
}

/// For every instruction, at every level, with and without a promise of alignment, near and far.
fn for_each(mut check: impl FnMut(&Instruction, u32, &mut Guest, u32)) {
    for instruction in INSTRUCTIONS {
        for checks in LEVELS {
            for align in [1, instruction.size] {
                for offset in [0, 3, 16, 48] {
                    let text = instruction.module(offset, align);
                    check(instruction, offset, &mut guest(&text, options(checks)), align);
                }
            }
        }
    }
}

#[test]
fn ordinary_memory_is_accessed_as_in_the_original() {
    for instruction in INSTRUCTIONS {
        for offset in [0, 3, 16] {
            let text = instruction.module(offset, 1);
            let module = Module::new(engine(), wasm(&text)).unwrap();
            let mut store = Store::new(engine(), ());
            let instance = Instance::new(&mut store, &module, &[]).unwrap();
            let function = instance.get_func(&mut store, "run").unwrap();
            let mut guest = guest(&text, options(Checks::Exact));
            for address in [0, 1, 5, 16, 23] {
                let mut results = vec![Val::I32(0); function.ty(&store).results().len()];
                function.call(&mut store, &[Val::I32(address)], &mut results).unwrap();
                let Ended::Returned(ours) = guest.call_i32("run", &[address as u32]) else {
                    panic!("{} at {address}", instruction.name);
                };
                let [theirs, ours] =
                    [results, ours].map(|values| values.iter().map(printed).collect::<Vec<_>>());
                assert_eq!(ours, theirs, "{} at {address}", instruction.name);
                assert_eq!(guest.state(), super::guest::state(&mut store, instance));
            }
        }
    }
}

#[test]
fn poisoned_memory_is_not_accessed() {
    for_each(|instruction, offset, guest, align| {
        let name = instruction.name;
        let target = 64 + offset.next_multiple_of(8);
        guest.set_shadow(target, &[Poison::HEAP_REDZONE.0; 2]);
        let before = guest.memory().to_vec();
        match guest.call_i32("run", &[target - offset]) {
            Ended::Violated(violation) => {
                assert_eq!(violation.kind, instruction.kind, "{name}");
                assert_eq!(violation.address, u64::from(target), "{name}");
                assert_eq!(violation.size, instruction.size, "{name}");
                assert_eq!(poisoned(&violation), (target, Some(Poison::HEAP_REDZONE)), "{name}");
            }
            other => panic!("{name} offset={offset} align={align}: {other:?}"),
        }
        assert_eq!(guest.memory(), before, "{name} was carried out");
    });
}

#[test]
fn the_last_usable_byte_is_usable_and_the_next_one_is_not() {
    for_each(|instruction, offset, guest, align| {
        let name = instruction.name;
        // Three granules from 64 on: usable up to `64 + usable`, then the end of the object.
        for usable in 1..=16u32 {
            let mut shadow = vec![0u8; (usable / 8) as usize];
            if usable % 8 != 0 {
                shadow.push((usable % 8) as u8);
            }
            shadow.resize(6, Poison::HEAP_REDZONE.0);
            guest.set_shadow(64, &shadow);
            for address in 56..64 + 17u32 {
                // With a promise of alignment, keep it: breaking it is another test's matter.
                if !address.is_multiple_of(align) || !offset.is_multiple_of(align) {
                    continue;
                }
                let fits = address + instruction.size <= 64 + usable;
                let Some(base) = address.checked_sub(offset) else { continue };
                let ended = guest.call_i32("run", &[base]);
                let context =
                    format!("{name} offset={offset} align={align}: {address} of {usable}");
                match ended {
                    Ended::Returned(_) => assert!(fits, "{context} passed"),
                    Ended::Violated(violation) => {
                        assert!(!fits, "{context}: {violation:?}");
                        let first = address.max(64 + usable);
                        assert_eq!(
                            poisoned(&violation),
                            (first, Some(Poison::HEAP_REDZONE)),
                            "{context}"
                        );
                    }
                    other => panic!("{context}: {other:?}"),
                }
            }
        }
    });
}

#[test]
fn an_access_that_starts_in_poison_is_found_by_its_first_byte() {
    for instruction in INSTRUCTIONS.iter().filter(|instruction| instruction.size > 1) {
        for (checks, align) in [(Checks::Exact, instruction.size), (Checks::Fast, 1)] {
            let mut guest = guest(&instruction.module(0, align), options(checks));
            guest.set_shadow(64, &[Poison::HEAP_REDZONE.0]);
            // The last byte of the poisoned granule, and ordinary ones behind it.
            match guest.call_i32("run", &[71]) {
                Ended::Violated(violation) => assert_eq!(poisoned(&violation).0, 71),
                other => panic!("{}: {other:?}", instruction.name),
            }
        }
    }
}

#[test]
fn a_broken_promise_of_alignment_hides_no_overflow_and_raises_no_alarm() {
    for instruction in INSTRUCTIONS.iter().filter(|instruction| instruction.size > 1) {
        let size = instruction.size;
        let mut guest = guest(&instruction.module(0, size), options(Checks::Fast));
        // An object of 20 bytes at 64.
        guest.set_shadow(64, &[0, 0, 4, Poison::HEAP_REDZONE.0, Poison::HEAP_REDZONE.0]);
        let last = 64 + 20 - size;
        assert!(
            matches!(guest.call_i32("run", &[last]), Ended::Returned(_)),
            "{}",
            instruction.name
        );
        assert!(
            matches!(guest.call_i32("run", &[last + 1]), Ended::Violated(_)),
            "{}",
            instruction.name
        );
    }
}

#[test]
fn the_middle_of_a_wide_access_is_looked_at() {
    for name in ["v128.load", "v128.store"] {
        let instruction = INSTRUCTIONS.iter().find(|instruction| instruction.name == name).unwrap();
        for checks in LEVELS {
            let mut guest = guest(&instruction.module(0, 1), options(checks));
            guest.set_shadow(64, &[0, Poison::HEAP_FREED.0, 0]);
            match guest.call_i32("run", &[67]) {
                Ended::Violated(violation) => {
                    assert_eq!(poisoned(&violation), (72, Some(Poison::HEAP_FREED)));
                }
                other => panic!("{name}: {other:?}"),
            }
        }
    }
}

#[test]
fn addresses_behind_the_memory_trap_as_such() {
    for instruction in INSTRUCTIONS {
        for checks in LEVELS {
            for (offset, address) in [
                (0, 65_536),
                (0, 65_537 - instruction.size),
                (0, u32::MAX),
                (0, u32::MAX - 7),
                (u32::MAX, 0),
                (u32::MAX, 1),
                (u32::MAX, u32::MAX),
                (u32::MAX - 7, 64),
                (16, u32::MAX - 7),
            ] {
                let mut guest = guest(&instruction.module(offset, 1), options(checks));
                // The lookup of a sum that wraps may meet this; the access is behind the memory.
                guest.set_shadow(0, &[Poison::NULL_PAGE.0; 16]);
                let ended = guest.call_i32("run", &[address]);
                let context = format!("{} offset={offset} at {address}", instruction.name);
                assert!(is_out_of_bounds(&ended), "{context}: {ended:?}");
            }
        }
    }
}
