//! The schema gate: the native decoder reads the content, and [`super::contract`] compares it with
//! what the interpreter supplies.

use super::contract;
use crate::finding::{Code, Findings};
use crate::interpreter::Judge;
use crate::place::Place;
use proofhouse_corpus::ChannelFile;
use proofhouse_sandbox::Contract;

/// The content kind of the reference channel file.
pub const CHANNEL_FILE: &str = "channel-file/1";

/// Whether there is something to check: the content of `judge` is of a kind that has a native decoder.
pub fn applies(judge: &Judge) -> bool {
    let kinds = judge.description().map(|description| description.content.as_slice());
    kinds.unwrap_or_default().iter().any(|kind| kind.kind == CHANNEL_FILE)
}

/// Checks content against what `judge` says it takes. Content of a kind that has no native decoder
/// is the interpreter's business alone.
pub fn check(content: &[u8], judge: &Judge, findings: &mut Findings<'_>) {
    let Some(description) = judge.description().filter(|_| applies(judge)) else { return };
    let file = match ChannelFile::decode(content) {
        Ok(file) => file,
        Err(error) => {
            let place = Place::at_byte(error.offset());
            // The place says where; the message need not.
            let message = error.fault().to_string();
            return findings.push(Code::Malformed, None, place, message);
        }
    };
    for supplied in &description.contracts {
        match supplied {
            Contract::ChannelFile { template_types } => {
                contract::check(&file, template_types, judge, findings);
            }
            Contract::Unknown => {}
        }
    }
}
