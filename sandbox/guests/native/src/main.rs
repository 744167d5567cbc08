//! Interpreters of the box as a native command, as their users run them: what the benchmark of throughput
//! measures against. `sandbox/guests/libyara/main/native.c` is the same for libyara.
//!
//! ```text
//! proofhouse-native GUEST CONTENT [EVENT]              loads one file, evaluates one, and ends
//! proofhouse-native GUEST --time ROUNDS CONTENT... [-- EVENT...]
//! ```
//!
//! With `--time` it loads every file, evaluates the event, and drops what it loaded, and prints for each
//! file the median processor time of the rounds in nanoseconds. There is one event for all files, or one for
//! each. What it finds goes nowhere.

#[path = "../../cedar/src/lib.rs"]
#[allow(dead_code, unreachable_pub, reason = "a crate of its own")]
mod cedar_guest;
#[path = "../../cel/src/lib.rs"]
#[allow(dead_code, unreachable_pub, reason = "a crate of its own")]
mod cel_guest;
#[path = "../../ebpf/src/lib.rs"]
#[allow(dead_code, unreachable_pub, reason = "a crate of its own")]
mod ebpf_guest;

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use cedar_guest::Cedar;
use cel_guest::Cel;
use ebpf_guest::Ebpf;
use proofhouse_guest::{Interpreter, Session};
use proofhouse_guest_rego::Rego;
use proofhouse_guest_sigma::Sigma;
use proofhouse_guest_yara::Yara;
use rustix::time::{ClockId, clock_gettime};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match guest(&words) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

fn guest(words: &[String]) -> Result<bool, Box<dyn Error>> {
    let (guest, words) = words.split_first().ok_or("no guest")?;
    match guest.as_str() {
        "cedar" => run::<Cedar>(words),
        "cel" => run::<Cel>(words),
        "ebpf" => run::<Ebpf>(words),
        "rego" => run::<Rego>(words),
        "sigma" => run::<Sigma>(words),
        "yara" => run::<Yara>(words),
        other => Err(format!("no guest `{other}` here").into()),
    }
}

/// Whether the one file was accepted; always where times were asked for.
fn run<I: Interpreter>(words: &[String]) -> Result<bool, Box<dyn Error>> {
    match words {
        [option, rounds, words @ ..] if option == "--time" => {
            let mut parts = words.splitn(2, |word| word == "--");
            let files = parts.next().unwrap_or_default();
            let events = parts.next().unwrap_or_default();
            if events.len() > 1 && events.len() != files.len() {
                return Err("not as many events as files".into());
            }
            let rounds: usize = rounds.parse()?;
            // The last one again: where there is one, it is for all.
            let mut event = None;
            let mut events = events.iter();
            for file in files {
                if let Some(next) = events.next() {
                    event = Some(read(next)?);
                }
                println!("{}", median::<I>(&read(file)?, event.as_deref(), rounds).as_nanos());
            }
            Ok(true)
        }
        [content] => Ok(judge::<I>(&read(content)?, None)),
        [content, event] => Ok(judge::<I>(&read(content)?, Some(&read(event)?))),
        _ => Err("which file?".into()),
    }
}

fn read(path: impl AsRef<Path>) -> Result<Vec<u8>, Box<dyn Error>> {
    let path = path.as_ref();
    std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()).into())
}

fn judge<I: Interpreter>(content: &[u8], event: Option<&[u8]>) -> bool {
    let mut session = Session::<I>::default();
    let accepted = session.load(content) == 0;
    if accepted && let Some(event) = event {
        session.evaluate(event);
    }
    accepted
}

/// How long this thread has run; nothing where the system does not say.
fn on_the_processor() -> Duration {
    clock_gettime(ClockId::ThreadCPUTime).try_into().unwrap_or_default()
}

fn median<I: Interpreter>(content: &[u8], event: Option<&[u8]>, rounds: usize) -> Duration {
    let mut times: Vec<Duration> = (0..rounds)
        .map(|_| {
            let started = on_the_processor();
            judge::<I>(content, event);
            on_the_processor().saturating_sub(started)
        })
        .collect();
    times.sort_unstable();
    times.get(rounds / 2).copied().unwrap_or_default()
}
