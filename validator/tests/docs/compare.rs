//! What a page shows and what a command wrote: the same, but for what the page leaves out.
//!
//! A line `...` stands for any number of lines, `[..]` for anything in a line.

/// Compares.
///
/// # Errors
/// Both, where they differ.
pub(crate) fn output(expected: &str, found: &str) -> Result<(), String> {
    let (wanted, lines): (Vec<&str>, Vec<&str>) =
        (expected.lines().collect(), found.lines().collect());
    if lines_match(&wanted, &lines) {
        Ok(())
    } else {
        Err(format!("the page shows\n{expected}---- and the command wrote\n{found}----"))
    }
}

fn lines_match(wanted: &[&str], found: &[&str]) -> bool {
    match (wanted, found) {
        ([], []) => true,
        (["...", rest @ ..], _) => (0..=found.len())
            .any(|skipped| lines_match(rest, found.get(skipped..).unwrap_or_default())),
        ([wanted, more_wanted @ ..], [found, more_found @ ..]) => {
            line_matches(wanted, found) && lines_match(more_wanted, more_found)
        }
        _ => false,
    }
}

fn line_matches(wanted: &str, found: &str) -> bool {
    match wanted.split_once("[..]") {
        None => wanted == found.trim_end(),
        Some((start, rest)) => found.strip_prefix(start).is_some_and(|found| {
            let mut ends = found.char_indices().map(|(at, _)| at).chain([found.len()]);
            ends.any(|at| found.get(at..).is_some_and(|found| line_matches(rest, found)))
        }),
    }
}
