//! Events files: what they mean, and what each mistake in them is called and where.

#![allow(clippy::unwrap_used, reason = "a test says what must succeed")]

use std::borrow::Cow;

use proofhouse_corpus::{
    Event, EventsFault, EventsFile, FieldValue, FieldValues, FieldsLimit, JsonKind, Payload,
    Position, limits,
};

/// An events file with this list of events.
fn file(events: &str) -> String {
    format!("{{\"schema\":\"proofhouse.events/1\",\"events\":[\n{events}]}}")
}

fn parse(text: &str) -> EventsFile {
    EventsFile::parse(text.as_bytes()).unwrap()
}

fn fault(text: &str) -> (usize, usize, EventsFault) {
    let error = EventsFile::parse(text.as_bytes()).unwrap_err();
    let Position { line, column } = error.position();
    (line, column, error.fault().clone())
}

#[test]
fn each_payload_is_what_the_interpreter_receives() {
    let events = parse(&file(
        r#"{"id": "e1", "fields": [null, "tëxt", 42, -7, {"base64": "AP8="}]},
           {"text": "line\nline", "id": "e2"},
           {"id": "e3", "base64": ""},
           {"id": "e4", "json": { "b" : [1.0, 1e2 , "a b"], "a" :null }}"#,
    ));
    let fields = FieldValues::new(vec![
        FieldValue::Absent,
        FieldValue::Bytes("tëxt".as_bytes().to_vec()),
        FieldValue::Integer(42),
        FieldValue::Integer(-7),
        FieldValue::Bytes(vec![0, 0xff]),
    ]);
    let fields = fields.unwrap();
    let bytes = |bytes: &[u8]| Payload::Bytes(bytes.to_vec());
    let payloads = [
        ("e1", Payload::Fields(fields.clone())),
        ("e2", bytes(b"line\nline")),
        ("e3", bytes(b"")),
        ("e4", bytes(br#"{"b":[1.0,1e2,"a b"],"a":null}"#)),
    ];
    let expected = payloads.map(|(id, payload)| Event { id: id.to_owned(), payload });
    assert_eq!(events.events, expected);
    let received: Vec<_> = events.events.iter().map(Event::bytes).collect();
    assert_eq!(received.first().unwrap().as_ref(), fields.encode());
    assert!(matches!(received.get(1), Some(Cow::Borrowed(b"line\nline"))));
}

#[test]
fn a_file_may_be_empty() {
    assert_eq!(parse(&file("")).events, []);
}

#[test]
fn mistakes_in_the_file_are_named_where_they_are() {
    let kind = |expected, found| EventsFault::Kind { expected, found };
    let unknown = |name: &str| EventsFault::UnknownMember { name: name.to_owned() };
    let schema = "\"schema\":\"proofhouse.events/1\"";
    for (text, line, column, expected) in [
        ("[]", 1, 1, kind(JsonKind::Object, JsonKind::Array)),
        ("\n null", 2, 2, kind(JsonKind::Object, JsonKind::Null)),
        ("{}", 1, 1, EventsFault::MissingMember { name: "schema" }),
        (&format!("{{{schema}}}"), 1, 1, EventsFault::MissingMember { name: "events" }),
        ("{\"schema\":\n  1}", 2, 3, kind(JsonKind::String, JsonKind::Number)),
        (
            "{\"schema\":\"x/2\",\"events\":[]}",
            1,
            11,
            EventsFault::Schema { found: "x/2".to_owned() },
        ),
        (&format!("{{{schema},\n \"event\":[]}}"), 2, 2, unknown("event")),
        (
            &format!("{{{schema},\n {schema},\"events\":[]}}"),
            2,
            2,
            EventsFault::DuplicateMember { name: "schema" },
        ),
        (&format!("{{{schema},\"events\":\n{{}}}}"), 2, 1, kind(JsonKind::Array, JsonKind::Object)),
        (&file("true"), 2, 1, kind(JsonKind::Object, JsonKind::Boolean)),
    ] {
        assert_eq!(fault(text), (line, column, expected), "{text}");
    }
}

#[test]
fn mistakes_in_an_event_are_named_where_they_are() {
    let kind = |expected, found| EventsFault::Kind { expected, found };
    let unknown = |name: &str| EventsFault::UnknownMember { name: name.to_owned() };
    let duplicate = |name| EventsFault::DuplicateMember { name };
    let id_length = |found| EventsFault::IdLength { found };
    let long_id = format!(r#"{{"id":"{}","text":""}}"#, "ä".repeat(129));
    let first = Position { line: 2, column: 7 };
    for (event, column, expected) in [
        ("{}", 1, EventsFault::MissingMember { name: "id" }),
        (r#"{"text":""}"#, 1, EventsFault::MissingMember { name: "id" }),
        (r#"{"id":1,"text":""}"#, 7, kind(JsonKind::String, JsonKind::Number)),
        (r#"{"id":"","text":""}"#, 7, id_length(0)),
        (&long_id, 7, id_length(129)),
        (
            r#"{"id":"e","text":""},{"id":"e","text":""}"#,
            28,
            EventsFault::DuplicateId { id: "e".to_owned(), first },
        ),
        (r#"{"id":"e"}"#, 1, EventsFault::NoPayload),
        (
            r#"{"id":"e","json":null,"text":""}"#,
            1,
            EventsFault::SecondPayload { first: "text", second: "json" },
        ),
        (r#"{"id":"e","text":"","text":""}"#, 21, duplicate("text")),
        (r#"{"id":"e","time":1,"text":""}"#, 11, unknown("time")),
        (r#"{"id":"e","te\u0078t ":""}"#, 11, unknown("text ")),
        (r#"{"id":"e","text":null}"#, 18, kind(JsonKind::String, JsonKind::Null)),
        (r#"{"id":"e","text":"\ud800"}"#, 18, EventsFault::HalfSurrogate),
        (r#"{"id":"e","\udfff":""}"#, 11, EventsFault::HalfSurrogate),
        (
            r#"{"id":"e","base64":"AA"}"#,
            20,
            EventsFault::Base64(base64::DecodeError::InvalidPadding),
        ),
        (
            r#"{"id":"e","base64":"A-=="}"#,
            20,
            EventsFault::Base64(base64::DecodeError::InvalidByte(1, b'-')),
        ),
    ] {
        assert_eq!(fault(&file(event)), (2, column, expected), "{event}");
    }
}

#[test]
fn mistakes_in_a_field_are_named_where_they_are() {
    let integer = |text: &str| EventsFault::Integer { text: text.to_owned() };
    let field = |found| EventsFault::FieldKind { found };
    for (value, column, expected) in [
        ("true", 0, field(JsonKind::Boolean)),
        ("[]", 0, field(JsonKind::Array)),
        ("1.0", 0, integer("1.0")),
        ("1e3", 0, integer("1e3")),
        ("9223372036854775808", 0, integer("9223372036854775808")),
        ("{}", 0, EventsFault::MissingMember { name: "base64" }),
        (r#"{"hex":"00"}"#, 1, EventsFault::UnknownMember { name: "hex".to_owned() }),
        (
            r#"{"base64":1}"#,
            10,
            EventsFault::Kind { expected: JsonKind::String, found: JsonKind::Number },
        ),
    ] {
        let text = file(&format!(r#"{{"id":"e","fields":[null,{value}]}}"#));
        assert_eq!(fault(&text), (2, 26 + column, expected), "{value}");
    }
    let extremes = r#"{"id":"e","fields":[-9223372036854775808,9223372036854775807,-0]}"#;
    let integers = [i64::MIN, i64::MAX, 0].map(FieldValue::Integer);
    let fields = FieldValues::new(integers.to_vec()).unwrap();
    let expected = Event { id: "e".to_owned(), payload: Payload::Fields(fields) };
    assert_eq!(parse(&file(extremes)).events, [expected]);
}

#[test]
fn what_is_not_json_is_said_with_its_place() {
    for (text, line, column) in [
        ("", 1, 1),
        ("{\"schema\":\n oops}", 2, 2),
        ("{\"schema\":\"a\n\"}", 1, 12),
        ("{\"ä\" 1}", 1, 6),
        ("{} {}", 1, 4),
        ("[1,]", 1, 4),
    ] {
        let (found_line, found_column, fault) = fault(text);
        assert_eq!((found_line, found_column), (line, column), "{text}");
        assert!(matches!(fault, EventsFault::Syntax { .. }), "{text}: {fault:?}");
    }
    let error = EventsFile::parse(b"{}\n\xc3\xa4\xff").unwrap_err();
    assert_eq!(*error.fault(), EventsFault::NotUtf8);
    assert_eq!(error.position(), Position { line: 2, column: 2 });
}

#[test]
fn deep_and_wide_documents_are_refused_or_taken_without_a_crash() {
    let deep = "[".repeat(200_000) + &"]".repeat(200_000);
    let events = parse(&file(&format!(r#"{{"id":"deep","json":{deep}}}"#)));
    assert_eq!(events.events.first().unwrap().bytes(), deep.as_bytes());
    let (_, _, found) = fault(&deep);
    assert!(matches!(found, EventsFault::Kind { .. }), "{found:?}");

    let wide = file(&vec!["1"; 1_000_000].join(","));
    let (_, _, found) = fault(&wide);
    assert_eq!(found, EventsFault::EventCount);

    let members: Vec<_> = (0..100_000).map(|number| format!("\"m{number}\":1")).collect();
    let (_, _, found) = fault(&file(&format!("{{{}}}", members.join(","))));
    assert_eq!(found, EventsFault::UnknownMember { name: "m0".to_owned() });
}

#[test]
fn limits_are_reached_and_not_passed() {
    let fields = |count: usize| {
        file(&format!(r#"{{"id":"e","fields":[{}]}}"#, vec!["null"; count].join(",")))
    };
    assert_eq!(parse(&fields(256)).events.len(), 1);
    let limit = EventsFault::Fields(FieldsLimit::Count { found: 257 });
    assert_eq!(fault(&fields(257)), (2, 20, limit));

    let field = |length| file(&format!(r#"{{"id":"e","fields":["{}"]}}"#, "x".repeat(length)));
    assert_eq!(parse(&field(limits::MAX_FIELD_BYTES)).events.len(), 1);
    let found = limits::MAX_FIELD_BYTES + 1;
    let limit = EventsFault::Fields(FieldsLimit::Length { field: 1, found });
    assert_eq!(fault(&field(found)), (2, 20, limit));

    let text = |length| file(&format!(r#"{{"id":"e","text":"{}"}}"#, "x".repeat(length)));
    assert_eq!(parse(&text(limits::MAX_EVENT_BYTES)).events.len(), 1);
    let found = limits::MAX_EVENT_BYTES + 1;
    assert_eq!(fault(&text(found)), (2, 1, EventsFault::EventLength { found }));

    let id = file(&format!(r#"{{"id":"{}","text":""}}"#, "ä".repeat(128)));
    assert_eq!(parse(&id).events.len(), 1);

    let events = |count| {
        let events = (0..count).map(|id| format!(r#"{{"id":"{id}","text":""}}"#));
        file(&events.collect::<Vec<_>>().join(",\n"))
    };
    assert_eq!(parse(&events(limits::MAX_EVENTS)).events.len(), limits::MAX_EVENTS);
    assert_eq!(fault(&events(limits::MAX_EVENTS + 1)), (1, 42, EventsFault::EventCount));
}

#[test]
fn a_file_over_the_limit_is_not_looked_at() {
    let found = limits::MAX_EVENTS_FILE_BYTES + 1;
    let error = EventsFile::parse(&vec![b' '; found]).unwrap_err();
    assert_eq!(*error.fault(), EventsFault::FileLength { found });
}

#[test]
fn long_names_do_not_flood_the_error() {
    let name = "n".repeat(1_000_000);
    let text = file(&format!(r#"{{"id":"e","{name}":1}}"#));
    let message = EventsFile::parse(text.as_bytes()).unwrap_err().to_string();
    assert_eq!(message, format!("line 2, column 11: unknown member \"{}…\"", "n".repeat(60)));
}
