//! From the outcome of a run to findings: the load and exercise gates speak through these.

use crate::finding::{By, Code, Findings, Severity};
use crate::place::Place;
use crate::size::MAX_INTEGER;
use proofhouse_sandbox::{
    MemoryError, OpenError, Outcome, OutcomeKind, Phase, Resource, Run, Stack, Stream, Verdict,
};

/// Reports one run of an interpreter. `event` is the id of the event that it ended in.
pub fn report(run: &Run, by: By<'_>, event: Option<&str>, findings: &mut Findings<'_>) {
    for call in &run.refused_calls {
        let message =
            format!("the interpreter called `{call}`, which the sandbox does not provide");
        let (code, place) = (Code::RefusedCall, Place::default());
        findings.push_as(code, code.severity(), Some(by), place, message);
    }
    let severity = match run.verdict() {
        Verdict::Accepted => return,
        Verdict::Rejected => Severity::Error,
        Verdict::Inconclusive => Severity::Fault,
    };
    let mut place = place(&run.outcome, event);
    let mut message = describe(&run.outcome);
    if let Some(position) = run.outcome.position() {
        place.line = Some(position.line.into());
        place.column = position.column.map(Into::into);
    } else if let Outcome::Rejected { message: said, .. }
    | Outcome::EvaluationError { message: said, .. } = &run.outcome
        && let Some((line, column, text)) = leading_position(said)
    {
        (place.line, place.column) = (Some(line), Some(column));
        if !text.is_empty() {
            text.clone_into(&mut message);
        }
    }
    let code = match severity {
        // Whatever it was, it happened before the content was handed over, or to the host.
        Severity::Fault => fault(&run.outcome),
        _ => code(&run.outcome),
    };
    if severity == Severity::Fault {
        message = format!("{}: {message}", during(run.phase));
    }
    findings.push_as(code, severity, Some(by), place, message);
}

/// Where a run ended. `event` is the id of the event that it ended in.
pub fn place(outcome: &Outcome, event: Option<&str>) -> Place {
    Place {
        offset: outcome.memory().and_then(missed_content),
        frames: outcome.frames().to_vec(),
        memory: outcome.memory().cloned().map(Box::new),
        event: event.map(str::to_owned),
        ..Place::default()
    }
}

/// Reports an interpreter that was never there to judge.
pub fn report_unusable(error: &OpenError, by: By<'_>, findings: &mut Findings<'_>) {
    let message = format!("{}: {}", during(error.phase), describe(&error.outcome));
    let place = Place { frames: error.outcome.frames().to_vec(), ..Place::default() };
    let code = fault(&error.outcome);
    findings.push_as(code, Severity::Fault, Some(by), place, message);
}

/// The byte of the content at which an access missed it, if that is what it missed.
fn missed_content(memory: &MemoryError) -> Option<u64> {
    let content = memory.object.as_ref().filter(|object| object.holds_content)?;
    memory.first_bad?.checked_sub(content.address).map(u64::from)
}

fn fault(outcome: &Outcome) -> Code {
    match outcome {
        Outcome::HostFault { .. } => Code::HostFault,
        _ => Code::InterpreterUnusable,
    }
}

/// What was being done in a phase.
pub(crate) fn during(phase: Phase) -> &'static str {
    match phase {
        Phase::Compile => "compiling the interpreter",
        Phase::Instantiate => "starting the interpreter",
        Phase::Initialise => "initialising the interpreter",
        Phase::Configure => "configuring the interpreter",
        Phase::Alloc => "asking the interpreter for a buffer",
        Phase::Load => "loading the content",
        Phase::Evaluate => "evaluating an event",
    }
}

fn code(outcome: &Outcome) -> Code {
    match outcome.kind() {
        OutcomeKind::Trapped if outcome.memory().is_some() => Code::MemoryError,
        OutcomeKind::Trapped if outcome.is_undefined_behaviour() => Code::UndefinedBehaviour,
        OutcomeKind::Rejected => Code::Refused,
        OutcomeKind::EvaluationError => Code::EvaluationError,
        OutcomeKind::Trapped => Code::Trap,
        OutcomeKind::OutOfFuel => Code::OutOfFuel,
        OutcomeKind::OutOfMemory => Code::OutOfMemory,
        OutcomeKind::StackExhausted => Code::StackExhausted,
        OutcomeKind::OutputFlood => Code::OutputFlood,
        OutcomeKind::AbiViolation => Code::AbiViolation,
        OutcomeKind::Accepted | OutcomeKind::Completed | OutcomeKind::Unusable => {
            Code::InterpreterUnusable
        }
        OutcomeKind::HostFault => Code::HostFault,
    }
}

/// The outcome in one sentence.
pub fn describe(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Accepted => "accepted".into(),
        Outcome::Completed => "completed".into(),
        Outcome::Rejected { code, message, .. } if message.is_empty() => {
            format!("the interpreter refused the content with code {code} and no message")
        }
        Outcome::Rejected { message, .. } => message.clone(),
        Outcome::EvaluationError { code, message, .. } if message.is_empty() => {
            format!("the interpreter reported error {code} and no message")
        }
        Outcome::EvaluationError { message, .. } => message.clone(),
        Outcome::Trapped { memory: Some(memory), reason: Some(reason), .. } => {
            format!("{memory} ({reason})")
        }
        Outcome::Trapped { memory: Some(memory), .. } => memory.to_string(),
        Outcome::Trapped { trap, reason: Some(reason), .. } => format!("{trap}: {reason}"),
        Outcome::Trapped { trap, .. } => trap.to_string(),
        Outcome::OutOfFuel { limit, .. } => format!("one call used more than {limit} fuel"),
        Outcome::OutOfMemory { resource, requested, limit, .. } => match resource {
            Resource::Memory => {
                format!("it asked for {requested} bytes of memory, the limit is {limit}")
            }
            Resource::Table => {
                format!("it asked for a table of {requested} elements, the limit is {limit}")
            }
            Resource::Allocator => {
                format!("the interpreter's allocator has no {requested} bytes")
            }
        },
        Outcome::StackExhausted { stack: Stack::Linear, limit, .. } => {
            format!("the stack of {limit} bytes is exhausted")
        }
        Outcome::StackExhausted { stack: Stack::Calls, limit, .. } => {
            format!("the stack is exhausted: more than {limit} calls are nested")
        }
        Outcome::OutputFlood { stream, limit, .. } => {
            let what = match stream {
                Stream::Output => "bytes on stdout and stderr",
                Stream::Records => "emitted records",
                Stream::RecordBytes => "bytes in emitted records",
                Stream::Messages => "diagnostics",
                Stream::MessageBytes => "bytes in diagnostics",
            };
            format!("more than {limit} {what}")
        }
        Outcome::AbiViolation { violation, .. } => violation.to_string(),
        Outcome::Unusable { reason } => reason.to_string(),
        Outcome::HostFault { fault } => fault.to_string(),
    }
}

/// Line and column where a message begins with them, as `LINE:COLUMN: `: what interpreters do that do not
/// call `proofhouse.diagnostic`. The numbers are the guest's, and go into a report.
fn leading_position(message: &str) -> Option<(u64, u64, &str)> {
    let (line, rest) = message.split_once(':')?;
    let (column, text) = rest.split_once(':')?;
    let number = |text: &str| text.parse().ok().filter(|n| (1..=MAX_INTEGER).contains(n));
    Some((number(line)?, number(column)?, text.trim_start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_taken_from_the_front_of_a_message_only() {
        assert_eq!(leading_position("3:14: syntax error"), Some((3, 14, "syntax error")));
        assert_eq!(leading_position("error at 3:14: x"), None);
        assert_eq!(leading_position("0:1: x"), None);
        assert_eq!(leading_position("99999999999999999999:1: x"), None);
        assert_eq!(leading_position("9007199254740992:1: x"), None);
        assert_eq!(leading_position("3:14"), None);
    }
}
