//! What a compile child is asked for: the first bytes on its stdin, before the module.

use crate::instrument::{CoverageMap, CoveragePoint, Options};
use crate::limits::{MAX_FRAMES, MAX_MODULE_BYTES};
use crate::num::usize_of;
use std::io::{self, Read};

const COMPILE: u8 = b'C';
const LOCATE: u8 = b'L';
const INSPECT: u8 = b'I';
const SOURCES: u8 = b'S';
/// Most bytes of what is asked of the rewriter, as JSON.
const MAX_OPTIONS_BYTES: u32 = 64 << 10;

/// One question about a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Request {
    /// The machine code of what the rewriter makes of it.
    Compile(Options),
    /// The places in the sources at those offsets, as JSON.
    Locate(Vec<u64>),
    /// What the rewriter finds in it, as JSON.
    Inspect(Options),
    /// The places in the sources of all points of a coverage map, as JSON.
    Sources(Vec<CoveragePoint>),
}

impl Request {
    /// The bytes before the module.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Compile(options) => with_options(COMPILE, *options),
            Self::Inspect(options) => with_options(INSPECT, *options),
            Self::Locate(offsets) => {
                let count = u32::try_from(offsets.len()).unwrap_or(u32::MAX);
                let mut bytes = vec![LOCATE];
                bytes.extend_from_slice(&count.to_le_bytes());
                bytes.extend(offsets.iter().flat_map(|offset| offset.to_le_bytes()));
                bytes
            }
            Self::Sources(points) => {
                let map = CoverageMap::of(points.clone()).to_bytes();
                let length = u32::try_from(map.len()).unwrap_or(u32::MAX).to_le_bytes();
                [&[SOURCES], length.as_slice(), map.as_slice()].concat()
            }
        }
    }

    /// Reads them back; what follows is the module.
    pub(super) fn read(from: &mut impl Read) -> io::Result<Self> {
        match u8::from_le_bytes(array(from)?) {
            COMPILE => options(from).map(Self::Compile),
            INSPECT => options(from).map(Self::Inspect),
            LOCATE => {
                let count = usize_of(u32::from_le_bytes(array(from)?));
                if count > MAX_FRAMES {
                    return Err(io::ErrorKind::InvalidData.into());
                }
                let offsets = (0..count).map(|_| array(from).map(u64::from_le_bytes));
                Ok(Self::Locate(offsets.collect::<io::Result<_>>()?))
            }
            SOURCES => {
                let length = u32::from_le_bytes(array(from)?);
                if u64::from(length) > MAX_MODULE_BYTES.saturating_mul(2) {
                    return Err(io::ErrorKind::InvalidData.into());
                }
                let mut map = vec![0; usize_of(length)];
                from.read_exact(&mut map)?;
                let map = CoverageMap::from_bytes(&map).map_err(io::Error::other)?;
                Ok(Self::Sources(map.points().to_vec()))
            }
            _ => Err(io::ErrorKind::InvalidData.into()),
        }
    }
}

fn with_options(question: u8, options: Options) -> Vec<u8> {
    // Options always serialise; if they did not, the child would refuse the question.
    let options = serde_json::to_vec(&options).unwrap_or_default();
    let length = u32::try_from(options.len()).unwrap_or(u32::MAX).to_le_bytes();
    [&[question], length.as_slice(), options.as_slice()].concat()
}

fn options(from: &mut impl Read) -> io::Result<Options> {
    let length = u32::from_le_bytes(array(from)?);
    if length > MAX_OPTIONS_BYTES {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut options = vec![0; usize_of(length)];
    from.read_exact(&mut options)?;
    Ok(serde_json::from_slice(&options)?)
}

fn array<const N: usize>(from: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
    use super::*;
    use crate::instrument::PointKind;

    #[test]
    fn what_is_written_is_read_and_the_module_remains() {
        for request in [
            Request::Compile(Options::default()),
            Request::Inspect(Options::default()),
            Request::Locate(vec![]),
            Request::Locate(vec![1, u64::MAX]),
            Request::Sources(vec![
                CoveragePoint { offset: 7, kind: PointKind::Block },
                CoveragePoint { offset: 9, kind: PointKind::Taken },
            ]),
        ] {
            let bytes = [request.to_bytes(), b"module".to_vec()].concat();
            let mut rest = bytes.as_slice();
            assert_eq!(Request::read(&mut rest).unwrap(), request);
            assert_eq!(rest, b"module");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        let many = Request::Locate(vec![0; MAX_FRAMES.saturating_add(1)]).to_bytes();
        for bytes in [
            &b""[..],
            b"\0asm",
            b"C",
            b"C\xff\xff\xff\xff",
            b"C\x02\0\0\0{}",
            b"I\x02\0\0\0{}",
            b"L",
            b"L\x01\0\0\0\0\0",
            b"S\xff\xff\xff\xff",
            b"S\x01\0\0\0\x07",
            many.as_slice(),
        ] {
            assert!(Request::read(&mut &*bytes).is_err(), "{bytes:?}");
        }
    }
}
