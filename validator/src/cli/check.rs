//! `proofhouse check`: everything that a call names is opened here, then judged.

use super::args::{Check, Format};
use super::files::{self, WholeFile};
use super::{COMPILE_CHILD, Failure, exit, guests, progress};
use crate::check::{CheckError, check};
use crate::events::Events;
use crate::gates::{Gate, Gates};
use crate::ingest::{Filter, Patterns, Roots, Subjects};
use crate::interpreter::Judge;
use crate::judge::Bench;
use crate::policy::{MAX_POLICY_BYTES, Policy};
use crate::report::{Head, Human, Json, Palette, Report};
use cap_std::AmbientAuthority;
use cap_std::fs::Dir;
use proofhouse_corpus::limits::{MAX_EVENT_BYTES, MAX_EVENTS_FILE_BYTES};
use proofhouse_sandbox::limits::MAX_DESCRIPTION_BYTES;
use proofhouse_sandbox::{Cache, Compilation, Compiler, Description, Sandbox};
use std::io::{BufWriter, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

pub(super) fn run(args: &Check, authority: AmbientAuthority) -> Result<ExitCode, Failure> {
    let policy = policy(args, authority)?;
    let jobs = args.jobs.or_else(|| std::thread::available_parallelism().ok());
    let jobs = jobs.unwrap_or(NonZeroUsize::MIN);
    let sandbox = sandbox(jobs, authority)?;
    let judges = judges(args, &sandbox, &policy, authority)?;
    let events = events(&args.events, authority)?;
    let subjects = subjects(&args.content, &judges, &policy, authority)?;

    let inputs = if policy.gates.on(Gate::Exercise) { events.inputs() } else { Vec::new() };
    let bench = Bench { policy: &policy, judges: &judges, events: &events, inputs: &inputs };
    let head = Head {
        policy: &policy,
        judges: &judges,
        events: &events,
        subjects: subjects.len(),
        timings: args.timings,
    };
    let mut files = Vec::new();
    for report in &args.report {
        let file = WholeFile::create(&report.path, authority).map_err(|e| Failure::unjudged(&e))?;
        files.push((report.format, file));
    }
    let colours = anstream::stdout().current_choice() != anstream::ColorChoice::Never;
    let palette = if colours { Palette::colours() } else { Palette::plain() };
    let mut reports = vec![report(args.format, BufWriter::new(std::io::stdout()), palette)];
    for (format, file) in &mut files {
        reports.push(report(*format, BufWriter::new(file), Palette::plain()));
    }
    let bar = progress::bar(subjects.len());
    let tally = check(&bench, &subjects, jobs, &head, &mut reports, || bar.inc(1));
    bar.finish_and_clear();
    drop(reports);
    let tally = tally.map_err(|error: CheckError| Failure::unjudged(&error))?;
    for (_, file) in files {
        file.finish().map_err(|e| Failure::unjudged(&e))?;
    }
    Ok(exit::of(tally.verdict()))
}

fn report<'w>(format: Format, out: impl Write + 'w, palette: Palette) -> Box<dyn Report + 'w> {
    match format {
        Format::Human => Box::new(Human::new(out, palette)),
        Format::Json => Box::new(Json::new(out)),
    }
}

/// The policy file under the command line's own words.
fn policy(args: &Check, authority: AmbientAuthority) -> Result<Policy, Failure> {
    let mut policy = match &args.policy {
        None => Policy::default(),
        Some(path) => read_policy(path, authority)?,
    };
    if let Some(fuel) = args.fuel {
        policy.limits.fuel = fuel;
    }
    if let Some(memory) = args.memory {
        policy.limits.memory_bytes = memory.0;
    }
    if let Some(deadline) = args.deadline {
        policy.limits.deadline = deadline.0;
    }
    if !args.gates.is_empty() || !args.skip_gates.is_empty() {
        policy.gates = Gates::choose(&args.gates, &args.skip_gates);
    }
    if policy.gates.is_empty() {
        return Err(Failure::Usage("all gates are off: nothing would be checked".into()));
    }
    policy.include.extend(args.include.iter().cloned());
    policy.exclude.extend(args.exclude.iter().cloned());
    Ok(policy)
}

fn read_policy(path: &Path, authority: AmbientAuthority) -> Result<Policy, Failure> {
    let bytes = files::read(path, MAX_POLICY_BYTES, authority)
        .map_err(|error| Failure::Usage(format!("policy {error}")))?;
    let text = String::from_utf8(bytes)
        .map_err(|_| Failure::Usage(format!("policy {}: not UTF-8", path.display())))?;
    Policy::parse(&text).map_err(|problems| {
        let name = path.display().to_string();
        let shown: Vec<String> = problems.iter().map(|p| p.render(&name, &text)).collect();
        Failure::Usage(format!("the policy is not valid\n{}", shown.join("\n")))
    })
}

fn sandbox(jobs: NonZeroUsize, authority: AmbientAuthority) -> Result<Sandbox, Failure> {
    // Two more than the jobs: interpreters are asked what they are while nothing else runs, and a
    // store that is being given back may overlap with the next one.
    let instances = u32::try_from(jobs.get()).unwrap_or(u32::MAX).saturating_add(2);
    let compiler = Compiler::Child {
        program: PathBuf::from("/proc/self/exe"),
        arguments: vec![COMPILE_CHILD.into()],
    };
    Sandbox::new(instances, Compilation { compiler, cache: cache(authority) })
        .map_err(|e| Failure::unjudged(&e))
}

/// The cache of compiled interpreters. Without one everything works, only slower.
fn cache(authority: AmbientAuthority) -> Option<Cache> {
    let base = match std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from) {
        Some(path) if path.is_absolute() => path,
        _ => Path::new(&std::env::var_os("HOME")?).join(".cache"),
    };
    let opened = Dir::create_ambient_dir_all(&base, authority)
        .and_then(|()| Dir::open_ambient_dir(&base, authority))
        .map_err(proofhouse_sandbox::CacheError::from)
        .and_then(|base| Cache::open(&base, "proofhouse"));
    match opened {
        Ok(cache) => Some(cache),
        Err(error) => {
            tracing::warn!("{error}; compiling without a cache");
            None
        }
    }
}

fn judges(
    args: &Check,
    sandbox: &Sandbox,
    policy: &Policy,
    authority: AmbientAuthority,
) -> Result<Vec<Judge>, Failure> {
    let description = match &args.schema {
        None => None,
        Some(path) => {
            let bytes = files::read(path, u64::from(MAX_DESCRIPTION_BYTES), authority)
                .map_err(|error| Failure::Usage(format!("schema {error}")))?;
            let description = Description::parse(&bytes)
                .map_err(|error| Failure::Usage(format!("schema {}: {error}", path.display())))?;
            Some(description)
        }
    };
    let mut judges = Vec::new();
    for wanted in &args.interpreter {
        let module = guests::find(wanted, authority).map_err(|e| Failure::usage(&e))?;
        let judge = Judge::open(sandbox, module, policy, description.clone());
        judges.push(judge.map_err(|e| Failure::usage(&e))?);
    }
    for name in policy.interpreters.keys() {
        if !judges.iter().any(|judge| judge.answers_to(name)) {
            tracing::warn!("the policy's entry for interpreter `{name}` is not used");
        }
    }
    Ok(judges)
}

fn events(paths: &[PathBuf], authority: AmbientAuthority) -> Result<Events, Failure> {
    let wrong = |path: &Path, error: &dyn std::fmt::Display| {
        Failure::Usage(format!("events {}: {error}", path.display()))
    };
    let mut events = Vec::new();
    for path in paths {
        if path.is_dir() {
            let limit = u64::try_from(MAX_EVENT_BYTES).unwrap_or(u64::MAX);
            let files = files::read_all(path, limit, authority).map_err(|e| wrong(path, &e))?;
            events.extend(
                files.into_iter().map(|(name, bytes)| Events::raw(name.to_string(), bytes)),
            );
        } else {
            let limit = u64::try_from(MAX_EVENTS_FILE_BYTES).unwrap_or(u64::MAX);
            let bytes = files::read(path, limit, authority)
                .map_err(|error| Failure::Usage(format!("events {error}")))?;
            events.extend(Events::parse(&bytes).map_err(|error| wrong(path, &error))?);
        }
    }
    Events::join(events).map_err(|e| Failure::usage(&e))
}

fn subjects(
    paths: &[PathBuf],
    judges: &[Judge],
    policy: &Policy,
    authority: AmbientAuthority,
) -> Result<Subjects, Failure> {
    let defaults: Vec<String> = judges.iter().flat_map(Judge::patterns).cloned().collect();
    let patterns =
        Patterns { defaults: &defaults, include: &policy.include, exclude: &policy.exclude };
    let filter = Filter::new(patterns).map_err(|e| Failure::usage(&e))?;
    let roots = Roots::open_ambient(paths, authority).map_err(|e| Failure::usage(&e))?;
    let subjects = Subjects::list(roots, &filter).map_err(|e| Failure::unjudged(&e))?;
    for note in &subjects.notes().kept {
        tracing::warn!("{}: {}", note.path, note.kind);
    }
    if subjects.is_empty() {
        return Err(Failure::Usage("no content: nothing to judge".into()));
    }
    Ok(subjects)
}
