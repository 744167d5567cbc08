//! Rego.

use serde_json::json;

use super::{DEEP, Language, aliases, nested};

/// Calls in calls: regorus 0.14 has no limit to them, and takes the 8 MiB of a main thread for two to three thousand.
const CALLS: usize = 1_000;

pub(super) fn language() -> Language {
    let module = |name, body: String| {
        (name, format!("package p\n\nimport rego.v1\n\n{body}\n").into_bytes())
    };
    Language {
        guest: "rego",
        extension: "rego",
        good: module("", "allow if input.x == 1".into()).1,
        event: json!({ "x": 1 }),
        bad: vec![
            module("parentheses", format!("allow := {}", nested("(", "1", ")"))),
            module("arrays", format!("allow := {}", nested("[", "1", "]"))),
            module("objects", format!("allow := {}", nested("{1:", "1", "}"))),
            module("sets", format!("allow := {}", nested("{", "1", "}"))),
            module("calls", format!("allow := {}", nested("abs(", "1", ")"))),
            module("minuses", format!("allow := {}1", "-".repeat(DEEP))),
            module("nots", format!("allow if {}true", "not ".repeat(DEEP))),
            module("comprehensions", format!("allow := {}", nested("[1 | ", "true", "]"))),
            module("members", format!("allow := input{}", ".a".repeat(DEEP))),
            module("sums", format!("allow := 1{}", " + 1".repeat(DEEP))),
            ("bundle-in-bundle", nested("{\"modules\":", "1", "}").into_bytes()),
            module("regex", format!(r#"allow if regex.match("^(a+)+$", "{}!")"#, "a".repeat(40))),
            module("large-regex", r#"allow if regex.match("((a{1000}){1000}){1000}", "a")"#.into()),
            module("aliases", format!("allow := count(yaml.unmarshal(`{}`))", aliases())),
            module("deep-json", format!("allow := json.unmarshal(`{}`)", nested("[", "", "]"))),
            module("gigabytes", "allow := count(numbers.range(1, 1000000000))".into()),
            module("long-text", "allow := count(sprintf(\"%1000000000d\", [1]))".into()),
            module("loops", "allow if {\n  some a in numbers.range(1, 10000)\n  some b in numbers.range(1, 10000)\n  a * b < 0\n}".into()),
            module("huge", "allow if 1e999999999 > 1".into()),
            module("huge-shift", "allow := bits.lsh(1, 1000000000000)".into()),
            module("recursive", "allow if deny\n\ndeny if allow".into()),
            module(
                "recursive-function",
                format!("f(x) := 0 if x > {CALLS}\nf(x) := f(x + 1) if x <= {CALLS}\n\nallow := f(1)"),
            ),
            module("imports-itself", "import data.p\n\nallow if p.allow".into()),
            module("walks-itself", "allow := count([x | walk(data, [_, x])])".into()),
            module("sends", r#"allow if http.send({"method": "get", "url": "http://localhost"})"#.into()),
        ],
    }
}
