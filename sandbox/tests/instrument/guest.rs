//! An instrumented module that runs in wasmtime.

use std::sync::OnceLock;

use proofhouse_sandbox::instrument::{
    Cause, HeapObject, HeapRecords, Instrumented, NearObject, Options, Poison, Stop, Violation,
    instrument, interface,
};
use wasmtime::{
    Caller, Config, Engine, Extern, Instance, Linker, Module, Store, Trap, Val, WasmBacktrace,
};

use super::oracle;

/// How a call ended.
#[derive(Debug)]
pub(crate) enum Ended {
    Returned(Vec<Val>),
    Violated(Violation),
    Stopped(Stop),
    OutOfFuel,
    Trapped(Trap),
}

/// An instrumented module, compiled.
pub(crate) struct Prepared {
    instrumented: Instrumented,
    original: Vec<u8>,
    module: Module,
}

impl Prepared {
    /// Instruments and compiles.
    pub(crate) fn new(original: &[u8], options: Options) -> Self {
        let instrumented = instrument(original, options).unwrap();
        let module = Module::new(engine(), &instrumented.module).unwrap();
        Self { instrumented, original: original.to_vec(), module }
    }

    /// A new instance. Imports trap, but for `env.poison`.
    pub(crate) fn start(&self) -> Guest {
        let mut linker = Linker::new(engine());
        linker.func_wrap("env", "poison", poison).unwrap();
        linker.define_unknown_imports_as_traps(&self.module).unwrap();
        self.start_with(Store::new(engine(), ()), &linker)
    }

    /// A new instance whose imports do nothing and give zero, which WASI's programs take for success.
    pub(crate) fn start_with_idle_imports(&self) -> Guest {
        let mut store = Store::new(engine(), ());
        let mut linker = Linker::new(engine());
        linker.define_unknown_imports_as_default_values(&mut store, &self.module).unwrap();
        self.start_with(store, &linker)
    }

    /// A new instance. Imports trap, but for `env.poison`, for what zig's libc starts with, and for what an
    /// interpreter tells its host.
    pub(crate) fn guest(&self) -> Guest {
        let mut linker = Linker::new(engine());
        linker.func_wrap("env", "poison", poison).unwrap();
        let zeros = |_: i32, _: i32| 0i32;
        linker.func_wrap("wasi_snapshot_preview1", "random_get", zeros).unwrap();
        linker.func_wrap("proofhouse", "emit", |_: i32, _: i32| {}).unwrap();
        linker.func_wrap("proofhouse", "message", |_: i32, _: i32, _: i32| {}).unwrap();
        linker.define_unknown_imports_as_traps(&self.module).unwrap();
        self.start_with(Store::new(engine(), ()), &linker)
    }

    fn start_with(&self, mut store: Store<()>, linker: &Linker<()>) -> Guest {
        let instance = linker.instantiate(&mut store, &self.module).unwrap();
        if self.instrumented.interface.oracle {
            oracle::connect(&mut store, instance);
        }
        let (instrumented, original) = (self.instrumented.clone(), self.original.clone());
        let mut guest = Guest { instrumented, original, store, instance };
        guest.set_fuel(PLENTY);
        guest
    }
}

/// An instance of an instrumented module.
pub(crate) struct Guest {
    pub(crate) instrumented: Instrumented,
    original: Vec<u8>,
    pub(crate) store: Store<()>,
    pub(crate) instance: Instance,
}

/// Fuel that no test here uses up by accident.
pub(crate) const PLENTY: i64 = 1 << 40;

/// The engine for instrumented modules.
pub(crate) fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| Engine::new(&config()).unwrap())
}

/// What the engines of these tests have in common.
pub(crate) fn config() -> Config {
    let mut config = Config::new();
    config.cranelift_nan_canonicalization(true).relaxed_simd_deterministic(true);
    config.wasm_branch_hinting(true);
    config
}

/// A module from its text.
pub(crate) fn wasm(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

/// An instance of what `options` make of a module given as text.
pub(crate) fn guest(text: &str, options: Options) -> Guest {
    Guest::new(&wasm(text), options)
}

/// `env.poison(address, byte)`: writes a shadow byte, as the runtime of a heap does within a call.
fn poison(mut caller: Caller<'_, ()>, address: u32, byte: u32) {
    let shadow = caller.get_export(interface::SHADOW).and_then(Extern::into_memory);
    shadow.unwrap().write(&mut caller, (address >> 3) as usize, &[byte as u8]).unwrap();
}

impl Guest {
    /// Instruments and instantiates.
    pub(crate) fn new(original: &[u8], options: Options) -> Self {
        Prepared::new(original, options).start()
    }

    pub(crate) fn set_fuel(&mut self, fuel: i64) {
        if self.instrumented.interface.fuel {
            let global = self.instance.get_global(&mut self.store, interface::FUEL).unwrap();
            global.set(&mut self.store, Val::I64(fuel)).unwrap();
        }
        self.set_depth(i32::MAX);
    }

    /// Sets how many calls may be nested.
    pub(crate) fn set_depth(&mut self, depth: i32) {
        if self.instrumented.interface.depth {
            let global = self.instance.get_global(&mut self.store, interface::DEPTH).unwrap();
            global.set(&mut self.store, Val::I32(depth)).unwrap();
        }
    }

    /// The value of an exported `i32` global of ours.
    pub(crate) fn gauge(&mut self, name: &str) -> i32 {
        let global = self.instance.get_global(&mut self.store, name).unwrap();
        global.get(&mut self.store).unwrap_i32()
    }

    pub(crate) fn fuel(&mut self) -> i64 {
        let global = self.instance.get_global(&mut self.store, interface::FUEL).unwrap();
        global.get(&mut self.store).unwrap_i64()
    }

    /// Calls an export and says how that ended, as a host would find out.
    pub(crate) fn call(&mut self, name: &str, arguments: &[Val]) -> Ended {
        let function = self.instance.get_func(&mut self.store, name).unwrap();
        let mut results = vec![Val::I32(0); function.ty(&self.store).results().len()];
        let called = function.call(&mut self.store, arguments, &mut results);
        if self.instrumented.interface.fuel && self.fuel() < 0 {
            return Ended::OutOfFuel;
        }
        let Err(error) = called else { return Ended::Returned(results) };
        let trap = *error.downcast_ref::<Trap>().unwrap();
        if trap == Trap::UnreachableCodeReached
            && let Some(stop) = self.stop()
            && stop != Stop::Violation
        {
            return Ended::Stopped(stop);
        }
        if trap == Trap::UnreachableCodeReached
            && let Some(violation) = self.violation(&error)
        {
            return Ended::Violated(violation);
        }
        Ended::Trapped(trap)
    }

    /// Calls an export with `i32` arguments.
    pub(crate) fn call_i32(&mut self, name: &str, arguments: &[u32]) -> Ended {
        let arguments: Vec<_> = arguments.iter().map(|value| Val::I32(*value as i32)).collect();
        self.call(name, &arguments)
    }

    /// Fuel that a call uses.
    pub(crate) fn fuel_of(&mut self, name: &str, arguments: &[u32]) -> i64 {
        self.set_fuel(PLENTY);
        match self.call_i32(name, arguments) {
            Ended::Returned(_) => PLENTY - self.fuel(),
            other => panic!("{name}: {other:?}"),
        }
    }

    /// Offsets of a trap's frames in the original, innermost first; the runtime's have none.
    pub(crate) fn frames(&self, error: &wasmtime::Error) -> Vec<Option<u32>> {
        let frames = error.downcast_ref::<WasmBacktrace>().unwrap().frames();
        let offsets = frames.iter().map(|frame| frame.module_offset().unwrap() as u32);
        offsets.map(|offset| self.instrumented.offsets.original(offset)).collect()
    }

    /// The violation behind an `unreachable` trap.
    pub(crate) fn violation(&mut self, error: &wasmtime::Error) -> Option<Violation> {
        if !self.instrumented.interface.shadow {
            return None;
        }
        let site = self.frames(error).into_iter().flatten().next().unwrap();
        let shadow = self.instance.get_memory(&mut self.store, interface::SHADOW).unwrap();
        let values = self.globals();
        let value = |wanted: &str| {
            values.iter().find(|(name, _)| name == wanted).and_then(|(_, v)| v.i32())
        };
        Violation::read(&self.original, site, value, shadow.data(&self.store), None).unwrap()
    }

    /// Why the runtime ended the run, if it did.
    fn stop(&mut self) -> Option<Stop> {
        if !self.instrumented.interface.shadow {
            return None;
        }
        let values = self.globals();
        Stop::read(|wanted| {
            values.iter().find(|(name, _)| name == wanted).and_then(|(_, value)| value.i32())
        })
        .unwrap()
    }

    fn globals(&mut self) -> Vec<(String, Val)> {
        let globals: Vec<_> = self
            .instance
            .exports(&mut self.store)
            .filter_map(|export| Some((export.name().to_owned(), export.into_global()?)))
            .collect();
        globals.into_iter().map(|(name, global)| (name, global.get(&mut self.store))).collect()
    }

    /// Sets one of our `i32` globals.
    pub(crate) fn set(&mut self, name: &str, value: u32) {
        let global = self.instance.get_global(&mut self.store, name).unwrap();
        global.set(&mut self.store, Val::I32(value.cast_signed())).unwrap();
    }

    /// The value of one of our `i32` globals.
    pub(crate) fn value(&mut self, name: &str) -> u32 {
        let global = self.instance.get_global(&mut self.store, name).unwrap();
        global.get(&mut self.store).unwrap_i32().cast_unsigned()
    }

    /// Calls an export with `i32` arguments that returns at most one.
    pub(crate) fn run(&mut self, name: &str, arguments: &[u32]) -> u32 {
        match self.call_i32(name, arguments) {
            Ended::Returned(results) => results.first().map_or(0, |one| one.unwrap_i32() as u32),
            other => panic!("{name} {arguments:?}: {other:?}"),
        }
    }

    /// What the heap knows.
    pub(crate) fn heap(&mut self) -> HeapRecords<'_> {
        let base = self.value(interface::HEAP_BASE);
        let heap = self.instance.get_memory(&mut self.store, interface::HEAP).unwrap();
        HeapRecords { memory: heap.data(&self.store), base }
    }

    /// The block at an address.
    pub(crate) fn block(&mut self, address: u32) -> Option<HeapObject> {
        self.heap().at(address)
    }

    /// The blocks near an address.
    pub(crate) fn near(&mut self, address: u32) -> Vec<NearObject> {
        self.heap().near(address)
    }

    /// Writes shadow bytes, the first for the granule of `address`.
    pub(crate) fn set_shadow(&mut self, address: u32, bytes: &[u8]) {
        let shadow = self.instance.get_memory(&mut self.store, interface::SHADOW).unwrap();
        shadow.write(&mut self.store, (address >> 3) as usize, bytes).unwrap();
    }

    /// The shadow memory.
    pub(crate) fn shadow(&mut self) -> &[u8] {
        let shadow = self.instance.get_memory(&mut self.store, interface::SHADOW).unwrap();
        shadow.data(&self.store)
    }

    /// The guest's own memory, which it exports as `memory`.
    pub(crate) fn memory(&mut self) -> &mut [u8] {
        let memory = self.instance.get_memory(&mut self.store, "memory").unwrap();
        memory.data_mut(&mut self.store)
    }

    /// The values of all exported globals, and the contents of all exported memories, but ours.
    pub(crate) fn state(&mut self) -> Vec<(String, String)> {
        state(&mut self.store, self.instance)
    }
}

/// The first byte that may not be accessed, and why.
pub(crate) fn poisoned(violation: &Violation) -> (u32, Option<Poison>) {
    match violation.cause {
        Cause::Poisoned { first, poison } => (first, poison),
        ref other => panic!("{other:?}"),
    }
}

/// Whether a call ended at an access behind the end of the memory, by itself or by a lookup that met
/// poison where a sum wrapped.
pub(crate) fn is_out_of_bounds(ended: &Ended) -> bool {
    match ended {
        Ended::Trapped(trap) => *trap == Trap::MemoryOutOfBounds,
        Ended::Violated(violation) => violation.cause == Cause::OutOfBounds,
        _ => false,
    }
}

/// The values of all exported globals, and the contents of all exported memories, but ours.
pub(crate) fn state(store: &mut Store<()>, instance: Instance) -> Vec<(String, String)> {
    let exports: Vec<_> = instance
        .exports(&mut *store)
        .map(|export| (export.name().to_owned(), export.into_extern()))
        .filter(|(name, _)| !name.starts_with(interface::PREFIX))
        .collect();
    exports
        .into_iter()
        .filter_map(|(name, export)| {
            let value = match export {
                Extern::Global(global) => printed(&global.get(&mut *store)),
                Extern::Memory(memory) => digest(memory.data(&*store)),
                _ => return None,
            };
            Some((name, value))
        })
        .collect()
}

/// A value as text; references only by whether they are null.
pub(crate) fn printed(value: &Val) -> String {
    match value {
        Val::FuncRef(function) => format!("funcref {}", function.is_some()),
        Val::ExternRef(object) => format!("externref {}", object.is_some()),
        other => format!("{other:?}"),
    }
}

fn digest(bytes: &[u8]) -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325u64;
    // Untouched memory is long and zero; what is not zero is hashed with its place.
    for (place, byte) in bytes.iter().enumerate().filter(|(_, byte)| **byte != 0) {
        for part in [place as u64, u64::from(*byte)] {
            hash = (hash ^ part).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    format!("{} bytes, {hash:016x}", bytes.len())
}
