//! The kinds of interpreters that a project can be made for, and the files of each.
//!
//! The files lie in `sandbox/sdk`: templates in `init`, everything else as guests in this repository use
//! it. In templates `@NAME@` is the project's name, `@CRATE@` the same in Rust code, `@SET@` the set of
//! builds, `@VERSION@` ours.

use super::name::Name;
use clap::ValueEnum;

/// What an interpreter is written in or is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Kind {
    /// A reactor in C, built with make.
    C,
    /// A reactor in C++, built with CMake.
    Cpp,
    /// A reactor in Rust, built with cargo.
    Rust,
    /// A plain C program that reads its content from stdin, built with make.
    Wasi,
}

/// One file of a project.
#[derive(Clone, Debug)]
pub(super) struct File {
    /// Relative to the project's folder.
    pub(super) path: String,
    /// What is in it.
    pub(super) text: String,
    /// Whether it is a script.
    pub(super) executable: bool,
}

/// Files as `(path in the project, path in sandbox/sdk)`.
macro_rules! embed {
    ($($to:literal <- $from:literal),* $(,)?) => {
        &[$(($to, include_str!(concat!("../../../../sandbox/sdk/", $from)))),*]
    };
}

type Embedded = &'static [(&'static str, &'static str)];

/// In every project.
const COMMON: Embedded = embed![
    ".gitignore" <- "init/common/gitignore",
    "content/good/empty.rules" <- "init/common/content/good/empty.rules",
    "content/good/office.rules" <- "init/common/content/good/office.rules",
    "content/bad/limit.rules" <- "init/common/content/bad/limit.rules",
    "content/bad/number.rules" <- "init/common/content/bad/number.rules",
    "content/bad/syntax.rules" <- "init/common/content/bad/syntax.rules",
    "policy.toml" <- "init/common/policy.toml",
];

/// In every project whose interpreter is a reactor.
const REACTOR: Embedded = embed![
    "events.json" <- "init/common/events.json",
    "test.sh" <- "init/common/test.sh",
];

/// What finds a compiler for C.
const TOOLCHAIN: Embedded = embed![
    "sdk/sanitizer-imports.txt" <- "sanitizer-imports.txt",
    "sdk/toolchain.sh" <- "toolchain.sh",
];

const HEADER: Embedded = embed!["sdk/c/proofhouse.h" <- "c/proofhouse.h"];

/// The interpreter itself, in C.
const RULES: Embedded = embed![
    "rules.c" <- "init/c/rules.c",
    "rules.h" <- "init/c/rules.h",
];

const C: Embedded = embed![
    "Makefile" <- "init/c/Makefile",
    "README.md" <- "init/c/README.md",
    "reactor.c" <- "init/c/reactor.c",
];

const CPP: Embedded = embed![
    "CMakeLists.txt" <- "init/cpp/CMakeLists.txt",
    "README.md" <- "init/cpp/README.md",
    "reactor.cpp" <- "init/cpp/reactor.cpp",
    "rules.cpp" <- "init/cpp/rules.cpp",
    "rules.hpp" <- "init/cpp/rules.hpp",
    "sdk/c/containers.c" <- "c/containers.c",
    "sdk/cmake/proofhouse-config.cmake" <- "cmake/proofhouse-config.cmake",
    "sdk/cmake/proofhouse-profile.cmake" <- "cmake/proofhouse-profile.cmake",
    "sdk/cmake/proofhouse.cmake" <- "cmake/proofhouse.cmake",
];

const RUST: Embedded = embed![
    ".cargo/config.toml" <- "init/rust/cargo-config.toml",
    "Cargo.toml" <- "init/rust/Cargo.toml.txt",
    "README.md" <- "init/rust/README.md",
    "@NAME@.toml" <- "init/rust/set.toml",
    "src/lib.rs" <- "init/rust/src/lib.rs",
    "src/rules.rs" <- "init/rust/src/rules.rs",
    "sdk/rust/Cargo.toml" <- "init/rust/guest-Cargo.toml.txt",
    "sdk/rust/src/buffers.rs" <- "rust/src/buffers.rs",
    "sdk/rust/src/description.rs" <- "rust/src/description.rs",
    "sdk/rust/src/export.rs" <- "rust/src/export.rs",
    "sdk/rust/src/exports.rs" <- "rust/src/exports.rs",
    "sdk/rust/src/host.rs" <- "rust/src/host.rs",
    "sdk/rust/src/host/imports.rs" <- "rust/src/host/imports.rs",
    "sdk/rust/src/host/recorder.rs" <- "rust/src/host/recorder.rs",
    "sdk/rust/src/interpreter.rs" <- "rust/src/interpreter.rs",
    "sdk/rust/src/lib.rs" <- "rust/src/lib.rs",
    "sdk/rust/src/position.rs" <- "rust/src/position.rs",
    "sdk/rust/src/reactor.rs" <- "rust/src/reactor.rs",
    "sdk/rust/src/reject.rs" <- "rust/src/reject.rs",
    "sdk/rust/src/session.rs" <- "rust/src/session.rs",
];

const WASI: Embedded = embed![
    "Makefile" <- "init/wasi/Makefile",
    "README.md" <- "init/wasi/README.md",
    "main.c" <- "init/wasi/main.c",
    "must-match.toml" <- "init/wasi/must-match.toml",
    "test.sh" <- "init/wasi/test.sh",
];

/// A line for the policies of languages whose libraries end the program when memory is out.
const NO_FAILED_ALLOCATIONS: &str =
    "failed_allocations = 0    # the language's library ends the program when memory is out\n";

impl Kind {
    /// What it is, in a few words.
    pub(super) fn description(self) -> &'static str {
        match self {
            Self::C => "an interpreter in C",
            Self::Cpp => "an interpreter in C++",
            Self::Rust => "an interpreter in Rust",
            Self::Wasi => "an interpreter that is a plain program in C",
        }
    }

    /// What builds and tests the project.
    pub(super) fn commands(self) -> &'static [&'static str] {
        match self {
            Self::C | Self::Wasi => &["make", "./test.sh"],
            Self::Cpp => &["cmake -B build", "cmake --build build", "./test.sh"],
            Self::Rust => &["cargo guest", "cargo guest-checked", "./test.sh"],
        }
    }

    /// The files of a project of that name, in order of their paths.
    pub(super) fn files(self, name: &Name) -> Vec<File> {
        let (set, aborts) = match self {
            Self::C | Self::Wasi => (format!("build/{name}.toml"), false),
            Self::Cpp => (format!("build/{name}.toml"), true),
            Self::Rust => (format!("{name}.toml"), true),
        };
        let replaced = |text: &str| {
            text.replace("@NAME@", name.as_str())
                .replace("@CRATE@", &name.as_crate())
                .replace("@SET@", &set)
                .replace("@VERSION@", env!("CARGO_PKG_VERSION"))
        };
        let mut files: Vec<File> = self
            .embedded()
            .iter()
            .flat_map(|part| part.iter())
            .map(|(path, text)| {
                // What is not a template is the same as in our own tree.
                let text = if is_template(path) { replaced(text) } else { (*text).to_owned() };
                let executable = path.rsplit('.').next() == Some("sh");
                File { path: replaced(path), text, executable }
            })
            .collect();
        if let Some(policy) = files.iter_mut().find(|file| aborts && file.path == "policy.toml") {
            policy.text.push_str(NO_FAILED_ALLOCATIONS);
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        files
    }

    fn embedded(self) -> &'static [Embedded] {
        match self {
            Self::C => &[COMMON, REACTOR, TOOLCHAIN, HEADER, RULES, C],
            Self::Cpp => &[COMMON, REACTOR, TOOLCHAIN, HEADER, CPP],
            Self::Rust => &[COMMON, REACTOR, RUST],
            Self::Wasi => &[COMMON, TOOLCHAIN, RULES, WASI],
        }
    }
}

/// The SDK's own files are copied, but for the manifest that takes the place of the workspace's.
fn is_template(path: &str) -> bool {
    !path.starts_with("sdk/") || path == "sdk/rust/Cargo.toml"
}

#[cfg(test)]
mod tests;
