//! The report for people: what was rejected and why, and a summary.

use super::{Form, Head, Tally};
use crate::finding::{Finding, Severity};
use crate::interpreter::Judge;
use crate::judge::Judgement;
use crate::place::Place;
use crate::text;
use crate::unchecked::gaps;
use anstyle::{AnsiColor, Style};
use proofhouse_sandbox::{Frame, MemoryError, Sanitize, Verdict};
use std::io::{self, Write};

/// Up to this many subjects are all named; of more, only those with something to say.
const ALL_NAMED: usize = 12;
/// Frames of a stack that are shown; the JSON report has all of them.
const FRAMES: usize = 6;

/// The styles of a report.
#[derive(Clone, Copy, Debug, Default)]
pub struct Palette {
    /// Whether there are any.
    pub(crate) styled: bool,
    pub(crate) bold: Style,
    pub(crate) dim: Style,
    pub(crate) good: Style,
    pub(crate) bad: Style,
    pub(crate) doubtful: Style,
}

impl Palette {
    /// For terminals.
    pub fn colours() -> Self {
        let bold = |colour: AnsiColor| colour.on_default().bold();
        Self {
            styled: true,
            bold: Style::new().bold(),
            dim: Style::new().dimmed(),
            good: bold(AnsiColor::Green),
            bad: bold(AnsiColor::Red),
            doubtful: bold(AnsiColor::Yellow),
        }
    }

    /// For everything else.
    pub fn plain() -> Self {
        Self::default()
    }

    fn verdict(self, verdict: Verdict) -> (Style, &'static str) {
        match verdict {
            Verdict::Accepted => (self.good, "accepted"),
            Verdict::Rejected => (self.bad, "REJECTED"),
            Verdict::Inconclusive => (self.doubtful, "UNJUDGED"),
        }
    }

    fn severity(self, severity: Severity) -> (Style, &'static str) {
        match severity {
            Severity::Error => (self.bad, "error"),
            Severity::Fault => (self.doubtful, "fault"),
            Severity::Warning => (self.doubtful, "warning"),
            Severity::Note => (self.dim, "note"),
        }
    }
}

/// For people, in those styles.
#[derive(Clone, Copy, Debug)]
pub struct Human(pub Palette);

/// Writes one subject.
struct Writing<'o> {
    out: &'o mut dyn Write,
    palette: Palette,
}

impl Writing<'_> {
    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        let (style, severity) = self.palette.severity(finding.severity);
        let dim = self.palette.dim;
        let code = finding.code.name();
        writeln!(self.out, "  {style}{severity}[{code}]{style:#} {}", Plain(&finding.message))?;
        let place = place(&finding.place);
        if !place.is_empty() || finding.interpreter.is_some() {
            let build =
                finding.build.as_ref().map(|build| format!(" ({build})")).unwrap_or_default();
            let by = finding.interpreter.as_deref().map(|id| format!("by {id}{build}"));
            let parts: Vec<String> = by.into_iter().chain(place).collect();
            writeln!(self.out, "    {dim}{}{dim:#}", text::Plain(&parts.join(", ")))?;
        }
        if let Some(excerpt) = &finding.place.excerpt {
            for line in excerpt.render(self.palette.styled).lines() {
                writeln!(self.out, "    {}", line.trim_end())?;
            }
        }
        self.frames("at", &finding.place.frames)?;
        if let Some(memory) = &finding.place.memory {
            self.memory(memory)?;
        }
        if let Some(failed) = &finding.place.failed_allocation {
            self.frames("no memory at", &failed.frames)?;
        }
        Ok(())
    }

    /// A stack, innermost first: the first frame after `word`, the others after `at`.
    fn frames(&mut self, word: &str, frames: &[Frame]) -> io::Result<()> {
        let dim = self.palette.dim;
        let words = std::iter::once(word).chain(std::iter::repeat("at"));
        for (word, frame) in words.zip(frames.iter().take(FRAMES)) {
            writeln!(self.out, "    {dim}{word}{dim:#} {}", text::Plain(&frame_line(frame)))?;
        }
        let more = frames.len().saturating_sub(FRAMES);
        if more > 0 {
            writeln!(self.out, "    {dim}and {more} more{dim:#}")?;
        }
        Ok(())
    }

    /// What else is known about a memory error: the object, and the shadow around the bad byte.
    fn memory(&mut self, memory: &MemoryError) -> io::Result<()> {
        if let Some(object) = &memory.object {
            self.frames("allocated at", &object.allocated)?;
            self.frames("freed at", &object.freed)?;
        }
        let dim = self.palette.dim;
        if let Some(shadow) = &memory.shadow {
            let bytes = shadow_line(&shadow.bytes);
            writeln!(self.out, "    {dim}shadow from {:#x}: {bytes}{dim:#}", shadow.address)?;
        }
        Ok(())
    }
}

impl Form for Human {
    fn begin(&self, _: &Head<'_>, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    fn subject(
        &self,
        head: &Head<'_>,
        _: usize,
        judgement: &Judgement,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let silent = judgement.verdict == Verdict::Accepted && judgement.findings.is_empty();
        if silent && head.subjects > ALL_NAMED {
            return Ok(());
        }
        let Self(palette) = *self;
        let (style, word) = palette.verdict(judgement.verdict);
        let Palette { bold, dim, .. } = palette;
        write!(out, "{style}{word:<8}{style:#}  {bold}{}{bold:#}", judgement.path)?;
        if head.timings.is_some() {
            let total: u128 = judgement.runs.iter().map(|run| run.elapsed.as_micros()).sum();
            write!(out, "  {dim}{total} us{dim:#}")?;
        }
        writeln!(out)?;
        let mut writing = Writing { out, palette };
        judgement.findings.iter().try_for_each(|finding| writing.finding(finding))
    }

    fn end(&self, head: &Head<'_>, tally: Tally, out: &mut dyn Write) -> io::Result<()> {
        let Self(palette) = *self;
        head.judges.iter().try_for_each(|judge| self.unchecked(judge, out))?;
        let (style, _) = palette.verdict(tally.verdict());
        let dim = palette.dim;
        let Tally { accepted, rejected, inconclusive } = tally;
        write!(out, "{style}{accepted} accepted, {rejected} rejected")?;
        if inconclusive > 0 {
            write!(out, ", {inconclusive} could not be judged")?;
        }
        let judges: Vec<String> =
            head.judges.iter().map(|judge| text::Plain(judge.id()).to_string()).collect();
        let events = match (head.gates().evaluate_events(), head.events.len()) {
            (false, _) => "not exercised".to_owned(),
            (true, 0) => "no events, not exercised".to_owned(),
            (true, 1) => "1 event".to_owned(),
            (true, n) => format!("{n} events"),
        };
        let ready = head.timings.map(|ready| format!("; ready after {} us", ready.as_micros()));
        let ready = ready.unwrap_or_default();
        let mut builds = head.judges.iter().flat_map(Judge::builds);
        let off = builds.any(|(_, interpreter)| interpreter.sanitize() == Sanitize::Off);
        let off = if off { "; memory not checked" } else { "" };
        writeln!(out, "{style:#}  {dim}({}; {events}{off}{ready}){dim:#}", judges.join(", "))
    }
}

impl Human {
    /// Says of each build of an interpreter what its memory checks do not cover.
    fn unchecked(self, judge: &Judge, out: &mut dyn Write) -> io::Result<()> {
        let Self(Palette { doubtful, .. }) = self;
        for (build, interpreter) in judge.builds() {
            let gaps = gaps(interpreter.instrumentation()).join(", ");
            if gaps.is_empty() || interpreter.sanitize() == Sanitize::Off {
                continue;
            }
            let name = match judge.checked() {
                [] => judge.id().to_owned(),
                _ => format!("{}, {build}", judge.id()),
            };
            let (name, gaps) = (text::Plain(&name), Plain(&gaps));
            let more = "`proofhouse inspect` says what would change that";
            writeln!(out, "{doubtful}note{doubtful:#}: {name}: {gaps}; {more}")?;
        }
        Ok(())
    }
}

fn place(place: &Place) -> Vec<String> {
    let mut parts = Vec::new();
    parts.extend(place.event.as_ref().map(|event| format!("in event {event}")));
    parts.extend(place.line.map(|line| match place.column {
        Some(column) => format!("at line {line}, column {column}"),
        None => format!("at line {line}"),
    }));
    parts.extend(place.instance.map(|instance| format!("instance {instance}")));
    parts.extend(place.input.map(|input| format!("input {input}")));
    parts.extend(place.offset.map(|offset| format!("at byte {offset}")));
    parts
}

/// Shadow bytes, two digits each, apart.
fn shadow_line(digits: &str) -> String {
    let bytes = digits.as_bytes().chunks(2).map(|byte| String::from_utf8_lossy(byte));
    bytes.collect::<Vec<_>>().join(" ")
}

fn frame_line(frame: &Frame) -> String {
    let mut line = frame.function.clone();
    if let Some(file) = &frame.file {
        line.push_str("  ");
        line.push_str(file);
        if let Some(number) = frame.line {
            line.push(':');
            line.push_str(&number.to_string());
        }
    }
    line
}

/// Text of a guest or of content, which must not reach a terminal with its control characters.
pub(crate) struct Plain<'a>(pub(crate) &'a str);

impl std::fmt::Display for Plain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        use std::fmt::Write as _;
        for (at, line) in self.0.trim_end().lines().enumerate() {
            if at > 0 {
                f.write_str("\n    ")?;
            }
            for c in line.chars() {
                match c {
                    '\t' => f.write_str("    ")?,
                    c if text::needs_escape(c) => write!(f, "{}", c.escape_unicode())?,
                    c => f.write_char(c)?,
                }
            }
        }
        Ok(())
    }
}
