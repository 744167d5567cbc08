//! Regions that functions of C are given are there in whole, wherever the function stops to look.

use proofhouse_sandbox::{Limits, MemoryErrorKind, Outcome, Sanitize};

use super::cc::{CHECKED, compile};
use super::common::{open, run, sandbox};

/// Says that the case is as it should be.
const GOOD: u8 = 0x80;

/// The cases of `whole.c`, in order: what is found, in which object, in which function of C.
const CASES: [(&str, MemoryErrorKind, Option<&str>, &str); 8] = [
    ("compare", MemoryErrorKind::GlobalBufferOverflow, Some("object"), "memcmp"),
    ("compare_with", MemoryErrorKind::GlobalBufferOverflow, Some("object"), "memcmp"),
    ("compare_heap", MemoryErrorKind::HeapBufferOverflow, None, "memcmp"),
    ("compare_stack", MemoryErrorKind::StackBufferOverflow, Some("local"), "memcmp"),
    ("compare_freed", MemoryErrorKind::HeapUseAfterFree, None, "memcmp"),
    ("compare_equal", MemoryErrorKind::GlobalBufferOverflow, Some("object"), "bcmp"),
    ("compare_negative", MemoryErrorKind::NegativeSizeParam, Some("object"), "memcmp"),
    ("append", MemoryErrorKind::StrcpyParamOverlap, Some("other"), "strncat"),
];

/// As few pages as can be, and some of the allocator's behind the stack, which has 8 MiB.
const MEMORIES: [&[&str]; 2] = [
    &["-Wl,--export=malloc"],
    &["-Wl,--export=malloc", "-Wl,--export=__heap_base", "-Wl,--initial-memory=10485760"],
];

#[test]
fn every_region_that_is_not_all_there_is_found_and_its_twin_is_not() {
    for (profile, flags) in
        CHECKED.iter().flat_map(|profile| MEMORIES.map(|flags| (*profile, flags)))
    {
        let Some(module) = compile(profile, "whole.c", flags) else { continue };
        let interpreter = open(&module).unwrap();
        let unchecked = sandbox().interpreter(module, &Limits::default(), Sanitize::Off).unwrap();
        for (case, (name, kind, object, function)) in (0..).zip(CASES) {
            let good = run(&interpreter, &[case | GOOD], &[]);
            assert_eq!(good.outcome, Outcome::Completed, "{name} {profile}");
            let without = run(&unchecked, &[case | GOOD], &[]);
            assert_eq!(good.fuel, without.fuel, "{name} {profile}");
            let outcome = run(&interpreter, &[case], &[]).outcome;
            let Outcome::Trapped { memory: Some(memory), frames, .. } = &outcome else {
                panic!("{name} {profile}: {outcome:?}")
            };
            assert_eq!(memory.error, kind, "{name} {profile}: {memory}");
            let found = memory.object.as_ref().and_then(|found| found.name.as_deref());
            assert_eq!(found, object, "{name} {profile}: {memory}");
            let innermost = frames[0].function.as_str();
            // Libraries put something before it, and with `== 0` one comparison is as good as the other.
            let ends = |name| innermost.ends_with(name);
            assert!(ends(function) || ends("bcmp"), "{name} {profile}: {innermost}");
        }
    }
}

/// No more than 4096 bytes of a text are looked at, whoever is called so: what the runtime does for a call costs no fuel, and
/// a guest whose `strcpy` is empty could keep the host busy with long texts for as long as it likes.
#[test]
fn a_function_that_is_called_like_one_of_c_costs_the_host_no_long_look() {
    for profile in CHECKED {
        let Some(module) = compile(profile, "named.c", &["-Wl,--export=malloc"]) else { continue };
        let interpreter = open(&module).unwrap();
        for (function, name) in [(0, "strcpy"), (1, "strcat")] {
            let outcome = |thousands| run(&interpreter, &[function, thousands], &[]).outcome;
            let near = outcome(4);
            let found = near.memory().map(|memory| memory.error);
            assert_eq!(
                found,
                Some(MemoryErrorKind::StrcpyParamOverlap),
                "{name} {profile}: {near:?}"
            );
            for far in [5, 10, 20] {
                assert_eq!(outcome(far), Outcome::Completed, "{name} {profile}: {far}");
            }
        }
    }
}
