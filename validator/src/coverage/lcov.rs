//! LCOV's tracefile, as `genhtml` and the coverage views of editors and forges read it (geninfo(1)).

use super::{Coverage, FunctionCoverage, SourceTree};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Writes a tracefile. A file that is in `tree` has the path under which it is found there.
///
/// # Errors
/// If it cannot be written.
pub fn lcov(coverage: &Coverage, tree: &SourceTree, out: &mut impl Write) -> io::Result<()> {
    let mut sources = tree.reader();
    let mut functions: BTreeMap<usize, Vec<(u32, &FunctionCoverage)>> = BTreeMap::new();
    for function in &coverage.functions {
        if let (Some(file), Some(line)) = (function.file, function.line) {
            functions.entry(file).or_default().push((line, function));
        }
    }
    for (nth, file) in coverage.files.iter().enumerate() {
        let last = file.lines.last_key_value().map_or(0, |(line, _)| *line);
        let found = sources.read(&file.path, last).map(|found| found.path);
        writeln!(out, "TN:")?;
        writeln!(out, "SF:{}", OneLine(found.as_deref().unwrap_or(&file.path)))?;
        let mut of = functions.remove(&nth).unwrap_or_default();
        of.sort_by_key(|(line, function)| (*line, &function.name));
        for (line, function) in &of {
            writeln!(out, "FN:{line},{}", OneLine(&function.name))?;
        }
        for (_, function) in &of {
            writeln!(out, "FNDA:{},{}", function.hits, OneLine(&function.name))?;
        }
        writeln!(out, "FNF:{}", of.len())?;
        writeln!(out, "FNH:{}", of.iter().filter(|(_, function)| function.hits > 0).count())?;
        for (line, of) in &file.lines {
            writeln!(out, "DA:{line},{}", of.hits)?;
        }
        let part = file.part();
        writeln!(out, "LF:{}\nLH:{}\nend_of_record", part.all, part.hit)?;
    }
    out.flush()
}

/// Text in a record, which ends where the line does.
struct OneLine<'a>(&'a str);

impl std::fmt::Display for OneLine<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        use std::fmt::Write as _;
        self.0.chars().try_for_each(|c| {
            f.write_char(if crate::text::needs_escape(c) { '\u{fffd}' } else { c })
        })
    }
}
