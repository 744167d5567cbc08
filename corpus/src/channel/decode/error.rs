//! Why bytes are not a channel file, and where.

use crate::channel::criterion::CriterionRule;
use crate::channel::layout::{FORMAT_VERSION, HEADER_SIZE, MAGIC};
use crate::limits::{MAX_INPUTS, MAX_INSTANCES, MAX_STRINGS_BYTES};
use crate::reader::Short;

/// The first rule that a file breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("at byte {offset}: {fault}")]
pub struct DecodeError {
    offset: usize,
    fault: DecodeFault,
}

impl DecodeError {
    pub(in crate::channel) fn new(offset: usize, fault: DecodeFault) -> Self {
        Self { offset, fault }
    }

    /// Where the field at fault begins, in bytes from the start of the file. At most its length.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// What is wrong there.
    pub fn fault(&self) -> DecodeFault {
        self.fault
    }
}

impl From<Short> for DecodeError {
    fn from(Short { offset, needed, left }: Short) -> Self {
        Self::new(offset, DecodeFault::Truncated { needed, left })
    }
}

/// A rule of the format that a file breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeFault {
    /// The file is shorter than it has to be.
    #[error("{needed} bytes are needed, {left} are left")]
    Truncated {
        /// Bytes that have to follow.
        needed: usize,
        /// Bytes that do follow.
        left: usize,
    },
    /// The file does not begin as a channel file does.
    #[error("the magic is {found:02x?}, not {MAGIC:02x?}")]
    Magic {
        /// The first four bytes.
        found: [u8; 4],
    },
    /// Another version of the format.
    #[error("format version {found} is not supported, only {FORMAT_VERSION} is")]
    FormatVersion {
        /// The version in the file.
        found: u16,
    },
    /// A header of another size.
    #[error("header size {found} is not {HEADER_SIZE}")]
    HeaderSize {
        /// The size in the file.
        found: u16,
    },
    /// A template type without inputs, or with too many.
    #[error("input count {found} is not in 1 to {MAX_INPUTS}")]
    InputCount {
        /// The count in the file.
        found: u32,
    },
    /// Too many instances.
    #[error("instance count {found} is over the limit of {MAX_INSTANCES}")]
    InstanceCount {
        /// The count in the file.
        found: u32,
    },
    /// The size of the instances does not follow from the counts.
    #[error("instances size {found} is not {expected}, which the counts give")]
    InstancesSize {
        /// The size in the file, in bytes.
        found: u32,
        /// What the counts give, in bytes.
        expected: u32,
    },
    /// The string table is too large.
    #[error("strings size {found} is over the limit of {MAX_STRINGS_BYTES}")]
    StringsSize {
        /// The size in the file, in bytes.
        found: u32,
    },
    /// The size of the file is not the sum of its parts.
    #[error("file size {found} is not {expected}, the sum of the parts")]
    FileSize {
        /// The size in the file, in bytes.
        found: u32,
        /// The sum, in bytes.
        expected: u32,
    },
    /// The file is longer than it says.
    #[error("{extra} bytes follow the end of the file")]
    TrailingBytes {
        /// Bytes too many.
        extra: usize,
    },
    /// The file was changed after its checksum was computed.
    #[error("the checksum is {stored:08x}, the bytes give {computed:08x}")]
    Checksum {
        /// The checksum in the file.
        stored: u32,
        /// The checksum of the file's bytes.
        computed: u32,
    },
    /// Two instances with one id.
    #[error("instance id {id} is already used at byte {first}")]
    DuplicateInstance {
        /// The id.
        id: u32,
        /// Offset of the first instance with this id.
        first: usize,
    },
    /// A reserved word that is not zero.
    #[error("instance {id}: the reserved word is {found:#x}, not 0")]
    InstanceReserved {
        /// The instance's id.
        id: u32,
        /// The word in the file.
        found: u32,
    },
    /// A criterion is wrong.
    #[error("instance {instance}, input {input}: {fault}")]
    Criterion {
        /// The instance's id.
        instance: u32,
        /// The number of the input, from 1.
        input: u32,
        /// What is wrong.
        fault: CriterionFault,
    },
}

/// A rule that a criterion breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CriterionFault {
    /// A kind of criterion that the format does not have.
    #[error("criterion kind {found} is unknown")]
    Kind {
        /// The kind in the file.
        found: u8,
    },
    /// Reserved bytes that are not zero.
    #[error("the reserved bytes are {found:02x?}, not 0")]
    Reserved {
        /// The bytes in the file.
        found: [u8; 7],
    },
    /// A wildcard with an operand.
    #[error("a wildcard's operand is {found}, not 0")]
    WildcardOperand {
        /// The operand in the file.
        found: u64,
    },
    /// A string that is not inside the string table.
    #[error("{length} bytes at {start} are not inside the string table of {table} bytes")]
    StringOutside {
        /// Where the string begins, in bytes from the start of the string table.
        start: u64,
        /// Its length in bytes.
        length: u64,
        /// The size of the string table in bytes.
        table: usize,
    },
    /// A rule that holds in every form of a criterion.
    #[error(transparent)]
    Rule(CriterionRule),
}
