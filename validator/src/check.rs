//! All subjects of a call: judged in parallel, reported in order, with memory that does not grow.

use crate::finding::{Code, Findings};
use crate::ingest::{Subject, Subjects};
use crate::judge::{Bench, Judgement};
use crate::ordered::{self, SpawnError, WorkerLost, Workers};
use crate::place::Place;
use crate::report::{Head, Report, Tally};
use proofhouse_sandbox::limits::THREAD_STACK_BYTES;
use std::io;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;

/// Judgements that may wait for an earlier one, per job. Enough that a slow file does not stop the
/// other jobs for long; small, since each may hold a report of some size.
const WINDOW_PER_JOB: usize = 64;

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
    reports: &mut [Box<dyn Report + '_>],
    mut progress: impl FnMut(),
) -> Result<Tally, CheckError> {
    let mut tally = Tally::default();
    for report in &mut *reports {
        report.begin(head)?;
    }
    let window =
        jobs.saturating_mul(NonZeroUsize::new(WINDOW_PER_JOB).unwrap_or(NonZeroUsize::MIN));
    let workers = Workers { jobs, window, stack_bytes: THREAD_STACK_BYTES };
    let work = |buffer: &mut Vec<u8>, index: usize| {
        subjects.get(index).map(|subject| bench.judge(subject, buffer))
    };
    let consume = |index: usize, result: Result<Option<Judgement>, WorkerLost>| {
        let judgement = match result {
            Ok(Some(judgement)) => judgement,
            Ok(None) => return ControlFlow::Continue(()),
            Err(lost) => match subjects.get(index) {
                Some(subject) => worker_lost(bench, subject, &lost),
                None => return ControlFlow::Continue(()),
            },
        };
        tally.add(judgement.verdict);
        for report in &mut *reports {
            if let Err(error) = report.subject(head, &judgement) {
                return ControlFlow::Break(error);
            }
        }
        progress();
        ControlFlow::Continue(())
    };
    match ordered::for_each(subjects.len(), workers, Vec::new, work, consume)? {
        ControlFlow::Break(error) => Err(error.into()),
        ControlFlow::Continue(()) => {
            for report in reports {
                report.end(head, tally)?;
            }
            Ok(tally)
        }
    }
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
