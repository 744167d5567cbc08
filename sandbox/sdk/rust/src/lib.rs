//! What an interpreter written in Rust is built with, to become a guest of the sandbox.
//!
//! A *guest* is an interpreter compiled to WebAssembly. The sandbox, its *host*, gives it *content*
//! (the bytes that ship) once, and then *events* (one telemetry input each) in order. The guest
//! answers whether it accepts the content, and for each event how many times the content matched and
//! with which *results*. A guest lives for one content: the next one gets a fresh instance.
//!
//! An author implements [`Interpreter`], names the type in [`export!`] and writes no `unsafe`:
//!
//! ```
//! use proofhouse_guest::{Code, Description, EvaluateError, Interpreter, Position, Reject, Sink};
//!
//! /// Content is a word on the first line; an event matches when it contains the word.
//! struct Word(Vec<u8>);
//!
//! const EMPTY: Code = Code::new(1);
//!
//! impl Interpreter for Word {
//!     type Configuration = ();
//!
//!     fn describe() -> Description {
//!         Description::new("word", "1.0.0").content("word", ["*.word"])
//!     }
//!
//!     fn load(content: &[u8], _: &()) -> Result<Self, Reject> {
//!         match content.split(|byte| *byte == b'\n').next() {
//!             Some(word) if !word.is_empty() => Ok(Word(word.to_vec())),
//!             _ => Err(Reject::new(EMPTY, "no word").at(Position::of(content, 0))),
//!         }
//!     }
//!
//!     fn evaluate(&mut self, event: &[u8], sink: &mut Sink) -> Result<usize, EvaluateError> {
//!         let found = event.windows(self.0.len()).any(|window| window == self.0);
//!         if found {
//!             sink.emit(&self.0);
//!         }
//!         Ok(usize::from(found))
//!     }
//! }
//!
//! proofhouse_guest::export!(Word);
//!
//! // The same logic runs natively, for unit tests.
//! use proofhouse_guest::{Session, record};
//! let mut session = Session::<Word>::default();
//! assert_eq!(session.load(b"pipe\n"), 0);
//! let (matches, seen) = record(|| session.evaluate(br"\\.\pipe\x"));
//! assert_eq!((matches, seen.emitted), (1, vec![b"pipe".to_vec()]));
//! ```
//!
//! The crate is a `cdylib`, built for `wasm32-wasip1` with `panic = "abort"`.
//!
//! # Messages and positions
//!
//! [`message()`] sends a diagnostic to the host: UTF-8 text with a [`Level`], the interpreter's own,
//! unchanged. [`diagnostic`] sends one about a place in the content, a [`Position`]; the host shows it with
//! the line. [`Reject::at`] and [`EvaluateError::at`] give a refusal its place. (Where there is only a
//! message, as in a module that was built before [`diagnostic`] was there, a text that begins with
//! `LINE:COLUMN: ` is taken for one with that place.)
//!
//! A rejection is a message at [`Level::Error`] followed by the reject code, and so is an error of an
//! evaluation. A panic is a message at [`Level::Error`] followed by a trap.
//!
//! # What is not here
//!
//! No allocator, no access to files, clock or network: a guest has what `std` gives it, and the host
//! decides what stands behind that. Nothing here knows of policy or verdicts.

mod buffers;
mod description;
mod export;
#[doc(hidden)]
pub mod exports;
mod host;
mod interpreter;
mod position;
#[cfg(target_family = "wasm")]
mod reactor;
mod reject;
mod session;

pub use description::Description;
pub use host::{Level, Sink, diagnostic, message};
#[cfg(not(target_family = "wasm"))]
pub use host::{Recording, record};
pub use interpreter::Interpreter;
pub use position::Position;
pub use reject::{Code, EvaluateError, Reject};
pub use session::Session;
