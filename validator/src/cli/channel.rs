//! `proofhouse channel`: between TOML sources and channel files.

use super::args::{Channel, ChannelAction};
use super::files::{self, FileError};
use super::{Failure, exit, say, whole_file};
use cap_std::AmbientAuthority;
use proofhouse_corpus::{ChannelFile, limits::MAX_SOURCE_BYTES};
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

pub(super) fn run(args: &Channel, authority: AmbientAuthority) -> Result<ExitCode, Failure> {
    match &args.action {
        ChannelAction::Encode { source, output } => encode(source, output, authority),
        ChannelAction::Decode { file } => decode(file, authority),
    }
}

fn encode(source: &Path, output: &Path, authority: AmbientAuthority) -> Result<ExitCode, Failure> {
    let limit = u64::try_from(MAX_SOURCE_BYTES).unwrap_or(u64::MAX);
    let text =
        String::from_utf8(files::read(source, limit, authority).map_err(|e| Failure::usage(&e))?)
            .map_err(|_| Failure::Usage(format!("{}: not UTF-8", source.display())))?;
    let wrong =
        |error: &dyn std::fmt::Display| Failure::Usage(format!("{}: {error}", source.display()));
    if files::is_same(source, output) {
        let source = source.display();
        return Err(Failure::Usage(format!("{source} would be replaced by what is made of it")));
    }
    let file = ChannelFile::from_toml(&text).map_err(|error| wrong(&error))?;
    let bytes = file.encode().map_err(|error| wrong(&error))?;
    whole_file::write(output, &bytes, authority).map_err(|error| match error {
        error @ FileError::Write { .. } => Failure::unjudged(&error),
        error => Failure::usage(&error),
    })?;
    Ok(ExitCode::from(exit::ACCEPTED))
}

fn decode(path: &Path, authority: AmbientAuthority) -> Result<ExitCode, Failure> {
    let bytes = files::read(path, crate::policy::DEFAULT_CONTENT_BYTES, authority)
        .map_err(|e| Failure::usage(&e))?;
    match ChannelFile::decode(&bytes) {
        Ok(file) => {
            let toml = file.to_toml();
            say::tell(&toml)?;
            Ok(ExitCode::from(exit::ACCEPTED))
        }
        Err(error) => {
            let _ = writeln!(anstream::stderr(), "{}: {error}", path.display());
            Ok(ExitCode::from(exit::REJECTED))
        }
    }
}
