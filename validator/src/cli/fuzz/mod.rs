//! `proofhouse fuzz`: libFuzzer drives an interpreter in the sandbox.
//!
//! The process that the user starts, the *outer* one, opens the interpreter, sets a *stage* (a private
//! directory), starts this program again with the stage's name in a variable, and waits: that *inner*
//! process, and those that libFuzzer starts from it, are libFuzzer. They leave findings in a directory of
//! the user's and statistics in the stage; the outer process ends with a summary of both.

mod by_site;
mod corpora;
mod driver;
mod features;
mod findings;
mod flags;
mod hints;
mod learned;
mod mutators;
mod novelty;
mod operands;
mod seeds;
mod stage;
mod state;
mod statistics;
mod summary;
mod target;
mod trials;
mod writes;

pub(super) use state::{Mode, VARIABLE};

use super::args::Fuzz;
use super::{Failure, check, exit, guests};
use cap_std::AmbientAuthority;
use findings::Findings;
use proofhouse_sandbox::Limits;
use proofhouse_sandbox::limits::THREAD_STACK_BYTES;
use rustix::process::{Pid, Signal, kill_process, set_parent_process_death_signal};
use stage::{Stage, StageError};
use state::State;
use statistics::Statistics;
use std::ffi::{OsStr, OsString};
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};
use summary::Kept;

/// Stack of the thread that libFuzzer gets, beyond what a guest needs: its mutators and regular files.
const DRIVER_STACK_BYTES: usize = 1 << 20;
/// Where new inputs go that are forgotten at the end, in the stage.
const OWN_CORPUS: &str = "corpus";
/// How often the outer process looks whether the inner one is done.
const POLL: Duration = Duration::from_millis(20);
/// What libFuzzer is told before the user's own flags. Time and the host's memory decide nothing: fuel
/// and the guest's limits do.
const FLAGS: [&str; 4] = ["-timeout=0", "-rss_limit_mb=0", "-detect_leaks=0", "-len_control=0"];

/// The outer process.
pub(super) fn run(args: &Fuzz, authority: AmbientAuthority) -> Result<ExitCode, Failure> {
    let staged = |error: &dyn std::fmt::Display| {
        Failure::Unjudged(format!("cannot prepare the run: {error}"))
    };
    let task = Task::of(&args.flags);
    let is_crashing = task.is_crashing();
    let new_corpus = look_at_corpora(args, is_crashing, authority)?;
    let own_seeds = flags::look_at(&args.flags, &inputs(args), authority)?;
    let mut stage = Stage::new().map_err(|error| Failure::unjudged(&error))?;
    let interpreter = open(args, &stage, authority)?;
    let events = check::events(&args.events, authority)?;
    let mut ids = Vec::new();
    for (nth, bytes) in events.inputs().iter().enumerate() {
        stage.write(&format!("events/{nth}"), bytes).map_err(|error| staged(&error))?;
        ids.push(events.id(nth).unwrap_or_default().to_owned());
    }
    let contents = seeds::contents(&args.content, authority)?;
    let fixed_content = seeds::write_seeds(args.mode, &stage, &contents, &events.inputs())?;
    let has_corpus = seeds::write_first(args.mode, &stage, &inputs(args), authority)?;
    let has_words = seeds::write_dictionary(&stage, &contents).map_err(|error| staged(&error))?;

    // Not before all that may be refused was looked at.
    new_corpus.map_or(Ok(()), corpora::make)?;
    let findings = args.findings.clone().unwrap_or_else(|| PathBuf::from("findings"));
    std::fs::create_dir_all(&findings)
        .map_err(|error| Failure::Usage(format!("findings {}: {error}", findings.display())))?;
    stage.link_as("findings", &findings).map_err(|error| staged(&error))?;
    let before: Vec<PathBuf> =
        Findings::open(&findings, authority).read().into_iter().map(|(path, _)| path).collect();

    let shared = State {
        stage: stage.path().to_owned(),
        outer: std::process::id(),
        interpreter,
        mode: args.mode,
        event_ids: ids,
        fixed_content,
        has_corpus,
        structure: !args.blind,
        keep_going: args.keep_going && !is_crashing,
        has_status_line: std::io::stderr().is_terminal()
            && !flags::is_given(&args.flags, "verbosity"),
        fuel: limits(args).fuel,
        memory_bytes: limits(args).memory_bytes,
        deadline: limits(args).deadline,
        sanitize: args.sanitize.unwrap_or_default().name().to_owned(),
    };
    let json = serde_json::to_vec(&shared).map_err(|error| staged(&error))?;
    stage.write("state.json", &json).map_err(|error| staged(&error))?;
    let mut arguments = arguments(args, &mut stage, is_crashing, &own_seeds)?;
    if has_words && !is_crashing && !args.flags.iter().any(|flag| is_dictionary(flag)) {
        arguments.push(format!("-dict={}", stage.path().join(seeds::DICTIONARY).display()));
    }

    let end = wait(&arguments, &stage, shared.has_status_line)?;
    let statistics = Statistics::read_all(stage.path());
    let found = Findings::open(&findings, authority)
        .read()
        .into_iter()
        .filter(|(path, _)| !before.contains(path))
        .collect::<Vec<_>>();
    let forgotten = stage.path().join(OWN_CORPUS);
    let named = inputs(args);
    let kept = match named.first() {
        Some(first) if first.is_dir() && !is_crashing => Kept::In(first),
        // Single inputs are run, and nothing is looked for.
        Some(_) => Kept::Nowhere,
        None if forgotten.is_dir() => Kept::Until(&forgotten),
        None => Kept::InMemory,
    };
    summary::print(&statistics, &found, kept)?;
    Ok(code(end, &statistics, found.len(), task))
}

/// Looks at what libFuzzer will read, and gives the directory that it will write to, if that is to be made.
fn look_at_corpora(
    args: &Fuzz,
    is_crashing: bool,
    authority: AmbientAuthority,
) -> Result<Option<&Path>, Failure> {
    let first = args.corpus.first().map(PathBuf::as_path).filter(|_| !is_crashing);
    let new = first.filter(|path| corpora::is_to_be_made(path));
    for path in inputs(args).into_iter().skip(usize::from(new.is_some())) {
        corpora::look_at("corpus", path, authority)?;
    }
    Ok(new)
}

/// Corpora and inputs, which may be named after the flags, too.
fn inputs(args: &Fuzz) -> Vec<&Path> {
    let named = args.flags.iter().filter(|flag| flags::parts(flag).is_none());
    args.corpus.iter().map(PathBuf::as_path).chain(named.map(Path::new)).collect()
}

/// What libFuzzer is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Task {
    /// Look for crashes, or run inputs.
    Fuzz,
    Minimize,
    Cleanse,
    Merge,
}

impl Task {
    fn of(flags: &[OsString]) -> Self {
        // The order in which libFuzzer asks.
        if flags::is_on(flags, "minimize_crash") {
            Self::Minimize
        } else if flags::is_on(flags, "cleanse_crash") {
            Self::Cleanse
        } else if ["merge", "set_cover_merge"].iter().any(|name| flags::is_on(flags, name)) {
            Self::Merge
        } else {
            Self::Fuzz
        }
    }

    /// Whether the inner processes have to crash on a crash, and the outcome is libFuzzer's.
    fn is_crashing(self) -> bool {
        matches!(self, Self::Minimize | Self::Cleanse)
    }

    /// Why the result is not to be relied on if an interrupt cuts it short.
    fn cut_short(self) -> Option<&'static str> {
        match self {
            Self::Fuzz | Self::Minimize => None,
            // libFuzzer takes every end but a good one for a crash, and an input that was never run for one
            // that covers nothing.
            Self::Cleanse => Some("interrupted: what was written need not crash"),
            Self::Merge => {
                Some("interrupted: the merge is not complete, and nothing may be deleted")
            }
        }
    }
}

/// How the inner process ended.
#[derive(Clone, Copy, Debug)]
struct End {
    status: ExitStatus,
    is_interrupted: bool,
}

/// The exit code of it all.
fn code(end: End, statistics: &Statistics, findings: usize, task: Task) -> ExitCode {
    let End { status, is_interrupted } = end;
    // What an interrupt cuts short has ended as it was asked to.
    let ended_well = status.success() || is_interrupted;
    ExitCode::from(if let Some(problem) = task.cut_short().filter(|_| is_interrupted) {
        super::warn(problem);
        exit::UNJUDGED
    } else if task.is_crashing() {
        // Crashes are what it works with.
        if ended_well { exit::ACCEPTED } else { exit::UNJUDGED }
    } else if statistics.lost > 0 {
        let problem = statistics.problem.as_deref().unwrap_or_default();
        super::warn(&format!("{} findings could not be kept: {problem}", statistics.lost));
        exit::UNJUDGED
    } else if statistics.unsaved > 0 {
        let problem = statistics.problem.as_deref().unwrap_or_default();
        super::warn(&format!("{} inputs could not be kept: {problem}", statistics.unsaved));
        if statistics.crashes > 0 || findings > 0 { exit::REJECTED } else { exit::UNJUDGED }
    } else if statistics.crashes > 0 || findings > 0 {
        exit::REJECTED
    } else if let Some(problem) = &statistics.problem {
        super::warn(&format!("{} inputs could not be judged: {problem}", statistics.unjudged));
        exit::UNJUDGED
    } else if ended_well {
        exit::ACCEPTED
    } else if statistics.runs == 0 && status.code() == Some(1) {
        // libFuzzer has said what is wrong with its flags or directories.
        exit::USAGE
    } else {
        exit::UNJUDGED
    })
}

/// Exit codes after Ctrl-C: libFuzzer's own, and what a shell makes of the signal.
const INTERRUPTED: [i32; 2] = [driver::INTERRUPTED, 130];
/// How long libFuzzer gets to end after Ctrl-C. With `-jobs` it would start those that are left, and a merge
/// begins anew: neither is meant.
const PATIENCE: Duration = Duration::from_secs(1);
/// And if it does not end when it is told to.
const LAST_PATIENCE: Duration = Duration::from_secs(10);

fn limits(args: &Fuzz) -> Limits {
    let mut limits = Limits::default();
    limits.fuel = args.fuel.unwrap_or(limits.fuel);
    limits.memory_bytes = args.memory.map_or(limits.memory_bytes, |memory| memory.0);
    limits.deadline = timeout(&args.flags).unwrap_or(limits.deadline);
    limits
}

/// What libFuzzer's flag for the time of one input says, if it says anything. The sandbox keeps it: libFuzzer
/// does not see inside of a run.
fn timeout(flags: &[OsString]) -> Option<Duration> {
    let value = |flag: &OsString| flag.to_str()?.strip_prefix("-timeout=")?.parse().ok();
    let seconds: u64 = flags.iter().filter_map(value).next_back()?;
    (seconds > 0).then(|| Duration::from_secs(seconds))
}

/// Opens the interpreter, so that it is compiled once and what is wrong with it is said once. Gives its
/// name.
fn open(args: &Fuzz, stage: &Stage, authority: AmbientAuthority) -> Result<String, Failure> {
    let module = guests::find_release(&args.interpreter, authority)
        .map_err(|error| Failure::usage(&error))?;
    let wasm = module.wasm.map_err(|error| Failure::unusable(&error))?;
    let wasm = wasm.get().map_err(|error| Failure::unjudged(&error))?.to_vec();
    stage
        .write("interpreter.wasm", &wasm)
        .map_err(|error| Failure::Unjudged(format!("cannot prepare the run: {error}")))?;
    let (limits, sanitize) = (limits(args), args.sanitize.unwrap_or_default());
    let opened = on_large_stack(move || {
        target::open(wasm, &limits, sanitize).map(|(_, interpreter)| interpreter)
    })?;
    let interpreter = opened.map_err(|error| Failure::unjudged(&error))?;
    if args.mode != Mode::Content && !interpreter.abi().takes_events() {
        let problem = "the interpreter's ABI takes no events: only --mode content makes sense";
        return Err(Failure::Usage(problem.into()));
    }
    let name = interpreter.description().map(|d| format!("{}@{}", d.name, d.version));
    Ok(name.unwrap_or(module.name))
}

/// Whether the user has a dictionary of his own.
fn is_dictionary(flag: &OsStr) -> bool {
    flag.as_encoded_bytes().starts_with(b"-dict=")
}

/// libFuzzer's arguments, safe for a shell.
fn arguments(
    args: &Fuzz,
    stage: &mut Stage,
    is_crashing: bool,
    own_seeds: &[PathBuf],
) -> Result<Vec<String>, Failure> {
    let failed = |error: StageError| match error {
        StageError::Flag(_) => Failure::usage(&error),
        StageError::Io(_) => Failure::unjudged(&error),
    };
    // What a shell of libFuzzer's starts is this program, even if its file is replaced meanwhile.
    let mut arguments = vec![format!("/proc/{}/exe", std::process::id())];
    arguments.extend(FLAGS.map(String::from));
    arguments.push(format!("-artifact_prefix={}/findings/", stage.path().display()));
    // Of several `-seed_inputs` libFuzzer takes the last: they go into one list.
    let is_seeds = |flag: &OsString| matches!(flags::parts(flag), Some(("seed_inputs", _)));
    for flag in args.flags.iter().filter(|flag| !is_seeds(flag)) {
        arguments.push(stage.argument(flag).map_err(failed)?);
    }
    for path in &args.corpus {
        arguments.push(stage.argument(&dotted(path)).map_err(failed)?);
    }
    let unjudged = |error: std::io::Error| Failure::unjudged(&error);
    let mut list = Vec::new();
    for path in own_seeds {
        list.push(stage.link(path).map_err(unjudged)?);
    }
    let is_files = !args.corpus.is_empty() && args.corpus.iter().all(|path| path.is_file());
    if !is_crashing && !is_files {
        if args.corpus.is_empty() && !args.flags.iter().any(|flag| has_processes(flag)) {
            // No directory: nobody wants to see what would be written there.
            list.extend(seeds::names(stage).map_err(unjudged)?);
        } else {
            if args.corpus.is_empty() {
                // New inputs go to the first directory, where the other processes find them.
                let own = stage.path().join(OWN_CORPUS);
                std::fs::create_dir(&own).map_err(unjudged)?;
                arguments.push(own.display().to_string());
            }
            arguments.push(stage.path().join(seeds::FOLDER).display().to_string());
        }
    }
    if !list.is_empty() {
        stage.write(seeds::LIST, list.join(",").as_bytes()).map_err(unjudged)?;
        arguments.push(format!("-seed_inputs=@{}", stage.path().join(seeds::LIST).display()));
    }
    Ok(arguments)
}

/// Whether a flag makes libFuzzer start further processes.
fn has_processes(flag: &OsStr) -> bool {
    let flag = flag.as_encoded_bytes();
    [b"-fork=".as_slice(), b"-jobs=", b"-workers=", b"-merge="]
        .iter()
        .any(|name| flag.starts_with(name))
}

/// A path that cannot be taken for a flag.
fn dotted(path: &Path) -> OsString {
    if path.as_os_str().as_encoded_bytes().starts_with(b"-") {
        Path::new(".").join(path).into()
    } else {
        path.into()
    }
}

/// Starts the inner process and waits for it.
fn wait(arguments: &[String], stage: &Stage, has_status_line: bool) -> Result<End, Failure> {
    let failed =
        |error: std::io::Error| Failure::Unjudged(format!("cannot start libFuzzer: {error}"));
    let (program, rest) =
        arguments.split_first().ok_or_else(|| failed(std::io::ErrorKind::InvalidInput.into()))?;
    let mut command = Command::new(program);
    command.args(rest).env(VARIABLE, stage.path().join("state.json")).env("TMPDIR", stage.path());
    if check::cache_base().is_none() {
        command.env("XDG_CACHE_HOME", stage.path().join("cache"));
    }
    let mut status_line = None;
    if has_status_line {
        command.arg("-verbosity=0");
        status_line = Some(summary::StatusLine::new());
    }
    let mut child = command.spawn().map_err(failed)?;
    driver::outlive_interrupts();
    let mut interrupted: Option<Instant> = None;
    let mut is_told = false;
    loop {
        if let Some(status) = child.try_wait().map_err(failed)? {
            let code = status.code();
            let is_interrupted =
                driver::is_interrupted() || code.is_some_and(|code| INTERRUPTED.contains(&code));
            return Ok(End { status, is_interrupted });
        }
        if driver::is_interrupted() {
            if interrupted.is_none() {
                // What cannot be written is missing for those that begin now; they are told below.
                let _ = stage.write(state::STOP, b"");
            }
            let since = interrupted.get_or_insert_with(Instant::now).elapsed();
            if since >= LAST_PATIENCE {
                child.kill().map_err(failed)?;
            } else if since >= PATIENCE && !is_told {
                is_told = true;
                // It has not been waited for, so that the number is still its own.
                let _ = kill_process(Pid::from_child(&child), Signal::TERM);
            }
        }
        if let Some(line) = &mut status_line {
            line.show(stage.path());
        }
        thread::sleep(POLL);
    }
}

/// An inner process: everything comes from the stage, and the arguments are libFuzzer's.
pub(super) fn inner(
    state: &OsStr,
    arguments: Vec<OsString>,
    authority: AmbientAuthority,
) -> ExitCode {
    let unjudged = |error: &dyn std::fmt::Display| {
        eprintln!("proofhouse: {error}");
        ExitCode::from(exit::UNJUDGED)
    };
    // If the process that waits is killed, nobody is left to stop this one. Without it the run only lasts
    // as long as libFuzzer's limits say.
    let _ = set_parent_process_death_signal(Some(Signal::TERM));
    let state: State = match std::fs::read(state)
        .and_then(|json| serde_json::from_slice(&json).map_err(std::io::Error::from))
    {
        Ok(state) => state,
        Err(error) => return unjudged(&error),
    };
    let has_status_line = state.has_status_line;
    let target = match target::Fuzzed::new(state, authority) {
        Ok(target) => target,
        Err(error) => return unjudged(&error),
    };
    let arguments: Vec<String> =
        arguments.into_iter().map(|argument| argument.to_string_lossy().into_owned()).collect();
    match on_large_stack(move || driver::drive(Box::new(target), arguments, has_status_line)) {
        Ok(code) => ExitCode::from(u8::try_from(code).unwrap_or(exit::UNJUDGED)),
        Err(_) => unjudged(&"no thread can be started"),
    }
}

fn on_large_stack<R: Send + 'static>(
    work: impl FnOnce() -> R + Send + 'static,
) -> Result<R, Failure> {
    let size = THREAD_STACK_BYTES.saturating_add(DRIVER_STACK_BYTES);
    let thread = thread::Builder::new().stack_size(size).spawn(work);
    let thread = thread.map_err(|error| Failure::unjudged(&error))?;
    thread.join().map_err(|_| Failure::Unjudged("our own bug: a thread panicked".into()))
}
