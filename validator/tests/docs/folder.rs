//! What lies in the folder in which a page's commands are run, and what surrounds them.

use std::ffi::OsString;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

/// The environment that the commands have besides the caller's: the program under test, its box, and a cache
/// that all tests share.
pub(crate) fn environment() -> Vec<(&'static str, OsString)> {
    let program = Path::new(env!("CARGO_BIN_EXE_proofhouse")).parent().unwrap();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path =
        std::env::join_paths([program.to_owned()].into_iter().chain(std::env::split_paths(&path)));
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    vec![
        ("PATH", path.unwrap()),
        ("PROOFHOUSE_GUESTS", target.join("guests").into()),
        ("XDG_CACHE_HOME", Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache").into()),
    ]
}

/// Fills the folder for a page. `tutorial.md` begins with nothing, as its reader does.
pub(crate) fn fill(root: &Path, page: &str, folder: &Path) -> Result<(), String> {
    match page {
        "README.md" => {
            sensor(root, folder)?;
            let rules = root.join("validator/tests/box/cases/yara/source/rules.yar");
            sh(folder, &format!("mkdir rules && cp '{}' rules", rules.display()))?;
            sh(folder, "mkdir out corpus && cp a.chan out && rm -r findings")
        }
        "docs/fuzzing.md" => {
            workspace(root, folder)?;
            sensor(root, folder)?;
            sh(
                folder,
                "mkdir corpus && mv findings/*.case findings/crash-0a1b.case && cp a.chan corpus",
            )
        }
        "docs/coverage.md" => {
            workspace(root, folder)?;
            sensor(root, folder)?;
            sh(folder, "mkdir out && cp a.chan out")
        }
        "docs/build-profiles.md" => {
            workspace(root, folder)?;
            sh(folder, GUEST)
        }
        _ => Ok(()),
    }
}

/// An interpreter for the pages that compile one.
const GUEST: &str = r#"
mkdir my-interpreter
cat >guest.c <<'END'
#include "proofhouse.h"
#include <stdlib.h>
int32_t proofhouse_abi_version(void) { return PROOFHOUSE_ABI_VERSION; }
void *proofhouse_alloc(uint32_t size) { return malloc(size > 0 ? size : 1); }
int32_t proofhouse_load(const void *content, uint32_t size) { return content == NULL || size == 0; }
int32_t proofhouse_evaluate(const void *event, uint32_t size) { return event != NULL && size > 0; }
END
cp guest.c my-interpreter
cat >my-interpreter/CMakeLists.txt <<'END'
cmake_minimum_required(VERSION 3.20)
project(sensor C)
find_package(proofhouse REQUIRED)
proofhouse_add_reactor(sensor SOURCES guest.c)
END
"#;

/// The parts of this repository that a reader in a checkout has.
fn workspace(root: &Path, folder: &Path) -> Result<(), String> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    for (from, to) in [
        (&*root.join("sandbox"), "sandbox"),
        (&*root.join("fixtures"), "fixtures"),
        (target, "target"),
    ] {
        symlink(from, folder.join(to)).map_err(|error| format!("{to}: {error}"))?;
    }
    Ok(())
}

/// `sensor.wasm`, events, the channel file `a.chan`, and what fuzzing finds, in `findings`: the interpreter
/// of the outage and the content of the release before it.
fn sensor(root: &Path, folder: &Path) -> Result<(), String> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let built = target.join("fixtures/channel-7.10.wasm");
    let source = root.join("fixtures/content/quiet.toml");
    let events = root.join("fixtures/events/outage.json");
    let script = format!(
        "cp '{}' sensor.wasm\ncp '{}' events.json\nproofhouse channel encode '{}' a.chan\n\
         proofhouse fuzz -i sensor.wasm -e events.json -c a.chan -- -seed=1 -runs=1000 && exit 1\n\
         test -f findings/*.case\n",
        built.display(),
        events.display(),
        source.display()
    );
    sh(folder, &script)
}

fn sh(folder: &Path, script: &str) -> Result<(), String> {
    let mut command = Command::new("sh");
    command.args(["-eu", "-c", script]).current_dir(folder).envs(environment());
    let output = command.output().map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&output.stderr);
    if output.status.success() { Ok(()) } else { Err(format!("{script}: {said}")) }
}
