//! The life of one guest, in the ABI's own terms: bytes in, numbers out.

use crate::{Code, EvaluateError, Interpreter, Reject, Sink};

/// An interpreter between the calls of its host.
///
/// The exports of a guest are this type behind pointers; native tests call it directly and see
/// what the host would see.
pub struct Session<I: Interpreter> {
    configuration: I::Configuration,
    interpreter: Option<I>,
}

impl<I: Interpreter> Default for Session<I> {
    fn default() -> Self {
        Self { configuration: I::Configuration::default(), interpreter: None }
    }
}

impl<I: Interpreter> Session<I> {
    /// Reads the configuration. Returns 0, or the reject code after a message.
    ///
    /// It holds for loads that follow. After a rejection the earlier one still holds.
    pub fn configure(&mut self, json: &[u8]) -> i32 {
        let configuration = str::from_utf8(json)
            .map_err(|error| Reject::new(Code::PROTOCOL, format!("configuration: {error}")))
            .and_then(I::configure);
        match configuration {
            Ok(configuration) => {
                self.configuration = configuration;
                ACCEPTED
            }
            Err(reject) => refuse(&reject),
        }
    }

    /// Loads content. Returns 0, or the reject code after a message.
    ///
    /// What was loaded before is gone either way.
    pub fn load(&mut self, content: &[u8]) -> i32 {
        self.interpreter = None;
        match I::load(content, &self.configuration) {
            Ok(interpreter) => {
                self.interpreter = Some(interpreter);
                ACCEPTED
            }
            Err(reject) => refuse(&reject),
        }
    }

    /// Evaluates an event. Returns the number of matches, or the negated error code after a message.
    pub fn evaluate(&mut self, event: &[u8]) -> i32 {
        let matches = match &mut self.interpreter {
            Some(interpreter) => interpreter.evaluate(event, &mut Sink::new()),
            None => Err(EvaluateError::new(Code::PROTOCOL, "no content is loaded")),
        };
        match matches {
            Ok(matches) => i32::try_from(matches).unwrap_or(i32::MAX),
            Err(error) => {
                error.say();
                error.code().number().saturating_neg()
            }
        }
    }
}

/// What the ABI returns for accepted content and configuration.
const ACCEPTED: i32 = 0;

/// Tells the host why, and returns the code for it.
pub(crate) fn refuse(reject: &Reject) -> i32 {
    reject.say();
    reject.code().number()
}
