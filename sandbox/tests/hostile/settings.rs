//! How a hostile module is run: the leading comment lines of its text, each `;; key: value`.
//!
//! | key | value | default |
//! |---|---|---|
//! | `idea` | what is hostile about it, and whose fault that is; may be repeated | required |
//! | `content` | text | `content` |
//! | `events` | texts, separated by spaces | none |
//! | `configuration` | JSON | none |
//! | `arguments` | texts, separated by spaces | none |
//! | `sanitize` | `off`, `on` or `full` | `on` |
//! | `limits` | `name=value`, separated by spaces | those of `small_limits` |

use crate::common::small_limits;
use proofhouse_sandbox::{Limits, Sanitize};
use std::time::Duration;

/// What a module is run on, and under which limits.
pub(crate) struct Settings {
    pub(crate) content: String,
    pub(crate) events: Vec<String>,
    pub(crate) configuration: Option<String>,
    pub(crate) arguments: Vec<String>,
    pub(crate) limits: Limits,
    pub(crate) sanitize: Sanitize,
}

impl Settings {
    /// Reads the leading comment lines. What is not understood is an error: a typo must not turn a
    /// test into another one.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut settings = Self {
            content: "content".into(),
            events: Vec::new(),
            configuration: None,
            arguments: Vec::new(),
            limits: small_limits(),
            sanitize: Sanitize::On,
        };
        let mut has_idea = false;
        for line in text.lines().map_while(|line| line.strip_prefix(";; ")) {
            let (key, value) = line.split_once(": ").ok_or_else(|| format!("no key: {line}"))?;
            let words = || value.split(' ').map(str::to_owned).collect();
            match key {
                "idea" => has_idea = true,
                "content" => settings.content = value.into(),
                "events" => settings.events = words(),
                "configuration" => settings.configuration = Some(value.into()),
                "arguments" => settings.arguments = words(),
                "sanitize" => {
                    settings.sanitize = Sanitize::named(value)
                        .ok_or_else(|| format!("not how memory is checked: {line}"))?;
                }
                "limits" => {
                    value.split(' ').try_for_each(|word| limit(&mut settings.limits, word))?;
                }
                _ => return Err(format!("unknown key: {line}")),
            }
        }
        if has_idea { Ok(settings) } else { Err("no line `;; idea: ...`".into()) }
    }
}

fn limit(limits: &mut Limits, word: &str) -> Result<(), String> {
    let (name, value) = word.split_once('=').ok_or_else(|| format!("no value: {word}"))?;
    let place = match name {
        "fuel" => &mut limits.fuel,
        "memory" => &mut limits.memory_bytes,
        "table" => &mut limits.table_elements,
        "output" => &mut limits.output_bytes,
        "records" => &mut limits.emitted_records,
        "record-bytes" => &mut limits.emitted_bytes,
        "messages" => &mut limits.messages,
        "message-bytes" => &mut limits.message_bytes,
        "deadline-ms" => {
            limits.deadline = Duration::from_millis(number(value)?);
            return Ok(());
        }
        _ => return Err(format!("unknown limit: {word}")),
    };
    *place = number(value)?;
    Ok(())
}

/// A number; `KiB` and `MiB` multiply it; `unlimited` is the largest.
fn number(text: &str) -> Result<u64, String> {
    if text == "unlimited" {
        return Ok(u64::MAX);
    }
    let (digits, unit) = match (text.strip_suffix("KiB"), text.strip_suffix("MiB")) {
        (Some(digits), _) => (digits, 1 << 10),
        (_, Some(digits)) => (digits, 1 << 20),
        (None, None) => (text, 1),
    };
    let number: u64 = digits.parse().map_err(|error| format!("{text}: {error}"))?;
    number.checked_mul(unit).ok_or_else(|| format!("{text}: too large"))
}
