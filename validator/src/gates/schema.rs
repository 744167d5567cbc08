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

/// Checks content against what `judge` says it takes. Content of a kind that has no native decoder
/// is the interpreter's business alone.
pub fn check(content: &[u8], judge: &Judge, findings: &mut Findings<'_>) {
    let Some(description) = judge.description() else { return };
    if !description.content.iter().any(|kind| kind.kind == CHANNEL_FILE) {
        return;
    }
    let file = match ChannelFile::decode(content) {
        Ok(file) => file,
        Err(error) => {
            let place = Place::at_byte(error.offset());
            return findings.push(Code::Malformed, None, place, error.to_string());
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
