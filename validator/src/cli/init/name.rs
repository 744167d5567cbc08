//! Names of projects.

use std::fmt;

/// Longest name, in characters.
const MAX_NAME: usize = 40;

/// What cargo, CMake or make keep for themselves, and names that Rust code cannot have.
const RESERVED: &[&str] = &[
    "abstract",
    "all",
    "alloc",
    "as",
    "async",
    "await",
    "become",
    "box",
    "break",
    "build",
    "clean",
    "const",
    "continue",
    "core",
    "crate",
    "deps",
    "do",
    "dyn",
    "else",
    "enum",
    "examples",
    "extern",
    "false",
    "final",
    "fn",
    "for",
    "gen",
    "help",
    "if",
    "impl",
    "in",
    "incremental",
    "install",
    "let",
    "loop",
    "macro",
    "match",
    "mod",
    "move",
    "mut",
    "override",
    "package",
    "priv",
    "proc-macro",
    "proofhouse-guest",
    "pub",
    "ref",
    "return",
    "self",
    "static",
    "std",
    "struct",
    "super",
    "test",
    "trait",
    "true",
    "try",
    "type",
    "typeof",
    "unsafe",
    "unsized",
    "use",
    "virtual",
    "where",
    "while",
    "yield",
];

/// A name that files, a Cargo package, a CMake target and an interpreter can all have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name(String);

/// Why a name is none.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{name}` cannot name a project: a name is lower-case letters, digits and hyphens, begins with a letter, \
     has at most {MAX_NAME} of them, and is no word that a build tool keeps for itself"
)]
pub(super) struct NameError {
    name: String,
}

impl Name {
    /// Takes a name.
    pub(super) fn new(name: &str) -> Result<Self, NameError> {
        let good = name.len() <= MAX_NAME
            && name.starts_with(|first: char| first.is_ascii_lowercase())
            && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
            && !name.ends_with('-')
            && !RESERVED.contains(&name);
        if good { Ok(Self(name.to_owned())) } else { Err(NameError { name: name.to_owned() }) }
    }

    /// As Rust code has it.
    pub(super) fn as_crate(&self) -> String {
        self.0.replace('-', "_")
    }

    /// As it is.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Name;

    #[test]
    fn a_name_is_one_for_every_tool() {
        for good in ["a", "sensor", "my-sensor-2"] {
            assert!(Name::new(good).is_ok_and(|name| name.as_str() == good), "{good}");
        }
        let long = "a".repeat(41);
        for bad in
            ["", "-a", "a-", "2a", "My", "a b", "a_b", "a\"b", "a/b", "ä", "test", "self", &long]
        {
            assert!(Name::new(bad).is_err(), "{bad}");
        }
    }
}
