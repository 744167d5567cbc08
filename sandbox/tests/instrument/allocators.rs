//! Which allocators are recognised, and which are left alone.

use proofhouse_sandbox::instrument::{
    Checks, Family, Heap, HeapFound, HeapOff, Options, instrument,
};
use wasm_encoder::{
    CodeSection, ExportKind, ExportSection, Function, FunctionSection, MemorySection, MemoryType,
    Module, NameMap, NameSection, TypeSection, ValType,
};

use super::guest::{Ended, Guest, guest, wasm};

fn heap_of(text: &str) -> HeapFound {
    instrument(&wasm(text), Options::default()).unwrap().summary.heap.unwrap()
}

fn off(reason: HeapOff) -> HeapFound {
    HeapFound::Off { reason }
}

fn replaced(family: Family, functions: &[&str]) -> HeapFound {
    let functions = functions.iter().map(|name| (*name).to_owned()).collect();
    HeapFound::Replaced { family, functions }
}

/// Functions with these names and types, each with an empty body that traps.
fn module(functions: &[(&str, &str)]) -> String {
    let functions: Vec<_> = functions
        .iter()
        .map(|(name, ty)| format!("(func (@name \"{name}\") {ty} unreachable)"))
        .collect();
    format!("(module (memory 1) {})", functions.concat())
}

const MALLOC: &str = "(param i32) (result i32)";
const FREE: &str = "(param i32)";
const TWO: &str = "(param i32 i32) (result i32)";
const THREE: &str = "(param i32 i32 i32) (result i32)";
const FOUR: &str = "(param i32 i32 i32 i32) (result i32)";
const DEALLOC: &str = "(param i32 i32 i32)";

#[test]
fn families_are_known_by_their_names() {
    use Family::{Dlmalloc, Emscripten, Libc, Rust, Zig};
    for (family, functions) in [
        (Libc, vec![("malloc", MALLOC), ("free", FREE)]),
        (Libc, vec![("malloc", MALLOC)]),
        (
            Libc,
            vec![
                ("malloc", MALLOC),
                ("dlmalloc", MALLOC),
                ("free", FREE),
                ("dlfree", FREE),
                ("calloc", TWO),
                ("realloc", TWO),
                ("posix_memalign", THREE),
                ("aligned_alloc", TWO),
                ("malloc_usable_size", MALLOC),
                ("reallocarray", THREE),
            ],
        ),
        (Libc, vec![("__libc_malloc", MALLOC), ("__libc_free", FREE), ("__libc_memalign", TWO)]),
        (Dlmalloc, vec![("dlmalloc", MALLOC), ("dlfree", FREE), ("dlmemalign", TWO)]),
        (Dlmalloc, vec![("dlmalloc", MALLOC), ("dlmalloc_usable_size", MALLOC)]),
        (
            Emscripten,
            vec![("emscripten_builtin_malloc", MALLOC), ("emscripten_builtin_free", FREE)],
        ),
        (Emscripten, vec![("emscripten_builtin_malloc", MALLOC), ("free", FREE)]),
        (Zig, vec![("c.malloc.malloc", MALLOC), ("c.malloc.free", FREE)]),
        (Zig, vec![("malloc", MALLOC), ("c.malloc.free", FREE)]),
        (
            Rust,
            vec![
                ("__rust_alloc", TWO),
                ("__rust_dealloc", DEALLOC),
                ("__rust_realloc", FOUR),
                ("__rust_alloc_zeroed", TWO),
                ("__rdl_alloc", TWO),
                ("__rg_dealloc", DEALLOC),
            ],
        ),
        (Rust, vec![("__rustc::__rust_alloc", TWO), ("__rustc::__rust_dealloc", DEALLOC)]),
    ] {
        let names: Vec<_> = functions.iter().map(|function| function.0).collect();
        assert_eq!(heap_of(&module(&functions)), replaced(family, &names));
    }
    let mangled = [
        ("_RNvCsfLfy6EI15iL_7___rustc12___rust_alloc", TWO),
        ("_RNvCsfLfy6EI15iL_7___rustc14___rust_dealloc", DEALLOC),
    ];
    let readable = ["__rustc::__rust_alloc", "__rustc::__rust_dealloc"];
    assert_eq!(heap_of(&module(&mangled)), replaced(Rust, &readable));
}

#[test]
fn half_an_allocator_is_none() {
    for (functions, reason) in [
        (vec![("other", FREE)], HeapOff::NoAllocator),
        (vec![("free", FREE)], HeapOff::NoMalloc),
        (vec![("realloc", TWO), ("free", FREE)], HeapOff::NoMalloc),
        (vec![("malloc_usable_size", MALLOC)], HeapOff::NoAllocator),
    ] {
        assert_eq!(heap_of(&module(&functions)), off(reason), "{functions:?}");
    }
    let function = 2;
    for (name, ty, call) in [
        ("internal_memalign", TWO, "(drop (call 3 (i32.const 1) (i32.const 1)))"),
        ("dispose_chunk", "(param i32 i32)", "(call 3 (i32.const 1) (i32.const 1))"),
        ("dlvalloc", MALLOC, "(drop (call 3 (i32.const 1)))"),
        (
            "_ZN8dlmalloc8dlmalloc17Dlmalloc$LT$A$GT$6malloc17h0123456789abcdefE",
            MALLOC,
            "(drop (call 3 (i32.const 1)))",
        ),
    ] {
        let with = |caller: &str| {
            let functions = [("malloc", MALLOC), ("free", FREE)];
            let text = module(&functions);
            let text = text.strip_suffix(')').unwrap();
            let body = call;
            heap_of(&format!(
                "{text} (func (@name \"{caller}\") (param i32 i32) (result i32) {body} unreachable)
                 (func (@name \"{name}\") {ty} unreachable))"
            ))
        };
        assert_eq!(with("helper"), off(HeapOff::OtherWayIn { function }), "{name}");
        assert_eq!(with("calloc"), replaced(Family::Libc, &["malloc", "free", "calloc"]), "{name}");
        assert_eq!(with("internal_realloc"), replaced(Family::Libc, &["malloc", "free"]), "{name}");
    }
}

#[test]
fn names_that_lie_are_not_believed() {
    for (name, ty) in [
        ("malloc", "(param i64) (result i32)"),
        ("malloc", "(param i32) (result i64)"),
        ("malloc", "(param i32 i32) (result i32)"),
        ("malloc", "(param i32)"),
        ("malloc", "(result i32)"),
        ("malloc", "(param i32) (result i32 i32)"),
        ("malloc", "(param f32) (result i32)"),
        ("calloc", MALLOC),
        ("realloc", THREE),
        ("dlmalloc_usable_size", FREE),
    ] {
        let others = [("emscripten_builtin_malloc", MALLOC), ("free", FREE)];
        let functions: Vec<_> = others.into_iter().chain([(name, ty)]).collect();
        let name = name.to_owned();
        assert_eq!(heap_of(&module(&functions)), off(HeapOff::WrongType { name }), "{ty}");
    }
}

/// Linkers that optimise take parameters away.
#[test]
fn rusts_function_of_another_type_stands_on_cs_or_turns_it_off() {
    let changed = ("__rust_alloc_zeroed", MALLOC);
    let on_c = module(&[("malloc", MALLOC), ("free", FREE), changed]);
    assert_eq!(heap_of(&on_c), replaced(Family::Libc, &["malloc", "free"]));
    let name = changed.0.to_owned();
    for half in [("malloc", MALLOC), ("free", FREE)] {
        let without = module(&[half, ("__rust_dealloc", "(param i32 i32 i32)"), changed]);
        assert_eq!(heap_of(&without), off(HeapOff::WrongType { name: name.clone() }));
    }
    let text = module(&[("malloc", MALLOC), ("free", FREE)]);
    let text = text.strip_suffix(')').unwrap();
    let past_c = format!(
        "{text} (func (@name \"__rust_alloc_zeroed\") (param i32) (result i32) (call $inside) i32.const 0)
         (func $inside (@name \"sys_alloc\")))"
    );
    assert_eq!(heap_of(&past_c), off(HeapOff::OtherWayIn { function: 2 }));
}

#[test]
fn imported_ambiguous_and_tail_calling_functions_turn_it_off() {
    let name = "malloc".to_owned();
    let imported = r#"(module (import "env" "m" (func $malloc (param i32) (result i32))) (memory 1)
        (func $free (param i32)))"#;
    assert_eq!(heap_of(imported), off(HeapOff::Imported { name: name.clone() }));
    let twice = module(&[("malloc", MALLOC), ("free", FREE), ("malloc", MALLOC)]);
    assert_eq!(heap_of(&twice), off(HeapOff::Ambiguous { name: name.clone() }));
    let tail = "(module (memory 1) (func $free (param i32))
        (func $malloc (param i32) (result i32) (return_call $malloc (local.get 0))))";
    assert_eq!(heap_of(tail), off(HeapOff::TailCall { name }));
    assert_eq!(instrument(&wasm("(module)"), Options::default()).unwrap().summary.heap, None);
}

#[test]
fn it_can_be_turned_off() {
    let module = wasm(&module(&[("malloc", MALLOC), ("free", FREE)]));
    let found = instrument(&module, Options::default().heap(Heap::Off)).unwrap().summary;
    assert_eq!(found.heap, Some(off(HeapOff::NotAsked)));
    let found = instrument(&module, Options::default().checks(Checks::Off)).unwrap().summary;
    assert_eq!(found.heap, None);
}

/// A module without names, whose functions 0 and 1 are these: and then others.
fn stripped(malloc: &str, free: &str, others: &str) -> String {
    format!(
        "(module (memory 1)
            (func {malloc} (param i32) (result i32) (memory.grow (local.get 0)))
            (func {free} (param i32)) {others})"
    )
}

const MALLOC_EXPORT: &str = "(export \"malloc\")";
const FREE_EXPORT: &str = "(export \"free\")";
/// Name sections: of the module only, without anything, and of functions 0 and 1.
const MODULE_NAME: &str = r#"(@custom "name" "\00\06\05guest")"#;
const EMPTY_NAMES: &str = r#"(@custom "name" "")"#;
const BOTH_NAMES: &str = r#"(@custom "name" "\01\0f\02\00\06malloc\01\04free")"#;

#[test]
fn exports_are_enough_where_they_name_every_function() {
    let both = replaced(Family::Libc, &["malloc", "free"]);
    assert_eq!(heap_of(&stripped(MALLOC_EXPORT, FREE_EXPORT, "")), both);
    assert_eq!(heap_of(&stripped(MALLOC_EXPORT, FREE_EXPORT, MODULE_NAME)), both);
    // What is empty is no part of an allocator.
    let malloc = replaced(Family::Libc, &["malloc"]);
    assert_eq!(heap_of(&stripped(MALLOC_EXPORT, "", "")), malloc);
    assert_eq!(heap_of(&stripped("", "", "")), off(HeapOff::NoNames));
    assert_eq!(heap_of(&stripped("", "", MODULE_NAME)), off(HeapOff::NoNames));
}

#[test]
fn a_function_without_a_name_may_be_a_part_of_it() {
    let function = 2;
    // `realloc`, which reads the size before a block, and `calloc`, which calls `malloc`.
    for (other, is_suspect) in [
        ("(func (param i32) (result i32) (i32.load (i32.sub (local.get 0) (i32.const 4))))", true),
        ("(func (param i32) (result i32) (call 0 (local.get 0)))", true),
        ("(func (param i32) (result i32) (memory.grow (local.get 0)))", true),
        ("(func (param i32) (memory.fill (local.get 0) (i32.const 0) (i32.const 8)))", true),
        ("(func (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))", false),
        ("(func (export \"calloc\") (param i32 i32) (result i32) (call 0 (local.get 0)))", false),
        ("(func (export \"use\") (param i32) (result i32) (i32.load (local.get 0)))", false),
    ] {
        for names in ["", MODULE_NAME, EMPTY_NAMES, BOTH_NAMES] {
            let text = stripped(MALLOC_EXPORT, FREE_EXPORT, &format!("{other} {names}"));
            let found = heap_of(&text);
            match (is_suspect, names) {
                (true, BOTH_NAMES) => {
                    assert_eq!(found, off(HeapOff::Nameless { function }), "{other}");
                }
                (true, _) => assert_eq!(found, off(HeapOff::NoNames), "{other} {names}"),
                (false, _) => assert!(matches!(found, HeapFound::Replaced { .. }), "{other}"),
            }
        }
    }
}

/// Were half of its allocator replaced, `realloc`, which has no name, would look before a block for a size
/// that is not there.
#[test]
fn a_module_that_names_half_its_allocator_runs_as_it_is() {
    for names in ["", MODULE_NAME, BOTH_NAMES] {
        let text = format!(
            r#"(module (memory (export "memory") 1) (global (mut i32) (i32.const 4096)) {names}
                (func (export "malloc") (param i32) (result i32)
                    (i32.store (global.get 0) (local.get 0))
                    (global.set 0 (i32.add (global.get 0) (i32.const 64)))
                    (i32.sub (global.get 0) (i32.const 48)))
                (func (export "free") (param i32))
                (func (param i32 i32) (result i32) (local i32)
                    (local.set 2 (call 0 (local.get 1)))
                    (memory.copy (local.get 2) (local.get 0)
                        (i32.load (i32.sub (local.get 0) (i32.const 16))))
                    (call 1 (local.get 0))
                    (local.get 2))
                (func (export "run") (result i32)
                    (i32.load (call 2 (call 0 (i32.const 8)) (i32.const 16)))))"#
        );
        for checks in [Checks::Off, Checks::Fast, Checks::Exact] {
            let mut guest = guest(&text, Options::default().checks(checks));
            assert_eq!(guest.run("run", &[]), 0);
        }
    }
}

#[test]
fn a_wrapper_that_bears_another_name_is_left_alone() {
    let text = r#"(module (memory (export "memory") 1)
        (global $calls (export "calls") (mut i32) (i32.const 0))
        (func $malloc (param i32) (result i32) unreachable)
        (func $free (param i32) unreachable)
        (func $malloc.command_export (export "malloc") (param i32) (result i32)
            (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
            (call $malloc (local.get 0))))"#;
    assert_eq!(heap_of(text), replaced(Family::Libc, &["malloc", "free"]));
    let mut guest = guest(text, Options::default());
    let at = guest.run("malloc", &[10]);
    assert_eq!(guest.block(at).unwrap().size, 10);
    assert_eq!(guest.value("calls"), 1);
}

#[test]
fn every_way_to_the_function_leads_to_the_stand_in() {
    let text = r#"(module (memory (export "memory") 1) (table (export "table") 2 funcref)
        (elem (i32.const 0) $malloc $free)
        (type $m (func (param i32) (result i32)))
        (func $malloc (export "malloc") (export "other") (type $m) unreachable)
        (func $free (param i32) unreachable)
        (func (export "indirect") (param i32) (result i32)
            (call_indirect (type $m) (local.get 0) (i32.const 0)))
        (func (export "direct") (param i32) (result i32) (call $malloc (local.get 0)))
        (func (export "tail") (param i32) (result i32) (return_call $malloc (local.get 0))))"#;
    let mut guest = guest(text, Options::default());
    for (name, number) in ["malloc", "other", "indirect", "direct", "tail"].into_iter().zip(1..) {
        let at = guest.run(name, &[10]);
        assert_eq!(guest.block(at).unwrap().allocation, number, "{name}");
    }
}

/// A module with `malloc` and `free`, the name section given as bytes.
fn with_name_section(names: &[u8]) -> Vec<u8> {
    let mut module = Module::new();
    let mut types = TypeSection::new();
    types.ty().function([ValType::I32], [ValType::I32]);
    types.ty().function([ValType::I32], []);
    let mut functions = FunctionSection::new();
    functions.function(0).function(1);
    let mut memories = MemorySection::new();
    memories.memory(MemoryType {
        minimum: 1,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    let mut exports = ExportSection::new();
    exports.export("malloc", ExportKind::Func, 0).export("free", ExportKind::Func, 1);
    let mut code = CodeSection::new();
    for _ in 0..2 {
        let mut function = Function::new([]);
        function.instructions().unreachable().end();
        code.function(&function);
    }
    module.section(&types).section(&functions).section(&memories).section(&exports).section(&code);
    let custom = wasm_encoder::CustomSection { name: "name".into(), data: names.into() };
    module.section(&custom);
    module.finish()
}

#[test]
fn a_name_section_that_does_not_decode_counts_as_none() {
    // Function names: one, of index 0, with two bytes that are no UTF-8.
    let bad = [1, 5, 1, 0, 2, 0xff, 0xfe];
    for names in [&bad[..], &bad[..4], &[1, 200]] {
        let module = with_name_section(names);
        let found = instrument(&module, Options::default()).unwrap().summary.heap.unwrap();
        assert_eq!(found, replaced(Family::Libc, &["malloc", "free"]));
    }
    // One that decodes and says something else counts more than the exports.
    let mut map = NameMap::new();
    map.append(0, "other");
    map.append(1, "another");
    // Names of functions that do not exist are nobody's.
    map.append(77, "calloc");
    let mut names = NameSection::new();
    names.functions(&map);
    let mut bytes = Vec::new();
    wasm_encoder::Encode::encode(&names, &mut bytes);
    // Behind the length and the name of the custom section.
    let module = with_name_section(&bytes[6..]);
    let mut guest = Guest::new(&module, Options::default());
    assert!(matches!(guest.call_i32("malloc", &[1]), Ended::Trapped(_)));
}
