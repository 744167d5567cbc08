//! Which imports are taken for AddressSanitizer's, and which are refused.

use proofhouse_sandbox::instrument::asan::imports;

use super::cc::sdk;

#[test]
fn the_linkers_list_is_the_sandboxs() {
    let mut wanted: Vec<_> = imports().into_iter().map(|import| import.name).collect();
    wanted.sort();
    let file = std::fs::read_to_string(sdk().join("asan-imports.txt")).unwrap_or_default();
    let listed: Vec<_> =
        file.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    assert_eq!(listed, wanted, "\n{}\n", wanted.join("\n"));
}
