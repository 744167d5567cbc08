//! The report for programs; its schema is `docs/schemas/coverage-1.json`.

use super::{ContentCoverage, Coverage, FileCoverage, FunctionCoverage, LineCoverage, Part};
use crate::size::MAX_INTEGER;
use serde::Serialize;
use std::io::{self, Write};

/// The `schema` member of a report.
pub const COVERAGE_SCHEMA: &str = "proofhouse.coverage/1";

#[derive(Serialize)]
struct Report<'a> {
    schema: &'static str,
    tool: Tool,
    interpreter: Interpreter<'a>,
    events: usize,
    totals: Totals,
    contents: &'a [ContentCoverage],
    functions: Vec<Function<'a>>,
    files: Vec<File<'a>>,
}

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
    lines: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
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
    let report = Report {
        schema: COVERAGE_SCHEMA,
        tool: Tool { name: "proofhouse", version: env!("CARGO_PKG_VERSION") },
        interpreter: Interpreter { id: &coverage.interpreter, digest: &coverage.digest },
        events: coverage.events,
        totals: Totals {
            functions: coverage.entered,
            edges: coverage.edges,
            lines: some(coverage.lines),
            fields: some(coverage.fields()),
        },
        contents: &coverage.contents,
        functions: coverage.functions.iter().map(|f| function(coverage, f)).collect(),
        files: coverage.files.iter().map(file).collect(),
    };
    serde_json::to_writer(&mut *out, &report)?;
    writeln!(out)?;
    out.flush()
}

fn function<'a>(coverage: &'a Coverage, function: &'a FunctionCoverage) -> Function<'a> {
    let FunctionCoverage { name, line, hits, edges, lines, .. } = function;
    let (hits, file) = (hits.min(&MAX_INTEGER), coverage.file_of(function));
    Function { name, file, line: *line, hits: *hits, edges: *edges, lines: *lines }
}

fn file(file: &FileCoverage) -> File<'_> {
    let line = |(line, of): (&u32, &LineCoverage)| Line {
        line: *line,
        hits: of.hits.min(MAX_INTEGER),
        blocks: of.blocks,
    };
    File { path: &file.path, lines: file.lines.iter().map(line).collect() }
}
