//! The second look at a function's instructions: calls the passes at those that concern them.

use wasm_encoder::BlockType;
use wasmparser::Operator;

use super::super::bulk::Bulk;
use super::super::checks::FunctionChecks;
use super::super::coverage::FunctionCoverage;
use super::super::meter::{Meter, MeterPlan};
use super::{BodyWriter, Scratch, Site, WrittenBody};

/// Writes the body of one function, instruction by instruction.
pub(super) struct InstructionWriter<'a, 's> {
    out: BodyWriter<'a>,
    scratch: &'s Scratch,
    meter: Option<(Meter, MeterPlan)>,
    checks: Option<FunctionChecks>,
    coverage: Option<FunctionCoverage<'s>>,
    /// Number of blocks around the next instruction, the body itself not counted.
    depth: Option<u32>,
}

impl<'a, 's> InstructionWriter<'a, 's> {
    pub(super) fn new(
        out: BodyWriter<'a>,
        scratch: &'s Scratch,
        meter: Option<(Meter, MeterPlan)>,
        checks: Option<FunctionChecks>,
        coverage: Option<FunctionCoverage<'s>>,
    ) -> Self {
        Self { out, scratch, meter, checks, coverage, depth: Some(0) }
    }

    /// Before the first instruction. Where fuel is metered, the original body becomes a block of its
    /// own, with type `results`, so that all ways out of it meet at one place.
    pub(super) fn enter(&mut self, results: BlockType) {
        if let Some((meter, plan)) = &self.meter {
            meter.enter(&mut self.out, plan);
            self.out.insert().block(results);
        }
    }

    /// Takes the next instruction.
    pub(super) fn next(&mut self, operator: &Operator<'_>, site: Site) {
        self.out.begin(site);
        if let Some((meter, plan)) = &mut self.meter
            && let Some(charge) = plan.charge_at(site.start)
        {
            meter.charge(&mut self.out, charge);
        }
        if let Some(coverage) = &mut self.coverage {
            coverage.before(&mut self.out, site.start, operator, self.scratch);
        }
        if let Some(checks) = &mut self.checks {
            checks.before(&mut self.out, operator, self.scratch);
        }
        match operator {
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => {
                self.depth = self.depth.and_then(|depth| depth.checked_add(1));
                self.out.keep();
            }
            Operator::End => self.end(),
            Operator::Call { .. } | Operator::CallIndirect { .. } => self.call(),
            Operator::ReturnCall { .. }
            | Operator::ReturnCallIndirect { .. }
            | Operator::Unreachable => self.depart(),
            Operator::Return => self.return_(),
            _ => match Bulk::of(operator) {
                Some(bulk) => self.bulk(bulk),
                None => self.out.keep(),
            },
        }
    }

    pub(super) fn finish(self) -> WrittenBody {
        self.out.finish()
    }

    fn bulk(&mut self, bulk: Bulk) {
        let Some((meter, _)) = self.meter else {
            self.out.keep();
            return;
        };
        Meter::before_bulk(&mut self.out, self.scratch);
        self.out.keep();
        meter.after_bulk(&mut self.out, bulk, self.scratch);
    }

    fn call(&mut self) {
        let Some((meter, _)) = self.meter else {
            self.out.keep();
            return;
        };
        meter.give_back(&mut self.out);
        self.out.keep();
        meter.take_over(&mut self.out);
    }

    /// Control leaves the function without passing the end of its body.
    fn depart(&mut self) {
        if let Some((meter, _)) = self.meter {
            meter.give_back(&mut self.out);
        }
        self.out.keep();
    }

    fn return_(&mut self) {
        match self.depth {
            Some(depth) if self.meter.is_some() => {
                self.out.insert().br(depth);
            }
            _ => self.out.keep(),
        }
    }

    fn end(&mut self) {
        self.depth = self.depth.and_then(|depth| depth.checked_sub(1));
        if self.depth.is_none()
            && let Some((meter, _)) = self.meter
        {
            // The end of the body: first of the block that it became, then of the function.
            self.out.insert().end();
            meter.give_back(&mut self.out);
        }
        self.out.keep();
    }
}
