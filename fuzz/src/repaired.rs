//! The repaired reference interpreter, held against the native decoder and evaluator.
//!
//! It loads exactly the files that the decoder takes and that ask for what it offers; it evaluates exactly the
//! events that decode, and finds the instances that the specification says. It never does anything else, and
//! no outcome blames what was not judged.

#![expect(clippy::panic, reason = "that is how a check says that a property does not hold")]

use crate::sandbox::{on_guest_stack, sandbox};
use proofhouse_corpus::{ChannelFile, FieldValues};
use proofhouse_sandbox::{
    Evaluated, Interpreter, Job, Limits, Outcome, Phase, Resident, Run, Sanitize, Verdict,
};
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock, PoisonError};

/// Its module, in the `fixtures` folder of the target directory.
const MODULE: &str = "channel-7.11.wasm";
/// Template type that it knows, and the inputs that it supplies to it.
pub(crate) const TEMPLATE_TYPE: u32 = 7;
pub(crate) const SUPPLIED: u32 = 21;
/// Its codes for files that are well formed and ask for something else.
const CONTRACT: [i32; 2] = [50, 51];
/// Content and events together, at most. Below that no limit of a run is reached.
const MAX_BYTES: usize = 1 << 16;
/// Events at most, for the same reason.
const MAX_EVENTS: usize = 64;

/// What the decoder says of content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// It breaks a rule of the format.
    Malformed,
    /// The interpreter is not for it.
    BeyondContract,
    /// It is to be loaded.
    Good,
}

/// Loads the content and evaluates the events. Gives what was expected of the content, and how it ended;
/// nothing if there is too much of it.
///
/// # Panics
/// If the run is not what was expected, or the interpreter is not built.
pub(crate) fn judge(content: &[u8], events: &[&[u8]]) -> Option<(Content, Outcome)> {
    let bytes = events.iter().fold(content.len(), |sum, event| sum.saturating_add(event.len()));
    if bytes > MAX_BYTES || events.len() > MAX_EVENTS {
        return None;
    }
    let (run, again, resident) = on_guest_stack(|| {
        let limits = Limits::default();
        let job = Job { content, events, limits: &limits, configuration: None, arguments: &[] };
        let interpreter = interpreter();
        (interpreter.run(&job), interpreter.run_from_scratch(&job), run_resident(&job))
    });
    assert_eq!(run, again, "a run from an image, a run from scratch");
    assert_eq!(run, resident, "a run in an instance in which all earlier inputs ran");
    let decoded = ChannelFile::decode(content);
    let expected = match &decoded {
        Err(_) => Content::Malformed,
        Ok(file) if is_offered(file) => Content::Good,
        Ok(_) => Content::BeyondContract,
    };
    match &decoded {
        Ok(file) if expected == Content::Good => loaded(file, events, &run),
        _ => refused(expected, &run),
    }
    Some((expected, run.outcome))
}

/// Whether the interpreter offers what a file asks for.
fn is_offered(file: &ChannelFile<'_>) -> bool {
    file.template_type == TEMPLATE_TYPE && file.input_count <= SUPPLIED
}

/// Content that must not be loaded.
fn refused(expected: Content, run: &Run) {
    let Outcome::Rejected { code, message, .. } = &run.outcome else {
        panic!("{expected:?}: {:?}", run.outcome);
    };
    assert_eq!(CONTRACT.contains(code), expected == Content::BeyondContract, "{code}: {message}");
    assert!(!message.is_empty(), "{code}: nothing said");
    assert_eq!((run.phase, run.event, run.verdict()), (Phase::Load, None, Verdict::Rejected));
    assert!(run.events.is_empty() && run.emitted.is_empty(), "{run:?}");
}

/// Content that must be loaded.
fn loaded(file: &ChannelFile<'_>, events: &[&[u8]], run: &Run) {
    assert!(run.emitted.is_empty(), "{run:?}");
    for (number, event) in events.iter().enumerate() {
        let Ok(fields) = FieldValues::decode(event) else {
            let Outcome::EvaluationError { message, .. } = &run.outcome else {
                panic!("event {number} does not decode: {:?}", run.outcome);
            };
            assert!(!message.is_empty(), "event {number}: nothing said");
            assert_eq!((run.phase, run.event), (Phase::Evaluate, Some(number)));
            assert_eq!((run.events.len(), run.verdict()), (number, Verdict::Rejected));
            return;
        };
        let Some(Evaluated { matches, emitted, .. }) = run.events.get(number) else {
            panic!("event {number} was not evaluated: {:?}", run.outcome);
        };
        let expected = file.matches_fields(&fields);
        let names: Vec<String> = expected.iter().map(|id| format!("instance {id}")).collect();
        assert_eq!(usize::try_from(*matches), Ok(expected.len()), "event {number}");
        assert!(emitted.iter().eq(names.iter().map(String::as_bytes)), "{emitted:?}, {names:?}");
    }
    assert_eq!((&run.outcome, run.verdict()), (&Outcome::Accepted, Verdict::Accepted));
    assert_eq!((run.events.len(), run.event), (events.len(), None));
}

fn interpreter() -> &'static Interpreter {
    static INTERPRETER: OnceLock<Interpreter> = OnceLock::new();
    INTERPRETER.get_or_init(|| {
        let path = path().unwrap_or_else(|| {
            panic!("the reference interpreter is not built: `cargo guests` makes {MODULE}")
        });
        let wasm =
            std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let opened = sandbox().interpreter(wasm, &Limits::default(), Sanitize::On);
        opened.unwrap_or_else(|error| panic!("{error:?}"))
    })
}

/// A run in the one instance that stays.
fn run_resident(job: &Job<'_>) -> Run {
    static RESIDENT: OnceLock<Mutex<Resident>> = OnceLock::new();
    let resident = RESIDENT.get_or_init(|| Mutex::new(interpreter().clone().resident()));
    resident.lock().unwrap_or_else(PoisonError::into_inner).run(job, |_| ())
}

/// Where it is: this program lies somewhere in the target directory.
fn path() -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?;
    let mut modules = program.ancestors().map(|folder| folder.join("fixtures").join(MODULE));
    modules.find(|path| path.is_file())
}
