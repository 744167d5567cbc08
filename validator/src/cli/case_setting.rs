//! Limits as case files hold them.

use proofhouse_corpus::CaseSetting;
use proofhouse_sandbox::{Limits, StackProfile};

#[cfg(feature = "fuzz")]
/// The setting of a run with these limits.
pub(super) fn setting_of(limits: &Limits, sanitize: &str, arguments: &[String]) -> CaseSetting {
    CaseSetting {
        fuel: limits.fuel,
        memory_bytes: limits.memory_bytes,
        sanitize: sanitize.to_owned(),
        configuration: None,
        arguments: arguments.to_vec(),
        stack_profile: limits.stack.name().to_owned(),
        table_elements: limits.table_elements,
        output_bytes: limits.output_bytes,
        emitted_records: limits.emitted_records,
        emitted_bytes: limits.emitted_bytes,
        messages: limits.messages,
        message_bytes: limits.message_bytes,
    }
}

/// The limits of a case's run. `None` if this program has no such stack profile.
pub(super) fn limits_of(setting: &CaseSetting) -> Option<Limits> {
    let mut limits = Limits::default();
    limits.fuel = setting.fuel;
    limits.memory_bytes = setting.memory_bytes;
    limits.stack = StackProfile::named(&setting.stack_profile)?;
    limits.table_elements = setting.table_elements;
    limits.output_bytes = setting.output_bytes;
    limits.emitted_records = setting.emitted_records;
    limits.emitted_bytes = setting.emitted_bytes;
    limits.messages = setting.messages;
    limits.message_bytes = setting.message_bytes;
    Some(limits)
}

/// The limits that are others than a run has here unless it is told otherwise: name, the case's, those here.
pub(super) fn differences(limits: &Limits) -> Vec<(&'static str, String, String)> {
    let here = Limits::default();
    let number =
        |name, pick: fn(&Limits) -> u64| (name, pick(limits).to_string(), pick(&here).to_string());
    let mut all = vec![
        number("fuel", |limits| limits.fuel),
        number("memory-bytes", |limits| limits.memory_bytes),
        ("stack-profile", limits.stack.name().to_owned(), here.stack.name().to_owned()),
        number("table-elements", |limits| limits.table_elements),
        number("output-bytes", |limits| limits.output_bytes),
        number("emitted-records", |limits| limits.emitted_records),
        number("emitted-bytes", |limits| limits.emitted_bytes),
        number("messages", |limits| limits.messages),
        number("message-bytes", |limits| limits.message_bytes),
    ];
    all.retain(|(_, of_case, here)| of_case != here);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_limit_that_decides_is_kept_and_named() {
        type Change = fn(&mut Limits);
        let changes: [(&str, Change); 9] = [
            ("fuel", |limits| limits.fuel = 1),
            ("memory-bytes", |limits| limits.memory_bytes = 1),
            ("stack-profile", |limits| limits.stack = StackProfile::Kernel),
            ("table-elements", |limits| limits.table_elements = 1),
            ("output-bytes", |limits| limits.output_bytes = 1),
            ("emitted-records", |limits| limits.emitted_records = 1),
            ("emitted-bytes", |limits| limits.emitted_bytes = 1),
            ("messages", |limits| limits.messages = 1),
            ("message-bytes", |limits| limits.message_bytes = 1),
        ];
        assert_eq!(differences(&Limits::default()), []);
        for (name, change) in changes {
            let mut limits = Limits::default();
            change(&mut limits);
            let names: Vec<_> = differences(&limits).into_iter().map(|(name, ..)| name).collect();
            assert_eq!(names, [name]);
            #[cfg(feature = "fuzz")]
            assert_eq!(limits_of(&setting_of(&limits, "on", &[])), Some(limits), "{name}");
        }
    }
}
