//! Bytes and text in an input.

use super::{Edit, MOST_PLACES, places};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

/// Shortest part of a word that is looked for, if the word is not shorter.
const SHORTEST: usize = 2;

/// What often ends a word.
const SEPARATORS: &[u8] = b" \n\t,;:=&/.";

/// Replaces `old` by `new`, however it is written.
pub(super) fn edits(
    input: &[u8],
    old: &[u8],
    new: &[u8],
    is_of_any_case: bool,
    to: &mut Vec<Edit>,
) {
    if new.is_empty() {
        return;
    }
    plain(input, old, new, is_of_any_case, to);
    let both = |form: fn(&[u8]) -> Vec<u8>| (form(old), form(new));
    let reversed = both(|word| word.iter().rev().copied().collect());
    for (from, insert) in [reversed, both(|word| hex(word, false)), both(|word| hex(word, true))] {
        if from.len() >= SHORTEST && from != insert {
            to.extend(places(input, &from).map(|at| replace(at, from.len(), &insert)));
        }
    }
    in_base64(input, old, new, to);
}

/// As it is: the longest part from its beginning that is there.
fn plain(input: &[u8], old: &[u8], new: &[u8], is_of_any_case: bool, to: &mut Vec<Edit>) {
    let common = |at: usize| {
        let rest = input.get(at..).unwrap_or_default();
        let pairs = rest.iter().zip(old);
        pairs
            .take_while(|(is, old)| is == old || (is_of_any_case && is.eq_ignore_ascii_case(old)))
            .count()
    };
    let longest = (0..input.len()).map(common).max().unwrap_or(0);
    if longest < SHORTEST.min(old.len()).max(1) {
        // Nothing of it comes from the input as it is, or there is nothing: it may be what comes first.
        if old.is_empty() {
            to.extend([replace(0, 0, new), replace(input.len(), 0, new)]);
        }
        return;
    }
    for at in (0..input.len()).filter(|at| common(*at) == longest).take(MOST_PLACES) {
        let rest = input.len().saturating_sub(at);
        to.push(replace(at, new.len().min(rest), new));
        if new.len() != longest {
            to.push(replace(at, longest, new));
        }
        // The end of a text.
        let ended = [new, b"\0"].concat();
        to.push(replace(at, ended.len().min(rest), &ended));
        // The word is there, and something behind it belongs to it as yet.
        if old.len() > new.len() && old.starts_with(new) {
            let end = at.saturating_add(new.len());
            for separator in SEPARATORS {
                to.extend([1, 0].map(|remove| replace(end, remove, &[*separator])));
            }
        }
    }
}

fn in_base64(input: &[u8], old: &[u8], new: &[u8], to: &mut Vec<Edit>) {
    // Whole groups have the same text wherever they are, and what is left over has it at the end.
    for length in [old.len(), old.len().saturating_sub(old.len() % 3)] {
        let Some(old) = old.get(..length).filter(|old| old.len() >= SHORTEST) else { continue };
        let new = if length % 3 == 0 { new.get(..length).unwrap_or(new) } else { new };
        for engine in [&STANDARD, &STANDARD_NO_PAD] {
            let (from, insert) = (engine.encode(old), engine.encode(new));
            to.extend(
                places(input, from.as_bytes()).map(|at| replace(at, from.len(), insert.as_bytes())),
            );
        }
    }
}

/// Puts what is looked for to where that is done.
pub(super) fn put_inside(input: &[u8], hay: &[u8], needle: &[u8], to: &mut Vec<Edit>) {
    let begins = places(input, hay.get(..hay.len().min(8)).unwrap_or_default());
    for at in begins.take(if hay.is_empty() { 0 } else { MOST_PLACES }).chain([0]) {
        let rest = input.len().saturating_sub(at);
        to.push(replace(at, needle.len().min(rest), needle));
        to.push(replace(at, 0, needle));
    }
}

fn replace(at: usize, remove: usize, insert: &[u8]) -> Edit {
    Edit { at, remove, insert: insert.to_vec(), form: None }
}

fn hex(word: &[u8], upper: bool) -> Vec<u8> {
    let digits: String = word
        .iter()
        .map(|byte| if upper { format!("{byte:02X}") } else { format!("{byte:02x}") })
        .collect();
    digits.into_bytes()
}
