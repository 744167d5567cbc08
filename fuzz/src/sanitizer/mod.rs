//! The sanitizer against its slow oracle, and checked runs against unchecked ones.
//!
//! Half of the modules are arbitrary ones, run as commands; they touch memory anywhere and know no heap.
//! The other half are programs that allocate, access and free, mostly what they may.

#![expect(clippy::panic, reason = "that is how a check says that a property does not hold")]

mod modules;
mod programs;

use crate::sandbox::{on_guest_stack, sandbox};
use arbitrary::{Arbitrary, Result, Unstructured};
use proofhouse_sandbox::{Interpreter, Job, Limits, OpenError, Outcome, Run, Sanitize};

/// A module, and what it is run on.
pub struct Case {
    wasm: Vec<u8>,
    content: Vec<u8>,
    /// Whether a run without checks is defined: then it must do the same as one with checks.
    defined: bool,
}

impl<'a> Arbitrary<'a> for Case {
    fn arbitrary(random: &mut Unstructured<'a>) -> Result<Self> {
        let content = random.arbitrary()?;
        if random.arbitrary()? {
            return Ok(Self { wasm: modules::arbitrary(random)?, content, defined: true });
        }
        let careful = random.arbitrary()?;
        let wasm = programs::arbitrary(random, careful)?;
        Ok(Self { wasm, content, defined: careful })
    }
}

/// Fuel of one call: soon used up by a loop without end.
const FUEL: u64 = 200_000;
/// Memory of one run.
const MEMORY_BYTES: u64 = 16 << 20;

/// Takes the bytes for a case and runs it with inlined checks, fast ones and exact ones, by the oracle and
/// without checks.
///
/// # Panics
/// If they do not agree, or an instrumented module is not valid.
pub fn check(bytes: &[u8]) {
    if let Ok(case) = Case::arbitrary(&mut Unstructured::new(bytes)) {
        outcome(&case);
    }
}

/// The same for a case. Gives how it ended with inlined checks; nothing if the module is refused.
///
/// # Panics
/// If they do not agree, or an instrumented module is not valid.
pub fn outcome(case: &Case) -> Option<Outcome> {
    on_guest_stack(|| compare(case))
}

fn compare(case: &Case) -> Option<Outcome> {
    let all = [Sanitize::On, Sanitize::Full, Sanitize::Oracle, Sanitize::Off];
    let [Ok(inlined), Ok(exact), Ok(oracle), Ok(unchecked)] =
        &all.map(|sanitize| open(case, sanitize))
    else {
        let refused = all.map(|sanitize| open(case, sanitize).err());
        assert!(refused.iter().all(Option::is_some), "refused by some only: {refused:?}");
        return None;
    };
    let [inlined, exact, oracle, unchecked] =
        [inlined, exact, oracle, unchecked].map(|one| run(case, one));
    assert_eq!(exact.differs_from_oracle(&oracle), None, "exact checks, the oracle");
    // Where an access breaks what was promised of its address, the fast ones may let it pass.
    if !is_misaligned(&exact) {
        assert_eq!(inlined.differs_from_oracle(&oracle), None, "inlined checks, the oracle");
    }
    if case.defined && !is_limit(&inlined) {
        assert_eq!(inlined.differs_from_unchecked(&unchecked), None, "with checks, without");
    }
    Some(inlined.outcome)
}

/// Whether the run was ended by a limit that the host draws elsewhere without checks.
fn is_limit(run: &Run) -> bool {
    matches!(run.outcome, Outcome::OutOfMemory { .. })
}

/// Whether the run was stopped at an access whose address is not a multiple of its size.
fn is_misaligned(run: &Run) -> bool {
    match &run.outcome {
        Outcome::Trapped { memory: Some(memory), .. } => {
            let size = u64::from(memory.size);
            size.is_power_of_two() && memory.address.checked_rem(size) != Some(0)
        }
        _ => false,
    }
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    (limits.fuel, limits.memory_bytes) = (FUEL, MEMORY_BYTES);
    limits
}

fn open(case: &Case, sanitize: Sanitize) -> std::result::Result<Interpreter, OpenError> {
    sandbox().interpreter(case.wasm.clone(), &limits(), sanitize)
}

fn run(case: &Case, interpreter: &Interpreter) -> Run {
    let (events, limits) = ([case.content.as_slice()], limits());
    interpreter.run(&Job {
        content: &case.content,
        events: &events,
        limits: &limits,
        configuration: None,
        arguments: &[],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smoke::BUDGET_MS;
    use std::cell::Cell;

    #[test]
    fn an_access_that_cannot_be_inside_traps_with_checks_and_without() {
        let text = r#"(module (memory (export "memory") 1 16) (func (export "_start")
            (i32.store offset=3531265830 (i32.const 1) (i32.const 2))
            (loop (br_if 0 (i32.load8_u offset=38801 (i32.const 1))))))"#;
        let wasm = wat::parse_str(text).unwrap_or_else(|error| panic!("{error}"));
        let ended = outcome(&Case { wasm, content: Vec::new(), defined: true });
        assert!(matches!(ended, Some(Outcome::Trapped { .. })), "{ended:?}");
    }

    #[test]
    fn smoke() {
        let (whole, caught) = (Cell::new(0_u32), Cell::new(0_u32));
        // A busy machine gets through fewer of them in the same time.
        for _ in 0..20 {
            arbtest::arbtest(|random| {
                match outcome(&random.arbitrary()?) {
                    Some(Outcome::Accepted) => whole.set(whole.get().saturating_add(1)),
                    Some(Outcome::Trapped { memory: Some(_), .. }) => {
                        caught.set(caught.get().saturating_add(1));
                    }
                    _ => {}
                }
                Ok(())
            })
            .size_min(1 << 9)
            .size_max(1 << 12)
            .budget_ms(BUDGET_MS);
            if whole.get() > 2 && caught.get() > 2 {
                return;
            }
        }
        panic!("only {} runs came to their end, {} were stopped", whole.get(), caught.get());
    }
}
