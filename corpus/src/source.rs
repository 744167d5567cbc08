//! The source form of channel files: TOML that people write and review.
//!
//! A source names only the inputs that matter; the others are wildcards. It says what the file
//! means and nothing about its layout, so that source and [`ChannelFile`](crate::ChannelFile) are
//! interchangeable.

mod error;
mod hex;
mod parse;
mod table;
mod write;

pub use error::{SourceError, SourceFault};
