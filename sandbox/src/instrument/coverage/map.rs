//! What the counters and slots stand for.

use thiserror::Error;
use wasm_encoder::Encode;
use wasmparser::BinaryReader;

use super::super::numbers::index;
use super::calls::{CURSOR_BYTES, CallKind, ENTRIES, ENTRY_BYTES, KEPT};
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
    /// What the code added to the number that it compares, modulo 2^64: a hint at what the number was.
    pub shift: u64,
    /// The bits in which its operands have to differ to be equal for the code, as in `x == !y`.
    pub flip: u64,
    /// For a switch over a table, how many cases it has; zero for a comparison of two numbers.
    pub cases: u32,
}

/// A call in the original of a function that compares bytes or text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallSite {
    /// Offset of the instruction in the original module.
    pub offset: u32,
    /// What it compares.
    pub kind: CallKind,
}

/// The last time that a comparison was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// Index of the site.
    pub site: u32,
    /// Bytes of each operand: 4 or 8.
    pub width: u8,
    /// The operands, without sign and before anything was added to them; for a switch, the number and the
    /// first case.
    pub operands: [u64; 2],
    /// What seems to have been added to both, modulo 2^64.
    pub shift: u64,
    /// For a switch, how many cases follow each other.
    pub cases: u32,
}

impl Comparison {
    /// The operands as the code compared them.
    pub fn shifted(&self) -> [u64; 2] {
        let mask = mask(self.width);
        self.operands.map(|operand| operand.wrapping_add(self.shift) & mask)
    }
}

/// All bits of a number of so many bytes.
fn mask(width: u8) -> u64 {
    if width == 8 { u64::MAX } else { u64::from(u32::MAX) }
}

/// A call that compared bytes or text, one of the last ones of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallComparison<'m> {
    /// Index of the call's site.
    pub site: u32,
    /// What it compared.
    pub kind: CallKind,
    /// The operands as far as they are kept; those of text without their zero.
    pub operands: [&'m [u8]; 2],
}

/// All counters and comparisons of a module, in the order of its code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CoverageMap {
    pub(super) points: Vec<CoveragePoint>,
    pub(super) sites: Vec<Site>,
    /// Counters have eight bytes each.
    pub(super) counts_in_full: bool,
    pub(super) calls: Vec<CallSite>,
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

    /// The calls that compare bytes or text.
    pub fn call_sites(&self) -> &[CallSite] {
        &self.calls
    }

    /// Address of the first slot: behind the counters.
    pub(super) fn slots(&self) -> usize {
        self.points.len().next_multiple_of(index(SLOT_BYTES))
    }

    /// Address of the ring: behind the slots.
    pub(super) fn ring(&self) -> usize {
        self.slots().saturating_add(self.sites.len().saturating_mul(index(SLOT_BYTES)))
    }

    /// How far a run wrote into a coverage memory: behind that it is as it was.
    pub(crate) fn reach(&self, memory: &[u8]) -> usize {
        if self.counts_in_full {
            return self.points.len().saturating_mul(index(COUNT_BYTES));
        }
        let ring = self.ring();
        if self.calls.is_empty() {
            return ring;
        }
        let cursor = memory.get(ring..).and_then(|ring| number(ring, 0)).unwrap_or(u32::MAX);
        let written = cursor.min(ENTRIES).saturating_mul(ENTRY_BYTES);
        ring.saturating_add(index(CURSOR_BYTES.saturating_add(written)))
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
        let Site { width, shift, flip, cases, .. } = *self.sites.get(index(site))?;
        let slot = self.slots().checked_add(index(site).checked_mul(index(SLOT_BYTES))?)?;
        let mask = mask(width);
        let operand = |offset: u32| {
            let bytes = memory.get(slot.checked_add(index(offset))?..)?.first_chunk()?;
            Some(u64::from_le_bytes(*bytes).wrapping_sub(shift) & mask)
        };
        let operands = [(operand(0)? ^ flip) & mask, operand(SECOND)?];
        Some(Comparison { site, width, operands, shift, cases })
    }

    /// The last calls that compared bytes or text, the latest one first, from the bytes of a coverage
    /// memory.
    pub fn calls<'m>(&'m self, memory: &'m [u8]) -> impl Iterator<Item = CallComparison<'m>> {
        let ring = memory.get(self.ring()..).filter(|_| !self.calls.is_empty());
        let ring = ring.unwrap_or_default();
        let cursor = number(ring, 0).unwrap_or_default();
        (1..=cursor.min(ENTRIES)).filter_map(move |back| {
            let nth = cursor.checked_sub(back)?.checked_rem(ENTRIES)?;
            let start = CURSOR_BYTES.checked_add(nth.checked_mul(ENTRY_BYTES)?)?;
            self.call(ring.get(index(start)..)?)
        })
    }

    fn call<'m>(&self, entry: &'m [u8]) -> Option<CallComparison<'m>> {
        let site = number(entry, 0)?;
        let kind = self.calls.get(index(site))?.kind;
        let operand = |length: u32, start: u32| {
            let bytes = entry.get(index(start)..)?.get(..index(length))?;
            let zero = bytes.iter().position(|byte| kind.is_text() && *byte == 0);
            bytes.get(..zero.unwrap_or(bytes.len()))
        };
        let [one, other] = [number(entry, 4)?, number(entry, 8)?];
        let operands = [operand(one, 16)?, operand(other, KEPT.saturating_add(16))?];
        Some(CallComparison { site, kind, operands })
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
            site.shift.encode(&mut bytes);
            site.flip.encode(&mut bytes);
            site.cases.encode(&mut bytes);
            before = site.offset;
        }
        before = 0;
        self.calls.len().encode(&mut bytes);
        for call in &self.calls {
            call.offset.saturating_sub(before).encode(&mut bytes);
            let kind = CallKind::ALL.iter().position(|kind| *kind == call.kind);
            bytes.push(kind.and_then(|kind| u8::try_from(kind).ok()).unwrap_or(u8::MAX));
            before = call.offset;
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
            let shift = reader.read_var_u64()?;
            let flip = reader.read_var_u64()?;
            let cases = reader.read_var_u32()?;
            map.sites.push(Site { offset, width, point, shift, flip, cases });
        }
        offset = 0;
        for _ in 0..reader.read_var_u32()? {
            offset = offset.saturating_add(reader.read_var_u32()?);
            let kind = CallKind::ALL.get(usize::from(reader.read_u8()?));
            let Some(kind) = kind.copied() else { return Ok(None) };
            map.calls.push(CallSite { offset, kind });
        }
        Ok(reader.eof().then_some(map))
    }
}

/// The little-endian number at `at`.
fn number(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}
