//! Channel files as values for the repaired interpreter, with recorded events and one that is aimed at each
//! instance.

use crate::raw_content::recorded_events;
use crate::repaired::{SUPPLIED, TEMPLATE_TYPE, judge};
use arbitrary::{Arbitrary, Result, Unstructured};
use proofhouse_corpus::{ChannelFile, matching_event};
use proofhouse_sandbox::Outcome;

/// A file and events for it.
#[derive(Debug)]
pub struct Case {
    file: ChannelFile<'static>,
    aimed: Vec<Vec<u8>>,
}

impl<'a> Arbitrary<'a> for Case {
    fn arbitrary(random: &mut Unstructured<'a>) -> Result<Self> {
        let file = file(random)?;
        let aim = |instance| Ok(matching_event(random, instance)?.encode());
        let aimed = file.instances.iter().map(aim).collect::<Result<_>>()?;
        Ok(Self { file, aimed })
    }
}

/// A file; three of four ask for no more than the interpreter offers.
pub(crate) fn file(random: &mut Unstructured<'_>) -> Result<ChannelFile<'static>> {
    let mut file: ChannelFile<'static> = random.arbitrary()?;
    if random.ratio(3_u8, 4_u8)? {
        file.template_type = TEMPLATE_TYPE;
        file.input_count = file.input_count.min(SUPPLIED);
        let inputs = usize::try_from(file.input_count).unwrap_or(usize::MAX);
        for instance in &mut file.instances {
            instance.criteria.truncate(inputs);
        }
    }
    Ok(file)
}

/// Runs a case. Gives how it ended.
///
/// # Panics
/// If a property does not hold.
pub fn check(case: &Case) -> Option<Outcome> {
    let content = case.file.encode().ok()?;
    let events = recorded_events().iter().chain(&case.aimed);
    judge(&content, &events.map(Vec::as_slice).collect::<Vec<_>>()).map(|(_, outcome)| outcome)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smoke::search;
    use proofhouse_sandbox::OutcomeKind;

    #[test]
    fn smoke() {
        let wanted = [OutcomeKind::Accepted, OutcomeKind::Rejected];
        search(&wanted.map(Some), |u| Ok(check(&u.arbitrary()?).map(|outcome| outcome.kind())));
    }
}
