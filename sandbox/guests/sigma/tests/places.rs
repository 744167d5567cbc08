//! Errors have the place in the file, however the YAML is written.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use proofhouse_guest::Interpreter as _;
use proofhouse_guest_sigma::Sigma;

/// The start of each file.
const HEAD: &str = "title: é\nlogsource:\n  product: x\ndetection:\n";

/// What follows it, with `^` before the place that is expected; without one, none is known.
const DETECTIONS: [&str; 23] = [
    // A condition that does not parse.
    "  s:\n    x: 1\n  condition: s and ^and s\n",
    "  s:\n    x: 1\n  condition: 's and ^and s'\n",
    "  s:\n    x: 1\n  condition:   \"s and ^and s\" # condition: s and and s\n",
    "  s:\n    x: 1\n  condition:\n    - s\n    - s and ^and s\n",
    "  s:\n    x: 1\n  condition: |\n      s and ^and s\n",
    "  s:\n    x: 1\n  condition: >-\n      s and ^and s\n",
    "  s:\n    x: 1\n  condition: |\n      s\n      and ^and s\n",
    "  {s: {x: 1}, condition: s and ^and s}\n",
    "  s:\n    x: 'condition: s and and s'\n  condition: s and ^and s\n",
    // Not in the file as rsigma reads it: the start of the value.
    "  s:\n    x: 1\n  condition: ^s and\n    and s\n",
    "  s:\n    x: 1\n  condition: ^\"s and \\x61nd s\"\n",
    "  s:\n    x: 1\n  condition: ^&a s and and s\n",
    // A condition behind what is no YAML, and before it.
    "  s: [\n    x: 1\n^---\n",
    "  s:\n    x: 1\n  condition: s and ^and s\n---\n[\n",
    // A modifier that there is not.
    "  s:\n    x: 1\n    ^y|endwith: 2\n  condition: s\n",
    "  s:\n    - ^'y|endwith': 2\n  condition: s\n",
    // A selection that there is not.
    "  s:\n    x: 1\n  condition: s and not ^t\n",
    "  s:\n    x: 1\n  condition: s and st or (^t)\n  st: {x: 2}\n",
    "  s:\n    x: 1\n  condition: s\n---\ntitle: b\nlogsource: {product: x}\ndetection:\n  u: {x: 1}\n  condition: ^s\n",
    "  s:\n    x: 1\n  t: {y: 1}\n  condition: s and t\n---\ntitle: b\nlogsource: {product: x}\ndetection:\n  s: {x: 1}\n  condition: s and ^t\n",
    "  s:\n    x: 1\n  condition: t\n---\naction: repeat\ntitle: b\n",
    // Not about a place that rsigma has.
    "  s:\n    x|cidr: 0.0.0.0/99\n  condition: s\n",
    "  s:\n    x: 1\n",
];

#[test]
fn places_are_those_in_the_file() {
    for detection in DETECTIONS {
        let marked = format!("{HEAD}{detection}");
        let text = marked.replacen('^', "", 1);
        let refused = Sigma::load(text.as_bytes(), &()).err().unwrap().to_string();
        let expected = marked.split_once('^').map(|(before, _)| {
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().unwrap().chars().count() + 1;
            format!("{line}:{column}: ")
        });
        match expected {
            Some(place) => assert!(refused.starts_with(&place), "{text}{place}\n{refused}"),
            None => assert!(!refused.starts_with(|c: char| c.is_ascii_digit()), "{text}{refused}"),
        }
    }
}
