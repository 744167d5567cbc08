//! How much more of the linear stack a checked build takes than the release: what the profiles of stacks
//! allow for.

use proofhouse_sandbox::instrument::{Options, interface};
use proofhouse_sandbox::limits::CHECKED_BUILD_STACK;

use super::super::guest::{Ended, Prepared};
use super::cc::{CHECKED, compile};

const SOURCE: &str = "stack.c";
const FUNCTIONS: [&str; 5] = ["scalars", "parser", "texts", "addresses", "dynamic"];
/// How deep they nest: as deep as a small parser goes, as deep as 24 KiB allow, and so deep that there is
/// no place left in the fake stack.
const DEPTHS: [u32; 3] = [10, 100, 1500];

/// Bytes of the linear stack without which a call does not come to its end.
fn stack_of(program: &Prepared, function: &str, depth: u32) -> u32 {
    let comes_to_its_end = |limit: u32| {
        let mut guest = program.start_with_idle_imports();
        guest.run("_initialize", &[]);
        guest.set(interface::STACK_LIMIT, limit);
        matches!(guest.call_i32(function, &[depth]), Ended::Returned(_))
    };
    let (mut too_few, mut enough) = (0, 8 << 20);
    assert!(comes_to_its_end(enough), "{function} {depth}");
    while enough - too_few > 16 {
        let middle = u32::midpoint(too_few, enough);
        if comes_to_its_end(middle) { enough = middle } else { too_few = middle }
    }
    enough
}

#[test]
fn a_checked_build_takes_no_more_stack_than_profiles_allow_for() {
    let flags = ["-Wl,-z,stack-size=8388608"];
    let Some(release) = compile("release", SOURCE, &flags) else { return };
    let release = Prepared::new(&release, Options::default());
    println!(
        "{:<12}{:>6}{:>10}{:>12}{:>12}{:>8}",
        "frames", "depth", "release", CHECKED[0], CHECKED[1], "most"
    );
    let mut most = 0.0_f64;
    let checked = CHECKED
        .map(|profile| Prepared::new(&compile(profile, SOURCE, &[]).unwrap(), Options::default()));
    for function in FUNCTIONS {
        for depth in DEPTHS {
            let of_release = stack_of(&release, function, depth);
            let [o0, o1] = [0, 1].map(|nth| stack_of(&checked[nth], function, depth));
            let ratio = f64::from(o0.max(o1)) / f64::from(of_release);
            // Where the release has all in registers, its frame is nothing to compare with.
            if of_release > 16 * depth {
                most = most.max(ratio);
            }
            println!("{function:<12}{depth:>6}{of_release:>10}{o0:>12}{o1:>12}{ratio:>8.2}");
        }
    }
    assert!(most > 1.0, "checked builds take more");
    assert!(most <= f64::from(CHECKED_BUILD_STACK), "{most} times the stack of the release");
}
