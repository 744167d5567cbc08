//! The YARA guest: YARA rule files as content, by the interpreter [`boreal`].
//!
//! *Content* is one rule file. An *event* is the bytes that the rules scan, such as a file or a piece
//! of memory. The *results* are the names of the rules that matched: global rules first, then the
//! others, each group in the order of the file.
//!
//! This crate is an adapter and has no opinion on YARA: what is valid and what matches is boreal's to
//! say. [`Yara`] is the interpreter, [`Configuration`] what a policy may set.

#![forbid(unsafe_code)]

mod configuration;
mod refusal;
mod yara;

pub use configuration::{Configuration, ConfigurationError};
pub use yara::{VERSION, Yara};

proofhouse_guest::export!(Yara);
