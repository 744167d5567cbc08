//! Hostile guests against the host ABI.
//!
//! A guest calls the functions of its host with pointers and lengths of any kind, in any order and at any time,
//! answers the host's calls with whatever numbers, ends the process, loops, recurses and traps. Its *steps*
//! depend on nothing, so that a *model* knows how each run ends: nearly always exactly, and always whether a
//! rule was broken before the guest came to its end.

mod expected;
mod guest;
mod steps;
mod text;

use crate::sandbox::{on_guest_stack, sandbox};
use arbitrary::{Arbitrary, Result, Unstructured};
use expected::Expected;
use guest::Guest;
use proofhouse_sandbox::{
    AbiViolation, Job, Limits, Outcome, OutcomeKind, Phase, Run, Sanitize, Verdict, verdict,
};

/// Fuel of one call: more than the deepest recursion takes, and soon used up by a loop without end.
const FUEL: u64 = 1_000_000;
/// More than any guest here may grow to.
const MEMORY_BYTES: u64 = 16 << 20;
/// Records of one run, and messages of one run.
const RECORDS: u64 = 2;
/// Bytes of all messages together: more than that many can have.
const MESSAGE_BYTES: u64 = 64 << 20;
/// Bytes of the content, and of an event, at most: the honest allocator has room for them.
const MAX_INPUT_BYTES: usize = 256;
/// Events at most.
const MAX_EVENTS: usize = 3;

/// A guest, how it is opened, and what it is given.
#[derive(Debug)]
pub struct Case {
    guest: Guest,
    is_checked: bool,
    content: Vec<u8>,
    events: Vec<Vec<u8>>,
    is_configured: bool,
}

impl<'a> Arbitrary<'a> for Case {
    fn arbitrary(random: &mut Unstructured<'a>) -> Result<Self> {
        let is_checked = random.arbitrary()?;
        let guest = Guest::new(random, is_checked)?;
        let is_configured = random.arbitrary()?;
        let mut inputs = Vec::new();
        for _ in 0..=random.int_in_range(0..=MAX_EVENTS)? {
            let bytes = random.int_in_range(0..=MAX_INPUT_BYTES)?.min(random.len());
            inputs.push(random.bytes(bytes)?.to_vec());
        }
        let content = inputs.pop().unwrap_or_default();
        Ok(Self { guest, is_checked, content, events: inputs, is_configured })
    }
}

/// Opens the guest and runs it. Gives how that ended.
///
/// # Panics
/// If the model does not know such an end, or runs differ.
pub fn check(case: &Case) -> OutcomeKind {
    on_guest_stack(|| judge(case))
}

fn judge(case: &Case) -> OutcomeKind {
    let mut limits = Limits::default();
    (limits.fuel, limits.memory_bytes) = (FUEL, MEMORY_BYTES);
    (limits.emitted_records, limits.messages) = (RECORDS, RECORDS);
    limits.message_bytes = MESSAGE_BYTES;
    let sanitize = if case.is_checked { Sanitize::On } else { Sanitize::Off };
    let opening = Expected::of_opening(&case.guest, case.is_checked);
    let wasm = text::module(&case.guest);
    let interpreter = match sandbox().interpreter(wasm, &limits, sanitize) {
        Ok(interpreter) => interpreter,
        Err(error) => {
            assert_eq!(verdict(error.outcome.kind(), error.phase), Verdict::Inconclusive);
            opening.check(&error.outcome, error.phase, &case.guest);
            return error.outcome.kind();
        }
    };
    assert!(opening.goes_on(), "opened, but {opening:?}: {:?}", case.guest);
    let events: Vec<&[u8]> = case.events.iter().map(Vec::as_slice).collect();
    let job = Job {
        content: &case.content,
        events: &events,
        limits: &limits,
        configuration: case.is_configured.then_some("{}"),
        arguments: &["guest".to_owned()],
    };
    let run = interpreter.run(&job);
    Expected::of_run(case).check(&run.outcome, run.phase, &case.guest);
    is_blamed_rightly(&run);
    // The second run makes an image, and the third begins with it.
    assert_eq!([interpreter.run(&job), interpreter.run(&job)], [run.clone(), run.clone()]);
    // One instance for several runs.
    let mut resident = interpreter.clone().resident();
    for _ in 0..3 {
        assert_eq!(resident.run(&job, |_| ()), run, "in an instance that was used");
    }
    // That from scratch tells no stacks of allocations.
    let scratch = interpreter.run_from_scratch(&job);
    assert_eq!(
        (run.outcome.kind(), run.phase, run.fuel, &run.output, &run.messages, &run.emitted),
        (
            scratch.outcome.kind(),
            scratch.phase,
            scratch.fuel,
            &scratch.output,
            &scratch.messages,
            &scratch.emitted
        ),
        "{:?}",
        case.guest
    );
    run.outcome.kind()
}

/// What an outcome says of pointers is true, and nobody is blamed before they could do anything.
fn is_blamed_rightly(run: &Run) {
    if let Outcome::AbiViolation { violation, .. } = &run.outcome {
        let outside = match *violation {
            AbiViolation::WildPointer { address, size, memory_bytes, .. } => {
                u64::from(address).saturating_add(size) > memory_bytes
            }
            AbiViolation::BufferOutOfRange { address, size, memory_bytes } => {
                u64::from(address).saturating_add(size.into()) > memory_bytes
            }
            _ => true,
        };
        assert!(outside, "{violation}");
    }
    let is_handed_over = matches!(run.phase, Phase::Load | Phase::Evaluate);
    assert_eq!(run.verdict() == Verdict::Inconclusive, !is_handed_over, "{run:?}");
    assert_eq!(run.event.is_some(), run.phase == Phase::Evaluate && !is_good(&run.outcome));
}

fn is_good(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Accepted | Outcome::Completed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smoke::search;

    #[test]
    fn smoke() {
        let wanted = [
            OutcomeKind::Accepted,
            OutcomeKind::Completed,
            OutcomeKind::Rejected,
            OutcomeKind::Trapped,
            OutcomeKind::OutOfFuel,
            OutcomeKind::AbiViolation,
        ];
        search(&wanted, |random| Ok(check(&random.arbitrary()?)));
    }
}
