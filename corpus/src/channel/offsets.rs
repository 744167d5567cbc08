//! Where in its file something stands, for those who report on it.

use super::ChannelFile;
use super::layout::{CRITERION_SIZE, HEADER_SIZE, INSTANCE_HEAD_SIZE, instance_size};

/// Byte of the header at which the template type stands.
pub const TEMPLATE_TYPE_OFFSET: usize = 12;
/// Byte of the header at which the input count stands.
pub const INPUT_COUNT_OFFSET: usize = 16;

impl ChannelFile<'_> {
    /// The byte at which a criterion stands in the encoded file; instance and criterion are counted
    /// from 0. `None` if there is no such criterion.
    pub fn criterion_offset(&self, instance: usize, criterion: usize) -> Option<usize> {
        self.instances.get(instance)?.criteria.get(criterion)?;
        let of = |bytes: u32| usize::try_from(bytes).ok();
        let before = of(instance_size(self.input_count))?.checked_mul(instance)?;
        let within = of(CRITERION_SIZE)?.checked_mul(criterion)?;
        usize::from(HEADER_SIZE)
            .checked_add(before)?
            .checked_add(of(INSTANCE_HEAD_SIZE)?)?
            .checked_add(within)
    }
}
