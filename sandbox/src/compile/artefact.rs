//! What compiling gives: machine code, and what is known about the instrumented module behind it.
//!
//! As bytes, from the compile child and in the cache: the machine code, which is mapped from there and so begins at
//! a page, the facts as JSON, the offset map, and the coverage map (of no bytes if there is none); then their four
//! lengths, each as a little-endian `u64`.

use crate::instrument::{CoverageMap, Instrumented, Interface, OffsetMap, Summary, WatchFound};
use crate::module::ModuleInfo;
use crate::num::{u64_of, usize_of_u64};
use serde::{Deserialize, Serialize};

/// Machine code, facts, offset map, coverage map.
const PARTS: usize = 4;
/// Bytes of the lengths at the end.
const LENGTHS_BYTES: usize = PARTS * size_of::<u64>();

/// What is known about an instrumented module.
#[derive(Debug)]
pub(crate) struct Instrumentation {
    /// What the original says of itself.
    pub(crate) module: ModuleInfo,
    /// From offsets in it to offsets in the original.
    pub(crate) offsets: OffsetMap,
    /// What it exports to its host.
    pub(crate) interface: Interface,
    /// What was found and done.
    pub(crate) summary: Summary,
    /// What its counters stand for, if it keeps coverage.
    pub(crate) coverage: Option<CoverageMap>,
    /// What is known of a guest that is watched.
    pub(crate) watch: Option<WatchFound>,
}

#[derive(Serialize, Deserialize)]
struct Facts {
    module: ModuleInfo,
    interface: Interface,
    summary: Summary,
    watch: Option<WatchFound>,
}

/// The bytes are not an artefact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the artefact is damaged")]
pub(crate) struct DamagedArtefact;

/// The bytes of an artefact.
pub(super) fn encode(
    module: ModuleInfo,
    instrumented: &Instrumented,
    code: &[u8],
) -> serde_json::Result<Vec<u8>> {
    let (interface, summary) = (instrumented.interface, instrumented.summary.clone());
    let facts = Facts { module, interface, summary, watch: instrumented.watch };
    let facts = serde_json::to_vec(&facts)?;
    let mut bytes = Vec::new();
    let coverage = instrumented.coverage.as_ref().map(CoverageMap::to_bytes).unwrap_or_default();
    let parts: [&[u8]; PARTS] = [code, &facts, instrumented.offsets.as_bytes(), &coverage];
    for part in parts {
        bytes.extend_from_slice(part);
    }
    for part in parts {
        bytes.extend_from_slice(&u64_of(part.len()).to_le_bytes());
    }
    Ok(bytes)
}

/// Reads them back: what is known about the module, and its machine code.
pub(super) fn decode(bytes: &[u8]) -> Result<(Instrumentation, &[u8]), DamagedArtefact> {
    let (parts, lengths) = bytes.split_last_chunk::<LENGTHS_BYTES>().ok_or(DamagedArtefact)?;
    let (lengths, _) = lengths.as_chunks::<{ size_of::<u64>() }>();
    let mut rest = parts;
    let mut next = |at: usize| -> Result<&[u8], DamagedArtefact> {
        let length = lengths.get(at).map(|bytes| u64::from_le_bytes(*bytes));
        let length = length.and_then(usize_of_u64).ok_or(DamagedArtefact)?;
        let (part, further) = rest.split_at_checked(length).ok_or(DamagedArtefact)?;
        rest = further;
        Ok(part)
    };
    let (code, facts, offsets, coverage) = (next(0)?, next(1)?, next(2)?, next(3)?);
    if !rest.is_empty() {
        return Err(DamagedArtefact);
    }
    let Facts { module, interface, summary, watch } =
        serde_json::from_slice(facts).map_err(|_| DamagedArtefact)?;
    let offsets = OffsetMap::from_bytes(offsets.to_vec()).map_err(|_| DamagedArtefact)?;
    let coverage = match coverage {
        [] => None,
        bytes => Some(CoverageMap::from_bytes(bytes).map_err(|_| DamagedArtefact)?),
    };
    Ok((Instrumentation { module, offsets, interface, summary, coverage, watch }, code))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
    use super::*;
    use crate::instrument::{Options, instrument};

    fn artefact() -> (Instrumented, Vec<u8>) {
        let text = "(module (func (export \"f\") (param i32 i32) (drop (i32.eq (local.get 0) (local.get 1)))))";
        let wasm = wat::parse_str(text).unwrap();
        let instrumented = instrument(&wasm, Options::default().coverage(true)).unwrap();
        let module = ModuleInfo::read(&wasm).unwrap();
        let bytes = encode(module, &instrumented, b"machine code").unwrap();
        (instrumented, bytes)
    }

    #[test]
    fn what_is_encoded_is_decoded() {
        let (instrumented, bytes) = artefact();
        let (found, code) = decode(&bytes).unwrap();
        assert_eq!(code, b"machine code");
        assert_eq!(found.module.exports.len(), 1);
        assert_eq!(found.offsets, instrumented.offsets);
        assert_eq!(found.interface, instrumented.interface);
        assert_eq!(found.summary, instrumented.summary);
        assert_eq!(found.coverage, instrumented.coverage);
        let map = found.coverage.unwrap();
        assert_eq!((map.points().len(), map.sites().len()), (1, 1));
    }

    #[test]
    fn no_part_of_an_artefact_is_one() {
        let (_, bytes) = artefact();
        for length in 0..bytes.len() {
            let (part, _) = bytes.split_at(length);
            assert_eq!(decode(part).err(), Some(DamagedArtefact), "{length}");
        }
        let longer = [bytes.as_slice(), b"x"].concat();
        assert_eq!(decode(&longer).err(), Some(DamagedArtefact));
    }
}
