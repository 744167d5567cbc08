//! Checks of UndefinedBehaviorSanitizer that call the sandbox, and what is said of them.

use proofhouse_sandbox::{Interpreter, ModuleInfo, Outcome, Sanitize, TrapKind, ubsan_imports};

use super::super::skips::skipped;
use super::cc::{CHECKED, compile};
use super::common::{open, run, sandbox, small_limits, wasm, with_guest_stack};

/// What the program is compiled with beside a profile's flags.
const FLAGS: [&str; 1] = ["-Wl,--export=malloc"];
/// Says that nothing is undefined then.
const GOOD: u8 = 0x80;

/// What is said of each case of `undefined.c`, in order; one that begins with a kind of memory error is one.
const CASES: [&str; 29] = [
    "null-dereference: read of 4 bytes at 0x0 (load of `int` through a null pointer)",
    "null-dereference: read at 0x0 (use of a member of `struct pair` through a null pointer)",
    "load of `int64_t` (aka `long long`) at 0x…4, which is no multiple of 8",
    "heap-use-after-free: write of 4 bytes at 0x…1, 1 byte into a freed heap block of 16 bytes \
     (store to `int32_t` (aka `int`) at 0x…1, which is no multiple of 4)",
    "signed integer overflow: 2147483647 + 1 does not fit into `int`",
    "signed integer overflow: -9223372036854775808 - 1 does not fit into `int64_t` (aka `long long`)",
    "signed integer overflow: 65535 * 65535 does not fit into `int`",
    "signed integer overflow: -(-2147483648) does not fit into `int`",
    "division by zero: of 5, of type `int`",
    "signed integer overflow: -2147483648 / -1 does not fit into `int`",
    "division by zero: of 1.5, of type `double`",
    "shift by 32, where `int` has 32 bits",
    "shift by -1, which is negative",
    "shift of -2, which is negative",
    "3 shifted by 31 does not fit into `int`",
    "index -1 is out of bounds of `int[4]`",
    "what is marked as unreachable was reached",
    "an array of variable length has 0 elements",
    "1e30 does not fit into `int`",
    "7 is no value of `_Bool`",
    "the trailing zeros of 0 are counted",
    "a function that is declared never to return null does",
    "argument 2 is null, and is declared never to be",
    "an offset to 0x… overflows to 0x…",
    "0x… is assumed to be a multiple of 16",
    "signed integer overflow: 170141183460469231713240559642174554112 + 85070591730234615865843651857942052864 \
     does not fit into `__int128`",
    "division by zero: of a value, of type `long double`",
    "integer overflow: a value + a value does not fit into `_BitInt(37)`",
    "division by zero, or integer overflow, of type `_BitInt(37)`",
];

/// The program, where the profile's checks call: zig's trap.
fn program(profile: &str) -> Option<Vec<u8>> {
    let module = compile(profile, "undefined.c", &FLAGS)?;
    let imports = ModuleInfo::read(&module).unwrap().imports;
    let calls = imports.iter().any(|import| ubsan_imports().any(|name| import.name == name));
    if !calls {
        skipped("checks that fail are traps in builds of this compiler");
    }
    calls.then_some(module)
}

/// The outcome in a sentence, without the digits of addresses but the last, where that is asked for.
fn said(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Trapped { trap: TrapKind::InvalidAccess, memory, reason, .. } => {
            let (memory, reason) = (memory.as_ref().unwrap(), reason.as_ref().unwrap());
            format!("{memory} ({reason})")
        }
        Outcome::Trapped { trap: TrapKind::UndefinedBehaviour, reason, memory: None, .. } => {
            reason.clone().unwrap()
        }
        other => format!("{other:?}"),
    }
}

/// Whether a text is that one, where an address is written as `0x…` and as many of its last digits as matter.
fn matches(said: &str, expected: &str) -> bool {
    let mut parts = expected.split("0x…");
    let Some(mut rest) = said.strip_prefix(parts.next().unwrap()) else { return false };
    for part in parts {
        let Some(digits) = rest.strip_prefix("0x") else { return false };
        let after = digits.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(digits.len());
        let known = part.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(part.len());
        rest = &digits[after - known..];
        let Some(behind) = rest.strip_prefix(part) else { return false };
        rest = behind;
    }
    rest.is_empty()
}

#[test]
fn what_a_check_found_is_said_with_its_values() {
    for profile in CHECKED {
        let Some(module) = program(profile) else { continue };
        let interpreter = open(&module).unwrap();
        for (case, expected) in (0..).zip(CASES) {
            let good = run(&interpreter, &[case | GOOD], &[]).outcome;
            assert_eq!(good, Outcome::Completed, "{expected} {profile}");
            let outcome = run(&interpreter, &[case], &[]).outcome;
            assert!(
                matches(&said(&outcome), expected),
                "{profile}: {expected}\n{}",
                said(&outcome)
            );
            let [innermost, ..] = outcome.frames() else { panic!("{outcome:?}") };
            assert_eq!(innermost.file.as_deref(), Some("./undefined.c"), "{outcome:?}");
            assert!(innermost.line.is_some(), "{outcome:?}");
        }
    }
}

/// What is said without checks of memory is the same, but for what these know.
#[test]
fn checks_of_the_compiler_need_no_others() {
    let Some(module) = program("checked-O1") else { return };
    let interpreter =
        with_guest_stack(|| sandbox().interpreter(module, &small_limits(), Sanitize::Off).unwrap());
    for (case, expected) in (0..).zip(CASES) {
        let outcome = run(&interpreter, &[case], &[]).outcome;
        let expected = match expected.split_once(" (") {
            Some((memory, reason)) if memory.contains(" at 0x") => {
                reason.strip_suffix(')').unwrap()
            }
            _ => expected,
        };
        assert!(matches(&said(&outcome), expected), "{expected}\n{}", said(&outcome));
    }
}

/// A harness that calls one of the functions with as many words of the content as it has parameters, and has this
/// data. `None` if the function has another number.
fn calls(name: &str, parameters: usize, data: &str) -> Option<Interpreter> {
    let types = " i32".repeat(parameters);
    let words: Vec<_> = (0..parameters)
        .map(|word| format!("(i32.load offset={} (local.get 0))", 4 * word))
        .collect();
    let words = words.join(" ");
    let text = format!(
        r#"(module (import "env" "{name}" (func $found (param{types})))
            (memory (export "memory") 1) {data}
            (func (export "malloc") (param i32) (result i32) (i32.const 1024))
            (func (export "LLVMFuzzerTestOneInput") (param i32 i32) (result i32)
              (if (local.get 1) (then (call $found {words}))) (i32.const 0)))"#
    );
    let interpreter = open(&wasm(&text)).ok()?;
    (run(&interpreter, b"", &[]).outcome == Outcome::Completed).then_some(interpreter)
}

/// Whatever the data is, the run ends as one in which a check failed, and the host goes on.
#[test]
fn data_that_is_none_is_left_out() {
    // Words that point to themselves and to the last bytes of the memory, and a name without an end.
    let wild = r#"(data (i32.const 0) "\ff\ff\ff\ff\08\00\00\00\fc\ff\00\00\fd\ff\00\00\08\00\00\00\ff\ff\00\00")
        (data (i32.const 65500) "\00\00\ff\ffaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")"#;
    for name in ubsan_imports() {
        let fitting: Vec<_> = (0..6).filter_map(|count| calls(name, count, wild)).collect();
        let [harness] = fitting.as_slice() else { panic!("{name} is taken in several types") };
        for address in [0, 4, 12, 65500, 65532, 65535, 65536, 0x8000_0000, u32::MAX] {
            for value in [0, 65535, u32::MAX] {
                let words = [address, value, value, value, value];
                let content: Vec<u8> = words.into_iter().flat_map(u32::to_le_bytes).collect();
                let outcome = run(harness, &content, &[]).outcome;
                let expected = [TrapKind::UndefinedBehaviour, TrapKind::InvalidAccess];
                let Outcome::Trapped { trap, reason: Some(reason), .. } = &outcome else {
                    panic!("{name} {words:?}: {outcome:?}")
                };
                assert!(expected.contains(trap), "{outcome:?}");
                assert!(!reason.is_empty() && reason.len() < 1000, "{outcome:?}");
            }
        }
    }
}
