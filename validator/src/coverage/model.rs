//! Functions and files, and how much of each was exercised.

use super::Counts;
use super::fields::FieldCoverage;
use proofhouse_sandbox::Sources;
use serde::Serialize;
use std::collections::BTreeMap;

/// How many of how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Part {
    /// Those that were hit.
    pub hit: u64,
    /// All of them.
    pub all: u64,
}

impl Part {
    /// Counts one more.
    pub fn add(&mut self, is_hit: bool) {
        self.all = self.all.saturating_add(1);
        self.hit = self.hit.saturating_add(u64::from(is_hit));
    }

    /// How many were not hit.
    pub fn missed(self) -> u64 {
        self.all.saturating_sub(self.hit)
    }

    /// Rounded down, so that only all of them are 100; `None` of nothing.
    pub fn percent(self) -> Option<u64> {
        self.hit.saturating_mul(100).checked_div(self.all)
    }
}

/// Everything that is reported.
#[derive(Debug)]
pub struct Coverage {
    /// Id of the interpreter.
    pub interpreter: String,
    /// Digest of its module.
    pub digest: String,
    /// How many events there were.
    pub events: usize,
    /// What was run.
    pub contents: Vec<ContentCoverage>,
    /// Functions; what deserves a look comes first.
    pub functions: Vec<FunctionCoverage>,
    /// Files with code, by path.
    pub files: Vec<FileCoverage>,
    /// Functions of which something was hit.
    pub entered: Part,
    /// Edges of all functions.
    pub edges: Part,
    /// Lines of all files.
    pub lines: Part,
}

/// One content.
#[derive(Debug, Serialize)]
pub struct ContentCoverage {
    /// Its file.
    pub path: String,
    /// Its digest, if it could be read.
    pub digest: Option<String>,
    /// How its run ended, or why there was none.
    pub outcome: String,
    /// Whether there was a run that says something.
    pub is_judged: bool,
    /// What was evaluated of it.
    pub fields: FieldCoverage,
}

/// One function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FunctionCoverage {
    /// Its name.
    pub name: String,
    /// Its file, by index in the list of files.
    #[serde(skip)]
    pub file: Option<usize>,
    /// The first of its lines that has code.
    pub line: Option<u32>,
    /// How often it was entered, as far as that shows.
    pub hits: u64,
    /// Its edges.
    pub edges: Part,
    /// Its lines.
    pub lines: Part,
    /// Its lines that were not executed: first and last of each run of them, lines without code in between
    /// included.
    #[serde(skip)]
    pub missed: Vec<(u32, u32)>,
}

/// One file of the sources.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FileCoverage {
    /// Its path, as the debug information has it.
    pub path: String,
    /// Its lines that have code.
    pub lines: BTreeMap<u32, LineCoverage>,
}

impl FileCoverage {
    /// How many of its lines were hit.
    pub fn part(&self) -> Part {
        let mut part = Part::default();
        self.lines.values().for_each(|line| part.add(line.hits > 0));
        part
    }
}

/// One line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LineCoverage {
    /// How often it was executed.
    pub hits: u64,
    /// Its basic blocks.
    pub blocks: Part,
}

impl LineCoverage {
    /// Whether some of it was executed and some not.
    pub fn is_partly(self) -> bool {
        self.hits > 0 && self.blocks.missed() > 0
    }
}

impl Coverage {
    /// What `counts` says of those sources.
    pub fn new(
        interpreter: String,
        digest: String,
        events: usize,
        contents: Vec<ContentCoverage>,
        sources: &Sources,
        counts: &Counts,
    ) -> Self {
        let mut edges = vec![Part::default(); sources.functions.len()];
        let mut first: Vec<Option<u64>> = vec![None; sources.functions.len()];
        let mut lines = vec![LineCoverage::default(); sources.lines.len()];
        for (point, count) in sources.points.iter().zip(counts.of_points()) {
            if let Some(part) = edges.get_mut(index(point.function)) {
                part.add(*count > 0);
            }
            if let Some(first) = first.get_mut(index(point.function)) {
                first.get_or_insert(*count);
            }
            for line in &point.lines {
                if let Some(line) = lines.get_mut(index(*line)) {
                    line.hits = line.hits.max(*count);
                    line.blocks.add(*count > 0);
                }
            }
        }
        let mut files: Vec<FileCoverage> = Vec::new();
        files.extend(
            sources
                .files
                .iter()
                .map(|path| FileCoverage { path: path.clone(), lines: BTreeMap::new() }),
        );
        let mut of_function = vec![BTreeMap::<u32, u64>::new(); sources.functions.len()];
        for (place, line) in sources.lines.iter().zip(&lines) {
            if let Some(file) = files.get_mut(index(place.file)) {
                let total = file.lines.entry(place.line).or_default();
                total.hits = total.hits.max(line.hits);
                total.blocks.hit = total.blocks.hit.saturating_add(line.blocks.hit);
                total.blocks.all = total.blocks.all.saturating_add(line.blocks.all);
            }
            // Lines of another file, as macros and included tables have them, are not the function's.
            let own = sources.functions.get(index(place.function));
            if own.is_some_and(|own| own.file == Some(place.file))
                && let Some(of) = of_function.get_mut(index(place.function))
            {
                let hits = of.entry(place.line).or_default();
                *hits = (*hits).max(line.hits);
            }
        }
        let mut functions = Vec::new();
        let each = sources.functions.iter().zip(edges).zip(first).zip(of_function);
        for (((function, edges), first), of) in each {
            let mut lines = Part::default();
            for hits in of.values() {
                lines.add(*hits > 0);
            }
            let first_hit = of.values().find(|hits| **hits > 0).copied();
            functions.push(FunctionCoverage {
                name: function.name.clone(),
                file: function.file.map(index),
                line: of.keys().next().copied(),
                // A function of the module is entered at its first point.
                hits: first_hit.or(first).unwrap_or(0),
                edges,
                lines,
                missed: missed(&of),
            });
        }
        // A function may have all its points in others, and be named for a line of theirs only.
        functions.retain(|function| function.edges.all > 0 || function.lines.all > 0);
        let (files, numbers) = sorted(files);
        for function in &mut functions {
            function.file = function.file.and_then(|file| numbers.get(file).copied().flatten());
        }
        functions.sort_by(|one, two| order(one).cmp(&order(two)));
        let mut total = Self {
            interpreter,
            digest,
            events,
            contents,
            functions,
            files,
            entered: Part::default(),
            edges: Part::default(),
            lines: Part::default(),
        };
        total.add_up();
        total
    }

    fn add_up(&mut self) {
        for function in &self.functions {
            self.entered.add(function.edges.hit > 0 || function.lines.hit > 0);
            self.edges.hit = self.edges.hit.saturating_add(function.edges.hit);
            self.edges.all = self.edges.all.saturating_add(function.edges.all);
        }
        for part in self.files.iter().map(FileCoverage::part) {
            self.lines.hit = self.lines.hit.saturating_add(part.hit);
            self.lines.all = self.lines.all.saturating_add(part.all);
        }
    }

    /// Path of a function's file.
    pub fn file_of(&self, function: &FunctionCoverage) -> Option<&str> {
        self.files.get(function.file?).map(|file| file.path.as_str())
    }

    /// Fields of all contents in which something is known.
    pub fn fields(&self) -> Part {
        let mut total = Part::default();
        for part in self.contents.iter().filter_map(|content| content.fields.part()) {
            total.hit = total.hit.saturating_add(part.hit);
            total.all = total.all.saturating_add(part.all);
        }
        total
    }
}

/// Runs of lines that were not hit, of lines and how often each was.
fn missed(lines: &BTreeMap<u32, u64>) -> Vec<(u32, u32)> {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    let mut goes_on = false;
    for (line, hits) in lines {
        if *hits == 0 {
            match runs.last_mut().filter(|_| goes_on) {
                Some(run) => run.1 = *line,
                None => runs.push((*line, *line)),
            }
        }
        goes_on = *hits == 0;
    }
    runs
}

/// Files with code by path, and the new number of each.
fn sorted(files: Vec<FileCoverage>) -> (Vec<FileCoverage>, Vec<Option<usize>>) {
    let mut numbers = vec![None; files.len()];
    let mut numbered: Vec<(usize, FileCoverage)> = files.into_iter().enumerate().collect();
    numbered.retain(|(_, file)| !file.lines.is_empty());
    numbered.sort_by(|(_, one), (_, two)| one.path.cmp(&two.path));
    let mut files = Vec::new();
    for (new, (old, file)) in numbered.into_iter().enumerate() {
        if let Some(number) = numbers.get_mut(old) {
            *number = Some(new);
        }
        files.push(file);
    }
    (files, numbers)
}

/// Functions with lines come first, and of those the ones that were entered and not covered in full, by
/// what is missing; then those that were not entered, by size; then the rest.
fn order(function: &FunctionCoverage) -> impl Ord + use<'_> {
    let part = if function.lines.all > 0 { function.lines } else { function.edges };
    let is_entered = function.edges.hit > 0 || function.lines.hit > 0;
    let missed = part.missed().max(function.edges.missed().min(1));
    let class = match (is_entered, missed) {
        (true, 1..) => 0u8,
        (false, _) => 1,
        (true, 0) => 2,
    };
    let most_first = std::cmp::Reverse((part.missed(), function.edges.missed(), part.all));
    (function.lines.all == 0, class, most_first, &function.name, function.line)
}

fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use proofhouse_sandbox::{PointPlace, SourceFunction, SourceLine};

    fn sources() -> Sources {
        let function = |name: &str, file| SourceFunction { name: name.into(), file };
        let line = |file, line, function| SourceLine { file, line, function };
        let place = |function, lines: &[u32]| PointPlace { function, lines: lines.to_vec() };
        Sources {
            files: vec!["z.c".into(), "a.h".into(), "unused.c".into()],
            functions: vec![
                function("outer", Some(0)),
                function("inlined", Some(1)),
                function("bare", None),
            ],
            lines: vec![line(0, 10, 0), line(0, 11, 0), line(1, 3, 1), line(0, 12, 0)],
            points: vec![
                place(0, &[0]),
                place(0, &[1, 2]),
                place(0, &[]),
                place(1, &[2]),
                place(0, &[1, 3]),
                place(2, &[]),
            ],
        }
    }

    fn coverage(runs: &[[u64; 6]]) -> Coverage {
        let mut counts = Counts::none(6);
        for run in runs {
            counts.add(*run);
        }
        Coverage::new("i".into(), "d".into(), 0, Vec::new(), &sources(), &counts)
    }

    #[test]
    fn runs_add_up_and_a_line_is_hit_as_often_as_its_most_visited_block() {
        let coverage = coverage(&[[1, 2, 0, 5, 0, 0], [1, 1, 0, 0, 0, 0]]);
        let paths: Vec<&str> = coverage.files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(paths, ["a.h", "z.c"]);
        let lines = |file: usize| -> Vec<(u32, u64, bool)> {
            let lines = coverage.files.get(file).map(|file| &file.lines);
            lines.into_iter().flatten().map(|(n, l)| (*n, l.hits, l.is_partly())).collect()
        };
        assert_eq!(lines(0), [(3, 5, false)]);
        assert_eq!(lines(1), [(10, 2, false), (11, 3, true), (12, 0, false)]);
        assert_eq!(coverage.lines, Part { hit: 3, all: 4 });
        assert_eq!(coverage.edges, Part { hit: 3, all: 6 });
        assert_eq!(coverage.entered, Part { hit: 2, all: 3 });
    }

    #[test]
    fn what_was_entered_in_part_comes_first_and_what_has_no_lines_last() {
        let coverage = coverage(&[[1, 2, 0, 5, 0, 9]]);
        let names: Vec<_> = coverage
            .functions
            .iter()
            .map(|function| (function.name.as_str(), coverage.file_of(function), function.hits))
            .collect();
        assert_eq!(
            names,
            [("outer", Some("z.c"), 1), ("inlined", Some("a.h"), 5), ("bare", None, 9)]
        );
    }

    #[test]
    fn missed_lines_are_runs_across_lines_without_code() {
        let of = |lines: &[(u32, u64)]| missed(&lines.iter().copied().collect());
        assert_eq!(of(&[]), []);
        assert_eq!(of(&[(3, 1), (4, 2)]), []);
        assert_eq!(of(&[(3, 0), (5, 0), (6, 1), (9, 0)]), [(3, 5), (9, 9)]);
        assert_eq!(coverage(&[[1, 0, 1, 0, 0, 0]]).functions.first().unwrap().missed, [(11, 12)]);
    }

    #[test]
    fn a_part_is_never_rounded_up_to_all() {
        assert_eq!(Part { hit: 999, all: 1000 }.percent(), Some(99));
        assert_eq!(Part { hit: 7, all: 7 }.percent(), Some(100));
        assert_eq!(Part::default().percent(), None);
    }
}
