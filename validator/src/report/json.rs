//! The JSON report. Its schema is `docs/schemas/report-1.json`.
//!
//! It is one object, written as the judgements come: one subject a line, the verdict after them.

use super::{Head, Report, Tally, Tool};
use crate::interpreter::RELEASE;
use crate::judge::{JudgedRun, Judgement};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proofhouse_sandbox::{Evaluated, Records};
use serde::Serialize;
use serde_json::{Value, json};
use std::io::{self, Write};

/// The `schema` member of a report.
pub const REPORT_SCHEMA: &str = "proofhouse.report/1";

/// Writes the report to `out`.
pub struct Json<W> {
    out: W,
    first: bool,
}

impl<W: Write> Json<W> {
    /// A report that goes there.
    pub fn new(out: W) -> Self {
        Self { out, first: true }
    }
}

impl<W: Write> Report for Json<W> {
    fn begin(&mut self, head: &Head<'_>) -> io::Result<()> {
        let interpreters: Vec<_> = head.judges.iter().map(|judge| judge.entry()).collect();
        let members = [
            ("schema", json!(REPORT_SCHEMA)),
            ("tool", json!(Tool::default())),
            ("policy", json!({ "digest": head.policy.digest() })),
            ("sanitize", json!(head.policy.sanitize)),
            ("gates", json!(head.gates())),
            ("limits", json!(head.policy.limits)),
            ("interpreters", json!(interpreters)),
        ];
        self.out.write_all(b"{")?;
        for (name, value) in members {
            writeln!(self.out, "{}:{value},", json!(name))?;
        }
        self.out.write_all(b"\"subjects\":[")
    }

    fn subject(&mut self, head: &Head<'_>, judgement: &Judgement) -> io::Result<()> {
        self.out.write_all(if self.first { b"\n" } else { b",\n" })?;
        self.first = false;
        serde_json::to_writer(&mut self.out, &Subject::of(head, judgement))?;
        Ok(())
    }

    fn end(&mut self, _: &Head<'_>, tally: Tally) -> io::Result<()> {
        let (counts, verdict) = (json!(tally), json!(tally.verdict()));
        write!(self.out, "\n],\n\"counts\":{counts},\n\"verdict\":{verdict}}}\n")?;
        self.out.flush()
    }
}

#[derive(Serialize)]
struct Subject<'a> {
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_bytes: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    verdict: proofhouse_sandbox::Verdict,
    findings: &'a [crate::finding::Finding],
    runs: Vec<Value>,
}

impl<'a> Subject<'a> {
    fn of(head: &Head<'_>, judgement: &'a Judgement) -> Self {
        let path = &judgement.path;
        let exact = path.is_shown_exactly();
        Self {
            path: path.to_string(),
            path_bytes: (!exact).then(|| STANDARD.encode(path.as_bytes())),
            digest: judgement.content.as_ref().map(|content| content.digest.as_str()),
            size: judgement.content.as_ref().map(|content| content.size),
            verdict: judgement.verdict,
            findings: &judgement.findings,
            runs: judgement.runs.iter().map(|run| run_entry(head, run)).collect(),
        }
    }
}

fn run_entry(head: &Head<'_>, judged: &JudgedRun) -> Value {
    let run = &judged.run;
    let interpreter = head.judges.get(judged.judge).map(crate::interpreter::Judge::id);
    let events: Vec<Value> =
        run.events.iter().enumerate().map(|(at, event)| event_entry(head, at, event)).collect();
    let mut entry = json!({
        "interpreter": interpreter,
        "build": judged.build.as_deref().unwrap_or(RELEASE),
        "variant": judged.variant.to_string(),
        "outcome": run.outcome,
        "phase": run.phase,
        "fuel": run.fuel,
        "peak_memory_bytes": run.peak_memory_bytes,
        "events": events,
    });
    if let Some(entry) = entry.as_object_mut() {
        if !run.emitted.is_empty() {
            entry.insert("emitted".into(), records(&run.emitted));
        }
        if head.timings {
            let elapsed = u64::try_from(judged.elapsed.as_micros()).unwrap_or(u64::MAX);
            entry.insert("elapsed_us".into(), json!(elapsed));
        }
    }
    entry
}

fn event_entry(head: &Head<'_>, at: usize, event: &Evaluated) -> Value {
    json!({
        "id": head.events.id(at),
        "matches": event.matches,
        "emitted": records(&event.emitted),
        "fuel": event.fuel,
    })
}

/// Text as text, other bytes as base64.
fn records(records: &Records) -> Value {
    let record = |bytes| match std::str::from_utf8(bytes) {
        Ok(text) => json!(text),
        Err(_) => json!({ "base64": STANDARD.encode(bytes) }),
    };
    records.iter().map(record).collect()
}
