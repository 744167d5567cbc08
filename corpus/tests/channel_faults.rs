//! Hostile channel files: each rule of the specification, broken alone, gives its own fault at its
//! own offset.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test says what must succeed, on bytes of its own"
)]

use std::borrow::Cow;

use proofhouse_corpus::{
    ChannelFile, Criterion, CriterionFault, CriterionRule, DecodeFault, INPUT_COUNT_OFFSET,
    Instance, StringKind, TEMPLATE_TYPE_OFFSET, reseal,
};

/// Offsets in [`sample`]: the instances, their criteria by kind, and the string table.
const FIRST: usize = 40;
const WILDCARD: usize = 48;
const EQUALS: usize = 72;
const PREFIX: usize = 96;
const CONTAINS: usize = 120;
const RANGE: usize = 144;
const SECOND: usize = 168;
const STRINGS: usize = 296;
const END: usize = 303;

/// Two instances: 100 with each kind of criterion, 200 with wildcards. The string table is
/// "abcabbc".
fn sample() -> Vec<u8> {
    let criteria = vec![
        Criterion::Wildcard,
        Criterion::Equals(Cow::Borrowed(b"abc")),
        Criterion::Prefix(Cow::Borrowed(b"ab")),
        Criterion::Contains(Cow::Borrowed(b"bc")),
        Criterion::IntegerRange { low: -1, high: 4 },
    ];
    let wildcards = vec![Criterion::Wildcard; 5];
    let instances = vec![Instance { id: 100, criteria }, Instance { id: 200, criteria: wildcards }];
    let file = ChannelFile { channel_id: 291, template_type: 7, input_count: 5, instances };
    let bytes = file.encode().unwrap();
    assert_eq!((bytes.len(), &bytes[STRINGS..]), (END, b"abcabbc".as_slice()));
    bytes
}

fn fault(bytes: &[u8]) -> (usize, DecodeFault) {
    let error = ChannelFile::decode(bytes).unwrap_err();
    (error.offset(), error.fault())
}

/// The fault of the sample with some bytes replaced and the checksum put right.
fn patched(patches: &[(usize, &[u8])]) -> (usize, DecodeFault) {
    let mut bytes = sample();
    for (offset, patch) in patches {
        bytes[*offset..offset + patch.len()].copy_from_slice(patch);
    }
    reseal(&mut bytes);
    fault(&bytes)
}

fn word(bytes: &[u8], offset: usize) -> u32 {
    u32::from_le_bytes(*bytes[offset..].first_chunk().unwrap())
}

fn half(bytes: &[u8], offset: usize) -> u16 {
    u16::from_le_bytes(*bytes[offset..].first_chunk().unwrap())
}

#[test]
fn every_truncation_is_refused_where_the_bytes_end() {
    let bytes = sample();
    let fields: [(usize, usize); 11] = [
        (0, 4),
        (4, 2),
        (6, 2),
        (8, 4),
        (12, 4),
        (16, 4),
        (20, 4),
        (24, 4),
        (28, 4),
        (32, 4),
        (36, 4),
    ];
    for cut in 0..END {
        let field = fields.into_iter().find(|(offset, size)| cut < offset + size);
        let (offset, needed) = field.unwrap_or((40, END - 40));
        let expected = DecodeFault::Truncated { needed, left: cut - offset };
        assert_eq!(fault(&bytes[..cut]), (offset, expected), "cut at {cut}");
    }
}

#[test]
fn every_flipped_bit_is_refused() {
    for (index, bit) in (0..END).flat_map(|index| (0..8).map(move |bit| (index, bit))) {
        let mut bytes = sample();
        bytes[index] ^= 1 << bit;
        assert_eq!(fault(&bytes), flipped(&bytes, index), "byte {index}, bit {bit}");
    }
}

/// What the sample gives after a bit of byte `index` was flipped.
fn flipped(bytes: &[u8], index: usize) -> (usize, DecodeFault) {
    let (expected, inputs, instances) = (256, word(bytes, 16), word(bytes, 20));
    match index {
        0..4 => (0, DecodeFault::Magic { found: *bytes.first_chunk().unwrap() }),
        4..6 => (4, DecodeFault::FormatVersion { found: half(bytes, 4) }),
        6..8 => (6, DecodeFault::HeaderSize { found: half(bytes, 6) }),
        16..20 if !(1..=256).contains(&inputs) => (16, DecodeFault::InputCount { found: inputs }),
        16..20 => (24, DecodeFault::InstancesSize { found: 256, expected: 2 * (8 + 24 * inputs) }),
        20..24 if instances > 65_536 => (20, DecodeFault::InstanceCount { found: instances }),
        20..24 => (24, DecodeFault::InstancesSize { found: 256, expected: instances * 128 }),
        24..28 => (24, DecodeFault::InstancesSize { found: word(bytes, 24), expected }),
        28..32 if word(bytes, 28) > 16 << 20 => {
            (28, DecodeFault::StringsSize { found: word(bytes, 28) })
        }
        28..32 => (32, DecodeFault::FileSize { found: 303, expected: 296 + word(bytes, 28) }),
        32..36 => (32, DecodeFault::FileSize { found: word(bytes, 32), expected: 303 }),
        _ => {
            let computed = crc32c::crc32c_append(crc32c::crc32c(&bytes[..36]), &bytes[40..]);
            (36, DecodeFault::Checksum { stored: word(bytes, 36), computed })
        }
    }
}

#[test]
fn a_header_with_a_wrong_field_is_refused_at_that_field() {
    let ones = &[0xff; 4];
    let found = u32::MAX;
    for (patches, offset, expected) in [
        (&[(0, b"PHCX".as_slice())][..], 0, DecodeFault::Magic { found: *b"PHCX" }),
        (&[(4, &[2, 0])], 4, DecodeFault::FormatVersion { found: 2 }),
        (&[(4, &[0, 0])], 4, DecodeFault::FormatVersion { found: 0 }),
        (&[(6, &[44, 0])], 6, DecodeFault::HeaderSize { found: 44 }),
        (&[(16, &[0; 4])], 16, DecodeFault::InputCount { found: 0 }),
        (&[(16, &[1, 1, 0, 0])], 16, DecodeFault::InputCount { found: 257 }),
        (&[(16, ones)], 16, DecodeFault::InputCount { found }),
        (&[(20, &[1, 0, 1, 0])], 20, DecodeFault::InstanceCount { found: 65_537 }),
        (&[(20, ones)], 20, DecodeFault::InstanceCount { found }),
        (&[(24, ones)], 24, DecodeFault::InstancesSize { found, expected: 256 }),
        // 2^32 / 128 instances have the size 0 in 32 bits.
        (&[(20, &[0, 0, 0, 2]), (24, &[0; 4])], 20, DecodeFault::InstanceCount { found: 1 << 25 }),
        (&[(28, &[1, 0, 0, 1])], 28, DecodeFault::StringsSize { found: (1 << 24) + 1 }),
        (&[(28, ones)], 28, DecodeFault::StringsSize { found }),
        (&[(32, ones)], 32, DecodeFault::FileSize { found, expected: 303 }),
        (&[(28, &[8, 0, 0, 0])], 32, DecodeFault::FileSize { found: 303, expected: 304 }),
        // One byte of the string table more, in header and file size alike.
        (
            &[(28, &[8, 0, 0, 0]), (32, &[0x30, 1, 0, 0])],
            40,
            DecodeFault::Truncated { needed: 264, left: 263 },
        ),
        (
            &[(28, &[6, 0, 0, 0]), (32, &[0x2e, 1, 0, 0])],
            302,
            DecodeFault::TrailingBytes { extra: 1 },
        ),
    ] {
        assert_eq!(patched(patches), (offset, expected), "{patches:x?}");
    }
}

#[test]
fn the_largest_promise_costs_nothing() {
    let mut bytes = sample();
    let size = 65_536_u32 * (8 + 24 * 256);
    bytes[16..20].copy_from_slice(&256_u32.to_le_bytes());
    bytes[20..24].copy_from_slice(&65_536_u32.to_le_bytes());
    bytes[24..28].copy_from_slice(&size.to_le_bytes());
    bytes[28..32].copy_from_slice(&(16_u32 << 20).to_le_bytes());
    bytes[32..36].copy_from_slice(&(40 + size + (16 << 20)).to_le_bytes());
    let needed = usize::try_from(size).unwrap() + (16 << 20);
    assert_eq!(fault(&bytes), (40, DecodeFault::Truncated { needed, left: 263 }));
}

#[test]
fn trailing_bytes_and_a_wrong_checksum_are_refused() {
    let mut bytes = sample();
    let computed = word(&bytes, 36);
    bytes.extend_from_slice(b"!!");
    assert_eq!(fault(&bytes), (303, DecodeFault::TrailingBytes { extra: 2 }));
    bytes.truncate(303);
    bytes[36..40].copy_from_slice(&[1, 2, 3, 4]);
    assert_eq!(fault(&bytes), (36, DecodeFault::Checksum { stored: 0x0403_0201, computed }));
}

#[test]
fn an_instance_with_a_wrong_head_is_refused() {
    assert_eq!(
        patched(&[(SECOND, &[100])]),
        (SECOND, DecodeFault::DuplicateInstance { id: 100, first: FIRST })
    );
    assert_eq!(
        patched(&[(SECOND + 7, &[1])]),
        (SECOND + 4, DecodeFault::InstanceReserved { id: 200, found: 1 << 24 })
    );
}

#[test]
fn a_wrong_criterion_is_refused_at_its_field() {
    let ones = &[0xff; 8];
    let one = &[1, 0, 0, 0, 0, 0, 0, 0];
    let zero = &[0; 8];
    let found = u64::MAX;
    let outside =
        |start, length| CriterionFault::StringOutside { start, length, table: END - STRINGS };
    let empty = |kind| CriterionFault::Rule(CriterionRule::EmptyString { kind });
    let range = |low, high| CriterionFault::Rule(CriterionRule::EmptyRange { low, high });
    let reserved = CriterionFault::Reserved { found: [0, 0, 0, 0, 0, 0, 9] };
    for (patches, offset, input, expected) in [
        (&[(WILDCARD, [5].as_slice())][..], WILDCARD, 1, CriterionFault::Kind { found: 5 }),
        (&[(RANGE, &[0xff])], RANGE, 5, CriterionFault::Kind { found: 255 }),
        (&[(PREFIX + 7, &[9])], PREFIX + 1, 3, reserved),
        (&[(WILDCARD + 8, ones)], WILDCARD + 8, 1, CriterionFault::WildcardOperand { found }),
        (&[(WILDCARD + 16, one)], WILDCARD + 16, 1, CriterionFault::WildcardOperand { found: 1 }),
        (&[(EQUALS + 8, &[5])], EQUALS + 8, 2, outside(5, 3)),
        (&[(EQUALS + 16, &[8])], EQUALS + 8, 2, outside(0, 8)),
        (&[(EQUALS + 12, &[1])], EQUALS + 8, 2, outside(1 << 32, 3)),
        (&[(EQUALS + 8, &[0xff; 4])], EQUALS + 8, 2, outside(0xffff_ffff, 3)),
        (&[(PREFIX + 16, ones)], PREFIX + 8, 3, outside(3, found)),
        (&[(CONTAINS + 8, ones), (CONTAINS + 16, one)], CONTAINS + 8, 4, outside(found, 1)),
        (&[(CONTAINS + 8, ones), (CONTAINS + 16, zero)], CONTAINS + 8, 4, outside(found, 0)),
        (&[(PREFIX + 16, zero)], PREFIX + 16, 3, empty(StringKind::Prefix)),
        (&[(CONTAINS + 16, zero)], CONTAINS + 16, 4, empty(StringKind::Contains)),
        (&[(RANGE + 8, &[5]), (RANGE + 9, &[0; 7])], RANGE + 8, 5, range(5, 4)),
        (&[(RANGE + 16, ones), (RANGE + 8, zero)], RANGE + 8, 5, range(0, -1)),
    ] {
        let expected = DecodeFault::Criterion { instance: 100, input, fault: expected };
        assert_eq!(patched(patches), (offset, expected), "{patches:x?}");
    }
}

#[test]
fn a_value_knows_where_it_stands_in_the_file() {
    let bytes = sample();
    let file = ChannelFile::decode(&bytes).unwrap();
    assert_eq!(file.criterion_offset(0, 0), Some(WILDCARD));
    assert_eq!(file.criterion_offset(0, 4), Some(RANGE));
    assert_eq!(file.criterion_offset(1, 0), Some(SECOND + 8));
    assert_eq!(file.criterion_offset(0, 5), None);
    assert_eq!(file.criterion_offset(2, 0), None);
    assert_eq!(word(&bytes, TEMPLATE_TYPE_OFFSET), file.template_type);
    assert_eq!(word(&bytes, INPUT_COUNT_OFFSET), file.input_count);
}

#[test]
fn an_empty_string_may_be_at_the_very_end_of_the_table() {
    let mut bytes = sample();
    bytes[EQUALS + 8] = 7;
    bytes[EQUALS + 16] = 0;
    reseal(&mut bytes);
    let file = ChannelFile::decode(&bytes).unwrap();
    assert_eq!(file.instances[0].criteria[1], Criterion::Equals(Cow::Borrowed(b"")));
}

#[test]
fn an_error_says_where_and_what() {
    let message = |patches: &[(usize, &[u8])]| {
        let mut bytes = sample();
        for (offset, patch) in patches {
            bytes[*offset..offset + patch.len()].copy_from_slice(patch);
        }
        reseal(&mut bytes);
        ChannelFile::decode(&bytes).unwrap_err().to_string()
    };
    assert_eq!(
        message(&[(20, &[0x70, 0x11, 1, 0])]),
        "at byte 20: instance count 70000 is over the limit of 65536"
    );
    assert_eq!(
        message(&[(0, b"MZ")]),
        "at byte 0: the magic is [4d, 5a, 43, 46], not [50, 48, 43, 46]"
    );
    assert_eq!(
        message(&[(CONTAINS + 8, &[6])]),
        "at byte 128: instance 100, input 4: 2 bytes at 6 are not inside the string table of 7 bytes"
    );
    assert_eq!(
        message(&[(RANGE + 8, &[5]), (RANGE + 9, &[0; 7])]),
        "at byte 152: instance 100, input 5: the range from 5 to 4 is empty"
    );
}
