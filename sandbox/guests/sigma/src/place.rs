//! Where in a file an error of rsigma's is: it keeps the words and drops the place, or counts within a condition.

use proofhouse_guest::Position;
use rsigma_parser::{SourceLocation, parse_condition, parse_field_spec};
use serde::Deserialize as _;
use yaml_serde::{Deserializer, Value};

use crate::scalar::{Role, find, position};

/// Where a rule or a filter says what matches.
const PARTS: [&str; 2] = ["detection", "filter"];
/// There, how the selections are put together.
const CONDITION: &str = "condition";
/// A document with this changes what others are.
const ACTION: &str = "action";

/// Where the first of these errors is that has a place: one of the YAML, of a condition, of the name of a field.
pub(crate) fn of_errors(text: &str, errors: &[String]) -> Option<Position> {
    for document in Deserializer::from_str(text) {
        let mut inside = None;
        let found = find(document, |path, role, scalar| match (path, role) {
            ([part, CONDITION], Role::Value) if PARTS.contains(part) => {
                let Err(error) = parse_condition(scalar) else { return false };
                inside = error.location().map(|place| (scalar.to_owned(), place));
                errors.contains(&error.to_string())
            }
            ([part, _, ..], Role::Key) if PARTS.contains(part) => {
                inside = None;
                parse_field_spec(scalar).is_err_and(|error| errors.contains(&error.to_string()))
            }
            _ => false,
        });
        match (found, inside) {
            (Ok(None), _) => {}
            (Ok(Some(found)), Some((condition, place))) => {
                return Some(within(text, found, &condition, place));
            }
            (Ok(found), None) => return found,
            (Err(error), _) => return position(&error),
        }
    }
    // What is YAML, but no value: the same key twice.
    let broken =
        Deserializer::from_str(text).find_map(|document| Value::deserialize(document).err());
    broken.and_then(|error| position(&error))
}

/// Where a condition names a selection that its document does not have.
pub(crate) fn of_selection(text: &str, name: &str) -> Option<Position> {
    let documents: Vec<Value> =
        Deserializer::from_str(text).map(Value::deserialize).collect::<Result<_, _>>().ok()?;
    if documents.iter().any(|document| document.get(ACTION).is_some()) {
        return None;
    }
    for (document, value) in Deserializer::from_str(text).zip(&documents) {
        if PARTS.iter().any(|part| value.get(part).is_some_and(|part| part.get(name).is_some())) {
            continue;
        }
        let mut inside = None;
        let found = find(document, |path, role, scalar| match (path, role) {
            ([part, CONDITION], Role::Value) if PARTS.contains(part) => {
                inside = word(scalar, name).map(|place| (scalar.to_owned(), place));
                inside.is_some()
            }
            _ => false,
        });
        if let (Some(found), Some((condition, place))) = (found.ok()?, inside) {
            return Some(within(text, found, &condition, place));
        }
    }
    None
}

/// The line and the column in a condition where a name stands for itself.
fn word(condition: &str, name: &str) -> Option<SourceLocation> {
    let part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '*');
    (1_u32..).zip(condition.split('\n')).find_map(|(line, text)| {
        let (at, _) = text.match_indices(name).find(|(at, name)| {
            let before = text.get(..*at).and_then(|before| before.chars().next_back());
            let after = text.get(at.saturating_add(name.len())..).and_then(|it| it.chars().next());
            !before.is_some_and(part) && !after.is_some_and(part)
        })?;
        let column = text.get(..at)?.chars().count().saturating_add(1);
        Some(SourceLocation { line, col: column.try_into().ok()? })
    })
}

/// A place in the value of a scalar that begins at `start`: exactly that where the file has the value as it
/// is, the start where YAML folds it or spells it otherwise.
fn within(text: &str, start: Position, value: &str, place: SourceLocation) -> Position {
    let exact = || {
        let line = usize::try_from(place.line).ok()?;
        let wanted = value.split('\n').nth(line.checked_sub(1)?).filter(|it| !it.is_empty())?;
        let first = text.lines().nth(start.line.checked_sub(1)?)?;
        let scalar = skip(first, start.column.checked_sub(1)?)?;
        let (row, indent) = if scalar.starts_with(['|', '>']) {
            // A block: its first line is the one below.
            let row = start.line.checked_add(line)?;
            let below = text.lines().nth(row.checked_sub(1)?)?;
            (row, below.chars().take_while(|c| *c == ' ').count())
        } else if line == 1 {
            let quote = usize::from(scalar.starts_with(['"', '\'']));
            (start.line, start.column.checked_sub(1)?.checked_add(quote)?)
        } else {
            return None;
        };
        let found = skip(text.lines().nth(row.checked_sub(1)?)?, indent)?;
        // A column may be that of the value's end.
        let column = indent.checked_add(usize::try_from(place.col).ok()?)?;
        found.starts_with(wanted).then_some(Position { line: row, column })
    };
    exact().unwrap_or(start)
}

/// A line without that many characters.
fn skip(line: &str, characters: usize) -> Option<&str> {
    let mut rest = line.chars();
    for _ in 0..characters {
        rest.next()?;
    }
    Some(rest.as_str())
}
