//! One subject through the gates: content in, findings out.

use crate::events::Events;
use crate::finding::{By, Code, Finding, Findings};
use crate::gates::{Gate, coverage, outcome, schema, variants};
use crate::ingest::{self, ContentPath, IngestError, Subject};
use crate::interpreter::Judge;
use crate::place::Place;
use crate::policy::Policy;
use proofhouse_sandbox::{
    Interpreter, Job, Limits, Outcome, Run, Sandbox, Sanitize, Variant, Verdict,
};
use std::time::{Duration, Instant};

/// What is the same for all subjects of a call.
#[derive(Clone, Copy)]
pub struct Bench<'a> {
    /// What to go by.
    pub policy: &'a Policy,
    /// Where the judges' interpreters run.
    pub sandbox: &'a Sandbox,
    /// Who judges.
    pub judges: &'a [Judge],
    /// What content is exercised with.
    pub events: &'a Events,
    /// The same events as the interpreters receive them; none if that gate is off.
    pub inputs: &'a [&'a [u8]],
}

/// The judgement on one subject.
#[derive(Debug)]
pub struct Judgement {
    /// Which file.
    pub path: ContentPath,
    /// Its digest and size, if it could be read.
    pub content: Option<Content>,
    /// What follows from the findings.
    pub verdict: Verdict,
    /// What was found.
    pub findings: Vec<Finding>,
    /// What the interpreters did, in the order of the judges; of each, its builds and then the variants of
    /// the release.
    pub runs: Vec<JudgedRun>,
}

/// What identifies content.
#[derive(Debug)]
pub struct Content {
    /// SHA-256.
    pub digest: String,
    /// Bytes.
    pub size: u64,
}

/// One run and who made it.
#[derive(Debug)]
pub struct JudgedRun {
    /// Index of the judge.
    pub judge: usize,
    /// Name of the judge's build, if it is not the release.
    pub build: Option<String>,
    /// How the run differs from the first one.
    pub variant: Variant,
    /// What happened.
    pub run: Run,
    /// How long it took. Only for people who ask; nothing depends on it.
    pub elapsed: Duration,
}

impl Bench<'_> {
    /// Judges one subject; `buffer` is reused between calls.
    pub fn judge(&self, subject: Subject<'_>, buffer: &mut Vec<u8>) -> Judgement {
        let mut findings = Findings::new(&self.policy.severities);
        let path = subject.path();
        let bytes = match ingest::read(subject, self.policy.content_bytes, buffer) {
            Ok(bytes) => bytes,
            Err(error) => {
                findings.push(code(error), None, Place::default(), error.to_string());
                let verdict = findings.verdict();
                let (findings, runs) = (findings.into_list(), Vec::new());
                return Judgement { path, content: None, verdict, findings, runs };
            }
        };
        let content = Content {
            digest: crate::digest::of_bytes(bytes),
            size: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
        };
        let runs = self.run_gates(bytes, &mut findings);
        findings.excerpt(bytes);
        let verdict = findings.verdict();
        Judgement { path, content: Some(content), verdict, findings: findings.into_list(), runs }
    }

    fn run_gates(&self, content: &[u8], findings: &mut Findings<'_>) -> Vec<JudgedRun> {
        let gates = &self.policy.gates;
        let mut runs = Vec::new();
        for (index, judge) in self.judges.iter().enumerate() {
            if gates.on(Gate::Schema) {
                schema::check(content, judge, findings);
            }
            match judge.interpreter() {
                // Whichever gates are on: content of an interpreter that is not there is not judged.
                Err(error) => outcome::report_unusable(error, By::release(judge.id()), findings),
                Ok(interpreter) if gates.run_interpreter() => {
                    let bench =
                        JudgeBench { bench: self, index, judge, release: interpreter, content };
                    bench.run(&mut runs, findings);
                }
                Ok(_) => {}
            }
        }
        runs
    }
}

/// One content before one judge.
struct JudgeBench<'b> {
    bench: &'b Bench<'b>,
    index: usize,
    judge: &'b Judge,
    release: &'b Interpreter,
    content: &'b [u8],
}

impl JudgeBench<'_> {
    fn run(&self, runs: &mut Vec<JudgedRun>, findings: &mut Findings<'_>) {
        let Self { bench, judge, .. } = self;
        if !bench.inputs.is_empty() && !self.release.abi().takes_events() {
            let message = "its ABI takes no events: the content was loaded and nothing else";
            let place = Place::default();
            findings.push(Code::NotExercised, Some(judge.id()), place, message.into());
        }
        let job = self.job(&bench.policy.limits);
        let first = runs.len();
        let base = self.timed(self.release, None, &job, Variant::Base);
        outcome::report(&base.run, By::release(judge.id()), self.event(&base.run), findings);
        if bench.policy.gates.on(Gate::Coverage) {
            coverage::check(judge, &job, &base.run, findings);
        }
        let limits = bench.policy.limits.of_checked_build();
        for build in judge.checked() {
            let by = By { interpreter: judge.id(), build: Some(build.name()) };
            match build.interpreter() {
                Err(error) => outcome::report_unusable(error, by, findings),
                Ok(interpreter) => {
                    let judged =
                        self.timed(interpreter, by.build, &self.job(&limits), Variant::Base);
                    // What the content is refused for need not be said twice.
                    if !is_same_refusal(&base.run.outcome, &judged.run.outcome) {
                        outcome::report(&judged.run, by, self.event(&judged.run), findings);
                    }
                    runs.push(judged);
                }
            }
        }
        if bench.policy.sanitize == Sanitize::Full && base.run.verdict() != Verdict::Inconclusive {
            self.run_variants(&base.run, &job, runs, findings);
            self.run_without_memory(&base.run, &job, runs, findings);
        }
        runs.insert(first, base);
    }

    /// Runs what has to do the same as the base run.
    fn run_variants(
        &self,
        base: &Run,
        job: &Job<'_>,
        runs: &mut Vec<JudgedRun>,
        findings: &mut Findings<'_>,
    ) {
        let mut differs = false;
        for variant in Variant::EQUIVALENT {
            let judged = self.timed(self.release, None, job, variant);
            let (id, events) = (self.judge.id(), self.bench.events);
            // One difference is enough to say.
            differs =
                differs || variants::compare(base, &judged.run, variant, id, events, findings);
            self.report_fault(&judged.run, findings);
            runs.push(judged);
        }
    }

    /// Runs with one allocation after the other failing, until something crashes.
    fn run_without_memory(
        &self,
        base: &Run,
        job: &Job<'_>,
        runs: &mut Vec<JudgedRun>,
        findings: &mut Findings<'_>,
    ) {
        // What ended in a crash with memory says nothing about one without.
        if variants::is_crash(base) {
            return;
        }
        let most = usize::try_from(job.limits.failed_allocations).unwrap_or(usize::MAX);
        for number in base.allocations.clone().take(most) {
            let variant = Variant::FailedAllocation(number);
            let judged = self.timed(self.release, None, job, variant);
            let crashed = variants::is_crash(&judged.run);
            if crashed {
                let frames = self.release.stack_at_allocation(job, Variant::Base, number);
                let (id, event) = (self.judge.id(), self.event(&judged.run));
                variants::report_crash(&judged.run, number, frames, id, event, findings);
            }
            let lost = self.report_fault(&judged.run, findings);
            runs.push(judged);
            if crashed || lost {
                break;
            }
        }
    }

    /// Reports a run that the host could not make, and says whether it is one.
    fn report_fault(&self, run: &Run, findings: &mut Findings<'_>) -> bool {
        let lost = matches!(run.outcome, Outcome::HostFault { .. });
        if lost {
            outcome::report(run, By::release(self.judge.id()), self.event(run), findings);
        }
        lost
    }

    fn job<'j>(&'j self, limits: &'j Limits) -> Job<'j> {
        Job {
            content: self.content,
            events: self.bench.inputs,
            limits,
            configuration: self.judge.configuration(),
            arguments: self.judge.arguments(),
        }
    }

    fn event(&self, run: &Run) -> Option<&str> {
        run.event.and_then(|event| self.bench.events.id(event))
    }

    fn timed(
        &self,
        interpreter: &Interpreter,
        build: Option<&str>,
        job: &Job<'_>,
        variant: Variant,
    ) -> JudgedRun {
        let started = Instant::now();
        let run = interpreter.run_variant(job, variant);
        let (elapsed, build) = (started.elapsed(), build.map(str::to_owned));
        JudgedRun { judge: self.index, build, variant, run, elapsed }
    }
}

/// Whether an interpreter refused its content, or an event, twice in the same words.
fn is_same_refusal(one: &Outcome, two: &Outcome) -> bool {
    matches!(one, Outcome::Rejected { .. } | Outcome::EvaluationError { .. }) && one == two
}

/// What it means for a release that a file cannot be read.
fn code(error: IngestError) -> Code {
    match error {
        IngestError::NotRegular { .. } => Code::NotRegular,
        IngestError::EscapesDirectory | IngestError::LeadsToExcluded => Code::Escapes,
        IngestError::Dangling => Code::Dangling,
        IngestError::TooLarge { .. } => Code::TooLarge,
        IngestError::TooDeep { .. } => Code::TooDeep,
        IngestError::Vanished => Code::Vanished,
        IngestError::ChangedWhileRead => Code::Changed,
        IngestError::PermissionDenied | IngestError::Io { .. } => Code::Unreadable,
    }
}
