//! Exit codes, part of the interface.

use proofhouse_sandbox::Verdict;
use std::process::ExitCode;

/// All content was accepted.
pub const ACCEPTED: u8 = 0;
/// Some content was rejected.
pub const REJECTED: u8 = 1;
/// The call or the policy is wrong: fix the call.
pub const USAGE: u8 = 2;
/// Some content could not be judged: an unusable interpreter, the watchdog, a fault of the host.
pub const UNJUDGED: u8 = 3;

/// The one way from a verdict to an exit code.
pub(super) fn of(verdict: Verdict) -> ExitCode {
    ExitCode::from(match verdict {
        Verdict::Accepted => ACCEPTED,
        Verdict::Rejected => REJECTED,
        Verdict::Inconclusive => UNJUDGED,
    })
}
