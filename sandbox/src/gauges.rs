//! What the rewriter put into an instance for its host: fuel, and the notes of the memory checks.

use crate::host::State;
use crate::instrument::{Interface, Violation, interface};
use wasmtime::{Extern, Global, Instance, Memory, Module, ModuleExport, Store, Val};

/// Where to find it, looked up once for each module.
pub(crate) struct GaugeExports {
    fuel: Option<ModuleExport>,
    start: Option<ModuleExport>,
    shadow: Option<ModuleExport>,
    stack_pointer: Option<ModuleExport>,
    coverage: Option<ModuleExport>,
}

/// What is read and set while an instance runs.
#[derive(Clone, Copy)]
pub(crate) struct Gauges {
    instance: Instance,
    fuel: Option<Global>,
    shadow: Option<Memory>,
    stack_pointer: Option<Global>,
    coverage: Option<Memory>,
}

impl GaugeExports {
    /// Looks them up in an instrumented module.
    pub(crate) fn of(module: &Module, interface: Interface) -> Self {
        let find = |there: bool, name| there.then(|| module.get_export_index(name)).flatten();
        Self {
            fuel: find(interface.fuel, interface::FUEL),
            start: find(interface.start, interface::START),
            shadow: find(interface.shadow, interface::SHADOW),
            stack_pointer: find(interface.stack_pointer, interface::STACK_POINTER),
            coverage: find(interface.coverage, interface::COVERAGE),
        }
    }

    /// The original's start function, which is to be called first.
    pub(crate) fn start(&self) -> Option<&ModuleExport> {
        self.start.as_ref()
    }
}

impl Gauges {
    /// Those of an instance.
    pub(crate) fn of(exports: &GaugeExports, instance: Instance, store: &mut Store<State>) -> Self {
        let mut find = |export: &Option<ModuleExport>| {
            export.as_ref().and_then(|export| instance.get_module_export(&mut *store, export))
        };
        Self {
            instance,
            fuel: find(&exports.fuel).and_then(Extern::into_global),
            shadow: find(&exports.shadow).and_then(Extern::into_memory),
            stack_pointer: find(&exports.stack_pointer).and_then(Extern::into_global),
            coverage: find(&exports.coverage).and_then(Extern::into_memory),
        }
    }

    /// Sets the fuel that is left.
    pub(crate) fn refuel(
        &self,
        store: &mut Store<State>,
        fuel: u64,
    ) -> Result<(), wasmtime::Error> {
        let fuel = i64::try_from(fuel).unwrap_or(i64::MAX);
        self.fuel.map_or(Ok(()), |global| global.set(store, Val::I64(fuel)))
    }

    /// The fuel that is left; below zero if it ran out.
    pub(crate) fn fuel(&self, store: &mut Store<State>) -> i64 {
        self.fuel.and_then(|global| global.get(store).i64()).unwrap_or(0)
    }

    /// The linear stack's pointer.
    pub(crate) fn stack_pointer(&self, store: &mut Store<State>) -> Option<u32> {
        let value = self.stack_pointer?.get(store).i32()?;
        Some(value.cast_unsigned())
    }

    /// The shadow memory, where memory is checked.
    pub(crate) fn shadow(&self) -> Option<Memory> {
        self.shadow
    }

    /// The counters and comparisons, where coverage is kept.
    pub(crate) fn coverage(&self) -> Option<Memory> {
        self.coverage
    }

    /// The violation behind an `unreachable` trap at `site` of the original module, if it is one.
    pub(crate) fn violation(
        &self,
        store: &mut Store<State>,
        original: &[u8],
        site: u32,
    ) -> Option<Violation> {
        let shadow = self.shadow?;
        let mut notes = Vec::new();
        for name in interface::NOTES {
            let value = self.instance.get_global(&mut *store, name)?.get(&mut *store).i32()?;
            notes.push((name, value));
        }
        let note = |wanted| notes.iter().find(|(name, _)| *name == wanted).map(|(_, value)| *value);
        Violation::read(original, site, note, shadow.data(&*store))
            .inspect_err(|error| tracing::warn!(%error, "going on without a memory report"))
            .ok()
            .flatten()
    }
}
