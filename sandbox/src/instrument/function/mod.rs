//! Rewrites one function body.
//!
//! Its instructions are shown to the passes twice. The first time they plan: where blocks begin, which
//! locals they need. The second time they insert. What no pass touches is copied byte for byte.

mod body;
mod scratch;
mod write;

use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{BlockType, ValType};
use wasmparser::FunctionBody;

use super::checks::{Checks, ChecksPlan, FunctionChecks};
use super::coverage::{Coverage, FunctionCoverage, FunctionPlan};
use super::limits::{MAX_FUNCTION_BYTES, MAX_FUNCTION_LOCALS};
use super::meter::{Meter, MeterPlan, MeterPlanner};
use super::numbers::{count, offset};
use super::refusal::{Limited, Refusal};
use write::InstructionWriter;

use body::Site;
pub(super) use body::{BodyWriter, WrittenBody};
pub(super) use scratch::{Scratch, ScratchNeeds};

/// The passes that look at function bodies.
#[derive(Clone, Copy)]
pub(super) struct Passes {
    /// Index of the fuel global, if fuel is metered.
    pub(super) fuel: Option<u32>,
    /// The checks, if memory is checked.
    pub(super) checks: Option<Checks>,
    /// Where coverage goes, if it is kept.
    pub(super) coverage: Option<Coverage>,
}

/// One function of the original.
pub(super) struct Function<'a> {
    /// The whole original module.
    pub(super) module: &'a [u8],
    /// Index of the function.
    pub(super) index: u32,
    /// Number of its parameters.
    pub(super) parameters: u32,
    /// A block type without parameters and with the function's results.
    pub(super) results: BlockType,
    /// Its body.
    pub(super) body: FunctionBody<'a>,
    /// What is counted in it, if coverage is kept.
    pub(super) coverage: Option<FunctionPlan<'a>>,
}

/// What the first look at the instructions gave.
struct Plan {
    meter: Option<MeterPlan>,
    checks: ChecksPlan,
    needs: ScratchNeeds,
}

impl Function<'_> {
    /// The body with everything inserted that `passes` ask for.
    ///
    /// # Errors
    /// The result would leave an implementation limit.
    pub(super) fn rewrite(&self, passes: Passes) -> Result<WrittenBody, Refusal> {
        let plan = self.plan(passes)?;
        let mut locals = Locals::of(self)?;
        let meter = passes.fuel.map(|global| Meter { global, local: locals.add(1, ValType::I64) });
        let scratch = plan.needs.place(&mut locals);
        if locals.next > MAX_FUNCTION_LOCALS {
            return Err(Refusal::Limit {
                what: Limited::Locals { function: self.index },
                count: locals.next.into(),
                limit: MAX_FUNCTION_LOCALS.into(),
            });
        }
        let meter = meter.zip(plan.meter);
        let checks = passes.checks.map(|checks| FunctionChecks::new(checks, plan.checks));
        let coverage = passes.coverage.zip(self.coverage);
        let coverage = coverage.map(|(coverage, plan)| FunctionCoverage::new(coverage, plan));
        let written = self.write(locals, &scratch, meter, checks, coverage)?;
        let bytes = count(written.bytes.len());
        if bytes > MAX_FUNCTION_BYTES {
            return Err(Refusal::Limit {
                what: Limited::BodyBytes { function: self.index },
                count: bytes.into(),
                limit: MAX_FUNCTION_BYTES.into(),
            });
        }
        Ok(written)
    }

    fn plan(&self, passes: Passes) -> Result<Plan, Refusal> {
        let mut meter = passes.fuel.map(|_| MeterPlanner::new());
        let mut checks = ChecksPlan::default();
        let mut needs = ScratchNeeds::default();
        let mut operators = self.body.get_operators_reader()?;
        while !operators.eof() {
            let (operator, at) = operators.read_with_offset()?;
            if let Some(meter) = &mut meter {
                meter.next(offset(at), &operator, &mut needs);
            }
            if passes.checks.is_some() {
                checks.next(&operator, &mut needs);
            }
            if passes.coverage.is_some() {
                FunctionCoverage::needs(&operator, &mut needs);
            }
        }
        Ok(Plan { meter: meter.map(MeterPlanner::finish), checks, needs })
    }

    fn write<'s>(
        &'s self,
        locals: Locals,
        scratch: &'s Scratch,
        meter: Option<(Meter, MeterPlan)>,
        checks: Option<FunctionChecks>,
        coverage: Option<FunctionCoverage<'s>>,
    ) -> Result<WrittenBody, Refusal> {
        let mut operators = self.body.get_operators_reader()?;
        let declarations = Site {
            start: offset(self.body.range().start),
            end: offset(operators.original_position()),
        };
        let out = BodyWriter::new(self.module, declarations, locals.declared);
        let mut writer = InstructionWriter::new(out, scratch, meter, checks, coverage);
        writer.enter(self.results);
        while !operators.eof() {
            let (operator, at) = operators.read_with_offset()?;
            let site = Site { start: offset(at), end: offset(operators.original_position()) };
            writer.next(&operator, site);
        }
        Ok(writer.finish())
    }
}

/// The locals of a function: the original's, and those that are added.
struct Locals {
    declared: Vec<(u32, ValType)>,
    /// Index of the next one.
    next: u32,
}

impl Locals {
    fn of(function: &Function<'_>) -> Result<Self, Refusal> {
        let mut locals = Self { declared: Vec::new(), next: function.parameters };
        for pair in function.body.get_locals_reader()? {
            let (count, ty) = pair?;
            locals.add(count, RoundtripReencoder.val_type(ty)?);
        }
        Ok(locals)
    }

    /// Declares `count` locals more; gives the index of the first.
    fn add(&mut self, count: u32, ty: ValType) -> u32 {
        let first = self.next;
        if count > 0 {
            self.declared.push((count, ty));
            self.next = first.saturating_add(count);
        }
        first
    }
}
