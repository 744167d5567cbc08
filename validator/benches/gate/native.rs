//! The same C interpreter over a long list of events: in the sandbox with fuel, and natively.
//!
//! The native program keeps the records of one event where the sandbox keeps those of all, so events that
//! match are measured apart from events that do not.

use crate::fixtures::{built, channel, events, quiet_times, sandbox};
use crate::measure::{quickest, ratio};
use proofhouse_corpus::{ChannelFile, Event};
use proofhouse_sandbox::{Interpreter, Job, Limits, Outcome, Sanitize};
use std::process::{Command, Stdio};
use std::time::Duration;

const ROUNDS: usize = 15;

pub(crate) fn run() {
    for (times, repeat) in [(1, 20_000), (40, 2_000)] {
        let file = quiet_times(times);
        let (match_some, match_none): (Vec<Event>, Vec<Event>) =
            events().into_iter().partition(|event| !file.matches(event).unwrap().is_empty());
        println!("{} instances", file.instances.len());
        compare("events that match nothing", &file, &match_none, repeat);
        compare("events that match", &file, &match_some, repeat);
    }
}

fn compare(name: &str, file: &ChannelFile<'_>, events: &[Event], repeat: usize) {
    let content = file.encode().unwrap();
    let inputs: Vec<_> = events.iter().map(Event::bytes).collect();
    let long: Vec<&[u8]> =
        inputs.iter().map(|input| &**input).cycle().take(inputs.len() * repeat).collect();
    let count = u32::try_from(long.len()).unwrap();
    let sandbox = sandbox();
    let [plain, checked] =
        [Sanitize::Off, Sanitize::On].map(|sanitize| channel(&sandbox, sanitize));
    let mut limits = Limits::default();
    (limits.emitted_records, limits.emitted_bytes) = (u64::MAX, u64::MAX);
    let job = Job {
        content: &content,
        events: &long,
        limits: &limits,
        configuration: None,
        arguments: &[],
    };
    let run = |interpreter: &Interpreter| {
        assert_eq!(interpreter.run(&job).outcome, Outcome::Accepted);
    };

    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("content.chan");
    std::fs::write(&path, &content).unwrap();
    let mut command = Command::new(built("channel-7.11-native"));
    command.args(["--repeat", &repeat.to_string()]).arg(&path).stdout(Stdio::null());
    for (at, input) in inputs.iter().enumerate() {
        let path = directory.path().join(format!("event-{at}"));
        std::fs::write(&path, input).unwrap();
        command.arg(path);
    }
    let command = std::cell::RefCell::new(command);
    let native = || assert!(command.borrow_mut().status().unwrap().success());
    let [ours, checked, native] =
        quickest(ROUNDS, count, [&|| run(&plain), &|| run(&checked), &native]);
    let ns = |time: Duration| format!("{:.0} ns", time.as_secs_f64() * 1e9);
    println!(
        "  {name:<28}{:>10} in the sandbox, {:>10} natively: {:.2} times; checked {:.2} times",
        ns(ours),
        ns(native),
        ratio(ours, native),
        ratio(checked, native)
    );
}
