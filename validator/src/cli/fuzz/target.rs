//! What is fuzzed: an interpreter in the sandbox, fed with inputs.

use super::driver::{Features, Judged, Target};
use super::features;
use super::findings::Findings;
use super::learned::Attempt;
use super::mutators::Mutators;
use super::novelty::Novelty;
use super::state::{Mode, State, split};
use super::statistics::{PERIOD, Statistics};
use super::summary;
use super::writes;
use crate::cli::case_setting::setting_of;
use crate::cli::outcome_key::{is_finding, outcome_of};
use crate::cli::{COMPILE_CHILD, check};
use crate::gates::outcome::describe;
use crate::text::Plain;
use cap_std::AmbientAuthority;
use proofhouse_corpus::{Case, CaseEvent, CaseInterpreter};
use proofhouse_sandbox::{
    Compilation, Compiler, Interpreter, Job, Limits, Observation, Resident, Run, Sandbox, Sanitize,
    Verdict,
};
use rustix::process::{Signal, getpid, kill_process};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Rehearsals of one input: as many numbers may follow from each other.
const MOST_REHEARSALS: usize = 3;

/// Why nothing can be fuzzed.
#[derive(Debug, thiserror::Error)]
pub(super) enum TargetError {
    /// What a process of the run left for this one.
    #[error("cannot read what to fuzz: {0}")]
    Stage(#[from] std::io::Error),
    /// The sandbox.
    #[error(transparent)]
    Sandbox(#[from] proofhouse_sandbox::SandboxError),
    /// The interpreter.
    #[error("the interpreter cannot be used: {0}")]
    Interpreter(String),
}

/// An interpreter with coverage, and what stays the same from input to input.
pub(super) struct Fuzzed {
    state: State,
    content: Vec<u8>,
    events: Vec<Vec<u8>>,
    limits: Limits,
    arguments: Vec<String>,
    findings: Findings,
    mutators: Mutators,
    novelty: Novelty,
    statistics: Statistics,
    clock: Option<(Instant, Instant)>,
    /// Opened for the first input: the engine handles signals, and libFuzzer has to come before it.
    interpreter: Option<(Sandbox, Resident)>,
}

impl Fuzzed {
    /// Reads what is in the stage.
    ///
    /// # Errors
    /// It is not there.
    pub(super) fn new(state: State, authority: AmbientAuthority) -> Result<Self, TargetError> {
        let read = |name: &str| std::fs::read(state.stage.join(name));
        let content = if state.fixed_content { read("content")? } else { Vec::new() };
        let events = (0..state.event_ids.len())
            .map(|nth| read(&format!("events/{nth}")))
            .collect::<Result<Vec<_>, _>>()?;
        let mut limits = Limits::default();
        limits.fuel = state.fuel;
        limits.memory_bytes = state.memory_bytes;
        limits.deadline = state.deadline;
        let findings = Findings::open(&state.stage.join("findings"), authority);
        let folder = |name| seeds(&state.stage.join(name));
        let (seeds, first) = (folder(super::seeds::FOLDER), folder(super::seeds::FIRST_FOLDER));
        let mutators = Mutators::new(&state, &content, &events, &seeds, &first);
        let arguments = vec![state.interpreter.clone()];
        Ok(Self {
            state,
            content,
            events,
            limits,
            arguments,
            findings,
            mutators,
            novelty: Novelty::default(),
            statistics: Statistics::default(),
            clock: None,
            interpreter: None,
        })
    }

    /// The interpreter, which is opened once.
    fn interpreter(&mut self) -> Result<Interpreter, TargetError> {
        if self.interpreter.is_none() {
            let wasm = std::fs::read(self.state.stage.join("interpreter.wasm"))?;
            let (sandbox, interpreter) = open(wasm, &self.limits, self.state.sanitize())?;
            self.interpreter = Some((sandbox, interpreter.resident()));
        }
        let (_, resident) = self
            .interpreter
            .as_ref()
            .ok_or_else(|| TargetError::Interpreter("it was not opened".into()))?;
        Ok(resident.interpreter().clone())
    }

    /// Runs an input, if the interpreter was opened.
    fn run_resident(&mut self, input: &[u8], observe: impl FnOnce(Observation<'_>)) -> Option<Run> {
        // Out of the way, since the inputs are borrowed too.
        let (sandbox, mut resident) = self.interpreter.take()?;
        let (content, events) = self.inputs(input);
        let job = Job {
            content,
            events: &events,
            limits: &self.limits,
            configuration: None,
            arguments: &self.arguments,
        };
        let run = resident.run(&job, observe);
        self.interpreter = Some((sandbox, resident));
        Some(run)
    }

    /// Content and events that an input stands for.
    fn inputs<'i>(&'i self, input: &'i [u8]) -> (&'i [u8], Vec<&'i [u8]>) {
        match self.state.mode {
            Mode::Content => (input, self.events.iter().map(Vec::as_slice).collect()),
            Mode::Events => (&self.content, vec![input]),
            Mode::Both => {
                let (content, event) = split(input);
                (content, vec![event])
            }
        }
    }

    fn case(&self, input: &[u8], digest: &str, run: &Run) -> Case {
        let (content, events) = self.inputs(input);
        let ids = self.state.event_ids.iter().cloned().chain(std::iter::repeat("input".into()));
        let ids: Box<dyn Iterator<Item = String>> = match self.state.mode {
            Mode::Content => Box::new(ids),
            Mode::Events | Mode::Both => Box::new(std::iter::repeat("input".into())),
        };
        Case {
            interpreter: CaseInterpreter {
                name: self.state.interpreter.clone(),
                digest: digest.to_owned(),
            },
            setting: setting_of(&self.limits, &self.state.sanitize, &self.arguments),
            content: content.to_vec(),
            events: ids
                .zip(events)
                .map(|(id, bytes)| CaseEvent { id, bytes: bytes.to_vec() })
                .collect(),
            expected: outcome_of(run),
        }
    }

    fn found(&mut self, input: &[u8], digest: &str, run: &Run) -> Judged {
        self.statistics.crashes = self.statistics.crashes.saturating_add(1);
        self.statistics.first_finding.get_or_insert(self.statistics.runs);
        let case = self.case(input, digest, run);
        match self.findings.keep(input, &case) {
            Ok(Some(path)) => {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let what = summary::headline(&case.expected);
                let at = summary::site(&case.expected).map(|site| format!(" at {site}"));
                let (at, run) = (at.unwrap_or_default(), self.statistics.runs);
                writes::tell(&format!("finding: {what}{at} (run {run}): {}", Plain(&name)));
                self.write_statistics();
            }
            Ok(None) => {}
            // libFuzzer tries to write it once more; the run must not go on as if nothing had happened.
            Err(error) => {
                writes::tell(&format!("a finding cannot be written: {error}"));
                self.statistics.problem.get_or_insert(error.to_string());
                self.statistics.lost = self.statistics.lost.saturating_add(1);
                self.write_statistics();
                return Judged::Crash;
            }
        }
        if self.state.keep_going {
            return Judged::Unwanted;
        }
        self.write_statistics();
        Judged::Crash
    }

    /// Runs an input for its hints only; says whether it is a finding.
    fn rehearse(&mut self, input: &[u8]) -> bool {
        let mut hints = self.mutators.take_hints();
        hints.clear();
        let run = self.run_resident(input, |observation| features::hints(&observation, &mut hints));
        self.mutators.give_rehearsed(hints);
        let Some(run) = run else { return false };
        self.statistics.rehearsals = self.statistics.rehearsals.saturating_add(1);
        is_finding(&run)
    }

    /// Puts numbers right that follow from the rest of the input. The run itself tells whether the last ones
    /// are.
    fn put_right(&mut self, input: &mut [u8]) {
        let mut attempt = Attempt::default();
        for nth in 0..MOST_REHEARSALS {
            // What breaks the interpreter is to be run as it is.
            if self.rehearse(input) || !self.mutators.put_right(input, &mut attempt) {
                return;
            }
            if !self.mutators.wants_another(nth) {
                break;
            }
        }
        self.mutators.expect(attempt);
    }

    /// Ends the process, which cannot go on: the one that waits has opened the interpreter before.
    fn give_up(&mut self, error: &TargetError) -> ! {
        writes::tell(&error.to_string());
        self.statistics.unjudged = 1;
        self.statistics.problem = Some(error.to_string());
        self.statistics.write(&self.state.stage);
        std::process::exit(i32::from(crate::cli::UNJUDGED));
    }

    fn tick(&mut self) {
        let now = Instant::now();
        let (_, written) = self.clock.get_or_insert((now, now));
        // An interrupt ends the process at once, and leaves what was written until then.
        let is_early = self.statistics.runs.is_power_of_two();
        if is_early || now.duration_since(*written) >= PERIOD {
            *written = now;
            self.write_statistics();
            if self.state.is_over() {
                // libFuzzer ends the process as after Ctrl-C.
                let _ = kill_process(getpid(), Signal::TERM);
            }
        }
    }

    fn write_statistics(&mut self) {
        if let Some((started, _)) = self.clock {
            let elapsed = started.elapsed().as_millis();
            self.statistics.elapsed_ms = u64::try_from(elapsed).unwrap_or(u64::MAX);
        }
        let (unsaved, problem) = writes::lost();
        self.statistics.unsaved = unsaved;
        self.statistics.kept = writes::kept();
        self.statistics.problem = self.statistics.problem.take().or(problem);
        self.statistics.write(&self.state.stage);
    }
}

impl Target for Fuzzed {
    fn run(&mut self, input: &[u8], features: &mut Features) -> Judged {
        let interpreter = match self.interpreter() {
            Ok(interpreter) => interpreter,
            Err(error) => self.give_up(&error),
        };
        if let Some(map) = interpreter.coverage() {
            features.count(features::counters(map));
        }
        let mut hints = self.mutators.take_hints();
        hints.clear();
        let mut points = 0;
        let run = self.run_resident(input, |observation| {
            features::record(&observation, features, &mut hints);
            points = observation.counters().len();
        });
        let Some(run) = run else {
            self.give_up(&TargetError::Interpreter("it was not opened".into()))
        };
        // A run that ended before its interpreter was ready covered nothing.
        let is_new = points > 0 && self.novelty.take(features.counters());
        if is_new {
            self.statistics.cover(features.counters().get(..points).unwrap_or_default());
        }
        let is_finding = is_finding(&run);
        if is_new && !is_finding {
            self.statistics.novel = self.statistics.novel.saturating_add(1);
        }
        self.mutators.give_hints(input, hints, is_new && !is_finding);
        self.statistics.runs = self.statistics.runs.saturating_add(1);
        self.tick();
        if is_finding {
            return self.found(input, interpreter.digest(), &run);
        }
        if run.verdict() == Verdict::Inconclusive && crate::cli::outcome_key::is_host_fault(&run) {
            self.statistics.unjudged = self.statistics.unjudged.saturating_add(1);
            self.statistics.problem.get_or_insert_with(|| describe(&run.outcome));
        }
        Judged::Fine
    }

    fn mutate(&mut self, input: &[u8], max_bytes: usize, seed: u32) -> Option<Vec<u8>> {
        if let Some(first) = self.mutators.first(max_bytes) {
            return Some(first);
        }
        if let Some(mut trial) = self.mutators.trial(input, max_bytes, seed) {
            if !self.mutators.repair(&mut trial, seed) && self.mutators.wants_rehearsal() {
                self.put_right(&mut trial);
            }
            return Some(trial);
        }
        self.mutators.structured(input, max_bytes, seed)
    }

    fn cross(&mut self, one: &[u8], other: &[u8], max_bytes: usize, seed: u32) -> Option<Vec<u8>> {
        self.mutators.crossed(one, other, max_bytes, seed)
    }

    fn repair(&mut self, input: &mut [u8], seed: u32) {
        // A rehearsal: what a checksum has to be is known after a run only. Most end early.
        if !self.mutators.repair(input, seed) && seed & 16 != 0 && self.mutators.wants_rehearsal() {
            self.put_right(input);
        }
    }

    fn end(&mut self) {
        if self.statistics.runs > 0 {
            self.write_statistics();
        }
    }
}

/// A sandbox of its own and the interpreter in it, with coverage.
pub(super) fn open(
    wasm: Vec<u8>,
    limits: &Limits,
    sanitize: Sanitize,
) -> Result<(Sandbox, Interpreter), TargetError> {
    let compiler = Compiler::Child {
        program: PathBuf::from("/proc/self/exe"),
        arguments: vec![COMPILE_CHILD.into()],
    };
    let cache = check::cache(cap_std::ambient_authority());
    // One that runs, and one that is being given back.
    let sandbox = Sandbox::new(2, Compilation { compiler, cache })?;
    let interpreter = sandbox
        .covered_interpreter(wasm, limits, sanitize)
        .map_err(|error| TargetError::Interpreter(describe(&error.outcome)))?;
    Ok((sandbox, interpreter))
}

fn seeds(folder: &Path) -> Vec<Vec<u8>> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort_unstable();
    paths.into_iter().filter_map(|path| std::fs::read(path).ok()).collect()
}
