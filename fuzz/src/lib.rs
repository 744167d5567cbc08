//! What the fuzz targets check.
//!
//! A *check* takes one input and panics if a property does not hold for it; a fuzzer finds such
//! inputs. There is one module for each target in `fuzz_targets/`, of the same name. Each check
//! also has a *smoke test*: a second of random inputs under plain `cargo test`, so that a check
//! which can no longer pass, or whose inputs never get past the first line, is noticed without a
//! fuzzer.

pub mod case_file;
pub mod channel_decode;
pub mod channel_roundtrip;
pub mod channel_source;
pub mod content_and_events;
pub mod decoder;
pub mod events;
pub mod events_file;
pub mod hostile_guest;
pub mod policy;
pub mod raw_content;
pub mod sanitizer;
pub mod structured_content;

mod damage;
mod repaired;
mod sandbox;
#[cfg(test)]
mod smoke;
