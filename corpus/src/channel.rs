//! Channel files: what they hold, and how they are read, written and evaluated.
//!
//! The format is specified in `docs/channel-file.md`. [`ChannelFile`] is the file's meaning; which
//! bytes of the string table carry a string is not part of it, so two different files may decode to
//! the same value, and [`ChannelFile::encode`] always writes the same one for it.

mod checksum;
mod criterion;
mod decode;
mod encode;
mod header;
mod layout;
mod matches;
mod offsets;
mod reads;
mod strings;

use std::borrow::Cow;

pub use checksum::reseal;
pub use criterion::{Criterion, CriterionRule, StringKind};
pub use decode::{CriterionFault, DecodeError, DecodeFault};
pub use encode::EncodeError;
pub use header::Header;
pub use layout::begins_as_channel_file;
pub use offsets::{INPUT_COUNT_OFFSET, TEMPLATE_TYPE_OFFSET};
pub use reads::{CriterionIndex, alternatives};

/// A channel file. Strings are borrowed from the file that was decoded: hostile files let many
/// criteria name the same large string, and copies would multiply it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelFile<'a> {
    /// The channel that the file belongs to.
    pub channel_id: u32,
    /// What the instances look at. Its meaning is the interpreter's contract.
    pub template_type: u32,
    /// Inputs that the template type declares, 1 to [`MAX_INPUTS`](crate::limits::MAX_INPUTS). Each
    /// instance has as many criteria.
    pub input_count: u32,
    /// Template instances in file order, with unique ids.
    pub instances: Vec<Instance<'a>>,
}

/// A template instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance<'a> {
    /// Unique in the file; what an interpreter reports when the instance matches.
    pub id: u32,
    /// One criterion for each input, in order.
    pub criteria: Vec<Criterion<'a>>,
}

impl ChannelFile<'_> {
    /// The same file with strings of its own. Criteria that share bytes of one string table each
    /// get a copy: not for files that nobody vouches for.
    pub fn into_owned(self) -> ChannelFile<'static> {
        let Self { channel_id, template_type, input_count, instances } = self;
        let instances = instances.into_iter().map(Instance::into_owned).collect();
        ChannelFile { channel_id, template_type, input_count, instances }
    }
}

impl Instance<'_> {
    fn into_owned(self) -> Instance<'static> {
        let criteria = self.criteria.into_iter().map(Criterion::into_owned).collect();
        Instance { id: self.id, criteria }
    }
}

impl Criterion<'_> {
    fn into_owned(self) -> Criterion<'static> {
        let owned = |string: Cow<'_, [u8]>| Cow::Owned(string.into_owned());
        match self {
            Self::Wildcard => Criterion::Wildcard,
            Self::Equals(string) => Criterion::Equals(owned(string)),
            Self::Prefix(string) => Criterion::Prefix(owned(string)),
            Self::Contains(string) => Criterion::Contains(owned(string)),
            Self::IntegerRange { low, high } => Criterion::IntegerRange { low, high },
        }
    }
}
