//! The header of a channel file.

use super::decode::{DecodeError, DecodeFault};
use super::layout::{self, FORMAT_VERSION, HEADER_SIZE, MAGIC};
use crate::limits::{MAX_INPUTS, MAX_INSTANCES, MAX_STRINGS_BYTES};
use crate::reader::{Reader, Short};

/// What a channel file says about itself, without a look at its instances.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The channel that the file belongs to.
    pub channel_id: u32,
    /// What the instances look at.
    pub template_type: u32,
    /// Inputs that the template type declares.
    pub input_count: u32,
    /// Number of instances.
    pub instance_count: u32,
    /// Size of all instances, in bytes.
    pub instances_size: u32,
    /// Size of the string table, in bytes.
    pub strings_size: u32,
    /// Size of the whole file, in bytes.
    pub file_size: u32,
    /// Checksum that the file carries. Reading a header does not verify it.
    pub checksum: u32,
}

impl Header {
    /// Reads the first 40 bytes of a channel file and checks each field. Whether the file is as
    /// long as its header says, and whether the checksum is right, is not checked: that is
    /// decoding.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        Self::read(&mut Reader::new(bytes))
    }

    /// The fields up to the file's size; [`Self::decode`] and the whole file's decoder continue.
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        field(reader, Reader::array, |&found| {
            (found != MAGIC).then_some(DecodeFault::Magic { found })
        })?;
        field(reader, Reader::u16, |&found| {
            (found != FORMAT_VERSION).then_some(DecodeFault::FormatVersion { found })
        })?;
        field(reader, Reader::u16, |&found| {
            (found != HEADER_SIZE).then_some(DecodeFault::HeaderSize { found })
        })?;
        let channel_id = reader.u32()?;
        let template_type = reader.u32()?;
        let input_count = field(reader, Reader::u32, |&found| {
            let valid = (1..=MAX_INPUTS).contains(&found);
            (!valid).then_some(DecodeFault::InputCount { found })
        })?;
        let instance_count = field(reader, Reader::u32, |&found| {
            (found > MAX_INSTANCES).then_some(DecodeFault::InstanceCount { found })
        })?;
        let instances_size = field(reader, Reader::u32, |&found| {
            let expected = layout::instances_size(instance_count, input_count);
            (found != expected).then_some(DecodeFault::InstancesSize { found, expected })
        })?;
        let strings_size = field(reader, Reader::u32, |&found| {
            (found > MAX_STRINGS_BYTES).then_some(DecodeFault::StringsSize { found })
        })?;
        let file_size = field(reader, Reader::u32, |&found| {
            let expected = layout::file_size(instances_size, strings_size);
            (found != expected).then_some(DecodeFault::FileSize { found, expected })
        })?;
        let checksum = reader.u32()?;
        Ok(Self {
            channel_id,
            template_type,
            input_count,
            instance_count,
            instances_size,
            strings_size,
            file_size,
            checksum,
        })
    }
}

/// Reads one field; its own offset is where its fault is.
fn field<'a, T>(
    reader: &mut Reader<'a>,
    read: impl FnOnce(&mut Reader<'a>) -> Result<T, Short>,
    fault: impl FnOnce(&T) -> Option<DecodeFault>,
) -> Result<T, DecodeError> {
    let offset = reader.offset();
    let value = read(reader)?;
    match fault(&value) {
        None => Ok(value),
        Some(fault) => Err(DecodeError::new(offset, fault)),
    }
}
