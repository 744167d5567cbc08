//! One small channel file, load and one event, a fresh instance each time; beside it a process each
//! time: natively compiled, with AddressSanitizer, and in a bubblewrap sandbox.

use crate::fixtures::{built, channel, content, events, sandbox};
use crate::measure::{quickest, ratio, show};
use proofhouse_sandbox::{Interpreter, Job, Limits, Outcome, Sanitize};
use std::process::{Command, Stdio};

const RUNS: u32 = 500;
const PROCESSES: usize = 200;
const ROUNDS: usize = 30;

pub(crate) fn run() {
    // 293 bytes with one instance, and 2,660 bytes with five of 21 inputs each.
    for name in ["narrow", "quiet"] {
        let content = content(name).encode().unwrap();
        println!("{name}.chan, {} bytes", content.len());
        compare(&content, &events().first().unwrap().bytes());
    }
}

fn compare(content: &[u8], event: &[u8]) {
    let sandbox = sandbox();
    let [plain, checked] =
        [Sanitize::Off, Sanitize::On].map(|sanitize| channel(&sandbox, sanitize));
    let (limits, events) = (Limits::default(), [event]);
    let job =
        Job { content, events: &events, limits: &limits, configuration: None, arguments: &[] };
    let run = |interpreter: &Interpreter| {
        for _ in 0..RUNS {
            assert_eq!(interpreter.run(&job).outcome, Outcome::Accepted);
        }
    };
    let [ours, checked] = quickest(ROUNDS, RUNS, [&|| run(&plain), &|| run(&checked)]);
    println!("  a fresh instance          {:>10}", show(ours));
    println!(
        "  the same, memory checked  {:>10}   {:>6.1} times as long",
        show(checked),
        ratio(checked, ours)
    );

    let directory = tempfile::tempdir().unwrap();
    let (file, input) = (directory.path().join("content.chan"), directory.path().join("event"));
    std::fs::write(&file, content).unwrap();
    std::fs::write(&input, event).unwrap();
    let process = |name: &str, mut command: Command| {
        command.arg(&file).arg(&input).stdout(Stdio::null()).stderr(Stdio::null());
        if !command.status().is_ok_and(|status| status.success()) {
            println!("  {name:<26}not available here");
            return;
        }
        let command = std::cell::RefCell::new(command);
        let start = || assert!(command.borrow_mut().status().unwrap().success());
        let [process] = quickest(PROCESSES, 1, [&start]);
        println!("  {name:<26}{:>10}   {:>6.0} times as long", show(process), ratio(process, ours));
    };
    let native = built("channel-7.11-native");
    process("a native process", Command::new(&native));
    process("an AddressSanitizer one", Command::new(built("channel-7.11-native-asan")));
    let mut bubblewrap = Command::new("bwrap");
    bubblewrap
        .args(["--ro-bind", "/", "/", "--unshare-all", "--die-with-parent", "--"])
        .arg(native);
    process("a bubblewrap process", bubblewrap);
}
