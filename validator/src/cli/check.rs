//! `proofhouse check`: everything that a call names is opened here, then judged.

use super::args::{Check, Format};
use super::files::{self, Bounds};
use super::{COMPILE_CHILD, Failure, exit, guests, progress, report_files, warn};
use crate::check::{CheckError, check};
use crate::events::Events;
use crate::gates::{Gate, Gates, schema};
use crate::ingest::{Filter, Patterns, Roots, Subjects};
use crate::interpreter::Judge;
use crate::judge::Bench;
use crate::policy::{MAX_POLICY_BYTES, Policy};
use crate::report::{Form, Head, Human, Json, Palette, Report};
use crate::text::Plain;
use cap_std::AmbientAuthority;
use cap_std::fs::Dir;
use proofhouse_corpus::limits::{
    MAX_EVENT_BYTES, MAX_EVENTS, MAX_EVENTS_FILE_BYTES, MAX_EVENTS_TOTAL_BYTES,
};
use proofhouse_sandbox::limits::MAX_DESCRIPTION_BYTES;
use proofhouse_sandbox::{Cache, Compilation, Compiler, Description, Sandbox, Sanitize};
use std::io::{BufWriter, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

pub(super) fn run(args: &Check, authority: AmbientAuthority) -> Result<ExitCode, Failure> {
    let started = Instant::now();
    let policy = policy(args, authority)?;
    let jobs = jobs(args.jobs, &args.content);
    let sandbox = sandbox(jobs, authority)?;
    let judges = judges(args, &sandbox, &policy, authority)?;
    let ready = started.elapsed();
    let events = events(&args.events, authority)?;
    let subjects = subjects(&args.content, &judges, &policy, authority)?;

    let inputs = if policy.gates.evaluate_events() { events.inputs() } else { Vec::new() };
    let bench = Bench {
        policy: &policy,
        sandbox: &sandbox,
        judges: &judges,
        events: &events,
        inputs: &inputs,
    };
    let head = Head {
        policy: &policy,
        judges: &judges,
        events: &events,
        subjects: subjects.len(),
        notes: subjects.notes(),
        timings: args.timings.then_some(ready),
    };
    let reports = args.report.iter().map(|report| (report.format, report.path.as_path()));
    let mut files = report_files::create(reports, &inputs_of(args), authority)?;
    let palette = palette();
    let bar = progress::bar(subjects.len());
    let mut reports = vec![report(args.format, progress::beside(&bar, std::io::stdout()), palette)];
    for (format, file) in &mut files {
        reports.push(report(*format, file, Palette::plain()));
    }
    let tally = check(&bench, &subjects, jobs, &head, &mut reports, || bar.inc(1));
    bar.finish_and_clear();
    drop(reports);
    let tally = tally.map_err(|error: CheckError| Failure::unjudged(&error))?;
    for (_, file) in files {
        file.finish().map_err(|e| Failure::unjudged(&e))?;
    }
    Ok(exit::of(tally.verdict()))
}

/// The files that a call names.
fn inputs_of(args: &Check) -> Vec<&Path> {
    let named = args.content.iter().chain(&args.interpreter).chain(&args.events);
    named.chain(&args.policy).chain(&args.schema).map(PathBuf::as_path).collect()
}

/// Most files that are judged at the same time, however many are asked for: more than machines have cores. Each job
/// has 20 GiB of address space, of which there are 128 TiB.
const MAX_JOBS: usize = 1024;

/// How many files are judged at the same time: as many as are asked for, and no more than there are. What is in
/// directories is not known before the interpreters, which need a sandbox, have said what their content is.
pub(super) fn jobs(asked: Option<NonZeroUsize>, content: &[PathBuf]) -> NonZeroUsize {
    let jobs = asked.or_else(|| std::thread::available_parallelism().ok());
    let jobs = jobs.unwrap_or(NonZeroUsize::MIN);
    let jobs = jobs.min(NonZeroUsize::new(MAX_JOBS).unwrap_or(NonZeroUsize::MIN));
    match NonZeroUsize::new(content.len()) {
        Some(files) if !content.iter().any(|path| path.is_dir()) => jobs.min(files),
        _ => jobs,
    }
}

/// The styles of what goes to stdout.
pub(super) fn palette() -> Palette {
    let colours = anstream::stdout().current_choice() != anstream::ColorChoice::Never;
    if colours { Palette::colours() } else { Palette::plain() }
}

fn report<'w>(format: Format, out: impl Write + 'w, palette: Palette) -> Report<'w> {
    let form: Box<dyn Form> = match format {
        Format::Human => Box::new(Human(palette)),
        Format::Json => Box::new(Json),
    };
    Report { form, out: Box::new(BufWriter::new(out)) }
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
    if let Some(profile) = args.stack_profile {
        policy.limits.stack = profile;
    }
    if let Some(sanitize) = args.sanitize {
        policy.sanitize = sanitize;
    }
    if let Some(allocations) = args.fail_allocations {
        policy.limits.failed_allocations = allocations;
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
    if args.fail_allocations.is_some() && policy.sanitize != Sanitize::Full {
        warn("--fail-allocations has no effect: no allocation fails but under --sanitize full");
    }
    policy.include.extend(args.include.iter().cloned());
    policy.exclude.extend(args.exclude.iter().cloned());
    Ok(policy)
}

pub(super) fn read_policy(path: &Path, authority: AmbientAuthority) -> Result<Policy, Failure> {
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

pub(super) fn sandbox(jobs: NonZeroUsize, authority: AmbientAuthority) -> Result<Sandbox, Failure> {
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
pub(super) fn cache(authority: AmbientAuthority) -> Option<Cache> {
    let base = cache_base()?;
    let opened = Dir::create_ambient_dir_all(&base, authority)
        .and_then(|()| Dir::open_ambient_dir(&base, authority))
        .map_err(proofhouse_sandbox::CacheError::from)
        .and_then(|base| Cache::open(&base, "proofhouse"));
    match opened {
        Ok(cache) => Some(cache),
        Err(error) => {
            warn(&format!("{error}; compiling without a cache"));
            None
        }
    }
}

/// Where caches are on this machine, if that is said: never in a directory that depends on where the call is made.
pub(super) fn cache_base() -> Option<PathBuf> {
    let absolute = |name| {
        let path = PathBuf::from(std::env::var_os(name)?);
        path.is_absolute().then_some(path)
    };
    absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")))
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
        let mut judge = Judge::open(sandbox, module, policy, description.clone())
            .map_err(|e| Failure::usage(&e))?;
        if policy.gates.on(Gate::Coverage) && schema::applies(&judge) {
            judge.watch(sandbox, &policy.limits);
        }
        if judges.iter().any(|earlier: &Judge| earlier.id() == judge.id()) {
            let problem = format!("two interpreters have the id `{}`", Plain(judge.id()));
            return Err(Failure::Usage(problem));
        }
        judges.push(judge);
    }
    warn_of_unused_entries(policy, &judges);
    if args.schema.is_some() && judges.iter().all(Judge::describes_itself) {
        warn("the file of --schema is not used: the interpreter describes itself");
    }
    let idle = |judge: &Judge| judge.interpreter().is_ok() && !schema::applies(judge);
    if !policy.gates.run_interpreter() && judges.iter().all(idle) {
        let problem = "only the gate schema is on, and it knows no content of the interpreter: \
                       nothing would be checked";
        return Err(Failure::Usage(problem.into()));
    }
    Ok(judges)
}

/// Says which interpreters a policy has an entry for that a call does not use.
pub(super) fn warn_of_unused_entries(policy: &Policy, judges: &[Judge]) {
    for name in policy.interpreters.keys() {
        if !judges.iter().any(|judge| judge.answers_to(name)) {
            let name = name.escape_debug();
            warn(&format!("the policy's entry for interpreter `{name}` is not used"));
        }
    }
}

pub(super) fn events(paths: &[PathBuf], authority: AmbientAuthority) -> Result<Events, Failure> {
    let wrong = |path: &Path, error: &dyn std::fmt::Display| {
        Failure::Usage(format!("events {}: {error}", path.display()))
    };
    let mut events = Vec::new();
    for path in paths {
        if path.is_dir() {
            let bounds = Bounds {
                files: MAX_EVENTS,
                file_bytes: MAX_EVENT_BYTES,
                total_bytes: MAX_EVENTS_TOTAL_BYTES,
            };
            let files = files::read_all(path, bounds, authority)
                .map_err(|error| Failure::Usage(format!("events {error}")))?;
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
    let events =
        Events::join(events).map_err(|error| Failure::Usage(format!("events: {error}")))?;
    if !paths.is_empty() && events.is_empty() {
        warn("there is no event in what --events names");
    }
    Ok(events)
}

pub(super) fn subjects(
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
    let notes = subjects.notes();
    for note in &notes.kept {
        warn(&format!("{}: {}", note.path, note.kind));
    }
    if notes.dropped > 0 {
        warn(&format!("and {} more of this kind", notes.dropped));
    }
    if subjects.is_empty() {
        return Err(Failure::Usage("no content: nothing to judge".into()));
    }
    Ok(subjects)
}
