//! The same C interpreter over a long list of events: in the sandbox with fuel, and natively.

use crate::fixtures::{built, channel, events, quiet, sandbox};
use crate::measure::{median, ratio};
use proofhouse_sandbox::{Job, Limits, Outcome};
use std::process::{Command, Stdio};
use std::time::Duration;

/// How often the list of events is evaluated in one run.
const REPEAT: usize = 20_000;

pub fn run() {
    let (content, events) = (quiet(), events());
    let long: Vec<&[u8]> =
        events.iter().map(Vec::as_slice).cycle().take(events.len() * REPEAT).collect();
    let count = u32::try_from(long.len()).unwrap();
    let sandbox = sandbox();
    let interpreter = channel(&sandbox);
    // The records of a long list are many; they are not what is measured.
    let mut limits = Limits::default();
    (limits.emitted_records, limits.emitted_bytes) = (u64::MAX, u64::MAX);
    let job =
        Job { content: &content, events: &long, limits: &limits, configuration: None, arguments: &[] };
    let ours = median(5, count, || {
        assert_eq!(interpreter.run(&job).outcome, Outcome::Accepted);
    });

    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("quiet.chan");
    std::fs::write(&file, &content).unwrap();
    let mut command = Command::new(built("channel-7.11-native"));
    command.args(["--repeat", &REPEAT.to_string()]).arg(&file).stdout(Stdio::null());
    for (at, event) in events.iter().enumerate() {
        let path = directory.path().join(format!("event-{at}"));
        std::fs::write(&path, event).unwrap();
        command.arg(path);
    }
    let native = median(5, count, || assert!(command.status().unwrap().success()));
    report("per event, in the sandbox", ours);
    report("per event, natively", native);
    println!("ratio                     {:>10.2}", ratio(ours, native));
}

fn report(name: &str, time: Duration) {
    println!("{name:<26}{:>10}", format!("{:.0} ns", time.as_secs_f64() * 1e9));
}
