//! Rust without WASI: its own allocator is replaced.

use std::process::Command;

use proofhouse_sandbox::instrument::{
    AccessKind, Cause, Checks, Family, HeapFound, Options, Poison,
};

use super::guest::{Ended, Guest, PLENTY, Prepared, poisoned};
use super::skips::skipped;

const SOURCE: &str = r#"
use std::collections::BTreeMap;
use std::hint::black_box;

#[unsafe(no_mangle)]
pub extern "C" fn work(rounds: u32) -> u32 {
    let mut map = BTreeMap::new();
    let mut text = String::new();
    for round in 0..rounds {
        map.insert(format!("{round:x}"), vec![round; (round % 40) as usize]);
        text.push_str(&round.to_string());
        if round % 3 == 0 {
            map.pop_first();
        }
    }
    let zeros = black_box(vec![0u8; 1000]);
    let boxed: Box<[u32]> = map.values().flatten().copied().collect();
    let sum: u32 = boxed.iter().fold(0, |sum, one| sum.wrapping_mul(31).wrapping_add(*one));
    sum ^ text.len() as u32 ^ zeros.iter().map(|byte| u32::from(*byte)).sum::<u32>()
}

#[unsafe(no_mangle)]
pub extern "C" fn beyond(by: usize) -> u8 {
    let bytes = black_box(vec![1u8; 20]);
    unsafe { *bytes.as_ptr().add(by) }
}

#[unsafe(no_mangle)]
pub extern "C" fn dangling(drops: u32) -> u8 {
    let bytes = black_box(Box::new([7u8; 20]));
    let pointer = black_box(bytes.as_ptr());
    if drops != 0 {
        drop(bytes);
        return unsafe { *pointer };
    }
    unsafe { *pointer }
}

#[unsafe(no_mangle)]
pub extern "C" fn twice(drops: u32) {
    let pointer = black_box(Box::into_raw(Box::new(5u64)));
    for _ in 0..drops {
        drop(unsafe { Box::from_raw(pointer) });
    }
}
"#;

/// The module at an optimisation level, if there is a compiler for this target.
fn module(level: &[&str]) -> Option<Vec<u8>> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let (input, output) = (folder.path().join("guest.rs"), folder.path().join("guest.wasm"));
    std::fs::write(&input, SOURCE).unwrap();
    let done = Command::new("rustc")
        .args(["--edition=2024", "--target=wasm32-unknown-unknown", "--crate-type=cdylib"])
        .arg("-C")
        .args(level)
        .args(["-C", "panic=abort", "-o"])
        .args([&output, &input])
        .output()
        .unwrap();
    if !done.status.success() {
        skipped(format!("no Rust for this target: {}", String::from_utf8_lossy(&done.stderr)));
        return None;
    }
    Some(std::fs::read(output).unwrap())
}

fn violation(guest: &mut Guest, name: &str, argument: u32) -> (AccessKind, Cause) {
    match guest.call_i32(name, &[argument]) {
        Ended::Violated(found) => {
            if let Cause::Poisoned { .. } = found.cause {
                assert!(matches!(
                    poisoned(&found).1,
                    Some(Poison::HEAP_REDZONE | Poison::HEAP_FREED)
                ));
            }
            (found.kind, found.cause)
        }
        other => panic!("{name} {argument}: {other:?}"),
    }
}

#[test]
fn errors_in_unsafe_code_are_stopped_and_safe_code_runs() {
    for level in [&["opt-level=0"][..], &["opt-level=2"], &["opt-level=3", "-Clto=fat"]] {
        let Some(module) = module(level) else { return };
        let off = Prepared::new(&module, Options::default().checks(Checks::Off));
        let fast = Prepared::new(&module, Options::default());
        match fast.start().instrumented.summary.heap {
            Some(HeapFound::Replaced { family: Family::Rust, .. }) => {}
            // What was inlined everywhere cannot be replaced, and is not replaced in part.
            Some(HeapFound::Off { .. }) if level.contains(&"-Clto=fat") => continue,
            other => panic!("{level:?} {other:?}"),
        }
        let [plain, checked] = [&off, &fast].map(|module| {
            let mut guest = module.start();
            (guest.run("work", &[500]), PLENTY - guest.fuel())
        });
        assert_eq!(plain.0, checked.0, "{level:?}");
        // Without optimisation, checks that the compiler inserts compare addresses, which differ.
        if level != ["opt-level=0"] {
            assert_eq!(plain.1, checked.1, "{level:?}");
        }
        let mut guest = fast.start();
        guest.run("beyond", &[19]);
        guest.run("dangling", &[0]);
        guest.run("twice", &[1]);
        let (kind, _) = violation(&mut guest, "beyond", 20);
        assert_eq!(kind, AccessKind::Read);
        violation(&mut fast.start(), "dangling", 1);
        let found = violation(&mut fast.start(), "twice", 2);
        assert_eq!(found, (AccessKind::Free, Cause::AlreadyFreed), "{level:?}");
    }
}
