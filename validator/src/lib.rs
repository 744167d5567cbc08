//! proofhouse: the pre-publish gate for update content.
//!
//! *Content* is the bytes that ship: a sensor configuration, a channel file, a rule set, a policy. Its
//! *interpreter* is the program that consumes it in the field, compiled to Wasm. A *gate* is one kind
//! of check; it pushes *findings* into a sink, and from the findings follows the *verdict*: accepted,
//! rejected, or inconclusive when it could not be judged.
//!
//! Data flows one way: [`ingest`] reads content, [`judge`] takes it through the [`gates`], [`finding`]s
//! come out, a verdict follows, a [`report`] shows it. A [`policy`] is read before and goes along.
//! Running an interpreter is the business of the crate `proofhouse-sandbox`, knowing content and
//! events that of `proofhouse-corpus`; only [`cli`] touches the process.

pub mod check;
pub mod cli;
pub mod coverage;
pub mod digest;
pub mod events;
pub mod excerpt;
pub mod finding;
pub mod gates;
pub mod ingest;
pub mod inspection;
pub mod interpreter;
pub mod judge;
mod ordered;
pub mod place;
pub mod policy;
pub mod report;
pub mod size;
mod text;
mod unchecked;

#[cfg(test)]
mod testing;
