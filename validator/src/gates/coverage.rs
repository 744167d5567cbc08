//! The coverage gate: which fields of the content the events never reached.
//!
//! What is loaded and never evaluated is what nobody has tested: the field of the outage had been loaded
//! by every release before. The gate costs some more runs of each content, so it is on only where it is
//! asked for.

use crate::coverage::{FieldCoverage, NotKnown, fields};
use crate::finding::{Code, Findings};
use crate::gates::schema;
use crate::interpreter::Judge;
use crate::place::Place;
use proofhouse_corpus::ChannelFile;
use proofhouse_sandbox::{Job, Run, Verdict};

/// Instances that get a finding each; the rest are counted in the last one.
const REPORTED: usize = 10;
/// Inputs that are named of one instance.
const INPUTS: usize = 16;

/// Reports the fields of a content that `job` did not evaluate. `base` is its run.
pub fn check(judge: &Judge, job: &Job<'_>, base: &Run, findings: &mut Findings<'_>) {
    // What ended badly has findings of its own.
    if base.verdict() != Verdict::Accepted {
        return;
    }
    let coverage = measure(judge, job, base);
    if let Some(reason) = coverage.not_known {
        let message = format!("it is not known which fields were evaluated: {reason}");
        findings.push(Code::CoverageUnknown, Some(judge.id()), Place::default(), message);
    }
    let file = ChannelFile::decode(job.content).ok();
    let never: Vec<_> = coverage.never().collect();
    for (nth, (index, instance, inputs)) in never.iter().enumerate().take(REPORTED) {
        let first = inputs.first().copied();
        let at = first.and_then(|input| usize::try_from(input.checked_sub(1)?).ok());
        let offset = file.as_ref().zip(at).and_then(|(file, at)| file.criterion_offset(*index, at));
        let place = Place {
            instance: Some(instance.id),
            input: first,
            ..offset.map_or_else(Place::default, Place::at_byte)
        };
        let mut message = format!("loaded and never evaluated: {}", list(inputs));
        let rest = never.len().saturating_sub(REPORTED);
        if rest > 0 && nth.saturating_add(1) == REPORTED {
            message = format!("{message} (and fields of {rest} more instances)");
        }
        findings.push(Code::NeverEvaluated, Some(judge.id()), place, message);
    }
}

/// What is known of the fields of the content of a run.
pub fn measure(judge: &Judge, job: &Job<'_>, base: &Run) -> FieldCoverage {
    if !schema::applies(judge) {
        return FieldCoverage::unknown(NotKnown::NoDecoder);
    }
    match judge.watched() {
        Some(Ok(watched)) => fields::of(watched, job, base),
        Some(Err(_)) | None => FieldCoverage::unknown(NotKnown::NotWatchable),
    }
}

fn list(inputs: &[u32]) -> String {
    let shown: Vec<String> = inputs.iter().take(INPUTS).map(u32::to_string).collect();
    let what = if inputs.len() == 1 { "field" } else { "fields" };
    match inputs.len().saturating_sub(INPUTS) {
        0 => format!("{what} {}", shown.join(", ")),
        more => format!("{what} {} and {more} more", shown.join(", ")),
    }
}
