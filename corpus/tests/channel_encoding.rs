//! The bytes of channel files: against the specification by hand, and through the encoder's rules.

#![allow(clippy::unwrap_used, reason = "a test says what must succeed")]

use std::borrow::Cow;

use proofhouse_corpus::{
    ChannelFile, Criterion, CriterionRule, EncodeError, Header, Instance, StringKind,
};

fn file(input_count: u32, instances: Vec<Instance<'_>>) -> ChannelFile<'_> {
    ChannelFile { channel_id: 291, template_type: 7, input_count, instances }
}

fn instance(id: u32, criterion: Criterion<'_>) -> Instance<'_> {
    Instance { id, criteria: vec![criterion] }
}

fn contains(string: &[u8]) -> Criterion<'_> {
    Criterion::Contains(Cow::Borrowed(string))
}

/// Written field by field from the specification; the checksum comes from another implementation.
#[rustfmt::skip]
const SMALL: &[u8] = &[
    b'P', b'H', b'C', b'F', 1, 0, 40, 0, // magic, version, header size
    0x23, 1, 0, 0, 7, 0, 0, 0, // channel, template type
    1, 0, 0, 0, 1, 0, 0, 0, // inputs, instances
    32, 0, 0, 0, 2, 0, 0, 0, // sizes of instances and strings
    74, 0, 0, 0, 0x13, 0x48, 0xd9, 0xb2, // size of the file, checksum
    9, 0, 0, 0, 0, 0, 0, 0, // instance 9
    2, 0, 0, 0, 0, 0, 0, 0, // a prefix
    0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, // 2 bytes at 0
    b'h', b'i',
];

#[test]
fn a_small_file_is_what_the_specification_says() {
    let value = file(1, vec![instance(9, Criterion::Prefix(Cow::Borrowed(b"hi")))]);
    assert_eq!(value.encode().unwrap(), SMALL);
    assert_eq!(ChannelFile::decode(SMALL).unwrap(), value);
}

#[test]
fn a_header_is_readable_without_the_rest() {
    let header = Header::decode(SMALL.get(..40).unwrap()).unwrap();
    let expected = Header {
        channel_id: 291,
        template_type: 7,
        input_count: 1,
        instance_count: 1,
        instances_size: 32,
        strings_size: 2,
        file_size: 74,
        checksum: 0xb2d9_4813,
    };
    assert_eq!(header, expected);
}

#[test]
fn equal_strings_are_stored_once() {
    let instances = (0..100).map(|id| instance(id, contains(b"lantern"))).collect();
    let bytes = file(1, instances).encode().unwrap();
    assert_eq!(bytes.len(), 40 + 100 * 32 + 7);
}

#[test]
fn strings_that_overlap_are_borrowed_and_not_copied() {
    // One string of a mebibyte, named 1,024 times: copies would take a gibibyte.
    let string = vec![b'x'; 1 << 20];
    let criteria = vec![contains(&string); 256];
    let instances = (0..4).map(|id| Instance { id, criteria: criteria.clone() }).collect();
    let value = file(256, instances);
    let bytes = value.encode().unwrap();
    let decoded = ChannelFile::decode(&bytes).unwrap();
    assert_eq!(decoded.encode().unwrap(), bytes);
    let mut criteria = decoded.instances.iter().flat_map(|instance| &instance.criteria);
    assert!(criteria.all(|it| matches!(it, Criterion::Contains(Cow::Borrowed(_)))));
}

#[test]
fn an_owned_copy_is_the_same_file() {
    let kinds = [
        Criterion::Wildcard,
        Criterion::Equals(Cow::Borrowed(b"")),
        Criterion::Prefix(Cow::Borrowed(b"a")),
        contains(b"b"),
        Criterion::IntegerRange { low: i64::MIN, high: i64::MAX },
    ];
    let bytes = file(5, vec![Instance { id: 0, criteria: kinds.to_vec() }]).encode().unwrap();
    let owned = ChannelFile::decode(&bytes).unwrap().into_owned();
    assert_eq!(owned.encode().unwrap(), bytes);
}

#[test]
fn what_no_file_may_hold_is_not_written() {
    let wildcards = |count| file(count, Vec::new()).encode().map(|bytes| bytes.len());
    assert_eq!(wildcards(1), Ok(40));
    assert_eq!(wildcards(256), Ok(40));
    assert_eq!(wildcards(0), Err(EncodeError::InputCount { found: 0 }));
    assert_eq!(wildcards(257), Err(EncodeError::InputCount { found: 257 }));

    let one = |id| instance(id, Criterion::Wildcard);
    let found = 65_537;
    let many = (0..found).map(one).collect();
    let expected = EncodeError::InstanceCount { found: 65_537 };
    assert_eq!(file(1, many).encode(), Err(expected));
    let most = (0..found - 1).map(one).collect();
    assert_eq!(file(1, most).encode().unwrap().len(), 40 + 65_536 * 32);

    let twice = file(1, vec![one(3), one(4), one(3)]);
    assert_eq!(twice.encode(), Err(EncodeError::DuplicateInstance { id: 3 }));

    let expected = EncodeError::CriteriaCount { instance: 3, found: 1, expected: 2 };
    assert_eq!(file(2, vec![one(3)]).encode(), Err(expected));
}

#[test]
fn criteria_that_break_a_rule_are_not_written() {
    let empty = |kind| CriterionRule::EmptyString { kind };
    for (criterion, rule) in [
        (Criterion::Prefix(Cow::Borrowed(b"")), empty(StringKind::Prefix)),
        (contains(b""), empty(StringKind::Contains)),
        (
            Criterion::IntegerRange { low: 2, high: 1 },
            CriterionRule::EmptyRange { low: 2, high: 1 },
        ),
    ] {
        let criteria = vec![Criterion::Wildcard, criterion];
        let result = file(2, vec![Instance { id: 8, criteria }]).encode();
        assert_eq!(result, Err(EncodeError::Criterion { instance: 8, input: 2, rule }));
    }
}

#[test]
fn strings_over_the_limit_are_not_written() {
    let strings = [b'a', b'b', b'c'].map(|byte| vec![byte; 6 << 20]);
    let instances = (1..).zip(&strings).map(|(id, string)| instance(id, contains(string)));
    let expected = EncodeError::StringsSize { instance: 3, input: 1 };
    assert_eq!(file(1, instances.collect()).encode(), Err(expected));
}
