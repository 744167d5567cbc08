//! What policies mean, and where each mistake in one is shown.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

use super::*;
use crate::finding::{Code, Findings};
use crate::gates::Gate::{self, Coverage, Exercise, Load, Schema};
use crate::gates::Gates;
use crate::place::Place;
use proofhouse_sandbox::{Limits, Verdict};
use std::time::Duration;

const HEAD: &str = "schema = \"proofhouse.policy/1\"\n";

fn policy(rest: &str) -> Policy {
    Policy::parse(&format!("{HEAD}{rest}")).unwrap()
}

/// The problems of a policy: what is marked, and what is said about it.
fn problems(text: &str) -> Vec<(String, String)> {
    let problems = Policy::parse(text).unwrap_err();
    problems.into_iter().map(|p| (text[p.span].to_owned(), p.message)).collect()
}

/// The only problem of a policy with a right head.
fn problem(rest: &str) -> (String, String) {
    let mut problems = problems(&format!("{HEAD}{rest}"));
    let only = problems.pop().unwrap();
    assert_eq!(problems, [], "{rest}");
    only
}

#[test]
fn an_empty_policy_is_the_default_one() {
    assert_eq!(policy(""), Policy::default());
    assert_eq!(Policy::default().limits, Limits::default());
    assert_eq!(Policy::default().content_bytes, DEFAULT_CONTENT_BYTES);
}

#[test]
fn every_limit_goes_to_its_own_place() {
    let policy = policy(
        "[limits]\nfuel = 1\nmemory = \"2KiB\"\ntable_elements = 3\noutput = \"4\"\n\
         emitted_records = 5\nemitted = \"6B\"\nmessages = 7\nmessage_text = \"8MiB\"\n\
         content = \"9GiB\"\ndeadline = \"10ms\"\nmodule = \"11KiB\"\nfunction = \"12KiB\"",
    );
    let Limits {
        module_bytes,
        function_bytes,
        fuel,
        memory_bytes,
        table_elements,
        output_bytes,
        emitted_records,
        emitted_bytes,
        messages,
        message_bytes,
        deadline,
        ..
    } = policy.limits;
    assert_eq!([fuel, memory_bytes, table_elements, output_bytes], [1, 2 << 10, 3, 4]);
    assert_eq!([emitted_records, emitted_bytes, messages, message_bytes], [5, 6, 7, 8 << 20]);
    assert_eq!([module_bytes, function_bytes], [11 << 10, 12 << 10]);
    assert_eq!((policy.content_bytes, deadline), (9 << 30, Duration::from_millis(10)));
}

#[test]
fn gates_are_all_or_those_named_without_those_skipped() {
    let on = |rest: &str| {
        let gates = policy(rest).gates;
        Gate::ALL.into_iter().filter(|gate| gates.on(*gate)).collect::<Vec<_>>()
    };
    assert_eq!(on(""), [Schema, Load, Exercise]);
    assert_eq!(on("gates.skip = ['exercise']"), [Schema, Load]);
    assert_eq!(on("gates.only = ['coverage', 'load']"), [Load, Coverage]);
    assert_eq!(on("gates.only = ['load', 'schema']"), [Schema, Load]);
    assert_eq!(on("[gates]\nonly = ['load', 'schema']\nskip = ['load']"), [Schema]);
    assert!(Gates::choose(&[Load], &[Load]).is_empty());
}

#[test]
fn a_severity_counts_when_a_finding_is_pushed() {
    let policy = policy("severity.contract-margin = 'error'\nseverity.trap = 'note'");
    let verdict = |code| {
        let mut findings = Findings::new(&policy.severities);
        findings.push(code, None, Place::default(), String::new());
        findings.verdict()
    };
    assert_eq!(verdict(Code::ContractMargin), Verdict::Rejected);
    assert_eq!(verdict(Code::Trap), Verdict::Accepted);
    assert_eq!(verdict(Code::Refused), Verdict::Rejected, "not named");
}

#[test]
fn an_interpreter_is_given_what_its_entry_says() {
    let digest = format!("sha256:{}", "0123456789abcdef".repeat(4));
    let text = format!(
        "[interpreter.\"yara@1.4\"]\ndigest = \"{digest}\"\narguments = ['-s', '']\n\
         [interpreter.\"yara@1.4\".configuration]\nb = [1, 2.5, true]\na = {{ c = \"ä\" }}"
    );
    let policy = policy(&text);
    let given = InterpreterPolicy {
        digest: Some(digest),
        arguments: vec!["-s".into(), String::new()],
        configuration: Some(r#"{"a":{"c":"ä"},"b":[1,2.5,true]}"#.into()),
    };
    assert_eq!(policy.interpreters, [("yara@1.4".to_owned(), given)].into());
}

#[test]
fn each_mistake_is_shown_at_its_own_place() {
    let unit = "the unit must be one of B, KiB, MiB, GiB";
    let digest = "expected `sha256:` and 64 lower-case hexadecimal digits";
    let gate = "no such gate; there are schema, load, exercise, coverage";
    let no_json = "its configuration has a number that JSON does not have";
    let upper = format!("'sha256:{}'", "A".repeat(64));
    let upper_line = format!("interpreter.x.digest = {upper}");
    for (rest, marked, message) in [
        ("limits.memory = '1 MB'", "'1 MB'", unit),
        ("limits.output = 'MiB'", "'MiB'", "expected a whole number and a unit"),
        ("limits.emitted = '0'", "'0'", "out of range"),
        ("limits.message_text = '8388608GiB'", "'8388608GiB'", "out of range"),
        ("limits.content = ''", "''", "expected a whole number and a unit"),
        ("limits.deadline = '1h'", "'1h'", "the unit must be one of ms, s, m"),
        ("limits.fuel = 0", "0", "expected a number from 1 to 9007199254740991"),
        (
            "limits.messages = 9_007_199_254_740_992",
            "9_007_199_254_740_992",
            "expected a number from 0 to 9007199254740991",
        ),
        ("gates.only = ['schema', 'fuzz']", "'fuzz'", gate),
        ("gates.skip = ['']", "''", gate),
        ("severity.trap = 'fault'", "'fault'", "expected note, warning or error"),
        ("severity.crash = 'note'", "crash", "no such finding; `proofhouse explain` lists them"),
        (
            "severity.vanished = 'note'",
            "vanished",
            "a subject that could not be judged cannot be accepted by a severity",
        ),
        ("interpreter.x.digest = 'sha256:00'", "'sha256:00'", digest),
        ("interpreter.x.digest = 'md5:00'", "'md5:00'", digest),
        (&upper_line, &upper, digest),
        (
            "interpreter.x.configuration.a = 2024-07-19",
            "x",
            "its configuration has a date; write it as a string",
        ),
        ("interpreter.x.configuration.a = [[nan]]", "x", no_json),
        ("interpreter.x.configuration.a = -inf", "x", no_json),
    ] {
        assert_eq!(problem(rest), (marked.to_owned(), message.to_owned()), "{rest}");
    }
}

/// The words are the TOML parser's; what counts is that there is one problem, and where.
#[test]
fn what_is_no_policy_at_all_is_shown_where_it_is() {
    let marked = |text: &str| {
        let mut problems = problems(text);
        let (marked, message) = problems.pop().unwrap();
        assert!(problems.is_empty() && !message.is_empty(), "{text}");
        marked
    };
    assert_eq!(marked(&format!("{HEAD}limits.feul = 3")), "feul");
    assert_eq!(marked(&format!("{HEAD}[limit]\nfuel = 3")), "limit");
    assert_eq!(marked(&format!("{HEAD}limits.fuel = -1")), "-1");
    assert_eq!(marked(&format!("{HEAD}limits.fuel = 1.5")), "1.5");
    assert_eq!(marked(&format!("{HEAD}limits.memory = 64")), "64");
    assert_eq!(marked(&format!("{HEAD}gates.only = 'load'")), "'load'");
    assert_eq!(marked(&format!("{HEAD}interpreter.x.argument = []")), "argument");
    assert_eq!(marked("schema = 1"), "1");
    assert_eq!(marked("[limits]\nfuel = 1\nfuel = 2"), "fuel");
    let nothing = Policy::parse("").unwrap_err();
    assert_eq!(nothing.len(), 1, "the schema is missing");
}

#[test]
fn another_schema_is_refused() {
    let expected = ("\"proofhouse.policy/2\"".to_owned(), "expected `proofhouse.policy/1`".into());
    assert_eq!(problems("schema = \"proofhouse.policy/2\""), [expected]);
}

#[test]
fn all_mistakes_are_shown_in_the_order_of_the_text() {
    let text = format!(
        "{HEAD}severity.crash = 'note'\ngates.only = ['fuzz']\nlimits.deadline = 'soon'\n\
         limits.fuel = 0\nseverity.trap = 'bad'"
    );
    let marked: Vec<String> = problems(&text).into_iter().map(|(marked, _)| marked).collect();
    assert_eq!(marked, ["crash", "'fuzz'", "'soon'", "0", "'bad'"]);
}

#[test]
fn a_problem_is_rendered_with_its_line() {
    let text = format!("{HEAD}[limits]\nfuel = 0\n");
    let [problem] = Policy::parse(&text).unwrap_err().try_into().unwrap();
    let problem: PolicyProblem = problem;
    insta::assert_snapshot!(problem.render("ci/policy.toml", &text), @r"
    error: expected a number from 1 to 9007199254740991
     --> ci/policy.toml:3:8
      |
    3 | fuel = 0
      |        ^
    ");
    // A span that does not fit the text is a bug elsewhere, and still no panic.
    let outside = PolicyProblem { message: "x".into(), span: 80..90 };
    assert!(outside.render("p", "short").contains('x'));
}

#[test]
fn the_digest_is_of_the_meaning() {
    let digest = policy("limits.fuel = 5\ngates.skip = ['load']").digest();
    assert_eq!(policy("# why\ngates = { skip = ['load'] }\nlimits.fuel = 0x5").digest(), digest);
    for other in [
        "limits.fuel = 5",
        "limits.fuel = 6\ngates.skip = ['load']",
        "limits.fuel = 5\ngates.skip = ['load']\nfiles.exclude = ['x']",
        "limits.fuel = 5\ngates.skip = ['load']\nseverity.trap = 'note'",
        "limits.fuel = 5\ngates.skip = ['load']\ninterpreter.x.arguments = ['x']",
        "limits.fuel = 5\ngates.skip = ['load']\nlimits.deadline = '1s'",
        "limits.fuel = 5\ngates.skip = ['load']\nlimits.content = '1KiB'",
    ] {
        assert_ne!(policy(other).digest(), digest, "{other}");
    }
}

/// The document on policies.
const DOCUMENT: &str = include_str!("../../../docs/policy.md");

/// The blocks of TOML in it.
fn examples() -> Vec<&'static str> {
    let blocks = DOCUMENT.split("```toml\n").skip(1);
    blocks.map(|block| block.split("```").next().unwrap()).collect()
}

#[test]
fn the_document_writes_down_every_default() {
    let [defaults, _] = examples().try_into().unwrap();
    assert_eq!(Policy::parse(defaults), Ok(Policy::default()));
    // All keys that there are, and in the tables of their meaning those of each table.
    let written: toml::Table = defaults.parse().unwrap();
    let mut tables = keys_of("");
    // Interpreters have no default: what they are called is not known.
    tables.retain(|key| key != "interpreter");
    assert_eq!(sorted(written.keys()), tables);
    for table in ["limits", "gates", "files"] {
        let keys = keys_of(&format!("[{table}]"));
        assert_eq!(sorted(written[table].as_table().unwrap().keys()), keys, "{table}");
        for key in keys {
            assert!(DOCUMENT.contains(&format!("\n| `{key}` | ")), "{table}: {key}");
        }
    }
}

fn sorted<'a>(keys: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut keys: Vec<String> = keys.cloned().collect();
    keys.sort();
    keys
}

/// The keys that a table may have, as the refusal of another one lists them.
fn keys_of(header: &str) -> Vec<String> {
    let text = format!("{header}\nunknown = 1");
    let error = toml::from_str::<written::Written>(&text).unwrap_err();
    let (_, expected) = error.message().split_once("expected").unwrap();
    sorted(expected.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>().iter())
}

#[test]
fn the_document_names_the_flags_that_replace_limits() {
    let flags = ["fuel", "memory", "stack-profile", "fail-allocations", "deadline"];
    let line = DOCUMENT.lines().find(|line| line.contains("on the command line replace")).unwrap();
    for flag in flags {
        assert!(line.contains(&format!("`--{flag}`")), "{flag}");
    }
}

#[test]
fn the_documents_example_is_a_policy() {
    let [_, example] = examples().try_into().unwrap();
    let policy = Policy::parse(example).unwrap();
    assert_eq!((policy.limits.fuel, policy.content_bytes), (50_000_000, 256 << 10));
    assert!(!policy.gates.on(Exercise) && policy.gates.on(Schema));
    assert_eq!(policy.exclude, ["drafts/", "*.md"]);
    let names: Vec<&String> = policy.interpreters.keys().collect();
    assert_eq!(names, ["channel@7.11", "yara"]);
    let configuration = policy.interpreters["yara"].configuration.as_deref();
    assert_eq!(configuration, Some(r#"{"externals":{"filename":"","filesize":0}}"#));
}
