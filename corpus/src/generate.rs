//! Generators: channel files and events out of a fuzzer's bytes.
//!
//! A generated channel file is always valid: it can be encoded, and what is encoded has the right
//! lengths and checksum. Generated strings and generated field values are drawn from the same few
//! words, so that criteria are met and missed alike. Sizes are those of a file that a person would
//! write; now and then a template type has up to the largest number of inputs.

mod channel;
mod event;
mod matching;
mod strings;

pub use matching::matching_event;
