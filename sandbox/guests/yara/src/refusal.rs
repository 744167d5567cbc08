//! boreal's errors, as a guest reports them: the place first, then boreal's own words.

use boreal::compiler::AddRuleError;
use proofhouse_guest::{Code, Level, Position, Reject, diagnostic, message};

/// boreal reads rules as text, and text is UTF-8.
const NOT_UTF8: Code = Code::new(1);

/// boreal does not take it as YARA.
const NOT_YARA: Code = Code::new(2);

/// Content with a byte at `offset` that no UTF-8 text has there.
pub(crate) fn not_utf8(content: &[u8], offset: usize) -> Reject {
    Reject::new(NOT_UTF8, "the rules are not UTF-8").at(Position::of(content, offset))
}

/// What boreal says against `rules`.
pub(crate) fn not_yara(rules: &str, error: &AddRuleError) -> Reject {
    let (place, text) = words(rules, error);
    let reject = Reject::new(NOT_YARA, text);
    match place {
        Some(place) => reject.at(place),
        None => reject,
    }
}

/// Says what boreal finds doubtful in `rules`.
pub(crate) fn warn(rules: &str, warning: &AddRuleError) {
    match words(rules, warning) {
        (Some(place), text) => diagnostic(Level::Warning, place, &text),
        (None, text) => message(Level::Warning, &text),
    }
}

/// boreal marks the places that an error is about with labels; the first one is where a reader
/// starts. The text of each label is kept, with its place where that is another one.
fn words(rules: &str, error: &AddRuleError) -> (Option<Position>, String) {
    let diagnostic = error.to_diagnostic();
    let mut first = None;
    let mut notes = Vec::new();
    for label in diagnostic.labels {
        let place = Position::of(rules.as_bytes(), label.range.start);
        let elsewhere = *first.get_or_insert(place) != place;
        match label.message {
            note if note.is_empty() => {}
            note if elsewhere => notes.push(format!("{note} at {place}")),
            note => notes.push(note),
        }
    }
    let mut text = diagnostic.message;
    if !notes.is_empty() {
        text = format!("{text}: {}", notes.join(", "));
    }
    (first, text)
}
