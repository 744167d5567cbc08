//! [`ChannelFile`] to bytes. The same value always gives the same bytes.

use std::collections::HashSet;

use super::checksum::reseal;
use super::criterion::{Criterion, CriterionRule};
use super::layout::{
    self, FORMAT_VERSION, HEADER_SIZE, KIND_CONTAINS, KIND_EQUALS, KIND_INTEGER_RANGE, KIND_PREFIX,
    KIND_WILDCARD, MAGIC,
};
use super::strings::{StringTable, TableFull};
use super::{ChannelFile, Instance};
use crate::limits::{MAX_INPUTS, MAX_INSTANCES, MAX_STRINGS_BYTES};
use crate::numbers::{saturating_u32, saturating_usize};

/// Why a value cannot be written as a channel file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// A template type without inputs, or with too many.
    #[error("input count {found} is not in 1 to {MAX_INPUTS}")]
    InputCount {
        /// The count.
        found: u32,
    },
    /// Too many instances.
    #[error("{found} instances are over the limit of {MAX_INSTANCES}")]
    InstanceCount {
        /// How many there are.
        found: usize,
    },
    /// Two instances with one id.
    #[error("instance id {id} is used twice")]
    DuplicateInstance {
        /// The id.
        id: u32,
    },
    /// An instance that does not have one criterion for each input.
    #[error("instance {instance} has {found} criteria for {expected} inputs")]
    CriteriaCount {
        /// The instance's id.
        instance: u32,
        /// Its criteria.
        found: usize,
        /// The template type's inputs.
        expected: u32,
    },
    /// A criterion that no file may hold.
    #[error("instance {instance}, input {input}: {rule}")]
    Criterion {
        /// The instance's id.
        instance: u32,
        /// The number of the input, from 1.
        input: u32,
        /// What is wrong.
        rule: CriterionRule,
    },
    /// The distinct strings do not fit in the string table. A decoded file gets here only if its
    /// strings overlapped; each is written on its own.
    #[error("instance {instance}, input {input}: the strings need over {MAX_STRINGS_BYTES} bytes")]
    StringsSize {
        /// The instance with the first string that does not fit.
        instance: u32,
        /// The number of its input, from 1.
        input: u32,
    },
}

impl ChannelFile<'_> {
    /// The file's bytes, with sizes and checksum. Each distinct string is in the string table once.
    ///
    /// Takes time in proportion to the lengths of all strings together. In a file that was decoded
    /// they may overlap, so that this is not bounded by the file's size.
    pub fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        self.check_counts()?;
        let mut rows = Vec::new();
        let mut strings = StringTable::default();
        let mut ids = HashSet::new();
        for instance in &self.instances {
            if !ids.insert(instance.id) {
                return Err(EncodeError::DuplicateInstance { id: instance.id });
            }
            self.put_instance(instance, &mut rows, &mut strings)?;
        }
        let strings = strings.into_bytes();
        let mut file = self.header(saturating_u32(rows.len()), saturating_u32(strings.len()));
        file.append(&mut rows);
        file.extend_from_slice(&strings);
        reseal(&mut file);
        Ok(file)
    }

    fn check_counts(&self) -> Result<(), EncodeError> {
        if !(1..=MAX_INPUTS).contains(&self.input_count) {
            return Err(EncodeError::InputCount { found: self.input_count });
        }
        if self.instances.len() > saturating_usize(MAX_INSTANCES) {
            return Err(EncodeError::InstanceCount { found: self.instances.len() });
        }
        Ok(())
    }

    /// The header with a checksum of zero.
    fn header(&self, instances_size: u32, strings_size: u32) -> Vec<u8> {
        let mut header = Vec::from(MAGIC);
        header.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
        header.extend_from_slice(&HEADER_SIZE.to_le_bytes());
        let numbers = [
            self.channel_id,
            self.template_type,
            self.input_count,
            saturating_u32(self.instances.len()),
            instances_size,
            strings_size,
            layout::file_size(instances_size, strings_size),
            0,
        ];
        header.extend(numbers.map(u32::to_le_bytes).as_flattened());
        header
    }

    fn put_instance<'a>(
        &self,
        instance: &'a Instance<'_>,
        rows: &mut Vec<u8>,
        strings: &mut StringTable<'a>,
    ) -> Result<(), EncodeError> {
        let (id, found) = (instance.id, instance.criteria.len());
        let expected = self.input_count;
        if saturating_u32(found) != expected {
            return Err(EncodeError::CriteriaCount { instance: id, found, expected });
        }
        rows.extend_from_slice(&id.to_le_bytes());
        rows.extend_from_slice(&[0; 4]);
        for (input, criterion) in (1..).zip(&instance.criteria) {
            criterion.check().map_err(|rule| EncodeError::Criterion {
                instance: id,
                input,
                rule,
            })?;
            put_criterion(criterion, rows, strings)
                .map_err(|TableFull| EncodeError::StringsSize { instance: id, input })?;
        }
        Ok(())
    }
}

fn put_criterion<'a>(
    criterion: &'a Criterion<'_>,
    rows: &mut Vec<u8>,
    strings: &mut StringTable<'a>,
) -> Result<(), TableFull> {
    let mut string = |kind: u8, string: &'a [u8]| {
        let offset = saturating_u32(strings.offset_of(string)?);
        let length = saturating_u32(string.len());
        Ok((kind, u64::from(offset).to_le_bytes(), u64::from(length).to_le_bytes()))
    };
    let (kind, a, b) = match criterion {
        Criterion::Wildcard => (KIND_WILDCARD, [0; 8], [0; 8]),
        Criterion::Equals(bytes) => string(KIND_EQUALS, bytes)?,
        Criterion::Prefix(bytes) => string(KIND_PREFIX, bytes)?,
        Criterion::Contains(bytes) => string(KIND_CONTAINS, bytes)?,
        Criterion::IntegerRange { low, high } => {
            (KIND_INTEGER_RANGE, low.to_le_bytes(), high.to_le_bytes())
        }
    };
    rows.push(kind);
    rows.extend_from_slice(&[0; 7]);
    rows.extend_from_slice(&a);
    rows.extend_from_slice(&b);
    Ok(())
}
