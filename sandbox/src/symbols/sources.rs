//! All points of a coverage map at once: their functions, and the lines of their blocks.
//!
//! Like `locations`, this runs in a child wherever the module is not known.

use super::dwarf::{self, Slice};
use super::names::Names;
use super::readable::{cut, readable};
use crate::instrument::{CoveragePoint, PointKind};
use crate::limits::MAX_SOURCE_ROWS;
use crate::num::{u64_of, usize_of};
use crate::sources::{PointPlace, SourceFunction, SourceLine, Sources};
use addr2line::Context;
use std::collections::HashMap;
use std::hash::Hash;
use std::ops::Range;
use wasmparser::{ExternalKind, Parser, Payload};

/// The places of all points, which are in the order of the code. With `lines` the debug information is
/// read; what it does not tell is told by the module's own names.
pub(crate) fn sources(wasm: &[u8], points: &[CoveragePoint], lines: bool) -> Sources {
    let module = Module::read(wasm);
    let sections = dwarf::Sections::read(wasm);
    let context = lines.then(|| sections.context()).flatten();
    let names = Names::read(wasm, module.functions);
    let mut reader = Reader {
        context: context.as_ref(),
        code_offset: sections.code_offset(),
        names,
        exports: module.exports,
        tables: Tables::default(),
        rows: 0,
    };
    let mut rest = points;
    for (index, range) in module.bodies {
        let here = rest.partition_point(|point| u64::from(point.offset) < range.end);
        let (inside, behind) = rest.split_at_checked(here).unwrap_or_default();
        reader.function(index, inside, range.end);
        rest = behind;
    }
    reader.tables.finish()
}

/// Functions of a module: index, and where the body is.
struct Module<'m> {
    /// How many there are, imported ones included.
    functions: u32,
    bodies: Vec<(u32, Range<u64>)>,
    /// Names of exported functions, by index.
    exports: HashMap<u32, &'m str>,
}

impl<'m> Module<'m> {
    fn read(wasm: &'m [u8]) -> Self {
        let mut next = 0u32;
        let mut bodies = Vec::new();
        let mut exports = HashMap::new();
        for payload in Parser::new(0).parse_all(wasm).map_while(Result::ok) {
            match payload {
                Payload::ImportSection(imports) => {
                    let imports = imports.into_imports().map_while(Result::ok);
                    let functions = imports.filter(|import| {
                        matches!(
                            import.ty,
                            wasmparser::TypeRef::Func(_) | wasmparser::TypeRef::FuncExact(_)
                        )
                    });
                    next = u32::try_from(functions.count()).unwrap_or(u32::MAX);
                }
                Payload::ExportSection(section) => {
                    let functions = section.into_iter().map_while(Result::ok);
                    let functions = functions.filter(|export| export.kind == ExternalKind::Func);
                    // Of several names it is the first.
                    for export in functions {
                        exports.entry(export.index).or_insert(export.name);
                    }
                }
                Payload::CodeSectionEntry(body) => {
                    bodies.push((next, body.range()));
                    next = next.saturating_add(1);
                }
                _ => {}
            }
        }
        Self { functions: next, bodies, exports }
    }
}

struct Reader<'c, 'w> {
    context: Option<&'c Context<Slice<'w>>>,
    code_offset: u64,
    names: Names,
    exports: HashMap<u32, &'w str>,
    tables: Tables,
    /// Rows of line tables that were looked at.
    rows: usize,
}

/// What the debug information says of one place.
struct Frame {
    function: Option<String>,
    file: Option<String>,
}

impl Reader<'_, '_> {
    /// The points of one function of the module, whose body ends at `end`.
    fn function(&mut self, index: u32, points: &[CoveragePoint], end: u64) {
        let mut blocks = points.iter().filter(|point| point.kind == PointKind::Block).skip(1);
        for point in points {
            let start = u64::from(point.offset);
            let lines = if point.kind == PointKind::Block {
                let next = blocks.next().map_or(end, |next| next.offset.into());
                self.lines(index, start..next)
            } else {
                Vec::new()
            };
            let of_first = lines.first().and_then(|line| self.tables.function_of(*line));
            let function = of_first.unwrap_or_else(|| {
                let frame = self.frame(start);
                self.function_at(index, frame)
            });
            self.tables.points.push(PointPlace { function, lines });
        }
    }

    /// The lines with code in a range.
    fn lines(&mut self, index: u32, range: Range<u64>) -> Vec<u32> {
        let Some(context) = self.context else { return Vec::new() };
        let address = |offset: u64| offset.checked_sub(self.code_offset);
        let (Some(start), Some(end)) = (address(range.start), address(range.end)) else {
            return Vec::new();
        };
        let mut lines = Vec::new();
        let Ok(rows) = context.find_location_range(start, end) else { return lines };
        for (row, _, location) in rows {
            self.rows = self.rows.saturating_add(1);
            if self.rows > MAX_SOURCE_ROWS {
                break;
            }
            let (Some(file), Some(line)) = (location.file, location.line.filter(|line| *line > 0))
            else {
                continue;
            };
            // A row may begin before the range.
            let frame = self.frame(row.max(start).saturating_add(self.code_offset));
            let function = self.function_at(index, frame);
            let file = self.tables.file(cut(file));
            let line = self.tables.line(SourceLine { file, line, function });
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
        lines
    }

    /// The innermost function at an offset of the module.
    fn frame(&self, offset: u64) -> Option<Frame> {
        let address = offset.checked_sub(self.code_offset)?;
        let mut frames = self.context?.find_frames(address).skip_all_loads().ok()?;
        let frame = frames.next().ok()??;
        let function = frame
            .function
            .and_then(|function| function.raw_name().ok().map(|name| readable(&name)));
        let file = frame.location.and_then(|place| place.file).map(|file| cut(file).to_owned());
        Some(Frame { function, file })
    }

    fn function_at(&mut self, index: u32, frame: Option<Frame>) -> u32 {
        let (name, file) = match frame {
            Some(Frame { function: Some(name), file }) => (name, file),
            Some(Frame { function: None, file }) => (self.name(index), file),
            None => (self.name(index), None),
        };
        let file = file.map(|file| self.tables.file(&file));
        self.tables.function(SourceFunction { name, file })
    }

    fn name(&self, index: u32) -> String {
        let exported = || self.exports.get(&index).map(|name| readable(name));
        let name = self.names.of(index).or_else(exported);
        name.unwrap_or_else(|| format!("wasm-function[{index}]"))
    }
}

/// Everything once, and which number it has.
#[derive(Default)]
struct Tables {
    files: Numbered<String>,
    functions: Numbered<(String, Option<u32>)>,
    lines: Numbered<SourceLine>,
    points: Vec<PointPlace>,
}

impl Tables {
    fn file(&mut self, file: &str) -> u32 {
        // Compilers write the directory that they ran in before the path, and that may be `.`.
        let file = file.trim_start_matches("./");
        self.files.number(file.to_owned())
    }

    fn function(&mut self, function: SourceFunction) -> u32 {
        self.functions.number((function.name, function.file))
    }

    fn line(&mut self, line: SourceLine) -> u32 {
        self.lines.number(line)
    }

    fn function_of(&self, line: u32) -> Option<u32> {
        self.lines.list.get(usize_of(line)).map(|line| line.function)
    }

    fn finish(self) -> Sources {
        let functions = self.functions.list.into_iter();
        Sources {
            files: self.files.list,
            functions: functions.map(|(name, file)| SourceFunction { name, file }).collect(),
            lines: self.lines.list,
            points: self.points,
        }
    }
}

/// Distinct values, numbered in the order in which they came.
struct Numbered<T> {
    list: Vec<T>,
    numbers: HashMap<T, u32>,
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self { list: Vec::new(), numbers: HashMap::new() }
    }
}

impl<T: Clone + Eq + Hash> Numbered<T> {
    fn number(&mut self, value: T) -> u32 {
        if let Some(number) = self.numbers.get(&value) {
            return *number;
        }
        let number = u32::try_from(u64_of(self.list.len())).unwrap_or(u32::MAX);
        self.list.push(value.clone());
        self.numbers.insert(value, number);
        number
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
    use super::*;

    #[test]
    fn a_function_has_the_first_of_its_exported_names() {
        let text =
            r#"(module (func (export "first") (export "second")) (export "third" (func 0)))"#;
        let wasm = wat::parse_str(text).unwrap();
        assert_eq!(Module::read(&wasm).exports, HashMap::from([(0, "first")]));
    }
}
