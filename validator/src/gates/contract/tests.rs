//! Content against an interpreter that supplies 20 inputs to template type 7.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on has failed"
)]

use super::*;
use crate::finding::{Finding, Severities, Severity};
use crate::gates::schema;
use crate::testing::{SUPPLIER, judge};

/// A channel file from its head and the criteria of each instance.
fn file(template_type: u32, inputs: u32, instances: &[&str]) -> Vec<u8> {
    let head = format!("channel = 1\ntemplate_type = {template_type}\ninputs = {inputs}\n");
    let instances = (100..).zip(instances);
    let instances = instances.map(|(id, rest)| format!("[[instance]]\nid = {id}\n{rest}\n"));
    let source = head + &instances.collect::<String>();
    ChannelFile::from_toml(&source).unwrap().encode().unwrap()
}

fn findings(content: &[u8]) -> Vec<Finding> {
    let judge = judge("file", SUPPLIER, "", None).unwrap();
    let severities = Severities::default();
    let mut findings = Findings::new(&severities);
    schema::check(content, &judge, &mut findings);
    findings.into_list()
}

#[test]
fn content_that_needs_what_is_supplied_has_no_finding() {
    for inputs in [1, 19, 20] {
        let needs = format!("input.{inputs} = {{ equals = 'x' }}");
        assert_eq!(findings(&file(7, inputs, &[&needs])), [], "{inputs}");
    }
    assert_eq!(findings(&file(7, 20, &[])), []);
}

#[test]
fn the_outage_is_found_at_the_first_criterion_that_reads_beyond() {
    let content = file(
        7,
        23,
        &[
            "input.20 = { equals = 'x' }",
            "input.21 = { contains = 'mojo' }\ninput.23 = { equals = 'y' }",
            "input.22 = { range = [1, 2] }",
        ],
    );
    let [second, third] = findings(&content).try_into().unwrap();
    // Header, the instances before, the instance's head, the criteria before: docs/channel-file.md.
    let at = |instance: u64, input: u64| Some(40 + instance * (8 + 24 * 23) + 8 + 24 * (input - 1));
    let message = "template type declares 23 inputs, interpreter 7.10 supplies 20";
    for (finding, instance, input, offset) in
        [(second, 101, 21, at(1, 21)), (third, 102, 22, at(2, 22))]
    {
        let place =
            Place { instance: Some(instance), input: Some(input), offset, ..Place::default() };
        let expected = Finding {
            code: Code::ContractInputs,
            severity: Severity::Error,
            message: message.into(),
            interpreter: Some("supplier@7.10".into()),
            build: None,
            place,
        };
        assert_eq!(finding, expected);
    }
}

#[test]
fn wildcards_beyond_what_is_supplied_are_a_warning() {
    for instances in [&[][..], &["input.3 = { equals = 'x' }"], &["", "", ""]] {
        let [finding] = findings(&file(7, 21, instances)).try_into().unwrap();
        assert_eq!((finding.code, finding.severity), (Code::ContractMargin, Severity::Warning));
        assert_eq!(finding.place, Place::at_byte(16), "the input count in the header");
        assert_eq!(
            finding.message,
            "template type declares 21 inputs, interpreter 7.10 supplies 20; no instance reads \
             beyond them"
        );
    }
}

#[test]
fn a_template_type_that_nobody_knows_is_found_whatever_it_declares() {
    for content in [file(8, 3, &["input.1 = { equals = 'x' }"]), file(0, 256, &[])] {
        let [finding] = findings(&content).try_into().unwrap();
        assert_eq!((finding.code, finding.severity), (Code::ContractTemplate, Severity::Error));
        assert_eq!(finding.place, Place::at_byte(12), "the template type in the header");
    }
}

#[test]
fn of_many_instances_ten_are_named_and_the_rest_is_counted() {
    let beyond = ["input.21 = { equals = 'x' }"; 12];
    let found = findings(&file(7, 21, &beyond));
    assert_eq!(found.len(), REPORTED);
    let ids: Vec<_> = found.iter().map(|finding| finding.place.instance.unwrap()).collect();
    assert_eq!(ids, (100..110).collect::<Vec<_>>());
    let plain = "template type declares 21 inputs, interpreter 7.10 supplies 20";
    assert!(found[..9].iter().all(|finding| finding.message == plain));
    assert_eq!(found[9].message, format!("{plain} (and 2 more instances)"));

    let exactly = findings(&file(7, 21, &beyond[..10]));
    assert!(exactly.len() == 10 && exactly.iter().all(|finding| finding.message == plain));
}

#[test]
fn what_is_no_channel_file_is_malformed_and_not_compared() {
    let mut content = file(7, 21, &["input.21 = { equals = 'x' }"]);
    content[36] ^= 1;
    let [finding] = findings(&content).try_into().unwrap();
    assert_eq!((finding.code, finding.place), (Code::Malformed, Place::at_byte(36)));
    assert_eq!(finding.interpreter, None, "the format is nobody's but the content's");
}
