//! Content files in: which files a run judges, in which order, and their bytes.
//!
//! - *argument*: one CONTENT path of the command line. It names a file or a directory.
//! - *root*: an open directory handle. A directory argument is its own root, a file argument is
//!   reached through its parent. Everything after the command line goes through a root, and nothing
//!   that a root holds (a symbolic link, say) can lead out of it.
//! - *subject*: one thing to judge, in a fixed order: mostly a file, sometimes a *fault*, which is a
//!   directory that could not be listed, or a link to what is not judged. Nothing that should have been
//!   judged is left out in silence.
//! - *note*: something a person may want to know about the listing that is no subject.
//! - *filter*: which names in a directory argument are content.
//!
//! The way through: [`Roots::open_ambient`] (in `main`, the only step with power over the whole file
//! system), [`Subjects::list`], then [`read()`] for each subject, from any thread. Reading is where a
//! FIFO, a device, a link that leaves, or a file over the limit is found out; the listing only names
//! them.
//!
//! What is *not* here: verdicts. An [`IngestError`] says what happened; policy decides what follows.

mod behind;
mod coded;
mod error;
mod filter;
pub mod limits;
mod listing;
mod names;
mod pages;
mod path;
mod read;
mod roots;
mod snapshot;
mod sorter;
mod subjects;
mod table;
mod walk;

#[cfg(all(test, target_os = "linux"))]
mod tests;

pub use error::{FileKind, IngestError};
pub use filter::{Filter, FilterError, PatternOrigin, Patterns};
pub use path::ContentPath;
pub use read::{digest, measure, read};
pub use roots::{RootError, RootProblem, Roots};
pub use subjects::{ListError, Note, NoteKind, Notes, Subject, Subjects};
