//! Case files: what is written is read, and nothing else is.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a failed assumption is a failed test"
)]

use proofhouse_corpus::limits::MAX_CASE_BYTES;
use proofhouse_corpus::{
    Case, CaseError, CaseEvent, CaseInterpreter, CaseOutcome, CaseSetting, ChannelFile, Input,
    field_mutations, minimize, mutate_channel, mutate_event,
};

fn case() -> Case {
    Case {
        interpreter: CaseInterpreter { name: "sensor@7.10".into(), digest: "sha256:00".into() },
        setting: CaseSetting {
            fuel: 1 << 40,
            memory_bytes: 1 << 20,
            sanitize: "on".into(),
            configuration: Some("{}".into()),
            arguments: vec!["sensor".into()],
        },
        content: vec![0, 255, 7],
        events: vec![CaseEvent { id: "e".into(), bytes: vec![1; 300] }],
        expected: CaseOutcome {
            kind: "trapped".into(),
            detail: "null-dereference".into(),
            site: "f a.c:3".into(),
            event: Some(0),
        },
    }
}

fn quiet() -> ChannelFile<'static> {
    let source = include_str!("../../fixtures/content/quiet.toml");
    ChannelFile::from_toml(source).unwrap().into_owned()
}

#[test]
fn what_is_written_is_read() {
    let bytes = case().encode().unwrap();
    assert_eq!(Case::decode(&bytes), Ok(case()));
}

#[test]
fn damage_is_named() {
    let bytes = case().encode().unwrap();
    for length in 0..bytes.len() {
        let error = Case::decode(&bytes[..length]).unwrap_err();
        let short = length < 10;
        assert_eq!(error == CaseError::Truncated, short, "{length}: {error}");
    }
    assert_eq!(Case::decode(b"something else"), Err(CaseError::Magic));
    let mut newer = bytes.clone();
    newer[8] = 2;
    assert_eq!(Case::decode(&newer), Err(CaseError::Version { found: 2 }));
    let longer = [bytes.as_slice(), b"xy"].concat();
    assert_eq!(Case::decode(&longer), Err(CaseError::TrailingBytes { extra: 2 }));
}

#[test]
fn an_absurd_length_takes_no_memory() {
    let mut bytes = case().encode().unwrap()[..10].to_vec();
    // The name's length: 2^63 bytes.
    bytes.extend([253, 0, 0, 0, 0, 0, 0, 0, 128]);
    assert!(matches!(Case::decode(&bytes), Err(CaseError::Damaged { .. })));
    let large = vec![0; MAX_CASE_BYTES + 1];
    assert_eq!(Case::decode(&large), Err(CaseError::TooLarge { found: large.len() }));
}

#[test]
fn json_shows_everything() {
    let json: serde_json::Value = serde_json::from_str(&case().to_json()).unwrap();
    assert_eq!(json["content"], "AP8H");
    assert_eq!(json["expected"]["detail"], "null-dereference");
}

#[test]
fn mutated_channel_files_are_channel_files() {
    let bytes = quiet().encode().unwrap();
    let words = [b"harbor".to_vec()];
    let (mut changed, mut valid) = (0, 0);
    for seed in 0..2000 {
        let Some(mutated) = mutate_channel(&bytes, &words, seed, 8192) else { continue };
        assert_eq!(mutate_channel(&bytes, &words, seed, 8192).as_ref(), Some(&mutated));
        valid += u32::from(ChannelFile::decode(&mutated).is_ok());
        changed += u32::from(mutated != bytes);
    }
    assert!(changed > 1500 && valid > 1900, "{changed} changed, {valid} valid");
}

#[test]
fn every_field_of_every_instance_is_mutated() {
    let file = quiet();
    let mutations: Vec<_> = field_mutations(&file).collect();
    for (nth, instance) in file.instances.iter().enumerate() {
        for (input, criterion) in instance.criteria.iter().enumerate() {
            let others = mutations
                .iter()
                .filter(|other| other.instances[nth].criteria[input] != *criterion)
                .count();
            assert!(others >= 7, "instance {nth}, input {input}: {others}");
        }
    }
    assert!(mutations.iter().all(|file| file.encode().is_ok()));
}

#[test]
fn events_are_aimed_at_instances() {
    let (file, event) = (quiet().encode().unwrap(), vec![0; 4]);
    let events = (0..500).filter_map(|seed| mutate_event(&event, &file, seed, 4096));
    let hits = events
        .filter_map(|event| proofhouse_corpus::FieldValues::decode(&event).ok())
        .filter(|fields| !quiet().matches_fields(fields).is_empty())
        .count();
    assert!(hits > 20, "{hits}");
}

#[test]
fn what_is_minimised_keeps_its_end() {
    let mut file = quiet();
    file.instances[4].criteria[20] =
        proofhouse_corpus::Criterion::Equals(b"a long string".to_vec().into());
    let event = |id: &str| CaseEvent { id: id.into(), bytes: vec![9; 40] };
    let input =
        Input { content: file.encode().unwrap(), events: vec![event("a"), event("b"), event("c")] };
    let before = input.size();
    // The last input of some instance is looked at, and there is an event `b` with a nine in it.
    let holds = |input: &Input| {
        let Ok(file) = ChannelFile::decode(&input.content) else { return false };
        let looks = |it: &proofhouse_corpus::Instance<'_>| {
            it.criteria.get(20).is_some_and(|c| *c != proofhouse_corpus::Criterion::Wildcard)
        };
        file.instances.iter().any(looks)
            && input.events.iter().any(|event| event.id == "b" && event.bytes.contains(&9))
    };
    let minimized = minimize(input.clone(), 5000, holds).unwrap();
    assert!(holds(&minimized.input) && minimized.input.size() < before / 3);
    assert_eq!(minimized.input.events, [CaseEvent { id: "b".into(), bytes: vec![9] }]);
    let file = ChannelFile::decode(&minimized.input.content).unwrap();
    assert_eq!(file.instances.len(), 1);
    assert_eq!(minimize(input, 5000, |_| false), None);
}
