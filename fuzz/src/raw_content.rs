//! Bytes as content for the repaired interpreter: it refuses them as the decoder does, or evaluates recorded
//! events as the specification says.

use crate::repaired::judge;
use proofhouse_corpus::{EventsFile, reseal};
use std::sync::OnceLock;

/// Runs the bytes as they are, and with the right checksum.
///
/// # Panics
/// If a property does not hold.
pub fn check(bytes: &[u8]) {
    let events = recorded_events();
    let events: Vec<&[u8]> = events.iter().map(Vec::as_slice).collect();
    judge(bytes, &events);
    let mut sealed = bytes.to_vec();
    reseal(&mut sealed);
    judge(&sealed, &events);
}

/// The events of `fixtures/events` that are field values.
pub(crate) fn recorded_events() -> &'static [Vec<u8>] {
    static EVENTS: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    EVENTS.get_or_init(|| {
        let files = [
            include_bytes!("../../fixtures/events/outage.json").as_slice(),
            include_bytes!("../../fixtures/events/edges.json"),
        ];
        let files = files.into_iter().filter_map(|json| EventsFile::parse(json).ok());
        files.flat_map(|file| file.events).map(|event| event.bytes().into_owned()).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repaired::{Content, TEMPLATE_TYPE};
    use crate::smoke::{damage, search};
    use proofhouse_corpus::ChannelFile;

    #[test]
    fn smoke() {
        assert!(!recorded_events().is_empty());
        let wanted = [Content::Good, Content::Malformed];
        search(&wanted.map(Some), |u| {
            let mut file: ChannelFile<'_> = u.arbitrary()?;
            file.template_type = TEMPLATE_TYPE;
            let mut bytes = file.encode().unwrap_or_default();
            damage(u, &mut bytes)?;
            check(&bytes);
            check(u.arbitrary()?);
            reseal(&mut bytes);
            Ok(judge(&bytes, &[]).map(|(content, _)| content))
        });
    }
}
