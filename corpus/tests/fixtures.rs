//! The files in `fixtures/`: each source of content beside the instances that match the recorded
//! events. No channel file is kept there: the sources are, and the encoder is tested elsewhere.
//!
//! `PROOFHOUSE_BLESS=1` writes the matches anew; a person then reads the difference.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test says what must succeed, and says why it did not"
)]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use proofhouse_corpus::{ChannelFile, Criterion, Event, EventsFile};

const BLESS: &str = "PROOFHOUSE_BLESS";

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures").join(name)
}

/// The files of a folder of fixtures with one extension, sorted.
fn files(name: &str, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder(name)).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> =
        entries.filter(|path| path.extension().is_some_and(|it| it == extension)).collect();
    files.sort();
    files
}

fn content(path: &Path) -> ChannelFile<'static> {
    let source = fs::read_to_string(path).unwrap();
    ChannelFile::from_toml(&source).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn events(path: &Path) -> EventsFile {
    let bytes = fs::read(path).unwrap();
    EventsFile::parse(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn named(name: &str) -> ChannelFile<'static> {
    content(&folder("content").join(name))
}

fn matches(file: &ChannelFile<'_>, events: &[Event], id: &str) -> Vec<u32> {
    file.matches(events.iter().find(|event| event.id == id).unwrap()).unwrap()
}

/// Compares with the file at `path`, or writes it.
fn expect(path: &Path, found: &[u8]) {
    if std::env::var_os(BLESS).is_some() {
        fs::write(path, found).unwrap();
    }
    let expected = fs::read(path).unwrap_or_default();
    assert!(expected == found, "{} is not up to date: {BLESS}=1 writes it", path.display());
}

#[test]
fn every_source_survives_encoding_and_writing() {
    let sources = files("content", "toml");
    for source in &sources {
        let file = content(source);
        let bytes = file.encode().unwrap();
        assert_eq!(ChannelFile::decode(&bytes).unwrap(), file);
        assert_eq!(ChannelFile::from_toml(&file.to_toml()).unwrap(), file);
    }
    assert!(!sources.is_empty());
}

#[test]
fn every_event_matches_the_instances_beside_the_content() {
    for source in files("content", "toml") {
        let file = content(&source);
        let mut lines = String::new();
        for path in files("events", "json") {
            writeln!(lines, "{}", path.file_name().unwrap().display()).unwrap();
            for event in events(&path).events {
                let matches = file.matches(&event);
                let matches =
                    matches.map_or("no field values".to_owned(), |ids| format!("{ids:?}"));
                writeln!(lines, "  {}: {matches}", event.id).unwrap();
            }
        }
        expect(&source.with_extension("matches"), lines.as_bytes());
    }
}

#[test]
fn the_release_of_the_outage_differs_in_one_criterion() {
    let (mut outage, quiet) = (named("outage.toml"), named("quiet.toml"));
    assert_eq!((outage.channel_id, outage.template_type, outage.input_count), (291, 7, 21));
    let reads_21 = |file: &ChannelFile<'_>| -> Vec<bool> {
        let last = file.instances.iter().map(|instance| instance.criteria.last());
        last.map(|criterion| criterion != Some(&Criterion::Wildcard)).collect()
    };
    assert_eq!(reads_21(&outage), [false, false, false, false, true]);
    assert_eq!(reads_21(&quiet), [false; 5]);
    *outage.instances.last_mut().unwrap().criteria.last_mut().unwrap() = Criterion::Wildcard;
    assert_eq!(outage, quiet);
}

#[test]
fn the_recorded_events_reach_the_missing_input() {
    let recorded = events(&folder("events/outage.json")).events;
    for event in &recorded {
        assert_eq!(event.bytes().first(), Some(&20), "{}: the code supplies 20 fields", event.id);
    }
    // Every criterion but the one for input 21 is met, so an interpreter gets as far as that one.
    assert_eq!(matches(&named("quiet.toml"), &recorded, "harbor-is-created"), [5]);
    assert!(matches(&named("outage.toml"), &recorded, "harbor-is-created").is_empty());

    let edges = events(&folder("events/edges.json")).events;
    let more = "more-fields-than-the-code-supplies";
    assert_eq!(matches(&named("outage.toml"), &edges, more), [5]);
}

#[test]
fn events_files_are_what_their_schema_says() {
    let schema = folder("../docs/schemas/events-1.json");
    let schema = serde_json::from_slice(&fs::read(schema).unwrap()).unwrap();
    let schema = jsonschema::draft202012::new(&schema).unwrap();
    for path in files("events", "json") {
        let text = fs::read(&path).unwrap();
        for json in [text.clone(), EventsFile::parse(&text).unwrap().to_json().into_bytes()] {
            let json = serde_json::from_slice(&json).unwrap();
            assert!(schema.is_valid(&json), "{}", path.display());
        }
    }
    let head = r#""schema":"proofhouse.events/1""#;
    for (event, valid) in [
        (r#"{"id":"e","fields":[null,"",-1,{"base64":"AA=="}]}"#, true),
        (r#"{"id":"e","json":null}"#, true),
        (r#"{"id":"e"}"#, false),
        (r#"{"text":""}"#, false),
        (r#"{"id":"","text":""}"#, false),
        (r#"{"id":"e","text":"","json":1}"#, false),
        (r#"{"id":"e","text":"","time":1}"#, false),
        (r#"{"id":"e","text":1}"#, false),
        (r#"{"id":"e","base64":"A"}"#, false),
        (r#"{"id":"e","fields":[true]}"#, false),
        (r#"{"id":"e","fields":[1.5]}"#, false),
        (r#"{"id":"e","fields":[9223372036854775808]}"#, false),
        (r#"{"id":"e","fields":[{}]}"#, false),
    ] {
        let text = format!("{{{head},\"events\":[{event}]}}");
        let by_schema = schema.is_valid(&serde_json::from_str(&text).unwrap());
        let by_parser = EventsFile::parse(text.as_bytes()).is_ok();
        assert_eq!((by_schema, by_parser), (valid, valid), "{event}");
    }
}
