//! Bytes to [`ChannelFile`]: every rule of the format, in the order in which the specification
//! gives them.
//!
//! Nothing is allocated for what a header only promises: by the time instances are read, the file
//! is known to be as long as its counts say.

mod criterion;
mod error;

use std::collections::HashMap;
use std::collections::hash_map::Entry;

pub use error::{CriterionFault, DecodeError, DecodeFault};

use super::checksum::checksum;
use super::layout::HEADER_SIZE;
use super::{ChannelFile, Header, Instance};
use crate::numbers::saturating_usize;
use crate::reader::Reader;

impl<'a> ChannelFile<'a> {
    /// Decodes a whole file. Strings are borrowed from it.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let header = Header::read(&mut reader)?;
        check_length(&header, bytes)?;
        check_checksum(&header, bytes)?;
        let mut rows = reader.sub(saturating_usize(header.instances_size))?;
        let strings = reader.take(saturating_usize(header.strings_size))?;
        Ok(Self {
            channel_id: header.channel_id,
            template_type: header.template_type,
            input_count: header.input_count,
            instances: instances(&mut rows, strings, header.input_count)?,
        })
    }
}

fn check_length(header: &Header, bytes: &[u8]) -> Result<(), DecodeError> {
    let declared = saturating_usize(header.file_size);
    let head = usize::from(HEADER_SIZE);
    if bytes.len() < declared {
        let needed = declared.saturating_sub(head);
        let left = bytes.len().saturating_sub(head);
        return Err(DecodeError::new(head, DecodeFault::Truncated { needed, left }));
    }
    match bytes.len().saturating_sub(declared) {
        0 => Ok(()),
        extra => Err(DecodeError::new(declared, DecodeFault::TrailingBytes { extra })),
    }
}

fn check_checksum(header: &Header, bytes: &[u8]) -> Result<(), DecodeError> {
    match checksum(bytes) {
        Some(computed) if computed != header.checksum => Err(DecodeError::new(
            super::layout::CHECKSUM_OFFSET,
            DecodeFault::Checksum { stored: header.checksum, computed },
        )),
        _ => Ok(()),
    }
}

fn instances<'a>(
    rows: &mut Reader<'a>,
    strings: &'a [u8],
    input_count: u32,
) -> Result<Vec<Instance<'a>>, DecodeError> {
    let mut offsets = HashMap::new();
    let mut instances = Vec::new();
    while rows.left() > 0 {
        let offset = rows.offset();
        let id = rows.u32()?;
        match offsets.entry(id) {
            Entry::Vacant(entry) => entry.insert(offset),
            Entry::Occupied(entry) => {
                let fault = DecodeFault::DuplicateInstance { id, first: *entry.get() };
                return Err(DecodeError::new(offset, fault));
            }
        };
        let offset = rows.offset();
        let found = rows.u32()?;
        if found != 0 {
            return Err(DecodeError::new(offset, DecodeFault::InstanceReserved { id, found }));
        }
        let criteria = (1..=input_count)
            .map(|input| criterion::read(rows, strings).map_err(|unread| unread.of(id, input)))
            .collect::<Result<_, _>>()?;
        instances.push(Instance { id, criteria });
    }
    Ok(instances)
}
