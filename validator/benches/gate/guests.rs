//! Interpreters of the box over public content: a fresh instance for each file, without and with the memory
//! checks; beside it the same interpreter natively, in one process for all files and in one for each.
//!
//! Times within a process are the processor's, without what other programs took meanwhile; that of processes is the
//! clock's, since a process is started and ended by others. It builds the native programs. The content is that in
//! `../shared/real` or below `$PROOFHOUSE_SHARED`; of languages that are not there, the cases of this project's tests.

use crate::fixtures::{root, sandbox};
use crate::measure::{median, ratio, show};
use proofhouse_corpus::EventsFile;
use proofhouse_sandbox::limits::THREAD_STACK_BYTES;
use proofhouse_sandbox::{Interpreter, Job, Limits, Outcome, Sanitize};
use rustix::time::{ClockId, clock_gettime};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// Times that each file is judged; the median counts.
const ROUNDS: usize = 5;
/// Processes for each file, likewise.
const PROCESSES: usize = 3;

/// What is compared.
struct Guest {
    name: &'static str,
    content: Content,
    /// Further builds, by what their files' names add to the release's.
    checked: &'static [&'static str],
}

impl Guest {
    /// Its native command is built by `cargo guests`.
    fn is_c(&self) -> bool {
        self.name == "libyara"
    }
}

enum Content {
    /// Files with an ending below a folder of public content: every one of so many, in the order of their names.
    Public { folder: &'static str, ending: &'static str, every: usize, event: Event },
    /// What the tests of a guest have that is accepted as it is: small files, each with its first event.
    Cases,
}

/// The one event of every file.
enum Event {
    Text(&'static str),
    /// The first of the content's files.
    FirstFile,
}

const YARA: Content =
    Content::Public { folder: "yara", ending: "yar", every: 1, event: Event::FirstFile };
const SIGMA: Content = Content::Public {
    folder: "sigma/rules",
    ending: "yml",
    every: 8,
    event: Event::Text(r#"{"Image":"C:\\a.exe","CommandLine":"a.exe -x","EventID":1}"#),
};
const REGO: Content = Content::Public {
    folder: "rego",
    ending: "rego",
    every: 1,
    event: Event::Text(r#"{"review":{"object":{"kind":"Pod"}},"parameters":{}}"#),
};

const GUESTS: [Guest; 7] = [
    Guest { name: "yara", content: YARA, checked: &[] },
    Guest { name: "libyara", content: YARA, checked: &["checked-O1"] },
    Guest { name: "sigma", content: SIGMA, checked: &[] },
    Guest { name: "rego", content: REGO, checked: &[] },
    Guest { name: "cel", content: Content::Cases, checked: &[] },
    Guest { name: "cedar", content: Content::Cases, checked: &[] },
    Guest { name: "ebpf", content: Content::Cases, checked: &[] },
];

/// A file with its event.
struct Subject {
    path: PathBuf,
    content: Vec<u8>,
    event: Vec<u8>,
}

pub(crate) fn run() {
    let shared = std::env::var_os("PROOFHOUSE_SHARED").map(PathBuf::from);
    let real = shared.unwrap_or_else(|| root().join("../shared")).join("real");
    // `-- guests libyara` compares that one alone.
    let named = |guest: &&Guest| std::env::args().any(|word| word == guest.name);
    let chosen: Vec<&Guest> = match GUESTS.iter().filter(named).collect::<Vec<_>>() {
        none if none.is_empty() => GUESTS.iter().collect(),
        some => some,
    };
    let native = chosen.iter().any(|guest| !guest.is_c()).then(build_native).unwrap_or_default();
    // Guests recurse deeper than the stack of a thread by default.
    let all = move || chosen.iter().for_each(|guest| compare(guest, &real, &native));
    let thread = std::thread::Builder::new().stack_size(THREAD_STACK_BYTES).spawn(all);
    thread.unwrap().join().unwrap();
}

/// The native command for guests in Rust, compiled as they are.
fn build_native() -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "-q", "--profile", "guest", "-p", "proofhouse-native"]);
    assert!(command.current_dir(root()).status().unwrap().success());
    root().join("target/guest/proofhouse-native")
}

fn compare(guest: &Guest, real: &Path, native: &Path) {
    match &guest.content {
        // Each by itself: what a run costs weighs more on a small one.
        Content::Cases => {
            for (name, subject) in cases(guest.name) {
                compare_files(guest, &format!("{}, {name}", guest.name), &[subject], native);
            }
        }
        Content::Public { .. } if !real.is_dir() => {
            println!("{}: SKIPPED, no public content in {}", guest.name, real.display());
        }
        Content::Public { folder, ending, every, event } => {
            let subjects = public(&real.join(folder), ending, *every, event);
            compare_files(guest, guest.name, &subjects, native);
        }
    }
}

fn compare_files(guest: &Guest, title: &str, subjects: &[Subject], native: &Path) {
    let folder = tempfile::tempdir().unwrap();
    let files: Vec<&Path> = subjects.iter().map(|subject| subject.path.as_path()).collect();
    let mut event_files: Vec<PathBuf> = Vec::new();
    for (number, subject) in subjects.iter().enumerate() {
        event_files.push(folder.path().join(number.to_string()));
        std::fs::write(&event_files[number], &subject.event).unwrap();
    }
    let command = |arguments: &[&str]| {
        let mut command = if guest.is_c() {
            Command::new(built(guest.name, "-native"))
        } else {
            let mut command = Command::new(native);
            command.arg(guest.name);
            command
        };
        command.args(arguments);
        command
    };

    let mut all = command(&["--time", &ROUNDS.to_string()]);
    // One event for all is given once: libyara's command takes no more.
    let same = subjects.iter().all(|subject| subject.event == subjects[0].event);
    let events = if same { &event_files[..1] } else { &event_files };
    let output = all.args(&files).arg("--").args(events).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let natively: Vec<Duration> =
        text.lines().map(|line| Duration::from_nanos(line.parse().unwrap())).collect();
    assert_eq!(natively.len(), files.len());
    let total: Duration = natively.iter().sum();
    let bytes: usize = subjects.iter().map(|subject| subject.content.len()).sum();
    println!("{title}, {} files of {} bytes", files.len(), bytes / files.len());
    line("natively, one process for all files", &natively, total);

    // What a process has seen of other files, and of the same one, is of use to it.
    let fresh: Vec<Duration> = files
        .iter()
        .zip(&event_files)
        .map(|(file, event_file)| {
            let mut one = command(&["--time", "1"]);
            one.arg(file).arg("--").arg(event_file);
            let output = one.output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            let text = String::from_utf8(output.stdout).unwrap();
            Duration::from_nanos(text.trim().parse().unwrap())
        })
        .collect();
    line("natively, the first in a process", &fresh, total);

    let processes: Vec<Duration> = files
        .iter()
        .zip(&event_files)
        .map(|(file, event_file)| {
            median(PROCESSES, 1, || {
                let mut one = command(&[]);
                one.arg(file).arg(event_file).stdout(Stdio::null()).stderr(Stdio::null());
                assert!(matches!(one.status().unwrap().code(), Some(0 | 1)));
            })
        })
        .collect();
    line("natively, a process for each file", &processes, total);

    let sandbox = sandbox();
    let release = std::fs::read(built(guest.name, ".wasm")).unwrap();
    for (what, sanitize) in
        [("a fresh instance, unchecked", Sanitize::Off), ("the same, memory checked", Sanitize::On)]
    {
        let interpreter = sandbox.interpreter(release.clone(), &Limits::default(), sanitize);
        let interpreter = interpreter.map_err(|e| format!("{e:?}")).unwrap();
        line(what, &judged(&interpreter, subjects), total);
    }
    for build in guest.checked {
        let module = std::fs::read(built(guest.name, &format!("-{build}.wasm"))).unwrap();
        let interpreter = sandbox.interpreter(module, &Limits::default(), Sanitize::On);
        let interpreter = interpreter.map_err(|e| format!("{e:?}")).unwrap();
        line(&format!("the build {build}"), &judged(&interpreter, subjects), total);
    }
}

/// The median time of each file.
fn judged(interpreter: &Interpreter, subjects: &[Subject]) -> Vec<Duration> {
    let limits = Limits::default();
    let of = |subject: &Subject| {
        let (content, events) = (&subject.content, [subject.event.as_slice()]);
        let job =
            Job { content, events: &events, limits: &limits, configuration: None, arguments: &[] };
        let mut times: Vec<Duration> = (0..ROUNDS)
            .map(|_| {
                let started = on_the_processor();
                let outcome = interpreter.run(&job).outcome;
                let time = on_the_processor().saturating_sub(started);
                // Some policies need others that are not there: an error to the native interpreter too.
                let fair = matches!(
                    outcome,
                    Outcome::Accepted | Outcome::Rejected { .. } | Outcome::EvaluationError { .. }
                );
                assert!(fair, "{outcome:?}");
                time
            })
            .collect();
        times.sort_unstable();
        times[ROUNDS / 2]
    };
    subjects.iter().map(of).collect()
}

/// How long this thread has run.
fn on_the_processor() -> Duration {
    clock_gettime(ClockId::ThreadCPUTime).try_into().unwrap()
}

fn line(what: &str, times: &[Duration], native: Duration) {
    let total: Duration = times.iter().sum();
    let each = total / u32::try_from(times.len()).unwrap();
    println!("  {what:<36}{:>10} a file   {:>6.2} times", show(each), ratio(total, native));
}

/// A file of the box, by the end of its name behind `NAME@VERSION`.
fn built(name: &str, ending: &str) -> PathBuf {
    let entries = std::fs::read_dir(root().join("target/guests")).expect("run `cargo guests`");
    let files = entries.map(|entry| entry.unwrap().path());
    let is_it = |path: &PathBuf| {
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        let version = file.strip_prefix(&format!("{name}@")).and_then(|v| v.strip_suffix(ending));
        version.is_some_and(|version| !version.contains('-'))
    };
    files.into_iter().find(is_it).unwrap_or_else(|| panic!("{name} is not built: `cargo guests`"))
}

fn public(folder: &Path, ending: &str, every: usize, event: &Event) -> Vec<Subject> {
    let mut files = Vec::new();
    list(folder, ending, &mut files);
    files.sort();
    let event = match event {
        Event::Text(text) => text.as_bytes().to_vec(),
        Event::FirstFile => std::fs::read(&files[0]).unwrap(),
    };
    let subject = |path: PathBuf| Subject {
        content: std::fs::read(&path).unwrap(),
        path,
        event: event.clone(),
    };
    files.into_iter().step_by(every).map(subject).collect()
}

/// The cases of a guest that need no policy and are accepted, with their names.
fn cases(guest: &str) -> Vec<(String, Subject)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/box/cases").join(guest);
    let mut folders: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    let subject = |folder: PathBuf| {
        let expected: serde_json::Value =
            serde_json::from_slice(&std::fs::read(folder.join("expected.json")).unwrap()).unwrap();
        if folder.join("policy.toml").exists() || expected["verdict"] != "accepted" {
            return None;
        }
        let events = EventsFile::parse(&std::fs::read(folder.join("events.json")).unwrap());
        let event = events.unwrap().events.first().unwrap().bytes().into_owned();
        let mut files = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
        let is_content = |path: &PathBuf| {
            path.extension().is_none_or(|extension| extension != "json" && extension != "c")
        };
        let path = files.find(is_content).unwrap();
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        Some((name, Subject { content: std::fs::read(&path).unwrap(), path, event }))
    };
    folders.into_iter().filter_map(subject).collect()
}

fn list(folder: &Path, ending: &str, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            list(&path, ending, files);
        } else if path.extension().is_some_and(|extension| extension == ending) {
            files.push(path);
        }
    }
}
