//! What `sandbox/sdk/toolchain.sh` answers.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::Error;

/// The script, from the workspace's root.
const SCRIPT: &str = "sandbox/sdk/toolchain.sh";

/// The compilers and their flags.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Toolchain {
    /// `clang 22.1.8`: a newer compiler of the same path is another one.
    pub(crate) version: String,
    pub(crate) wasm_cc: PathBuf,
    pub(crate) wasm_cflags: Vec<String>,
    pub(crate) wasm_ldflags: Vec<String>,
    pub(crate) native_cc: PathBuf,
    native_sanitizers: Vec<String>,
}

impl Toolchain {
    /// Asks the script, for a build profile if there is one. It changes nothing.
    pub(crate) fn find(root: &Path, prefer: &str, profile: Option<&str>) -> Result<Self, Error> {
        let program = root.join(SCRIPT);
        let answer = Command::new(&program)
            .args(["--prefer", prefer])
            .args(profile.into_iter().flat_map(|profile| ["--profile", profile]))
            .stdin(Stdio::null())
            .output()
            .map_err(|source| Error::Run { program, source })?;
        if answer.status.success() {
            Self::parse(&String::from_utf8_lossy(&answer.stdout), profile.is_some())
        } else {
            let said = String::from_utf8_lossy(&answer.stderr).trim_end().to_owned();
            Err(Error::NoToolchain { said })
        }
    }

    fn parse(answer: &str, profile: bool) -> Result<Self, Error> {
        let (cflags, ldflags) =
            if profile { ("CFLAGS", "LDFLAGS") } else { ("WASM_CFLAGS", "WASM_LDFLAGS") };
        let value = |key: &'static str| {
            let mut pairs = answer.lines().filter_map(|line| line.split_once('='));
            pairs
                .find_map(|(name, value)| (name == key).then_some(value))
                .ok_or(Error::ToolchainAnswer { key })
        };
        let words = |key, separator| {
            value(key).map(|text| {
                text.split(separator).filter(|word| !word.is_empty()).map(str::to_owned).collect()
            })
        };
        Ok(Self {
            version: format!("{} {}", value("WASM_KIND")?, value("WASM_VERSION")?),
            wasm_cc: value("WASM_CC")?.into(),
            wasm_cflags: words(cflags, ' ')?,
            wasm_ldflags: words(ldflags, ' ')?,
            native_cc: value("NATIVE_CC")?.into(),
            native_sanitizers: words("NATIVE_SANITIZERS", ',')?,
        })
    }

    /// Whether the native compiler can link with `-fsanitize=NAME`.
    pub(crate) fn has_sanitizer(&self, name: &str) -> bool {
        self.native_sanitizers.iter().any(|sanitizer| sanitizer == name)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    const ANSWER: &str = "WASM_KIND=clang\nWASM_VERSION=22.1.8\nWASM_CC=/opt/my tools/clang\n\
        WASM_CFLAGS=--target=wasm32-wasi -isystem /x\nWASM_LDFLAGS=\nNATIVE_CC=/usr/bin/cc\n\
        NATIVE_SANITIZERS=address,undefined\n";

    #[test]
    fn answer_is_read() {
        let toolchain = Toolchain::parse(ANSWER, false).unwrap();
        assert_eq!(toolchain.version, "clang 22.1.8");
        assert_eq!(toolchain.wasm_cc, Path::new("/opt/my tools/clang"));
        assert_eq!(toolchain.wasm_cflags, ["--target=wasm32-wasi", "-isystem", "/x"]);
        assert!(toolchain.wasm_ldflags.is_empty());
        assert!(toolchain.has_sanitizer("address"));
        assert!(!toolchain.has_sanitizer("addr"));
    }

    #[test]
    fn flags_of_a_profile_replace_the_others() {
        let answer = format!("{ANSWER}CFLAGS=-O1 -g\nLDFLAGS=-Wl,-z\n");
        let toolchain = Toolchain::parse(&answer, true).unwrap();
        assert_eq!(toolchain.wasm_cflags, ["-O1", "-g"]);
        assert_eq!(toolchain.wasm_ldflags, ["-Wl,-z"]);
    }

    #[test]
    fn missing_key_is_named() {
        let answer = ANSWER.replace("NATIVE_CC=", "NATIVE_CCC=");
        let error = Toolchain::parse(&answer, false).unwrap_err();
        assert!(matches!(error, Error::ToolchainAnswer { key: "NATIVE_CC" }), "{error}");
    }
}
