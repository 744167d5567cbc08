//! Property: an instrumented module behaves like its original.
//!
//! Random valid modules, called with random arguments: the same results, traps, globals and memory, and
//! the fuel that wasmtime counts. Nothing is poisoned here, so every difference is a fault.

use std::cell::Cell;
use std::sync::OnceLock;

use arbtest::arbitrary::{Arbitrary, Result, Unstructured};
use arbtest::arbtest;
use proofhouse_sandbox::instrument::{Checks, NullPage, Options, Refusal, instrument, interface};
use wasm_smith::{Config, Module as RandomModule};
use wasmtime::{Engine, Instance, Linker, Module, Store, Trap, Val, ValType};

use super::guest::{config, engine, printed, state};
use super::oracle;

/// Fuel for one call: enough for most, and soon used up by a loop without end.
const FUEL: i64 = 100_000;

/// Most memory that a random module may start with or grow to, so that comparing it stays cheap.
const MEMORY_BYTES: u64 = 4 << 16;

fn smith(random: &mut Unstructured<'_>) -> Result<Config> {
    Ok(Config {
        // An engine runs a start function by itself, a host of ours calls it: another test's matter.
        allow_start_export: false,
        disallow_traps: random.arbitrary()?,
        exceptions_enabled: false,
        export_everything: true,
        gc_enabled: false,
        compact_imports_enabled: false,
        max_imports: 0,
        max_memories: 1,
        max_memory32_bytes: MEMORY_BYTES,
        memory_max_size_required: true,
        max_table_elements: 1000,
        table_max_size_required: true,
        memory64_enabled: false,
        // This build of wasmtime has no `externref`, without which there are function tables still.
        reference_types_enabled: false,
        min_funcs: 1,
        min_memories: u32::from(random.arbitrary::<bool>()?),
        relaxed_simd_enabled: true,
        shared_everything_threads_enabled: false,
        threads_enabled: false,
        wide_arithmetic_enabled: false,
        generate_custom_sections: true,
        ..Config::default()
    })
}

/// The original's engine: wasmtime counts fuel by itself.
fn counting() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| Engine::new(config().consume_fuel(true)).unwrap())
}

/// How one call ended, as far as it must be the same.
#[derive(Debug, PartialEq)]
enum Ended {
    Returned(Vec<String>),
    Trapped(String),
    OutOfFuel,
}

/// One of the two modules, running.
struct Side {
    store: Store<()>,
    instance: Instance,
    metered: bool,
}

impl Side {
    fn new(engine: &Engine, module: &Module, metered: bool) -> Option<Self> {
        let mut store = Store::new(engine, ());
        let _ = store.set_fuel(FUEL as u64);
        // A segment that does not fit stops the instantiation of both.
        let instance = Linker::new(engine).instantiate(&mut store, module).ok()?;
        if instance.get_table(&mut store, interface::ORACLE).is_some() {
            oracle::connect(&mut store, instance);
        }
        Some(Self { store, instance, metered })
    }

    fn set_fuel(&mut self) {
        if self.metered {
            let fuel = self.instance.get_global(&mut self.store, interface::FUEL);
            if let Some(fuel) = fuel {
                fuel.set(&mut self.store, Val::I64(FUEL)).unwrap();
            }
            if let Some(depth) = self.instance.get_global(&mut self.store, interface::DEPTH) {
                depth.set(&mut self.store, Val::I32(i32::MAX)).unwrap();
            }
        } else {
            self.store.set_fuel(FUEL as u64).unwrap();
        }
    }

    /// Fuel that is left; below zero if it ran out.
    fn fuel(&mut self) -> Option<i64> {
        if self.metered {
            let fuel = self.instance.get_global(&mut self.store, interface::FUEL)?;
            Some(fuel.get(&mut self.store).unwrap_i64())
        } else {
            Some(self.store.get_fuel().unwrap() as i64)
        }
    }

    fn call(&mut self, name: &str, arguments: &[Val]) -> Ended {
        self.set_fuel();
        let function = self.instance.get_func(&mut self.store, name).unwrap();
        let mut results = vec![Val::I32(0); function.ty(&self.store).results().len()];
        let called = function.call(&mut self.store, arguments, &mut results);
        let trap = called.as_ref().err().and_then(|error| error.downcast_ref::<Trap>());
        if trap == Some(&Trap::OutOfFuel) || self.fuel().is_some_and(|fuel| fuel < 0) {
            return Ended::OutOfFuel;
        }
        match called {
            Ok(()) => Ended::Returned(results.iter().map(printed).collect()),
            Err(_) => Ended::Trapped(format!("{trap:?}")),
        }
    }
}

fn arguments(random: &mut Unstructured<'_>, types: &[ValType]) -> Result<Vec<Val>> {
    types
        .iter()
        .map(|ty| {
            Ok(match ty {
                // Small numbers are addresses in memory.
                ValType::I32 if random.arbitrary()? => Val::I32(random.int_in_range(0..=70_000)?),
                ValType::I32 => Val::I32(random.arbitrary()?),
                ValType::I64 => Val::I64(random.arbitrary()?),
                ValType::F32 => Val::F32(random.arbitrary()?),
                ValType::F64 => Val::F64(random.arbitrary()?),
                ValType::V128 => Val::V128(u128::arbitrary(random)?.into()),
                ValType::Ref(ty) if ty.heap_type().is_func() => Val::FuncRef(None),
                ValType::Ref(_) => Val::ExternRef(None),
            })
        })
        .collect()
}

/// Calls every export of both sides, one after the other. Gives how many returned.
fn compare(random: &mut Unstructured<'_>, original: &[u8], options: Options) -> Result<usize> {
    let mut returned = 0;
    let instrumented = match instrument(original, options) {
        Ok(instrumented) => instrumented,
        // wasm-smith has proposals that cannot be switched off one by one.
        Err(Refusal::UnsupportedProposal { .. }) => return Ok(0),
        Err(refusal) => panic!("{refusal}"),
    };
    let plain = Module::new(counting(), original).unwrap();
    let ours = Module::new(engine(), &instrumented.module).unwrap();
    let plain = Side::new(counting(), &plain, false);
    let ours = Side::new(engine(), &ours, true);
    assert_eq!(ours.is_some(), plain.is_some(), "one instantiates, the other does not");
    let (Some(mut plain), Some(mut ours)) = (plain, ours) else { return Ok(returned) };
    let functions: Vec<_> = plain
        .instance
        .exports(&mut plain.store)
        .filter_map(|export| Some((export.name().to_owned(), export.into_func()?)))
        .collect();
    for (name, function) in functions {
        let types: Vec<_> = function.ty(&plain.store).params().collect();
        let arguments = arguments(random, &types)?;
        // The two notice at different places that fuel ran out, and only ours has pages cost any; then
        // their states differ. Without metering, ours might never end.
        let theirs = plain.call(&name, &arguments);
        if theirs == Ended::OutOfFuel {
            return Ok(returned);
        }
        let result = ours.call(&name, &arguments);
        if result == Ended::OutOfFuel {
            return Ok(returned);
        }
        assert_eq!(result, theirs, "{name}");
        assert_eq!(
            state(&mut ours.store, ours.instance),
            state(&mut plain.store, plain.instance),
            "after {name}"
        );
        if !matches!(result, Ended::Returned(_)) {
            continue;
        }
        returned += 1;
        if options.meter {
            let [theirs, ours] = [&mut plain, &mut ours].map(|side| FUEL - side.fuel().unwrap());
            let grown = ours - theirs;
            assert!(grown >= 0 && grown % 4096 == 0, "{name}: {ours}, wasmtime {theirs}");
        }
    }
    Ok(returned)
}

#[test]
fn instrumented_modules_behave_like_their_originals() {
    let returned = Cell::new(0);
    let property = |random: &mut Unstructured<'_>| {
        let checks = *random.choose(&[Checks::Off, Checks::Fast, Checks::Exact])?;
        let meter = random.arbitrary()?;
        let options = Options::default()
            .checks(checks)
            .meter(meter)
            .null_page(NullPage::Off)
            .oracle(random.arbitrary()?)
            .coverage(random.arbitrary()?);
        let module = RandomModule::new(smith(random)?, random)?;
        returned.set(returned.get() + compare(random, &module.to_bytes(), options)?);
        Ok(())
    };
    // Random modules trap soon; if none ever came through, nothing was compared. A busy machine gets through
    // fewer of them in the same time.
    for _ in 0..MOST_ROUNDS {
        arbtest(property).budget_ms(BUDGET_MS).size_min(1 << 10).size_max(1 << 14).run();
        if returned.get() > ENOUGH {
            return;
        }
    }
    panic!("only {} calls returned", returned.get());
}

/// Time for one round of the property, most of which goes into compiling.
const BUDGET_MS: u64 = 5_000;
/// Rounds until it has failed.
const MOST_ROUNDS: u32 = 12;
/// Calls that have to return.
const ENOUGH: usize = 10;
