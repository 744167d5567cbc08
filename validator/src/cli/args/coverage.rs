//! The arguments of `proofhouse coverage`.

use super::{sanitize_once, stack_profile};
use crate::size::{MAX_INTEGER, Size, Span};
use clap::{Args, ValueEnum};
use proofhouse_sandbox::{Sanitize, StackProfile};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::str::FromStr;

/// Show what content and events exercise of an interpreter: exit code 0 shown, 2 wrong call or policy, 3
/// some content could not be run.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in super::super) struct Coverage {
    /// Interpreter: the name of one in the box (NAME or NAME@VERSION) or a path to a module.
    #[arg(short, long, value_name = "NAME|PATH.wasm")]
    pub(in super::super) interpreter: PathBuf,
    /// Events: a JSON events file, or a directory of which each file is one event.
    #[arg(short, long, value_name = "EVENTS")]
    pub(in super::super) events: Vec<PathBuf>,
    /// Policy (TOML): limits, and the configuration of interpreters.
    #[arg(short, long, value_name = "POLICY")]
    pub(in super::super) policy: Option<PathBuf>,
    /// Where the interpreter's sources are: the directory that paths in its debug information are relative
    /// to, or PREFIX=DIR for paths that begin with PREFIX.
    #[arg(short, long, value_name = "[PREFIX=]DIR")]
    pub(in super::super) source: Vec<Mapping>,
    /// Files in directories that are content, instead of the interpreter's own patterns.
    #[arg(long, value_name = "GLOB")]
    pub(in super::super) include: Vec<String>,
    /// Files in directories that are not content.
    #[arg(long, value_name = "GLOB")]
    pub(in super::super) exclude: Vec<String>,
    /// Fuel for each call into the interpreter.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=MAX_INTEGER))]
    pub(in super::super) fuel: Option<u64>,
    /// Linear memory of the interpreter, such as 64MiB.
    #[arg(long, value_name = "SIZE")]
    pub(in super::super) memory: Option<Size>,
    /// How much stack there is: kernel, thread or process [default: process].
    #[arg(long, value_name = "PROFILE", value_parser = stack_profile)]
    pub(in super::super) stack_profile: Option<StackProfile>,
    /// Checks of the interpreter's memory: on, off [default: on].
    #[arg(long, value_name = "off|on", value_parser = sanitize_once)]
    pub(in super::super) sanitize: Option<Sanitize>,
    /// Wall time of the watchdog for one file, such as 500ms or 30s.
    #[arg(long, value_name = "DURATION")]
    pub(in super::super) deadline: Option<Span>,
    /// Files run at the same time [default: all cores].
    #[arg(short, long, value_name = "N")]
    pub(in super::super) jobs: Option<NonZeroUsize>,
    /// Show all functions and instances, however many.
    #[arg(long)]
    pub(in super::super) all: bool,
    /// What goes to stdout.
    #[arg(long, value_enum, default_value_t = Kind::Human)]
    pub(in super::super) format: Kind,
    /// A further report to a file, such as html=coverage.html or lcov=coverage.info.
    #[arg(long, value_name = "KIND=FILE")]
    pub(in super::super) report: Vec<KindReport>,
    /// Files and directories.
    #[arg(required = true, value_name = "CONTENT")]
    pub(in super::super) content: Vec<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  proofhouse coverage -i sensor.wasm -e events.json out/*.chan
  proofhouse coverage -i sensor.wasm -e events.json --source . --report html=coverage.html out/
  proofhouse coverage -i yara --source /build/src=src --report lcov=coverage.info rules/";

/// How a coverage report is rendered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in super::super) enum Kind {
    /// For people.
    Human,
    /// For programs; its schema is docs/schemas/coverage-1.json.
    Json,
    /// LCOV's tracefile, for genhtml and editors.
    Lcov,
    /// One page with the sources.
    Html,
}

/// A further report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct KindReport {
    /// Its rendering.
    pub(in super::super) kind: Kind,
    /// Where it goes.
    pub(in super::super) path: PathBuf,
}

impl FromStr for KindReport {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, path) =
            text.split_once('=').ok_or("expected KIND=FILE, such as html=coverage.html")?;
        let kind =
            Kind::from_str(kind, false).map_err(|_| "KIND must be human, json, lcov or html")?;
        if path.is_empty() {
            return Err("the file's name is missing".into());
        }
        Ok(Self { kind, path: path.into() })
    }
}

/// A directory with sources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Mapping {
    /// What paths there begin with in the debug information.
    pub(in super::super) prefix: Option<PathBuf>,
    /// The directory.
    pub(in super::super) directory: PathBuf,
}

impl FromStr for Mapping {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (prefix, directory) = match text.split_once('=') {
            Some((prefix, directory)) => (Some(prefix), directory),
            None => (None, text),
        };
        if directory.is_empty() || prefix.is_some_and(str::is_empty) {
            return Err("expected DIR or PREFIX=DIR".into());
        }
        Ok(Self { prefix: prefix.map(PathBuf::from), directory: directory.into() })
    }
}
