//! The native ABI: load once, then evaluate each event in the same instance.

use super::ABI_VERSION;
use super::detect::Reactor;
use crate::description::Description;
use crate::instrument::Behind;
use crate::limits::MAX_DESCRIPTION_BYTES;
use crate::message::Said;
use crate::outcome::{AbiViolation, Outcome, Unusable};
use crate::session::{Buffer, Ended, Evaluated, Session};
use crate::verdict::Phase;

/// Warmed up and configured.
pub(super) fn prepare(session: &mut Session<'_>, entry: &Reactor) -> Result<(), Ended> {
    warm_up(session, entry)?;
    configure(session, entry)
}

pub(super) fn judge(session: &mut Session<'_>, entry: &Reactor) -> Result<Outcome, Ended> {
    session.enter(Phase::Alloc);
    let content = session.hand_over_content(Behind::Alloc)?;
    session.enter(Phase::Load);
    let code = session.call(Behind::Load, content.arguments())?;
    if code != 0 {
        let Said { position, text: message } = session.said();
        return Ok(Outcome::Rejected { code, message, position });
    }
    session.loaded();

    for (index, event) in session.job.events.iter().enumerate() {
        session.evaluating(index);
        let event = session.hand_over(Behind::Alloc, event)?;
        let result = session.call(Behind::Evaluate, event.arguments())?;
        let Ok(matches) = u32::try_from(result) else {
            let Said { position, text: message } = session.said();
            return Ok(Outcome::EvaluationError { code: result, message, position });
        };
        give_back(session, entry, event)?;
        session.evaluated(|emitted, fuel| Evaluated { matches, emitted, fuel });
    }
    Ok(Outcome::Accepted)
}

/// Frees a buffer, where the interpreter has `proofhouse_free`.
fn give_back(session: &mut Session<'_>, entry: &Reactor, buffer: Buffer) -> Result<(), Ended> {
    if entry.frees {
        session.call(Behind::Free, [buffer.address, 0])?;
    }
    Ok(())
}

fn warm_up(session: &mut Session<'_>, entry: &Reactor) -> Result<(), Ended> {
    entry.warmup.as_ref().map_or(Ok(()), |warmup| session.call_once(warmup, ()))
}

fn configure(session: &mut Session<'_>, entry: &Reactor) -> Result<(), Ended> {
    let (Some(json), Some(configure)) = (session.job.configuration, &entry.configure) else {
        return Ok(());
    };
    session.enter(Phase::Configure);
    let configuration = session.hand_over(Behind::Alloc, json.as_bytes())?;
    let [address, size] = configuration.arguments().map(u32::cast_signed);
    let code: i32 = session.call_once(configure, (address, size))?;
    if code != 0 {
        let (function, message) = ("proofhouse_configure", session.said().into_text());
        return Err(Ended::violation(AbiViolation::Refused { function, code, message }));
    }
    give_back(session, entry, configuration)
}

/// Asks an interpreter which ABI version it speaks and what it says of itself.
pub(crate) fn describe(
    session: &mut Session<'_>,
    entry: &Reactor,
) -> Result<Option<Description>, Ended> {
    let found: i32 = session.call_once(&entry.abi_version, ())?;
    if found != ABI_VERSION {
        let reason = Unusable::AbiVersion { found, supported: ABI_VERSION };
        return Err(Ended::from(Outcome::Unusable { reason }));
    }
    warm_up(session, entry)?;
    let Some(describe) = &entry.describe else { return Ok(None) };
    let place: i64 = session.call_once(describe, ())?;
    let [address, size] = split(place);
    let wrong = |problem: String| Ended::violation(AbiViolation::Description { problem });
    if size > MAX_DESCRIPTION_BYTES {
        return Err(wrong(format!("{size} bytes are over the limit of {MAX_DESCRIPTION_BYTES}")));
    }
    let json = session.read(address, size, "proofhouse_describe")?;
    Description::parse(&json).map(Some).map_err(|error| wrong(error.to_string()))
}

/// The upper and the lower half.
fn split(place: i64) -> [u32; 2] {
    let place = place.cast_unsigned();
    let half = |bits: u64| u32::try_from(bits & u64::from(u32::MAX)).unwrap_or(u32::MAX);
    [half(place >> 32), half(place)]
}
