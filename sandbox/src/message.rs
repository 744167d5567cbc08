//! What a guest says: diagnostics, some of them about a place in its content.

use serde::Serialize;

/// A place in content that is text, as the interpreter counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct TextPosition {
    /// Line, from 1.
    pub line: u32,
    /// Column in that line, from 1; a column is a Unicode scalar value. Not every interpreter knows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
}

impl TextPosition {
    /// What the ABI hands over, where 0 stands for what is not known.
    pub(crate) fn of_numbers(line: u32, column: u32) -> Option<Self> {
        let known = |number: u32| (number != 0).then_some(number);
        Some(Self { line: known(line)?, column: known(column) })
    }
}

/// Written as messages write it that have no other way: `LINE:COLUMN`, or `LINE`.
impl std::fmt::Display for TextPosition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.column {
            Some(column) => write!(f, "{}:{column}", self.line),
            None => write!(f, "line {}", self.line),
        }
    }
}

/// A diagnostic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// How much it matters: 1 is an error, larger numbers matter less.
    pub level: i32,
    /// Where in the content.
    pub position: Option<TextPosition>,
    /// The guest's words.
    pub text: String,
}

/// What several diagnostics say together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Said {
    /// The place of the first one that has one.
    pub(crate) position: Option<TextPosition>,
    /// Their words, joined by line feeds; places but for that one stand before the words.
    pub(crate) text: String,
}

impl Said {
    /// The most severe of some diagnostics.
    pub(crate) fn of(messages: &[Message]) -> Self {
        let severest = messages.iter().map(|message| message.level).min();
        let chosen = messages.iter().filter(|message| Some(message.level) == severest);
        let mut said = Self::default();
        for (at, message) in chosen.enumerate() {
            if at > 0 {
                said.text.push('\n');
            }
            match (said.position, message.position) {
                (None, first) => said.position = first,
                (Some(_), Some(further)) => said.text.extend([&further.to_string(), ": "]),
                (Some(_), None) => {}
            }
            said.text.push_str(&message.text);
        }
        said
    }

    /// The words with the place before them, for where a place of its own would be misread: it is not one
    /// in the content.
    pub(crate) fn into_text(self) -> String {
        match self.position {
            Some(position) => format!("{position}: {}", self.text),
            None => self.text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(level: i32, place: (u32, u32), text: &str) -> Message {
        let position = TextPosition::of_numbers(place.0, place.1);
        Message { level, position, text: text.to_owned() }
    }

    #[test]
    fn the_first_place_is_taken_out_and_the_others_stay() {
        let said = Said::of(&[
            message(2, (9, 9), "a warning"),
            message(1, (0, 7), "no line, no place"),
            message(1, (3, 0), "one"),
            message(1, (4, 2), "two"),
            message(1, (5, 0), "three"),
        ]);
        assert_eq!(said.position, Some(TextPosition { line: 3, column: None }));
        assert_eq!(said.text, "no line, no place\none\n4:2: two\nline 5: three");
        assert_eq!(said.into_text(), "line 3: no line, no place\none\n4:2: two\nline 5: three");
    }

    #[test]
    fn nothing_said_is_nothing() {
        assert_eq!(Said::of(&[]), Said::default());
        assert_eq!(Said::default().into_text(), "");
    }
}
