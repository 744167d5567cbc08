//! All subjects of a call: judged in parallel, reported in order, with memory that does not grow.

use crate::finding::{Code, Findings};
use crate::ingest::{Subject, Subjects};
use crate::interpreter::Judge;
use crate::judge::{Bench, Judgement};
use crate::ordered::{self, SpawnError, WorkerLost, Workers};
use crate::place::Place;
use crate::report::{Form, Head, Report, Tally};
use proofhouse_sandbox::limits::THREAD_STACK_BYTES;
use proofhouse_sandbox::{Sandbox, Verdict};
use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Judgements that may wait for an earlier one, per job. Enough that a slow file does not stop the
/// other jobs for long; small, since each may hold a report of some size.
const WINDOW_PER_JOB: usize = 64;

/// Subjects that a further thread judges in the sandbox of all before it gets one of its own: to get one takes
/// time, and pays where there are many files.
const SUBJECTS_BEFORE_OWN: usize = 500;

/// Why a call ended without a whole report.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// No worker thread could be started.
    #[error(transparent)]
    Spawn(#[from] SpawnError),
    /// The report could not be written.
    #[error("cannot write the report: {0}")]
    Write(#[from] io::Error),
}

/// Judges all subjects and reports each to all reports. `progress` is called after each.
///
/// # Errors
/// If threads cannot be started or a report cannot be written. What was reported until then is no
/// verdict on the rest.
pub fn check(
    bench: &Bench<'_>,
    subjects: &Subjects,
    jobs: NonZeroUsize,
    head: &Head<'_>,
    reports: &mut [Report<'_>],
    mut progress: impl FnMut(),
) -> Result<Tally, CheckError> {
    let mut tally = Tally::default();
    let (forms, mut outs): (Vec<&dyn Form>, Vec<&mut Out<'_>>) =
        reports.iter_mut().map(|Report { form, out }| (&**form, out)).unzip();
    for (form, out) in forms.iter().zip(&mut outs) {
        form.begin(head, out)?;
    }
    let render = |index, judgement: &Judgement| Rendered::of(&forms, head, index, judgement);
    let window =
        jobs.saturating_mul(NonZeroUsize::new(WINDOW_PER_JOB).unwrap_or(NonZeroUsize::MIN));
    let workers = Workers { jobs, window, stack_bytes: THREAD_STACK_BYTES };
    let started = AtomicUsize::new(0);
    let worker = || Worker::new(started.fetch_add(1, Relaxed) > 0);
    let work = |worker: &mut Worker, index: usize| {
        subjects.get(index).map(|subject| render(index, &worker.judge(bench, subject)))
    };
    let consume = |index: usize, result: Result<Option<io::Result<Rendered>>, WorkerLost>| {
        let rendered = match result {
            Ok(rendered) => rendered,
            Err(lost) => subjects
                .get(index)
                .map(|subject| render(index, &worker_lost(bench, subject, &lost))),
        };
        let written = rendered.map_or(Ok(()), |rendered| {
            let Rendered { verdict, texts } = rendered?;
            tally.add(verdict);
            texts.iter().zip(&mut outs).try_for_each(|(text, out)| out.write_all(text))
        });
        if let Err(error) = written {
            return ControlFlow::Break(error);
        }
        progress();
        ControlFlow::Continue(())
    };
    match ordered::for_each(subjects.len(), workers, worker, work, consume)? {
        ControlFlow::Break(error) => Err(error.into()),
        ControlFlow::Continue(()) => {
            for (form, out) in forms.iter().zip(&mut outs) {
                form.end(head, tally, out)?;
                out.flush()?;
            }
            Ok(tally)
        }
    }
}

/// Where a report goes.
type Out<'w> = Box<dyn Write + 'w>;

/// What is left of a judgement when it is rendered.
struct Rendered {
    verdict: Verdict,
    /// For each report what it is to say.
    texts: Vec<Vec<u8>>,
}

impl Rendered {
    fn of(
        forms: &[&dyn Form],
        head: &Head<'_>,
        index: usize,
        judgement: &Judgement,
    ) -> io::Result<Self> {
        let text = |form: &&dyn Form| {
            let mut text = Vec::new();
            form.subject(head, index, judgement, &mut text).map(|()| text)
        };
        let texts = forms.iter().map(text).collect::<io::Result<_>>()?;
        Ok(Self { verdict: judgement.verdict, texts })
    }
}

/// What a thread needs to judge.
struct Worker {
    /// Reused between subjects.
    buffer: Vec<u8>,
    /// Subjects to be judged before it is worth while to have a sandbox of its own. None of the first thread:
    /// it keeps the one that there is.
    before_own: Option<usize>,
    /// Judges in a sandbox of its own.
    own: Option<(Sandbox, Vec<Judge>)>,
}

impl Worker {
    fn new(is_further: bool) -> Self {
        let before_own = is_further.then_some(SUBJECTS_BEFORE_OWN);
        Self { buffer: Vec::new(), before_own, own: None }
    }

    fn judge(&mut self, bench: &Bench<'_>, subject: Subject<'_>) -> Judgement {
        self.before_own = self.before_own.and_then(|subjects| {
            let left = subjects.checked_sub(1);
            if left.is_none() {
                self.own = own(bench);
            }
            left
        });
        match &self.own {
            Some((sandbox, judges)) => {
                Bench { sandbox, judges, ..*bench }.judge(subject, &mut self.buffer)
            }
            None => bench.judge(subject, &mut self.buffer),
        }
    }
}

/// The judges in a sandbox of their own, where the machine has room for one.
fn own(bench: &Bench<'_>) -> Option<(Sandbox, Vec<Judge>)> {
    let sandbox = bench.sandbox.beside().ok()?;
    let judges = bench.judges.iter().map(|judge| judge.moved_to(&sandbox)).collect();
    Some((sandbox, judges))
}

/// A bug of ours costs the subject its judgement, not the others theirs.
fn worker_lost(bench: &Bench<'_>, subject: Subject<'_>, lost: &WorkerLost) -> Judgement {
    let mut findings = Findings::new(&bench.policy.severities);
    findings.push(Code::HostFault, None, Place::default(), lost.to_string());
    Judgement {
        path: subject.path(),
        content: None,
        verdict: findings.verdict(),
        findings: findings.into_list(),
        runs: Vec::new(),
    }
}
