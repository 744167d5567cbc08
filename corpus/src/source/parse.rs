//! Text to [`ChannelFile`].

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use toml::de::{DeTable, DeValue};

use super::error::{SourceError, SourceFault};
use super::hex;
use super::table::{Key, Table, Text, Value};
use crate::channel::{ChannelFile, Criterion, Instance};
use crate::excerpt::excerpt;
use crate::limits::{MAX_INPUTS, MAX_INSTANCES, MAX_SOURCE_BYTES, MAX_SOURCE_CRITERIA};
use crate::numbers::{saturating_u32, saturating_usize};
use crate::position::Position;

/// What a 32-bit number can be.
const U32: (i64, i64) = (0, 0xffff_ffff);

impl ChannelFile<'static> {
    /// Reads the source form. The first fault ends the reading; a file without one can be encoded.
    pub fn from_toml(source: &str) -> Result<Self, SourceError> {
        let text = Text(source);
        if source.len() > MAX_SOURCE_BYTES {
            return Err(text.fault(0..0, SourceFault::SourceLength { found: source.len() }));
        }
        let document = DeTable::parse(source).map_err(|error| {
            let reason = error.message().to_owned();
            text.fault(error.span().unwrap_or_default(), SourceFault::Syntax { reason })
        })?;
        let mut root = Table::new(text, 0..0, document.get_ref());
        let channel_id = text.integer("channel", root.require("channel")?, U32)?;
        let template_type = text.integer("template_type", root.require("template_type")?, U32)?;
        let inputs = root.require("inputs")?;
        let input_count = text.integer("inputs", inputs, (1, i64::from(MAX_INPUTS)))?;
        let instances = match root.take("instance") {
            None => Vec::new(),
            Some(list) => instances(text, list, input_count)?,
        };
        root.finish()?;
        Ok(Self { channel_id, template_type, input_count, instances })
    }
}

fn instances(
    text: Text<'_>,
    list: Value<'_, '_>,
    input_count: u32,
) -> Result<Vec<Instance<'static>>, SourceError> {
    let tables = list.get_ref().as_array();
    let tables = tables.ok_or_else(|| text.kind("instance", "an array of tables", list))?;
    let found = tables.len();
    if found > saturating_usize(MAX_INSTANCES) {
        return Err(text.fault(list.span(), SourceFault::InstanceCount { found }));
    }
    let found = found.saturating_mul(saturating_usize(input_count));
    if found > MAX_SOURCE_CRITERIA {
        return Err(text.fault(list.span(), SourceFault::CriteriaCount { found }));
    }
    let mut ids = HashMap::new();
    let mut instances = Vec::new();
    for value in tables {
        let table = value.get_ref().as_table();
        let table = table.ok_or_else(|| text.kind("an instance", "a table", value))?;
        let mut table = Table::new(text, value.span(), table);
        let place = table.require("id")?;
        let id = text.integer("id", place, U32)?;
        match ids.entry(id) {
            Entry::Vacant(entry) => entry.insert(place.span().start),
            Entry::Occupied(entry) => {
                let first = Position::of(text.0, *entry.get());
                let fault = SourceFault::DuplicateInstance { id, first };
                return Err(text.fault(place.span(), fault));
            }
        };
        let mut criteria = vec![Criterion::Wildcard; saturating_usize(input_count)];
        if let Some(inputs) = table.take("input") {
            let named = inputs.get_ref().as_table();
            let named = named.ok_or_else(|| text.kind("input", "a table", inputs))?;
            for (key, value) in Table::new(text, inputs.span(), named).into_entries() {
                let slot = slot(text, key, &mut criteria)?;
                *slot = criterion(text, value)?;
            }
        }
        table.finish()?;
        instances.push(Instance { id, criteria });
    }
    Ok(instances)
}

/// The criterion of the input that `key` names: a number from 1, without sign or leading zero.
fn slot<'c>(
    text: Text<'_>,
    key: Key<'_, '_>,
    criteria: &'c mut [Criterion<'static>],
) -> Result<&'c mut Criterion<'static>, SourceError> {
    let name = key.get_ref();
    let input_count = saturating_u32(criteria.len());
    let number = name.parse::<usize>().ok().filter(|number| number.to_string() == **name);
    let slot = number.and_then(|number| criteria.get_mut(number.checked_sub(1)?));
    slot.ok_or_else(|| {
        let fault = SourceFault::UnknownInput { input: excerpt(name), input_count };
        text.fault(key.span(), fault)
    })
}

fn criterion(text: Text<'_>, value: Value<'_, '_>) -> Result<Criterion<'static>, SourceError> {
    let table = value.get_ref().as_table();
    let table = table.ok_or_else(|| text.kind("a criterion", "a table", value))?;
    let mut table = Table::new(text, value.span(), table);
    let asked = ["equals", "prefix", "contains", "range"].map(|name| table.take(name));
    table.finish()?;
    let criterion = match asked {
        [Some(equals), None, None, None] => Criterion::Equals(string(text, equals)?),
        [None, Some(prefix), None, None] => Criterion::Prefix(string(text, prefix)?),
        [None, None, Some(contains), None] => Criterion::Contains(string(text, contains)?),
        [None, None, None, Some(range)] => integer_range(text, range)?,
        other => {
            let found = other.iter().flatten().count();
            return Err(text.fault(value.span(), SourceFault::CriterionKeys { found }));
        }
    };
    criterion.check().map_err(|rule| text.fault(value.span(), SourceFault::Rule(rule)))?;
    Ok(criterion)
}

fn integer_range(text: Text<'_>, value: Value<'_, '_>) -> Result<Criterion<'static>, SourceError> {
    let values = value.get_ref().as_array();
    let values = values.ok_or_else(|| text.kind("a range", "an array", value))?;
    let mut bounds = values.iter();
    let (Some(low), Some(high), None) = (bounds.next(), bounds.next(), bounds.next()) else {
        let found = values.len();
        return Err(text.fault(value.span(), SourceFault::RangeLength { found }));
    };
    let bound = |value| text.integer("a range's bound", value, (i64::MIN, i64::MAX));
    Ok(Criterion::IntegerRange { low: bound(low)?, high: bound(high)? })
}

fn string(text: Text<'_>, value: Value<'_, '_>) -> Result<Cow<'static, [u8]>, SourceError> {
    match value.get_ref() {
        DeValue::String(string) => Ok(Cow::Owned(string.as_bytes().to_vec())),
        DeValue::Table(table) => {
            let mut table = Table::new(text, value.span(), table);
            let digits = table.require("hex")?;
            table.finish()?;
            let string = digits.get_ref().as_str();
            let string = string.ok_or_else(|| text.kind("hex", "a string", digits))?;
            let bytes = hex::decode(string).map_err(|fault| text.fault(digits.span(), fault))?;
            Ok(Cow::Owned(bytes))
        }
        _ => Err(text.kind("a string", "a string or { hex = \"...\" }", value)),
    }
}
