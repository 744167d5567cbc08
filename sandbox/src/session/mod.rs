//! One run in the making: a fresh instance, and how far it got. The calls into it are in `calls`; what they
//! ended in is read in `ending`.

mod calls;
mod ending;
mod fault;
mod watch;

pub(crate) use calls::Buffer;
use calls::Door;
pub(crate) use ending::Ended;
use ending::outcome_of;

use crate::abi::{self, Entry};
use crate::gauges::{Gauges, HeapCounts, Tuning};
use crate::host::{Captured, Growth, Keepsake, State, Wasi, connect_oracle};
use crate::image::{Contents, Image};
use crate::interpreter::Loaded;
use crate::limits::MAX_INPUT_BYTES;
use crate::message::Said;
use crate::num::u64_of;
use crate::observation::Observation;
use crate::outcome::{HostFault, Outcome, Resource};
use crate::records::Records;
use crate::run::Job;
use crate::verdict::Phase;
use std::ops::Range;
use wasmtime::{Instance, Module, Store};

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

/// A run: the store, and how far it got.
pub(crate) struct Session<'a> {
    pub(crate) job: &'a Job<'a>,
    loaded: &'a Loaded,
    store: Store<State>,
    instance: Instance,
    /// The one way in, once it was used.
    door: Option<Door>,
    phase: Phase,
    event: Option<usize>,
    fuel: u64,
    fuel_before_event: u64,
    /// The buffer that the content was handed over in.
    content: Option<Buffer>,
    /// Allocations before the content was loaded, once it is.
    allocations_before: Option<u32>,
    /// Diagnostics sent before the present phase.
    messages_before: usize,
    emitted_in_load: Records,
    evaluated: Vec<Evaluated>,
    /// Of a watched run, what the interpreter remembered when the content was loaded.
    remembered: Option<[u8; 32]>,
}

/// An instance in its store, between two sessions.
pub(crate) struct Vessel {
    pub(crate) store: Store<State>,
    pub(crate) instance: Instance,
    door: Option<Door>,
}

impl Vessel {
    /// All that may be otherwise in another instance.
    pub(crate) fn contents(&mut self, loaded: &Loaded) -> Option<Contents> {
        Contents::of(&loaded.module, &mut self.store, self.instance)
    }
}

/// What remains of a session.
pub(crate) struct Finished {
    pub(crate) phase: Phase,
    pub(crate) event: Option<usize>,
    pub(crate) fuel: u64,
    pub(crate) peak_memory_bytes: u64,
    pub(crate) allocations: Range<u32>,
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
            allocations: 0..0,
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
    pub(crate) fn start(
        loaded: &'a Loaded,
        job: &'a Job<'a>,
        tuning: Tuning,
    ) -> Result<Self, Box<Unstarted>> {
        let mut session = Self::instantiate(loaded, job)?;
        match session.initialise(tuning) {
            Ok(()) => Ok(session),
            Err(ended) => Err(session.unstarted(ended)),
        }
    }

    /// A fresh instance that becomes what the image remembers: ready for content. From now on it is to do
    /// otherwise as far as that begins at a number.
    ///
    /// # Errors
    /// The outcome, and what there is to say about the run until then.
    pub(crate) fn resume(
        loaded: &'a Loaded,
        job: &'a Job<'a>,
        image: &Image,
        tuning: Tuning,
    ) -> Result<Self, Box<Unstarted>> {
        let mut session = Self::instantiate(loaded, job)?;
        let gauges = session.gauges();
        let Self { store, instance, .. } = &mut session;
        let mut restored = image.restore(store, *instance);
        let numbers = tuning.numbered_part();
        if numbers != Tuning::default() {
            restored = restored.and_then(|()| gauges.tune(store, numbers));
        }
        session.resumed(image, restored)
    }

    /// The same in an instance that was used, and was put back to what the image remembers.
    ///
    /// # Errors
    /// The outcome, and what there is to say about the run until then.
    pub(crate) fn resume_in(
        vessel: Vessel,
        loaded: &'a Loaded,
        job: &'a Job<'a>,
        image: &Image,
    ) -> Result<Self, Box<Unstarted>> {
        let mut session = Self::new(loaded, job, vessel);
        // No memory and no table begins any more.
        let state = state(loaded, job, [0, 0]);
        let State { memory, shadow, .. } = *session.store.data();
        *session.store.data_mut() = State { memory, shadow, ..state };
        if let Err(outcome) = fits(loaded, job) {
            return Err(session.unstarted(outcome.into()));
        }
        session.store.data_mut().recall(image.kept());
        session.resumed(image, Ok(()))
    }

    /// An instance that is what the image remembers, waiting for content.
    fn resumed(
        mut self,
        image: &Image,
        restored: Result<(), wasmtime::Error>,
    ) -> Result<Self, Box<Unstarted>> {
        self.fuel = image.fuel();
        self.enter(Phase::Initialise);
        // An image was taken under the same limits, and the guest's part of them is in it.
        self.limit_growth();
        match restored {
            Ok(()) => Ok(self),
            Err(error) => {
                let ended = self.outcome_of(&error);
                Err(self.unstarted(ended))
            }
        }
    }

    /// A fresh instance in which nothing has run.
    ///
    /// # Errors
    /// The outcome, and what there is to say about the run until then.
    pub(crate) fn instantiate(
        loaded: &'a Loaded,
        job: &'a Job<'a>,
    ) -> Result<Self, Box<Unstarted>> {
        let state = state(loaded, job, loaded.beginnings);
        if let Err(outcome) = fits(loaded, job) {
            let finished = Finished::without_instance(0, state);
            return Err(Box::new(Unstarted { outcome, finished }));
        }
        let mut store = Store::new(loaded.module.engine(), state);
        store.limiter(|state| &mut state.growth);
        let instance = match loaded.instance_pre.instantiate(&mut store) {
            Ok(instance) => instance,
            Err(error) => {
                let outcome = outcome_of(loaded, &error).into_outcome();
                let finished = Finished::without_instance(0, store.into_data());
                return Err(Box::new(Unstarted { outcome, finished }));
            }
        };
        let memory = instance.get_module_export(&mut store, &loaded.exports.memory);
        store.data_mut().memory = memory.and_then(wasmtime::Extern::into_memory);
        store.data_mut().shadow = Gauges::of(&loaded.gauges, instance).shadow(&mut store);
        store.data_mut().constants = loaded.constants();
        if loaded.instrumentation.interface.oracle
            && let Err(error) = connect_oracle(&mut store, instance)
        {
            let outcome = outcome_of(loaded, &error).into_outcome();
            let finished = Finished::without_instance(0, store.into_data());
            return Err(Box::new(Unstarted { outcome, finished }));
        }
        Ok(Self::new(loaded, job, Vessel { store, instance, door: None }))
    }

    fn new(loaded: &'a Loaded, job: &'a Job<'a>, vessel: Vessel) -> Self {
        let Vessel { store, instance, door } = vessel;
        Self {
            job,
            loaded,
            store,
            instance,
            door,
            phase: Phase::Instantiate,
            event: None,
            fuel: 0,
            fuel_before_event: 0,
            content: None,
            allocations_before: None,
            messages_before: 0,
            emitted_in_load: Records::default(),
            evaluated: Vec::new(),
            remembered: None,
        }
    }

    /// The same session, waiting for content.
    ///
    /// # Errors
    /// The outcome, and what there is to say about the run until then.
    pub(crate) fn prepared(mut self) -> Result<Self, Box<Unstarted>> {
        match abi::prepare(&mut self) {
            Ok(()) => Ok(self),
            Err(ended) => Err(self.unstarted(ended)),
        }
    }

    fn unstarted(self, ended: Ended) -> Box<Unstarted> {
        let (outcome, (finished, _)) = (ended.into_outcome(), self.finish());
        Box::new(Unstarted { outcome, finished })
    }

    /// Shows the instance while nothing runs in it.
    pub(crate) fn with_instance<C>(
        &mut self,
        look: impl FnOnce(&mut Store<State>, Instance) -> Option<C>,
    ) -> Option<C> {
        look(&mut self.store, self.instance)
    }

    /// The parts that an image is made of: the contents as `read` finds them, how far the heap has counted,
    /// what is kept on the host's side, and the fuel used.
    pub(crate) fn into_image<C>(
        mut self,
        read: impl FnOnce(&Module, &mut Store<State>, Instance) -> Option<C>,
    ) -> Option<(C, HeapCounts, Keepsake, u64)> {
        let contents = read(&self.loaded.module, &mut self.store, self.instance)?;
        let counts = self.gauges().heap_counts(&mut self.store);
        Some((contents, counts, self.store.data().keep(), self.fuel))
    }

    /// What a module asks to be run first: its start function, then `_initialize`.
    fn initialise(&mut self, tuning: Tuning) -> Result<(), Ended> {
        self.set_limits(tuning).map_err(|error| self.outcome_of(&error))?;
        if let Some(start) = self.loaded.gauges.start() {
            self.call_once::<(), ()>(start, ())?;
        }
        self.enter(Phase::Initialise);
        match &self.loaded.exports.initialize {
            Some(initialize) => self.call_once::<(), ()>(initialize, ()),
            None => Ok(()),
        }
    }

    fn set_limits(&mut self, tuning: Tuning) -> Result<(), wasmtime::Error> {
        let gauges = self.gauges();
        let Self { store, job, .. } = self;
        gauges.limit_stacks(store, job.limits)?;
        gauges.limit_memory(store, job.limits.memory_bytes)?;
        if tuning != Tuning::default() {
            gauges.tune(store, tuning)?;
        }
        self.limit_growth();
        Ok(())
    }

    /// Where the guest itself is limited, what remains here is a bound for it and its checks together.
    fn limit_growth(&mut self) {
        if self.gauges().limits_memory() {
            self.store.data_mut().growth.leave_to_the_guest(self.job.limits.memory_bytes);
        }
    }

    fn gauges(&self) -> Gauges<'a> {
        Gauges::of(&self.loaded.gauges, self.instance)
    }

    /// Counters and comparisons until now, where coverage is kept.
    pub(crate) fn observation(&mut self) -> Option<Observation<'_>> {
        let map = self.loaded.instrumentation.coverage.as_ref()?;
        let coverage = self.gauges().coverage(&mut self.store)?;
        Some(Observation::new(map, coverage.data(&self.store)))
    }

    /// What is left when it is over, and the instance as it was left.
    pub(crate) fn finish(mut self) -> (Finished, Vessel) {
        let allocations = self.allocations_before.map_or(0..0, |before| {
            let last = self.gauges().allocations(&mut self.store);
            before.saturating_add(1)..last.saturating_add(1)
        });
        let initial = self.loaded.info().initial_memory_bytes;
        let counted = self.gauges().memory_peak(&mut self.store).map(|peak| peak.max(initial));
        let state = self.store.data_mut();
        let finished = Finished {
            phase: self.phase,
            event: self.event,
            fuel: self.fuel,
            peak_memory_bytes: counted.unwrap_or(state.growth.peak_memory_bytes),
            allocations,
            emitted_in_load: self.emitted_in_load,
            evaluated: self.evaluated,
            captured: std::mem::take(&mut state.captured),
        };
        let Self { store, instance, door, .. } = self;
        (finished, Vessel { store, instance, door })
    }

    /// The entry points of the ABI.
    pub(crate) fn entry(&self) -> &'a Entry {
        &self.loaded.exports.entry
    }

    /// The next phase begins.
    pub(crate) fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        if phase == Phase::Load {
            self.allocations_before = Some(self.gauges().allocations(&mut self.store));
        }
        self.messages_before = self.store.data().captured.messages.len();
    }

    /// The content is loaded; what was emitted until now belongs to loading.
    pub(crate) fn loaded(&mut self) {
        self.emitted_in_load = std::mem::take(&mut self.store.data_mut().captured.emitted);
        self.watch();
    }

    /// The event of that index is next.
    pub(crate) fn evaluating(&mut self, index: usize) {
        self.enter(Phase::Evaluate);
        self.event = Some(index);
        self.fuel_before_event = self.fuel;
    }

    /// The event is evaluated; `record` takes what was emitted and the fuel that it took.
    pub(crate) fn evaluated(&mut self, record: impl FnOnce(Records, u64) -> Evaluated) {
        let emitted = &mut self.store.data_mut().captured.emitted;
        let is_last = self.evaluated.len().saturating_add(1) == self.job.events.len();
        let emitted = if is_last { std::mem::take(emitted) } else { emitted.take() };
        let fuel = self.fuel.saturating_sub(self.fuel_before_event);
        self.evaluated.push(record(emitted, fuel));
        self.event = None;
    }

    /// The most severe diagnostics of the present phase.
    pub(crate) fn said(&self) -> Said {
        let messages = &self.store.data().captured.messages;
        Said::of(messages.get(self.messages_before..).unwrap_or_default())
    }

    /// What the guest wrote to stderr last.
    pub(crate) fn errors(&self) -> String {
        String::from_utf8_lossy(self.store.data().captured.errors()).into_owned()
    }

    /// What the guest wrote to stdout and stderr.
    pub(crate) fn output(&self) -> String {
        String::from_utf8_lossy(&self.store.data().captured.output).trim_end().to_owned()
    }
}

/// What the host keeps of a run in an instance that has so many memories and tables yet to begin.
fn state(loaded: &Loaded, job: &Job<'_>, [memories, tables]: [u32; 2]) -> State {
    // Only a command reads its content through WASI; the others are handed it.
    let content = match loaded.exports.entry {
        Entry::Command(_) => job.content.to_vec(),
        Entry::Reactor(_) | Entry::Harness(_) => Vec::new(),
    };
    let info = loaded.info();
    let growth = Growth::new(
        job.limits,
        memories,
        tables,
        info.initial_memory_bytes,
        loaded.clock.deadline(job.limits.deadline),
    );
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
    let info = loaded.info();
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
