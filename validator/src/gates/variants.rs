//! Runs that must not differ, and runs without memory: what `--sanitize full` adds to a judgement.

use super::outcome::{describe, place};
use crate::events::Events;
use crate::finding::{Code, Findings};
use crate::place::FailedAllocation;
use proofhouse_sandbox::{Frame, Outcome, OutcomeKind, Records, Run, Variant, Verdict};

/// Longest part of a record that a message shows, in bytes.
const SHOWN: usize = 48;

/// Reports the first difference between the base run and a variant that had to do the same; says whether
/// there is one.
pub fn compare(
    base: &Run,
    other: &Run,
    variant: Variant,
    interpreter: &str,
    events: &Events,
    findings: &mut Findings<'_>,
) -> bool {
    let Some(difference) = difference(base, other, variant, events) else { return false };
    let ended_alike = base.outcome.kind() == other.outcome.kind();
    let outcome = if ended_alike { &Outcome::Accepted } else { &other.outcome };
    let event = difference.event.and_then(|event| events.id(event));
    let message = format!("the interpreter depends on undefined memory: {}", difference.message);
    let code = Code::DependsOnUndefinedMemory;
    findings.push(code, Some(interpreter), place(outcome, event), message);
    true
}

/// Where two runs differ first.
struct Difference {
    event: Option<usize>,
    message: String,
}

/// The first difference, in the order of time. Fuel and memory may differ.
fn difference(base: &Run, other: &Run, variant: Variant, events: &Events) -> Option<Difference> {
    // Other layouts take more of the host's memory, which is limited at last.
    let is_layout = matches!(variant, Variant::Layout(_));
    let host_stopped = matches!(other.outcome, Outcome::HostFault { .. });
    if host_stopped || (is_layout && other.outcome.kind() == OutcomeKind::OutOfMemory) {
        return None;
    }
    let differs = |event, message| Some(Difference { event, message });
    if let Some(message) = emitted(&base.emitted, &other.emitted, variant) {
        return differs(None, format!("while it loads, {message}"));
    }
    for (at, (one, two)) in base.events.iter().zip(&other.events).enumerate() {
        let id = events.id(at).unwrap_or_default();
        if let Some(message) = emitted(&one.emitted, &two.emitted, variant) {
            return differs(Some(at), format!("in event {id}, {message}"));
        }
        if one.matches != two.matches {
            let (one, two) = (one.matches, two.matches);
            let message =
                format!("event {id} has {one} matches in the run base, {two} in {variant}");
            return differs(Some(at), message);
        }
    }
    // A program that prints where something lies prints otherwise where that lies elsewhere.
    if !is_layout && base.output != other.output {
        let from = first_difference(&base.output, &other.output);
        let (one, two) = (shown(&base.output, from), shown(&other.output, from));
        let message = format!(
            "its output differs from byte {from} on: \"{one}\" in the run base, \"{two}\" in {variant}"
        );
        return differs(other.event.or(base.event), message);
    }
    // How an access misses its object is another thing in another layout, but not with other bytes in fresh memory.
    let error = |run: &Run| run.outcome.memory().map(|memory| memory.error).filter(|_| !is_layout);
    let ends = |run: &Run| (run.outcome.kind(), end(&run.outcome), error(run), run.event);
    if ends(base) == ends(other) {
        return None;
    }
    let (one, two) = (told(&base.outcome), told(&other.outcome));
    differs(other.event.or(base.event), format!("the run base is {one}; {variant} is {two}"))
}

/// What must be the same of two outcomes of one kind.
fn end(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Rejected { code, message, .. }
        | Outcome::EvaluationError { code, message, .. } => {
            format!("{code} {message}")
        }
        Outcome::Trapped { trap, .. } => trap.to_string(),
        _ => String::new(),
    }
}

fn told(outcome: &Outcome) -> String {
    let said = |message: &str| match message {
        "" => String::new(),
        said => format!(": {said}"),
    };
    match outcome {
        Outcome::Rejected { code, message, .. } => {
            format!("refused with code {code}{}", said(message))
        }
        Outcome::EvaluationError { code, message, .. } => {
            format!("an error with code {code}{}", said(message))
        }
        Outcome::Accepted | Outcome::Completed => describe(outcome),
        _ => format!("stopped: {}", describe(outcome)),
    }
}

fn emitted(base: &Records, other: &Records, variant: Variant) -> Option<String> {
    if base == other {
        return None;
    }
    let mut pairs = base.iter().zip(other.iter()).enumerate();
    let Some((at, (one, two))) = pairs.find(|(_, (one, two))| one != two) else {
        let (one, two) = (base.len(), other.len());
        return Some(format!("it emitted {one} records in the run base, {two} in {variant}"));
    };
    let (number, from) = (at.saturating_add(1), first_difference(one, two));
    let (one, two) = (shown(one, from), shown(two, from));
    Some(format!(
        "emitted record {number} differs from byte {from} on: \"{one}\" in the run base, \
         \"{two}\" in {variant}"
    ))
}

fn first_difference(one: &[u8], two: &[u8]) -> usize {
    let same = one.iter().zip(two).position(|(one, two)| one != two);
    same.unwrap_or_else(|| one.len().min(two.len()))
}

/// A part of a record, as text of ASCII.
fn shown(record: &[u8], from: usize) -> String {
    let rest = record.get(from..).unwrap_or_default();
    let part = rest.get(..SHOWN).unwrap_or(rest);
    let more = if part.len() < rest.len() { "..." } else { "" };
    format!("{}{more}", part.escape_ascii())
}

/// Whether a run in which an allocation failed ended as it should not. An interpreter may refuse, report
/// an error, say that there is no memory, or manage without.
pub fn is_crash(run: &Run) -> bool {
    let excused = matches!(
        run.outcome.kind(),
        OutcomeKind::Rejected | OutcomeKind::EvaluationError | OutcomeKind::OutOfMemory
    );
    run.verdict() == Verdict::Rejected && !excused
}

/// Reports a crash for want of memory. `frames` is the stack at the allocation that failed.
pub fn report_crash(
    run: &Run,
    number: u32,
    frames: Vec<Frame>,
    interpreter: &str,
    event: Option<&str>,
    findings: &mut Findings<'_>,
) {
    let how = describe(&run.outcome);
    let message = format!("the interpreter crashes when allocation {number} gives null: {how}");
    let mut place = place(&run.outcome, event);
    place.failed_allocation = Some(Box::new(FailedAllocation { number, frames }));
    findings.push(Code::CrashWithoutMemory, Some(interpreter), place, message);
}
