//! The same for people.

use super::{ExportEntry, ImportEntry, Listed, MemoryEntry, ModuleReport, Sanitizer};
use crate::gates::outcome::during;
use crate::report::{Palette, Plain};
use crate::text::on_one_line;
use crate::unchecked::{heap_off, unguarded};
use proofhouse_sandbox::instrument::{HeapFound, LayoutFound, NullPageFound, Summary};
use proofhouse_sandbox::{Abi, ItemKind, Linked};
use std::io::{self, Write};

/// Entries of a list that are shown; the JSON form has more.
const SHOWN: usize = 30;
/// Characters of a name that are shown.
const NAME: usize = 60;
/// Widest column of names.
const COLUMN: usize = 40;

/// Writes what is known about a module.
pub fn write_human(report: &ModuleReport, to: &mut dyn Write, palette: Palette) -> io::Result<()> {
    let mut page = Page { to, palette };
    page.head(report)?;
    page.module(report)?;
    page.imports(&report.imports)?;
    page.exports(&report.exports)?;
    page.sanitizer(report)?;
    page.advice(report)?;
    page.to.flush()
}

struct Page<'w> {
    to: &'w mut dyn Write,
    palette: Palette,
}

impl Page<'_> {
    fn head(&mut self, report: &ModuleReport) -> io::Result<()> {
        let Palette { bold, good, bad, .. } = self.palette;
        let name = on_one_line(&report.name, NAME);
        let name = Plain(&name);
        match &report.problem {
            None => {
                let what = match &report.description {
                    Some(words) => format!(": {} {}", words.name, words.version),
                    None => String::new(),
                };
                let what = on_one_line(&what, 2 * NAME);
                writeln!(self.to, "{bold}{name}{bold:#}  {good}usable{good:#}{}", Plain(&what))
            }
            Some(problem) => {
                let message = format!("{}: {}", during(problem.phase), problem.message);
                let message = on_one_line(&message, 10 * NAME);
                let message = Plain(&message);
                writeln!(self.to, "{bold}{name}{bold:#}  {bad}UNUSABLE{bad:#}: {message}")
            }
        }
    }

    /// A line with what it is about before it.
    fn line(&mut self, about: &str, text: &str) -> io::Result<()> {
        let dim = self.palette.dim;
        writeln!(self.to, "  {dim}{about:<11}{dim:#} {}", Plain(text))
    }

    fn title(&mut self, title: &str) -> io::Result<()> {
        let bold = self.palette.bold;
        writeln!(self.to, "{bold}{title}{bold:#}")
    }

    fn module(&mut self, report: &ModuleReport) -> io::Result<()> {
        match (report.abi, &report.abi_problem) {
            (Some(abi), _) => self.line("abi", abi_words(abi))?,
            (None, Some(problem)) => {
                self.line("abi", &on_one_line(&format!("none: {problem}"), 10 * NAME))?;
            }
            // It was not read: it is too large.
            (None, None) => return self.identity(report, ""),
        }
        let (code, data) = (size_words(report.code_bytes), size_words(report.data_bytes));
        self.identity(report, &format!("; code {code}, data {data}"))?;
        if let Some(words) = &report.description {
            for kind in words.content.iter().take(SHOWN) {
                let patterns = kind.patterns.iter().take(SHOWN).cloned().collect::<Vec<_>>();
                let text = format!("{} ({})", kind.kind, patterns.join(", "));
                self.line("content", &on_one_line(&text, 2 * NAME))?;
            }
        }
        if !report.builds.is_empty() {
            self.line("builds", &format!("release, {}", report.builds.join(", ")))?;
        }
        for memory in report.memories.iter().take(SHOWN) {
            self.line("memory", &memory_words(memory))?;
        }
        if let Some(Sanitizer { instrumentation, .. }) = &report.sanitizer {
            self.line("stack", &stack_words(instrumentation))?;
        }
        let named = match report.debug.named_functions {
            0 => "no names".to_owned(),
            1 => "1 named function".to_owned(),
            count => format!("{count} named functions"),
        };
        let lines = if report.debug.lines { "line tables" } else { "no line tables" };
        let sections = match report.debug.sections.len() {
            0 => String::new(),
            count => format!(" ({count} sections of DWARF)"),
        };
        self.line("symbols", &format!("{named}, {lines}{sections}"))?;
        for producer in report.producers.iter().take(SHOWN) {
            let text = format!("{} {} {}", producer.field, producer.name, producer.version);
            self.line("producer", &on_one_line(text.trim_end(), 2 * NAME))?;
        }
        if report.has_start {
            self.line("start", "a function runs when an instance is made")?;
        }
        Ok(())
    }

    fn identity(&mut self, report: &ModuleReport, parts: &str) -> io::Result<()> {
        if let Some(size) = report.size {
            self.line("size", &format!("{}{parts}", size_words(size)))?;
        }
        report.digest.as_ref().map_or(Ok(()), |digest| self.line("digest", digest))
    }

    fn imports(&mut self, imports: &Listed<ImportEntry>) -> io::Result<()> {
        self.title(&format!("imports ({})", imports.count))?;
        let name =
            |import: &ImportEntry| on_one_line(&format!("{}.{}", import.module, import.name), NAME);
        let width = width(imports.listed.iter().take(SHOWN).map(&name));
        for import in imports.listed.iter().take(SHOWN) {
            let Palette { good, bad, doubtful, .. } = self.palette;
            let (style, verdict, more) = match &import.linked {
                Linked::Provided => (good, "provided", String::new()),
                Linked::Refused => (doubtful, "refused", "; calls fail with ENOSYS".to_owned()),
                Linked::OtherType { provided } => {
                    (bad, "other type", format!("; provided is {provided}"))
                }
                Linked::Unknown => (bad, "unknown", String::new()),
                Linked::NotAFunction => (bad, "unknown", "; only functions are".to_owned()),
            };
            let (name, ty) = (name(import), type_words(import.kind, import.ty.as_deref()));
            let text = format!("{:<width$} {ty}{more}", Plain(&name).to_string());
            writeln!(self.to, "  {style}{verdict:<11}{style:#} {}", text.trim_end())?;
        }
        self.more(imports)
    }

    fn exports(&mut self, exports: &Listed<ExportEntry>) -> io::Result<()> {
        self.title(&format!("exports ({})", exports.count))?;
        let name = |export: &ExportEntry| on_one_line(&export.name, NAME);
        let width = width(exports.listed.iter().take(SHOWN).map(name));
        for export in exports.listed.iter().take(SHOWN) {
            let ty = type_words(export.kind, export.ty.as_deref());
            writeln!(self.to, "  {:<width$} {ty}", Plain(&name(export)).to_string())?;
        }
        self.more(exports)
    }

    fn more<T>(&mut self, list: &Listed<T>) -> io::Result<()> {
        let more = list.count.saturating_sub(SHOWN);
        let dim = self.palette.dim;
        if more > 0 { writeln!(self.to, "  {dim}and {more} more{dim:#}") } else { Ok(()) }
    }

    fn sanitizer(&mut self, report: &ModuleReport) -> io::Result<()> {
        let Some(sanitizer) = &report.sanitizer else {
            self.title("sanitizer: none")?;
            return match &report.rewriting_problem {
                Some(problem) => self.line("refused", &on_one_line(problem, 10 * NAME)),
                None => Ok(()),
            };
        };
        self.title(&format!("sanitizer: {}", sanitizer.level.name()))?;
        let summary = &sanitizer.instrumentation;
        self.line("accesses", "each is looked up in shadow memory")?;
        self.line("null page", &null_page_words(summary.null_page))?;
        self.line("heap", &heap_words(summary.heap.as_ref()))?;
        if !summary.words.is_empty() {
            self.line("libc", &format!("reads by words replaced: {}", few(&summary.words)))?;
        }
        let (variables, globals) = layout_words(summary.layout);
        self.line("variables", variables)?;
        self.line("globals", globals)?;
        let undefined = if sanitizer.undefined_behaviour_checks {
            "the compiler's checks say what they find"
        } else {
            "no checks of a compiler seen"
        };
        self.line("undefined", undefined)
    }

    fn advice(&mut self, report: &ModuleReport) -> io::Result<()> {
        if report.advice.is_empty() {
            return Ok(());
        }
        self.title("what to change")?;
        for advice in &report.advice {
            let message = on_one_line(&advice.message, 10 * NAME);
            writeln!(self.to, "  - {}", Plain(&message))?;
        }
        Ok(())
    }
}

fn abi_words(abi: Abi) -> &'static str {
    match abi {
        Abi::Reactor => "reactor",
        Abi::Harness => "harness (LLVMFuzzerTestOneInput); takes no events",
        Abi::Command => "command (WASI, content on stdin and as /content); takes no events",
    }
}

fn memory_words(memory: &MemoryEntry) -> String {
    let maximum = match memory.maximum_bytes {
        Some(bytes) => format!("at most {}", size_words(bytes)),
        None => "no maximum".to_owned(),
    };
    let mut words = format!("{} at the start, {maximum}", size_words(memory.initial_bytes));
    for (is, what) in [
        (memory.imported, ", imported"),
        (memory.has_64_bits, ", 64-bit addresses"),
        (memory.shared, ", shared"),
    ] {
        words.push_str(if is { what } else { "" });
    }
    words
}

fn stack_words(summary: &Summary) -> String {
    let Some(pointer) = summary.stack_pointer else {
        return "no stack pointer recognised: its size and overflow are not known".to_owned();
    };
    let size = match summary.own_stack_bytes {
        Some(bytes) => format!("{}, ", size_words(bytes.into())),
        None => String::new(),
    };
    format!("{size}pointer is global {}, from {:#x}", pointer.global, pointer.initial)
}

fn null_page_words(found: Option<NullPageFound>) -> String {
    match found {
        Some(NullPageFound::Guarded { bytes, .. }) => {
            format!("guarded, the first {}", size_words(bytes.into()))
        }
        Some(NullPageFound::Unguarded { reason }) => {
            format!("not guarded: {}", unguarded(reason))
        }
        _ => "not guarded".to_owned(),
    }
}

fn heap_words(found: Option<&HeapFound>) -> String {
    match found {
        Some(HeapFound::Replaced { family, functions }) => {
            let family = serde_json::to_value(family).ok();
            let family = family.as_ref().and_then(|name| name.as_str()).unwrap_or_default();
            format!("checked; allocator {family}: {}", few(functions))
        }
        Some(HeapFound::Off { reason }) => {
            format!("not checked: {}", heap_off(reason))
        }
        _ => "not checked".to_owned(),
    }
}

fn layout_words(layout: Option<LayoutFound>) -> (&'static str, &'static str) {
    let Some(layout) = layout else {
        return (
            "not checked: not built with -fsanitize=address",
            "not checked: not built with -fsanitize=address",
        );
    };
    let variables = match (layout.stack, layout.use_after_return) {
        (false, _) => "not checked: no frame has redzones",
        (true, false) => "checked in their scopes",
        (true, true) => "checked in their scopes and after their functions have returned",
    };
    let globals = match (layout.globals, layout.constants) {
        (false, _) => "not checked: none has redzones",
        (true, None) => "checked",
        (true, Some(_)) => "checked, and no constant may be written",
    };
    (variables, globals)
}

fn type_words(kind: ItemKind, ty: Option<&str>) -> String {
    match (kind, ty) {
        (ItemKind::Function, Some(ty)) => ty.to_owned(),
        (ItemKind::Function, None) => "function".to_owned(),
        (ItemKind::Table, _) => "table".to_owned(),
        (ItemKind::Memory, _) => "memory".to_owned(),
        (ItemKind::Global, _) => "global".to_owned(),
        (ItemKind::Tag, _) => "tag".to_owned(),
    }
}

/// The first few of some names.
fn few(names: &[String]) -> String {
    const FEW: usize = 8;
    let shown: Vec<String> = names.iter().take(FEW).map(|name| on_one_line(name, NAME)).collect();
    match names.len().saturating_sub(FEW) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Bytes in the unit in which they are a small number; exact where that is a whole one.
fn size_words(bytes: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    for (unit, name) in UNITS {
        if bytes >= unit {
            let (whole, rest) = (bytes.div_euclid(unit), bytes.rem_euclid(unit));
            let tenths = rest.saturating_mul(10).div_euclid(unit);
            return if rest == 0 {
                format!("{whole} {name}")
            } else {
                format!("{whole}.{tenths} {name}")
            };
        }
    }
    format!("{bytes} bytes")
}

fn width(names: impl Iterator<Item = String>) -> usize {
    names.map(|name| Plain(&name).to_string().chars().count()).max().unwrap_or(0).min(COLUMN)
}
