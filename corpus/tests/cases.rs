//! Case files: what is written is read, and nothing else is.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a failed assumption is a failed test"
)]

use proofhouse_corpus::limits::MAX_CASE_BYTES;
use proofhouse_corpus::{
    Case, CaseError, CaseEvent, CaseInterpreter, CaseOutcome, CaseSetting, ChannelFile, Criterion,
    FieldValue, FieldValues, Input, cross_channels, cross_events, field_mutations, minimize,
    mutate_channel, mutate_event,
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
            stack_profile: "kernel".into(),
            table_elements: 2,
            output_bytes: 3,
            emitted_records: 4,
            emitted_bytes: 5,
            messages: 6,
            message_bytes: 7,
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
    newer[8] = 3;
    assert_eq!(Case::decode(&newer), Err(CaseError::Version { found: 3 }));
    newer[8] = 0;
    assert_eq!(Case::decode(&newer), Err(CaseError::Version { found: 0 }));
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
    let setting = &json["setting"];
    assert_eq!((&setting["stack_profile"], &setting["messages"]), (&"kernel".into(), &6.into()));
    assert_eq!(setting.as_object().unwrap().len(), 12);
}

#[test]
fn a_file_of_version_1_has_the_limits_of_then() {
    let old = include_bytes!("../../fixtures/regressions/outage-from-quiet-content.case");
    assert_eq!(old[8..10], [1, 0]);
    let case = Case::decode(old).unwrap();
    let CaseSetting { fuel, memory_bytes, stack_profile, output_bytes, messages, .. } =
        case.setting.clone();
    assert_eq!((fuel, memory_bytes), (2_500_000_000, 64 << 20));
    assert_eq!((stack_profile.as_str(), output_bytes, messages), ("process", 1 << 20, 1_000));
    // What is written anew is of today's version, and the same case.
    let new = case.encode().unwrap();
    assert_eq!(new[8..10], [2, 0]);
    assert_eq!(Case::decode(&new), Ok(case));
    // What is wrong with it is named, too.
    let longer = [old.as_slice(), b"x"].concat();
    assert_eq!(Case::decode(&longer), Err(CaseError::TrailingBytes { extra: 1 }));
    assert!(matches!(Case::decode(&old[..200]), Err(CaseError::Damaged { .. })));
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

/// A file in which no criterion is one of the quiet file's.
fn strange() -> ChannelFile<'static> {
    let mut file = quiet();
    let mut nth = 0u32;
    for criterion in file.instances.iter_mut().flat_map(|instance| &mut instance.criteria) {
        nth += 1;
        *criterion = Criterion::Equals(format!("strange {nth}").into_bytes().into());
    }
    // Fewer inputs, and one instance only.
    file.input_count -= 1;
    file.instances.truncate(1);
    file.instances[0].criteria.pop();
    file
}

#[test]
fn crossed_channel_files_have_parts_of_both() {
    let (one, other) = (quiet(), strange());
    let criteria = |file: &ChannelFile<'_>| -> Vec<Criterion<'static>> {
        file.clone().into_owned().instances.into_iter().flat_map(|it| it.criteria).collect()
    };
    let (of_one, of_other) = (criteria(&one), criteria(&other));
    let [one, other] = [one, other].map(|file| file.encode().unwrap());
    let mut longer = 0;
    for seed in 0..1000 {
        let crossed = cross_channels(&one, &other, seed, 8192).unwrap();
        assert_eq!(cross_channels(&one, &other, seed, 8192).as_ref(), Some(&crossed));
        let file = ChannelFile::decode(&crossed).unwrap();
        let all = criteria(&file);
        // What neither has is an input that the other one has not: it matches anything.
        let new = |c: &&_| of_other.contains(c) || **c == Criterion::Wildcard;
        assert!(all.iter().any(|c| of_other.contains(c)), "seed {seed}: nothing of the other");
        assert!(all.iter().any(|c| of_one.contains(c)), "seed {seed}: nothing of the first");
        assert!(all.iter().filter(|c| !of_one.contains(c)).all(|c| new(&c)), "seed {seed}");
        longer += u32::from(all.len() > of_one.len());
    }
    assert!((200..800).contains(&longer), "{longer} with an instance more");
    assert_eq!(cross_channels(&one, &other, 1, one.len() - 1), None);
    assert_eq!(cross_channels(&one, b"no channel file", 1, 8192), None);
    assert_eq!(cross_channels(b"no channel file", &other, 1, 8192), None);
}

#[test]
fn crossed_events_have_fields_of_both() {
    let event = |values: &[i64]| {
        FieldValues::new(values.iter().map(|v| FieldValue::Integer(*v)).collect()).unwrap().encode()
    };
    let (one, other) = (event(&[1, 2, 3]), event(&[11, 12, 13, 14, 15]));
    let (mut mixed, mut longer) = (0, 0);
    for seed in 0..1000 {
        let crossed = cross_events(&one, &other, seed, 8192).unwrap();
        let values = FieldValues::decode(&crossed).unwrap().to_vec();
        let has = |range: std::ops::Range<i64>| {
            values.iter().any(|v| matches!(v, FieldValue::Integer(v) if range.contains(v)))
        };
        assert!(has(11..16), "seed {seed}: {values:?}");
        mixed += u32::from(has(1..4));
        longer += u32::from(values.len() > 3);
    }
    assert!(mixed > 500 && longer > 200, "{mixed} mixed, {longer} longer");
    assert_eq!(cross_events(&one, &event(&[]), 1, 8192), None);
    assert_eq!(cross_events(&one, &[255; 9], 1, 8192), None);
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
        .filter_map(|event| FieldValues::decode(&event).ok())
        .filter(|fields| !quiet().matches_fields(fields).is_empty())
        .count();
    assert!(hits > 20, "{hits}");
}

#[test]
fn what_is_minimised_keeps_its_end() {
    let mut file = quiet();
    file.instances[4].criteria[20] = Criterion::Equals(b"a long string".to_vec().into());
    let event = |id: &str| CaseEvent { id: id.into(), bytes: vec![9; 40] };
    let input =
        Input { content: file.encode().unwrap(), events: vec![event("a"), event("b"), event("c")] };
    let before = input.size();
    // The last input of some instance is looked at, and there is an event `b` with a nine in it.
    let holds = |input: &Input| {
        let Ok(file) = ChannelFile::decode(&input.content) else { return false };
        let looks = |it: &proofhouse_corpus::Instance<'_>| {
            it.criteria.get(20).is_some_and(|c| *c != Criterion::Wildcard)
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
