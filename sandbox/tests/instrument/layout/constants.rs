//! Constants are written by no means, and texts are not copied to where a part of them is.

use proofhouse_sandbox::{MemoryErrorKind, Outcome, Position};

use super::cc::{CHECKED, compile};
use super::common::{open, run};

/// Says that the case is as it should be.
const GOOD: u8 = 0x80;

/// The cases of `constants.c`, in order: what is found.
const CASES: [(&str, MemoryErrorKind); 15] = [
    ("store", MemoryErrorKind::WriteToConstant),
    ("store_wide", MemoryErrorKind::WriteToConstant),
    ("fill", MemoryErrorKind::WriteToConstant),
    ("copy", MemoryErrorKind::WriteToConstant),
    ("copy_text", MemoryErrorKind::WriteToConstant),
    ("append_text", MemoryErrorKind::WriteToConstant),
    ("copy_bounded", MemoryErrorKind::WriteToConstant),
    ("copy_cut", MemoryErrorKind::WriteToConstant),
    ("copy_up_to", MemoryErrorKind::WriteToConstant),
    ("allocate", MemoryErrorKind::WriteToConstant),
    ("ask_host", MemoryErrorKind::WriteToConstant),
    ("overlap_forward", MemoryErrorKind::StrcpyParamOverlap),
    ("overlap_backward", MemoryErrorKind::StrcpyParamOverlap),
    ("overlap_append", MemoryErrorKind::StrcpyParamOverlap),
    ("overlap_bounded", MemoryErrorKind::StrcpyParamOverlap),
];

#[test]
fn every_way_to_write_is_stopped_and_its_twin_is_not() {
    for profile in CHECKED {
        let flags = ["-Wl,--export=malloc"];
        let Some(module) = compile(profile, "constants.c", &flags) else { continue };
        let interpreter = open(&module).unwrap();
        for (case, (name, kind)) in (0..).zip(CASES) {
            let good = run(&interpreter, &[case | GOOD], &[]).outcome;
            assert_eq!(good, Outcome::Completed, "{name} {profile}");
            let outcome = run(&interpreter, &[case], &[]).outcome;
            let Outcome::Trapped { memory: Some(memory), .. } = &outcome else {
                panic!("{name} {profile}: {outcome:?}")
            };
            assert_eq!(memory.error, kind, "{name} {profile}: {memory}");
            let object = memory.object.as_ref().unwrap();
            let is_constant = kind == MemoryErrorKind::WriteToConstant;
            let expected = if is_constant { "constant" } else { "text" };
            assert_eq!(object.name.as_deref(), Some(expected), "{name} {profile}: {memory}");
            assert_eq!(object.position, Position::Inside, "{name} {profile}: {memory}");
        }
    }
}
