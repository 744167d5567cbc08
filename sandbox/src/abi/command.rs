//! A WASI command: content on stdin and as `/content`; exit code 0 accepts.

use super::detect::Command;
use crate::outcome::Outcome;
use crate::session::{Ended, Session};
use crate::verdict::Phase;

pub(super) fn judge(session: &mut Session<'_>, entry: &Command) -> Result<Outcome, Ended> {
    session.enter(Phase::Load);
    let code = match session.call_once(&entry.start, ()) {
        Ok(()) => 0,
        Err(ended) => ended.exit_code().ok_or(ended)?,
    };
    session.loaded();
    if code == 0 {
        return Ok(Outcome::Accepted);
    }
    Ok(Outcome::Rejected { code, message: session.output(), position: None })
}
