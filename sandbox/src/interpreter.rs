//! An interpreter, vetted, compiled and described: ready to judge content on any thread.

use crate::abi::{self, Abi, Entry, Exports};
use crate::clock::Clock;
use crate::compile::{CompileError, Compiled, Compiler, Instrumentation};
use crate::description::Description;
use crate::gauges::{GaugeExports, Tuning};
use crate::host::State;
use crate::image::{Image, Images};
use crate::instrument::{Constants, CoverageMap, Instruction, Options, Summary};
use crate::limits::{Limits, MAX_FRAMES};
use crate::module::ModuleInfo;
use crate::module_bytes::ModuleBytes;
use crate::observation::Observation;
use crate::outcome::{Frame, HostFault, Outcome, Unusable};
use crate::resident::Resident;
use crate::run::{Job, Run};
use crate::sandbox::Sandbox;
use crate::sanitize::Sanitize;
use crate::session::{Session, Unstarted, Vessel};
use crate::sources::Sources;
use crate::symbols::{CodePlace, Symbols, function_in_table};
use crate::variant::Variant;
use crate::verdict::Phase;
use crate::watched::Watched;
use std::sync::{Arc, OnceLock};
use wasmtime::{InstancePre, Module, WasmBacktrace};

/// An interpreter of content. Cheap to clone.
#[derive(Clone)]
pub struct Interpreter {
    loaded: Arc<Loaded>,
    description: Option<Arc<Description>>,
}

/// What every run of an interpreter shares.
pub(crate) struct Loaded {
    pub(crate) module: Module,
    pub(crate) instance_pre: InstancePre<State>,
    pub(crate) exports: Exports,
    pub(crate) instrumentation: Instrumentation,
    pub(crate) gauges: GaugeExports,
    /// How many memories and tables an instance begins with.
    pub(crate) beginnings: [u32; 2],
    sanitize: Sanitize,
    options: Options,
    /// The original.
    wasm: ModuleBytes,
    digest: String,
    images: Images,
    pub(crate) clock: Clock,
    /// Looks debug information up.
    compiler: Compiler,
    symbols: OnceLock<Symbols>,
}

impl Loaded {
    fn new(
        sandbox: &Sandbox,
        compiled: Compiled,
        wasm: ModuleBytes,
        sanitize: Sanitize,
        options: Options,
    ) -> Result<Self, OpenError> {
        let Compiled { module, instrumentation } = compiled;
        let gauges = GaugeExports::of(&module, instrumentation.interface);
        let resources = module.resources_required();
        let beginnings = [resources.num_memories, resources.num_tables];
        let info = &instrumentation.module;
        let exports = abi::detect(info, &module)?;
        let instance_pre = sandbox.linker.instantiate_pre(&module).map_err(|error| {
            mistyped(sandbox, info, &module).unwrap_or_else(|| engine_fault(&format!("{error:#}")))
        })?;
        let digest = wasm.digest();
        Ok(Self {
            module,
            instance_pre,
            exports,
            instrumentation,
            gauges,
            beginnings,
            sanitize,
            options,
            wasm,
            digest,
            images: Images::default(),
            clock: sandbox.clock.clone(),
            compiler: sandbox.compilation.compiler.clone(),
            symbols: OnceLock::new(),
        })
    }

    /// The frames of the backtrace of an error, in the original. Names are read when the first trap asks
    /// for them.
    pub(crate) fn frames_of(&self, error: &wasmtime::Error) -> Vec<Frame> {
        self.frames_at(&self.places(error))
    }

    /// What the guest may not write, if its memory is checked and that is known.
    pub(crate) fn constants(&self) -> Option<Constants> {
        let is_checked = self.instrumentation.interface.shadow;
        self.instrumentation.summary.layout?.constants.filter(|_| is_checked)
    }

    /// The function that is the element of that index of the guest's table.
    pub(crate) fn function_in_table(&self, element: u32) -> Option<Frame> {
        let place = function_in_table(self.wasm(), element)?;
        // The function itself, not what was inlined at its start.
        self.frames_at(&[place]).pop()
    }

    fn frames_at(&self, places: &[CodePlace]) -> Vec<Frame> {
        let symbols =
            self.symbols.get_or_init(|| Symbols::read(self.wasm(), self.info().functions));
        let locate = |offsets: &[u64]| {
            let has_lines = self.info().has_line_tables;
            has_lines.then(|| self.compiler.locate(self.wasm(), offsets)).flatten()
        };
        symbols.frames(places, &locate)
    }

    /// Where in the original an error arose.
    pub(crate) fn site_of(&self, error: &wasmtime::Error) -> Option<u32> {
        self.places(error).first().and_then(|place| place.offset)
    }

    /// The access to memory at that place of the original, if one is there.
    pub(crate) fn access_at(&self, site: u32) -> Option<Instruction> {
        Instruction::at(self.wasm(), site, self.options.checks)
    }

    /// What a run of `job` may start from.
    pub(crate) fn image(&self, job: &Job<'_>, tuning: Tuning) -> Option<&Image> {
        if !self.instrumentation.interface.image {
            return None;
        }
        let take = |tuning| Image::take(self, job, tuning);
        self.images.get(tuning, take).filter(|image| image.fits(job))
    }

    /// The original module; nothing of it if it is packed and damaged.
    pub(crate) fn wasm(&self) -> &[u8] {
        self.wasm.get().unwrap_or_default()
    }

    /// What the original says of itself.
    pub(crate) fn info(&self) -> &ModuleInfo {
        &self.instrumentation.module
    }

    /// The backtrace of an error, without the functions that the rewriter added.
    fn places(&self, error: &wasmtime::Error) -> Vec<CodePlace> {
        let Some(trace) = error.downcast_ref::<WasmBacktrace>() else { return Vec::new() };
        let frames = trace.frames().iter();
        let places =
            frames.filter(|frame| frame.func_index() < self.info().functions).map(|frame| {
                let offset = frame.module_offset().and_then(|offset| u32::try_from(offset).ok());
                let offset =
                    offset.and_then(|offset| self.instrumentation.offsets.original(offset));
                CodePlace { function: frame.func_index(), offset }
            });
        places.take(MAX_FRAMES).collect()
    }
}

/// Why a module did not become an interpreter: an outcome before there was any content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenError {
    /// How far it came.
    pub phase: Phase,
    /// What happened there.
    pub outcome: Outcome,
}

impl From<Unusable> for OpenError {
    fn from(reason: Unusable) -> Self {
        Self { phase: Phase::Compile, outcome: Outcome::Unusable { reason } }
    }
}

impl From<CompileError> for OpenError {
    fn from(error: CompileError) -> Self {
        match error {
            CompileError::Module(reason) => reason.into(),
            other => engine_fault(&other.to_string()),
        }
    }
}

fn engine_fault(problem: &str) -> OpenError {
    let fault = HostFault::Engine { problem: problem.to_owned() };
    OpenError { phase: Phase::Compile, outcome: Outcome::HostFault { fault } }
}

impl Interpreter {
    /// Vets and compiles a module and asks it what it is.
    pub(crate) fn open(
        sandbox: &Sandbox,
        wasm: ModuleBytes,
        limits: &Limits,
        sanitize: Sanitize,
        options: Options,
    ) -> Result<Self, OpenError> {
        let bytes = wasm.size();
        // A large one is not compiled first.
        ModuleInfo::default().fits(bytes, limits)?;
        let compiled = sandbox.compilation.module(&sandbox.engine, &wasm, options)?;
        compiled.instrumentation.module.fits(bytes, limits)?;
        let loaded = Loaded::new(sandbox, compiled, wasm, sanitize, options)?;
        let description = probe(&loaded, limits)?.map(Arc::new);
        Ok(Self { loaded: Arc::new(loaded), description })
    }

    /// The same interpreter in another sandbox; none if it would have to be compiled for that.
    pub fn moved_to(&self, sandbox: &Sandbox) -> Option<Self> {
        let Loaded { wasm, sanitize, options, .. } = &*self.loaded;
        let compiled = sandbox.compilation.cached(&sandbox.engine, wasm, *options)?;
        let loaded = Loaded::new(sandbox, compiled, wasm.clone(), *sanitize, *options).ok()?;
        Some(Self { loaded: Arc::new(loaded), description: self.description.clone() })
    }

    /// Loads content and evaluates events, in a fresh instance.
    ///
    /// Call it on a thread with a stack of [`THREAD_STACK_BYTES`](crate::limits::THREAD_STACK_BYTES): a
    /// guest that recurses without end uses its part of it before it is stopped, and a thread with
    /// less would take the process down.
    pub fn run(&self, job: &Job<'_>) -> Run {
        self.run_variant(job, Variant::Base)
    }

    /// The same as a variant.
    pub fn run_variant(&self, job: &Job<'_>, variant: Variant) -> Run {
        self.run_whole(job, variant, |_| ())
    }

    /// The same as [`run`](Self::run), and never from an image of an instance that is ready: all that the
    /// interpreter does before it sees content is done for this run. What comes out is equal.
    pub fn run_from_scratch(&self, job: &Job<'_>) -> Run {
        let session = Session::start(&self.loaded, job, Tuning::default());
        Self::run_session(session.and_then(Session::prepared), |_| ()).0
    }

    /// The same, and shows what the run covered before it is gone. An interpreter that was opened without
    /// coverage shows nothing, and neither does a run that ended before its interpreter was ready.
    pub fn run_observed(&self, job: &Job<'_>, observe: impl FnOnce(Observation<'_>)) -> Run {
        self.run_whole(job, Variant::Base, observe)
    }

    /// The same, and says what the interpreter read of the content after it had loaded it; `None` if it was
    /// not opened to be watched, cannot be, or did not load the content.
    pub fn run_watched(&self, job: &Job<'_>) -> (Run, Option<Watched>) {
        let mut watched = None;
        let session = Session::start(&self.loaded, job, Tuning::default());
        let session = session.and_then(Session::prepared);
        let (run, _) = Self::run_session(session, |session| watched = session.watched());
        (run, watched)
    }

    /// How many instances began as an image of one that is ready, instead of doing again what comes before
    /// content.
    pub fn restored(&self) -> u64 {
        self.loaded.images.restored()
    }

    /// To be run again and again on one thread, by a fuzzer: see [`Resident`].
    pub fn resident(self) -> Resident {
        Resident::new(self)
    }

    /// What every run shares.
    pub(crate) fn loaded(&self) -> &Loaded {
        &self.loaded
    }

    fn run_whole(
        &self,
        job: &Job<'_>,
        variant: Variant,
        observe: impl FnOnce(Observation<'_>),
    ) -> Run {
        self.with_stacks(self.run_tuned(job, variant.tuning(), observe), job, variant)
    }

    /// The same run, which also says where the object of its memory error was allocated and freed.
    pub(crate) fn with_stacks(&self, mut run: Run, job: &Job<'_>, variant: Variant) -> Run {
        let object = run.outcome.memory_mut().and_then(|memory| memory.object.as_mut());
        if let Some(object) = object
            && let Some((allocation, freed)) = object.numbers
        {
            object.allocated = self.stack_at_allocation(job, variant, allocation);
            object.freed =
                freed.map(|free| self.stack_at_free(job, variant, free)).unwrap_or_default();
        }
        run
    }

    fn run_tuned(
        &self,
        job: &Job<'_>,
        tuning: Tuning,
        observe: impl FnOnce(Observation<'_>),
    ) -> Run {
        let session = match self.loaded.image(job, tuning) {
            Some(image) => Session::resume(&self.loaded, job, image, tuning),
            None => Session::start(&self.loaded, job, tuning).and_then(Session::prepared),
        };
        Self::run_session(session, |session| {
            if let Some(observation) = session.observation() {
                observe(observation);
            }
        })
        .0
    }

    /// `look` sees the session when it is over; then its instance is left.
    pub(crate) fn run_session(
        session: Result<Session<'_>, Box<Unstarted>>,
        look: impl FnOnce(&mut Session<'_>),
    ) -> (Run, Option<Vessel>) {
        match session {
            Err(unstarted) => (Run::new(unstarted.outcome, unstarted.finished), None),
            Ok(mut session) => {
                let outcome = match abi::judge(&mut session) {
                    Ok(outcome) => outcome,
                    Err(ended) => ended.into_outcome(),
                };
                look(&mut session);
                let (finished, vessel) = session.finish();
                (Run::new(outcome, finished), Some(vessel))
            }
        }
    }

    /// The stack at an allocation. Runs keep no stacks, since nearly all end well; the same run is made
    /// again, up to there.
    pub fn stack_at_allocation(&self, job: &Job<'_>, variant: Variant, number: u32) -> Vec<Frame> {
        let tuning = Tuning { stop_at_allocation: Some(number), ..variant.tuning() };
        self.run_tuned(job, tuning, |_| ()).outcome.into_frames()
    }

    /// The stack at a free.
    fn stack_at_free(&self, job: &Job<'_>, variant: Variant, number: u32) -> Vec<Frame> {
        let tuning = Tuning { stop_at_free: Some(number), ..variant.tuning() };
        self.run_tuned(job, tuning, |_| ()).outcome.into_frames()
    }

    /// Its ABI.
    pub fn abi(&self) -> Abi {
        self.loaded.exports.abi
    }

    /// What it says of itself, if it does.
    pub fn description(&self) -> Option<&Description> {
        self.description.as_deref()
    }

    /// SHA-256 of the module as `sha256:` and hexadecimal digits.
    pub fn digest(&self) -> &str {
        &self.loaded.digest
    }

    /// The module as it came.
    pub fn module_bytes(&self) -> &[u8] {
        self.loaded.wasm()
    }

    /// How closely its memory is checked.
    pub fn sanitize(&self) -> Sanitize {
        self.loaded.sanitize
    }

    /// What its counters stand for, if it was opened with coverage.
    pub fn coverage(&self) -> Option<&CoverageMap> {
        self.loaded.instrumentation.coverage.as_ref()
    }

    /// Where in its sources its counters count, if it was opened with coverage. Reading debug information
    /// takes a second or two for a large interpreter.
    pub fn sources(&self) -> Option<Sources> {
        let points = self.coverage()?.points();
        let loaded = &self.loaded;
        let wasm = loaded.wasm();
        let located = loaded.info().has_line_tables.then(|| loaded.compiler.sources(wasm, points));
        Some(located.flatten().unwrap_or_else(|| Sources::without_lines(wasm, points)))
    }

    /// What was found in its module and what checks it got.
    pub fn instrumentation(&self) -> &Summary {
        &self.loaded.instrumentation.summary
    }

    /// Whether it takes a configuration.
    pub fn takes_configuration(&self) -> bool {
        match &self.loaded.exports.entry {
            Entry::Reactor(entry) => entry.configure.is_some(),
            Entry::Harness(_) | Entry::Command(_) => false,
        }
    }

    /// What its module says of itself.
    pub fn module(&self) -> &ModuleInfo {
        self.loaded.info()
    }
}

/// Runs what an interpreter does before it sees content, and takes its description.
fn probe(loaded: &Loaded, limits: &Limits) -> Result<Option<Description>, OpenError> {
    let job = Job { content: &[], events: &[], limits, configuration: None, arguments: &[] };
    let Entry::Reactor(entry) = &loaded.exports.entry else { return Ok(None) };
    let mut session = Session::start(loaded, &job, Tuning::default()).map_err(|unstarted| {
        OpenError { phase: unstarted.finished.phase, outcome: unstarted.outcome }
    })?;
    abi::describe(&mut session, entry)
        .map_err(|ended| OpenError { phase: Phase::Initialise, outcome: ended.into_outcome() })
}

/// The first import that has another type than what is provided under its name.
fn mistyped(sandbox: &Sandbox, info: &ModuleInfo, module: &Module) -> Option<OpenError> {
    let mut wanted = module.imports().zip(&info.imports);
    let (_, import) = wanted.find(|(wanted, import)| {
        let Some(ty) = wanted.ty().func().cloned() else { return true };
        !sandbox.provides(&import.module, &import.name, &ty)
    })?;
    let (module, name) = (import.module.clone(), import.name.clone());
    Some(Unusable::ImportType { module, name }.into())
}
