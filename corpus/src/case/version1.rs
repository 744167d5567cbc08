//! Case files of version 1: of all limits they hold fuel and memory. The others were what every run had.

use bincode::Decode;

use super::{Case, CaseEvent, CaseInterpreter, CaseOutcome, CaseSetting};

/// A case as version 1 wrote it.
#[derive(Decode)]
pub(super) struct CaseV1 {
    interpreter: CaseInterpreter,
    setting: SettingV1,
    content: Vec<u8>,
    events: Vec<CaseEvent>,
    expected: CaseOutcome,
}

#[derive(Decode)]
struct SettingV1 {
    fuel: u64,
    memory_bytes: u64,
    sanitize: String,
    configuration: Option<String>,
    arguments: Vec<String>,
}

impl From<CaseV1> for Case {
    fn from(case: CaseV1) -> Self {
        let CaseV1 { interpreter, setting, content, events, expected } = case;
        let SettingV1 { fuel, memory_bytes, sanitize, configuration, arguments } = setting;
        // The defaults of then: today's may be others.
        let setting = CaseSetting {
            fuel,
            memory_bytes,
            sanitize,
            configuration,
            arguments,
            stack_profile: "process".into(),
            table_elements: 1 << 20,
            output_bytes: 1 << 20,
            emitted_records: 100_000,
            emitted_bytes: 16 << 20,
            messages: 1_000,
            message_bytes: 1 << 20,
        };
        Self { interpreter, setting, content, events, expected }
    }
}
