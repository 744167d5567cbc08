//! The command line.

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
    Channel(Channel),
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
    /// Only these gates, of schema (format and contract), load, exercise (evaluate the events).
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
    /// Report times. Without it equal calls give equal reports.
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

/// Say what a finding's code means.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  proofhouse explain\n  proofhouse explain contract-inputs")]
pub(super) struct Explain {
    /// The code, as reports write it; without it, all codes are listed.
    #[arg(value_name = "CODE")]
    pub(super) code: Option<String>,
}
