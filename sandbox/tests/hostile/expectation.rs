//! What opening and running a module ended in, in the form that stands beside it.

use crate::common::sandbox;
use crate::settings::Settings;
use proofhouse_sandbox::{Job, Outcome, Phase, Verdict, verdict};
use serde_json::{Value, json};

/// The end of a run, or of the attempt to open the module.
pub(crate) struct Ended {
    pub(crate) verdict: Verdict,
    phase: Phase,
    outcome: Outcome,
    event: Option<usize>,
    refused_calls: Vec<&'static str>,
}

/// Opens a module and runs it.
pub(crate) fn of(wasm: Vec<u8>, settings: &Settings) -> Ended {
    let interpreter = match sandbox().interpreter(wasm, &settings.limits, settings.sanitize) {
        Ok(interpreter) => interpreter,
        Err(error) => {
            let (phase, outcome) = (error.phase, error.outcome);
            let verdict = verdict(outcome.kind(), phase);
            return Ended { verdict, phase, outcome, event: None, refused_calls: Vec::new() };
        }
    };
    let events: Vec<&[u8]> = settings.events.iter().map(String::as_bytes).collect();
    let run = interpreter.run(&Job {
        content: settings.content.as_bytes(),
        events: &events,
        limits: &settings.limits,
        configuration: settings.configuration.as_deref(),
        arguments: &settings.arguments,
    });
    Ended {
        verdict: run.verdict(),
        phase: run.phase,
        outcome: run.outcome,
        event: run.event,
        refused_calls: run.refused_calls,
    }
}

impl Ended {
    /// As JSON, with frames reduced to the names of their functions: offsets change with every edit.
    pub(crate) fn to_json(&self) -> String {
        let mut outcome = serde_json::to_value(&self.outcome).unwrap();
        if let Some(frames) = outcome.get_mut("frames") {
            *frames = self.outcome.frames().iter().map(|f| Value::from(&*f.function)).collect();
        }
        let mut value = json!({
            "phase": self.phase,
            "verdict": self.verdict,
            "outcome": outcome,
        });
        if let Some(event) = self.event {
            value["event"] = event.into();
        }
        if !self.refused_calls.is_empty() {
            value["refused_calls"] = json!(self.refused_calls);
        }
        let mut text = serde_json::to_string_pretty(&value).unwrap();
        text.push('\n');
        text
    }
}
