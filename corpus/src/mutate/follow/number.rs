//! Numbers in an input.

use super::{Edit, NumberForm, places};

/// Replaces `old` by `new` plus `step` wherever it is written in binary. Both are of `of` bytes.
pub(super) fn edits(input: &[u8], of: usize, old: u64, new: u64, step: u64, to: &mut Vec<Edit>) {
    let all = if of == 8 { u64::MAX } else { u64::from(u32::MAX) };
    let new = new.wrapping_add(step) & all;
    if old == new {
        return;
    }
    let both_fit = |width| fits(old, width, of) && fits(new, width, of);
    for width in (1..=8).rev() {
        if width > of || !both_fit(width) {
            continue;
        }
        // Text whose last byte is compared apart, or is its end: only if no other width will do.
        if !width.is_power_of_two() && both_fit(width.saturating_sub(1)) {
            continue;
        }
        // A narrower form of small numbers changes the same bytes.
        if width > 1 && u8::try_from(old).is_ok() && u8::try_from(new).is_ok() {
            continue;
        }
        for (is_big_endian, is_complement) in
            [(false, false), (true, false), (false, true), (true, true)]
        {
            let form = NumberForm { width, is_big_endian, is_complement };
            let (Some(from), Some(insert)) = (form.bytes(old), form.bytes(new)) else { continue };
            // One byte has no order, and is there in either sign by chance.
            if (width == 1 && is_big_endian) || (width < 4 && is_complement) {
                continue;
            }
            to.extend(places(input, &from).map(|at| Edit {
                at,
                remove: width,
                insert: insert.clone(),
                form: Some(form),
            }));
        }
    }
}

/// Whether a number of `of` bytes can come from one of `width` bytes, without or with sign.
fn fits(number: u64, width: usize, of: usize) -> bool {
    let bits = |bytes: usize| u32::try_from(bytes.saturating_mul(8)).unwrap_or(64);
    let high = number.checked_shr(bits(width)).unwrap_or(0);
    let all = u64::MAX.checked_shr(64u32.saturating_sub(bits(of))).unwrap_or(0);
    let ones = all.checked_shr(bits(width)).unwrap_or(0);
    let is_negative = number.checked_shr(bits(width).saturating_sub(1)).unwrap_or(0) & 1 == 1;
    high == 0 || (high == ones && is_negative)
}

/// The same for numbers that are written as text.
pub(super) fn text_edits(input: &[u8], old: u64, new: u64, to: &mut Vec<Edit>) {
    let forms: [fn(u64) -> String; 3] =
        [|n| n.to_string(), |n| format!("{n:x}"), |n| format!("{n:X}")];
    for form in forms {
        let (from, insert) = (form(old), form(new));
        // One digit is all over any text.
        if from.len() < 2 || from == insert {
            continue;
        }
        to.extend(places(input, from.as_bytes()).map(|at| Edit {
            at,
            remove: from.len(),
            insert: insert.clone().into_bytes(),
            form: None,
        }));
    }
}

/// Bytes that are added at most, to make a size right.
const MOST_ADDED: u64 = 4_096;

/// Makes the input longer or shorter at its end, by as much as the numbers differ: one of them may be how
/// much of it is left.
pub(super) fn size_edits(input: &[u8], one: u64, other: u64, to: &mut Vec<Edit>) {
    let difference = one.abs_diff(other);
    let Ok(bytes) = usize::try_from(difference) else { return };
    if let Some(at) = input.len().checked_sub(bytes).filter(|at| *at > 0) {
        to.push(Edit { at, remove: bytes, insert: Vec::new(), form: None });
    }
    if difference <= MOST_ADDED {
        let insert = vec![input.last().copied().unwrap_or(0); bytes];
        to.push(Edit { at: input.len(), remove: 0, insert, form: None });
    }
}
