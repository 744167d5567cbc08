//! Coverage: what each construct counts, what is kept of comparisons, and that nothing else changes.

use proofhouse_sandbox::instrument::{
    Checks, CoverageMap, Options, PointKind, instrument, interface,
};

use super::guest::{Ended, Guest, PLENTY, guest, wasm};

fn covering() -> Options {
    Options::default().coverage(true)
}

/// A module with a function of two `i32` parameters.
fn module(body: &str) -> String {
    format!(
        r#"(module (memory (export "memory") 1)
            (func (export "run") (param i32 i32) (local i64) {body}))"#
    )
}

fn map(guest: &Guest) -> CoverageMap {
    guest.instrumented.coverage.clone().unwrap()
}

fn coverage(guest: &mut Guest) -> Vec<u8> {
    let memory = guest.instance.get_memory(&mut guest.store, interface::COVERAGE).unwrap();
    memory.data(&guest.store).to_vec()
}

/// Kinds and counts after one call.
fn counted(body: &str, arguments: [u32; 2]) -> Vec<(PointKind, u8)> {
    let mut guest = guest(&module(body), covering());
    assert!(matches!(guest.call_i32("run", &arguments), Ended::Returned(_)), "{body}");
    let (map, memory) = (map(&guest), coverage(&mut guest));
    let counters = map.counters(&memory);
    map.points().iter().zip(counters).map(|(point, count)| (point.kind, *count)).collect()
}

use PointKind::{Block, Skipped, Taken};

#[test]
fn entering_counts_once() {
    assert_eq!(counted("", [0, 0]), [(Block, 1)]);
    assert_eq!(counted("(drop (i32.const 1))", [0, 0]), [(Block, 1)]);
    assert_eq!(counted("(block (block (nop)))", [0, 0]), [(Block, 1)]);
}

#[test]
fn both_ways_of_a_branch_are_told_apart() {
    let br_if = "(block (br_if 0 (local.get 0)) (drop (i32.const 1))) (drop (i32.const 2))";
    assert_eq!(counted(br_if, [7, 0]), [(Block, 1), (Taken, 1), (Block, 0), (Block, 1)]);
    assert_eq!(counted(br_if, [0, 0]), [(Block, 1), (Taken, 0), (Block, 1), (Block, 1)]);
    let lone = "(if (local.get 0) (then (drop (i32.const 1))))";
    assert_eq!(counted(lone, [7, 0]), [(Block, 1), (Skipped, 0), (Block, 1)]);
    assert_eq!(counted(lone, [0, 0]), [(Block, 1), (Skipped, 1), (Block, 0)]);
    let arms = "(if (local.get 0) (then (drop (i32.const 1))) (else (drop (i32.const 2))))";
    assert_eq!(counted(arms, [7, 0]), [(Block, 1), (Block, 1), (Block, 0)]);
    assert_eq!(counted(arms, [0, 0]), [(Block, 1), (Block, 0), (Block, 1)]);
    let leaves = "(block (br_if 0 (local.get 0)) (return))";
    assert_eq!(counted(leaves, [0, 0])[2], (Block, 1));
}

#[test]
fn loops_are_counted_modulo_256() {
    let body = "(loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))";
    assert_eq!(counted(body, [5, 0]), [(Block, 1), (Block, 5), (Taken, 4)]);
    assert_eq!(counted(body, [258, 0]), [(Block, 1), (Block, 2), (Taken, 1)]);
}

#[test]
fn code_that_is_never_reached_is_not_counted() {
    let body = "(block (br 0) (drop (i32.eq (local.get 0) (local.get 1)))
        (br_if 0 (i32.const 1)) (if (i32.const 1) (then)))";
    let mut guest = guest(&module(body), covering());
    assert!(matches!(guest.call_i32("run", &[0, 0]), Ended::Returned(_)));
    assert_eq!((map(&guest).points().len(), map(&guest).sites().len()), (1, 0));
}

#[test]
fn the_last_operands_are_kept() {
    let body = "(drop (i32.lt_u (local.get 0) (local.get 1)))
        (drop (i64.eq (i64.extend_i32_s (local.get 0)) (i64.const -2)))
        (drop (i32.eqz (i32.eq (local.get 1) (i32.const 99))))
        (drop (i32.eqz (local.get 1)))";
    let mut guest = guest(&module(body), covering());
    for arguments in [[1, 2], [0xffff_ffff, 77]] {
        assert!(matches!(guest.call_i32("run", &arguments), Ended::Returned(_)));
    }
    let (map, memory) = (map(&guest), coverage(&mut guest));
    let found: Vec<_> = (0..)
        .map_while(|site| map.comparison(&memory, site))
        .map(|c| (c.width, c.operands))
        .collect();
    let minus = u64::MAX;
    assert_eq!(
        found,
        [(4, [0xffff_ffff, 77]), (8, [minus, minus - 1]), (4, [77, 99]), (4, [77, 0]),]
    );
    assert!(map.sites().iter().all(|site| site.point == 0));
}

#[test]
fn points_and_sites_lie_at_instructions_of_the_original() {
    let body = "(block (br_if 0 (i32.eqz (local.get 0))) (drop (i32.const 1)))";
    let original = wasm(&module(body));
    let instrumented = instrument(&original, covering()).unwrap();
    let map = instrumented.coverage.unwrap();
    let byte = |offset: u32| original[offset as usize];
    let points: Vec<u8> = map.points().iter().map(|point| byte(point.offset)).collect();
    // block, br_if, i32.const, end of the function.
    assert_eq!(points[..3], [0x02, 0x0d, 0x41]);
    assert_eq!(byte(map.sites()[0].offset), 0x45);
}

#[test]
fn fuel_is_the_same_with_coverage() {
    let body = "(block (br_if 0 (local.get 0)) (drop (i32.const 1)) (if (local.get 1)
        (then (return)))) (loop (memory.fill (i32.const 8) (i32.const 1) (i32.const 9))
        (br_if 0 (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 9))))";
    for checks in [Checks::Off, Checks::Fast, Checks::Exact] {
        for arguments in [[0, 0], [0, 1], [1, 0], [3, 3]] {
            let options = Options::default().checks(checks);
            let plain = guest(&module(body), options).fuel_of("run", &arguments);
            let covered = guest(&module(body), options.coverage(true)).fuel_of("run", &arguments);
            assert_eq!(plain, covered, "{checks:?} {arguments:?}");
        }
    }
}

#[test]
fn a_module_without_memory_is_covered_too() {
    let text = r#"(module (func (export "run") (param i32 i32)
        (drop (i32.eq (local.get 0) (local.get 1)))))"#;
    let mut guest = guest(text, covering());
    assert!(matches!(guest.call_i32("run", &[3, 4]), Ended::Returned(_)));
    let (map, memory) = (map(&guest), coverage(&mut guest));
    assert_eq!(map.comparison(&memory, 0).unwrap().operands, [3, 4]);
    assert_eq!(guest.fuel(), PLENTY - 4);
}

#[test]
fn without_coverage_there_is_none() {
    let instrumented = instrument(&wasm(&module("")), Options::default()).unwrap();
    assert!(instrumented.coverage.is_none() && !instrumented.interface.coverage);
}
