//! The program: arguments in, exit code out. The only part that touches the process.

mod args;
mod case;
mod case_setting;
mod channel;
mod check;
mod corpus;
mod coverage;
mod exit;
mod explain;
mod files;
#[cfg(feature = "fuzz")]
mod fuzz;
mod guest_list;
mod guests;
mod init;
mod inspect;
mod outcome_key;
mod progress;
mod report_files;
mod say;
mod set;
mod whole_file;

use crate::gates::outcome::describe;
use args::{Cli, Command};
use cap_std::ambient_authority;
use clap::Parser;
use proofhouse_sandbox::OpenError;
use std::ffi::{OsStr, OsString};
use std::process::ExitCode;

pub use exit::{ACCEPTED, REJECTED, UNJUDGED, USAGE};

/// The argument that makes this program a compile child. It is read before anything else.
const COMPILE_CHILD: &str = "__compile";

/// Why a command ended without a verdict, by whose fault it is.
#[derive(Debug)]
enum Failure {
    /// The call's: exit code 2.
    Usage(String),
    /// The machine's, or ours: exit code 3.
    Unjudged(String),
}

impl Failure {
    fn usage(error: &impl ToString) -> Self {
        Self::Usage(error.to_string())
    }

    fn unjudged(error: &impl ToString) -> Self {
        Self::Unjudged(error.to_string())
    }

    fn unusable(error: &OpenError) -> Self {
        Self::Unjudged(format!("the interpreter cannot be used: {}", describe(&error.outcome)))
    }
}

/// Runs the program.
pub fn run(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.collect();
    if arguments.get(1).map(OsString::as_os_str) == Some(OsStr::new(COMPILE_CHILD)) {
        return proofhouse_sandbox::compile_child();
    }
    #[cfg(feature = "fuzz")]
    if let Some(state) = std::env::var_os(fuzz::VARIABLE) {
        return fuzz::inner(&state, arguments, ambient_authority());
    }
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version go to stdout and are no error; clap knows.
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(USAGE) } else { ExitCode::SUCCESS };
        }
    };
    start_log();
    let authority = ambient_authority();
    let result = match cli.command {
        Command::Check(args) => check::run(&args, authority),
        #[cfg(feature = "fuzz")]
        Command::Fuzz(args) => fuzz::run(&args, authority),
        Command::Reproduce(args) => case::reproduce(&args, authority),
        Command::Minimize(args) => case::minimize(&args, authority),
        Command::Corpus(args) => corpus::run(&args, authority),
        Command::Coverage(args) => coverage::run(&args, authority),
        Command::Channel(args) => channel::run(&args, authority),
        Command::Guests(args) => guest_list::run(&args, authority),
        Command::Inspect(args) => inspect::run(&args, authority),
        Command::Init(args) => init::run(&args, authority),
        Command::Explain(args) => explain::run(&args),
    };
    match result {
        Ok(code) => code,
        Err(failure) => {
            let (code, text) = match failure {
                Failure::Usage(text) => (USAGE, text),
                Failure::Unjudged(text) => (UNJUDGED, text),
            };
            say::remark(ERROR, "error", &text);
            ExitCode::from(code)
        }
    }
}

/// Tells something that the person who made the call may want to change, and that stops nothing.
fn warn(text: &str) {
    say::remark(WARNING, "warning", text);
}

const WARNING: anstyle::Style = anstyle::AnsiColor::Yellow.on_default().bold();
const ERROR: anstyle::Style = anstyle::AnsiColor::Red.on_default().bold();

/// What the program does, for those who set `RUST_LOG`; warnings otherwise.
fn start_log() {
    use tracing_subscriber::{EnvFilter, fmt};
    let filter = EnvFilter::builder()
        .with_default_directive(tracing::level_filters::LevelFilter::WARN.into())
        .from_env_lossy();
    let colours = anstream::stderr().current_choice() != anstream::ColorChoice::Never;
    let log = fmt().with_env_filter(filter).with_writer(|| progress::Log).with_ansi(colours);
    // A second logger in the same process, as in tests, is no harm.
    let _ = log.without_time().try_init();
}
