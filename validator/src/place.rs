//! Where a finding is: in the content, in an event, in the interpreter.

use crate::excerpt::Excerpt;
use proofhouse_sandbox::{Frame, MemoryError};
use serde::Serialize;

/// A place; every part is optional and means nothing without the others only where it says so.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Place {
    /// Byte of the content, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// Line of the content, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// Column in that line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u64>,
    /// That line, for people. Programs have the content.
    #[serde(skip)]
    pub excerpt: Option<Box<Excerpt>>,
    /// Id of a template instance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<u32>,
    /// Input of a template type, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<u32>,
    /// Id of the event that was being evaluated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// What the memory checks found there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<Box<MemoryError>>,
    /// The allocation that was made to fail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed_allocation: Option<Box<FailedAllocation>>,
    /// The interpreter's stack, innermost first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub frames: Vec<Frame>,
}

/// An allocation that was made to fail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FailedAllocation {
    /// Its number in the run, from 1.
    pub number: u32,
    /// The interpreter's stack at it, innermost first.
    pub frames: Vec<Frame>,
}

impl Place {
    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Byte of the content.
    pub fn at_byte(offset: usize) -> Self {
        Self { offset: u64::try_from(offset).ok(), ..Self::default() }
    }
}
