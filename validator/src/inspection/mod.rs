//! What `proofhouse inspect` says of a module: one value, shown to people and to programs.
//!
//! Names in a module are whatever its author wrote, and there may be millions of them: lists are cut and
//! counted, texts are cut.

mod advice;
mod human;

pub use human::write_human;

use crate::interpreter::checks_of;
use crate::report::Tool;
use crate::text::cut;
use advice::Advice;
use proofhouse_sandbox::instrument::Summary;
use proofhouse_sandbox::{
    Abi, Anatomy, Description, Inspection, ItemKind, Linked, ModuleBytes, OpenError, Outcome,
    Phase, Unusable,
};
use serde::Serialize;

/// The `schema` member.
pub const INSPECT_SCHEMA: &str = "proofhouse.inspect/1";

/// Entries of a list that are kept.
const MAX_LISTED: usize = 1_000;
/// Characters of a name that are kept.
const MAX_NAME: usize = 256;
/// Characters of a message that are kept.
const MAX_MESSAGE: usize = 2_000;

/// What is known about a module.
#[derive(Debug, Serialize)]
pub struct ModuleReport {
    schema: &'static str,
    tool: Tool,
    /// What the user called it.
    name: String,
    /// SHA-256; absent if it was too large even for that.
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    /// Whether it can be used as an interpreter.
    usable: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<Problem>,
    abi: Option<Abi>,
    /// Why it has no ABI.
    #[serde(skip_serializing_if = "Option::is_none")]
    abi_problem: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<Description>,
    /// Further builds of the same version.
    builds: Vec<String>,
    imports: Listed<ImportEntry>,
    exports: Listed<ExportEntry>,
    memories: Vec<MemoryEntry>,
    functions: Functions,
    tables: u32,
    code_bytes: u64,
    data_bytes: u64,
    has_start: bool,
    debug: Debug,
    producers: Vec<Producer>,
    custom_sections: Vec<CustomSection>,
    /// Absent where the rewriter refuses it.
    #[serde(skip_serializing_if = "Option::is_none")]
    sanitizer: Option<Sanitizer>,
    /// Why it cannot be metered and checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    rewriting_problem: Option<String>,
    advice: Vec<Advice>,
}

/// Why a module cannot be used.
#[derive(Debug, Serialize)]
struct Problem {
    phase: Phase,
    message: String,
}

/// A list that may be cut.
#[derive(Debug, Serialize)]
struct Listed<T> {
    /// How many there are.
    count: usize,
    /// The first of them.
    listed: Vec<T>,
}

#[derive(Debug, Serialize)]
struct ImportEntry {
    module: String,
    name: String,
    kind: ItemKind,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    ty: Option<String>,
    #[serde(flatten)]
    linked: Linked,
}

#[derive(Debug, Serialize)]
struct ExportEntry {
    name: String,
    kind: ItemKind,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    ty: Option<String>,
}

#[derive(Debug, Serialize)]
struct MemoryEntry {
    initial_bytes: u64,
    maximum_bytes: Option<u64>,
    imported: bool,
    #[serde(rename = "64_bits")]
    has_64_bits: bool,
    shared: bool,
}

#[derive(Debug, Serialize)]
struct Functions {
    imported: usize,
    defined: u32,
}

/// What is there for symbolised traps.
#[derive(Debug, Serialize)]
struct Debug {
    named_functions: u32,
    lines: bool,
    sections: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Producer {
    field: String,
    name: String,
    version: String,
}

#[derive(Debug, Serialize)]
struct CustomSection {
    name: String,
    bytes: u64,
}

#[derive(Debug, Serialize)]
struct Sanitizer {
    level: Level,
    /// Whether a compiler left checks that say what they find; of traps nobody can tell without debug information.
    undefined_behaviour_checks: bool,
    checks: Vec<&'static str>,
    instrumentation: Summary,
}

/// How much of a module's memory the checks know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// What shows in any module: the null page, the heap, what is outside of everything.
    BinaryOnly,
    /// Variables and globals as well: it was compiled with `-fsanitize=address`.
    AsanLayout,
}

impl Level {
    /// That of a module in which the rewriter found this.
    pub fn of(summary: &Summary) -> Self {
        if summary.layout.is_some() { Self::AsanLayout } else { Self::BinaryOnly }
    }

    /// Its name, as reports write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::BinaryOnly => "binary-only",
            Self::AsanLayout => "asan-layout",
        }
    }
}

/// What identifies a module.
#[derive(Debug)]
pub struct Named {
    /// What the user called it.
    pub name: String,
    /// Names of further builds of the same version.
    pub builds: Vec<String>,
}

impl ModuleReport {
    /// What was found out about a module of these bytes.
    pub fn new(named: Named, wasm: &ModuleBytes, inspection: &Inspection) -> Self {
        let advice = advice::of(inspection, !named.builds.is_empty());
        let Inspection { anatomy, abi, imports, rewriting, interpreter } = inspection;
        let mut report = Self::unread(named);
        report.digest = Some(wasm.digest());
        report.size = Some(wasm.size());
        report.usable = interpreter.is_ok();
        report.problem = interpreter.as_ref().err().map(Problem::of);
        match abi {
            Ok(abi) => report.abi = Some(*abi),
            Err(problem) => report.abi_problem = Some(cut(&problem.to_string(), MAX_MESSAGE)),
        }
        report.description = interpreter.as_ref().ok().and_then(|i| i.description().cloned());
        report.imports =
            Listed::of(anatomy.info.imports.iter().zip(imports), |(import, linked)| ImportEntry {
                module: cut(&import.module, MAX_NAME),
                name: cut(&import.name, MAX_NAME),
                kind: import.kind,
                ty: import.function.as_ref().map(|ty| ty.as_str().to_owned()),
                linked: linked.clone(),
            });
        report.exports = Listed::of(anatomy.info.exports.iter(), |export| ExportEntry {
            name: cut(&export.name, MAX_NAME),
            kind: export.kind,
            ty: export.function.as_ref().map(|ty| ty.as_str().to_owned()),
        });
        report.describe(anatomy);
        match rewriting {
            Ok(summary) => {
                report.sanitizer = Some(Sanitizer {
                    level: Level::of(summary),
                    undefined_behaviour_checks: anatomy.checks_undefined_behaviour,
                    checks: checks_of(summary),
                    instrumentation: bounded(summary.clone()),
                });
            }
            Err(error) => report.rewriting_problem = Some(Problem::of(error).message),
        }
        report.advice = advice;
        report
    }

    /// A module that is too large to be read; its digest may be known.
    pub fn too_large(named: Named, error: &OpenError, digest: Option<String>) -> Self {
        let size = match &error.outcome {
            Outcome::Unusable { reason: Unusable::OverLimit { value, .. } } => {
                Some(counted(*value))
            }
            _ => None,
        };
        Self { problem: Some(Problem::of(error)), digest, size, ..Self::unread(named) }
    }

    /// Whether it can be used as an interpreter.
    pub fn is_usable(&self) -> bool {
        self.usable
    }

    fn unread(named: Named) -> Self {
        let Named { name, builds } = named;
        Self {
            schema: INSPECT_SCHEMA,
            tool: Tool::default(),
            name,
            digest: None,
            size: None,
            usable: false,
            problem: None,
            abi: None,
            abi_problem: None,
            description: None,
            builds,
            imports: Listed::none(),
            exports: Listed::none(),
            memories: Vec::new(),
            functions: Functions { imported: 0, defined: 0 },
            tables: 0,
            code_bytes: 0,
            data_bytes: 0,
            has_start: false,
            debug: Debug { named_functions: 0, lines: false, sections: Vec::new() },
            producers: Vec::new(),
            custom_sections: Vec::new(),
            sanitizer: None,
            rewriting_problem: None,
            advice: Vec::new(),
        }
    }

    fn describe(&mut self, anatomy: &Anatomy) {
        let imported = anatomy.info.imports.iter();
        self.functions = Functions {
            imported: imported.filter(|import| import.kind == ItemKind::Function).count(),
            defined: anatomy.defined_functions,
        };
        self.memories = anatomy
            .memories
            .iter()
            .map(|memory| MemoryEntry {
                initial_bytes: counted(memory.initial_bytes),
                maximum_bytes: memory.maximum_bytes.map(counted),
                imported: memory.imported,
                has_64_bits: memory.has_64_bits,
                shared: memory.shared,
            })
            .collect();
        self.tables = anatomy.info.tables;
        (self.code_bytes, self.data_bytes) = (anatomy.code_bytes, anatomy.data_bytes);
        self.has_start = anatomy.info.has_start;
        self.debug = Debug {
            named_functions: anatomy.named_functions,
            lines: anatomy.info.has_line_tables,
            sections: anatomy.debug_sections().map(|name| cut(name, MAX_NAME)).collect(),
        };
        let producers = anatomy.producers.iter().map(|(field, name, version)| Producer {
            field: cut(field, MAX_NAME),
            name: cut(name, MAX_NAME),
            version: cut(version, MAX_NAME),
        });
        self.producers = producers.collect();
        let customs = anatomy.customs.iter();
        self.custom_sections = customs
            .map(|(name, bytes)| CustomSection { name: cut(name, MAX_NAME), bytes: *bytes })
            .collect();
    }
}

impl Problem {
    fn of(error: &OpenError) -> Self {
        let message = crate::gates::outcome::describe(&error.outcome);
        Self { phase: error.phase, message: cut(&message, MAX_MESSAGE) }
    }
}

impl<T> Listed<T> {
    fn none() -> Self {
        Self { count: 0, listed: Vec::new() }
    }

    fn of<I: ExactSizeIterator>(all: I, entry: impl FnMut(I::Item) -> T) -> Self {
        Self { count: all.len(), listed: all.take(MAX_LISTED).map(entry).collect() }
    }
}

/// A number that JSON's readers can hold. What a 64-bit memory declares may be more.
fn counted(number: u64) -> u64 {
    number.min(crate::size::MAX_INTEGER)
}

/// The summary with its names cut: they are the module's.
fn bounded(mut summary: Summary) -> Summary {
    use proofhouse_sandbox::instrument::{HeapFound, HeapOff};
    let shorten = |names: &mut Vec<String>| {
        names.truncate(MAX_LISTED);
        for name in names {
            *name = cut(name, MAX_NAME);
        }
    };
    shorten(&mut summary.words);
    match &mut summary.heap {
        Some(HeapFound::Replaced { functions, .. }) => shorten(functions),
        Some(HeapFound::Off {
            reason:
                HeapOff::Imported { name }
                | HeapOff::WrongType { name }
                | HeapOff::Ambiguous { name }
                | HeapOff::TailCall { name },
        }) => *name = cut(name, MAX_NAME),
        _ => {}
    }
    summary
}
