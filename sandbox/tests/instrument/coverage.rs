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

/// What is told of the comparisons that one call makes.
fn compared(body: &str, arguments: [u32; 2]) -> Vec<([u64; 2], u32)> {
    let mut guest = guest(&module(body), covering());
    assert!(matches!(guest.call_i32("run", &arguments), Ended::Returned(_)), "{body}");
    let (map, memory) = (map(&guest), coverage(&mut guest));
    (0..).map_while(|site| map.comparison(&memory, site)).map(|c| (c.operands, c.cases)).collect()
}

#[test]
fn what_compilers_make_of_comparisons_is_understood() {
    let table = [
        // x - 1000 < 10
        (
            "(drop (i32.lt_u (i32.add (local.get 0) (i32.const -1000)) (i32.const 10)))",
            [1004, 0],
            vec![([1004, 1010], 0)],
        ),
        // switch (x) with three cases from 7 on
        (
            "(block (block (block (block (br_table 0 1 2 3
                (i32.sub (local.get 0) (i32.const 7)))))))",
            [99, 0],
            vec![([99, 7], 3)],
        ),
        // !x == y
        (
            "(drop (i32.ne (i32.xor (local.get 0) (local.get 1)) (i32.const -1)))",
            [0xffff_0000, 5],
            vec![([0xffff, 5], 0)],
        ),
        // x == y, and what memcmp of eight bytes becomes
        ("(block (br_if 0 (i32.xor (local.get 0) (local.get 1))))", [3, 5], vec![([3, 5], 0)]),
        (
            "(drop (i32.eqz (i32.or (i32.xor (local.get 0) (i32.const 0x41424344))
                (i32.xor (local.get 1) (i32.const 0x45464748)))))",
            [3, 5],
            vec![
                ([3, 0x4142_4344], 0),
                ([5, 0x4546_4748], 0),
                ([(3 ^ 0x4142_4344) | (5 ^ 0x4546_4748), 0], 0),
            ],
        ),
        // Bits that are only mixed.
        ("(drop (i32.mul (i32.xor (local.get 0) (local.get 1)) (i32.const 3)))", [3, 5], vec![]),
    ];
    for (body, arguments, expected) in table {
        assert_eq!(compared(body, arguments), expected, "{body}");
    }
}

/// A module that has a function of that name and type, and calls it with constants: two texts in memory.
fn calling(name: &str, ty: &str, arguments: &str) -> String {
    format!(
        r#"(module (memory (export "memory") 1)
            (data (i32.const 16) "needle\00 in it\00") (data (i32.const 65530) "Neigh!")
            (func ${name} {ty} (i32.const 0))
            (func (export "run") (param i32 i32) (drop (call ${name} {arguments}))))"#
    )
}

#[test]
fn what_functions_of_libc_compare_is_kept() {
    let two = "(param i32 i32) (result i32)";
    let three = "(param i32 i32 i32) (result i32)";
    let four = "(param i32 i32 i32 i32) (result i32)";
    let texts = "(i32.const 16) (i32.const 65530)";
    let table: [(&str, &str, String, [&[u8]; 2]); 7] = [
        ("strcmp", two, texts.into(), [b"needle", b"Neigh!"]),
        ("strncmp", three, format!("{texts} (i32.const 3)"), [b"nee", b"Nei"]),
        ("strcasecmp", two, texts.into(), [b"needle", b"Neigh!"]),
        ("strstr", two, texts.into(), [b"needle", b"Neigh!"]),
        ("memcmp", three, format!("{texts} (i32.const 4)"), [b"need", b"Neig"]),
        // No more than there is, and than is kept.
        ("bcmp", three, format!("{texts} (i32.const 9)"), [b"needle\0 i", b"Neigh!"]),
        (
            "memmem",
            four,
            "(i32.const 16) (i32.const 99) (i32.const -1) (i32.const 4)".into(),
            [&[b"needle\0 in it\0".as_slice(), &[0; 50]].concat(), b""],
        ),
    ];
    for (name, ty, arguments, expected) in table {
        let mut guest = guest(&calling(name, ty, &arguments), covering());
        assert!(matches!(guest.call_i32("run", &[0, 0]), Ended::Returned(_)), "{name}");
        let (map, memory) = (map(&guest), coverage(&mut guest));
        let calls: Vec<_> = map.calls(&memory).map(|call| call.operands).collect();
        assert_eq!(calls, [expected], "{name}");
        assert_eq!(map.call_sites().len(), 1);
    }
}

#[test]
fn a_function_of_another_type_is_not_believed() {
    let ty = "(param i32 f64) (result i32)";
    let text = calling("strcmp", ty, "(i32.const 16) (f64.const 1)");
    let guest = guest(&text, covering());
    assert!(map(&guest).call_sites().is_empty());
}

#[test]
fn the_latest_calls_are_kept() {
    let text = r#"(module (memory (export "memory") 1)
        (func $strcmp (param i32 i32) (result i32) (i32.const 0))
        (func (export "run") (param i32 i32)
            (loop (i32.store8 (i32.const 64) (local.get 0))
                (drop (call $strcmp (i32.const 64) (i32.const 80)))
                (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))"#;
    let mut guest = guest(text, covering());
    assert!(matches!(guest.call_i32("run", &[1_000, 0]), Ended::Returned(_)));
    let (map, memory) = (map(&guest), coverage(&mut guest));
    let calls: Vec<_> = map.calls(&memory).map(|call| call.operands[0].to_vec()).collect();
    assert_eq!(calls.len(), 256);
    assert_eq!(calls[..3], [[1], [2], [3]]);
}

#[test]
fn fuel_is_the_same_with_calls_kept() {
    let text = calling(
        "memcmp",
        "(param i32 i32 i32) (result i32)",
        "(i32.const 16) (i32.const 65530) (i32.const 4)",
    );
    for checks in [Checks::Off, Checks::Fast, Checks::Exact] {
        let options = Options::default().checks(checks);
        let plain = guest(&text, options).fuel_of("run", &[0, 0]);
        assert_eq!(
            plain,
            guest(&text, options.coverage(true)).fuel_of("run", &[0, 0]),
            "{checks:?}"
        );
    }
}
