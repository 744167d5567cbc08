//! Where two texts differ, as a person wants to see it.

use std::fmt::Write as _;
use std::ops::Range;

/// Lines around a difference that are shown.
const AROUND: usize = 3;

/// The lines between the first and the last difference, with some around them.
pub(crate) fn of(expected: &str, found: &str) -> String {
    let [old, new] = [expected, found].map(|text| text.lines().collect::<Vec<_>>());
    let shorter = old.len().min(new.len());
    let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let tail = old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| a == b).count();
    let tail = tail.min(shorter.saturating_sub(head));
    let inside = |lines: &[&str]| head..lines.len().saturating_sub(tail);

    let mut text = String::from("it differs from what is expected (-: expected, +: found)\n");
    let mut show = |sign: char, lines: &[&str], range: Range<usize>| {
        for line in lines.get(range).unwrap_or_default() {
            // Writing to a string does not fail.
            let _ = writeln!(text, "{sign} {line}");
        }
    };
    show(' ', &old, head.saturating_sub(AROUND)..head);
    show('-', &old, inside(&old));
    show('+', &new, inside(&new));
    let end = inside(&old).end;
    show(' ', &old, end..end.saturating_add(AROUND).min(old.len()));
    text
}
