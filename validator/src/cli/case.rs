//! `proofhouse reproduce` and `proofhouse minimize`: one case, run again.

use super::args::{Minimize, Reproduce};
use super::case_setting::{differences, limits_of};
use super::files;
use super::outcome_key::{is_same, outcome_of};
use super::whole_file::WholeFile;
use super::{Failure, check, exit, guests, say};
use crate::gates::outcome::describe;
use crate::text::Plain;
use cap_std::AmbientAuthority;
use proofhouse_corpus::limits::MAX_CASE_BYTES;
use proofhouse_corpus::{Case, CaseInterpreter, CaseOutcome, Input, minimize as shrink};
use proofhouse_sandbox::limits::THREAD_STACK_BYTES;
use proofhouse_sandbox::{Interpreter, Job, Limits, Run, Sanitize, Verdict};
use std::fmt::Write as _;
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::ExitCode;
use std::thread;

/// Runs one case again: exit code 0 if it ends as it did, 1 if not.
pub(super) fn reproduce(
    args: &Reproduce,
    authority: AmbientAuthority,
) -> Result<ExitCode, Failure> {
    let case = read(&args.case, authority)?;
    let interpreter = open(&case, args.interpreter.as_deref(), authority)?;
    let limits = limits(&case)?;
    let run = on_large_stack(|| run(&interpreter, &case, &limits, &input(&case)))?;
    let found = outcome_of(&run);
    let mut text = String::new();
    tell_difference(&mut text, "interpreter", interpreter.digest(), &case.interpreter.digest);
    // The run had the case's.
    for (name, of_case, here) in differences(&limits) {
        let _ = writeln!(text, "{:<13}{name} {of_case}", "limit");
        let _ = writeln!(text, "{:>15}  {here}, as without a case", "instead of");
    }
    let expected = &case.expected;
    let differences = [
        ("outcome", expected.kind.clone(), found.kind.clone()),
        ("detail", expected.detail.clone(), found.detail.clone()),
        ("site", expected.site.clone(), found.site.clone()),
        ("event", event(&case, expected), event(&case, &found)),
    ];
    for (name, expected, found) in &differences {
        if expected == found {
            let _ = writeln!(text, "{name:<13}{}", Plain(found));
        } else {
            tell_difference(&mut text, name, shown(found), shown(expected));
        }
    }
    let is_judged = run.verdict() != Verdict::Inconclusive;
    if is_judged {
        text.push_str(if &found == expected { "reproduced\n" } else { "not reproduced\n" });
    }
    say::tell(&text)?;
    if !is_judged {
        let problem = describe(&run.outcome);
        return Err(Failure::Unjudged(format!("the run could not be judged: {problem}")));
    }
    Ok(ExitCode::from(if &found == expected { exit::ACCEPTED } else { exit::REJECTED }))
}

/// What is and what a case says, where they differ. Cases come from others.
fn tell_difference(text: &mut String, name: &str, found: &str, expected: &str) {
    if found != expected {
        let _ = writeln!(text, "{name:<13}{}", Plain(found));
        let _ = writeln!(text, "{:>15}  {}", "instead of", Plain(expected));
    }
}

/// Makes one case smaller.
pub(super) fn minimize(args: &Minimize, authority: AmbientAuthority) -> Result<ExitCode, Failure> {
    let case = read(&args.case, authority)?;
    let interpreter = open(&case, args.interpreter.as_deref(), authority)?;
    let limits = limits(&case)?;
    let path = args.output.clone().unwrap_or_else(|| args.case.with_extension("min.case"));
    // What cannot be written is not worth the runs.
    let file = WholeFile::create(&path, authority).map_err(|error| Failure::usage(&error))?;
    let before = input(&case);
    let size = before.size();
    let minimized = on_large_stack(|| {
        shrink(before, args.attempts.get(), |input| {
            is_same(&outcome_of(&run(&interpreter, &case, &limits, input)), &case.expected)
        })
    })?;
    let Some(minimized) = minimized else {
        return Err(Failure::Usage(
            "the case does not end here as it says: see `proofhouse reproduce`".into(),
        ));
    };
    let run = on_large_stack(|| run(&interpreter, &case, &limits, &minimized.input))?;
    let after = minimized.input.size();
    let events = (case.events.len(), minimized.input.events.len());
    let contents = (case.content.len(), minimized.input.content.len());
    let Input { content, events: kept } = minimized.input;
    let interpreter = ran(&interpreter, case.interpreter);
    let expected = outcome_of(&run);
    let smaller = Case { interpreter, content, events: kept, expected, ..case };
    let bytes = smaller.encode().map_err(|error| Failure::unjudged(&error))?;
    file.finish_with(&bytes).map_err(|error| Failure::unjudged(&error))?;
    let cut_short = if minimized.is_cut_short { ", all that were allowed" } else { "" };
    say::tell(&format!(
        "bytes     {size} to {after}\n\
         content   {} to {} bytes\n\
         events    {} to {}\n\
         attempts  {}{cut_short}\n\
         case      {}\n",
        contents.0,
        contents.1,
        events.0,
        events.1,
        minimized.attempts,
        path.display()
    ))?;
    Ok(ExitCode::from(exit::ACCEPTED))
}

/// The interpreter that a case was run with: mostly the one that it names.
fn ran(interpreter: &Interpreter, named: CaseInterpreter) -> CaseInterpreter {
    let digest = interpreter.digest();
    if digest == named.digest {
        return named;
    }
    let description = interpreter.description();
    let name = description.map(|described| format!("{}@{}", described.name, described.version));
    CaseInterpreter { name: name.unwrap_or(named.name), digest: digest.to_owned() }
}

/// Reads a case file.
pub(super) fn read(path: &Path, authority: AmbientAuthority) -> Result<Case, Failure> {
    let limit = u64::try_from(MAX_CASE_BYTES).unwrap_or(u64::MAX);
    let bytes = files::read(path, limit, authority)
        .map_err(|error| Failure::Usage(format!("case {error}")))?;
    Case::decode(&bytes)
        .map_err(|error| Failure::Usage(format!("case {}: {error}", path.display())))
}

fn shown(text: &str) -> &str {
    if text.is_empty() { "none" } else { text }
}

fn event(case: &Case, outcome: &CaseOutcome) -> String {
    let Some(nth) = outcome.event else { return String::new() };
    let index = usize::try_from(nth).unwrap_or(usize::MAX);
    let id = case.events.get(index).map_or("unknown", |event| event.id.as_str());
    format!("{id} (number {nth})")
}

fn input(case: &Case) -> Input {
    Input { content: case.content.clone(), events: case.events.clone() }
}

fn limits(case: &Case) -> Result<Limits, Failure> {
    limits_of(&case.setting).map_err(|error| Failure::usage(&error))
}

/// The interpreter that was named; otherwise the one in the box that the case names.
fn open(
    case: &Case,
    named: Option<&Path>,
    authority: AmbientAuthority,
) -> Result<Interpreter, Failure> {
    // What a case says is no path: whoever wrote it does not choose what is read here.
    let module = match named {
        Some(named) => guests::find(named, authority).map_err(|error| Failure::usage(&error)),
        None => guests::in_box(&case.interpreter.name, authority).map_err(|error| {
            Failure::Usage(format!("{error}; say which module with --interpreter"))
        }),
    }?;
    let sanitize = Sanitize::named(&case.setting.sanitize)
        .ok_or_else(|| Failure::Usage(format!("unknown checks `{}`", case.setting.sanitize)))?;
    let sandbox = check::sandbox(NonZeroUsize::MIN, authority)?;
    let limits = limits(case)?;
    let opened = on_large_stack(|| {
        let open = |wasm| sandbox.interpreter(wasm, &limits, sanitize);
        module.wasm.and_then(open)
    })?;
    opened.map_err(|error| Failure::unusable(&error))
}

fn run(interpreter: &Interpreter, case: &Case, limits: &Limits, input: &Input) -> Run {
    let events: Vec<&[u8]> = input.events.iter().map(|event| event.bytes.as_slice()).collect();
    interpreter.run(&Job {
        content: &input.content,
        events: &events,
        limits,
        configuration: case.setting.configuration.as_deref(),
        arguments: &case.setting.arguments,
    })
}

fn on_large_stack<R: Send>(work: impl FnOnce() -> R + Send) -> Result<R, Failure> {
    thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(THREAD_STACK_BYTES);
        let thread = thread.spawn_scoped(scope, work).map_err(|error| Failure::unjudged(&error))?;
        thread.join().map_err(|_| Failure::Unjudged("our own bug: a thread panicked".into()))
    })
}
