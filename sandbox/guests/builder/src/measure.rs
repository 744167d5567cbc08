//! What the release costs: its size, and the time until a guest that it carries is ready.
//!
//! It prints and decides nothing: a time depends on the machine and on what else it does.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::error::Error;

/// Processes of each kind; the median counts.
const ROUNDS: usize = 21;

/// Prints size and times.
///
/// Ready means: the guest is found, all of its builds that run are read from the cache, and it has said what it
/// is. That is `ready_us` of the program's own report, and all that a process takes before and after it, which is
/// what `--version` takes. Then the time of the whole process that judges an empty file.
pub(crate) fn measure(program: &Path) -> Result<(), Error> {
    let size = fs::metadata(program).map_err(Error::io(program))?.len();
    println!("{:<20}{:>10.1} MiB", "the program", mebibytes(size));
    let scratch = tempfile::tempdir().map_err(Error::io(program))?;
    let content = scratch.path().join("empty");
    fs::write(&content, []).map_err(Error::io(&content))?;
    let call = |words: &[&str]| {
        let mut command = Command::new(program);
        command.args(words).env("XDG_CACHE_HOME", scratch.path()).env_remove("PROOFHOUSE_GUESTS");
        command.current_dir(scratch.path()).stdin(Stdio::null()).stderr(Stdio::null());
        command
    };
    let nothing = median(|| call(&["--version"]))?;
    println!("{:<20}{:>10.1} ms", "--version", milliseconds(nothing));
    println!("{:<20}{:>13}{:>13}{:>13}{:>13}", "", "ready", "judged", "unchecked:", "judged");
    let listed = ended(&mut call(&["guests", "--format", "json"]))?;
    let listed: Value = serde_json::from_slice(&listed).unwrap_or_default();
    let guests = listed.get("guests").and_then(Value::as_array).into_iter().flatten();
    for id in guests.filter_map(|guest| guest.get("id")?.as_str()) {
        let check = |sanitize: &str| {
            call(&[
                "check",
                "-i",
                id,
                "--sanitize",
                sanitize,
                "--timings",
                "--format",
                "json",
                "empty",
            ])
        };
        let ready = |sanitize| -> Result<f64, Error> {
            let inside = median_of(|| ready(&ended(&mut check(sanitize))?))?;
            Ok(milliseconds(nothing.saturating_add(inside)))
        };
        let judged = |sanitize| median(|| check(sanitize)).map(milliseconds);
        println!(
            "{id:<20}{:>10.1} ms{:>10.1} ms{:>10.1} ms{:>10.1} ms",
            ready("on")?,
            judged("on")?,
            ready("off")?,
            judged("off")?
        );
    }
    Ok(())
}

/// The median of several processes, the first one not counted: it compiles.
fn median(call: impl Fn() -> Command) -> Result<Duration, Error> {
    median_of(|| {
        let mut command = call();
        let started = Instant::now();
        ended(&mut command)?;
        Ok(started.elapsed())
    })
}

/// The same of times that `measure` gives.
fn median_of(measure: impl Fn() -> Result<Duration, Error>) -> Result<Duration, Error> {
    measure()?;
    let mut times = (0..ROUNDS).map(|_| measure()).collect::<Result<Vec<_>, _>>()?;
    times.sort_unstable();
    Ok(times.get(ROUNDS / 2).copied().unwrap_or_default())
}

/// How long a process says that it took until its interpreters were ready.
fn ready(report: &[u8]) -> Result<Duration, Error> {
    let report: Value = serde_json::from_slice(report).unwrap_or_default();
    let ready = report.get("ready_us").and_then(Value::as_u64);
    ready.map(Duration::from_micros).ok_or(Error::Report)
}

/// What a process wrote. An empty file may be good or bad content; it has to be judged.
fn ended(command: &mut Command) -> Result<Vec<u8>, Error> {
    let program = command.get_program().into();
    let output = command.output().map_err(|source| Error::Run { program, source })?;
    match output.status.code() {
        Some(0 | 1) => Ok(output.stdout),
        _ => Err(Error::Program { status: output.status }),
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "a program is far smaller than what would lose a digit"
)]
fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
