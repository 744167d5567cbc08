//! What the rewriter put into an instance for its host: fuel, and the notes of the memory checks.

use crate::host::State;
use crate::instrument::limits::MAX_WATCHED_BYTES;
use crate::instrument::{Constants, Interface, Stop, Violation, interface};
use crate::limits::Limits;
use crate::outcome::Stack;
use wasmtime::{Extern, Global, Instance, Memory, Module, ModuleExport, Store, Val};

/// Where to find it, looked up once for each module.
pub(crate) struct GaugeExports {
    fuel: Option<ModuleExport>,
    fuel_reserve: Option<ModuleExport>,
    fuel_lent: Option<ModuleExport>,
    heap: Option<ModuleExport>,
    heap_base: Option<ModuleExport>,
    memory_peak: Option<ModuleExport>,
    heap_limit: Option<ModuleExport>,
    door: Option<ModuleExport>,
    start: Option<ModuleExport>,
    shadow: Option<ModuleExport>,
    stack_pointer: Option<ModuleExport>,
    coverage: Option<ModuleExport>,
    watch: Option<ModuleExport>,
    stack_limit: Option<ModuleExport>,
    /// The highest that [`stack_limit`](Self::stack_limit) may be.
    stack_room: u32,
    depth: Option<ModuleExport>,
    stack_stop: Option<ModuleExport>,
    allocations: Option<ModuleExport>,
    frees: Option<ModuleExport>,
}

/// What is read and set in an instance, looked up when it is: a short run reads little of it.
#[derive(Clone, Copy)]
pub(crate) struct Gauges<'a> {
    exports: &'a GaugeExports,
    instance: Instance,
}

/// What a run is to do otherwise than the first one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tuning {
    /// Stop at the allocation of this number.
    pub(crate) stop_at_allocation: Option<u32>,
    /// Stop at the free of this number.
    pub(crate) stop_at_free: Option<u32>,
    /// The allocation of this number fails.
    pub(crate) fail_allocation: Option<u32>,
    /// Fresh blocks of the heap and fresh frames of the stack are filled with this byte.
    pub(crate) fill: Option<u8>,
    /// Bytes that redzones of the heap are longer by.
    pub(crate) heap_spacing: Option<u32>,
    /// Blocks of the heap lie at distances that this number decides.
    pub(crate) heap_seed: Option<u32>,
}

/// Ordinal numbers of an instance's last allocation and of its last free.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct HeapCounts {
    pub(crate) allocations: u32,
    pub(crate) frees: u32,
}

impl Tuning {
    /// What of it makes a difference from the first instruction on.
    pub(crate) fn initial_part(self) -> Self {
        Self { stop_at_allocation: None, stop_at_free: None, fail_allocation: None, ..self }
    }

    /// What of it makes none before the heap has come to a number.
    pub(crate) fn numbered_part(self) -> Self {
        Self { fill: None, heap_spacing: None, heap_seed: None, ..self }
    }

    /// Whether [all of that](Self::numbered_part) comes after so many allocations and frees.
    pub(crate) fn comes_after(self, counts: HeapCounts) -> bool {
        let comes = |number: Option<u32>, count| number.is_none_or(|number| number > count);
        comes(self.stop_at_allocation, counts.allocations)
            && comes(self.fail_allocation, counts.allocations)
            && comes(self.stop_at_free, counts.frees)
    }
}

/// Fuel in two: what a guest starts with, and what it has in reserve.
fn slices(fuel: u64) -> (i64, i64) {
    let fuel = i64::try_from(fuel).unwrap_or(i64::MAX);
    let slices = fuel.checked_div(interface::FUEL_SLICE).unwrap_or(0).saturating_sub(1).max(0);
    let reserve = slices.saturating_mul(interface::FUEL_SLICE);
    (fuel.saturating_sub(reserve), reserve)
}

/// Bit that tells a byte to fill with from none.
const FILLED: u32 = 256;

impl GaugeExports {
    /// Looks them up in an instrumented module.
    pub(crate) fn of(module: &Module, interface: Interface) -> Self {
        let find = |there: bool, name| there.then(|| module.get_export_index(name)).flatten();
        Self {
            fuel: find(interface.fuel, interface::FUEL),
            fuel_reserve: find(interface.fuel, interface::FUEL_RESERVE),
            fuel_lent: find(interface.fuel_lent, interface::FUEL_LENT),
            heap: find(interface.shadow, interface::HEAP),
            heap_base: find(interface.shadow, interface::HEAP_BASE),
            memory_peak: find(interface.shadow, interface::MEMORY_PEAK),
            heap_limit: find(interface.shadow, interface::HEAP_LIMIT),
            door: find(interface.fuel, interface::DOOR),
            start: find(interface.start, interface::START),
            shadow: find(interface.shadow, interface::SHADOW),
            stack_pointer: find(interface.stack_pointer, interface::STACK_POINTER),
            coverage: find(interface.coverage, interface::COVERAGE),
            watch: find(interface.watch, interface::WATCH),
            stack_limit: find(interface.stack_room.is_some(), interface::STACK_LIMIT),
            stack_room: interface.stack_room.unwrap_or_default(),
            depth: find(interface.depth, interface::DEPTH),
            stack_stop: find(interface.depth, interface::STACK_STOP),
            allocations: find(interface.shadow, interface::ALLOCATIONS),
            frees: find(interface.shadow, interface::FREES),
        }
    }

    /// The one way in for calls that are made for each content and event.
    pub(crate) fn door(&self) -> Option<&ModuleExport> {
        self.door.as_ref()
    }

    /// The original's start function, which is to be called first.
    pub(crate) fn start(&self) -> Option<&ModuleExport> {
        self.start.as_ref()
    }
}

impl<'a> Gauges<'a> {
    /// Those of an instance.
    pub(crate) fn of(exports: &'a GaugeExports, instance: Instance) -> Self {
        Self { exports, instance }
    }

    fn global(self, store: &mut Store<State>, export: Option<&ModuleExport>) -> Option<Global> {
        self.instance.get_module_export(store, export?).and_then(Extern::into_global)
    }

    fn memory(self, store: &mut Store<State>, export: Option<&ModuleExport>) -> Option<Memory> {
        self.instance.get_module_export(store, export?).and_then(Extern::into_memory)
    }

    /// Sets a global, if there is one.
    fn set(
        self,
        store: &mut Store<State>,
        export: Option<&ModuleExport>,
        value: Val,
    ) -> Result<(), wasmtime::Error> {
        let global = self.global(store, export);
        global.map_or(Ok(()), |global| global.set(store, value))
    }

    /// The number in a global, if there is one.
    fn number(self, store: &mut Store<State>, export: Option<&ModuleExport>) -> Option<i32> {
        self.global(store, export)?.get(store).i32()
    }

    /// The same for a long one.
    fn long(self, store: &mut Store<State>, export: Option<&ModuleExport>) -> Option<i64> {
        self.global(store, export)?.get(store).i64()
    }

    /// Sets the fuel that is left, for a call that does not go through the door.
    pub(crate) fn refuel(self, store: &mut Store<State>, fuel: u64) -> Result<(), wasmtime::Error> {
        let fuel = self.refill(store, fuel)?;
        self.set(store, self.exports.fuel.as_ref(), Val::I64(fuel))
    }

    /// Fills the reserve up, and gives the fuel to start with.
    pub(crate) fn refill(
        self,
        store: &mut Store<State>,
        fuel: u64,
    ) -> Result<i64, wasmtime::Error> {
        let (fuel, reserve) = slices(fuel);
        if store.data().growth.knocked {
            self.set(store, self.exports.fuel_reserve.as_ref(), Val::I64(reserve))?;
            store.data_mut().growth.knocked = false;
        }
        Ok(fuel)
    }

    /// The fuel that is left of `limit` after a call that returned with `left` of the last slice; below zero
    /// if it ran out. Between calls nothing is lent.
    pub(crate) fn with_reserve(self, store: &mut Store<State>, limit: u64, left: i64) -> i64 {
        let reserve = if store.data().growth.knocked {
            self.long(store, self.exports.fuel_reserve.as_ref()).unwrap_or(0)
        } else {
            slices(limit).1
        };
        left.saturating_add(reserve)
    }

    /// The same after any call.
    pub(crate) fn fuel(self, store: &mut Store<State>, limit: u64, returned: bool) -> i64 {
        let of_slice = self.long(store, self.exports.fuel.as_ref()).unwrap_or(0);
        let lent = if returned {
            0
        } else {
            self.long(store, self.exports.fuel_lent.as_ref()).unwrap_or(0)
        };
        if of_slice < 0 && lent > 0 {
            // What was lent is used up, and there is no reserve for that.
            return of_slice;
        }
        self.with_reserve(store, limit, of_slice.saturating_sub(lent))
    }

    /// Whether memory can be limited net of what the checks take.
    pub(crate) fn limits_memory(self) -> bool {
        self.exports.heap_limit.is_some()
    }

    /// Limits the memory that the guest may have net of what the checks take, where that can be told apart.
    pub(crate) fn limit_memory(
        self,
        store: &mut Store<State>,
        bytes: u64,
    ) -> Result<(), wasmtime::Error> {
        // The highest number stands for no limit, and then nothing is counted.
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX).min(u32::MAX.saturating_sub(1));
        self.set(store, self.exports.heap_limit.as_ref(), Val::I32(bytes.cast_signed()))
    }

    /// Number of allocations so far; 0 where the heap is not ours.
    pub(crate) fn allocations(self, store: &mut Store<State>) -> u32 {
        self.number(store, self.exports.allocations.as_ref()).unwrap_or(0).cast_unsigned()
    }

    /// The same, and that of frees.
    pub(crate) fn heap_counts(self, store: &mut Store<State>) -> HeapCounts {
        let frees = self.number(store, self.exports.frees.as_ref()).unwrap_or(0).cast_unsigned();
        HeapCounts { allocations: self.allocations(store), frees }
    }

    /// Sets what a run is to do otherwise, after [`limit_stacks`](Self::limit_stacks).
    pub(crate) fn tune(
        self,
        store: &mut Store<State>,
        tuning: Tuning,
    ) -> Result<(), wasmtime::Error> {
        let Tuning {
            stop_at_allocation,
            stop_at_free,
            fail_allocation,
            fill,
            heap_spacing,
            heap_seed,
        } = tuning;
        let fill = fill.map(|byte| u32::from(byte) | FILLED);
        let is_filled = self.exports.shadow.is_some() && fill.is_some();
        let limit = self.exports.stack_limit.as_ref().filter(|_| is_filled);
        let filled_stack_limit = self.number(store, limit).map(i32::cast_unsigned);
        self.set(store, limit, Val::I32(0))?;
        for (name, value) in [
            (interface::STOP_AT_ALLOCATION, stop_at_allocation),
            (interface::STOP_AT_FREE, stop_at_free),
            (interface::FAIL_ALLOCATION, fail_allocation),
            (interface::FILL_HEAP, fill),
            (interface::FILL_STACK, fill),
            (interface::FILLED_STACK_LIMIT, filled_stack_limit),
            (interface::HEAP_SPACING, heap_spacing),
            (interface::HEAP_SEED, heap_seed),
        ] {
            let global = self.instance.get_global(&mut *store, name);
            if let (Some(global), Some(value)) = (global, value) {
                global.set(&mut *store, Val::I32(value.cast_signed()))?;
            }
        }
        Ok(())
    }

    /// Sets how deep the stacks may get. A call that returns leaves the depth as it found it.
    pub(crate) fn limit_stacks(
        self,
        store: &mut Store<State>,
        limits: &Limits,
    ) -> Result<(), wasmtime::Error> {
        let value = |value: u32| Val::I32(value.cast_signed());
        let linear_stack = limits.linear_stack_bytes().min(self.exports.stack_room);
        self.set(store, self.exports.stack_limit.as_ref(), value(linear_stack))?;
        self.set(store, self.exports.depth.as_ref(), value(limits.call_depth()))
    }

    /// The stack that the stack pass found to be exhausted.
    pub(crate) fn exhausted_stack(self, store: &mut Store<State>) -> Option<Stack> {
        match self.number(store, self.exports.stack_stop.as_ref())? {
            interface::LINEAR_STACK => Some(Stack::Linear),
            interface::CALL_DEPTH => Some(Stack::Calls),
            _ => None,
        }
    }

    /// The linear stack's pointer.
    pub(crate) fn stack_pointer(self, store: &mut Store<State>) -> Option<u32> {
        Some(self.number(store, self.exports.stack_pointer.as_ref())?.cast_unsigned())
    }

    /// The shadow memory, where memory is checked.
    pub(crate) fn shadow(self, store: &mut Store<State>) -> Option<Memory> {
        self.memory(store, self.exports.shadow.as_ref())
    }

    /// The counters and comparisons, where coverage is kept.
    pub(crate) fn coverage(self, store: &mut Store<State>) -> Option<Memory> {
        self.memory(store, self.exports.coverage.as_ref())
    }

    /// What the heap knows of its blocks, where memory is checked, and the address of its first page.
    pub(crate) fn heap(self, store: &mut Store<State>) -> Option<(Memory, u32)> {
        let base = self.number(store, self.exports.heap_base.as_ref())?;
        let records = self.memory(store, self.exports.heap.as_ref())?;
        Some((records, base.cast_unsigned()))
    }

    /// Most bytes that the guest had at once, net of what its checks take, where that is counted.
    pub(crate) fn memory_peak(self, store: &mut Store<State>) -> Option<u64> {
        Some(self.long(store, self.exports.memory_peak.as_ref())?.cast_unsigned())
    }

    /// The bytes that say what was read, where a buffer can be watched.
    pub(crate) fn watch(self, store: &mut Store<State>) -> Option<Memory> {
        self.memory(store, self.exports.watch.as_ref())
    }

    /// From now on a buffer is watched; says whether it can be.
    pub(crate) fn watch_buffer(self, store: &mut Store<State>, address: u32, bytes: u32) -> bool {
        let mut set = |name, value: u32| {
            let global = self.instance.get_global(&mut *store, name);
            let value = Val::I32(value.cast_signed());
            global.is_some_and(|global| global.set(&mut *store, value).is_ok())
        };
        self.exports.watch.is_some()
            && bytes <= MAX_WATCHED_BYTES
            && set(interface::WATCH_START, address)
            && set(interface::WATCH_BYTES, bytes)
    }

    /// What a guest that was compiled with `-fsanitize=address` leaves of its layout: the notes, and two
    /// numbers that go with them.
    pub(crate) fn layout(self, store: &mut Store<State>) -> Option<(Memory, u32, u32)> {
        self.exports.shadow.as_ref()?;
        let mut number = |name| {
            let value = self.instance.get_global(&mut *store, name)?.get(&mut *store).i32()?;
            Some(value.cast_unsigned())
        };
        let (registered, fake_stack) =
            (number(interface::REGISTERED)?, number(interface::FAKE_STACK)?);
        let notes = self.instance.get_memory(&mut *store, interface::LAYOUT)?;
        Some((notes, registered, fake_stack))
    }

    /// Why the runtime ended the run, if it did.
    pub(crate) fn stop(self, store: &mut Store<State>) -> Option<Stop> {
        self.exports.shadow.as_ref()?;
        let notes = self.notes(store)?;
        Stop::read(|wanted| note(&notes, wanted)).ok().flatten()
    }

    fn notes(self, store: &mut Store<State>) -> Option<Vec<(&'static str, i32)>> {
        let mut notes = Vec::new();
        for name in interface::NOTES {
            let value = self.instance.get_global(&mut *store, name)?.get(&mut *store).i32()?;
            notes.push((name, value));
        }
        Some(notes)
    }

    /// The violation behind an `unreachable` trap at `site` of the original module, if it is one.
    pub(crate) fn violation(
        self,
        store: &mut Store<State>,
        original: &[u8],
        site: u32,
        constants: Option<Constants>,
    ) -> Option<Violation> {
        let shadow = self.shadow(store)?;
        let notes = self.notes(store)?;
        let note = |wanted| note(&notes, wanted);
        Violation::read(original, site, note, shadow.data(&*store), constants)
            .inspect_err(|error| tracing::warn!(%error, "going on without a memory report"))
            .ok()
            .flatten()
    }
}

fn note(notes: &[(&'static str, i32)], wanted: &str) -> Option<i32> {
    notes.iter().find(|(name, _)| *name == wanted).map(|(_, value)| *value)
}
