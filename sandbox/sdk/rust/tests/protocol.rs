//! What a host sees of an interpreter, call by call.

use proofhouse_guest::exports::Exports;
use proofhouse_guest::{
    Code, Description, EvaluateError, Interpreter, Level, Position, Recording, Reject, Session,
    Sink, message, record,
};

/// Content is a needle. An event is a haystack of words; each word that is the needle is a match and
/// is emitted with what the configuration says to put before it.
struct Needle {
    needle: Vec<u8>,
    prefix: String,
}

const EMPTY_CONTENT: Code = Code::new(7);
const EMPTY_EVENT: Code = Code::new(8);
const EMPTY_PREFIX: Code = Code::new(9);

impl Interpreter for Needle {
    type Configuration = String;

    fn describe() -> Description {
        Description::new("needle", "0.1")
    }

    fn configure(json: &str) -> Result<String, Reject> {
        match json.trim_matches('"') {
            "" => Err(Reject::new(EMPTY_PREFIX, "no prefix")),
            prefix => Ok(prefix.to_owned()),
        }
    }

    fn load(content: &[u8], configuration: &String) -> Result<Self, Reject> {
        if content.is_empty() {
            return Err(Reject::new(EMPTY_CONTENT, "no needle").at(Position::of(content, 0)));
        }
        message(Level::Debug, "loaded");
        Ok(Self { needle: content.to_vec(), prefix: configuration.clone() })
    }

    fn evaluate(&mut self, event: &[u8], sink: &mut Sink) -> Result<usize, EvaluateError> {
        if event.is_empty() {
            return Err(EvaluateError::new(EMPTY_EVENT, "no haystack"));
        }
        let found = event.split(|byte| *byte == b' ').filter(|word| *word == self.needle);
        Ok(found.map(|word| sink.emit(&[self.prefix.as_bytes(), word].concat())).count())
    }
}

proofhouse_guest::export!(Needle);

/// Matches more often than the ABI can say.
struct Boundless;

impl Interpreter for Boundless {
    type Configuration = ();

    fn describe() -> Description {
        Description::new("boundless", "0.1")
    }

    fn load(_: &[u8], (): &()) -> Result<Self, Reject> {
        Ok(Self)
    }

    fn evaluate(&mut self, _: &[u8], _: &mut Sink) -> Result<usize, EvaluateError> {
        Ok(usize::MAX)
    }
}

fn said(level: Level, text: &str) -> Recording {
    Recording { messages: vec![(level, text.to_owned())], emitted: Vec::new() }
}

#[test]
fn matches_are_counted_and_emitted_in_order() {
    let mut session = Session::<Needle>::default();
    assert_eq!(session.configure(b"\"<\""), 0);
    assert_eq!(record(|| session.load(b"a")), (0, said(Level::Debug, "loaded")));
    let expected = Recording { emitted: vec![b"<a".to_vec(); 2], ..Recording::default() };
    assert_eq!(record(|| session.evaluate(b"a b a")), (2, expected));
    assert_eq!(record(|| session.evaluate(b"b")), (0, Recording::default()));
}

#[test]
fn rejection_is_a_code_and_a_message_with_its_place() {
    let mut session = Session::<Needle>::default();
    assert_eq!(record(|| session.load(b"")), (7, said(Level::Error, "1:1: no needle")));
}

#[test]
fn failed_evaluation_is_negative_and_the_next_event_still_counts() {
    let mut session = Session::<Needle>::default();
    session.load(b"a");
    assert_eq!(record(|| session.evaluate(b"")), (-8, said(Level::Error, "no haystack")));
    assert_eq!(session.evaluate(b"a"), 1);
}

#[test]
fn rejected_content_leaves_nothing_loaded() {
    let mut session = Session::<Needle>::default();
    let nothing = (-Code::PROTOCOL.number(), said(Level::Error, "no content is loaded"));
    assert_eq!(record(|| session.evaluate(b"a")), nothing);
    session.load(b"a");
    session.load(b"");
    assert_eq!(record(|| session.evaluate(b"a")), nothing);
}

#[test]
fn rejected_configuration_leaves_the_earlier_one() {
    let mut session = Session::<Needle>::default();
    session.configure(b"\"<\"");
    assert_eq!(record(|| session.configure(b"\"\"")), (9, said(Level::Error, "no prefix")));
    let (code, seen) = record(|| session.configure(b"\xff"));
    assert_eq!((code, seen.messages.len()), (Code::PROTOCOL.number(), 1));
    session.load(b"a");
    assert_eq!(record(|| session.evaluate(b"a")).1.emitted, [b"<a"]);
}

#[test]
fn configuration_is_refused_by_an_interpreter_that_takes_none() {
    let code = Session::<Boundless>::default().configure(b"{}");
    assert_eq!(code, Code::PROTOCOL.number());
}

#[test]
fn count_beyond_the_abi_is_the_largest() {
    let mut session = Session::<Boundless>::default();
    session.load(b"");
    assert_eq!(session.evaluate(b""), i32::MAX);
}

#[test]
fn exports_take_only_their_own_buffers() {
    let mut guest = Exports::<Needle>::default();
    let bad = || said(Level::Error, "the buffer is not one that proofhouse_alloc gave");
    let protocol = Code::PROTOCOL.number();
    let buffer = guest.alloc(4);
    assert_eq!(record(|| guest.configure(buffer, 5)), (protocol, bad()));
    assert_eq!(record(|| guest.load(buffer, usize::MAX)), (protocol, bad()));
    assert_eq!(record(|| guest.load(0, 0)), (protocol, bad()));
    assert_eq!(record(|| guest.load(buffer, 4)).0, 0);
    assert_eq!(record(|| guest.evaluate(buffer.wrapping_add(1), 1)), (-protocol, bad()));
    assert_eq!(guest.evaluate(buffer, 4), 1, "both are four zeros");
    assert_eq!(record(|| guest.free(buffer)).1, Recording::default());
    assert_eq!(record(|| guest.free(buffer)).1, bad());
}

#[test]
fn description_stays_where_it_is() {
    let guest = Exports::<Needle>::default();
    let (address, len) = guest.describe();
    assert_eq!(len, Needle::describe().to_json().len());
    assert_eq!(guest.describe(), (address, len));
}

#[test]
fn recordings_nest_and_end() {
    let ((), outer) = record(|| {
        message(Level::Info, "before");
        let ((), inner) = record(|| message(Level::Warning, "inside"));
        assert_eq!(inner, said(Level::Warning, "inside"));
        message(Level::Info, "after");
    });
    let texts: Vec<&str> = outer.messages.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(texts, ["before", "after"]);
    message(Level::Info, "to nobody");
    assert_eq!(record(|| ()).1, Recording::default());
}

#[test]
fn levels_have_the_numbers_of_the_abi() {
    let levels = [Level::Error, Level::Warning, Level::Info, Level::Debug];
    assert_eq!(levels.map(Level::number), [1, 2, 3, 4]);
}
