//! What is added to a module, and at which indices.
//!
//! Everything comes behind the original's own items of its kind, so that *every index of the original
//! keeps its meaning*: sections, names and instructions of the original are copied as they are.

use wasm_encoder::BlockType;
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};

use super::Options;
use super::asan::{Found, Links, Redirects};
use super::checks::{Checks, Plain};
use super::constants::Constants;
use super::coverage::{CoveragePlan, Kept};
use super::door::{self, Rooms};
use super::function::Passes;
use super::grow::{Grow, most_pages};
use super::hook::{self, Hooks};
use super::image;
use super::known::{Role, StandIns};
use super::limits::{MAX_FUNCTIONS, MAX_GLOBALS, MAX_TYPES};
use super::link::{Base, Runtime};
use super::meter::{Price, Pricing, Slices};
use super::numbers::{count, index};
use super::options;
use super::original::Original;
use super::refusal::{Limited, Refusal};
use super::room::Room;
use super::stack::{LinearStack, Stack};
use super::summary::StackPointer;
use super::watch::Watch;

/// Index of the shadow memory: the first behind the original's only one.
pub(super) const SHADOW: u32 = 1;

/// What is added to one module.
pub(super) struct Additions {
    /// Types without parameters, for functions with several results.
    pub(super) result_types: Vec<Vec<wasm_encoder::ValType>>,
    /// For each type of the original, the block type without parameters and with its results.
    results: Vec<BlockType>,
    /// The runtime, if memory is checked.
    pub(super) runtime: Option<Runtime>,
    /// Where it goes.
    pub(super) base: Base,
    /// What it has of the guest's memory, and beside it.
    pub(super) room: Room,
    /// What the passes over function bodies need.
    pub(super) passes: Passes,
    /// The globals that may differ between instances, if nothing else can that is no memory.
    pub(super) mutable_globals: Option<Vec<u32>>,
    /// What is counted, if coverage is asked for.
    pub(super) coverage: Option<CoveragePlan>,
    /// Functions of which more is known than their code says.
    pub(super) stand_ins: StandIns,
    /// Index of the global that counts lent fuel, if any is ever lent.
    pub(super) fuel_lent: Option<u32>,
    /// What becomes of calls to AddressSanitizer's runtime.
    pub(super) redirects: Redirects,
    /// Functions that tell the runtime what they do.
    pub(super) hooks: Hooks,
    /// Whether the module was compiled to say how its memory is laid out.
    pub(super) layout: bool,
    /// Index of the runtime's function that tells the host what the allocator did, if it is asked about
    /// accesses.
    pub(super) tell_oracle: Option<u32>,
    /// Whether there are globals for a watched buffer.
    pub(super) watched_globals: bool,
    /// The functions behind the door.
    pub(super) rooms: Rooms,
}

/// What is known of a module.
pub(super) struct Known {
    /// The linear stack's pointer, and the bytes that it has room for.
    pub(super) linear_stack: Option<(StackPointer, u32)>,
    /// Functions of which more is known than their code says.
    pub(super) stand_ins: StandIns,
    /// AddressSanitizer's functions.
    pub(super) asan: Found,
    /// Where its constants are, if writes there are to be stopped.
    pub(super) constants: Option<Constants>,
    /// Pages before those that its allocator has from the start, if that is known.
    pub(super) pages_before_heap: Option<u32>,
}

impl Additions {
    /// Decides what to add.
    ///
    /// # Errors
    /// There would be more of something than engines take.
    pub(super) fn plan(
        original: &Original<'_>,
        Known { linear_stack, stand_ins, asan, constants, pages_before_heap }: Known,
        names: &[(u32, &str)],
        options: Options,
    ) -> Result<Self, Refusal> {
        let layout = asan.summary().is_some();
        let stack_pointer = linear_stack.map(|(pointer, _)| pointer);
        let own_globals = original.imported_globals.saturating_add(original.defined_globals());
        let (results, result_types) = block_types(original, options.meter)?;
        let is_lent = !stand_ins.priced.is_empty();
        let gauges = Gauges::place(own_globals, linear_stack, is_lent, options);
        let checked = options.checks != options::Checks::Off && original.memory.is_some();
        let oracle = checked && options.oracle;
        // Without checks, too, frames must be where they are with them, or fuel would differ.
        let runtime = (checked || layout).then(|| Runtime::read(layout, oracle)).transpose()?;
        let minimum = original.memory.map_or(0, |memory| memory.initial);
        let has_heap = checked && stand_ins.has_heap;
        let room = Room::plan(minimum, pages_before_heap, layout, has_heap).with(constants);
        let base = base(original, &result_types, gauges.next);
        let added = |of: fn(&Runtime) -> u32| runtime.as_ref().map_or(0, of);
        judge_all(base, added, options)?;
        let function = |name: &str| {
            let function = runtime.as_ref().map_or(u32::MAX, |runtime| export(runtime, name));
            base.functions.saturating_add(function)
        };
        let over_limit = runtime.as_ref().map(|_| function("over_limit"));
        let stack = gauges.stack.map(|stack| Stack { over_limit, ..stack });
        let checks = runtime.as_ref().filter(|_| checked).map(|runtime| {
            let suspect = base.globals.saturating_add(export(runtime, "suspect"));
            let plain = (!layout).then(|| plain_of(room, linear_stack, options));
            checks_of(function, suspect, (plain, constants), options)
        });
        let tells = layout && checked && options.meter;
        let hooks = tells.then(|| hook::hooks(original, names, &stand_ins, function));
        let hooks = hooks.transpose()?.unwrap_or_default();
        let grow = runtime
            .as_ref()
            .map(|_| Grow { function: function("grow"), most: most_pages(original) });
        let redirects = asan.link(&Links { function, checked, stack_pointer });
        // Behind the guest's own memory and those of the runtime.
        let memory = u32::from(original.memory.is_some()).saturating_add(added(Runtime::memories));
        let behind = base.functions.saturating_add(added(Runtime::functions));
        let coverage = kept(options)
            .map(|kept| CoveragePlan::of(original, names, memory, behind, kept))
            .transpose()?;
        let added_globals = added(Runtime::globals).saturating_add(base.globals);
        // What an oracle and a watched buffer know is the host's.
        let mutable_globals =
            image::mutable_globals(original, gauges.kept(own_globals..added_globals))?
                .filter(|_| !oracle && !options.watch);
        // A runtime would read what the guest has it read, and nobody would see it.
        let watch = gauges.watch.filter(|_| runtime.is_none() && original.memory.is_some());
        let memory = memory.saturating_add(u32::from(coverage.is_some()));
        let watch = watch.map(|[start, bytes]| Watch { memory, start, bytes });
        // What counts fuel comes last.
        let written = u32::from(coverage.as_ref().and_then(|plan| plan.writer).is_some());
        let table = base.tables.saturating_add(added(Runtime::tables));
        let slices = gauges.slices(table, behind.saturating_add(written));
        let covered = coverage.as_ref().map(CoveragePlan::coverage);
        let passes = Passes { fuel: slices, stack, checks, grow, coverage: covered, watch };
        Ok(Self {
            tell_oracle: oracle.then(|| function("tell_oracle")),
            result_types,
            results,
            runtime,
            base,
            room,
            passes,
            mutable_globals,
            coverage,
            stand_ins,
            fuel_lent: gauges.fuel_lent,
            redirects,
            hooks,
            layout,
            watched_globals: options.watch,
            rooms: door::rooms(original)?,
        })
    }

    /// Index of the type of the function that writes down calls, if there is one: behind all others.
    pub(super) fn writer_type(&self) -> Option<u32> {
        self.coverage.as_ref()?.writer?;
        Some(self.types_behind_the_runtime())
    }

    /// Index of the type of the function that takes a slice of fuel, if fuel is metered: behind that.
    pub(super) fn slice_type(&self) -> Option<u32> {
        self.passes.fuel?;
        let writer = u32::from(self.writer_type().is_some());
        Some(self.types_behind_the_runtime().saturating_add(writer))
    }

    /// Index of the door's type, if fuel is metered: behind that.
    pub(super) fn door_type(&self) -> Option<u32> {
        Some(self.slice_type()?.saturating_add(1))
    }

    /// Index of the door, if fuel is metered: the last function of all.
    pub(super) fn door(&self) -> Option<u32> {
        Some(self.passes.fuel?.function.saturating_add(1))
    }

    fn types_behind_the_runtime(&self) -> u32 {
        let runtime = self.runtime.as_ref().map_or(0, Runtime::types);
        self.base.types.saturating_add(runtime)
    }

    /// Index of the runtime's function that stands in for the function of the original with this index,
    /// and the function's role.
    pub(super) fn stand_in(&self, function: u32) -> Option<(u32, Role)> {
        let role = self.stand_ins.replaced.get(&function)?;
        let stand_in = export(self.runtime.as_ref()?, role.stand_in);
        Some((self.base.functions.saturating_add(stand_in), *role))
    }

    /// The price of the function of the original with this index, if it has one, and what takes it from
    /// `locals` on.
    pub(super) fn pricing(&self, price: Price, locals: u32) -> Option<Pricing> {
        // Nothing is lent to a stand-in.
        let fuel = self.passes.fuel?.fuel;
        Some(Pricing { price, fuel, lent: self.fuel_lent.unwrap_or(fuel), locals })
    }

    /// The block type with the results of type `ty` of the original.
    pub(super) fn results(&self, ty: u32) -> BlockType {
        self.results.get(index(ty)).copied().unwrap_or(BlockType::Empty)
    }
}

/// Where what is added begins: behind all that the original has.
fn base(
    original: &Original<'_>,
    result_types: &[Vec<wasm_encoder::ValType>],
    globals: u32,
) -> Base {
    let functions = count(original.functions.len());
    Base {
        types: count(original.signatures.len()).saturating_add(count(result_types.len())),
        functions: original.imported_functions.saturating_add(functions),
        globals,
        tables: original.all_tables(),
    }
}

/// Refuses a module that would have more of something than engines take.
fn judge_all(
    base: Base,
    added: impl Fn(fn(&Runtime) -> u32) -> u32,
    options: Options,
) -> Result<(), Refusal> {
    // Coverage may add one of each, and metering adds two.
    let [coverage, meter] = [options.coverage, options.meter].map(u32::from);
    let more = |of: u32| of.saturating_add(coverage).saturating_add(meter.saturating_mul(2));
    judge(Limited::Types, base.types, more(added(Runtime::types)), MAX_TYPES)?;
    judge(Limited::Functions, base.functions, more(added(Runtime::functions)), MAX_FUNCTIONS)?;
    judge(Limited::Globals, base.globals, added(Runtime::globals), MAX_GLOBALS)
}

/// Where nothing is ever poisoned, in a module that lays out nothing itself.
fn plain_of(room: Room, linear_stack: Option<(StackPointer, u32)>, options: Options) -> Plain {
    // Only a stack pointer that is held to its limits tells where the stack is.
    // Without room there may be too little even for what a function may use below it.
    let held = linear_stack.filter(|(_, room)| options.meter && *room > 0);
    let below = |(pointer, room): (StackPointer, u32)| pointer.initial.saturating_sub(room);
    Plain {
        stack_pointer: held.map(|(pointer, _)| pointer.global),
        data: room.plain_data(linear_stack.map_or(0, below)),
    }
}

/// What checks need of the runtime, of which `function` gives an index.
fn checks_of(
    function: impl Fn(&str) -> u32,
    suspect: u32,
    (plain, constants): (Option<Plain>, Option<Constants>),
    options: Options,
) -> Checks {
    Checks {
        shadow: SHADOW,
        suspect,
        check_access: function("check_access"),
        check_range: function("check_range"),
        check_mark: plain.is_none().then(|| function("check_mark")),
        ask_oracle: options.oracle.then(|| function("ask_oracle")),
        trust_alignment: options.checks == options::Checks::Fast,
        plain: plain.unwrap_or_default(),
        constants,
    }
}

/// What is kept of a run, if anything is.
fn kept(options: Options) -> Option<Kept> {
    match (options.counts, options.coverage) {
        (true, _) => Some(Kept::Counts),
        (false, true) => Some(Kept::Counters),
        (false, false) => None,
    }
}

/// The globals that inserted code counts in, in the order in which they are written.
struct Gauges {
    fuel: Option<u32>,
    fuel_reserve: Option<u32>,
    fuel_lent: Option<u32>,
    stack: Option<Stack>,
    /// Where a watched buffer starts, and how long it is.
    watch: Option<[u32; 2]>,
    /// Index of the next global.
    next: u32,
}

impl Gauges {
    /// Gives them indices, behind the original's `own` globals.
    fn place(
        own: u32,
        pointer: Option<(StackPointer, u32)>,
        is_lent: bool,
        options: Options,
    ) -> Self {
        let mut next = own;
        let mut global = || {
            let index = next;
            next = next.saturating_add(1);
            index
        };
        let fuel = options.meter.then(&mut global);
        let fuel_reserve = options.meter.then(&mut global);
        let fuel_lent = (options.meter && is_lent).then(&mut global);
        let stack = options.meter.then(|| Stack {
            depth_left: global(),
            stop: global(),
            linear: pointer.map(|(stack, room)| LinearStack {
                pointer: stack.global,
                initial: stack.initial,
                room,
                limit: global(),
            }),
            over_limit: None,
        });
        let watch = options.watch.then(|| [global(), global()]);
        Self { fuel, fuel_reserve, fuel_lent, stack, watch, next }
    }

    /// Those of `globals` that keep their value from one call to the next: fuel is set before each.
    fn kept(&self, globals: std::ops::Range<u32>) -> impl Iterator<Item = u32> {
        let set = [self.fuel, self.fuel_reserve];
        globals.filter(move |global| !set.contains(&Some(*global)))
    }

    /// Where fuel is, if it is metered, with the table and the function that it comes in slices by.
    fn slices(&self, table: u32, function: u32) -> Option<Slices> {
        let (fuel, reserve) = self.fuel.zip(self.fuel_reserve)?;
        Some(Slices { fuel, reserve, lent: self.fuel_lent, table, function })
    }
}

/// Index in the runtime of one of its exports. Were it not there, the output would not validate.
fn export(runtime: &Runtime, name: &str) -> u32 {
    runtime.export(name).unwrap_or(u32::MAX)
}

fn judge(what: Limited, base: u32, added: u32, limit: u32) -> Result<(), Refusal> {
    let count = base.saturating_add(added);
    if count > limit {
        return Err(Refusal::Limit { what, count: count.into(), limit: limit.into() });
    }
    Ok(())
}

type BlockTypes = (Vec<BlockType>, Vec<Vec<wasm_encoder::ValType>>);

/// A block type for the results of each type, and the types that have to be added for them.
fn block_types(original: &Original<'_>, needed: bool) -> Result<BlockTypes, Refusal> {
    let mut blocks = Vec::new();
    let mut added = Vec::new();
    let signatures = if needed { original.signatures.as_slice() } else { &[] };
    for signature in signatures {
        blocks.push(match signature.results() {
            [] => BlockType::Empty,
            [one] => BlockType::Result(RoundtripReencoder.val_type(*one)?),
            several => {
                let index = original.signatures.len().saturating_add(added.len());
                let results = several.iter().map(|ty| RoundtripReencoder.val_type(*ty));
                added.push(results.collect::<Result<_, _>>()?);
                BlockType::FunctionType(count(index))
            }
        });
    }
    Ok((blocks, added))
}
