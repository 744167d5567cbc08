//! What cannot be instrumented in full is refused by name; what is made to defeat the rewriter does not.

use proofhouse_sandbox::instrument::{
    Checks, Limited, NamesFound, Options, Refusal, instrument, limits,
};
use wasm_encoder::{
    BlockType, CodeSection, CustomSection, Function, FunctionSection, MemorySection, MemoryType,
    Module, TypeSection, ValType,
};

use super::guest::{Ended, Guest, wasm};

fn refusal(bytes: &[u8]) -> Refusal {
    instrument(bytes, Options::default()).unwrap_err()
}

fn refusal_of(text: &str) -> Refusal {
    refusal(&wasm(text))
}

#[test]
fn unsupported_memories_are_named() {
    assert_eq!(refusal_of("(module (memory i64 1))"), Refusal::Memory64);
    assert_eq!(refusal_of("(module (memory 1 2 shared))"), Refusal::SharedMemory);
    assert_eq!(refusal_of("(module (memory 1) (memory 1))"), Refusal::SeveralMemories { count: 2 });
    assert_eq!(
        refusal_of(r#"(module (import "env" "memory" (memory 1)))"#),
        Refusal::ImportedMemory
    );
    assert_eq!(
        refusal_of(r#"(module (import "env" "memory" (memory 1)) (memory 1))"#),
        Refusal::ImportedMemory
    );
    assert_eq!(refusal_of("(module (memory 1 (pagesize 1)))"), Refusal::PageSize { bytes: 1 });
    assert!(instrument(&wasm("(module (memory 1 (pagesize 65536)))"), Options::default()).is_err());
}

#[test]
fn components_and_rubbish_are_told_apart() {
    assert_eq!(refusal(b"\0asm\x0d\0\x01\0"), Refusal::Component);
    for rubbish in
        [&b""[..], b"\0asm", b"\0asm\x02\0\0\0", b"MZ\x90\0", b"\0asm\x01\0\0\0\xff\xff\xff"]
    {
        assert!(matches!(refusal(rubbish), Refusal::Invalid { .. }), "{rubbish:?}");
    }
    let huge = vec![0; limits::MAX_ORIGINAL_BYTES + 1];
    assert!(matches!(refusal(&huge), Refusal::TooLarge { .. }));
}

#[test]
fn invalid_code_is_not_a_missing_proposal() {
    let invalid = wasm("(module (func (result i32) (i64.const 1)))");
    assert!(matches!(refusal(&invalid), Refusal::Invalid { .. }));
}

#[test]
fn proposals_that_are_not_supported_are_named_as_such() {
    for text in [
        "(module (type (struct (field i32))))",
        "(module (table i64 1 funcref))",
        "(module (type $f (func)) (func (param (ref $f)) (call_ref $f (local.get 0))))",
        "(module (func (param externref)))",
        "(module (import \"env\" \"f\" (func (param externref))))",
        "(module (func (param i64 i64 i64 i64) (result i64 i64)
            (i64.add128 (local.get 0) (local.get 1) (local.get 2) (local.get 3))))",
    ] {
        let [refusal, other, slow] = [
            Options::default(),
            Options::default().checks(Checks::Off),
            Options::default().checks(Checks::Exact).oracle(true),
        ]
        .map(|options| instrument(&wasm(text), options).unwrap_err());
        assert!(matches!(refusal, Refusal::UnsupportedProposal { .. }), "{text}: {refusal:?}");
        assert_eq!((&other, &slow), (&refusal, &refusal), "{text}");
    }
}

#[test]
fn exceptions_are_refused_with_what_to_do() {
    // By the section of tags, the instructions of today and those of older compilers.
    for text in [
        "(module (tag))",
        "(module (tag (param i32)) (func (throw 0 (i32.const 1))))",
        "(module (func (block $b (try_table (catch_all $b)))))",
        r#"(module (import "env" "__cpp_exception" (tag (param i32))))"#,
    ] {
        is_refused_for_exceptions(&wasm(text), text);
    }
    let older = one_function(&mut Function::new([]), |function| {
        let mut instructions = function.instructions();
        instructions.try_(BlockType::Empty).catch_all().rethrow(0).end();
    });
    is_refused_for_exceptions(&older, "try");
}

#[track_caller]
fn is_refused_for_exceptions(module: &[u8], what: &str) {
    let refusal = refusal(module);
    assert!(matches!(refusal, Refusal::Exceptions { .. }), "{what}: {refusal:?}");
    assert!(refusal.to_string().contains("-fno-exceptions"), "{refusal}");
}

#[test]
fn reserved_exports_are_refused() {
    let text = r#"(module (global (export "__proofhouse_fuel") (mut i64) (i64.const 0)))"#;
    assert_eq!(refusal_of(text), Refusal::ReservedExport { name: "__proofhouse_fuel".to_owned() });
}

/// A module with one function with these locals, that stores to memory.
fn with_locals(locals: u32) -> Vec<u8> {
    one_function(&mut Function::new([(locals, ValType::F32)]), |function| {
        function.instructions().i32_const(0).i64_const(1).i64_store(wasm_encoder::MemArg {
            offset: 0,
            align: 0,
            target: wasm_encoder::MemArgTarget::Memory(0),
            ordering: None,
        });
    })
}

fn one_function(function: &mut Function, body: impl FnOnce(&mut Function)) -> Vec<u8> {
    body(function);
    function.instructions().end();
    let mut types = TypeSection::new();
    types.ty().function([], []);
    let mut functions = FunctionSection::new();
    functions.function(0);
    let mut memories = MemorySection::new();
    memories.memory(MemoryType {
        minimum: 1,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    let mut code = CodeSection::new();
    code.function(function);
    let mut module = Module::new();
    module.section(&types).section(&functions).section(&memories).section(&code);
    module.finish()
}

#[test]
fn locals_at_the_limit_are_refused_not_wrapped() {
    // The lookup of an `i64.store` takes two `i32` and one `i64`, metering another one.
    let most = limits::MAX_FUNCTION_LOCALS - 4;
    assert!(instrument(&with_locals(most), Options::default()).is_ok());
    assert_eq!(
        refusal(&with_locals(most + 1)),
        Refusal::Limit {
            what: Limited::Locals { function: 0 },
            count: u64::from(limits::MAX_FUNCTION_LOCALS) + 1,
            limit: limits::MAX_FUNCTION_LOCALS.into(),
        }
    );
    assert!(matches!(refusal(&with_locals(limits::MAX_FUNCTION_LOCALS)), Refusal::Limit { .. }));
    assert!(matches!(refusal(&with_locals(u32::MAX)), Refusal::Invalid { .. }));
}

#[test]
fn a_function_that_grows_too_large_is_refused() {
    let loads = |count: u32| {
        one_function(&mut Function::new([]), |function| {
            // Different addresses, so that no lookup can be left out.
            for address in 0..count {
                function.instructions().i32_const(address as i32).i32_load8_u(
                    wasm_encoder::MemArg {
                        offset: 0,
                        align: 0,
                        target: wasm_encoder::MemArgTarget::Memory(0),
                        ordering: None,
                    },
                );
                function.instructions().drop();
            }
        })
    };
    assert!(instrument(&loads(10_000), Options::default()).is_ok());
    let refusal = refusal(&loads(500_000));
    assert!(
        matches!(refusal, Refusal::Limit { what: Limited::BodyBytes { function: 0 }, .. }),
        "{refusal:?}"
    );
}

/// A module with a name section of these bytes.
fn with_names(names: &[u8]) -> Vec<u8> {
    let mut module = wasm(
        r#"(module (memory 1) (func (export "run") (param i32) (result i32)
        (i32.load (local.get 0))))"#,
    );
    // The text format's own names go first.
    assert!(!module.windows(4).any(|bytes| bytes == b"name"));
    let mut section = Vec::new();
    wasm_encoder::Encode::encode(
        &CustomSection { name: "name".into(), data: names.into() },
        &mut section,
    );
    module.push(0);
    module.extend(section);
    module
}

#[test]
fn names_that_do_not_decode_count_as_none() {
    for names in [
        &b"\x01\x05\x01\x00\x02\xff\xfe"[..], // not UTF-8
        b"\x01\x07\x02\x00\x01a\x00\x01b",    // twice the same function
        b"\x01\xff\xff\xff\xff\x0f",          // longer than the section
        b"\x01",
    ] {
        let instrumented = instrument(&with_names(names), Options::default()).unwrap();
        assert_eq!(instrumented.summary.names, NamesFound::Malformed, "{names:?}");
    }
    let none = instrument(&wasm("(module)"), Options::default()).unwrap();
    assert_eq!(none.summary.names, NamesFound::Missing);
    let mut guest = Guest::new(&with_names(b"\x01\xff"), Options::default());
    assert!(matches!(guest.call_i32("run", &[8]), Ended::Returned(_)));
}

#[test]
fn names_of_functions_that_do_not_exist_do_not_reach_the_output() {
    // Index 99, which one of the runtime's functions might get.
    let instrumented =
        instrument(&with_names(b"\x01\x07\x01\x63\x04@#@#"), Options::default()).unwrap();
    assert_eq!(instrumented.summary.names, NamesFound::Read);
    assert!(!instrumented.module.windows(4).any(|bytes| bytes == b"@#@#"));
}

#[test]
fn a_module_with_everything_off_is_still_judged() {
    let options = Options::default().meter(false).checks(Checks::Off);
    assert_eq!(
        instrument(&wasm("(module (memory i64 1))"), options).unwrap_err(),
        Refusal::Memory64
    );
}
