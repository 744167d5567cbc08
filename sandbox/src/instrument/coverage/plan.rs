//! Where a module's counters and slots go, found before anything is written: how many counters there
//! are decides where the slots begin.

use wasmparser::{FunctionBody, Operator};

use super::super::meter::Blocks;
use super::super::numbers::{count, index, offset};
use super::super::original::Original;
use super::super::refusal::Refusal;
use super::compare::Compare;
use super::{COUNT_BYTES, Coverage, CoverageMap, CoveragePoint, Kept, PointKind, SLOT_BYTES, Site};

/// Size of a page of memory in bytes.
const PAGE_BYTES: u32 = 1 << 16;

/// What is counted in a whole module.
pub(in super::super) struct CoveragePlan {
    /// All points and comparisons.
    pub(in super::super) map: CoverageMap,
    /// Index of the coverage memory.
    pub(in super::super) memory: u32,
    kept: Kept,
    /// For each function, where in the map its points and sites end.
    ends: Vec<(usize, usize)>,
}

impl CoveragePlan {
    /// Looks at all functions.
    pub(in super::super) fn of(
        original: &Original<'_>,
        memory: u32,
        kept: Kept,
    ) -> Result<Self, Refusal> {
        let mut map = CoverageMap::default();
        let mut ends = Vec::new();
        for body in &original.bodies {
            plan(body, &mut map)?;
            if kept == Kept::Counts {
                map.sites.clear();
            }
            ends.push((map.points.len(), map.sites.len()));
        }
        map.counts_in_full = kept == Kept::Counts;
        Ok(Self { map, memory, kept, ends })
    }

    /// Where it all goes.
    pub(in super::super) fn coverage(&self) -> Coverage {
        Coverage { memory: self.memory, slots: count(self.map.slots()), kept: self.kept }
    }

    /// Pages of the memory.
    pub(in super::super) fn pages(&self) -> u64 {
        let slots = count(self.map.sites.len()).saturating_mul(SLOT_BYTES);
        let bytes = match self.kept {
            Kept::Counters => count(self.map.slots()).saturating_add(slots),
            Kept::Counts => count(self.map.points.len()).saturating_mul(COUNT_BYTES),
        };
        bytes.div_ceil(PAGE_BYTES).max(1).into()
    }

    /// What is counted in the `nth` function that the module defines.
    pub(in super::super) fn function(&self, nth: usize) -> FunctionPlan<'_> {
        let end = |nth: usize| self.ends.get(nth).copied();
        let (points, sites) = nth.checked_sub(1).and_then(end).unwrap_or_default();
        let (points_end, sites_end) = end(nth).unwrap_or_default();
        FunctionPlan {
            points: self.map.points.get(points..points_end).unwrap_or_default(),
            sites: self.map.sites.get(sites..sites_end).unwrap_or_default(),
            next_counter: count(points),
            next_site: count(sites),
        }
    }
}

/// What is counted in one function. To be asked in the order of the code.
#[derive(Clone, Copy)]
pub(in super::super) struct FunctionPlan<'p> {
    points: &'p [CoveragePoint],
    sites: &'p [Site],
    next_counter: u32,
    next_site: u32,
}

impl FunctionPlan<'_> {
    /// The next counter, if it counts at the instruction at `at`.
    pub(super) fn point_at(&mut self, at: u32) -> Option<(u32, PointKind)> {
        let (point, rest) = self.points.split_first().filter(|(point, _)| point.offset == at)?;
        let counter = self.next_counter;
        self.points = rest;
        self.next_counter = counter.saturating_add(1);
        Some((counter, point.kind))
    }

    /// The next comparison, if it is the instruction at `at`.
    pub(super) fn site_at(&mut self, at: u32) -> Option<u32> {
        let (_, rest) = self.sites.split_first().filter(|(site, _)| site.offset == at)?;
        let site = self.next_site;
        self.sites = rest;
        self.next_site = site.saturating_add(1);
        Some(site)
    }
}

/// Looks at one function.
fn plan(body: &FunctionBody<'_>, map: &mut CoverageMap) -> Result<(), Refusal> {
    let mut blocks = Blocks::new();
    let mut found = Found::default();
    let first_site = map.sites.len();
    let mut operators = body.get_operators_reader()?;
    let mut entry = true;
    let mut after_compare = false;
    // For each open block, the `if` that began it and has had no second arm yet.
    let mut open: Vec<Option<u32>> = Vec::new();
    while !operators.eof() {
        let (operator, at) = operators.read_with_offset()?;
        let at = offset(at);
        let dead = blocks.is_dead();
        blocks.next(at, &operator);
        if std::mem::take(&mut entry) {
            found.point(at, PointKind::Block);
        } else if blocks.begins_at(at) {
            let leaves = matches!(operator, Operator::Return | Operator::Unreachable);
            found.block(at, leaves);
        }
        match &operator {
            Operator::Block { .. } | Operator::Loop { .. } => open.push(None),
            Operator::If { .. } => open.push((!dead).then_some(at)),
            Operator::Else => {
                if let Some(last) = open.last_mut() {
                    *last = None;
                }
            }
            Operator::End => {
                if let Some(skipped) = open.pop().flatten() {
                    found.point(skipped, PointKind::Skipped);
                }
            }
            Operator::BrIf { .. } if !dead => found.point(at, PointKind::Taken),
            _ => {}
        }
        let compare = Compare::of(&operator);
        if let Some(compare) = compare
            // The negation of a comparison compares nothing anew.
            && !(compare.operands == 1 && after_compare)
            && !dead
        {
            map.sites.push(Site { offset: at, width: compare.width(), point: 0 });
        }
        after_compare = compare.is_some();
    }
    let first = map.points.len();
    map.points.append(&mut found.finish(blocks));
    // A comparison belongs to the block in which it is.
    let blocks: Vec<(u32, u32)> = (0..)
        .zip(&map.points)
        .skip(first)
        .filter(|(_, point)| point.kind == PointKind::Block)
        .map(|(counter, point)| (point.offset, counter))
        .collect();
    for site in map.sites.iter_mut().skip(first_site) {
        let after = blocks.partition_point(|(start, _)| *start <= site.offset);
        let block = after.checked_sub(1).and_then(|block| blocks.get(block));
        site.point = block.map_or(0, |(_, counter)| *counter);
    }
    Ok(())
}

/// The points of one function.
#[derive(Default)]
struct Found {
    points: Vec<CoveragePoint>,
    /// Blocks that count even if they cost nothing.
    leaving: Vec<u32>,
}

impl Found {
    fn point(&mut self, offset: u32, kind: PointKind) {
        self.points.push(CoveragePoint { offset, kind });
    }

    fn block(&mut self, at: u32, leaves: bool) {
        self.point(at, PointKind::Block);
        if leaves {
            self.leaving.push(at);
        }
    }

    /// The points in the order of the code, without blocks that only end others.
    fn finish(mut self, blocks: Blocks) -> Vec<CoveragePoint> {
        let idle = blocks.idle();
        let mut nth = 0usize;
        self.points.retain(|point| {
            let first = nth == 0;
            nth = nth.saturating_add(1);
            let is_idle =
                point.kind == PointKind::Block && idle.binary_search(&point.offset).is_ok();
            first || !is_idle || self.leaving.contains(&point.offset)
        });
        // A block counts before what happens at its first instruction.
        self.points.sort_by_key(|point| (point.offset, point.kind != PointKind::Block));
        debug_assert!(index(count(self.points.len())) == self.points.len());
        self.points
    }
}
