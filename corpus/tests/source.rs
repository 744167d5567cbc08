//! The TOML source form: what it means, and what each mistake in it is called and where.

#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a test says what must succeed, and counts small things"
)]

use std::borrow::Cow;

use proofhouse_corpus::{
    ChannelFile, Criterion, CriterionRule, Instance, Position, SourceFault, StringKind, limits,
};

const HEAD: &str = "channel = 291\ntemplate_type = 7\ninputs = 4\n";

/// A source with one instance of three lines: header, id and this one.
fn with_line(line: &str) -> String {
    format!("{HEAD}[[instance]]\nid = 1\n{line}\n")
}

fn fault(source: &str) -> (usize, usize, SourceFault) {
    let error = ChannelFile::from_toml(source).unwrap_err();
    let Position { line, column } = error.position();
    (line, column, error.fault().clone())
}

#[test]
fn a_source_says_what_the_file_holds() {
    let source = r#"
        channel = 291
        template_type = 7
        inputs = 5

        [[instance]]
        id = 1
        input.1 = { equals = "naïve" }
        input.5 = { prefix = '\\.\pipe\' }
        input.3 = { contains = { hex = "00fF" } }

        [[instance]]
        id = 0xff
        [instance.input]
        2 = { range = [-4, 64] }
        4 = { equals = "" }
    "#;
    let string = |bytes: &'static [u8]| Cow::Borrowed(bytes);
    let file = ChannelFile {
        channel_id: 291,
        template_type: 7,
        input_count: 5,
        instances: vec![
            Instance {
                id: 1,
                criteria: vec![
                    Criterion::Equals(string("naïve".as_bytes())),
                    Criterion::Wildcard,
                    Criterion::Contains(string(&[0, 0xff])),
                    Criterion::Wildcard,
                    Criterion::Prefix(string(br"\\.\pipe\")),
                ],
            },
            Instance {
                id: 255,
                criteria: vec![
                    Criterion::Wildcard,
                    Criterion::IntegerRange { low: -4, high: 64 },
                    Criterion::Wildcard,
                    Criterion::Equals(string(b"")),
                    Criterion::Wildcard,
                ],
            },
        ],
    };
    assert_eq!(ChannelFile::from_toml(source).unwrap(), file);
}

#[test]
fn a_file_is_written_the_way_people_write_it() {
    let source = concat!(
        "channel = 291\ntemplate_type = 7\ninputs = 21\n\n",
        "[[instance]]\nid = 1\n",
        "input.3 = { prefix = '\\\\.\\pipe\\' }\n",
        "input.9 = { range = [4, 64] }\n",
        "input.10 = { equals = { hex = \"00ff\" } }\n",
        "input.21 = { contains = \"mojo\" }\n\n",
        "[[instance]]\nid = 2\n",
    );
    let file = ChannelFile::from_toml(source).unwrap();
    assert_eq!(file.to_toml(), source);
}

#[test]
fn mistakes_in_the_head_are_named_where_they_are() {
    let number = |what, high, found: &str| SourceFault::Number {
        what,
        low: i64::from(what == "inputs"),
        high,
        found: found.to_owned(),
    };
    let u32_max = i64::from(u32::MAX);
    let kind = |what, expected, found| SourceFault::Kind { what, expected, found };
    let unknown = |key: &str| SourceFault::UnknownKey { key: key.to_owned() };
    let missing = |key| SourceFault::MissingKey { key };
    for (source, line, column, expected) in [
        ("", 1, 1, missing("channel")),
        ("channel = 1\ninputs = 1", 1, 1, missing("template_type")),
        ("channel = -1", 1, 11, number("channel", u32_max, "-1")),
        ("channel = 0x100000000", 1, 11, number("channel", u32_max, "4294967296")),
        (
            "channel = 99999999999999999999",
            1,
            11,
            number("channel", u32_max, "99999999999999999999"),
        ),
        ("channel = 1.5", 1, 11, kind("channel", "an integer", "float")),
        (
            "channel = 1\ntemplate_type = \"7\"",
            2,
            17,
            kind("template_type", "an integer", "string"),
        ),
        ("channel = 1\ntemplate_type = 7\ninputs = 0", 3, 10, number("inputs", 256, "0")),
        ("channel = 1\ntemplate_type = 7\ninputs = 257", 3, 10, number("inputs", 256, "257")),
        (&format!("{HEAD}instances = 1\nb = 2"), 4, 1, unknown("instances")),
        (&format!("{HEAD}zz = 1\naa = 2"), 4, 1, unknown("zz")),
        (&format!("{HEAD}instance = 1"), 4, 12, kind("instance", "an array of tables", "integer")),
        (&format!("{HEAD}instance = [1]"), 4, 13, kind("an instance", "a table", "integer")),
    ] {
        assert_eq!(fault(source), (line, column, expected), "{source}");
    }
}

#[test]
fn mistakes_in_an_instance_are_named_where_they_are() {
    let kind = |what, expected, found| SourceFault::Kind { what, expected, found };
    let input = |input: &str| SourceFault::UnknownInput { input: input.to_owned(), input_count: 4 };
    let empty = |kind| SourceFault::Rule(CriterionRule::EmptyString { kind });
    let unknown = |key: &str| SourceFault::UnknownKey { key: key.to_owned() };
    let bound = SourceFault::Number {
        what: "a range's bound",
        low: i64::MIN,
        high: i64::MAX,
        found: "9223372036854775808".to_owned(),
    };
    let either = "a string or { hex = \"...\" }";
    for (line, column, expected) in [
        ("name = 'x'", 1, unknown("name")),
        ("input = 3", 9, kind("input", "a table", "integer")),
        ("input.5 = { equals = '' }", 7, input("5")),
        ("input.0 = { equals = '' }", 7, input("0")),
        ("input.01 = { equals = '' }", 7, input("01")),
        ("input.'+1' = { equals = '' }", 7, input("+1")),
        ("input.x = { equals = '' }", 7, input("x")),
        ("input.18446744073709551616 = 1", 7, input("18446744073709551616")),
        ("input.1 = 'x'", 11, kind("a criterion", "a table", "string")),
        ("input.1 = {}", 11, SourceFault::CriterionKeys { found: 0 }),
        ("input.1 = { equals = 'a', prefix = 'b' }", 11, SourceFault::CriterionKeys { found: 2 }),
        ("input.1 = { regex = 'a' }", 13, unknown("regex")),
        ("input.1 = { equals = 1 }", 22, kind("a string", either, "integer")),
        ("input.1 = { equals = {} }", 22, SourceFault::MissingKey { key: "hex" }),
        ("input.1 = { equals = { hex = 1 } }", 30, kind("hex", "a string", "integer")),
        ("input.1 = { equals = { hex = '1' } }", 30, SourceFault::HexLength { digits: 1 }),
        ("input.1 = { equals = { hex = '1g' } }", 30, SourceFault::HexDigit { found: 'g' }),
        ("input.1 = { equals = { hex = '', b = 1 } }", 34, unknown("b")),
        ("input.1 = { prefix = '' }", 11, empty(StringKind::Prefix)),
        ("input.1 = { contains = { hex = '' } }", 11, empty(StringKind::Contains)),
        ("input.1 = { range = 4 }", 21, kind("a range", "an array", "integer")),
        ("input.1 = { range = [4] }", 21, SourceFault::RangeLength { found: 1 }),
        ("input.1 = { range = [4, 5, 6] }", 21, SourceFault::RangeLength { found: 3 }),
        ("input.1 = { range = [4, 'x'] }", 25, kind("a range's bound", "an integer", "string")),
        ("input.1 = { range = [0, 9223372036854775808] }", 25, bound),
        (
            "input.1 = { range = [5, 4] }",
            11,
            SourceFault::Rule(CriterionRule::EmptyRange { low: 5, high: 4 }),
        ),
    ] {
        assert_eq!(fault(&with_line(line)), (6, column, expected), "{line}");
    }
}

#[test]
fn ids_are_asked_for_and_unique() {
    let source = format!("{HEAD}[[instance]]\ninput.1 = {{ equals = '' }}");
    assert_eq!(fault(&source), (4, 1, SourceFault::MissingKey { key: "id" }));

    let source = with_line("[[instance]]\nid = 2\n[[instance]]\nid = 1");
    let expected = SourceFault::DuplicateInstance { id: 1, first: Position { line: 5, column: 6 } };
    assert_eq!(fault(&source), (9, 6, expected));
}

#[test]
fn what_is_not_toml_is_said_with_its_place() {
    let (line, column, fault) = fault(&with_line("input.1 = { equals = 'x"));
    assert_eq!((line, column), (6, 24), "the end of the line");
    assert!(matches!(fault, SourceFault::Syntax { .. }), "{fault:?}");

    let twice = with_line("input.1 = { equals = 'x' }\ninput.1 = { equals = 'y' }");
    let error = ChannelFile::from_toml(&twice).unwrap_err();
    assert_eq!(error.position(), Position { line: 7, column: 7 });
}

#[test]
fn limits_are_reached_and_not_passed() {
    let padded = |length: usize| format!("{HEAD}#{}", "x".repeat(length - HEAD.len() - 1));
    assert!(ChannelFile::from_toml(&padded(limits::MAX_SOURCE_BYTES)).is_ok());
    let found = limits::MAX_SOURCE_BYTES + 1;
    assert_eq!(fault(&padded(found)), (1, 1, SourceFault::SourceLength { found }));

    let head = |inputs| format!("channel = 1\ntemplate_type = 1\ninputs = {inputs}\n");
    let instances = |count| (0..count).map(|id| format!("[[instance]]\nid={id}\n"));
    let source = |inputs, count| instances(count).fold(head(inputs), |text, it| text + &it);
    assert_eq!(ChannelFile::from_toml(&source(256, 4096)).unwrap().instances.len(), 4096);
    let (_, _, found) = fault(&source(256, 4097));
    assert_eq!(found, SourceFault::CriteriaCount { found: 256 * 4097 });
    let (_, _, found) = fault(&source(1, 65_537));
    assert_eq!(found, SourceFault::InstanceCount { found: 65_537 });
}

#[test]
fn an_error_is_a_sentence() {
    for (source, expected) in [
        (
            with_line("input.22 = { equals = 'x' }"),
            "line 6, column 7: there is no input \"22\": the inputs are 1 to 4",
        ),
        (
            with_line("input.1 = { range = [9, 3] }"),
            "line 6, column 11: the range from 9 to 3 is empty",
        ),
        (
            "channel = 1\ninputs = 1".to_owned(),
            "line 1, column 1: key \"template_type\" is missing",
        ),
    ] {
        assert_eq!(ChannelFile::from_toml(&source).unwrap_err().to_string(), expected);
    }
}
