//! The CEL guest: expressions of the Common Expression Language as content, by the interpreter
//! [`cel`].
//!
//! *Content* is one expression. An *event* is a JSON object: its members are the expression's
//! variables. An event matches when the value is `true`; the *result* is the value, as JSON.

#![forbid(unsafe_code)]

mod event;

use std::sync::{Arc, OnceLock};

use cel::{Context, Env, Program, extensions};
use proofhouse_guest::{Code, Description, EvaluateError, Interpreter, Position, Reject, Sink};
use serde_json::{Map, Value};

/// cel-rust's version, which is the guest's: another cel-rust is another interpreter.
pub const VERSION: &str = "0.15.0";

/// Expressions are text, and text is UTF-8.
const NOT_UTF8: Code = Code::new(1);
/// Not an expression of CEL.
const NOT_CEL: Code = Code::new(2);

/// The event is not a JSON object.
const BAD_EVENT: Code = Code::new(1);
/// CEL's own errors: an unknown variable, a missing key, an overflow.
const NO_VALUE: Code = Code::new(2);
/// The value cannot be written as JSON, such as a type.
const NOT_JSON: Code = Code::new(3);

/// A text that is no CEL at all may have an error for each of its bytes.
const ERRORS_SAID: usize = 5;

/// An expression with most of what the grammar has.
const WARM_UP: &str =
    r#"a.b("c", [1, 2u, 0.5], {"d": true}).e >= -1 && !f || g[0] in h ? i + 1 : null == j"#;

/// A compiled expression.
pub struct Cel {
    environment: Arc<Env>,
    program: Program,
}

impl Interpreter for Cel {
    type Configuration = ();

    fn describe() -> Description {
        Description::new("cel", VERSION).content("cel-expression", ["*.cel"])
    }

    fn warm_up() {
        // The tables of the parser are made when it is first used.
        let _ = environment().map(|environment| environment.compile(WARM_UP).is_ok());
    }

    fn load(content: &[u8], (): &()) -> Result<Self, Reject> {
        let text = str::from_utf8(content).map_err(|error| {
            Reject::new(NOT_UTF8, "the expression is not UTF-8")
                .at(Position::of(content, error.valid_up_to()))
        })?;
        let environment = environment()?;
        match environment.compile(text) {
            Ok(program) => Ok(Self { environment, program }),
            Err(errors) => Err(not_cel(&errors)),
        }
    }

    fn evaluate(&mut self, event: &[u8], sink: &mut Sink) -> Result<usize, EvaluateError> {
        let variables: Map<String, Value> = serde_json::from_slice(event)
            .map_err(|error| EvaluateError::new(BAD_EVENT, format!("event: {error}")))?;
        let mut context = Context::with_env(Arc::clone(&self.environment));
        for (name, json) in variables {
            context.add_variable_from_value(name, event::value(json));
        }
        let value = self
            .program
            .execute(&context)
            .map_err(|error| EvaluateError::new(NO_VALUE, error.to_string()))?;
        let mut json = value.json().map_err(|e| EvaluateError::new(NOT_JSON, e.to_string()))?;
        // CEL's maps have no order.
        json.sort_all_objects();
        sink.emit(json.to_string().as_bytes());
        Ok(usize::from(json == Value::Bool(true)))
    }
}

/// The standard functions, and the extensions that policies in the field use. Made once: no expression
/// changes it.
fn environment() -> Result<Arc<Env>, Reject> {
    static ENVIRONMENT: OnceLock<Result<Arc<Env>, Reject>> = OnceLock::new();
    ENVIRONMENT.get_or_init(make_environment).clone()
}

fn make_environment() -> Result<Arc<Env>, Reject> {
    let mut environment = Env::stdlib();
    let all = [extensions::strings, extensions::math, extensions::lists, extensions::encoders];
    for extension in all {
        // A clash of two of them would be upstream's defect; every content would show it.
        environment
            .add_extension(extension)
            .map_err(|error| Reject::new(Code::PROTOCOL, error.to_string()))?;
    }
    Ok(Arc::new(environment))
}

/// What CEL's parser says: the place of its first error, and the words of the first few.
fn not_cel(errors: &cel::ParseErrors) -> Reject {
    let first = errors.errors.iter().take(ERRORS_SAID);
    let words: Vec<&str> = first.map(|error| error.msg.as_str()).collect();
    let reject = Reject::new(NOT_CEL, words.join("; "));
    let place = errors.errors.first().and_then(|error| {
        let (line, column) = error.pos;
        Some(Position { line: line.try_into().ok()?, column: column.try_into().ok()? })
    });
    match place {
        Some(place) if place.line > 0 => reject.at(place),
        _ => reject,
    }
}

proofhouse_guest::export!(Cel);
