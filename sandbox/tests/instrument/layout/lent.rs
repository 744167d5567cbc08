//! A harness is lent its input: who frees it frees what its caller frees again, and who writes to it changes what its
//! caller expects to be as it was.

use proofhouse_sandbox::{AbiViolation, MemoryErrorKind, Outcome};

use super::cc::{CHECKED, compile};
use super::common::{open, run};

#[test]
fn a_harness_that_frees_or_changes_its_input_is_told_so() {
    for profile in CHECKED.into_iter().chain(["release"]) {
        let Some(module) = compile(profile, "lent.c", &["-Wl,--export=malloc"]) else { continue };
        let interpreter = open(&module).unwrap();
        for good in [&b"other"[..], b"back"] {
            assert_eq!(run(&interpreter, good, &[]).outcome, Outcome::Completed, "{profile}");
        }
        let changed = run(&interpreter, b"writes", &[]).outcome;
        assert!(
            matches!(
                changed,
                Outcome::AbiViolation { violation: AbiViolation::InputChanged { offset: 5 }, .. }
            ),
            "{profile}: {changed:?}"
        );
        for (bad, frees) in [(&b"frees"[..], "free"), (b"", "free"), (b"realloc", "realloc")] {
            let outcome = run(&interpreter, bad, &[]).outcome;
            let Outcome::Trapped { memory: Some(memory), reason, .. } = &outcome else {
                panic!("{profile}: {outcome:?}")
            };
            assert_eq!(memory.error, MemoryErrorKind::DoubleFree, "{profile}: {memory}");
            assert_eq!(
                reason.as_deref(),
                Some("the harness freed its input, which its caller frees")
            );
            let object = memory.object.as_ref().unwrap();
            assert!(object.holds_content, "{profile}: {memory}");
            let freed: Vec<_> = object.freed.iter().map(|frame| frame.function.as_str()).collect();
            // An allocator has functions of its own behind it.
            assert!(freed.contains(&frees), "{profile}: {freed:?}");
            assert_eq!(freed.last(), Some(&"LLVMFuzzerTestOneInput"), "{profile}: {freed:?}");
        }
    }
}
