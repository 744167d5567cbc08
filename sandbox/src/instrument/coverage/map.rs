//! What the counters and slots stand for.

use thiserror::Error;
use wasm_encoder::Encode;
use wasmparser::BinaryReader;

use super::super::numbers::index;
use super::{COUNT_BYTES, SECOND, SLOT_BYTES};

/// The bytes are not an encoded map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the coverage map is damaged")]
pub struct DamagedCoverage;

/// A place in the original where control is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CoveragePoint {
    /// Offset of the instruction in the original module.
    pub offset: u32,
    /// What is counted there.
    pub kind: PointKind,
}

/// What a counter counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PointKind {
    /// Control enters the basic block that begins with the instruction.
    Block,
    /// The conditional branch is taken.
    Taken,
    /// The `if`, which has no second arm, is not entered.
    Skipped,
}

/// A comparison in the original.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Site {
    /// Offset of the instruction in the original module.
    pub offset: u32,
    /// Bytes of its operands: 4 or 8.
    pub width: u8,
    /// The counter of the block that it is in.
    pub point: u32,
}

/// The last time that a comparison was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// Index of the site.
    pub site: u32,
    /// Bytes of each operand: 4 or 8.
    pub width: u8,
    /// The operands, without sign.
    pub operands: [u64; 2],
}

/// All counters and comparisons of a module, in the order of its code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CoverageMap {
    pub(super) points: Vec<CoveragePoint>,
    pub(super) sites: Vec<Site>,
    /// Counters have eight bytes each.
    pub(super) counts_in_full: bool,
}

impl CoverageMap {
    /// A map of those points alone.
    pub(crate) fn of(points: Vec<CoveragePoint>) -> Self {
        Self { points, ..Self::default() }
    }

    /// What each counter stands for.
    pub fn points(&self) -> &[CoveragePoint] {
        &self.points
    }

    /// The comparisons.
    pub fn sites(&self) -> &[Site] {
        &self.sites
    }

    /// Address of the first slot: behind the counters.
    pub(super) fn slots(&self) -> usize {
        self.points.len().next_multiple_of(index(SLOT_BYTES))
    }

    /// The counters in the bytes of a coverage memory.
    pub fn counters<'m>(&self, memory: &'m [u8]) -> &'m [u8] {
        memory.get(..self.points.len()).unwrap_or_default()
    }

    /// How often control came by each point, from the bytes of a coverage memory in which everything was
    /// counted in full; nothing from another one.
    pub fn counts<'m>(&self, memory: &'m [u8]) -> impl Iterator<Item = u64> + use<'m> {
        let bytes = self.points.len().saturating_mul(index(COUNT_BYTES));
        let counters = memory.get(..bytes).filter(|_| self.counts_in_full).unwrap_or_default();
        counters.as_chunks().0.iter().map(|count| u64::from_le_bytes(*count))
    }

    /// The comparison at a site, from the bytes of a coverage memory. Zeros if it was never made.
    pub fn comparison(&self, memory: &[u8], site: u32) -> Option<Comparison> {
        let width = self.sites.get(index(site))?.width;
        let slot = self.slots().checked_add(index(site).checked_mul(index(SLOT_BYTES))?)?;
        let operand = |offset: u32| {
            let bytes = memory.get(slot.checked_add(index(offset))?..)?.first_chunk()?;
            Some(u64::from_le_bytes(*bytes))
        };
        Some(Comparison { site, width, operands: [operand(0)?, operand(SECOND)?] })
    }

    /// The encoded form.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut before = 0u32;
        bytes.push(u8::from(self.counts_in_full));
        self.points.len().encode(&mut bytes);
        for point in &self.points {
            point.offset.saturating_sub(before).encode(&mut bytes);
            bytes.push(match point.kind {
                PointKind::Block => 0,
                PointKind::Taken => 1,
                PointKind::Skipped => 2,
            });
            before = point.offset;
        }
        before = 0;
        self.sites.len().encode(&mut bytes);
        for site in &self.sites {
            site.offset.saturating_sub(before).encode(&mut bytes);
            site.point.encode(&mut bytes);
            bytes.push(site.width);
            before = site.offset;
        }
        bytes
    }

    /// Reads it back.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, DamagedCoverage> {
        Self::read(&mut BinaryReader::new(bytes, 0))
            .map_err(|_| DamagedCoverage)?
            .ok_or(DamagedCoverage)
    }

    fn read(reader: &mut BinaryReader<'_>) -> wasmparser::Result<Option<Self>> {
        let mut map = Self::default();
        let mut offset = 0u32;
        map.counts_in_full = match reader.read_u8()? {
            0 => false,
            1 => true,
            _ => return Ok(None),
        };
        for _ in 0..reader.read_var_u32()? {
            offset = offset.saturating_add(reader.read_var_u32()?);
            let kind = match reader.read_u8()? {
                0 => PointKind::Block,
                1 => PointKind::Taken,
                2 => PointKind::Skipped,
                _ => return Ok(None),
            };
            map.points.push(CoveragePoint { offset, kind });
        }
        offset = 0;
        for _ in 0..reader.read_var_u32()? {
            offset = offset.saturating_add(reader.read_var_u32()?);
            let point = reader.read_var_u32()?;
            let width = reader.read_u8()?;
            if index(point) >= map.points.len() || !matches!(width, 4 | 8) {
                return Ok(None);
            }
            map.sites.push(Site { offset, width, point });
        }
        Ok(reader.eof().then_some(map))
    }
}
