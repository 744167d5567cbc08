//! Function bodies of a shape that costs a compiler more than their size says: nesting without end,
//! branch tables, many values alive at once. They compile all the same, in the child.

use crate::common::{reactor, run, wasm};
use crate::place::{child_compiler, open};
use proofhouse_sandbox::{Interpreter, OpenError, Outcome, Unusable};
use std::fmt::Write;

pub(crate) const TESTS: &[(&str, fn())] = &[
    ("blocks_nested_very_deeply", blocks_nested_very_deeply),
    ("an_expression_nested_very_deeply", an_expression_nested_very_deeply),
    ("a_branch_table_with_very_many_targets", a_branch_table_with_very_many_targets),
    ("a_branch_table_over_the_compilers_limit", a_branch_table_over_the_compilers_limit),
    ("loops_with_very_many_live_values", loops_with_very_many_live_values),
];

fn compile(load: &str) -> Result<Interpreter, OpenError> {
    let memory = r#"(memory (export "memory") 1)"#;
    open(&wasm(&reactor(memory, load, "(i32.const 0)")), child_compiler(), None)
}

fn works(load: &str) {
    let interpreter = compile(load).unwrap_or_else(|error| panic!("{error:?}"));
    assert_eq!(run(&interpreter, b"content", &[]).outcome, Outcome::Accepted);
}

fn blocks_nested_very_deeply() {
    let depth = 50_000;
    works(&format!("{} {} i32.const 0", "block ".repeat(depth), "end ".repeat(depth)));
}

fn an_expression_nested_very_deeply() {
    let depth = 100_000;
    let pushes = "local.get 0 ".repeat(depth);
    let sums = "i32.xor ".repeat(depth - 1);
    works(&format!("{pushes} {sums} drop i32.const 0"));
}

/// A table whose targets are a thousand blocks, each of them that often.
fn branch_table(times: usize) -> String {
    let depth = 1_000;
    let targets: String = (0..depth).fold(String::new(), |mut text, i| {
        write!(text, "{i} ").unwrap();
        text
    });
    let (blocks, ends) = ("block ".repeat(depth), "end ".repeat(depth));
    format!("{blocks} local.get 1 br_table {} {ends} i32.const 0", targets.repeat(times))
}

fn a_branch_table_with_very_many_targets() {
    works(&branch_table(50));
}

fn a_branch_table_over_the_compilers_limit() {
    let error = compile(&branch_table(100)).err().unwrap();
    assert!(
        matches!(error.outcome, Outcome::Unusable { reason: Unusable::Invalid { .. } }),
        "{error:?}"
    );
}

fn loops_with_very_many_live_values() {
    let locals = 500;
    let declared = "i64 ".repeat(locals);
    let rotate: String = (0..locals).fold(String::new(), |mut text, i| {
        let next = 2 + (i + 1) % locals;
        write!(text, "local.get {next} i64.const 1 i64.add local.set {} ", i + 2).unwrap();
        text
    });
    let depth = 30;
    let loops = format!("loop {rotate} ").repeat(depth);
    works(&format!("(local {declared}) {loops} {} i32.const 0", "end ".repeat(depth)));
}
