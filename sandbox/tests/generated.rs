//! Modules that are no text file: not Wasm at all, cut short, damaged, or too large to be written down.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::format_collect,
    reason = "a test that cannot go on has failed"
)]

mod common;

use common::{open, reactor, run, run_job, small_limits, wasm};
use proofhouse_sandbox::limits::{
    MAX_DECLARATIONS, MAX_FUNCTION_BYTES, MAX_FUNCTIONS, MAX_MODULE_BYTES,
};
use proofhouse_sandbox::{HostFault, Interpreter, Job, OpenError, Outcome, Phase, Unusable};
use wasm_encoder::{
    CodeSection, ConstExpr, DataSection, ElementSection, Elements, EntityType, ExportKind,
    ExportSection, Function, FunctionSection, ImportSection, MemorySection, MemoryType, Module,
    RefType, TableSection, TableType, TypeSection, ValType,
};

/// The reason for which a module is refused before it is compiled, or by the compiler.
fn refusal(opened: Result<Interpreter, OpenError>) -> Unusable {
    match opened {
        Err(OpenError { phase: Phase::Compile, outcome: Outcome::Unusable { reason } }) => reason,
        Err(other) => panic!("another refusal: {other:?}"),
        Ok(_) => panic!("not refused"),
    }
}

fn over_limit(bytes: &[u8]) -> (&'static str, u64, u64) {
    match refusal(open(bytes)) {
        Unusable::OverLimit { what, value, limit } => (what, value, limit),
        other => panic!("another refusal: {other:?}"),
    }
}

#[test]
fn what_is_not_wasm_is_called_so() {
    let samples: [&[u8]; 7] = [
        b"",
        b"\0",
        b"\0asm",
        b"\0asm\x01\0\0",
        b"rule a { condition: true }",
        b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0",
        b"\0asm\x02\0\0\0",
    ];
    for sample in samples {
        assert_eq!(refusal(open(sample)), Unusable::NotWasm, "{sample:?}");
    }
}

#[test]
fn a_component_is_called_so() {
    assert_eq!(refusal(open(b"\0asm\x0d\0\x01\0")), Unusable::Component);
    assert_eq!(refusal(open(&wasm("(component (core module))"))), Unusable::Component);
}

/// A good module without names, so that no prefix of it is a module that does the same.
fn good() -> Vec<u8> {
    wasm(
        r#"(module
          (memory (export "memory") 1)
          (data (i32.const 8) "data")
          (func (export "proofhouse_abi_version") (result i32) i32.const 1)
          (func (export "proofhouse_alloc") (param i32) (result i32) i32.const 1024)
          (func (export "proofhouse_load") (param i32 i32) (result i32)
            (i32.load8_u (local.get 0)))
          (func (export "proofhouse_evaluate") (param i32 i32) (result i32) i32.const 0))"#,
    )
}

#[test]
fn a_module_cut_short_is_refused_at_every_length() {
    let good = good();
    assert!(open(&good).is_ok());
    // The data section comes last and nothing says that there must be one: cut exactly before it, the
    // rest is a whole module.
    let data_section = 6 + 4;
    let whole = good.len() - 1 - 1 - data_section;
    for length in (0..good.len()).filter(|length| *length != whole) {
        match refusal(open(&good[..length])) {
            Unusable::NotWasm | Unusable::Invalid { .. } | Unusable::NoAbi { .. } => {}
            other => panic!("{length} of {} bytes: {other:?}", good.len()),
        }
    }
    assert!(open(&good[..whole]).is_ok());
}

#[test]
fn a_module_with_one_bit_flipped_is_judged_the_same_twice() {
    let good = good();
    for at in 0..good.len() {
        let mut damaged = good.clone();
        damaged[at] ^= 1 << (at % 8);
        let judge = || open(&damaged).map(|interpreter| run(&interpreter, b"\0", &[b"event"]));
        let (first, second) = (judge(), judge());
        assert_eq!(first, second, "byte {at}");
    }
}

#[test]
fn a_module_of_100_mebibytes_is_over_the_limit() {
    let mut module = Module::new();
    let mut memories = MemorySection::new();
    memories.memory(memory_type(2_048));
    let mut data = DataSection::new();
    data.active(0, &ConstExpr::i32_const(0), vec![0xa5; 100 << 20]);
    module.section(&memories).section(&data);
    let module = module.finish();

    let size = u64::try_from(module.len()).unwrap();
    assert_eq!(over_limit(&module), ("the size of the module in bytes", size, MAX_MODULE_BYTES));
}

#[test]
fn a_large_data_section_within_the_limit_is_no_problem() {
    let mut builder = Builder::reactor();
    builder.pages = 512;
    builder.data = vec![0; 24 << 20];
    let interpreter = open(&builder.finish()).unwrap();
    assert_eq!(run(&interpreter, b"content", &[b"event"]).outcome, Outcome::Accepted);
}

#[test]
fn a_module_with_100_000_functions_all_exported_and_in_a_table_works() {
    let mut builder = Builder::reactor();
    builder.fillers = 100_000;
    let interpreter = open(&builder.finish()).unwrap();
    assert_eq!(interpreter.module().exports.len(), 100_005);
    assert_eq!(interpreter.module().initial_table_elements, 100_001);
    assert_eq!(run(&interpreter, b"content", &[b"event"]).outcome, Outcome::Accepted);
}

#[test]
fn one_function_too_many_is_over_the_limit() {
    let mut types = TypeSection::new();
    types.ty().function([], []);
    let mut functions = FunctionSection::new();
    for _ in 0..=MAX_FUNCTIONS {
        functions.function(0);
    }
    let mut module = Module::new();
    module.section(&types).section(&functions);
    let limit = u64::from(MAX_FUNCTIONS);
    assert_eq!(over_limit(&module.finish()), ("the number of functions", limit + 1, limit));
}

#[test]
fn one_import_too_many_is_over_the_limit() {
    let mut types = TypeSection::new();
    types.ty().function([], []);
    let mut imports = ImportSection::new();
    for _ in 0..=MAX_DECLARATIONS {
        imports.import("", "", EntityType::Function(0));
    }
    let mut module = Module::new();
    module.section(&types).section(&imports);
    let limit = u64::from(MAX_DECLARATIONS);
    assert_eq!(over_limit(&module.finish()), ("the number of imports", limit + 1, limit));
}

#[test]
fn one_export_too_many_is_over_the_limit() {
    let mut exports = ExportSection::new();
    for _ in 0..=MAX_DECLARATIONS {
        exports.export("", ExportKind::Memory, 0);
    }
    let mut module = Module::new();
    module.section(&exports);
    let limit = u64::from(MAX_DECLARATIONS);
    assert_eq!(over_limit(&module.finish()), ("the number of exports", limit + 1, limit));
}

#[test]
fn a_function_body_over_the_limit_is_refused() {
    let mut builder = Builder::reactor();
    builder.padding = usize::try_from(MAX_FUNCTION_BYTES).unwrap();
    let (what, value, limit) = over_limit(&builder.finish());
    assert_eq!((what, limit), ("the size of one function in bytes", MAX_FUNCTION_BYTES));
    assert!(value > limit);
}

#[test]
fn a_function_body_below_the_limit_works() {
    let mut builder = Builder::reactor();
    builder.padding = usize::try_from(MAX_FUNCTION_BYTES).unwrap() - 64;
    let interpreter = open(&builder.finish()).unwrap();
    assert_eq!(run(&interpreter, b"content", &[]).outcome, Outcome::Accepted);
}

#[test]
fn a_type_with_very_many_parameters_is_not_written_out() {
    let parameters = "i64 ".repeat(1_000);
    let text = reactor(
        &format!(r#"(memory (export "memory") 1) (func (export "wide") (param {parameters}))"#),
        "(i32.const 0)",
        "(i32.const 0)",
    );
    let interpreter = open(&wasm(&text)).unwrap();
    let wide = interpreter.module().export("wide").unwrap().function.clone().unwrap();
    assert!(wide.as_str().ends_with(", ...) -> ()"), "{wide:?}");
    assert!(wide.as_str().len() < 100, "{wide:?}");
}

/// The rewriter adds some: a function that had all that there may be has no room for them.
#[test]
fn a_function_with_nearly_as_many_locals_as_there_may_be_works_or_is_refused_by_name() {
    let with = |locals: usize| {
        let many = format!(
            r#"(memory (export "memory") 1)
            (func $many (local {}) (i64.store (i32.const 8192) (i64.const 1)))"#,
            "f32 ".repeat(locals)
        );
        open(&wasm(&reactor(&many, "(call $many) (i32.const 0)", "(i32.const 0)")))
    };
    let interpreter = with(49_900).unwrap();
    assert_eq!(run(&interpreter, b"content", &[]).outcome, Outcome::Accepted);
    match refusal(with(50_000)) {
        Unusable::NotInstrumentable { problem } => assert!(problem.contains("locals"), "{problem}"),
        other => panic!("{other:?}"),
    }
    assert!(matches!(refusal(with(50_001)), Unusable::Invalid { .. }));
}

/// A single frame of this guest is larger than the guard page behind a stack.
#[test]
fn a_recursion_with_very_large_frames_exhausts_the_hosts_stack_and_nothing_else() {
    let locals = 4_000;
    let sets: String = (1..=locals)
        .map(|i| format!("(local.set {i} (i64.load offset={} (i32.const 0)))", 8 * i))
        .collect();
    let sums: String = (1..=locals)
        .map(|i| format!("(local.set 0 (i64.xor (local.get 0) (local.get {i})))"))
        .collect();
    let fields = format!(
        r#"(memory (export "memory") 1)
        (func $deep (param i64) (result i64) (local {})
          {sets}
          (local.set 0 (call $deep (local.get 0)))
          {sums}
          (local.get 0))"#,
        "i64 ".repeat(locals)
    );
    let load = "(i32.wrap_i64 (call $deep (i64.const 8)))";
    let interpreter = open(&wasm(&reactor(&fields, load, "(i32.const 0)"))).unwrap();
    let mut limits = small_limits();
    limits.fuel = 1_000_000_000;
    let job =
        Job { content: b"", events: &[], limits: &limits, configuration: None, arguments: &[] };
    let run = run_job(&interpreter, &job);
    // Long before calls are nested too deep. Another machine's frames may be smaller: nobody's fault.
    let fault = HostFault::NativeStack;
    assert_eq!(run.outcome, Outcome::HostFault { fault });
    assert_eq!(run.phase, Phase::Load);
}

/// A reactor that accepts everything, with as much of something as a test wants.
struct Builder {
    /// Pages of memory.
    pages: u64,
    /// An active data segment at address 0.
    data: Vec<u8>,
    /// Functions behind the four of the ABI, each of them exported and in a table.
    fillers: u32,
    /// Bytes of instructions that do nothing in the load function.
    padding: usize,
}

impl Builder {
    fn reactor() -> Self {
        Self { pages: 1, data: Vec::new(), fillers: 0, padding: 0 }
    }

    fn finish(self) -> Vec<u8> {
        let i32_list = |n| std::iter::repeat_n(ValType::I32, n);
        let mut types = TypeSection::new();
        for parameters in 0..3 {
            types.ty().function(i32_list(parameters), i32_list(1));
        }
        let mut functions = FunctionSection::new();
        let mut exports = ExportSection::new();
        exports.export("memory", ExportKind::Memory, 0);
        let mut code = CodeSection::new();
        let entry_points =
            [("abi_version", 0, 1), ("alloc", 1, 4_096), ("load", 2, 0), ("evaluate", 2, 0)];
        for (index, (name, ty, answer)) in (0..).zip(entry_points) {
            functions.function(ty);
            exports.export(&format!("proofhouse_{name}"), ExportKind::Func, index);
            let mut body = Function::new([]);
            if name == "load" {
                body.raw(std::iter::repeat_n(NOP, self.padding));
            }
            body.instructions().i32_const(answer).end();
            code.function(&body);
        }
        for index in 4..self.fillers + 4 {
            functions.function(0);
            exports.export(&format!("filler_{index}"), ExportKind::Func, index);
            let mut body = Function::new([]);
            body.instructions().i32_const(index.cast_signed()).end();
            code.function(&body);
        }
        let mut memories = MemorySection::new();
        memories.memory(memory_type(self.pages));
        let mut data = DataSection::new();
        data.active(0, &ConstExpr::i32_const(0), self.data);

        let mut module = Module::new();
        module.section(&types).section(&functions);
        // As linkers do it: the null pointer takes the first place.
        let elements = u64::from(self.fillers) + 1;
        module.section(TableSection::new().table(table_type(elements)));
        module.section(&memories).section(&exports);
        let listed: Vec<u32> = (4..self.fillers + 4).collect();
        let listed = Elements::Functions(listed.into());
        module.section(ElementSection::new().active(None, &ConstExpr::i32_const(1), listed));
        module.section(&code).section(&data);
        module.finish()
    }
}

/// The instruction that does nothing.
const NOP: u8 = 1;

fn memory_type(pages: u64) -> MemoryType {
    MemoryType {
        minimum: pages,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    }
}

fn table_type(elements: u64) -> TableType {
    TableType {
        element_type: RefType::FUNCREF,
        table64: false,
        minimum: elements,
        maximum: None,
        shared: false,
    }
}
