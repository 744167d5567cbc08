//! The command line. The only part that touches the process: arguments, environment, exit code.

use std::env;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};

use crate::cargo::Cargo;
use crate::dist::dist;
use crate::measure::measure;
use crate::run::{Request, list, run};

/// A guest could not be built. (2, from clap: a wrong call.)
const EXIT_FAILED: u8 = 1;

/// Builds the interpreters that ship in the box, and those of the fixtures.
#[derive(Debug, Parser)]
#[command(name = "proofhouse-guests", version)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
struct Arguments {
    /// Build only this guest; may be given several times
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// Build everything, and the program in its release form with what is in the box inside
    #[arg(long, conflicts_with_all = ["only", "list"])]
    dist: bool,
    /// With --dist: also print how large the program is, and how long a check with each guest takes that finds it in
    /// the cache
    #[arg(long, requires = "dist")]
    measure: bool,
    /// Also build native fuzzers of the interpreters in C, which `cargo suite rates` compares with
    #[arg(long)]
    fuzzers: bool,
    /// List what can be built (guest, version, file), and build nothing
    #[arg(long)]
    list: bool,
    /// Where to put what is built, from the workspace's root
    #[arg(long, value_name = "DIR", default_value = "target")]
    out: PathBuf,
    /// The C toolchain to use where there are two
    #[arg(long, value_enum, default_value = "clang")]
    prefer: Prefer,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Prefer {
    Clang,
    Zig,
}

pub(crate) fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = match request(&arguments) {
        Ok(request) if arguments.list => {
            list(&request).map(|lines| lines.iter().for_each(|line| println!("{line}")))
        }
        Ok(request) if arguments.measure => dist(&request).and_then(|program| measure(&program)),
        Ok(request) if arguments.dist => dist(&request).map(|_| ()),
        Ok(request) => run(&request),
        Err(error) => {
            eprintln!("error: the current folder is gone: {error}");
            return ExitCode::from(EXIT_FAILED);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(EXIT_FAILED)
        }
    }
}

fn request(arguments: &Arguments) -> std::io::Result<Request> {
    let prefer = match arguments.prefer {
        Prefer::Clang => "clang",
        Prefer::Zig => "zig",
    };
    // cargo says where it is to the programs that it runs.
    let program = env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from);
    // Crates come from one home, the standard library's sources, where they are, from the other.
    let homes = [("CARGO_HOME", ".cargo", "cargo"), ("RUSTUP_HOME", ".rustup", "rustup")];
    let folders = homes.into_iter().filter_map(|(variable, default, name)| {
        let set = env::var_os(variable).map(PathBuf::from);
        let home = set.or_else(|| env::home_dir().map(|home| home.join(default)));
        home.map(|home| (home, name))
    });
    Ok(Request {
        start: env::current_dir()?,
        fuzzers: arguments.fuzzers,
        output: arguments.out.clone(),
        only: arguments.only.clone(),
        prefer: prefer.to_owned(),
        cargo: Cargo { program, folders: folders.collect() },
    })
}
