//! YARA, for both of its interpreters.

use serde_json::json;

use super::{DEEP, Language, nested};

pub(super) fn language(guest: &'static str) -> Language {
    Language {
        guest,
        extension: "yar",
        good: b"rule good { strings: $a = \"1\" condition: $a }".to_vec(),
        event: json!(1),
        bad: rules().into_iter().map(|(name, text)| (name, text.into_bytes())).collect(),
    }
}

fn rules() -> Vec<(&'static str, String)> {
    let rule = |condition: String| format!("rule a {{ condition: {condition} }}");
    let text = |string: &str| format!("rule a {{ strings: $a = {string} condition: $a }}");
    let import = |condition: String| format!("import \"pe\" {}", rule(condition));
    vec![
        ("parentheses", rule(nested("(", "true", ")"))),
        ("calls", rule(format!("{} == 1", nested("uint8(", "0", ")")))),
        ("indices", import(format!("{} == 1", nested("pe.sections[", "0", "].raw_data_size")))),
        ("nots", rule(format!("{}true", "not ".repeat(DEEP)))),
        ("defineds", rule(format!("{}true", "defined ".repeat(DEEP)))),
        ("minuses", rule(format!("{}1 == 1", "-".repeat(DEEP)))),
        ("tildes", rule(format!("{}1 == 1", "~".repeat(DEEP)))),
        ("sums", rule(format!("1{} == 1", " + 1".repeat(DEEP)))),
        ("loops-in-loops", rule(nested("for any i in (1..2) : (", "true", ")"))),
        ("deep-regex", text(&format!("/{}/", nested("(", "a", ")")))),
        ("catastrophic-regex", text("/(a+)+$/")),
        ("large-regex", text("/((a{1000}){1000}){1000}/")),
        ("deep-hex", text(&format!("{{ {} }}", nested("( AA | ", "BB", " )")))),
        ("deep-square-in-regex", text(&format!("/{}/", nested("[a", "", "]")))),
        ("wide-jump", text("{ AA [0-4294967295] BB }")),
        ("many-jumps", text(&format!("{{ AA {} BB }}", "[1-100] ?? ".repeat(10_000)))),
        ("huge", rule(format!("{} > 1", "9".repeat(1000)))),
        ("huge-size", rule("filesize < 99999999999999GB".into())),
        ("huge-hexadecimal", rule(format!("0x{} > 1", "f".repeat(1000)))),
        ("includes-itself", "include \"content\"\n".repeat(1000)),
        ("includes-a-device", "include \"/dev/zero\"\n".to_owned()),
        ("imports-content", "import \"content\"\n".repeat(1000)),
        ("refers-to-itself", rule("a".into())),
        ("long-loop", rule("for any i in (1..1000000000) : (i == 0)".into())),
        (
            "many-rules",
            (0..20_000)
                .fold(String::new(), |text, n| format!("{text}rule r{n} {{ condition: false }}\n")),
        ),
        // boreal makes 255 texts of each. libyara asks for gigabytes only where events match: see `bad_events`.
        (
            "xor-strings",
            (0..200).fold("rule a { strings:".to_owned(), |text, n| {
                format!("{text} $s{n} = \"{}{n}\" xor", "b".repeat(3000))
            }) + " condition: any of them }",
        ),
        (
            "many-strings",
            (0..20_000).fold("rule a { strings:".to_owned(), |text, n| {
                format!("{text} $s{n} = /a{{0,{}}}b{n}/", n % 1000)
            }) + " condition: any of them }",
        ),
    ]
}
