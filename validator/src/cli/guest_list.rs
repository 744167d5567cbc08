//! `proofhouse guests`: what is in the box.

use super::args::{Guests, ListFormat};
use super::guests::{self, Guest};
use super::inspect::on_guest_stack;
use super::{Failure, check, exit};
use crate::gates::outcome::describe;
use crate::inspection::Level;
use crate::interpreter::{RELEASE, checks_of};
use crate::report::{Palette, Plain, Tool};
use cap_std::AmbientAuthority;
use proofhouse_sandbox::{
    Abi, ContentKind, Interpreter, Limits, ModuleBytes, OpenError, Sandbox, Sanitize, Verdict,
};
use serde::Serialize;
use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::process::ExitCode;

/// The `schema` member.
const BOX_SCHEMA: &str = "proofhouse.box/1";

/// What is in the box.
#[derive(Serialize)]
struct Contents {
    schema: &'static str,
    tool: Tool,
    guests: Vec<Entry>,
}

/// One interpreter.
#[derive(Serialize)]
struct Entry {
    /// What `-i` calls it: `NAME@VERSION`.
    id: String,
    name: String,
    /// Its own name and version.
    describes_itself: Option<Described>,
    usable: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    abi: Option<Abi>,
    sanitizer: Option<Sanitizer>,
    content: Vec<ContentKind>,
    /// The release first.
    builds: Vec<Build>,
}

impl Entry {
    /// Nothing but what it is called.
    fn named(guest: &Guest) -> Self {
        Self {
            id: guest.id.clone(),
            name: guest.name().to_owned(),
            describes_itself: None,
            usable: false,
            problem: None,
            abi: None,
            sanitizer: None,
            content: Vec::new(),
            builds: Vec::new(),
        }
    }

    /// One whose files cannot be read.
    fn unread(guest: &Guest, problem: String) -> Self {
        Self { problem: Some(problem), ..Self::named(guest) }
    }
}

#[derive(Serialize)]
struct Described {
    name: String,
    version: String,
}

#[derive(Serialize)]
struct Sanitizer {
    level: Level,
    checks: Vec<&'static str>,
}

impl Sanitizer {
    fn of(interpreter: &Interpreter) -> Self {
        let summary = interpreter.instrumentation();
        Self { level: Level::of(summary), checks: checks_of(summary) }
    }
}

#[derive(Serialize)]
struct Build {
    name: String,
    digest: String,
    size: u64,
    /// Absent if it cannot be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    sanitizer: Option<Sanitizer>,
}

pub(super) fn run(args: &Guests, authority: AmbientAuthority) -> Result<ExitCode, Failure> {
    let sandbox = check::sandbox(NonZeroUsize::MIN, authority)?;
    let mut entries = Vec::new();
    for guest in guests::all(authority).map_err(|error| Failure::usage(&error))? {
        entries.push(on_guest_stack(|| entry(&guest, &sandbox, authority))?);
    }
    let usable = entries.iter().all(|entry| entry.usable);
    let contents = Contents { schema: BOX_SCHEMA, tool: Tool::default(), guests: entries };
    let mut to = io::BufWriter::new(io::stdout().lock());
    let written = match args.format {
        ListFormat::Human => table(&contents.guests, &mut to, check::palette()),
        ListFormat::Json => serde_json::to_writer_pretty(&mut to, &contents)
            .map_err(io::Error::from)
            .and_then(|()| writeln!(to)),
    };
    written
        .and_then(|()| to.flush())
        .map_err(|error| Failure::Unjudged(format!("stdout: {error}")))?;
    Ok(exit::of(if usable { Verdict::Accepted } else { Verdict::Inconclusive }))
}

fn entry(guest: &Guest, sandbox: &Sandbox, authority: AmbientAuthority) -> Entry {
    let module = match guest.read(authority) {
        Ok(module) => module,
        Err(error) => return Entry::unread(guest, error.to_string()),
    };
    let open = |wasm: ModuleBytes| sandbox.interpreter(wasm, &Limits::default(), Sanitize::On);
    let opened = module.wasm.clone().and_then(open);
    let build = |name: String, wasm: &ModuleBytes, opened: &Result<Interpreter, OpenError>| {
        let sanitizer = opened.as_ref().ok().map(Sanitizer::of);
        Build { name, digest: wasm.digest(), size: wasm.size(), sanitizer }
    };
    let mut builds = Vec::new();
    if let Ok(wasm) = &module.wasm {
        builds.push(build(RELEASE.to_owned(), wasm, &opened));
    }
    for checked in module.checked {
        if let Ok(wasm) = checked.wasm {
            builds.push(build(checked.name, &wasm, &open(wasm.clone())));
        }
    }
    let interpreter = opened.as_ref().ok();
    let description = interpreter.and_then(Interpreter::description);
    Entry {
        describes_itself: description
            .map(|words| Described { name: words.name.clone(), version: words.version.clone() }),
        usable: interpreter.is_some(),
        problem: opened.as_ref().err().map(|error| describe(&error.outcome)),
        abi: interpreter.map(Interpreter::abi),
        sanitizer: interpreter.map(Sanitizer::of),
        content: description.map(|words| words.content.clone()).unwrap_or_default(),
        builds,
        ..Entry::named(guest)
    }
}

/// One interpreter: what it is, what it takes, and its builds with the checks that each gets.
fn table(entries: &[Entry], to: &mut impl Write, palette: Palette) -> io::Result<()> {
    let Palette { bold, dim, bad, .. } = palette;
    if entries.is_empty() {
        let variable = guests::VARIABLE;
        return writeln!(to, "the box is empty (build it with `cargo guests`, or set {variable})");
    }
    let ids = entries.iter().map(|guest| guest.id.chars().count());
    let width = ids.max().unwrap_or(0);
    for guest in entries {
        let id = Plain(&guest.id).to_string();
        write!(to, "{bold}{id:<width$}{bold:#}  ")?;
        if let Some(problem) = &guest.problem {
            writeln!(to, "{bad}UNUSABLE{bad:#}: {}", Plain(problem))?;
            continue;
        }
        let abi = guest.abi.map(abi_name).unwrap_or_default();
        writeln!(to, "{abi}")?;
        let mut line = |about: &str, text: &str| {
            writeln!(to, "{:width$}  {dim}{about:<8}{dim:#} {}", "", Plain(text))
        };
        if let Some(own) = &guest.describes_itself {
            let own = format!("{}@{}", own.name, own.version);
            if own != guest.id {
                line("is", &own)?;
            }
        }
        for kind in &guest.content {
            line("content", &format!("{}: {}", kind.kind, kind.patterns.join(", ")))?;
        }
        let names = guest.builds.iter().map(|build| short_name(&build.name, &guest.id));
        let builds = names.map(|name| name.chars().count()).max().unwrap_or(0);
        for build in &guest.builds {
            let short: String = build.digest.chars().take(DIGEST).collect();
            let name = short_name(&build.name, &guest.id);
            let checks = build.sanitizer.as_ref().map_or("UNUSABLE".to_owned(), |found| {
                format!("{} ({})", found.level.name(), found.checks.join(", "))
            });
            line("build", &format!("{name:<builds$}  {short}...  {checks}"))?;
        }
    }
    Ok(())
}

/// Characters of a digest that a table shows; the JSON form has all.
const DIGEST: usize = 23;

/// The name of a build without what the guest is called anyway.
fn short_name<'b>(build: &'b str, id: &str) -> &'b str {
    build.strip_prefix(id).map_or(build, |rest| rest.trim_start_matches('-'))
}

fn abi_name(abi: Abi) -> &'static str {
    match abi {
        Abi::Reactor => "reactor",
        Abi::Harness => "harness",
        Abi::Command => "command",
    }
}
