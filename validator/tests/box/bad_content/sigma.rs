//! Sigma.

use serde_json::json;

use super::{DEEP, Language, aliases, nested};

pub(super) fn language() -> Language {
    let text = |name, text: String| (name, text.into_bytes());
    Language {
        guest: "sigma",
        extension: "yml",
        good: rule("    x: 1", "s").into_bytes(),
        event: json!({ "x": 1 }),
        bad: vec![
            text("parentheses", rule("    x: 1", &nested("(", "s", ")"))),
            text(
                "short-parentheses",
                rule("    x: 1", &format!("{}s{}", "(".repeat(8000), ")".repeat(8000))),
            ),
            text("nots", rule("    x: 1", &format!("{}s", "not ".repeat(DEEP)))),
            text("short-nots", rule("    x: 1", &format!("{}s", "not ".repeat(10_000)))),
            text("ands", rule("    x: 1", &format!("s{}", " and s".repeat(DEEP)))),
            text("flow-lists", rule(&format!("    x: {}", nested("[", "1", "]")), "s")),
            text("flow-maps", rule(&format!("    x: {}", nested("{a: ", "1", "}")), "s")),
            text("block-lists", rule(&format!("    x:\n      {}1", "- ".repeat(DEEP)), "s")),
            text("aliases", format!("{}\n{}", aliases(), rule("    x: *a29", "s"))),
            text("alias-of-itself", rule("    x: &a [*a]", "s")),
            text("merges", rule("    <<: &a\n      <<: *a\n      x: 1", "s")),
            text("tags", rule(&format!("    x: {}1", "!!str ".repeat(DEEP)), "s")),
            text("regex", rule(r"    x|re: '^(a+)+$'", "s")),
            text("large-regex", rule("    x|re: '((a{1000}){1000}){1000}'", "s")),
            text("backreference", rule(r"    x|re: '(a)\1'", "s")),
            text("wildcards", rule(&format!("    x: '{}'", "*a".repeat(50_000)), "s")),
            text("many-dashes", rule(&format!("    x|windash: '{}'", "-a ".repeat(1000)), "s")),
            text("network", rule("    x|cidr: 0.0.0.0/99999999999", "s")),
            text("huge", rule(&format!("    x: {}", "9".repeat(1000)), "s")),
            text("huge-comparison", rule(&format!("    x|gt: {}", "9".repeat(1000)), "s")),
            text("repeats", format!("{}---\naction: repeat\n", rule("    x: 1", "s")).repeat(2000)),
            text("cycle", correlation("a", "b") + "---\n" + &correlation("b", "a")),
            text("correlates-itself", correlation("a", "a")),
        ],
    }
}

fn rule(selection: &str, condition: &str) -> String {
    format!(
        "title: a\nlogsource:\n  product: x\ndetection:\n  s:\n{selection}\n  condition: {condition}\n"
    )
}

fn correlation(name: &str, of: &str) -> String {
    format!(
        "title: {name}\nname: {name}\ncorrelation:\n  type: temporal\n  rules: [{of}]\n  timespan: 1m\n  group-by: [x]\n"
    )
}
