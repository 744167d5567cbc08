//! [`ChannelFile`] to text.

use super::hex;
use crate::channel::{ChannelFile, Criterion, Instance};

impl ChannelFile<'_> {
    /// The source form. A file that can be encoded is read back as it was, if it is within the
    /// limits of a source.
    pub fn to_toml(&self) -> String {
        let Self { channel_id, template_type, input_count, instances } = self;
        let head = format!(
            "channel = {channel_id}\ntemplate_type = {template_type}\ninputs = {input_count}\n"
        );
        instances.iter().fold(head, |text, it| text + &instance(it))
    }
}

fn instance(Instance { id, criteria }: &Instance<'_>) -> String {
    let head = format!("\n[[instance]]\nid = {id}\n");
    (1..).zip(criteria).fold(head, |text, (input, it)| text + &criterion(input, it))
}

/// A line, or nothing for a wildcard.
fn criterion(input: u32, criterion: &Criterion<'_>) -> String {
    let (key, value) = match criterion {
        Criterion::Wildcard => return String::new(),
        Criterion::Equals(bytes) => ("equals", string(bytes)),
        Criterion::Prefix(bytes) => ("prefix", string(bytes)),
        Criterion::Contains(bytes) => ("contains", string(bytes)),
        Criterion::IntegerRange { low, high } => ("range", format!("[{low}, {high}]")),
    };
    format!("input.{input} = {{ {key} = {value} }}\n")
}

fn string(bytes: &[u8]) -> String {
    match str::from_utf8(bytes) {
        Ok(text) => toml::Value::from(text).to_string(),
        Err(_) => format!("{{ hex = \"{}\" }}", hex::encode(bytes)),
    }
}
