//! The second look at a function's instructions: calls the passes at those that concern them.

use wasm_encoder::BlockType;
use wasmparser::Operator;

use super::super::asan::{Redirect, Redirects};
use super::super::bulk::Bulk;
use super::super::checks::FunctionChecks;
use super::super::coverage::FunctionCoverage;
use super::super::grow::Grow;
use super::super::hook::Hook;
use super::super::meter::{Meter, MeterPlan, Pricing};
use super::super::removal::{Check, is_removed};
use super::super::stack::FunctionStack;
use super::super::watch::Watch;
use super::redirect::Call;
use super::{BodyWriter, Insertions, Scratch, Site, WrittenBody};

/// Writes the body of one function, instruction by instruction.
pub(super) struct InstructionWriter<'a, 's> {
    out: BodyWriter<'a>,
    scratch: &'s Scratch,
    redirects: &'s Redirects,
    meter: Option<(Meter, MeterPlan)>,
    stack: Option<FunctionStack>,
    checks: Option<FunctionChecks>,
    coverage: Option<FunctionCoverage<'s>>,
    grow: Option<Grow>,
    watch: Option<Watch>,
    pricing: Option<Pricing>,
    hook: Option<Hook>,
    /// What the instruction before the next one left on the stack, if that is a constant.
    constant: Option<u32>,
    /// Number of blocks around the next instruction, the body itself not counted.
    depth: Option<u32>,
}

impl<'a, 's> InstructionWriter<'a, 's> {
    pub(super) fn new(out: BodyWriter<'a>, insertions: Insertions<'s>) -> Self {
        let Insertions {
            scratch,
            redirects,
            meter,
            stack,
            checks,
            grow,
            watch,
            pricing,
            hook,
            coverage,
        } = insertions;
        Self {
            out,
            scratch,
            redirects,
            meter,
            stack,
            checks,
            coverage,
            grow,
            watch,
            pricing,
            hook,
            constant: None,
            depth: Some(0),
        }
    }

    /// Before the first instruction. Where fuel is metered, the original body becomes a block of its
    /// own, with type `results`, so that all ways out of it meet at one place.
    pub(super) fn enter(&mut self, results: BlockType) {
        if let Some(pricing) = self.pricing {
            pricing.enter(&mut self.out.insert());
        }
        if let Some(hook) = self.hook {
            hook.enter(&mut self.out.insert());
        }
        if let Some((meter, plan)) = &self.meter {
            meter.enter(&mut self.out, plan);
            if let Some(stack) = &self.stack {
                stack.enter(&mut self.out);
            }
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
        if let Some(watch) = self.watch {
            watch.before(&mut self.out, operator, self.scratch);
        }
        if let Some(stack) = &mut self.stack {
            stack.before(&mut self.out, operator, self.scratch);
        }
        let constant = self.constant.take();
        if let Some(redirect) = self.redirects.of(operator) {
            self.redirect(redirect, operator, constant);
            return;
        }
        if let Operator::I32Const { value } = operator {
            self.constant = Some(value.cast_unsigned());
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
            Operator::ReturnCall { .. } | Operator::ReturnCallIndirect { .. } => {
                if let Some(stack) = &self.stack {
                    stack.leave(&mut self.out);
                }
                self.depart();
            }
            Operator::Unreachable => self.depart(),
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

    /// A call of a function that is ours.
    fn redirect(&mut self, redirect: Redirect, operator: &Operator<'_>, constant: Option<u32>) {
        let call = Call {
            out: &mut self.out,
            scratch: self.scratch,
            meter: self.meter.as_ref().map(|(meter, _)| *meter),
            checks: self.checks.as_mut(),
            constant,
        };
        call.write(redirect);
        if let Some(checks) = &mut self.checks {
            match redirect {
                Redirect::Nothing { arguments, result: false, by_length: _ } => {
                    checks.dropped(arguments);
                }
                _ => checks.called(operator),
            }
        }
        if matches!(operator, Operator::ReturnCall { .. }) {
            match self.depth {
                Some(depth) if self.meter.is_some() => self.out.insert().br(depth),
                _ => self.out.insert().return_(),
            };
        }
    }

    fn bulk(&mut self, bulk: Bulk) {
        let Some((meter, _)) = self.meter else {
            self.keep_bulk(bulk);
            return;
        };
        Meter::before_bulk(&mut self.out, self.scratch);
        self.keep_bulk(bulk);
        meter.after_bulk(&mut self.out, bulk, self.scratch);
    }

    fn keep_bulk(&mut self, bulk: Bulk) {
        match self.grow {
            Some(grow) if bulk == Bulk::MemoryGrow && !is_removed(Check::Grow) => {
                grow.insert(&mut self.out.insert());
            }
            _ => self.out.keep(),
        }
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
            if let Some(stack) = &self.stack {
                stack.leave(&mut self.out);
            }
            meter.give_back(&mut self.out);
            if let Some(pricing) = self.pricing {
                pricing.leave(&mut self.out.insert());
            }
            if let Some(hook) = self.hook {
                hook.leave(&mut self.out.insert());
            }
        }
        self.out.keep();
    }
}
