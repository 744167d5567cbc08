//! One subject through the gates: content in, findings out.

use crate::events::Events;
use crate::finding::{Code, Finding, Findings};
use crate::gates::{Gate, outcome, schema};
use crate::ingest::{self, ContentPath, IngestError, Subject};
use crate::interpreter::Judge;
use crate::place::Place;
use crate::policy::Policy;
use proofhouse_sandbox::{Interpreter, Job, Run, Verdict};
use std::time::{Duration, Instant};

/// What is the same for all subjects of a call.
#[derive(Clone, Copy)]
pub struct Bench<'a> {
    /// What to go by.
    pub policy: &'a Policy,
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
    /// What the interpreters did, in the order of the judges.
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
                Err(error) => outcome::report_unusable(error, judge.id(), findings),
                Ok(interpreter) if gates.run_interpreter() => {
                    runs.push(self.run(index, judge, interpreter, content, findings));
                }
                Ok(_) => {}
            }
        }
        runs
    }

    fn run(
        &self,
        index: usize,
        judge: &Judge,
        interpreter: &Interpreter,
        content: &[u8],
        findings: &mut Findings<'_>,
    ) -> JudgedRun {
        if !self.inputs.is_empty() && !interpreter.abi().takes_events() {
            let message = "its ABI takes no events: the content was loaded and nothing else";
            let place = Place::default();
            findings.push(Code::NotExercised, Some(judge.id()), place, message.into());
        }
        let job = Job {
            content,
            events: self.inputs,
            limits: &self.policy.limits,
            configuration: judge.configuration(),
            arguments: judge.arguments(),
        };
        let started = Instant::now();
        let run = interpreter.run(&job);
        let elapsed = started.elapsed();
        let event = run.event.and_then(|event| self.events.id(event));
        outcome::report(&run, judge.id(), event, findings);
        JudgedRun { judge: index, run, elapsed }
    }
}

/// What it means for a release that a file cannot be read.
fn code(error: IngestError) -> Code {
    match error {
        IngestError::NotRegular { .. } => Code::NotRegular,
        IngestError::EscapesDirectory => Code::Escapes,
        IngestError::Dangling => Code::Dangling,
        IngestError::TooLarge { .. } => Code::TooLarge,
        IngestError::TooDeep { .. } => Code::TooDeep,
        IngestError::Vanished => Code::Vanished,
        IngestError::ChangedWhileRead => Code::Changed,
        IngestError::PermissionDenied | IngestError::Io { .. } => Code::Unreadable,
    }
}
