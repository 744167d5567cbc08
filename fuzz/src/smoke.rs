//! What the smoke tests share.

#![expect(clippy::panic, reason = "a failed search is a failed test")]

pub(crate) use crate::damage::damage;

use arbitrary::{Result, Unstructured};
use std::fmt::Debug;

/// How long a smoke test looks for a counterexample, in milliseconds.
pub(crate) const BUDGET_MS: u64 = 1_000;
/// How often it looks again if it has not seen all kinds of inputs: a busy machine gets through few of them.
const ATTEMPTS: u32 = 20;

/// Looks for a counterexample, and holds that all of `wanted` were seen meanwhile: `check` gives what it saw.
///
/// # Panics
/// If there is one, or inputs are all alike.
pub(crate) fn search<S: PartialEq + Debug>(
    wanted: &[S],
    mut check: impl FnMut(&mut Unstructured<'_>) -> Result<S>,
) {
    let mut seen = Vec::new();
    for _ in 0..ATTEMPTS {
        arbtest::arbtest(|random| {
            let saw = check(random)?;
            if !seen.contains(&saw) {
                seen.push(saw);
            }
            Ok(())
        })
        .size_min(1 << 8)
        .budget_ms(BUDGET_MS)
        .run();
        if wanted.iter().all(|wanted| seen.contains(wanted)) {
            return;
        }
    }
    panic!("only {seen:?} were seen");
}
