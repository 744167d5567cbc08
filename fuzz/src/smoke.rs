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

#[test]
fn each_target_is_one_that_cargo_fuzz_lists_and_calls_a_check_of_its_name_that_has_a_smoke_test() {
    let package = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = package.join("fuzz_targets");
    let mut is_any = false;
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let file = entry.file_name().to_string_lossy().into_owned();
        let name = file.trim_end_matches(".rs");
        let listed = format!("[[bin]]\nname = \"{name}\"\npath = \"fuzz_targets/{file}\"\n");
        assert!(include_str!("../Cargo.toml").contains(&listed), "{listed}");
        assert!(include_str!("lib.rs").contains(&format!("pub mod {name};")), "{name}");
        let modules = [format!("src/{name}.rs"), format!("src/{name}/mod.rs")];
        let module = modules.iter().find_map(|p| std::fs::read_to_string(package.join(p)).ok());
        let mut lines = module.iter().flat_map(|module| module.lines().map(str::trim));
        let has_smoke = lines.any(|line| line == "#[test]") && lines.any(|l| l == "fn smoke() {");
        assert!(has_smoke, "{name} has no smoke test");
        let text = std::fs::read_to_string(entry.path()).unwrap_or_default();
        assert!(text.contains(&format!("use proofhouse_fuzz::{name}::")), "{name}: {text}");
        assert!(text.lines().count() < 15, "{name} is longer than a target has to be");
        is_any = true;
    }
    assert!(is_any, "there is no target");
}
