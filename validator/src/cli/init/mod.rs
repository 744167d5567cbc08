//! `proofhouse init`: a complete project for an interpreter, to begin with.
//!
//! A *project* is sources, build file, samples, a test and the SDK, all inside one folder, which builds
//! without anything of ours around it. The program carries its files; [`kinds`] has them.

mod kinds;
mod name;
mod write;

use super::args::Init;
use super::{Failure, exit};
use cap_std::AmbientAuthority;
use name::Name;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

pub(super) use kinds::Kind;

pub(super) fn run(args: &Init, authority: AmbientAuthority) -> Result<ExitCode, Failure> {
    let name = match &args.name {
        Some(name) => Name::new(name).map_err(|error| Failure::usage(&error))?,
        None => name_of(&args.directory)?,
    };
    let files = args.interpreter.files(&name);
    write::project(&args.directory, &files, authority).map_err(|error| match error {
        write::WriteError::NotEmpty { .. } | write::WriteError::NoFolder { .. } => {
            Failure::usage(&error)
        }
        write::WriteError::Io { .. } => Failure::unjudged(&error),
    })?;
    let mut text = format!(
        "{name}: {}, {} files in {}\n",
        args.interpreter.description(),
        files.len(),
        args.directory.display()
    );
    text.push_str("Next, there:\n");
    for command in args.interpreter.commands() {
        text.extend(["  ", command, "\n"]);
    }
    text.push_str("README.md says more.\n");
    anstream::stdout().write_all(text.as_bytes()).map_err(|e| Failure::unjudged(&e))?;
    Ok(ExitCode::from(exit::ACCEPTED))
}

/// A project is named like its folder.
fn name_of(directory: &Path) -> Result<Name, Failure> {
    // `.` and the like have a name only where they lead to.
    let place = std::fs::canonicalize(directory).unwrap_or_else(|_| directory.to_owned());
    let last = place.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    Name::new(&last).map_err(|error| Failure::Usage(format!("{error}; --name gives another one")))
}
