//! A guest's `guest.toml`.

use std::fmt;
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Deserializer, de};

/// What a guest's folder declares.
#[derive(Debug, Deserialize)]
#[serde(tag = "language", rename_all = "lowercase")]
pub(crate) enum Manifest {
    /// Compiled by the C toolchain.
    C(CGuest),
    /// Compiled by cargo.
    Rust(RustGuest),
}

impl Manifest {
    pub(crate) fn name(&self) -> &Name {
        match self {
            Self::C(guest) => &guest.name,
            Self::Rust(guest) => &guest.name,
        }
    }
}

/// A guest written in C. Paths are inside the guest's folder.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CGuest {
    pub(crate) name: Name,
    /// Size of the linear stack of the Wasm programs.
    #[serde(default = "default_stack_bytes")]
    pub(crate) stack_bytes: u32,
    /// Size of the memory that they start with, in whole pages, if not as small as it can be. What a run would
    /// get bit by bit is there from the start then, and costs no system calls.
    pub(crate) memory_bytes: Option<u32>,
    /// The same for builds with checks, which have the stack of their profile.
    pub(crate) checked_memory_bytes: Option<u32>,
    /// Folders of headers. The SDK's is there without being named.
    #[serde(default)]
    pub(crate) include: Vec<InsidePath>,
    /// What every program is compiled from.
    pub(crate) sources: Vec<InsidePath>,
    /// More of that, from a crate that carries the sources of a C library.
    pub(crate) upstream: Option<Upstream>,
    /// The same sources may make several versions.
    pub(crate) versions: Vec<CVersion>,
    pub(crate) programs: Vec<Program>,
}

/// Sources of others, from a crate of the lock file. They are compiled as they are, without warnings.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Upstream {
    /// The crate. This program depends on it for Wasm, where it is never compiled.
    #[serde(rename = "crate")]
    pub(crate) package: Name,
    /// The sources' folder in it. Its last part is what debug information calls it.
    pub(crate) folder: InsidePath,
    /// Folders of headers, in that folder.
    pub(crate) include: Vec<InsidePath>,
    /// What is compiled, in that folder.
    pub(crate) sources: Vec<InsidePath>,
    /// What has to change for Wasm.
    #[serde(default)]
    pub(crate) edits: Vec<Edit>,
    /// What checked builds are compiled with besides their profile.
    #[serde(default)]
    pub(crate) checked: Vec<CheckedFlag>,
}

/// A flag that takes one check from the sources of others, where they do on purpose what it would stop.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckedFlag {
    pub(crate) flag: String,
    /// For people. There is none without.
    #[expect(dead_code, reason = "read by people, required by the parser")]
    reason: String,
}

/// One replacement in one file, where the text to replace occurs exactly once.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Edit {
    pub(crate) file: InsidePath,
    pub(crate) from: String,
    pub(crate) to: String,
    /// For people. There is none without.
    #[expect(dead_code, reason = "read by people, required by the parser")]
    reason: String,
}

/// One version of a guest written in C.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CVersion {
    pub(crate) version: Name,
    /// Macros, as `NAME` or `NAME=value`.
    #[serde(default)]
    pub(crate) defines: Vec<String>,
}

/// One way to build every version.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Program {
    pub(crate) kind: ProgramKind,
    /// What only this program is compiled from.
    pub(crate) sources: Vec<InsidePath>,
}

/// What a program is, and with that how it is linked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ProgramKind {
    /// Wasm with the sandbox's native ABI.
    Reactor,
    /// The same in a build profile of the SDK that the sandbox can check.
    #[serde(rename = "checked-O0")]
    CheckedO0,
    /// The same in the other one.
    #[serde(rename = "checked-O1")]
    CheckedO1,
    /// Wasm with the entry point of fuzzers.
    Harness,
    /// Wasm, a WASI command.
    Command,
    /// A program for this machine.
    Native,
    /// The same with AddressSanitizer. Left out where the native compiler does not have it.
    NativeAsan,
    /// The same as a fuzzer: with libFuzzer, and the entry point that it calls. Built only when it is asked for.
    NativeFuzz,
}

impl ProgramKind {
    /// What distinguishes the artefact's name. The reactor is the guest, so it has none.
    pub(crate) const fn suffix(self) -> &'static str {
        match self {
            Self::Reactor => ".wasm",
            Self::CheckedO0 => "-checked-O0.wasm",
            Self::CheckedO1 => "-checked-O1.wasm",
            Self::Harness => "-harness.wasm",
            Self::Command => "-command.wasm",
            Self::Native => "-native",
            Self::NativeAsan => "-native-asan",
            Self::NativeFuzz => "-native-fuzz",
        }
    }

    /// The build profile of the SDK, if it is one.
    pub(crate) const fn profile(self) -> Option<&'static str> {
        match self {
            Self::CheckedO0 => Some("checked-O0"),
            Self::CheckedO1 => Some("checked-O1"),
            Self::Reactor
            | Self::Harness
            | Self::Command
            | Self::Native
            | Self::NativeAsan
            | Self::NativeFuzz => None,
        }
    }
}

/// A guest written in Rust: a member of the workspace that is a `cdylib`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RustGuest {
    pub(crate) name: Name,
    pub(crate) version: Name,
    pub(crate) package: Name,
    /// Size of the linear stack, if not rustc's own 1 MiB. All of it is cleared for each run.
    pub(crate) stack_bytes: Option<u32>,
    /// As of a guest in C.
    pub(crate) memory_bytes: Option<u32>,
    /// How costly LLVM may find a function that it puts in the place of a call, if not its own 225: a call costs
    /// more in the sandbox than natively. The module is longer, and so is the time to compile it.
    pub(crate) inline_threshold: Option<u16>,
}

/// 64 KiB, the linker's own default: said here because zig's is 16 MiB.
const fn default_stack_bytes() -> u32 {
    64 * 1024
}

/// A name or version, of which file names are made: letters, digits, `.`, `_`, `-`, and not hidden.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Name(String);

impl Name {
    fn new(text: String) -> Option<Self> {
        let plain =
            |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '_' || c == '-' || c == '+';
        let good = text.chars().all(plain) && text.starts_with(|c: char| c.is_ascii_alphanumeric());
        good.then_some(Self(text))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::new(text).ok_or_else(|| {
            de::Error::custom("a name begins with a letter or digit and has only those and . _ - +")
        })
    }
}

/// A relative path that stays inside the guest's folder.
#[derive(Debug, Clone)]
pub(crate) struct InsidePath(PathBuf);

impl InsidePath {
    pub(crate) fn as_path(&self) -> &Path {
        &self.0
    }
}

impl<'de> Deserialize<'de> for InsidePath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let path = PathBuf::deserialize(deserializer)?;
        if path.components().all(|part| matches!(part, Component::Normal(_))) {
            Ok(Self(path))
        } else {
            Err(de::Error::custom("a path is relative and has no . or .. in it"))
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
    use super::*;

    const C: &str = r#"
        name = "channel"
        language = "c"
        include = ["src"]
        sources = ["src/a.c"]
        [[versions]]
        version = "7.10"
        defines = ["MINOR=10"]
        [[programs]]
        kind = "native-asan"
        sources = ["main/native.c"]
    "#;

    fn refusal(text: &str) -> String {
        toml::from_str::<Manifest>(text).unwrap_err().message().to_owned()
    }

    #[test]
    fn c_guest_is_read() {
        let Manifest::C(guest) = toml::from_str(C).unwrap() else { panic!("not C") };
        assert_eq!(guest.name.as_str(), "channel");
        assert_eq!(guest.stack_bytes, 65_536);
        assert_eq!(guest.versions.first().unwrap().defines, ["MINOR=10"]);
        assert_eq!(guest.programs.first().unwrap().kind, ProgramKind::NativeAsan);
        assert_eq!(guest.sources.first().unwrap().as_path(), Path::new("src/a.c"));
    }

    #[test]
    fn rust_guest_is_read() {
        let text = "name = 'yara'\nlanguage = 'rust'\npackage = 'guest-yara'\nversion = '1.4.0'";
        let Manifest::Rust(guest) = toml::from_str(text).unwrap() else { panic!("not Rust") };
        assert_eq!(guest.package.as_str(), "guest-yara");
        assert_eq!(guest.version.as_str(), "1.4.0");
    }

    #[test]
    fn unknown_members_are_refused() {
        let text = C.replace("include =", "includes =");
        assert!(refusal(&text).contains("includes"), "{}", refusal(&text));
        let text = C.replace("defines =", "defined =");
        assert!(refusal(&text).contains("defined"), "{}", refusal(&text));
    }

    #[test]
    fn names_that_are_no_file_names_are_refused() {
        for name in ["", "../up", ".hidden", "a/b", "a b", "-x"] {
            let text = C.replace("\"channel\"", &format!("\"{name}\""));
            assert!(toml::from_str::<Manifest>(&text).is_err(), "{name}");
        }
    }

    #[test]
    fn paths_that_leave_the_folder_are_refused() {
        for path in ["/etc/passwd", "../x.c", "src/../../x.c", "./x.c"] {
            let text = C.replace("src/a.c", path);
            assert!(toml::from_str::<Manifest>(&text).is_err(), "{path}");
        }
    }
}
