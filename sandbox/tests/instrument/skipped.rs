//! Tests that need what not every machine has.

/// Set where everything is there, so that nothing may be left out.
const REQUIRE_ALL: &str = "PROOFHOUSE_REQUIRE_ALL";

/// Says that something is not tested here, and why.
///
/// # Panics
/// If that variable is set.
pub(crate) fn skipped(what: &str) {
    assert!(
        std::env::var_os(REQUIRE_ALL).is_none(),
        "{REQUIRE_ALL} is set, but not tested: {what}"
    );
    eprintln!("SKIPPED, not tested on this machine: {what}");
}
