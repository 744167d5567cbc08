//! The command line.

mod coverage;

pub(super) use coverage::{Coverage, Kind, Mapping};

use crate::gates::Gate;
use crate::size::{MAX_INTEGER, Size, Span};
use clap::{Args, Parser, Subcommand, ValueEnum};
use proofhouse_sandbox::{Sanitize, StackProfile};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::str::FromStr;

/// Test-fires update content before it ships: loads it in its real interpreter, compiled to Wasm, in
/// an isolated sandbox, and runs it against events.
#[derive(Debug, Parser)]
#[command(name = "proofhouse", version, max_term_width = 100, arg_required_else_help = true)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Check(Box<Check>),
    #[cfg(feature = "fuzz")]
    Fuzz(Box<Fuzz>),
    Reproduce(Reproduce),
    Minimize(Minimize),
    Corpus(Corpus),
    Coverage(Box<Coverage>),
    Channel(Channel),
    Guests(Guests),
    Inspect(Inspect),
    Init(Init),
    Explain(Explain),
}

/// Judge content: exit code 0 accepted, 1 rejected, 2 wrong call or policy, 3 could not judge.
#[derive(Debug, Args)]
#[command(after_help = CHECK_EXAMPLES)]
pub(super) struct Check {
    /// Interpreter: the name of one in the box (NAME or NAME@VERSION), a path to a module, or to a TOML
    /// file that names the builds of one version.
    #[arg(short, long, value_name = "NAME|PATH.wasm|SET.toml", required = true)]
    pub(super) interpreter: Vec<PathBuf>,
    /// Events: a JSON events file, or a directory of which each file is one event.
    #[arg(short, long, value_name = "EVENTS")]
    pub(super) events: Vec<PathBuf>,
    /// Policy (TOML): limits, gates, severities, configuration of interpreters.
    #[arg(short, long, value_name = "POLICY")]
    pub(super) policy: Option<PathBuf>,
    /// Description to check content against, for an interpreter that does not describe itself.
    #[arg(long, value_name = "FILE")]
    pub(super) schema: Option<PathBuf>,
    /// Files in directories that are content, instead of the interpreter's own patterns.
    #[arg(long, value_name = "GLOB")]
    pub(super) include: Vec<String>,
    /// Files in directories that are not content.
    #[arg(long, value_name = "GLOB")]
    pub(super) exclude: Vec<String>,
    /// Only these gates, of schema (format and contract), load, exercise (evaluate the events), coverage
    /// (which fields the events reached) [default: schema,load,exercise].
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        value_enum,
        hide_possible_values = true
    )]
    pub(super) gates: Vec<Gate>,
    /// All gates but these.
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        value_enum,
        hide_possible_values = true
    )]
    pub(super) skip_gates: Vec<Gate>,
    /// Fuel for each call into the interpreter.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=MAX_INTEGER))]
    pub(super) fuel: Option<u64>,
    /// Linear memory of the interpreter, such as 64MiB.
    #[arg(long, value_name = "SIZE")]
    pub(super) memory: Option<Size>,
    /// How much stack there is where the interpreter will run: kernel (24 KiB), thread (1 MiB) or
    /// process (8 MiB) [default: process].
    #[arg(long, value_name = "PROFILE", value_parser = stack_profile)]
    pub(super) stack_profile: Option<StackProfile>,
    /// Checks of the interpreter's memory: on (every access), full (also as variants, without memory
    /// and by every build), off (for measuring) [default: on].
    #[arg(long, value_name = "off|on|full", value_parser = sanitize)]
    pub(super) sanitize: Option<Sanitize>,
    /// Allocations that fail under --sanitize full, each in a run of its own [default: 64].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(0..=MAX_INTEGER))]
    pub(super) fail_allocations: Option<u64>,
    /// Wall time of the watchdog for one file, such as 500ms or 30s; passing it is inconclusive.
    #[arg(long, value_name = "DURATION")]
    pub(super) deadline: Option<Span>,
    /// Files judged at the same time [default: all cores].
    #[arg(short, long, value_name = "N")]
    pub(super) jobs: Option<NonZeroUsize>,
    /// Report times: until the interpreters were ready, and of each file. Without it equal calls give equal reports.
    #[arg(long)]
    pub(super) timings: bool,
    /// What goes to stdout.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(super) format: Format,
    /// A further report to a file, such as json=report.json.
    #[arg(long, value_name = "KIND=FILE")]
    pub(super) report: Vec<FileReport>,
    /// Files and directories.
    #[arg(required = true, value_name = "CONTENT")]
    pub(super) content: Vec<PathBuf>,
}

const CHECK_EXAMPLES: &str = "\
Examples:
  proofhouse check -i yara rules/
  proofhouse check -i sensor.wasm -e events.json -p policy.toml --report json=report.json out/*.chan
  proofhouse check -i yara --include '**/*.rule' --exclude 'old/**' --memory 512MiB --jobs 4 rules/
  proofhouse check -i sensor.toml --sanitize full --fail-allocations 200 -e events.json out/
Sizes take B, KiB, MiB, GiB; durations take ms, s, m.";

fn sanitize(name: &str) -> Result<Sanitize, String> {
    let known = Sanitize::ALL.map(Sanitize::name).join(", ");
    Sanitize::named(name).ok_or_else(|| format!("expected one of {known}"))
}

/// Without variants, which are of `check` only.
fn sanitize_once(name: &str) -> Result<Sanitize, String> {
    let known = [Sanitize::Off, Sanitize::On];
    let found = known.into_iter().find(|sanitize| sanitize.name() == name);
    found.ok_or_else(|| format!("expected one of {}", known.map(Sanitize::name).join(", ")))
}

fn stack_profile(name: &str) -> Result<StackProfile, String> {
    let known = StackProfile::ALL.map(StackProfile::name).join(", ");
    StackProfile::named(name).ok_or_else(|| format!("expected one of {known}"))
}

/// How a report is rendered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people.
    Human,
    /// For programs; its schema is docs/schemas/report-1.json.
    Json,
}

/// A further report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FileReport {
    /// Its rendering.
    pub(super) format: Format,
    /// Where it goes.
    pub(super) path: PathBuf,
}

impl FromStr for FileReport {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, path) =
            text.split_once('=').ok_or("expected KIND=FILE, such as json=out.json")?;
        let format = Format::from_str(kind, false).map_err(|_| "KIND must be human or json")?;
        if path.is_empty() {
            return Err("the file's name is missing".into());
        }
        Ok(Self { format, path: path.into() })
    }
}

/// Look for content and events that break the interpreter: exit code 0 nothing found, 1 findings, 2 wrong
/// call, 3 could not judge.
#[cfg(feature = "fuzz")]
#[derive(Debug, Args)]
#[command(after_help = FUZZ_EXAMPLES)]
pub(super) struct Fuzz {
    /// Interpreter: the name of one in the box (NAME or NAME@VERSION) or a path to a module.
    #[arg(short, long, value_name = "NAME|PATH.wasm")]
    pub(super) interpreter: PathBuf,
    /// Events: a JSON events file, or a directory of which each file is one event.
    #[arg(short, long, value_name = "EVENTS")]
    pub(super) events: Vec<PathBuf>,
    /// Content to begin with: files and directories.
    #[arg(short, long, value_name = "CONTENT")]
    pub(super) content: Vec<PathBuf>,
    /// What is changed: the content, the events, or both.
    #[arg(long, value_enum, default_value_t = super::fuzz::Mode::Content)]
    pub(super) mode: super::fuzz::Mode,
    /// Go on after a finding.
    #[arg(short, long)]
    pub(super) keep_going: bool,
    /// Where findings go, each as the raw input and as a case file [default: findings].
    #[arg(long, value_name = "DIRECTORY")]
    pub(super) findings: Option<PathBuf>,
    /// Leave all mutation to libFuzzer, which knows nothing of formats.
    #[arg(long)]
    pub(super) blind: bool,
    /// Fuel for each call into the interpreter.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=MAX_INTEGER))]
    pub(super) fuel: Option<u64>,
    /// Linear memory of the interpreter, such as 64MiB.
    #[arg(long, value_name = "SIZE")]
    pub(super) memory: Option<Size>,
    /// Checks of the interpreter's memory: on (every access), off (for measuring) [default: on].
    #[arg(long, value_name = "off|on", value_parser = sanitize_once)]
    pub(super) sanitize: Option<Sanitize>,
    /// Directories of inputs: the first is made, and gets new ones; or single inputs to be run.
    #[arg(value_name = "CORPUS")]
    pub(super) corpus: Vec<PathBuf>,
    /// Flags of libFuzzer, such as -runs=100000 or -fork=4.
    #[arg(last = true, value_name = "LIBFUZZER-FLAGS")]
    pub(super) flags: Vec<std::ffi::OsString>,
}

#[cfg(feature = "fuzz")]
const FUZZ_EXAMPLES: &str = "\
Examples:
  proofhouse fuzz -i sensor.wasm -e events.json -c release.chan corpus/ -- -max_total_time=60
  proofhouse fuzz -i sensor.wasm -e events.json -c release.chan --mode events --keep-going corpus/
  proofhouse fuzz -i sensor.wasm -e events.json -- -minimize_crash=1 -runs=10000 findings/crash-0a1b
  proofhouse fuzz -i sensor.wasm merged/ corpus/ -- -merge=1
All flags of libFuzzer work: proofhouse fuzz -i sensor.wasm -- -help=1";

#[cfg(feature = "fuzz")]
impl Fuzz {
    /// What merges corpora: all into the first one, what covers nothing new left out.
    pub(super) fn merge(
        interpreter: &std::path::Path,
        events: &[PathBuf],
        corpus: Vec<PathBuf>,
    ) -> Self {
        Self {
            interpreter: interpreter.to_owned(),
            events: events.to_vec(),
            content: Vec::new(),
            mode: super::fuzz::Mode::Content,
            keep_going: true,
            findings: None,
            blind: true,
            fuel: None,
            memory: None,
            sanitize: None,
            corpus,
            flags: vec!["-merge=1".into()],
        }
    }
}

/// Run a case file again: exit code 0 it ends as it did, 1 it does not, 2 wrong call, 3 could not judge.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  proofhouse reproduce -i sensor.wasm findings/crash-0a1b.case")]
pub(super) struct Reproduce {
    /// Interpreter [default: the one in the box that the case names].
    #[arg(short, long, value_name = "NAME|PATH.wasm")]
    pub(super) interpreter: Option<PathBuf>,
    /// The case file.
    #[arg(value_name = "CASE")]
    pub(super) case: PathBuf,
}

/// Make a case smaller that still ends in the same kind of outcome at the same site.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  proofhouse minimize -i sensor.wasm findings/crash-0a1b.case")]
pub(super) struct Minimize {
    /// Interpreter [default: the one in the box that the case names].
    #[arg(short, long, value_name = "NAME|PATH.wasm")]
    pub(super) interpreter: Option<PathBuf>,
    /// Where the smaller case goes [default: the case's name with .min.case].
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// Runs at most.
    #[arg(long, value_name = "N", default_value = "20000")]
    pub(super) attempts: NonZeroUsize,
    /// The case file.
    #[arg(value_name = "CASE")]
    pub(super) case: PathBuf,
}

/// Keep corpora small and look at what is in them.
#[derive(Debug, Args)]
#[command(after_help = CORPUS_EXAMPLES)]
pub(super) struct Corpus {
    #[command(subcommand)]
    pub(super) action: CorpusAction,
}

#[cfg(feature = "fuzz")]
const CORPUS_EXAMPLES: &str = "\
Examples:
  proofhouse corpus merge -i sensor.wasm small/ corpus/
  proofhouse corpus stats small/
  proofhouse corpus export findings/crash-0a1b.case";
#[cfg(not(feature = "fuzz"))]
const CORPUS_EXAMPLES: &str = "\
Examples:
  proofhouse corpus stats small/
  proofhouse corpus export findings/crash-0a1b.case";

#[derive(Debug, Subcommand)]
pub(super) enum CorpusAction {
    /// Numbers, sizes and kinds of the files in a directory.
    #[command(after_help = "Example:\n  proofhouse corpus stats corpus/")]
    Stats {
        /// The directory.
        directory: PathBuf,
    },
    /// A case file as JSON, on stdout.
    #[command(
        after_help = "Example:\n  proofhouse corpus export findings/crash-0a1b.case | jq .expected"
    )]
    Export {
        /// The case file.
        case: PathBuf,
    },
    /// Copy into a directory what covers something that its files do not.
    #[cfg(feature = "fuzz")]
    #[command(
        after_help = "Example:\n  proofhouse corpus merge -i sensor.wasm small/ corpus/ old/"
    )]
    Merge {
        /// Interpreter: the name of one in the box or a path to a module.
        #[arg(short, long, value_name = "NAME|PATH.wasm")]
        interpreter: PathBuf,
        /// Events, as for `fuzz`.
        #[arg(short, long, value_name = "EVENTS")]
        events: Vec<PathBuf>,
        /// The directory that grows; it is made if it is not there.
        into: PathBuf,
        /// Where inputs come from.
        #[arg(required = true)]
        from: Vec<PathBuf>,
    },
}

/// Make channel files from their TOML source, or show one as TOML.
#[derive(Debug, Args)]
pub(super) struct Channel {
    #[command(subcommand)]
    pub(super) action: ChannelAction,
}

#[derive(Debug, Subcommand)]
pub(super) enum ChannelAction {
    /// From TOML to a channel file.
    #[command(after_help = "Example:\n  proofhouse channel encode rules.toml rules.chan")]
    Encode {
        /// The TOML source; the form is in docs/channel-file.md.
        source: PathBuf,
        /// The channel file to write.
        output: PathBuf,
    },
    /// From a channel file to TOML, on stdout.
    #[command(after_help = "Example:\n  proofhouse channel decode rules.chan > rules.toml")]
    Decode {
        /// The channel file.
        file: PathBuf,
    },
}

/// List the interpreters in the box: versions, builds, checks, content, digests.
///
/// An interpreter is compiled the first time that it is listed, which takes a while, and cached.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  proofhouse guests\n  proofhouse guests --format json | jq -r '.guests[].id'"
)]
pub(super) struct Guests {
    /// What goes to stdout.
    #[arg(long, value_enum, default_value_t = ListFormat::Human)]
    pub(super) format: ListFormat,
}

/// Say what a module is, what checks it gets, and what to change to get more: exit code 0 usable as an
/// interpreter, 2 wrong call, 3 not usable.
///
/// Nothing of it runs but what an interpreter is asked when it is opened: what it is.
#[derive(Debug, Args)]
#[command(after_help = INSPECT_EXAMPLES)]
pub(super) struct Inspect {
    /// What goes to stdout.
    #[arg(long, value_enum, default_value_t = InspectFormat::Human)]
    pub(super) format: InspectFormat,
    /// A path to a module, the name of an interpreter in the box, or a TOML file that names the builds of one
    /// version, of which the release is looked at.
    #[arg(value_name = "MODULE.wasm|NAME|SET.toml")]
    pub(super) module: PathBuf,
}

const INSPECT_EXAMPLES: &str = "\
Examples:
  proofhouse inspect sensor.wasm
  proofhouse inspect yara
  proofhouse inspect --format json sensor.wasm | jq -r '.advice[].message'";

/// How a list of interpreters is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ListFormat {
    /// For people.
    Human,
    /// For programs; its schema is docs/schemas/box-1.json.
    Json,
}

/// How a module's account is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum InspectFormat {
    /// For people.
    Human,
    /// For programs; its schema is docs/schemas/inspect-1.json.
    Json,
}

/// Write a complete project for an interpreter of your own: sources, build file, samples and a test.
#[derive(Debug, Args)]
#[command(after_help = INIT_EXAMPLES)]
pub(super) struct Init {
    /// What the interpreter is written in, or wasi for a plain program in C that reads stdin.
    #[arg(short, long, value_name = "KIND", value_enum)]
    pub(super) interpreter: super::init::Kind,
    /// Its name: lower-case letters, digits and hyphens [default: the folder's].
    #[arg(long, value_name = "NAME")]
    pub(super) name: Option<String>,
    /// The project's folder, which is made if it is not there and has to be empty.
    #[arg(value_name = "DIR")]
    pub(super) directory: PathBuf,
}

const INIT_EXAMPLES: &str = "\
Examples:
  proofhouse init --interpreter c sensor
  proofhouse init --interpreter cpp --name sensor .
Then, in the folder, the commands that it prints: they build the interpreter and check its samples.";

/// Say what a finding's code means.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  proofhouse explain\n  proofhouse explain contract-inputs")]
pub(super) struct Explain {
    /// The code, as reports write it; without it, all codes are listed.
    #[arg(value_name = "CODE")]
    pub(super) code: Option<String>,
}
