//! An access that leads out of the memory is told with its address, or with where that may be.

use proofhouse_sandbox::{MemoryAccess, MemoryErrorKind, Outcome};

use super::cc::{CHECKED, compile};
use super::common::{open, run};
use MemoryAccess::{Read, Write};
use Place::{At, FromEnd};

enum Place {
    At(u64),
    FromEnd(i64),
}

/// The cases of `beyond.c`: what is done, to how many bytes, where, and how many bytes the address may be off. What is
/// stopped by the shadow is known to a granule.
const CASES: [(MemoryAccess, u32, Place, u32); 6] = [
    (Read, 4, At(0xbebe_bebe), 7),
    (Write, 8, At(0x4000_0000), 7),
    (Read, 1, At(0xffff_ffff), 7),
    (Write, 1, FromEnd(0), 0),
    (Read, 4, FromEnd(-2), 3),
    (Write, 1, FromEnd(0x100_0000), 7),
];

#[test]
fn an_access_beyond_the_memory_has_its_address() {
    for profile in CHECKED.into_iter().chain(["release"]) {
        let Some(module) = compile(profile, "beyond.c", &["-Wl,--export=malloc"]) else { continue };
        let interpreter = open(&module).unwrap();
        assert_eq!(run(&interpreter, &[], &[]).outcome, Outcome::Completed);
        // The memory's end, by the case that writes there.
        let end = address(&run(&interpreter, &[3], &[]).outcome).0;
        assert!(end.is_multiple_of(65536) && end > 65536, "{profile}: {end:#x}");
        for (case, (access, size, place, uncertainty)) in (0..).zip(CASES) {
            let outcome = run(&interpreter, &[case], &[]).outcome;
            let (first, last) = address(&outcome);
            let memory = outcome.memory().unwrap();
            assert_eq!(memory.error, MemoryErrorKind::WildAccess, "{profile} {case}: {memory}");
            assert_eq!((memory.access, memory.size), (access, size), "{profile} {case}: {memory}");
            assert_eq!(last - first, u64::from(uncertainty), "{profile} {case}: {memory}");
            let place = match place {
                At(address) => address,
                FromEnd(distance) => end.checked_add_signed(distance).unwrap(),
            };
            assert!((first..=last).contains(&place), "{profile} {case}: {memory}");
        }
    }
}

/// The first address that an access may begin at, and the last.
fn address(outcome: &Outcome) -> (u64, u64) {
    let Outcome::Trapped { memory: Some(memory), frames, .. } = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(frames.last().unwrap().function, "LLVMFuzzerTestOneInput");
    (memory.address, memory.address + u64::from(memory.address_uncertainty))
}
