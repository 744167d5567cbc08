//! What holds for every value, and for every string of bytes.

#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a test says what must succeed, and counts small things"
)]

use arbitrary::{Result, Unstructured};
use arbtest::arbtest;
use proofhouse_corpus::{
    ChannelFile, EventsFile, FieldValues, Header, SourceError, matching_event, reseal,
};

/// How long each property looks for a counterexample, in milliseconds.
const BUDGET_MS: u64 = 400;

/// Changes, removes and repeats some bytes.
fn mutate(u: &mut Unstructured<'_>, bytes: &mut Vec<u8>) -> Result<()> {
    for _ in 0..u.int_in_range(1..=4)? {
        let index = u.choose_index(bytes.len().max(1))?;
        match u.int_in_range(0..=3)? {
            0 => bytes.truncate(index),
            1 => bytes.insert(index.min(bytes.len()), u.arbitrary()?),
            _ => {
                if let Some(byte) = bytes.get_mut(index) {
                    *byte = u.arbitrary()?;
                }
            }
        }
    }
    Ok(())
}

/// A file that decodes means what its own encoding means; a fault is inside the file.
fn decodes_soundly(bytes: &[u8]) {
    match ChannelFile::decode(bytes) {
        Ok(file) => {
            let encoded = file.encode().unwrap();
            assert_eq!(ChannelFile::decode(&encoded).unwrap(), file);
            assert_eq!(ChannelFile::decode(&encoded).unwrap().encode().unwrap(), encoded);
        }
        Err(error) => assert!(error.offset() <= bytes.len(), "{error}"),
    }
}

#[test]
fn a_channel_file_is_decoded_as_it_was_encoded() {
    arbtest(|u| {
        let file: ChannelFile<'_> = u.arbitrary()?;
        let bytes = file.encode().unwrap();
        assert_eq!(ChannelFile::decode(&bytes).unwrap(), file);
        let header = Header::decode(&bytes).unwrap();
        assert_eq!(usize::try_from(header.instance_count).unwrap(), file.instances.len());
        assert_eq!(usize::try_from(header.file_size).unwrap(), bytes.len());
        Ok(())
    })
    .budget_ms(BUDGET_MS);
}

#[test]
fn any_bytes_are_decoded_or_refused() {
    arbtest(|u| {
        let mut bytes: Vec<u8> = u.arbitrary()?;
        decodes_soundly(&bytes);
        reseal(&mut bytes);
        decodes_soundly(&bytes);
        Ok(())
    })
    .budget_ms(BUDGET_MS);
}

#[test]
fn damaged_channel_files_are_decoded_or_refused() {
    let (mut decoded, mut refused) = (0, 0);
    arbtest(|u| {
        let file: ChannelFile<'_> = u.arbitrary()?;
        let mut bytes = file.encode().unwrap();
        mutate(u, &mut bytes)?;
        decodes_soundly(&bytes);
        reseal(&mut bytes);
        decodes_soundly(&bytes);
        let outcome = if ChannelFile::decode(&bytes).is_ok() { &mut decoded } else { &mut refused };
        *outcome += 1;
        Ok(())
    })
    .budget_ms(BUDGET_MS)
    .run();
    assert!(decoded > 0 && refused > 0, "{decoded} decoded, {refused} refused");
}

#[test]
fn a_channel_file_is_read_from_the_source_it_was_written_to() {
    arbtest(|u| {
        let file: ChannelFile<'_> = u.arbitrary()?;
        let source = file.to_toml();
        assert_eq!(ChannelFile::from_toml(&source).unwrap(), file, "{source}");
        Ok(())
    })
    .budget_ms(BUDGET_MS);
}

#[test]
fn damaged_sources_are_read_or_refused() {
    arbtest(|u| {
        let file: ChannelFile<'_> = u.arbitrary()?;
        let mut source = file.to_toml().into_bytes();
        mutate(u, &mut source)?;
        let source = String::from_utf8_lossy(&source);
        match ChannelFile::from_toml(&source) {
            Ok(file) => assert_eq!(ChannelFile::from_toml(&file.to_toml()).unwrap(), file),
            Err(error) => assert!(is_inside(&error, &source), "{error}"),
        }
        Ok(())
    })
    .budget_ms(BUDGET_MS);
}

fn is_inside(error: &SourceError, source: &str) -> bool {
    let lines: Vec<&str> = source.split('\n').collect();
    let line = error.position().line.checked_sub(1).and_then(|index| lines.get(index));
    let columns = line.map_or(0, |line| line.chars().count()) + 1;
    source.get(error.span()).is_some() && (1..=columns).contains(&error.position().column)
}

#[test]
fn field_values_are_decoded_as_they_were_encoded() {
    arbtest(|u| {
        let fields: FieldValues = u.arbitrary()?;
        let mut bytes = fields.encode();
        assert_eq!(FieldValues::decode(&bytes).unwrap(), fields);
        // The encoding is canonical: other bytes are refused or mean something else.
        mutate(u, &mut bytes)?;
        match FieldValues::decode(&bytes) {
            Ok(fields) => assert_eq!(fields.encode(), bytes),
            Err(error) => assert!(error.offset() <= bytes.len(), "{error}"),
        }
        Ok(())
    })
    .budget_ms(BUDGET_MS);
}

#[test]
fn an_events_file_is_read_as_it_was_written() {
    arbtest(|u| {
        let file: EventsFile = u.arbitrary()?;
        let mut text = file.to_json().into_bytes();
        assert_eq!(EventsFile::parse(&text).unwrap(), file);
        mutate(u, &mut text)?;
        if let Ok(file) = EventsFile::parse(&text) {
            assert_eq!(EventsFile::parse(file.to_json().as_bytes()).unwrap(), file);
        }
        Ok(())
    })
    .budget_ms(BUDGET_MS);
}

/// Any JSON value, of the shapes that matter to white space.
fn json(u: &mut Unstructured<'_>, depth: u32) -> Result<serde_json::Value> {
    let kinds = if depth == 0 { 3 } else { 5 };
    Ok(match u.int_in_range(0..=kinds)? {
        0 => serde_json::Value::Null,
        1 => u.arbitrary::<i64>()?.into(),
        2 | 3 => u.arbitrary::<String>()?.into(),
        4 => (0..u.int_in_range(0..=3)?).map(|_| json(u, depth - 1)).collect::<Result<_>>()?,
        _ => {
            let member = |_| Ok((u.arbitrary::<String>()?, json(u, depth - 1)?));
            let members: Result<serde_json::Map<_, _>> = (0..2).map(member).collect::<Result<_>>();
            members?.into()
        }
    })
}

#[test]
fn a_json_event_is_the_compact_serialisation_of_its_value() {
    arbtest(|u| {
        let value = json(u, 4)?;
        let event = format!("{{\"id\": \"e\", \"json\": {value:#}\n}}");
        let file = format!("{{\"schema\": \"proofhouse.events/1\", \"events\": [{event}]}}");
        let file = EventsFile::parse(file.as_bytes()).unwrap();
        let compact = serde_json::to_vec(&value).unwrap();
        assert_eq!(file.events.first().unwrap().bytes(), compact);
        Ok(())
    })
    .budget_ms(BUDGET_MS);
}

#[test]
fn an_event_aimed_at_an_instance_matches_it() {
    let mut aimed = 0;
    arbtest(|u| {
        let file: ChannelFile<'_> = u.arbitrary()?;
        if let Some(instance) = file.instances.last() {
            let fields = matching_event(u, instance)?;
            assert!(file.matches_fields(&fields).contains(&instance.id));
            aimed += 1;
        }
        Ok(())
    })
    .budget_ms(BUDGET_MS)
    .run();
    assert!(aimed > 0);
}

#[test]
fn random_events_match_and_miss() {
    let (mut matched, mut missed) = (0, 0);
    arbtest(|u| {
        let file: ChannelFile<'_> = u.arbitrary()?;
        let fields: FieldValues = u.arbitrary()?;
        let matching = file.matches_fields(&fields).len();
        matched += matching;
        missed += file.instances.len() - matching;
        Ok(())
    })
    .budget_ms(BUDGET_MS)
    .run();
    assert!(matched > 0 && missed > 0, "{matched} matched, {missed} missed");
}
