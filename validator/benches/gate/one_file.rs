//! One small channel file, load and one event, a fresh instance each time; beside it a process each
//! time: natively compiled, with AddressSanitizer, and in a bubblewrap sandbox.

use crate::fixtures::{built, channel, events, quiet, sandbox};
use crate::measure::{median, ratio, show};
use proofhouse_sandbox::{Job, Limits, Outcome};
use std::process::{Command, Stdio};

const RUNS: u32 = 2_000;
const PROCESSES: u32 = 20;

pub fn run() {
    let (content, events) = (quiet(), events());
    let sandbox = sandbox();
    let interpreter = channel(&sandbox);
    let limits = Limits::default();
    let first: Vec<&[u8]> = events.iter().take(1).map(Vec::as_slice).collect();
    let job =
        Job { content: &content, events: &first, limits: &limits, configuration: None, arguments: &[] };
    let ours = median(9, RUNS, || {
        for _ in 0..RUNS {
            assert_eq!(interpreter.run(&job).outcome, Outcome::Accepted);
        }
    });
    println!("a fresh instance          {:>10}", show(ours));

    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("quiet.chan");
    let event = directory.path().join("event");
    std::fs::write(&file, &content).unwrap();
    std::fs::write(&event, &events[0]).unwrap();
    let compare = |name: &str, mut command: Command| {
        command.arg(&file).arg(&event).stdout(Stdio::null()).stderr(Stdio::null());
        if !command.status().is_ok_and(|status| status.success()) {
            println!("{name:<26}not available here");
            return;
        }
        let process = median(9, PROCESSES, || {
            for _ in 0..PROCESSES {
                assert!(command.status().unwrap().success());
            }
        });
        println!("{name:<26}{:>10}   {:>6.0} times as long", show(process), ratio(process, ours));
    };
    let native = built("channel-7.11-native");
    compare("a native process", Command::new(&native));
    compare("an AddressSanitizer one", Command::new(built("channel-7.11-native-asan")));
    let mut bubblewrap = Command::new("bwrap");
    bubblewrap.args(["--ro-bind", "/", "/", "--unshare-all", "--die-with-parent", "--"]).arg(&native);
    compare("a bubblewrap process", bubblewrap);
}
