//! Where in an interpreter's sources its counters count.
//!
//! A *function* is one of the sources: what a compiler inlined into another function still counts for the
//! function that it was written as. Where no debug information tells, functions are those of the module,
//! and there are no lines.

use crate::instrument::CoveragePoint;
use crate::symbols;
use serde::{Deserialize, Serialize};

/// Functions and lines, and which of them each point of a coverage map is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct Sources {
    /// Paths of files, as the debug information has them.
    pub files: Vec<String>,
    /// The functions.
    pub functions: Vec<SourceFunction>,
    /// The lines that have code, each once for each function that has code there.
    pub lines: Vec<SourceLine>,
    /// For each point of the map, in its order, where it is.
    pub points: Vec<PointPlace>,
}

/// A function of the sources, or of the module.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct SourceFunction {
    /// Its name, as people write it.
    pub name: String,
    /// Index of its file.
    pub file: Option<u32>,
}

/// A line that has code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, Serialize)]
pub struct SourceLine {
    /// Index of the file.
    pub file: u32,
    /// Its number, from 1.
    pub line: u32,
    /// Index of the function that the code belongs to.
    pub function: u32,
}

/// Where one point is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct PointPlace {
    /// Index of the function.
    pub function: u32,
    /// Indices of the lines with code in the point's basic block.
    pub lines: Vec<u32>,
}

impl Sources {
    /// Functions by their names in the module alone.
    pub(crate) fn without_lines(wasm: &[u8], points: &[CoveragePoint]) -> Self {
        symbols::sources(wasm, points, false)
    }

    /// Whether every index is one. What a child answers is not trusted more than what it read.
    pub(crate) fn is_consistent(&self, points: usize) -> bool {
        let in_list = |index: u32, length: usize| crate::num::usize_of(index) < length;
        let is_file = |file: u32| in_list(file, self.files.len());
        let is_function = |function: u32| in_list(function, self.functions.len());
        self.points.len() == points
            && self.functions.iter().all(|function| function.file.is_none_or(is_file))
            && self.lines.iter().all(|line| is_file(line.file) && is_function(line.function))
            && self.points.iter().all(|point| {
                is_function(point.function)
                    && point.lines.iter().all(|line| in_list(*line, self.lines.len()))
            })
    }
}
