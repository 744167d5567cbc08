//! Bytes as an event, against all content of `fixtures/content`: the repaired interpreter refuses what does not
//! decode, and finds the instances that the specification says.

use crate::repaired::judge;
use proofhouse_corpus::ChannelFile;
use proofhouse_sandbox::Outcome;
use std::sync::OnceLock;

/// The sources.
const SOURCES: [&str; 6] = [
    include_str!("../../fixtures/content/empty.toml"),
    include_str!("../../fixtures/content/narrow.toml"),
    include_str!("../../fixtures/content/outage.toml"),
    include_str!("../../fixtures/content/quiet.toml"),
    include_str!("../../fixtures/content/ranges.toml"),
    include_str!("../../fixtures/content/strings.toml"),
];

/// Evaluates the bytes, and then an event of no fields: what came before must not matter. Gives how the last
/// of the contents ended.
///
/// # Panics
/// If a property does not hold.
pub fn check(event: &[u8]) -> Option<Outcome> {
    let nothing = [0; 4];
    let mut last = None;
    for content in contents() {
        last = judge(content, &[event, &nothing]).map(|(_, outcome)| outcome);
    }
    last
}

fn contents() -> &'static [Vec<u8>] {
    static CONTENTS: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    CONTENTS.get_or_init(|| {
        let file = |source| ChannelFile::from_toml(source).ok()?.encode().ok();
        SOURCES.into_iter().filter_map(file).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smoke::{damage, search};
    use arbitrary::{Result, Unstructured};
    use proofhouse_corpus::{FieldValues, matching_event};
    use proofhouse_sandbox::OutcomeKind;

    #[test]
    fn smoke() {
        assert_eq!(contents().len(), SOURCES.len());
        let wanted = [OutcomeKind::Accepted, OutcomeKind::EvaluationError];
        search(&wanted.map(Some), |u| {
            let mut event = fields(u)?.encode();
            if u.arbitrary()? {
                damage(u, &mut event)?;
            }
            check(u.arbitrary()?);
            Ok(check(&event).map(|outcome| outcome.kind()))
        });
    }

    /// Any fields, or such as meet the criteria of an instance.
    fn fields(u: &mut Unstructured<'_>) -> Result<FieldValues> {
        let content = u.choose(contents())?;
        let instances = ChannelFile::decode(content).map(|file| file.instances).unwrap_or_default();
        match instances.get(u.choose_index(instances.len().max(1))?) {
            Some(instance) if u.arbitrary()? => matching_event(u, instance),
            _ => u.arbitrary(),
        }
    }
}
