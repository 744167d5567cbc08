//! Content and events together, each of them structured, damaged, mutated or raw.

use crate::damage::damage;
use crate::repaired::judge;
use crate::structured_content;
use arbitrary::{Arbitrary, Result, Unstructured};
use proofhouse_corpus::{EventsFile, matching_event, mutate_channel, mutate_event};
use proofhouse_sandbox::Outcome;

/// Largest that a mutation may make content or an event, in bytes.
const MAX_MUTATED_BYTES: usize = 4_096;

/// Content and events.
#[derive(Debug)]
pub struct Case {
    content: Vec<u8>,
    events: Vec<Vec<u8>>,
}

impl<'a> Arbitrary<'a> for Case {
    fn arbitrary(random: &mut Unstructured<'a>) -> Result<Self> {
        let file = structured_content::file(random)?;
        let mut content = file.encode().unwrap_or_default();
        match random.int_in_range(0..=5)? {
            0 => damage(random, &mut content)?,
            1 => content = random.arbitrary()?,
            2 => {
                let seed = random.arbitrary()?;
                let mutated = mutate_channel(&content, &[], seed, MAX_MUTATED_BYTES);
                content = mutated.unwrap_or(content);
            }
            _ => {}
        }
        let recorded: EventsFile = random.arbitrary()?;
        let mut events: Vec<Vec<u8>> =
            recorded.events.iter().map(|event| event.bytes().into_owned()).collect();
        for instance in &file.instances {
            events.push(matching_event(random, instance)?.encode());
        }
        for event in &mut events {
            match random.int_in_range(0..=9)? {
                0 => damage(random, event)?,
                1 => {
                    let seed = random.arbitrary()?;
                    if let Some(mutated) = mutate_event(event, &content, seed, MAX_MUTATED_BYTES) {
                        *event = mutated;
                    }
                }
                _ => {}
            }
        }
        // What follows an event that is refused is not evaluated.
        if !events.is_empty() {
            let first = random.choose_index(events.len())?;
            events.rotate_left(first);
        }
        Ok(Self { content, events })
    }
}

/// Runs a case. Gives how it ended.
///
/// # Panics
/// If a property does not hold.
pub fn check(case: &Case) -> Option<Outcome> {
    let events: Vec<&[u8]> = case.events.iter().map(Vec::as_slice).collect();
    judge(&case.content, &events).map(|(_, outcome)| outcome)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smoke::search;
    use proofhouse_sandbox::OutcomeKind;

    #[test]
    fn smoke() {
        let wanted = [OutcomeKind::Accepted, OutcomeKind::Rejected, OutcomeKind::EvaluationError];
        search(&wanted.map(Some), |u| Ok(check(&u.arbitrary()?).map(|outcome| outcome.kind())));
    }
}
