//! Cedar.

use serde_json::json;

use super::{DEEP, Language, nested};

pub(super) fn language() -> Language {
    let when = |name, condition: String| {
        let text = format!("permit (principal, action, resource) when {{ {condition} }};");
        (name, text.into_bytes())
    };
    Language {
        guest: "cedar",
        extension: "cedar",
        good: b"permit (principal, action, resource);".to_vec(),
        event: json!({ "principal": "U::\"a\"", "action": "Action::\"b\"", "resource": "R::\"c\"" }),
        bad: vec![
            when("parentheses", nested("(", "true", ")")),
            when("sets", nested("[", "1", "]")),
            when("records", nested("{a:", "1", "}")),
            when("calls", nested("decimal(", "\"1.0\"", ")")),
            when("negations", format!("{}true", "!".repeat(DEEP))),
            when("minuses", format!("{}1 == 1", "-".repeat(DEEP))),
            when("conditionals", nested("if true then ", "true", " else false")),
            when("members", format!("principal{} == 1", ".a".repeat(DEEP))),
            when("ands", format!("true{}", " && true".repeat(DEEP))),
            when("like", format!("\"{}\" like \"{}b\"", "a".repeat(1000), "*a".repeat(500))),
            when("huge", "99999999999999999999 == 1".into()),
            when("huge-set", format!("[{}] == [1]", "1,".repeat(500_000) + "1")),
            ("annotations", "@id(\"a\")\n".repeat(DEEP).into_bytes()),
            ("policies", "permit (principal, action, resource);\n".repeat(20_000).into_bytes()),
        ],
    }
}
