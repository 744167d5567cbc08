//! libFuzzer's flags as the user gives them.

use std::ffi::OsString;

/// The last value of the flag of that name, which is the one that counts.
fn value<'f>(flags: &'f [OsString], name: &str) -> Option<&'f str> {
    let value = |flag: &'f OsString| {
        flag.to_str()?.strip_prefix('-')?.strip_prefix(name)?.strip_prefix('=')
    };
    flags.iter().filter_map(value).next_back()
}

/// Whether a flag that is off by itself is on: any number but 0 is.
pub(super) fn is_on(flags: &[OsString], name: &str) -> bool {
    value(flags, name).and_then(|value| value.parse().ok()).is_some_and(|number: i64| number != 0)
}
