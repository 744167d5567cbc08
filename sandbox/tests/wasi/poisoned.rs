//! Pointers into a block that was freed: each function that reads or writes there is stopped, by name.

use crate::common::{open, run_job, small_limits, wasm};
use proofhouse_sandbox::{Job, MemoryAccess, MemoryErrorKind, Outcome};

/// A pointer to memory that may be used, for numbers that are wanted.
const INSIDE: &str = "(i32.const 20100)";
/// Two lists of one buffer, of which the first is whole and the second's is poisoned.
const VECTOR: &str = "(i32.const 20000)";
const POISONED_VECTOR: &str = "(i32.const 20200)";
/// `content`, as a path.
const PATH: &str = "(i32.const 20300)";
/// The poisoned pointer.
const POISON: &str = "(global.get $freed)";

/// Function, types of its parameters (`i` of 32 bits, `I` of 64), arguments, what is done.
type Row = (&'static str, &'static str, &'static [&'static str], MemoryAccess);

const ZERO: &str = "(i32.const 0)";
const ONE: &str = "(i32.const 1)";
const ROOT: &str = "(i32.const 3)";
const SEVEN: &str = "(i32.const 7)";
const MANY: &str = "(i32.const 64)";
const LONG: &str = "(i64.const 0)";

const ROWS: &[Row] = {
    use MemoryAccess::{Read, Write};
    &[
        ("fd_write", "iiii", &[ONE, POISON, ONE, INSIDE], Read),
        ("fd_write", "iiii", &[ONE, POISONED_VECTOR, ONE, INSIDE], Read),
        ("fd_write", "iiii", &[ONE, VECTOR, ONE, POISON], Write),
        ("fd_read", "iiii", &[ZERO, POISON, ONE, INSIDE], Read),
        ("fd_read", "iiii", &[ZERO, POISONED_VECTOR, ONE, INSIDE], Write),
        ("fd_read", "iiii", &[ZERO, VECTOR, ONE, POISON], Write),
        ("random_get", "ii", &[POISON, SEVEN], Write),
        ("clock_time_get", "iIi", &[ZERO, LONG, POISON], Write),
        ("clock_res_get", "ii", &[ZERO, POISON], Write),
        ("args_sizes_get", "ii", &[POISON, INSIDE], Write),
        ("args_sizes_get", "ii", &[INSIDE, POISON], Write),
        ("args_get", "ii", &[POISON, INSIDE], Write),
        ("args_get", "ii", &[INSIDE, POISON], Write),
        ("environ_sizes_get", "ii", &[POISON, INSIDE], Write),
        ("environ_sizes_get", "ii", &[INSIDE, POISON], Write),
        ("fd_prestat_get", "ii", &[ROOT, POISON], Write),
        ("fd_prestat_dir_name", "iii", &[ROOT, POISON, ONE], Write),
        ("fd_fdstat_get", "ii", &[ZERO, POISON], Write),
        ("fd_filestat_get", "ii", &[ROOT, POISON], Write),
        ("fd_readdir", "iiiIi", &[ROOT, POISON, MANY, LONG, INSIDE], Write),
        ("fd_readdir", "iiiIi", &[ROOT, INSIDE, MANY, LONG, POISON], Write),
        (
            "path_open",
            "iiiiiIIii",
            &[ROOT, ZERO, POISON, SEVEN, ZERO, LONG, LONG, ZERO, INSIDE],
            Read,
        ),
        (
            "path_open",
            "iiiiiIIii",
            &[ROOT, ZERO, PATH, SEVEN, ZERO, LONG, LONG, ZERO, POISON],
            Write,
        ),
        ("path_filestat_get", "iiiii", &[ROOT, ZERO, POISON, SEVEN, INSIDE], Read),
        ("path_filestat_get", "iiiii", &[ROOT, ZERO, PATH, SEVEN, POISON], Write),
    ]
};

fn text(name: &str, types: &str, arguments: &[&str]) -> String {
    let types: Vec<_> = types.chars().map(|ty| if ty == 'i' { "i32" } else { "i64" }).collect();
    format!(
        r#"(module
        (import "wasi_snapshot_preview1" "{name}" (func $function (param {}) (result i32)))
        (memory (export "memory") 2)
        (data (i32.const 20000) "\00\52\00\00\04\00\00\00") (data (i32.const 20300) "content")
        (global $freed (mut i32) (i32.const 0))
        (func $malloc (param i32) (result i32) (i32.const 30000))
        (func $free (param i32))
        (func (export "_start")
            (global.set $freed (call $malloc (i32.const 64)))
            (i32.store (i32.const 20200) (global.get $freed))
            (i32.store (i32.const 20204) (i32.const 4))
            (call $free (global.get $freed))
            (drop (call $function {}))))"#,
        types.join(" "),
        arguments.join(" ")
    )
}

#[test]
fn memory_that_was_freed_is_not_for_the_host() {
    for (name, types, arguments, access) in ROWS {
        let interpreter = open(&wasm(&text(name, types, arguments))).unwrap();
        let run = run_job(
            &interpreter,
            &Job {
                content: b"some content",
                events: &[],
                limits: &small_limits(),
                configuration: None,
                arguments: &["guest".to_owned()],
            },
        );
        match &run.outcome {
            Outcome::Trapped { memory: Some(memory), .. } => {
                assert_eq!(
                    (memory.error, memory.access, memory.function),
                    (MemoryErrorKind::HeapUseAfterFree, *access, Some(*name)),
                    "{arguments:?}"
                );
            }
            other => panic!("{name} {arguments:?}: {other:?}"),
        }
    }
}
