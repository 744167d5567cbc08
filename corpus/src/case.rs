//! Case files: everything that one run needs to be repeated elsewhere, and what it ended in.
//!
//! A file is a magic number, a version, and the case in the encoding of bincode 2, which this module
//! alone knows about. Nothing is decoded beyond a limit.

use bincode::config::{Configuration, Limit, LittleEndian, Varint};
use bincode::{Decode, Encode};
use serde::Serialize;

use crate::limits::MAX_CASE_BYTES;

mod version1;

/// First bytes of a case file.
const MAGIC: &[u8; 8] = b"PROOFCSE";
/// Version of the encoding that is written. Earlier ones are read.
const VERSION: u16 = 2;
/// Bytes before the case.
const HEADER_BYTES: usize = 10;

/// One run, and its outcome.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct Case {
    /// The interpreter that it was found with.
    pub interpreter: CaseInterpreter,
    /// What was asked of the sandbox.
    pub setting: CaseSetting,
    /// The content.
    #[serde(serialize_with = "base64")]
    pub content: Vec<u8>,
    /// The events, in order.
    pub events: Vec<CaseEvent>,
    /// What it ended in.
    pub expected: CaseOutcome,
}

/// An interpreter, by name and digest.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct CaseInterpreter {
    /// What it calls itself, or its file.
    pub name: String,
    /// `sha256:` and hexadecimal digits.
    pub digest: String,
}

/// Limits and checks: all that may decide how a run ends. The deadline does not.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct CaseSetting {
    /// Fuel of one call.
    pub fuel: u64,
    /// Linear memory in bytes.
    pub memory_bytes: u64,
    /// How closely memory is checked, as the command line names it.
    pub sanitize: String,
    /// The interpreter's configuration, as JSON.
    pub configuration: Option<String>,
    /// Arguments of a command.
    pub arguments: Vec<String>,
    /// How much stack there is, as the command line names it.
    pub stack_profile: String,
    /// Elements of one table.
    pub table_elements: u64,
    /// Bytes on stdout and stderr together.
    pub output_bytes: u64,
    /// Number of emitted records.
    pub emitted_records: u64,
    /// Bytes in all emitted records together.
    pub emitted_bytes: u64,
    /// Number of diagnostics.
    pub messages: u64,
    /// Bytes in all diagnostics together.
    pub message_bytes: u64,
}

/// An event as the interpreter receives it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Encode, Decode, Serialize)]
pub struct CaseEvent {
    /// Its id.
    pub id: String,
    /// Its bytes.
    #[serde(serialize_with = "base64")]
    pub bytes: Vec<u8>,
}

/// An outcome, as far as it is the same on every machine.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct CaseOutcome {
    /// Its kind, as reports write it.
    pub kind: String,
    /// Which trap, memory error, limit or rule.
    pub detail: String,
    /// Where: the innermost frame of the guest's stack, empty if there is none.
    pub site: String,
    /// Number of the event that was being evaluated, from 0.
    pub event: Option<u64>,
}

/// Why bytes are not a case file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CaseError {
    /// They do not begin as one.
    #[error("not a case file")]
    Magic,
    /// They end before the case begins.
    #[error("the case file is truncated")]
    Truncated,
    /// Another version of proofhouse wrote it.
    #[error("the case file has version {found}, this program reads versions 1 to {VERSION}")]
    Version {
        /// Its version.
        found: u16,
    },
    /// It is longer than any that is written.
    #[error("the case file has {found} bytes, {MAX_CASE_BYTES} are allowed")]
    TooLarge {
        /// Its length.
        found: usize,
    },
    /// It does not decode.
    #[error("the case file is damaged: {problem}")]
    Damaged {
        /// The decoder's words.
        problem: String,
    },
    /// Something follows the case.
    #[error("{extra} bytes follow the case")]
    TrailingBytes {
        /// How many.
        extra: usize,
    },
}

type Config = Configuration<LittleEndian, Varint, Limit<MAX_CASE_BYTES>>;

fn config() -> Config {
    bincode::config::standard().with_limit::<MAX_CASE_BYTES>()
}

impl Case {
    /// The bytes of its file.
    ///
    /// # Errors
    /// It is too large.
    pub fn encode(&self) -> Result<Vec<u8>, CaseError> {
        let damaged =
            |e: bincode::error::EncodeError| CaseError::Damaged { problem: e.to_string() };
        let body = bincode::encode_to_vec(self, config()).map_err(damaged)?;
        let bytes = [MAGIC.as_slice(), &VERSION.to_le_bytes(), &body].concat();
        if bytes.len() > MAX_CASE_BYTES {
            return Err(CaseError::TooLarge { found: bytes.len() });
        }
        Ok(bytes)
    }

    /// Reads a file.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn decode(bytes: &[u8]) -> Result<Self, CaseError> {
        if bytes.len() > MAX_CASE_BYTES {
            return Err(CaseError::TooLarge { found: bytes.len() });
        }
        let magic = bytes.get(..MAGIC.len()).unwrap_or(bytes);
        if !MAGIC.starts_with(magic) {
            return Err(CaseError::Magic);
        }
        let version = bytes.get(MAGIC.len()..HEADER_BYTES).and_then(<[u8]>::first_chunk);
        let found = u16::from_le_bytes(*version.ok_or(CaseError::Truncated)?);
        let body = bytes.get(HEADER_BYTES..).unwrap_or_default();
        let decoded = match found {
            1 => bincode::decode_from_slice(body, config())
                .map(|(case, read): (version1::CaseV1, usize)| (case.into(), read)),
            VERSION => bincode::decode_from_slice(body, config()),
            _ => return Err(CaseError::Version { found }),
        };
        let (case, read) = decoded.map_err(|e| CaseError::Damaged { problem: e.to_string() })?;
        match body.len().saturating_sub(read) {
            0 => Ok(case),
            extra => Err(CaseError::TrailingBytes { extra }),
        }
    }

    /// The case as JSON, with bytes in Base64.
    pub fn to_json(&self) -> String {
        // Strings, numbers and lists always serialise.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}

fn base64<S: serde::Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
    use base64::Engine as _;
    to.serialize_str(&base64::engine::general_purpose::STANDARD.encode(bytes))
}
