//! `proofhouse coverage`: everything is run once, counted, and shown.

use super::args::{Coverage as Arguments, Kind, Mapping};
use super::whole_file::WholeFile;
use super::{Failure, check, exit, guests, progress, report_files};
use crate::coverage::{
    ContentCoverage, Counts, Coverage, FieldCoverage, Mount, NotKnown, Shown, SourceTree, html,
    human, json, lcov,
};
use crate::events::Events;
use crate::gates::{coverage, outcome, schema};
use crate::ingest::{self, Subject, Subjects};
use crate::interpreter::Judge;
use crate::ordered::{self, WorkerLost, Workers};
use crate::policy::Policy;
use cap_std::AmbientAuthority;
use cap_std::fs::Dir;
use proofhouse_sandbox::limits::THREAD_STACK_BYTES;
use proofhouse_sandbox::{Interpreter, Job, Sandbox, Sanitize, Verdict};
use std::io::{self, BufWriter, Write};
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Results that may wait for an earlier one, per job: each holds the counts of a whole interpreter.
const WINDOW_PER_JOB: usize = 4;

pub(super) fn run(args: &Arguments, authority: AmbientAuthority) -> Result<ExitCode, Failure> {
    let policy = policy(args, authority)?;
    let tree = SourceTree::new(mounts(&args.source, authority)?);
    let jobs = check::jobs(args.jobs, &args.content);
    let sandbox = check::sandbox(jobs, authority)?;
    let module =
        guests::find_release(&args.interpreter, authority).map_err(|e| Failure::usage(&e))?;
    let mut judge = Judge::open(&sandbox, module, &policy, None).map_err(|e| Failure::usage(&e))?;
    let counted = counted(&sandbox, &judge, &policy)?;
    if schema::applies(&judge) {
        judge.watch(&sandbox, &policy.limits);
    }
    let events = check::events(&args.events, authority)?;
    let judges = std::slice::from_ref(&judge);
    check::warn_of_unused_entries(&policy, judges);
    let subjects = check::subjects(&args.content, judges, &policy, authority)?;
    let reports = args.report.iter().map(|report| (report.kind, report.path.as_path()));
    let named = args.content.iter().chain([&args.interpreter]).chain(&args.events);
    let named: Vec<&Path> = named.chain(&args.policy).map(PathBuf::as_path).collect();
    let files = report_files::create(reports, &named, authority)?;
    let inputs = events.inputs();
    let bench = Bench { policy: &policy, judge: &judge, counted: &counted, inputs: &inputs };
    let measured = bench.measure_all(&subjects, jobs)?;
    let is_judged = measured.contents.iter().all(|content| content.is_judged);
    let coverage = coverage_of(&judge, &counted, &events, measured);
    write_all(args, &coverage, &tree, files)?;
    Ok(ExitCode::from(if is_judged { exit::ACCEPTED } else { exit::UNJUDGED }))
}

/// The interpreter with its counters.
fn counted(sandbox: &Sandbox, judge: &Judge, policy: &Policy) -> Result<Interpreter, Failure> {
    let release = judge.interpreter().map_err(Failure::unusable)?;
    let wasm = release.module_bytes().to_vec();
    sandbox
        .counted_interpreter(wasm, &policy.limits, policy.sanitize)
        .map_err(|e| Failure::unusable(&e))
}

fn coverage_of(
    judge: &Judge,
    counted: &Interpreter,
    events: &Events,
    measured: Measured,
) -> Coverage {
    let sources = counted.sources().unwrap_or_default();
    let (id, digest) = (judge.id().to_owned(), counted.digest().to_owned());
    Coverage::new(id, digest, events.len(), measured.contents, &sources, &measured.counts)
}

fn write_all(
    args: &Arguments,
    coverage: &Coverage,
    tree: &SourceTree,
    files: Vec<(Kind, WholeFile)>,
) -> Result<(), Failure> {
    let failed = |error: io::Error| Failure::Unjudged(format!("cannot write the report: {error}"));
    let colours = anstream::stdout().current_choice() != anstream::ColorChoice::Never;
    let shown = Shown { all: args.all, colours };
    write(args.format, coverage, tree, shown, io::stdout()).map_err(failed)?;
    for (kind, mut file) in files {
        write(kind, coverage, tree, Shown { all: true, colours: false }, &mut file)
            .map_err(failed)?;
        file.finish().map_err(|error| Failure::unjudged(&error))?;
    }
    Ok(())
}

fn write(
    kind: Kind,
    coverage: &Coverage,
    tree: &SourceTree,
    shown: Shown,
    out: impl Write,
) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    match kind {
        Kind::Human => human(coverage, shown, &mut out),
        Kind::Json => json(coverage, &mut out),
        Kind::Lcov => lcov(coverage, tree, &mut out),
        Kind::Html => html(coverage, tree, &mut out),
    }
}

/// The policy file under the command line's own words.
fn policy(args: &Arguments, authority: AmbientAuthority) -> Result<Policy, Failure> {
    let mut policy = match &args.policy {
        None => Policy::default(),
        Some(path) => check::read_policy(path, authority)?,
    };
    let limits = &mut policy.limits;
    limits.fuel = args.fuel.unwrap_or(limits.fuel);
    limits.memory_bytes = args.memory.map_or(limits.memory_bytes, |memory| memory.0);
    limits.stack = args.stack_profile.unwrap_or(limits.stack);
    limits.deadline = args.deadline.map_or(limits.deadline, |deadline| deadline.0);
    policy.sanitize = match args.sanitize.unwrap_or(policy.sanitize) {
        Sanitize::Off => Sanitize::Off,
        // Variants exercise nothing that the first run does not.
        _ => Sanitize::On,
    };
    policy.include.extend(args.include.iter().cloned());
    policy.exclude.extend(args.exclude.iter().cloned());
    Ok(policy)
}

fn mounts(mappings: &[Mapping], authority: AmbientAuthority) -> Result<Vec<Mount>, Failure> {
    let open = |mapping: &Mapping| {
        let path = &mapping.directory;
        let failed =
            |error: io::Error| Failure::Usage(format!("source {}: {error}", path.display()));
        Ok(Mount {
            dir: Dir::open_ambient_dir(path, authority).map_err(failed)?,
            shown: path.clone(),
            prefix: mapping.prefix.clone(),
            absolute: path.canonicalize().map_err(failed)?,
        })
    };
    mappings.iter().map(open).collect()
}

/// What is the same for all content.
struct Bench<'b> {
    policy: &'b Policy,
    judge: &'b Judge,
    counted: &'b Interpreter,
    inputs: &'b [&'b [u8]],
}

/// What all runs together showed.
struct Measured {
    counts: Counts,
    contents: Vec<ContentCoverage>,
}

impl Bench<'_> {
    fn measure_all(&self, subjects: &Subjects, jobs: NonZeroUsize) -> Result<Measured, Failure> {
        let points = self.counted.coverage().map_or(0, |map| map.points().len());
        let mut measured = Measured { counts: Counts::none(points), contents: Vec::new() };
        let window = jobs.saturating_mul(NonZeroUsize::new(WINDOW_PER_JOB).unwrap_or(jobs));
        let workers = Workers { jobs, window, stack_bytes: THREAD_STACK_BYTES };
        let bar = progress::bar(subjects.len());
        let work = |buffer: &mut Vec<u8>, index: usize| {
            subjects.get(index).map(|subject| self.measure(subject, buffer))
        };
        let consume = |_, result: Result<Option<(ContentCoverage, Vec<u64>)>, WorkerLost>| {
            bar.inc(1);
            match result {
                Ok(Some((content, counts))) => {
                    measured.counts.add(counts);
                    measured.contents.push(content);
                    ControlFlow::Continue(())
                }
                Ok(None) => ControlFlow::Continue(()),
                Err(lost) => ControlFlow::Break(lost),
            }
        };
        let done = ordered::for_each(subjects.len(), workers, Vec::new, work, consume);
        bar.finish_and_clear();
        match done.map_err(|error| Failure::unjudged(&error))? {
            ControlFlow::Break(lost) => Err(Failure::unjudged(&lost)),
            ControlFlow::Continue(()) => Ok(measured),
        }
    }

    /// Runs one content; gives how often it came by each point.
    fn measure(&self, subject: Subject<'_>, buffer: &mut Vec<u8>) -> (ContentCoverage, Vec<u64>) {
        let path = subject.path().to_string();
        let bytes = match ingest::read(subject, self.policy.content_bytes, buffer) {
            Ok(bytes) => bytes,
            Err(error) => {
                let content = ContentCoverage {
                    path,
                    digest: None,
                    outcome: error.to_string(),
                    is_judged: false,
                    fields: FieldCoverage::unknown(NotKnown::NotLoaded),
                };
                return (content, Vec::new());
            }
        };
        let job = Job {
            content: bytes,
            events: self.inputs,
            limits: &self.policy.limits,
            configuration: self.judge.configuration(),
            arguments: self.judge.arguments(),
        };
        let mut counts = Vec::new();
        let run = self.counted.run_observed(&job, |seen| counts = seen.counts().collect());
        let content = ContentCoverage {
            path,
            digest: Some(crate::digest::of_bytes(bytes)),
            outcome: outcome::describe(&run.outcome),
            is_judged: run.verdict() != Verdict::Inconclusive,
            fields: coverage::measure(self.judge, &job, &run),
        };
        (content, counts)
    }
}
