//! Limits as case files hold them.

use proofhouse_corpus::CaseSetting;
use proofhouse_sandbox::{Limits, StackProfile};

/// The setting of a run with these limits.
#[cfg(feature = "fuzz")]
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

/// What a case asks for and does not get.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum SettingError {
    /// This program has no such stack profile.
    #[error("unknown stack profile `{0}`")]
    Profile(String),
    /// A case is anybody's, and what these limits bound is kept in the memory of this process.
    #[error(
        "the case has {name} {of_case}; a case may have less than the {here} of a run without one, not more"
    )]
    Over { name: &'static str, of_case: String, here: String },
}

/// Limits that may be over those of a run without a case: what they bound is bounded otherwise, too.
const MAY_BE_OVER: [&str; 3] = ["fuel", "memory-bytes", "stack-profile"];

/// The limits of a case's run.
///
/// # Errors
/// It asks for what it does not get.
pub(super) fn limits_of(setting: &CaseSetting) -> Result<Limits, SettingError> {
    let unknown = || SettingError::Profile(setting.stack_profile.clone());
    let mut limits = Limits::default();
    limits.fuel = setting.fuel;
    limits.memory_bytes = setting.memory_bytes;
    limits.stack = StackProfile::named(&setting.stack_profile).ok_or_else(unknown)?;
    limits.table_elements = setting.table_elements;
    limits.output_bytes = setting.output_bytes;
    limits.emitted_records = setting.emitted_records;
    limits.emitted_bytes = setting.emitted_bytes;
    limits.messages = setting.messages;
    limits.message_bytes = setting.message_bytes;
    let number = |text: &str| text.parse::<u64>().unwrap_or(u64::MAX);
    let over = differences(&limits).into_iter().find(|(name, of_case, here)| {
        !MAY_BE_OVER.contains(name) && number(of_case) > number(here)
    });
    match over {
        Some((name, of_case, here)) => Err(SettingError::Over { name, of_case, here }),
        None => Ok(limits),
    }
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
            assert_eq!(limits_of(&setting_of(&limits, "on", &[])), Ok(limits), "{name}");
        }
    }

    #[cfg(feature = "fuzz")]
    #[test]
    fn no_case_makes_this_process_keep_more() {
        type Change = fn(&mut CaseSetting);
        let changes: [(&str, Change); 6] = [
            ("table-elements", |case| case.table_elements = u64::MAX),
            ("output-bytes", |case| case.output_bytes = u64::MAX),
            ("emitted-records", |case| case.emitted_records = u64::MAX),
            ("emitted-bytes", |case| case.emitted_bytes = u64::MAX),
            ("messages", |case| case.messages = u64::MAX),
            ("message-bytes", |case| case.message_bytes = u64::MAX),
        ];
        let fair = setting_of(&Limits::default(), "on", &[]);
        for (changed, change) in changes {
            let mut case = fair.clone();
            change(&mut case);
            let refused = limits_of(&case);
            assert!(
                matches!(&refused, Err(SettingError::Over { name, .. }) if *name == changed),
                "{changed}: {refused:?}"
            );
        }
        let case = CaseSetting { stack_profile: "abyss".into(), fuel: u64::MAX, ..fair };
        assert_eq!(limits_of(&case), Err(SettingError::Profile("abyss".into())));
    }
}
