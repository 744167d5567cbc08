//! What content and events exercised of an interpreter, and of the content itself.
//!
//! # Words
//! - *edge*: a way that control can take: into a basic block, along a branch, or past an `if`. It is *hit*
//!   if some run took it.
//! - *line*: a line of the interpreter's sources that has code. It is hit as often as the one of its basic
//!   blocks that was entered most often, and *partly* hit if another one was not entered at all.
//! - *function*: one of the sources. What was inlined elsewhere counts where it was written.
//! - *field*: a criterion of an instance of a channel file. It is *evaluated* if the interpreter read
//!   some of its bytes while it evaluated events. See [`fields`].
//!
//! [`Counts`] adds up runs, [`Coverage`] is what follows for functions and files, and [`human`], [`json`],
//! [`lcov`] and [`html`] render the same value. [`SourceTree`] is where sources are looked for.

mod counts;
pub mod fields;
mod html;
mod human;
mod json;
mod lcov;
mod model;
mod sources;

pub use counts::Counts;
pub use fields::{FieldCoverage, FieldState, InstanceFields, NotKnown};
pub use html::html;
pub use human::{Shown, human};
pub use json::{COVERAGE_SCHEMA, json};
pub use lcov::lcov;
pub use model::{ContentCoverage, Coverage, FileCoverage, FunctionCoverage, LineCoverage, Part};
pub use sources::{Mount, SourceTree};
