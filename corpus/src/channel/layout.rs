//! Where things are in a channel file, in bytes, and what identifies it.

pub(super) const MAGIC: [u8; 4] = *b"PHCF";
pub(super) const FORMAT_VERSION: u16 = 1;

pub(super) const HEADER_SIZE: u16 = 40;
/// Offset of the header's last field, the only one that its own value does not cover.
pub(super) const CHECKSUM_OFFSET: usize = 36;

/// Size of an instance without its criteria: id and reserved word.
pub(super) const INSTANCE_HEAD_SIZE: u32 = 8;
pub(super) const CRITERION_SIZE: u32 = 24;
/// Offsets in a criterion.
pub(super) const CRITERION_RESERVED: usize = 1;
pub(super) const CRITERION_A: usize = 8;
pub(super) const CRITERION_B: usize = 16;

pub(super) const KIND_WILDCARD: u8 = 0;
pub(super) const KIND_EQUALS: u8 = 1;
pub(super) const KIND_PREFIX: u8 = 2;
pub(super) const KIND_CONTAINS: u8 = 3;
pub(super) const KIND_INTEGER_RANGE: u8 = 4;

/// Size of one instance. It saturates; counts within the limits stay far below.
pub(super) fn instance_size(input_count: u32) -> u32 {
    CRITERION_SIZE.saturating_mul(input_count).saturating_add(INSTANCE_HEAD_SIZE)
}

/// Size of all instances. It saturates; counts within the limits stay far below.
pub(super) fn instances_size(instance_count: u32, input_count: u32) -> u32 {
    instance_size(input_count).saturating_mul(instance_count)
}

/// Size of the whole file. It saturates; sizes within the limits stay far below.
pub(super) fn file_size(instances_size: u32, strings_size: u32) -> u32 {
    u32::from(HEADER_SIZE).saturating_add(instances_size).saturating_add(strings_size)
}

/// Whether bytes begin as a channel file does. The rest of them may be anything.
pub fn begins_as_channel_file(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{MAX_INPUTS, MAX_INSTANCES, MAX_STRINGS_BYTES};

    #[test]
    fn the_largest_file_does_not_saturate() {
        let instances = instances_size(MAX_INSTANCES, MAX_INPUTS);
        assert_eq!(u64::from(instances), 65_536 * (8 + 24 * 256));
        let file = file_size(instances, MAX_STRINGS_BYTES);
        assert_eq!(u64::from(file), 40 + 65_536 * (8 + 24 * 256) + 16 * 1024 * 1024);
    }
}
