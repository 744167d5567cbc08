//! The report for programs; its schema is `docs/schemas/coverage-1.json`.

use super::{Coverage, FileCoverage, FunctionCoverage, LineCoverage, Part};
use crate::size::MAX_INTEGER;
use serde::Serialize;
use std::io::{self, Write};

/// The `schema` member of a report.
pub const COVERAGE_SCHEMA: &str = "proofhouse.coverage/1";

#[derive(Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct Interpreter<'a> {
    id: &'a str,
    digest: &'a str,
}

#[derive(Serialize)]
struct Totals {
    functions: Part,
    edges: Part,
    #[serde(skip_serializing_if = "Option::is_none")]
    lines: Option<Part>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fields: Option<Part>,
}

#[derive(Serialize)]
struct Function<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    hits: u64,
    edges: Part,
    lines: Part,
}

#[derive(Serialize)]
struct File<'a> {
    path: &'a str,
    lines: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    line: u32,
    hits: u64,
    blocks: Part,
}

/// Writes the report.
///
/// # Errors
/// If it cannot be written.
pub fn json(coverage: &Coverage, out: &mut impl Write) -> io::Result<()> {
    let some = |part: Part| (part.all > 0).then_some(part);
    let tool = Tool { name: "proofhouse", version: env!("CARGO_PKG_VERSION") };
    let interpreter = Interpreter { id: &coverage.interpreter, digest: &coverage.digest };
    let totals = Totals {
        functions: coverage.entered,
        edges: coverage.edges,
        lines: some(coverage.lines),
        fields: some(coverage.fields()),
    };
    write!(out, "{{")?;
    member(out, "schema", &COVERAGE_SCHEMA)?;
    member(out, "tool", &tool)?;
    member(out, "interpreter", &interpreter)?;
    member(out, "events", &coverage.events)?;
    member(out, "totals", &totals)?;
    list(out, "contents", &coverage.contents)?;
    writeln!(out, ",")?;
    list(out, "functions", coverage.functions.iter().map(|f| function(coverage, f)))?;
    writeln!(out, ",")?;
    list(out, "files", coverage.files.iter().map(file))?;
    writeln!(out, "}}")?;
    out.flush()
}

/// A member on a line of its own.
fn member(out: &mut impl Write, name: &str, value: &impl Serialize) -> io::Result<()> {
    write!(out, "\"{name}\":")?;
    serde_json::to_writer(&mut *out, value)?;
    writeln!(out, ",")
}

/// A list with a line for each item.
fn list<T: Serialize>(
    out: &mut impl Write,
    name: &str,
    items: impl IntoIterator<Item = T>,
) -> io::Result<()> {
    write!(out, "\"{name}\":[")?;
    for (nth, item) in items.into_iter().enumerate() {
        writeln!(out, "{}", if nth == 0 { "" } else { "," })?;
        serde_json::to_writer(&mut *out, &item)?;
    }
    write!(out, "\n]")
}

fn function<'a>(coverage: &'a Coverage, function: &'a FunctionCoverage) -> Function<'a> {
    let FunctionCoverage { name, line, hits, edges, lines, .. } = function;
    let (hits, file) = (hits.min(&MAX_INTEGER), coverage.file_of(function));
    Function { name, file, line: *line, hits: *hits, edges: *edges, lines: *lines }
}

fn file(file: &FileCoverage) -> File<'_> {
    let line = |(line, of): (&u32, &LineCoverage)| Row {
        line: *line,
        hits: of.hits.min(MAX_INTEGER),
        blocks: of.blocks,
    };
    File { path: &file.path, lines: file.lines.iter().map(line).collect() }
}
