//! How an interpreter says no: a code for programs, a text for people.

use crate::{Level, Position, diagnostic, message};

/// A number that stands for one reason to say no, from 1 to 2,147,483,646.
///
/// Codes are the interpreter's own. They belong to its interface: policies and expected outcomes name
/// them, so a reason keeps its code from version to version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(i32);

impl Code {
    /// This crate's own code: the call broke the protocol, whatever its bytes were. Nothing is loaded,
    /// the buffer was not allocated by the guest, or the configuration is not for this interpreter.
    pub const PROTOCOL: Self = Self(i32::MAX);

    /// A code of the interpreter's own.
    ///
    /// # Panics
    ///
    /// If the number is below 1 or is that of [`Code::PROTOCOL`]; in a constant, this fails the build.
    pub const fn new(number: i32) -> Self {
        assert!(number > 0 && number < Self::PROTOCOL.0, "a code is between 1 and 2147483646");
        Self(number)
    }

    /// The number, always positive.
    pub const fn number(self) -> i32 {
        self.0
    }
}

/// Content or configuration is rejected.
///
/// Displayed as its text, after its position where it has one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}", prefix(*.position))]
pub struct Reject {
    code: Code,
    position: Option<Position>,
    message: String,
}

impl Reject {
    /// Rejects for the reason that `code` stands for, in the interpreter's own words.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, position: None, message: message.into() }
    }

    /// Says where in the content.
    #[must_use]
    pub fn at(mut self, position: Position) -> Self {
        self.position = Some(position);
        self
    }

    /// What the host is told.
    pub fn code(&self) -> Code {
        self.code
    }

    /// Tells the host why.
    pub(crate) fn say(&self) {
        say(self.position, &self.message);
    }
}

/// An event could not be evaluated. This is the interpreter's own error, not "no match".
///
/// Displayed as its text, after its position where it has one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}", prefix(*.position))]
pub struct EvaluateError {
    code: Code,
    position: Option<Position>,
    message: String,
}

impl EvaluateError {
    /// Fails for the reason that `code` stands for. The host receives the negated number.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, position: None, message: message.into() }
    }

    /// Says where in the content: an event has no places.
    #[must_use]
    pub fn at(mut self, position: Position) -> Self {
        self.position = Some(position);
        self
    }

    /// What the host is told, negated.
    pub fn code(&self) -> Code {
        self.code
    }

    /// Tells the host why.
    pub(crate) fn say(&self) {
        say(self.position, &self.message);
    }
}

fn say(position: Option<Position>, text: &str) {
    match position {
        Some(position) => diagnostic(Level::Error, position, text),
        None => message(Level::Error, text),
    }
}

fn prefix(position: Option<Position>) -> String {
    position.map(|position| format!("{position}: ")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn position_comes_first() {
        let reject = Reject::new(Code::new(3), "no word");
        assert_eq!(reject.to_string(), "no word");
        assert_eq!(reject.at(Position { line: 2, column: 7 }).to_string(), "2:7: no word");
    }

    #[test]
    fn codes_out_of_range_are_refused() {
        for number in [0, -1, i32::MIN, i32::MAX] {
            assert!(std::panic::catch_unwind(|| Code::new(number)).is_err(), "{number}");
        }
        assert_eq!(Code::new(i32::MAX - 1).number(), i32::MAX - 1);
    }
}
