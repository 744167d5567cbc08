//! The native ABI: load once, then evaluate each event in the same instance.

use super::ABI_VERSION;
use super::detect::Reactor;
use crate::description::Description;
use crate::limits::MAX_DESCRIPTION_BYTES;
use crate::message::Said;
use crate::outcome::{AbiViolation, Outcome, Unusable};
use crate::session::{Allocate, Buffer, Ended, Evaluated, Session};
use crate::verdict::Phase;
use wasmtime::TypedFunc;

/// Warmed up and configured.
pub(super) fn prepare(session: &mut Session<'_>, entry: &Reactor) -> Result<(), Ended> {
    warm_up(session, entry)?;
    configure(session, entry)
}

pub(super) fn judge(session: &mut Session<'_>, entry: &Reactor) -> Result<Outcome, Ended> {
    let allocate: Allocate = session.function(&entry.alloc)?;
    let free = entry.free.as_ref().map(|free| session.function(free)).transpose()?;
    session.enter(Phase::Alloc);
    let content = session.hand_over_content(&allocate)?;
    session.enter(Phase::Load);
    let code: i32 = session.call_once(&entry.load, content.arguments())?;
    if code != 0 {
        let Said { position, text: message } = session.said();
        return Ok(Outcome::Rejected { code, message, position });
    }
    session.loaded();

    let evaluate = session.function(&entry.evaluate)?;
    for (index, event) in session.job.events.iter().enumerate() {
        session.evaluating(index);
        let event = session.hand_over(&allocate, event)?;
        let result: i32 = session.call(&evaluate, event.arguments())?;
        let Ok(matches) = u32::try_from(result) else {
            let Said { position, text: message } = session.said();
            return Ok(Outcome::EvaluationError { code: result, message, position });
        };
        give_back(session, free.as_ref(), event)?;
        session.evaluated(|emitted, fuel| Evaluated { matches, emitted, fuel });
    }
    Ok(Outcome::Accepted)
}

/// `proofhouse_free`, where the interpreter has it.
type Free = TypedFunc<i32, ()>;

fn give_back(session: &mut Session<'_>, free: Option<&Free>, buffer: Buffer) -> Result<(), Ended> {
    free.map_or(Ok(()), |free| session.call(free, buffer.address.cast_signed()))
}

fn warm_up(session: &mut Session<'_>, entry: &Reactor) -> Result<(), Ended> {
    entry.warmup.as_ref().map_or(Ok(()), |warmup| session.call_once(warmup, ()))
}

fn configure(session: &mut Session<'_>, entry: &Reactor) -> Result<(), Ended> {
    let (Some(json), Some(configure)) = (session.job.configuration, &entry.configure) else {
        return Ok(());
    };
    session.enter(Phase::Configure);
    let allocate: Allocate = session.function(&entry.alloc)?;
    let free = entry.free.as_ref().map(|free| session.function(free)).transpose()?;
    let configuration = session.hand_over(&allocate, json.as_bytes())?;
    let code: i32 = session.call_once(configure, configuration.arguments())?;
    if code != 0 {
        let (function, message) = ("proofhouse_configure", session.said().into_text());
        return Err(Ended::violation(AbiViolation::Refused { function, code, message }));
    }
    give_back(session, free.as_ref(), configuration)
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
