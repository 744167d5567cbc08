//! Every limit of this crate, each with its reason. What passes them all fits in memory many times.

/// Inputs of a template type, at least one. The outage was about 21; 256 leaves room and keeps an
/// instance below 8 KiB.
pub const MAX_INPUTS: u32 = 256;

/// Template instances in one channel file. With [`MAX_INPUTS`] and [`MAX_STRINGS_BYTES`] this keeps
/// every size in the format within 32 bits.
pub const MAX_INSTANCES: u32 = 65_536;

/// Bytes of a channel file's string table. Enough for 256 bytes per instance in the largest file.
pub const MAX_STRINGS_BYTES: u32 = 16 * 1024 * 1024;

/// Field values of one event: as many as a template type can have inputs.
pub const MAX_FIELDS: usize = 256;

/// Bytes of one field value. Command lines and scripts stay far below it.
pub const MAX_FIELD_BYTES: usize = 1024 * 1024;

/// Bytes of one event as the interpreter receives it: a few field values of the largest size.
pub const MAX_EVENT_BYTES: usize = 4 * 1024 * 1024;

/// Events in one events file. A recording of this size already takes long enough to evaluate.
pub const MAX_EVENTS: usize = 65_536;

/// Bytes of all events of one file together, as the interpreter receives them.
pub const MAX_EVENTS_TOTAL_BYTES: usize = 64 * 1024 * 1024;

/// Bytes of one events file. JSON is held in memory whole while it is read.
pub const MAX_EVENTS_FILE_BYTES: usize = 64 * 1024 * 1024;

/// Characters in an event's id, at least one. Ids appear in every report line.
pub const MAX_EVENT_ID_CHARS: usize = 128;

/// Bytes of a channel file's TOML source. People write and review it; a parsed table takes about
/// fifty times its text in memory.
pub const MAX_SOURCE_BYTES: usize = 4 * 1024 * 1024;

/// Criteria in a channel file made from source, wildcards included. A line of source declares
/// [`MAX_INPUTS`] wildcards, so that the size of the text alone would not bound the result.
pub const MAX_SOURCE_CRITERIA: usize = 1024 * 1024;

/// Bytes of a case file: the largest content and events that anybody fuzzes with.
pub const MAX_CASE_BYTES: usize = 256 * 1024 * 1024;
