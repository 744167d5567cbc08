//! The program `proofhouse`; everything is in the library's `cli`.

use std::process::ExitCode;

fn main() -> ExitCode {
    proofhouse::cli::run(std::env::args_os())
}
