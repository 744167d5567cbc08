//! Where a module's counters and slots go, found before anything is written: how many counters there
//! are decides where the slots begin.

use wasmparser::{FunctionBody, Operator};

use super::super::meter::Blocks;
use super::super::numbers::{count, index, offset};
use super::super::original::Original;
use super::super::refusal::Refusal;
use super::calls::{CURSOR_BYTES, CallKind, Comparing, ENTRIES, ENTRY_BYTES, recognise};
use super::compare::{Compare, CompareKind};
use super::map::CallSite;
use super::shift::Shifts;
use super::{COUNT_BYTES, Coverage, CoverageMap, CoveragePoint, Kept, PointKind, Site};

/// Size of a page of memory in bytes.
const PAGE_BYTES: u32 = 1 << 16;

/// What is counted in a whole module.
pub(in super::super) struct CoveragePlan {
    /// All points and comparisons.
    pub(in super::super) map: CoverageMap,
    /// Index of the coverage memory.
    pub(in super::super) memory: u32,
    kept: Kept,
    /// For each function, where in the map its points, sites and calls end.
    ends: Vec<[usize; 3]>,
    /// Index of the function that writes entries of the ring, if anything is called that compares.
    pub(in super::super) writer: Option<u32>,
}

impl CoveragePlan {
    /// Looks at all functions. What is added as `memory` and `function` comes behind all others.
    pub(in super::super) fn of(
        original: &Original<'_>,
        names: &[(u32, &str)],
        memory: u32,
        function: u32,
        kept: Kept,
    ) -> Result<Self, Refusal> {
        let comparing = recognise(original, names);
        let mut map = CoverageMap::default();
        let mut ends = Vec::new();
        for body in &original.bodies {
            plan(body, &comparing, &mut map)?;
            if kept == Kept::Counts {
                map.sites.clear();
                map.calls.clear();
            }
            ends.push([map.points.len(), map.sites.len(), map.calls.len()]);
        }
        map.counts_in_full = kept == Kept::Counts;
        let writer = (!map.calls.is_empty()).then_some(function);
        Ok(Self { map, memory, kept, ends, writer })
    }

    /// Where it all goes.
    pub(in super::super) fn coverage(&self) -> Coverage {
        let (slots, ring) = (count(self.map.slots()), count(self.map.ring()));
        let writer = self.writer.unwrap_or(u32::MAX);
        Coverage { memory: self.memory, slots, ring, writer, kept: self.kept }
    }

    /// Pages of the memory.
    pub(in super::super) fn pages(&self) -> u64 {
        let ring = match self.writer {
            Some(_) => ENTRIES.saturating_mul(ENTRY_BYTES).saturating_add(CURSOR_BYTES),
            None => 0,
        };
        let bytes = match self.kept {
            Kept::Counters => count(self.map.ring()).saturating_add(ring),
            Kept::Counts => count(self.map.points.len()).saturating_mul(COUNT_BYTES),
        };
        bytes.div_ceil(PAGE_BYTES).max(1).into()
    }

    /// What is counted in the `nth` function that the module defines.
    pub(in super::super) fn function(&self, nth: usize) -> FunctionPlan<'_> {
        let end = |nth: usize| self.ends.get(nth).copied();
        let [points, sites, calls] = nth.checked_sub(1).and_then(end).unwrap_or_default();
        let [points_end, sites_end, calls_end] = end(nth).unwrap_or_default();
        FunctionPlan {
            points: self.map.points.get(points..points_end).unwrap_or_default(),
            sites: self.map.sites.get(sites..sites_end).unwrap_or_default(),
            calls: self.map.calls.get(calls..calls_end).unwrap_or_default(),
            next_counter: count(points),
            next_site: count(sites),
            next_call: count(calls),
        }
    }
}

/// What is counted in one function. To be asked in the order of the code.
#[derive(Clone, Copy)]
pub(in super::super) struct FunctionPlan<'p> {
    points: &'p [CoveragePoint],
    sites: &'p [Site],
    calls: &'p [CallSite],
    next_counter: u32,
    next_site: u32,
    next_call: u32,
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

    /// The next call that compares, if it is the instruction at `at`.
    pub(super) fn call_at(&mut self, at: u32) -> Option<(u32, CallKind)> {
        let (call, rest) = self.calls.split_first().filter(|(call, _)| call.offset == at)?;
        let site = self.next_call;
        self.calls = rest;
        self.next_call = site.saturating_add(1);
        Some((site, call.kind))
    }
}

/// Looks at one function.
fn plan(
    body: &FunctionBody<'_>,
    comparing: &Comparing,
    map: &mut CoverageMap,
) -> Result<(), Refusal> {
    let mut blocks = Blocks::new();
    let mut found = Found::default();
    let first_site = map.sites.len();
    let mut operators = body.get_operators_reader()?;
    let mut entry = true;
    let mut compares = Compares::default();
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
        if !dead {
            compares.next(at, &operator, &mut map.sites);
            if let Operator::Call { function_index } | Operator::ReturnCall { function_index } =
                operator
                && let Some(kind) = comparing.get(&function_index)
            {
                map.calls.push(CallSite { offset: at, kind: *kind });
            }
        }
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

/// Finds the comparisons of one function.
#[derive(Default)]
struct Compares {
    shifts: Shifts,
    /// The last instruction was a comparison.
    after: bool,
    /// A difference that is no site yet: what follows tells whether somebody compares.
    difference: Option<Difference>,
}

/// The bits in which two numbers differ.
#[derive(Clone, Copy)]
struct Difference {
    at: u32,
    compare: Compare,
    /// What it is going to be compared with: zero, if nothing is said.
    with: Option<u64>,
}

impl Compares {
    /// Takes the next instruction that is reached.
    fn next(&mut self, at: u32, operator: &Operator<'_>, sites: &mut Vec<Site>) {
        let after = std::mem::replace(&mut self.after, false);
        let difference = self.difference.take();
        if let Some(difference) = difference.filter(|difference| difference.is_compared(operator)) {
            let Difference { at, compare, with } = difference;
            sites.push(Site { flip: with.unwrap_or(0), ..compare.site(at, 0) });
            self.after = true;
        } else if let Some(compare) = Compare::of(operator) {
            let shift =
                if compare.operands == 2 { self.shifts.of_two() } else { self.shifts.of_one() };
            match compare.kind {
                // Other uses of this are many, and tell nothing.
                CompareKind::Difference if !self.shifts.is_with_constant() => {
                    self.difference = Some(Difference { at, compare, with: None });
                }
                // The negation of a comparison compares nothing anew.
                CompareKind::Relation if compare.operands == 1 && after => self.after = true,
                CompareKind::Relation | CompareKind::Difference => {
                    sites.push(compare.site(at, shift));
                    self.after = true;
                }
                CompareKind::Switch { .. } => sites.push(compare.site(at, shift)),
            }
        } else if let Some(difference) = difference
            && difference.with.is_none()
        {
            let with = match operator {
                Operator::I32Const { value } => Some(u64::from(value.cast_unsigned())),
                Operator::I64Const { value } => Some(value.cast_unsigned()),
                _ => None,
            };
            self.difference = with.map(|with| Difference { with: Some(with), ..difference });
        }
        self.shifts.next(operator);
    }
}

impl Difference {
    /// Whether an instruction that comes next asks whether the numbers are equal. `memcmp` of a known length
    /// becomes several, joined by `or`; `x == !y` becomes a difference that is compared with -1.
    fn is_compared(self, operator: &Operator<'_>) -> bool {
        match self.with {
            None => matches!(
                operator,
                Operator::I32Or
                    | Operator::I64Or
                    | Operator::I32Eqz
                    | Operator::I64Eqz
                    | Operator::BrIf { .. }
                    | Operator::If { .. }
            ),
            Some(_) => matches!(
                operator,
                Operator::I32Eq | Operator::I32Ne | Operator::I64Eq | Operator::I64Ne
            ),
        }
    }
}
