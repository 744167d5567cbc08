//! Names as people write them, and never longer than anybody reads.
//!
//! A mangled name may refer to parts of itself, so that a short one stands for a very long one.

use crate::limits::MAX_NAME_BYTES;
use std::fmt::{self, Write};

/// What compilers for WebAssembly call `main`, by its type.
const MAIN: [&str; 2] = ["__original_main", "__main_argc_argv"];

/// Rust and C++ names demangled; any other name as it is.
pub(crate) fn readable(name: &str) -> String {
    let name = cut(name);
    if MAIN.contains(&name) {
        return "main".to_owned();
    }
    let mut room = Room(String::new());
    // Writing fails when there is no more room, which ends the writer; what fits is the answer.
    if let Ok(rust) = rustc_demangle::try_demangle(name) {
        let _ = write!(room, "{rust:#}");
    } else if name.starts_with("_Z")
        && let Ok(cpp) = cpp_demangle::Symbol::new(name)
    {
        let _ = cpp.structured_demangle(&mut room, &cpp_demangle::DemangleOptions::default());
    }
    if room.0.is_empty() { name.to_owned() } else { room.0 }
}

/// A name or a path, cut where it is too long.
pub(super) fn cut(text: &str) -> &str {
    text.get(..text.floor_char_boundary(MAX_NAME_BYTES)).unwrap_or(text)
}

/// Text up to the longest that is kept.
struct Room(String);

impl Write for Room {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let left = MAX_NAME_BYTES.saturating_sub(self.0.len());
        let fitting = text.get(..text.floor_char_boundary(left)).unwrap_or_default();
        self.0.push_str(fitting);
        if fitting.len() < text.len() { Err(fmt::Error) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_shown_as_people_write_them() {
        for (mangled, plain) in [
            ("_ZN4core9panicking5panic17h0123456789abcdefE", "core::panicking::panic"),
            ("_RNvCs1234_7mycrate3foo", "mycrate::foo"),
            ("_ZN5space3fooEibc", "space::foo(int, bool, char)"),
            ("_Znonsense", "_Znonsense"),
            ("plain_c_name", "plain_c_name"),
            ("__original_main", "main"),
            ("__main_argc_argv", "main"),
            ("", ""),
        ] {
            assert_eq!(readable(mangled), plain);
        }
    }

    #[test]
    fn a_name_that_doubles_itself_again_and_again_is_cut() {
        // std::pair<T, T> of std::pair<T, T> of ...: each level refers twice to the one before it.
        let mut name = String::from("_Z1fSt4pairIiiE");
        for level in ["S_", "S0_", "S1_", "S2_", "S3_", "S4_", "S5_", "S6_", "S7_", "S8_", "S9_"] {
            name.push_str("St4pairI");
            name.push_str(level);
            name.push_str(level);
            name.push('E');
        }
        assert!(readable(&name).len() <= MAX_NAME_BYTES);
    }

    #[test]
    fn a_long_name_is_cut_between_characters() {
        let long = format!("x{}", "é".repeat(MAX_NAME_BYTES));
        assert_eq!(readable(&long).len(), MAX_NAME_BYTES - 1);
        assert_eq!(cut("short"), "short");
    }
}
