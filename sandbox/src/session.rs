//! One run in the making: a fresh instance, the calls into it, and what they ended in.

use crate::abi::Entry;
use crate::guest_memory::GuestMemory;
use crate::host::{Captured, Growth, State, Stop, Wasi};
use crate::interpreter::Loaded;
use crate::limits::{MAX_INPUT_BYTES, WATCHDOG_TICK};
use crate::num::u64_of;
use crate::outcome::{AbiViolation, Frame, HostFault, Outcome, Resource, TrapKind};
use crate::records::Records;
use crate::run::Job;
use crate::verdict::Phase;
use std::time::Duration;
use wasmtime::{
    Instance, ModuleExport, Store, Trap, TypedFunc, WasmBacktrace, WasmParams, WasmResults,
};

/// The guest's allocator: size in, address out.
pub(crate) type Allocate = TypedFunc<i32, i32>;

/// A buffer of the guest that holds an input.
#[derive(Clone, Copy)]
pub(crate) struct Buffer {
    pub(crate) address: u32,
    pub(crate) size: u32,
}

impl Buffer {
    /// As the entry points take it.
    pub(crate) fn arguments(self) -> (i32, i32) {
        (self.address.cast_signed(), self.size.cast_signed())
    }
}

/// One event that was evaluated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evaluated {
    /// What the ABI calls matches.
    pub matches: u32,
    /// What the interpreter emitted meanwhile.
    pub emitted: Records,
    /// Fuel that it took.
    pub fuel: u64,
}

/// The premature end of a run.
pub(crate) struct Ended {
    outcome: Outcome,
    exit: Option<i32>,
}

impl Ended {
    /// The guest broke a rule while it was not running.
    pub(crate) fn violation(violation: AbiViolation) -> Self {
        Outcome::AbiViolation { violation, frames: Vec::new() }.into()
    }

    /// The code of `exit`, if that is what ended it.
    pub(crate) fn exit_code(&self) -> Option<i32> {
        self.exit
    }

    pub(crate) fn into_outcome(self) -> Outcome {
        self.outcome
    }
}

impl From<Outcome> for Ended {
    fn from(outcome: Outcome) -> Self {
        Self { outcome, exit: None }
    }
}

/// A run: the store, and how far it got.
pub(crate) struct Session<'a> {
    pub(crate) job: &'a Job<'a>,
    loaded: &'a Loaded,
    store: Store<State>,
    instance: Instance,
    phase: Phase,
    event: Option<usize>,
    fuel: u64,
    fuel_before_event: u64,
    /// Diagnostics sent before the present phase.
    messages_before: usize,
    emitted_in_load: Records,
    evaluated: Vec<Evaluated>,
}

/// What remains of a session.
pub(crate) struct Finished {
    pub(crate) phase: Phase,
    pub(crate) event: Option<usize>,
    pub(crate) fuel: u64,
    pub(crate) peak_memory_bytes: u64,
    pub(crate) emitted_in_load: Records,
    pub(crate) evaluated: Vec<Evaluated>,
    pub(crate) captured: Captured,
}

/// A run that ended before its interpreter was ready.
pub(crate) struct Unstarted {
    pub(crate) outcome: Outcome,
    pub(crate) finished: Finished,
}

impl Finished {
    /// What remains when no instance came to be.
    fn without_instance(fuel: u64, state: State) -> Self {
        Self {
            phase: Phase::Instantiate,
            event: None,
            fuel,
            peak_memory_bytes: state.growth.peak_memory_bytes,
            emitted_in_load: Records::default(),
            evaluated: Vec::new(),
            captured: state.captured,
        }
    }
}

impl<'a> Session<'a> {
    /// A fresh instance, initialised.
    ///
    /// # Errors
    /// The outcome, and what there is to say about the run until then.
    pub(crate) fn start(loaded: &'a Loaded, job: &'a Job<'a>) -> Result<Self, Box<Unstarted>> {
        let state = state(loaded, job);
        if let Err(outcome) = fits(loaded, job) {
            let finished = Finished::without_instance(0, state);
            return Err(Box::new(Unstarted { outcome, finished }));
        }
        let mut store = Store::new(loaded.module.engine(), state);
        store.limiter(|state| &mut state.growth);
        store.set_epoch_deadline(ticks(job.limits.deadline));
        let made = store
            .set_fuel(job.limits.fuel)
            .and_then(|()| loaded.instance_pre.instantiate(&mut store));
        let fuel = used(&store, job.limits.fuel);
        let instance = match made {
            Ok(instance) => instance,
            Err(error) => {
                let outcome = outcome_of(loaded, job, &error).into_outcome();
                let finished = Finished::without_instance(fuel, store.into_data());
                return Err(Box::new(Unstarted { outcome, finished }));
            }
        };
        let memory = instance.get_module_export(&mut store, &loaded.exports.memory);
        store.data_mut().memory = memory.and_then(wasmtime::Extern::into_memory);
        let mut session = Self {
            job,
            loaded,
            store,
            instance,
            phase: Phase::Initialise,
            event: None,
            fuel,
            fuel_before_event: 0,
            messages_before: 0,
            emitted_in_load: Records::default(),
            evaluated: Vec::new(),
        };
        if let Some(initialize) = &loaded.exports.initialize
            && let Err(ended) = session.call_once::<(), ()>(initialize, ())
        {
            let (outcome, finished) = (ended.into_outcome(), session.finish());
            return Err(Box::new(Unstarted { outcome, finished }));
        }
        Ok(session)
    }

    /// What is left when it is over.
    pub(crate) fn finish(self) -> Finished {
        let state = self.store.into_data();
        Finished {
            phase: self.phase,
            event: self.event,
            fuel: self.fuel,
            peak_memory_bytes: state.growth.peak_memory_bytes,
            emitted_in_load: self.emitted_in_load,
            evaluated: self.evaluated,
            captured: state.captured,
        }
    }

    /// The entry points of the ABI.
    pub(crate) fn entry(&self) -> &'a Entry {
        &self.loaded.exports.entry
    }

    /// The next phase begins.
    pub(crate) fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        self.messages_before = self.store.data().captured.messages.len();
    }

    /// The content is loaded; what was emitted until now belongs to loading.
    pub(crate) fn loaded(&mut self) {
        self.emitted_in_load = std::mem::take(&mut self.store.data_mut().captured.emitted);
    }

    /// The event of that index is next.
    pub(crate) fn evaluating(&mut self, index: usize) {
        self.enter(Phase::Evaluate);
        self.event = Some(index);
        self.fuel_before_event = self.fuel;
    }

    /// The event is evaluated; `record` takes what was emitted and the fuel that it took.
    pub(crate) fn evaluated(&mut self, record: impl FnOnce(Records, u64) -> Evaluated) {
        let emitted = std::mem::take(&mut self.store.data_mut().captured.emitted);
        let fuel = self.fuel.saturating_sub(self.fuel_before_event);
        self.evaluated.push(record(emitted, fuel));
        self.event = None;
    }

    /// The most severe diagnostics of the present phase, joined by line feeds.
    pub(crate) fn said(&self) -> String {
        let messages = &self.store.data().captured.messages;
        let recent = messages.get(self.messages_before..).unwrap_or_default();
        let severest = recent.iter().map(|(level, _)| *level).min();
        let texts: Vec<&str> = recent
            .iter()
            .filter(|(level, _)| Some(*level) == severest)
            .map(|(_, text)| text.as_str())
            .collect();
        texts.join("\n")
    }

    /// What the guest wrote to stdout and stderr.
    pub(crate) fn output(&self) -> String {
        String::from_utf8_lossy(&self.store.data().captured.output).trim_end().to_owned()
    }

    /// An entry point, ready to be called: looked up once where it is called for many events.
    pub(crate) fn function<P: WasmParams, R: WasmResults>(
        &mut self,
        export: &ModuleExport,
    ) -> Result<TypedFunc<P, R>, Ended> {
        self.instance
            .get_module_export(&mut self.store, export)
            .and_then(wasmtime::Extern::into_func)
            .ok_or_else(|| wasmtime::Error::msg("an export that was detected is not there"))
            .and_then(|function| function.typed(&self.store))
            .map_err(|error| outcome_of(self.loaded, self.job, &error))
    }

    /// Calls an entry point with the whole fuel of one call.
    pub(crate) fn call<P: WasmParams, R: WasmResults>(
        &mut self,
        function: &TypedFunc<P, R>,
        parameters: P,
    ) -> Result<R, Ended> {
        let limit = self.job.limits.fuel;
        let result =
            self.store.set_fuel(limit).and_then(|()| function.call(&mut self.store, parameters));
        self.fuel = self.fuel.saturating_add(used(&self.store, limit));
        result.map_err(|error| outcome_of(self.loaded, self.job, &error))
    }

    /// The same for an entry point that is called once.
    pub(crate) fn call_once<P: WasmParams, R: WasmResults>(
        &mut self,
        export: &ModuleExport,
        parameters: P,
    ) -> Result<R, Ended> {
        let function = self.function(export)?;
        self.call(&function, parameters)
    }

    /// Asks the guest for a buffer and copies an input into it.
    ///
    /// An empty input still gets a buffer of one byte: no allocator must answer a request for none.
    pub(crate) fn hand_over(&mut self, allocate: &Allocate, input: &[u8]) -> Result<Buffer, Ended> {
        let Ok(size) = u32::try_from(input.len()) else {
            return Err(too_large(input).into());
        };
        let request = size.max(1);
        let address: i32 = self.call(allocate, request.cast_signed())?;
        let address = address.cast_unsigned();
        if address == 0 {
            let (resource, requested) = (Resource::Allocator, u64::from(request));
            let limit = self.job.limits.memory_bytes;
            let frames = Vec::new();
            return Err(Outcome::OutOfMemory { resource, requested, limit, frames }.into());
        }
        if !address.is_multiple_of(8) {
            return Err(Ended::violation(AbiViolation::BufferUnaligned { address }));
        }
        self.memory("the host")?.slice(address, request).map(|_| ()).map_err(|_| {
            let memory_bytes = self.memory_bytes();
            Ended::violation(AbiViolation::BufferOutOfRange {
                address,
                size: request,
                memory_bytes,
            })
        })?;
        self.write(address, input, "the host")?;
        Ok(Buffer { address, size })
    }

    /// Reads the guest's memory on behalf of the entry point of that name.
    pub(crate) fn read(
        &mut self,
        address: u32,
        size: u32,
        function: &'static str,
    ) -> Result<&[u8], Ended> {
        let memory = self.store.data().memory;
        let bytes = memory.map(|m| m.data(&self.store)).unwrap_or_default();
        let range = crate::num::usize_of(address)
            ..crate::num::usize_of(address).saturating_add(crate::num::usize_of(size));
        let memory_bytes = u64_of(bytes.len());
        bytes.get(range).ok_or_else(|| {
            let size = u64::from(size);
            Ended::violation(AbiViolation::WildPointer { function, address, size, memory_bytes })
        })
    }

    /// Writes to the guest's memory.
    pub(crate) fn write(
        &mut self,
        address: u32,
        data: &[u8],
        function: &'static str,
    ) -> Result<(), Ended> {
        self.memory(function)?.write(address, data).map_err(|stop| stopped(stop, Vec::new()))
    }

    fn memory(&mut self, function: &'static str) -> Result<GuestMemory<'_>, Ended> {
        let memory =
            self.store.data().memory.ok_or_else(|| Ended::violation(AbiViolation::NoMemory))?;
        Ok(GuestMemory::new(memory.data_mut(&mut self.store), function))
    }

    fn memory_bytes(&self) -> u64 {
        self.store.data().memory.map_or(0, |m| u64_of(m.data_size(&self.store)))
    }
}

fn state(loaded: &Loaded, job: &Job<'_>) -> State {
    // Only a command reads its content through WASI; the others are handed it.
    let content = match loaded.exports.entry {
        Entry::Command(_) => job.content.to_vec(),
        Entry::Reactor(_) | Entry::Harness(_) => Vec::new(),
    };
    let info = &loaded.info;
    let growth = Growth::new(job.limits, info.memories, info.tables, info.initial_memory_bytes);
    State::new(job.limits.clone(), Wasi::new(job.arguments.to_vec(), content), growth)
}

/// Whether module and inputs fit the limits at all.
fn fits(loaded: &Loaded, job: &Job<'_>) -> Result<(), Outcome> {
    let asks = |resource, requested, limit| {
        let frames = Vec::new();
        if requested > limit {
            return Err(Outcome::OutOfMemory { resource, requested, limit, frames });
        }
        Ok(())
    };
    let info = &loaded.info;
    asks(Resource::Memory, info.initial_memory_bytes, job.limits.memory_bytes)?;
    asks(Resource::Table, info.initial_table_elements, job.limits.table_elements)?;
    let inputs = std::iter::once(job.content).chain(job.events.iter().copied());
    for input in inputs {
        if u64_of(input.len()) > MAX_INPUT_BYTES {
            return Err(too_large(input));
        }
    }
    Ok(())
}

fn too_large(input: &[u8]) -> Outcome {
    let (bytes, limit) = (u64_of(input.len()), MAX_INPUT_BYTES);
    Outcome::HostFault { fault: HostFault::InputTooLarge { bytes, limit } }
}

/// Ticks of the watchdog until a run has had its time. One more, since the first may come at once; and
/// no more than half of all ticks that there are, since the engine adds them to those that went by.
fn ticks(deadline: Duration) -> u64 {
    let ticks = deadline.as_nanos().div_ceil(WATCHDOG_TICK.as_nanos());
    u64::try_from(ticks).unwrap_or(u64::MAX).min(u64::MAX >> 1).saturating_add(1)
}

fn used(store: &Store<State>, limit: u64) -> u64 {
    limit.saturating_sub(store.get_fuel().unwrap_or(0))
}

/// What an error of the engine means.
fn outcome_of(loaded: &Loaded, job: &Job<'_>, error: &wasmtime::Error) -> Ended {
    let frames =
        error.downcast_ref::<WasmBacktrace>().map(|trace| loaded.frames(trace)).unwrap_or_default();
    if let Some(stop) = error.downcast_ref::<Stop>() {
        return stopped(stop.clone(), frames);
    }
    let engine =
        || Outcome::HostFault { fault: HostFault::Engine { problem: format!("{error:#}") } };
    let Some(trap) = error.downcast_ref::<Trap>() else { return engine().into() };
    let kind = match trap {
        Trap::StackOverflow => return Outcome::StackExhausted { frames }.into(),
        Trap::OutOfFuel => return Outcome::OutOfFuel { limit: job.limits.fuel, frames }.into(),
        Trap::Interrupt => {
            let milliseconds = u64::try_from(job.limits.deadline.as_millis()).unwrap_or(u64::MAX);
            return Outcome::HostFault { fault: HostFault::Watchdog { milliseconds } }.into();
        }
        Trap::UnreachableCodeReached => TrapKind::Unreachable,
        Trap::MemoryOutOfBounds => TrapKind::MemoryOutOfBounds,
        Trap::HeapMisaligned => TrapKind::UnalignedAtomic,
        Trap::TableOutOfBounds => TrapKind::TableOutOfBounds,
        Trap::IndirectCallToNull => TrapKind::IndirectCallToNull,
        Trap::BadSignature => TrapKind::IndirectCallTypeMismatch,
        Trap::IntegerOverflow => TrapKind::IntegerOverflow,
        Trap::IntegerDivisionByZero => TrapKind::DivideByZero,
        Trap::BadConversionToInteger => TrapKind::BadConversion,
        // The rest belong to proposals that are off here.
        _ => return engine().into(),
    };
    Outcome::Trapped { trap: kind, frames }.into()
}

/// What the end by a host function means.
fn stopped(stop: Stop, frames: Vec<Frame>) -> Ended {
    let exit = match &stop {
        Stop::Exit(code) => Some(*code),
        _ => None,
    };
    let outcome = match stop {
        Stop::Exit(code) => {
            Outcome::AbiViolation { violation: AbiViolation::Exit { code }, frames }
        }
        Stop::Abi(violation) => Outcome::AbiViolation { violation, frames },
        Stop::Flood { stream, limit } => Outcome::OutputFlood { stream, limit, frames },
        Stop::OutOfMemory { resource, requested, limit } => {
            Outcome::OutOfMemory { resource, requested, limit, frames }
        }
    };
    Ended { outcome, exit }
}
