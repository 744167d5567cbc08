//! A fuzz harness: one call with the content, which it is only lent. What it returns says nothing about the
//! content.

use super::detect::Harness;
use crate::instrument::Behind;
use crate::outcome::{AbiViolation, Outcome};
use crate::session::{Ended, Session};
use crate::verdict::Phase;

/// `argc`, `argv`, one argument and a null, then the argument's text: what `LLVMFuzzerInitialize`
/// is given. Pointers are filled in.
const ARGUMENT: &[u8] = b"guest\0\0\0";

pub(super) fn judge(session: &mut Session<'_>) -> Result<Outcome, Ended> {
    session.enter(Phase::Alloc);
    let content = session.hand_over_content(Behind::Malloc)?;
    session.enter(Phase::Load);
    session.call(Behind::TestOneInput, content.arguments())?;
    session.take_back(content)?;
    session.loaded();
    Ok(Outcome::Completed)
}

pub(super) fn prepare(session: &mut Session<'_>, entry: &Harness) -> Result<(), Ended> {
    let Some(initialise) = &entry.initialise else { return Ok(()) };
    let block = session.hand_over(Behind::Malloc, &[0; 16 + ARGUMENT.len()])?;
    let at = |offset: u32| block.address.saturating_add(offset);
    let words = [1, at(8), at(16), 0];
    let mut bytes: Vec<u8> = words.into_iter().flat_map(u32::to_le_bytes).collect();
    bytes.extend_from_slice(ARGUMENT);
    session.write(block.address, &bytes, "malloc")?;
    let count_and_list = (at(0).cast_signed(), at(4).cast_signed());
    let code: i32 = session.call_once(initialise, count_and_list)?;
    if code != 0 {
        let (function, message) = ("LLVMFuzzerInitialize", session.said().into_text());
        return Err(Ended::violation(AbiViolation::Refused { function, code, message }));
    }
    Ok(())
}
