//! Runs as case files name them: by what is the same on every machine.

use proofhouse_corpus::CaseOutcome;
use proofhouse_sandbox::{Frame, Outcome, Run};
#[cfg(feature = "fuzz")]
use proofhouse_sandbox::{OutcomeKind, Verdict};
use serde_json::Value;

/// Where an outcome says which trap, error, limit or rule it was.
const DETAILS: [&str; 7] = [
    "/memory/error",
    "/trap",
    "/resource",
    "/stream",
    "/violation/rule",
    "/reason/reason",
    "/fault/fault",
];

/// The outcome of a run: its kind, which one of that kind, and the symbolised site.
pub(super) fn outcome_of(run: &Run) -> CaseOutcome {
    let value = serde_json::to_value(&run.outcome).unwrap_or_default();
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    let detail = DETAILS.iter().find_map(|place| value.pointer(place));
    CaseOutcome {
        kind: text(value.get("kind")),
        detail: text(detail),
        site: site(&run.outcome),
        event: run.event.and_then(|event| u64::try_from(event).ok()),
    }
}

#[cfg(feature = "fuzz")]
/// Whether a run is what fuzzing looks for. That an interpreter refuses content, or reports an error of
/// its own, is how it should be.
pub(super) fn is_finding(run: &Run) -> bool {
    let refused =
        matches!(run.outcome.kind(), OutcomeKind::Rejected | OutcomeKind::EvaluationError);
    run.verdict() == Verdict::Rejected && !refused
}

#[cfg(feature = "fuzz")]
/// Whether the host could not judge. What goes wrong before the content is handed over otherwise is no
/// news to whoever waits: the interpreter was opened before.
pub(super) fn is_host_fault(run: &Run) -> bool {
    run.outcome.kind() == OutcomeKind::HostFault
}

/// Two runs with the same kind, detail and site are the same finding, whatever input led there.
pub(super) fn is_same(one: &CaseOutcome, other: &CaseOutcome) -> bool {
    (&one.kind, &one.detail, &one.site) == (&other.kind, &other.detail, &other.site)
}

fn site(outcome: &Outcome) -> String {
    // Where fuel ran out is chance: the entry point says which part of the work has no end.
    let frames = outcome.frames();
    let frame = match outcome {
        Outcome::OutOfFuel { .. } | Outcome::StackExhausted { .. } => frames.last(),
        _ => frames.first(),
    };
    let Some(Frame { function, file, line, module_offset, .. }) = frame else {
        return String::new();
    };
    if matches!(outcome, Outcome::OutOfFuel { .. } | Outcome::StackExhausted { .. }) {
        return function.clone();
    }
    match (file, line, module_offset) {
        (Some(file), Some(line), _) => format!("{function} {file}:{line}"),
        (_, _, Some(offset)) => format!("{function}+{offset:#x}"),
        _ => function.clone(),
    }
}
