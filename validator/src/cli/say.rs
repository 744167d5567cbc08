//! What is said to people: results on stdout, remarks on stderr.

use super::Failure;
use anstyle::Style;
use std::io::Write as _;

/// Writes a result. Where it cannot be written, the call has no result.
pub(super) fn tell(text: &str) -> Result<(), Failure> {
    let mut out = anstream::stdout();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    written.map_err(|error| Failure::unjudged(&error))
}

/// Writes a remark. Where nobody can be told, it is lost, and nothing else is.
pub(super) fn remark(style: Style, word: &str, text: &str) {
    let _ = writeln!(anstream::stderr(), "{style}{word}:{style:#} {text}");
}
