//! What proofhouse feeds to an interpreter: content and events, from their files to the bytes that
//! the interpreter receives.
//!
//! # Words
//! - *channel file*: content in proofhouse's reference format, described in `docs/channel-file.md`.
//!   It belongs to a *channel* and carries *template instances* of one *template type*.
//! - *template type*: what kind of event an instance looks at. It declares how many *inputs* such
//!   an event has. Inputs are numbered from 1.
//! - *instance*: one *criterion* for each input. It *matches* an event when every criterion does.
//! - *event*: one telemetry input, evaluated against loaded content. Its *payload* is either a list
//!   of *field values*, the inputs of a template type, or bytes that only the interpreter
//!   understands.
//! - *case*: one run with all that it needs, and what it ended in.
//! - *source*: the TOML that people write and review, from which a channel file is made.
//! - *fault*: what is wrong with a file. Each error is a fault and the place where it was seen.
//!
//! # Where to start
//! [`ChannelFile::from_toml`] and [`ChannelFile::encode`] make content, [`ChannelFile::decode`]
//! reads it back, [`EventsFile::parse`] reads events and [`Event::bytes`] gives what an interpreter
//! gets. [`ChannelFile::matches`] is the second implementation that an interpreter is compared
//! with. The generators implement `arbitrary::Arbitrary`, so a property test or a fuzz target only
//! names a type.
//!
//! # What this crate is not
//! It judges bytes, not releases: policy, gates and reports are elsewhere. It runs no interpreter
//! and opens no file: callers hand over bytes. Those bytes are hostile, and every length in them is
//! judged against a constant in [`limits`].

mod case;
mod channel;
mod dictionary;
mod event;
mod excerpt;
mod generate;
pub mod limits;
mod minimize;
mod mutate;
mod numbers;
mod position;
mod reader;
mod source;

pub use case::{Case, CaseError, CaseEvent, CaseInterpreter, CaseOutcome, CaseSetting};
pub use channel::{
    ChannelFile, Criterion, CriterionFault, CriterionIndex, CriterionRule, DecodeError,
    DecodeFault, EncodeError, Header, INPUT_COUNT_OFFSET, Instance, StringKind,
    TEMPLATE_TYPE_OFFSET, alternatives, begins_as_channel_file, reseal,
};
pub use dictionary::Dictionary;
pub use event::{
    Event, EventsError, EventsFault, EventsFile, FieldValue, FieldValues, FieldsError, FieldsFault,
    FieldsLimit, JsonKind, Payload,
};
pub use generate::matching_event;
pub use minimize::{Input, Minimized, minimize};
pub use mutate::{
    Compared, Edit, NumberForm, Walk, cross_channels, cross_events, field_mutations, follow,
    mutate_channel, mutate_event,
};
pub use position::Position;
pub use source::{SourceError, SourceFault};
