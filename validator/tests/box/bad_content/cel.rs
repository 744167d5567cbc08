//! CEL.

use serde_json::json;

use super::{DEEP, Language, nested};

/// `x.a.a...`: with 23,000 of them cel-rust 0.15 takes the 8 MiB of a main thread. In the sandbox the stack is smaller.
const MEMBERS: usize = 20_000;
/// `x[0][0]...` and `x+1+1...`: the same with 4,700.
const OPERATIONS: usize = 4_000;

pub(super) fn language() -> Language {
    let text = |name, text: String| (name, text.into_bytes());
    Language {
        guest: "cel",
        extension: "cel",
        good: b"x == 1".to_vec(),
        event: json!({ "x": 1 }),
        bad: vec![
            text("parentheses", nested("(", "true", ")")),
            text("lists", nested("[", "1", "]")),
            text("maps", nested("{1:", "1", "}")),
            text("calls", nested("size(", "'a'", ")")),
            text("negations", format!("{}true", "!".repeat(DEEP))),
            text("minuses", format!("{}x", "-".repeat(DEEP))),
            text("conditionals", format!("{}1", "true ? 1 : ".repeat(DEEP))),
            text("members", format!("x{}", ".a".repeat(MEMBERS))),
            text("indices", format!("x{}", "[0]".repeat(OPERATIONS))),
            text("sums", format!("x{}", "+1".repeat(OPERATIONS))),
            text("regex", r#""aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!".matches("^(a+)+$")"#.into()),
            text("large-regex", r#""a".matches("((a{1000}){1000}){1000}")"#.into()),
            text("huge", "99999999999999999999999999999 > 1".into()),
            text("gigabytes", doubled("'a'", 40)),
            text(
                "loops",
                "[0,1,2,3,4,5,6,7,8,9]".to_owned()
                    + &".map(x, [0,1,2,3,4,5,6,7,8,9]".repeat(9)
                    + &")".repeat(9),
            ),
        ],
    }
}

/// A text that is joined with itself that many times, each time as the only element of a list.
fn doubled(text: &str, times: usize) -> String {
    (0..times).fold(text.to_owned(), |inside, _| format!("[{inside}].map(x, x + x)[0]"))
}
