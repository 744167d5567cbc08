//! Content that is no good: each file ends accepted or rejected for a reason that fits, and the next
//! one is judged as if nothing had happened.
//!
//! The bytes are made here. What is deep or large enough to exhaust an interpreter is nobody's secret,
//! and still not kept as a file.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::case::list;
use crate::in_the_box;

/// Levels of nesting.
const DEEP: usize = 100_000;
/// Bytes of one character.
const LONG: usize = 10 << 20;

/// Enough for every good file by far, and soon over for what loops.
const FUEL: &str = "500000000";
/// The machine may be busy: the watchdog is not what is tested.
const DEADLINE: &str = "300s";

/// How a run may end. A fault of the host, or memory that an interpreter damaged, is not among them.
const ENDS: [&str; 5] = ["refused", "trap", "out-of-fuel", "out-of-memory", "stack-exhausted"];

/// A guest's own: a good file, an event for it with its matches, and bad files of its language.
struct Language {
    guest: &'static str,
    extension: &'static str,
    good: Vec<u8>,
    event: Value,
    bad: Vec<(&'static str, String)>,
}

fn nested(open: &str, inside: &str, close: &str) -> String {
    format!("{}{inside}{}", open.repeat(DEEP), close.repeat(DEEP))
}

/// What is bad in every language.
fn in_any_language() -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(String, Vec<u8>)> = vec![
        ("empty".into(), Vec::new()),
        ("one-nul".into(), vec![0]),
        ("nuls".into(), vec![0; 4096]),
        ("not-utf-8".into(), b"\xff\xfe\xc3\x28 \xf0\x28\x8c\xbc".to_vec()),
        ("half-a-character".into(), b"rule \xe2\x82".to_vec()),
        ("byte-order-mark".into(), b"\xef\xbb\xbf".to_vec()),
        ("carriage-returns".into(), b"\r".repeat(4096)),
        ("huge-integer".into(), "9".repeat(100_000).into_bytes()),
    ];
    for (name, character) in [
        ("a", 'a'),
        ("space", ' '),
        ("newline", '\n'),
        ("quote", '"'),
        ("zero", '0'),
        ("dash", '-'),
    ] {
        files.push((format!("long-{name}"), character.to_string().repeat(LONG).into_bytes()));
    }
    for (name, open, close) in
        [("round", "(", ")"), ("square", "[", "]"), ("curly", "{", "}"), ("angle", "<", ">")]
    {
        files.push((format!("deep-{name}"), nested(open, "", close).into_bytes()));
        files.push((format!("open-{name}"), open.repeat(DEEP).into_bytes()));
    }
    for (name, operator) in
        [("not", "!"), ("minus", "-"), ("tilde", "~"), ("plus", "+"), ("not-word", "not ")]
    {
        files.push((format!("unary-{name}"), format!("{}1", operator.repeat(DEEP)).into_bytes()));
    }
    files
}

fn cel() -> Language {
    Language {
        guest: "cel",
        extension: "cel",
        good: b"x == 1".to_vec(),
        event: json!({ "x": 1 }),
        bad: vec![
            ("parentheses", nested("(", "true", ")")),
            ("lists", nested("[", "1", "]")),
            ("maps", nested("{1:", "1", "}")),
            ("negations", format!("{}true", "!".repeat(DEEP))),
            ("minuses", format!("{}x", "-".repeat(DEEP))),
            ("conditionals", format!("{}1", "true ? 1 : ".repeat(DEEP))),
            ("members", format!("x{}", ".a".repeat(DEEP))),
            ("indices", format!("x{}", "[0]".repeat(DEEP))),
            ("sums", format!("x{}", "+1".repeat(DEEP))),
            ("regex", r#""aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!".matches("^(a+)+$")"#.into()),
            ("large-regex", r#""a".matches("((a{1000}){1000}){1000}")"#.into()),
            ("huge", "99999999999999999999999999999 > 1".into()),
            (
                "loops",
                "[0,1,2,3,4,5,6,7,8,9]".to_owned()
                    + &".map(x, [0,1,2,3,4,5,6,7,8,9]".repeat(9)
                    + &")".repeat(9),
            ),
        ],
    }
}

fn cedar() -> Language {
    let when =
        |condition: String| format!("permit (principal, action, resource) when {{ {condition} }};");
    Language {
        guest: "cedar",
        extension: "cedar",
        good: b"permit (principal, action, resource);".to_vec(),
        event: json!({ "principal": "U::\"a\"", "action": "Action::\"b\"", "resource": "R::\"c\"" }),
        bad: vec![
            ("parentheses", when(nested("(", "true", ")"))),
            ("sets", when(nested("[", "1", "]"))),
            ("records", when(nested("{a:", "1", "}"))),
            ("negations", when(format!("{}true", "!".repeat(DEEP)))),
            ("minuses", when(format!("{}1 == 1", "-".repeat(DEEP)))),
            ("conditionals", when(nested("if true then ", "true", " else false"))),
            ("members", when(format!("principal{} == 1", ".a".repeat(DEEP)))),
            ("ands", when(format!("true{}", " && true".repeat(DEEP)))),
            ("like", when(format!("\"{}\" like \"{}b\"", "a".repeat(1000), "*a".repeat(500)))),
            ("huge", when("99999999999999999999 == 1".into())),
        ],
    }
}

fn ebpf() -> Language {
    // mov r0, 1; exit
    let good = vec![0xb7, 0, 0, 0, 1, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0];
    let program =
        |instructions: &[[u8; 8]]| String::from_utf8_lossy(&instructions.concat()).into_owned();
    Language {
        guest: "ebpf",
        extension: "bpf",
        good,
        event: json!(1),
        bad: vec![
            ("no-exit", program(&[[0x07, 0, 0, 0, 1, 0, 0, 0]])),
            ("calls-an-unknown-helper", program(&[[0x18, 0, 0, 0, 99, 0, 0, 0]])),
            ("many", program(&[[0x07, 0, 0, 0, 1, 0, 0, 0]; 100_000])),
        ],
    }
}

fn rego() -> Language {
    let module = |body: String| format!("package p\n\nimport rego.v1\n\n{body}\n");
    Language {
        guest: "rego",
        extension: "rego",
        good: module("allow if input.x == 1".into()).into_bytes(),
        event: json!({ "x": 1 }),
        bad: vec![
            ("parentheses", module(format!("allow := {}", nested("(", "1", ")")))),
            ("arrays", module(format!("allow := {}", nested("[", "1", "]")))),
            ("objects", module(format!("allow := {}", nested("{1:", "1", "}")))),
            ("sets", module(format!("allow := {}", nested("{", "1", "}")))),
            ("minuses", module(format!("allow := {}1", "-".repeat(DEEP)))),
            ("nots", module(format!("allow if {}true", "not ".repeat(DEEP)))),
            ("comprehensions", module(format!("allow := {}", nested("[1 | ", "true", "]")))),
            ("members", module(format!("allow := input{}", ".a".repeat(DEEP)))),
            ("sums", module(format!("allow := 1{}", " + 1".repeat(DEEP)))),
            ("bundle-in-bundle", nested("{\"modules\":", "1", "}")),
            ("regex", module(format!(r#"allow if regex.match("^(a+)+$", "{}!")"#, "a".repeat(40)))),
            ("large-regex", module(r#"allow if regex.match("((a{1000}){1000}){1000}", "a")"#.into())),
            ("gigabytes", module("allow := count(numbers.range(1, 1000000000))".into())),
            ("loops", module("allow if {\n  some a in numbers.range(1, 10000)\n  some b in numbers.range(1, 10000)\n  a * b < 0\n}".into())),
            ("huge", module("allow if 1e999999999 > 1".into())),
            ("recursive", module("allow if deny\n\ndeny if allow".into())),
            ("recursive-function", module("f(x) := f(x + 1)\n\nallow := f(1)".into())),
            ("imports-itself", module("import data.p\n\nallow if p.allow".into())),
            ("sends", module(r#"allow if http.send({"method": "get", "url": "http://localhost"})"#.into())),
        ],
    }
}

fn sigma() -> Language {
    let rule = |selection: &str, condition: &str| {
        format!(
            "title: a\nlogsource:\n  product: x\ndetection:\n  s:\n{selection}\n  condition: {condition}\n"
        )
    };
    let bomb = (0..29).zip(1..).fold(
        "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned(),
        |text, (below, level)| {
            let below = format!("*a{below}");
            let below = vec![below; 9].join(", ");
            format!("{text}a{level}: &a{level} [{below}]\n")
        },
    );
    Language {
        guest: "sigma",
        extension: "yml",
        good: rule("    x: 1", "s").into_bytes(),
        event: json!({ "x": 1 }),
        bad: vec![
            ("parentheses", rule("    x: 1", &nested("(", "s", ")"))),
            ("short-parentheses", rule("    x: 1", &format!("{}s{}", "(".repeat(8000), ")".repeat(8000)))),
            ("nots", rule("    x: 1", &format!("{}s", "not ".repeat(DEEP)))),
            ("short-nots", rule("    x: 1", &format!("{}s", "not ".repeat(10_000)))),
            ("flow-lists", rule(&format!("    x: {}", nested("[", "1", "]")), "s")),
            ("flow-maps", rule(&format!("    x: {}", nested("{a: ", "1", "}")), "s")),
            ("block-lists", rule(&format!("    x:\n      {}1", "- ".repeat(DEEP)), "s")),
            ("aliases", format!("{bomb}{}", rule("    x: *a29", "s"))),
            ("alias-of-itself", rule("    x: &a [*a]", "s")),
            ("merges", rule("    <<: &a\n      <<: *a\n      x: 1", "s")),
            ("regex", rule(r"    x|re: '^(a+)+$'", "s")),
            ("large-regex", rule("    x|re: '((a{1000}){1000}){1000}'", "s")),
            ("backreference", rule(r"    x|re: '(a)\1'", "s")),
            ("huge", rule(&format!("    x: {}", "9".repeat(1000)), "s")),
            ("repeats", format!("{}---\naction: repeat\n", rule("    x: 1", "s")).repeat(2000)),
            (
                "cycle",
                "title: a\nname: a\ncorrelation:\n  type: temporal\n  rules: [b]\n  timespan: 1m\n  group-by: [x]\n---\n\
                 title: b\nname: b\ncorrelation:\n  type: temporal\n  rules: [a]\n  timespan: 1m\n  group-by: [x]\n"
                    .into(),
            ),
        ],
    }
}

fn yara_rules() -> Vec<(&'static str, String)> {
    let rule = |condition: String| format!("rule a {{ condition: {condition} }}");
    let text = |string: &str| format!("rule a {{ strings: $a = {string} condition: $a }}");
    vec![
        ("parentheses", rule(nested("(", "true", ")"))),
        ("nots", rule(format!("{}true", "not ".repeat(DEEP)))),
        ("minuses", rule(format!("{}1 == 1", "-".repeat(DEEP)))),
        ("tildes", rule(format!("{}1 == 1", "~".repeat(DEEP)))),
        ("sums", rule(format!("1{} == 1", " + 1".repeat(DEEP)))),
        ("loops-in-loops", rule(nested("for any i in (1..2) : (", "true", ")"))),
        ("deep-regex", text(&format!("/{}/", nested("(", "a", ")")))),
        ("catastrophic-regex", text("/(a+)+$/")),
        ("large-regex", text("/((a{1000}){1000}){1000}/")),
        ("deep-hex", text(&format!("{{ {} }}", nested("( AA | ", "BB", " )")))),
        ("wide-jump", text("{ AA [0-4294967295] BB }")),
        ("huge", rule(format!("{} > 1", "9".repeat(1000)))),
        ("huge-size", rule("filesize < 99999999999999GB".into())),
        ("includes-itself", "include \"content\"\n".repeat(1000)),
        ("long-loop", rule("for any i in (1..1000000000) : (i == 0)".into())),
        (
            "many-rules",
            (0..20_000)
                .fold(String::new(), |text, n| format!("{text}rule r{n} {{ condition: false }}\n")),
        ),
    ]
}

fn yara(guest: &'static str) -> Language {
    Language {
        guest,
        extension: "yar",
        good: b"rule good { strings: $a = \"1\" condition: $a }".to_vec(),
        event: json!(1),
        bad: yara_rules(),
    }
}

/// Judges every bad file of a language in one call, a good one before, between and behind them.
#[track_caller]
fn assert_judged(language: &Language) {
    let folder = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    let mut add = |name: String, bytes: &[u8]| {
        let name = format!("{name}.{}", language.extension);
        fs::write(folder.path().join(&name), bytes).unwrap();
        files.push(name);
    };
    let own =
        language.bad.iter().map(|(name, text)| (format!("own-{name}"), text.clone().into_bytes()));
    add("good-first".into(), &language.good);
    for (name, bytes) in in_any_language().into_iter().chain(own) {
        add(name.clone(), &bytes);
        add(format!("good-after-{name}"), &language.good);
    }
    let events = json!({
        "schema": "proofhouse.events/1",
        "events": [{ "id": "good", "json": language.event }],
    });
    fs::write(folder.path().join("events.json"), events.to_string()).unwrap();
    let options = ["-e", "events.json", "--fuel", FUEL, "--deadline", DEADLINE, "--format", "json"];
    let ended = in_the_box(folder.path())
        .args(["check", "-i", language.guest])
        .args(options)
        .args(&files)
        .run();
    let report: Value = serde_json::from_slice(&ended.stdout).unwrap();
    let subjects = list(report.get("subjects"));
    assert_eq!(subjects.len(), files.len());
    let wrong: Vec<String> = subjects.iter().filter_map(wrong).collect();
    assert!(wrong.is_empty(), "{}:\n{}", language.guest, wrong.join("\n"));
}

/// What is wrong with how a file was judged.
fn wrong(subject: &Value) -> Option<String> {
    let path =
        Path::new(subject.get("path")?.as_str()?).file_name()?.to_string_lossy().into_owned();
    let verdict = subject.get("verdict").and_then(Value::as_str).unwrap_or_default();
    if path.starts_with("good") {
        let matches = subject.pointer("/runs/0/events/0/matches").and_then(Value::as_u64);
        let as_ever = verdict == "accepted" && matches == Some(1);
        return (!as_ever).then(|| format!("{path}: {verdict}, matches {matches:?}: {subject}"));
    }
    let known = |finding: &Value| {
        let code = finding.get("code").and_then(Value::as_str).unwrap_or_default();
        ENDS.contains(&code) || code == "evaluation-error"
    };
    let findings = list(subject.get("findings"));
    let as_it_may = match verdict {
        "accepted" => true,
        "rejected" => !findings.is_empty() && findings.iter().all(known),
        _ => false,
    };
    let text: String = format!("{findings:?}").chars().take(600).collect();
    (!as_it_may).then(|| format!("{path}: {verdict} {text}"))
}

#[test]
fn cel_survives() {
    assert_judged(&cel());
}

#[test]
fn cedar_survives() {
    assert_judged(&cedar());
}

#[test]
fn ebpf_survives() {
    assert_judged(&ebpf());
}

#[test]
fn libyara_survives() {
    assert_judged(&yara("libyara"));
}

#[test]
fn rego_survives() {
    assert_judged(&rego());
}

#[test]
fn sigma_survives() {
    assert_judged(&sigma());
}

#[test]
fn yara_survives() {
    assert_judged(&yara("yara"));
}
