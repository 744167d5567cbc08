//! Rewrites one function body.
//!
//! Its instructions are shown to the passes twice. The first time they plan: where blocks begin, which
//! locals they need. The second time they insert. What no pass touches is copied byte for byte.

mod body;
mod forward;
mod redirect;
mod scratch;
mod write;

use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{BlockType, ValType};
use wasmparser::FunctionBody;

use super::asan::Redirects;
use super::checks::{Checks, ChecksPlan, FunctionChecks};
use super::coverage::{Coverage, FunctionCoverage, FunctionPlan};
use super::grow::Grow;
use super::hook::Hook;
use super::limits::{MAX_FUNCTION_BYTES, MAX_FUNCTION_LOCALS};
use super::meter::{Meter, MeterPlan, MeterPlanner, PRICING_LOCALS, Pricing, Slices};
use super::numbers::{count, offset};
use super::offsets::Pieces;
use super::refusal::{Limited, Refusal};
use super::stack::{FunctionStack, SetOnce, Stack};
use super::watch::Watch;
use write::InstructionWriter;

use body::Site;
pub(super) use body::{BodyWriter, WrittenBody};
pub(super) use forward::{Forward, Told};
pub(super) use scratch::{Scratch, ScratchNeeds};

/// The passes that look at function bodies.
#[derive(Clone, Copy)]
pub(super) struct Passes {
    /// Where fuel is, if it is metered.
    pub(super) fuel: Option<Slices>,
    /// The stack pass, if fuel is metered.
    pub(super) stack: Option<Stack>,
    /// The checks, if memory is checked.
    pub(super) checks: Option<Checks>,
    /// Where coverage goes, if it is kept.
    pub(super) coverage: Option<Coverage>,
    /// Where a buffer is watched, if one is.
    pub(super) watch: Option<Watch>,
    /// What the guest's `memory.grow` becomes, if there is a runtime.
    pub(super) grow: Option<Grow>,
}

/// One function of the original.
pub(super) struct Function<'a> {
    /// The whole original module.
    pub(super) module: &'a [u8],
    /// Index of the function.
    pub(super) index: u32,
    /// Whether it can call itself.
    pub(super) recursive: bool,
    /// Number of its parameters.
    pub(super) parameters: u32,
    /// A block type without parameters and with the function's results.
    pub(super) results: BlockType,
    /// Its body.
    pub(super) body: FunctionBody<'a>,
    /// What it tells the runtime, if it does.
    pub(super) hook: Option<Hook>,
    /// What is counted in it, if coverage is kept.
    pub(super) coverage: Option<FunctionPlan<'a>>,
}

/// What the first look at the instructions gave.
struct Plan {
    meter: Option<MeterPlan>,
    checks: ChecksPlan,
    set_once: SetOnce,
    needs: ScratchNeeds,
}

impl Function<'_> {
    /// The body with everything inserted that `passes` ask for. `pricing` says what takes the function's
    /// price, if it has one, with locals from an index on.
    ///
    /// # Errors
    /// The result would leave an implementation limit.
    pub(super) fn rewrite(
        &self,
        passes: Passes,
        redirects: &Redirects,
        pricing: impl FnOnce(u32) -> Option<Pricing>,
    ) -> Result<WrittenBody, Refusal> {
        let plan = self.plan(passes, redirects)?;
        let mut locals = Locals::of(self)?;
        let meter = passes.fuel.map(|slices| Meter {
            global: slices.fuel,
            take_slice: slices.function,
            local: locals.add(1, ValType::I64),
        });
        let scratch = plan.needs.place(&mut locals);
        let pricing = pricing(locals.next);
        if pricing.is_some() {
            for (count, ty) in PRICING_LOCALS {
                locals.add(count, ty);
            }
        }
        if locals.next > MAX_FUNCTION_LOCALS {
            return Err(Refusal::Limit {
                what: Limited::Locals { function: self.index },
                count: locals.next.into(),
                limit: MAX_FUNCTION_LOCALS.into(),
            });
        }
        let meter = meter.zip(plan.meter);
        let stack =
            passes.stack.map(|stack| FunctionStack::new(stack, self.recursive, plan.set_once));
        let checks = passes.checks.map(|checks| FunctionChecks::new(checks, plan.checks));
        let insertions = Insertions {
            scratch: &scratch,
            redirects,
            meter,
            stack,
            checks,
            grow: passes.grow,
            watch: passes.watch,
            pricing,
            hook: self.hook,
            coverage: passes
                .coverage
                .zip(self.coverage)
                .map(|(to, plan)| FunctionCoverage::new(to, plan)),
        };
        let written = self.write(locals, insertions)?;
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

    /// A body that passes the parameters on to a function that stands in for this one.
    pub(super) fn replace(&self, forward: Forward) -> WrittenBody {
        let bytes = forward.body().into_raw_body();
        let mut pieces = Pieces::default();
        pieces.run(0);
        pieces.group(count(self.body.as_bytes().len()), count(bytes.len()));
        WrittenBody { bytes, pieces, hints: Vec::new() }
    }

    fn plan(&self, passes: Passes, redirects: &Redirects) -> Result<Plan, Refusal> {
        let mut meter = passes.fuel.map(|_| MeterPlanner::new());
        let mut checks = ChecksPlan::default();
        let mut set_once = SetOnce::default();
        let mut needs = ScratchNeeds::default();
        let mut operators = self.body.get_operators_reader()?;
        while !operators.eof() {
            let (operator, at) = operators.read_with_offset()?;
            if let Some(meter) = &mut meter {
                meter.next(offset(at), &operator, &mut needs);
            }
            if let Some(stack) = passes.stack {
                stack.plan(&operator, &mut needs);
                set_once.next(&operator);
            }
            if redirects.of(&operator).is_some() {
                redirect::plan(&mut needs);
            }
            if passes.checks.is_some() {
                checks.next(&operator, &mut needs);
            }
            if passes.coverage.is_some() {
                FunctionCoverage::needs(&operator, &mut needs);
            }
            if passes.watch.is_some() {
                Watch::needs(&operator, &mut needs);
            }
        }
        Ok(Plan { meter: meter.map(MeterPlanner::finish), checks, set_once, needs })
    }

    fn write(&self, locals: Locals, insertions: Insertions<'_>) -> Result<WrittenBody, Refusal> {
        let mut operators = self.body.get_operators_reader()?;
        let declarations = Site {
            start: offset(self.body.range().start),
            end: offset(operators.original_position()),
        };
        let out = BodyWriter::new(self.module, declarations, locals.declared);
        let mut writer = InstructionWriter::new(out, insertions);
        writer.enter(self.results);
        while !operators.eof() {
            let (operator, at) = operators.read_with_offset()?;
            let site = Site { start: offset(at), end: offset(operators.original_position()) };
            writer.next(&operator, site);
        }
        Ok(writer.finish())
    }
}

/// What is inserted into one function.
struct Insertions<'s> {
    scratch: &'s Scratch,
    redirects: &'s Redirects,
    meter: Option<(Meter, MeterPlan)>,
    stack: Option<FunctionStack>,
    checks: Option<FunctionChecks>,
    grow: Option<Grow>,
    watch: Option<Watch>,
    pricing: Option<Pricing>,
    hook: Option<Hook>,
    coverage: Option<FunctionCoverage<'s>>,
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
