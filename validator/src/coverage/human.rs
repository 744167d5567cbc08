//! The report for people.

use super::{ContentCoverage, Coverage, FunctionCoverage, Part};
use crate::text::Plain;
use anstyle::Style;
use std::io::{self, Write};

/// Functions, and instances of each content, that are shown unless all are asked for.
const SHOWN: usize = 25;
/// Runs of lines that are named of one function, unless all are asked for.
const RUNS: usize = 8;
/// Inputs that are named of one instance.
const INPUTS: usize = 16;

/// How much is shown, and how.
#[derive(Clone, Copy, Debug, Default)]
pub struct Shown {
    /// Everything, however long.
    pub all: bool,
    /// With colours.
    pub colours: bool,
}

/// Writes the report.
///
/// # Errors
/// If it cannot be written.
pub fn human(coverage: &Coverage, shown: Shown, out: &mut impl Write) -> io::Result<()> {
    let most = if shown.all { usize::MAX } else { SHOWN };
    let styles = Styles::of(shown.colours);
    functions(coverage, most, styles, out)?;
    for content in &coverage.contents {
        fields(content, most, styles, out)?;
    }
    totals(coverage, styles, out)?;
    out.flush()
}

#[derive(Clone, Copy, Default)]
struct Styles {
    bold: Style,
    dim: Style,
    missed: Style,
    partly: Style,
}

impl Styles {
    fn of(colours: bool) -> Self {
        if !colours {
            return Self::default();
        }
        let colour = |colour: anstyle::AnsiColor| colour.on_default();
        Self {
            bold: Style::new().bold(),
            dim: Style::new().dimmed(),
            missed: colour(anstyle::AnsiColor::Red),
            partly: colour(anstyle::AnsiColor::Yellow),
        }
    }

    fn part(self, part: Part) -> Style {
        match part {
            Part { hit: 0, all: 1.. } => self.missed,
            part if part.missed() > 0 => self.partly,
            _ => Style::new(),
        }
    }
}

fn functions(
    coverage: &Coverage,
    most: usize,
    styles: Styles,
    out: &mut impl Write,
) -> io::Result<()> {
    let Styles { bold, dim, missed, .. } = styles;
    let has_lines = coverage.lines.all > 0;
    let names: Vec<String> =
        coverage.functions.iter().take(most).map(|f| Plain(&f.name).to_string()).collect();
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0).clamp(8, 40);
    if has_lines {
        write!(out, "{bold}{:>15}  {bold:#}", "lines")?;
    }
    let file = if has_lines { "file" } else { "" };
    let header = format!("{:>15}  {:<width$}  {file}", "edges", "function");
    writeln!(out, "{bold}{}{bold:#}", header.trim_end())?;
    for (function, name) in coverage.functions.iter().zip(&names) {
        let FunctionCoverage { edges, lines, line, .. } = function;
        if has_lines {
            let style = styles.part(*lines);
            write!(out, "{style}{:>15}{style:#}  ", cell(*lines))?;
        }
        let style = styles.part(*edges);
        write!(out, "{style}{:>15}{style:#}  ", cell(*edges))?;
        match (coverage.file_of(function), line) {
            (Some(file), Some(line)) => {
                writeln!(out, "{name:<width$}  {dim}{}:{line}{dim:#}", Plain(file))?;
            }
            _ => writeln!(out, "{name}")?,
        }
        if lines.hit > 0 && lines.missed() > 0 {
            let runs = if most == usize::MAX { usize::MAX } else { RUNS };
            writeln!(out, "{:>34}{missed}not executed: {}{missed:#}", "", runs_of(function, runs))?;
        }
    }
    let more = coverage.functions.len().saturating_sub(most);
    if more > 0 {
        writeln!(out, "{dim}and {more} more; --all shows them{dim:#}")?;
    }
    writeln!(out)
}

/// The lines of a function that were not executed, as `12, 15-18 and 3 more`.
fn runs_of(function: &FunctionCoverage, most: usize) -> String {
    let run = |(first, last): &(u32, u32)| {
        if first == last { first.to_string() } else { format!("{first}-{last}") }
    };
    let shown: Vec<String> = function.missed.iter().take(most).map(run).collect();
    match function.missed.len().saturating_sub(most) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// As `12 of 18  66%`.
fn cell(part: Part) -> String {
    let count = format!("{} of {}", part.hit, part.all);
    match part.percent() {
        Some(percent) => format!("{count} {percent:>3}%"),
        None => "-".to_owned(),
    }
}

fn fields(
    content: &ContentCoverage,
    most: usize,
    styles: Styles,
    out: &mut impl Write,
) -> io::Result<()> {
    let Styles { bold, dim, partly, .. } = styles;
    let path = Plain(&content.path);
    writeln!(out, "{bold}{path}{bold:#}  {dim}{}{dim:#}", Plain(&content.outcome))?;
    if !content.is_judged {
        return Ok(());
    }
    match (content.fields.part(), content.fields.not_known) {
        (Some(part), _) => {
            let style = styles.part(part);
            writeln!(out, "  {style}{} of {} fields evaluated{style:#}", part.hit, part.all)?;
        }
        (None, Some(reason)) => writeln!(out, "  fields: not known, since {reason}")?,
        (None, None) => {}
    }
    let never: Vec<_> = content.fields.never().collect();
    for (_, instance, inputs) in never.iter().take(most) {
        let listed: Vec<String> = inputs.iter().take(INPUTS).map(u32::to_string).collect();
        let rest = inputs.len().saturating_sub(INPUTS);
        let rest = if rest > 0 { format!(" and {rest} more") } else { String::new() };
        let (id, listed) = (instance.id, listed.join(", "));
        writeln!(out, "  {partly}instance {id}: never evaluated: {listed}{rest}{partly:#}")?;
    }
    let more = never.len().saturating_sub(most);
    if more > 0 {
        writeln!(out, "  {dim}and {more} more instances; --all shows them{dim:#}")?;
    }
    Ok(())
}

fn totals(coverage: &Coverage, styles: Styles, out: &mut impl Write) -> io::Result<()> {
    let Styles { bold, dim, .. } = styles;
    writeln!(out)?;
    let named =
        [("functions", coverage.entered), ("edges", coverage.edges), ("lines", coverage.lines)];
    for (name, part) in named {
        if part.all > 0 {
            writeln!(out, "{bold}{name:<10}{bold:#} {:>15}", cell(part))?;
        }
    }
    if coverage.lines.all == 0 {
        writeln!(
            out,
            "{bold}{:<10}{bold:#} not known: the module has no debug information that can be read",
            "lines"
        )?;
    }
    let fields = coverage.fields();
    if fields.all > 0 {
        writeln!(out, "{bold}{:<10}{bold:#} {:>15}", "fields", cell(fields))?;
    }
    let files = counted(coverage.contents.len(), "file");
    let events = counted(coverage.events, "event");
    writeln!(out, "{dim}({}; {files}, {events}){dim:#}", Plain(&coverage.interpreter))
}

pub(super) fn counted(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}
