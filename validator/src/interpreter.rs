//! The interpreters of one call: found by name or path, opened, and named in the report.

use crate::policy::Policy;
use proofhouse_sandbox::instrument::{HeapFound, NullPageFound, Summary};
use proofhouse_sandbox::limits::THREAD_STACK_BYTES;
use proofhouse_sandbox::{
    Abi, Description, Interpreter, Limits, ModuleBytes, OpenError, Sandbox, Sanitize,
};
use serde::Serialize;
use std::thread;

/// An interpreter that judges, or the reason why it cannot.
#[derive(Clone)]
pub struct Judge {
    id: String,
    /// Names under which a policy may mean it.
    names: Vec<String>,
    interpreter: Result<Interpreter, OpenError>,
    checked: Vec<CheckedBuild>,
    /// The release once more, opened to be watched, if it was.
    watched: Option<Result<Interpreter, OpenError>>,
    /// What `--schema` says in the interpreter's stead.
    description: Option<Description>,
    configuration: Option<String>,
    arguments: Vec<String>,
}

/// The bytes of an interpreter and what the user called it.
#[derive(Debug)]
pub struct Module {
    /// Its file name without the ending, or its name in the box.
    pub name: String,
    /// The module, or why it was not read.
    pub wasm: Result<ModuleBytes, OpenError>,
    /// Further builds of the same version, compiled for checks, from the least to the most optimised.
    pub checked: Vec<CheckedModule>,
}

/// The bytes of a checked build.
#[derive(Debug)]
pub struct CheckedModule {
    /// Its file name without the ending.
    pub name: String,
    /// The module, or why it was not read.
    pub wasm: Result<ModuleBytes, OpenError>,
}

/// A build of an interpreter that was compiled for checks.
#[derive(Clone)]
pub struct CheckedBuild {
    name: String,
    interpreter: Result<Interpreter, OpenError>,
}

impl CheckedBuild {
    /// Its name in the report.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The interpreter, or why there is none.
    pub fn interpreter(&self) -> Result<&Interpreter, &OpenError> {
        self.interpreter.as_ref()
    }
}

/// What a policy says about an interpreter and cannot hold.
#[derive(Debug, thiserror::Error)]
pub enum JudgeError {
    /// Another module than the policy pins.
    #[error("interpreter `{name}` has digest {found}, the policy pins {pinned}")]
    Digest {
        /// Its name.
        name: String,
        /// The digest that it has.
        found: String,
        /// The digest that the policy pins.
        pinned: String,
    },
    /// Two entries, by name and by id for example, of which only one could count.
    #[error("the policy has several entries for interpreter `{name}`: {}", entries.join(", "))]
    SeveralEntries {
        /// Its name.
        name: String,
        /// The entries' names.
        entries: Vec<String>,
    },
    /// Builds that are not of one version.
    #[error("build `{build}` is {found}, the release is {release}: they are not one interpreter")]
    OtherBuild {
        /// The build's name.
        build: String,
        /// What the build says that it is.
        found: String,
        /// What the release says that it is.
        release: String,
    },
    /// A configuration for an interpreter that takes none.
    #[error("the policy configures interpreter `{name}`, which takes no configuration")]
    TakesNoConfiguration {
        /// Its name.
        name: String,
    },
}

impl Judge {
    /// Opens a module. A module that cannot be used still becomes a judge: one that cannot judge.
    ///
    /// # Errors
    /// If the policy asks for something that this interpreter is not or does not do.
    pub fn open(
        sandbox: &Sandbox,
        module: Module,
        policy: &Policy,
        description: Option<Description>,
    ) -> Result<Self, JudgeError> {
        let Opened { interpreter, checked } =
            Opened::side_by_side(sandbox, module.wasm, &module.checked, policy);
        are_one(&interpreter, &checked)?;
        let described = interpreter.as_ref().ok().and_then(Interpreter::description);
        let described = described.or(description.as_ref());
        let name = described.map_or_else(|| module.name.clone(), |d| d.name.clone());
        let id =
            described.map_or_else(|| module.name.clone(), |d| format!("{}@{}", d.name, d.version));
        let names = vec![id.clone(), name.clone(), module.name];
        let entries = policy.interpreters.iter().filter(|(entry, _)| names.contains(entry));
        let (entries, wishes): (Vec<_>, Vec<_>) = entries.unzip();
        if entries.len() > 1 {
            let entries = entries.into_iter().cloned().collect();
            return Err(JudgeError::SeveralEntries { name, entries });
        }
        let wishes = wishes.first().copied();
        if let (Some(pinned), Ok(opened)) = (wishes.and_then(|w| w.digest.as_ref()), &interpreter)
            && opened.digest() != pinned
        {
            let (found, pinned) = (opened.digest().to_owned(), pinned.clone());
            return Err(JudgeError::Digest { name, found, pinned });
        }
        let configuration = wishes.and_then(|w| w.configuration.clone());
        if configuration.is_some() && interpreter.as_ref().is_ok_and(|i| !i.takes_configuration()) {
            return Err(JudgeError::TakesNoConfiguration { name });
        }
        let mut arguments = vec![name];
        arguments.extend(wishes.map(|w| w.arguments.clone()).unwrap_or_default());
        let watched = None;
        Ok(Self { id, names, interpreter, checked, watched, description, configuration, arguments })
    }

    /// Opens the release once more, to be watched while it evaluates events.
    pub fn watch(&mut self, sandbox: &Sandbox, limits: &Limits) {
        let release = self.interpreter.as_ref().ok();
        self.watched = release
            .map(|release| sandbox.watched_interpreter(release.module_bytes().to_vec(), limits));
    }

    /// The same judge with its interpreters in another sandbox, but for those that would have to be compiled
    /// for that.
    #[must_use]
    pub fn moved_to(&self, sandbox: &Sandbox) -> Self {
        let moved = |interpreter: &mut Result<Interpreter, OpenError>| {
            if let Some(moved) = interpreter.as_ref().ok().and_then(|i| i.moved_to(sandbox)) {
                *interpreter = Ok(moved);
            }
        };
        let mut judge = self.clone();
        moved(&mut judge.interpreter);
        judge.checked.iter_mut().for_each(|build| moved(&mut build.interpreter));
        judge.watched.as_mut().map(moved);
        judge
    }

    /// The release as it can be watched, if it was opened for that.
    pub fn watched(&self) -> Option<Result<&Interpreter, &OpenError>> {
        self.watched.as_ref().map(Result::as_ref)
    }

    /// Its id in the report: `name@version` where it says so.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether a policy's entry of that name is about it.
    pub fn answers_to(&self, name: &str) -> bool {
        self.names.iter().any(|own| own == name)
    }

    /// Its version, or its id where it has none.
    pub fn version(&self) -> &str {
        self.description().map_or(&self.id, |d| &d.version)
    }

    /// What it says of itself; where it says nothing, what `--schema` says in its stead.
    pub fn description(&self) -> Option<&Description> {
        let own = self.interpreter.as_ref().ok().and_then(Interpreter::description);
        own.or(self.description.as_ref())
    }

    /// Whether it says itself what it is.
    pub fn describes_itself(&self) -> bool {
        self.interpreter.as_ref().is_ok_and(|interpreter| interpreter.description().is_some())
    }

    /// The interpreter, or why there is none.
    pub fn interpreter(&self) -> Result<&Interpreter, &OpenError> {
        self.interpreter.as_ref()
    }

    /// The builds beside the release that judge: those that were opened.
    pub fn checked(&self) -> &[CheckedBuild] {
        &self.checked
    }

    /// The builds that judge, the release first, with their names in the report.
    pub fn builds(&self) -> impl Iterator<Item = (&str, &Interpreter)> {
        let release = self.interpreter.as_ref().ok().map(|release| (RELEASE, release));
        let checked = self.checked.iter();
        let checked = checked.filter_map(|build| Some((build.name(), build.interpreter().ok()?)));
        release.into_iter().chain(checked)
    }

    /// Its configuration, as JSON.
    pub fn configuration(&self) -> Option<&str> {
        self.configuration.as_deref()
    }

    /// Its arguments, its name first.
    pub fn arguments(&self) -> &[String] {
        &self.arguments
    }

    /// The file patterns of its content.
    pub fn patterns(&self) -> impl Iterator<Item = &String> {
        self.description().into_iter().flat_map(|d| &d.content).flat_map(|kind| &kind.patterns)
    }

    /// How the report names it.
    pub fn entry(&self) -> InterpreterEntry<'_> {
        let interpreter = self.interpreter.as_ref().ok();
        let digest = interpreter.map(Interpreter::digest);
        let builds = self.builds().map(|(name, build)| Build { name, digest: build.digest() });
        InterpreterEntry {
            id: &self.id,
            name: self.description().map(|d| d.name.as_str()),
            version: self.description().map(|d| d.version.as_str()),
            abi: interpreter.map(Interpreter::abi),
            digest,
            configuration: self.configuration().map(crate::digest::of_text),
            builds: builds.collect(),
            instrumentation: interpreter.map(Interpreter::instrumentation),
            checks: interpreter.map(checks).unwrap_or_default(),
        }
    }
}

/// Name of the build that ships.
pub const RELEASE: &str = "release";

/// How many of the checked builds judge, the most optimised ones: under `on` one, under `full` all.
fn judging(sanitize: Sanitize) -> usize {
    match sanitize {
        Sanitize::Full => usize::MAX,
        Sanitize::On | Sanitize::Oracle => 1,
        _ => 0,
    }
}

/// The builds of one module.
struct Opened {
    interpreter: Result<Interpreter, OpenError>,
    checked: Vec<CheckedBuild>,
}

impl Opened {
    /// Opens the release, and beside it, on a thread of their own, the checked builds that judge.
    fn side_by_side(
        sandbox: &Sandbox,
        release: Result<ModuleBytes, OpenError>,
        checked: &[CheckedModule],
        policy: &Policy,
    ) -> Self {
        let idle = checked.len().saturating_sub(judging(policy.sanitize));
        let checked = checked.get(idle..).unwrap_or_default();
        let open_checked = || open_all(sandbox, checked, policy);
        thread::scope(|scope| {
            let beside = thread::Builder::new().stack_size(THREAD_STACK_BYTES);
            let beside = (!checked.is_empty()).then(|| beside.spawn_scoped(scope, open_checked));
            let open = |wasm| sandbox.interpreter(wasm, &policy.limits, policy.sanitize);
            let interpreter = release.and_then(open);
            let checked = match beside {
                None => Vec::new(),
                // No thread, or a bug of ours in it.
                Some(beside) => {
                    beside.ok().and_then(|beside| beside.join().ok()).unwrap_or_else(open_checked)
                }
            };
            Self { interpreter, checked }
        })
    }
}

fn open_all(sandbox: &Sandbox, modules: &[CheckedModule], policy: &Policy) -> Vec<CheckedBuild> {
    let limits = policy.limits.of_checked_build();
    let open = |CheckedModule { name, wasm }: &CheckedModule| {
        let open = |wasm| sandbox.interpreter(wasm, &limits, policy.sanitize);
        CheckedBuild { name: name.clone(), interpreter: wasm.clone().and_then(open) }
    };
    modules.iter().map(open).collect()
}

/// Sees that checked builds are what the release is.
fn are_one(
    release: &Result<Interpreter, OpenError>,
    checked: &[CheckedBuild],
) -> Result<(), JudgeError> {
    let Ok(release) = release else { return Ok(()) };
    for CheckedBuild { name, interpreter } in checked {
        if let Ok(build) = interpreter
            && identity(release) != identity(build)
        {
            let (found, release) = (identity(build), identity(release));
            return Err(JudgeError::OtherBuild { build: name.clone(), found, release });
        }
    }
    Ok(())
}

/// What an interpreter says that it is.
fn identity(interpreter: &Interpreter) -> String {
    let described = interpreter.description().map(|d| format!("{}@{}", d.name, d.version));
    described.unwrap_or_else(|| "one that does not describe itself".into())
}

/// An interpreter in a report.
#[derive(Debug, Serialize)]
pub struct InterpreterEntry<'a> {
    id: &'a str,
    name: Option<&'a str>,
    version: Option<&'a str>,
    abi: Option<Abi>,
    digest: Option<&'a str>,
    /// Digest of the configuration that it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    configuration: Option<String>,
    builds: Vec<Build<'a>>,
    /// What the rewriter found in the module and which checks it got.
    #[serde(skip_serializing_if = "Option::is_none")]
    instrumentation: Option<&'a Summary>,
    /// Run-time checks that were on.
    checks: Vec<&'static str>,
}

/// The run-time checks that an interpreter gets.
fn checks(interpreter: &Interpreter) -> Vec<&'static str> {
    match interpreter.sanitize() {
        Sanitize::Off => Vec::new(),
        _ => checks_of(interpreter.instrumentation()),
    }
}

/// The run-time checks that a module gets where its memory is checked.
pub(crate) fn checks_of(summary: &Summary) -> Vec<&'static str> {
    let Summary { null_page, heap, layout, .. } = summary;
    let stack = layout.is_some_and(|layout| layout.stack).then_some("stack");
    let globals = layout.is_some_and(|layout| layout.globals).then_some("globals");
    let null_page = matches!(null_page, Some(NullPageFound::Guarded { .. })).then_some("null-page");
    let heap = matches!(heap, Some(HeapFound::Replaced { .. })).then_some("heap");
    ["memory"].into_iter().chain(null_page).chain(heap).chain(stack).chain(globals).collect()
}

#[derive(Debug, Serialize)]
struct Build<'a> {
    name: &'a str,
    digest: &'a str,
}

#[cfg(test)]
mod tests;
