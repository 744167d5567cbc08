//! The one trait that an author implements.

use crate::{Code, Description, EvaluateError, Reject, Sink};

/// Something that loads content and evaluates events against it.
///
/// The host calls, in one instance and in this order: [`describe`](Self::describe) any number of
/// times, [`configure`](Self::configure) at most once, [`load`](Self::load) once,
/// [`evaluate`](Self::evaluate) once for each event.
///
/// Content, configuration and events are hostile. A panic is allowed but it is a trap: the host
/// reports a crash of the interpreter, which is what it would have been in production.
pub trait Interpreter: Sized {
    /// What the policy may set. Its default holds where the policy sets nothing.
    type Configuration: Default;

    /// Says what this interpreter is and which content it takes.
    fn describe() -> Description;

    /// Reads the configuration, a JSON document from the policy.
    ///
    /// Unless implemented, every configuration is rejected: a setting that nobody reads is a mistake
    /// in the policy.
    fn configure(json: &str) -> Result<Self::Configuration, Reject> {
        let _ = json;
        Err(Reject::new(Code::PROTOCOL, "this interpreter takes no configuration"))
    }

    /// Loads content, or says why not.
    ///
    /// The bytes are lent for the call: what is needed later is copied.
    fn load(content: &[u8], configuration: &Self::Configuration) -> Result<Self, Reject>;

    /// Evaluates one event, emits the results, and returns the number of matches.
    ///
    /// What counts as a match is the interpreter's to define; the number goes to the host as an `i32`,
    /// and one beyond its range as the largest `i32`.
    fn evaluate(&mut self, event: &[u8], sink: &mut Sink) -> Result<usize, EvaluateError>;

    /// Does once what every load would otherwise do again: fills tables, compiles what is constant.
    ///
    /// A host may keep an image of the instance taken after this call and start each run from it, so
    /// nothing here may depend on content, configuration, time or chance.
    fn warm_up() {}
}
