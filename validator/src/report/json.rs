//! The JSON report. Its schema is `docs/schemas/report-1.json`.
//!
//! It is one object, written as the judgements come: one subject a line, the verdict after them.

use super::{Form, Head, Tally, Tool};
use crate::ingest::{ContentPath, Note, NoteKind, Notes};
use crate::interpreter::{Judge, RELEASE};
use crate::judge::{JudgedRun, Judgement};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proofhouse_sandbox::{Evaluated, Outcome, Phase, Records};
use serde::Serialize;
use serde_json::json;
use std::io::{self, Write};
use std::time::Duration;

/// The `schema` member of a report.
pub const REPORT_SCHEMA: &str = "proofhouse.report/1";

/// For programs.
#[derive(Clone, Copy, Debug)]
pub struct Json;

impl Form for Json {
    fn begin(&self, head: &Head<'_>, out: &mut dyn Write) -> io::Result<()> {
        let interpreters: Vec<_> = head.judges.iter().map(|judge| judge.entry()).collect();
        let mut members = vec![
            ("schema", json!(REPORT_SCHEMA)),
            ("tool", json!(Tool::default())),
            ("policy", json!({ "digest": head.policy.digest() })),
            ("sanitize", json!(head.policy.sanitize)),
            ("gates", json!(head.gates())),
            ("limits", json!(head.policy.limits)),
            ("interpreters", json!(interpreters)),
        ];
        members.extend(head.timings.map(|ready| ("ready_us", json!(microseconds(ready)))));
        let Notes { kept, dropped } = head.notes;
        if !kept.is_empty() {
            let notes: Vec<_> = kept.iter().map(NoteEntry::of).collect();
            members.extend([("notes", json!(notes)), ("more_notes", json!(dropped))]);
        }
        out.write_all(b"{")?;
        for (name, value) in members {
            writeln!(out, "{}:{value},", json!(name))?;
        }
        out.write_all(b"\"subjects\":[")
    }

    fn subject(
        &self,
        head: &Head<'_>,
        index: usize,
        judgement: &Judgement,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        out.write_all(if index == 0 { b"\n" } else { b",\n" })?;
        serde_json::to_writer(out, &Subject::of(head, judgement))?;
        Ok(())
    }

    fn end(&self, _: &Head<'_>, tally: Tally, out: &mut dyn Write) -> io::Result<()> {
        let (counts, verdict) = (json!(tally), json!(tally.verdict()));
        write!(out, "\n],\n\"counts\":{counts},\n\"verdict\":{verdict}}}\n")
    }
}

/// A path that is text, and its bytes where they are not those of the text.
#[derive(Serialize)]
struct PathEntry {
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_bytes: Option<String>,
}

impl PathEntry {
    fn of(path: &ContentPath) -> Self {
        let exact = path.is_shown_exactly();
        let path_bytes = (!exact).then(|| STANDARD.encode(path.as_bytes()));
        Self { path: path.to_string(), path_bytes }
    }
}

#[derive(Serialize)]
struct NoteEntry {
    #[serde(flatten)]
    path: PathEntry,
    kind: &'static str,
    message: String,
}

impl NoteEntry {
    fn of(note: &Note) -> Self {
        let kind = match note.kind {
            NoteKind::LinkedDirectory => "linked-directory",
            NoteKind::NothingMatched => "nothing-matched",
        };
        Self { path: PathEntry::of(&note.path), kind, message: note.kind.to_string() }
    }
}

#[derive(Serialize)]
struct Subject<'a> {
    #[serde(flatten)]
    path: PathEntry,
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    verdict: proofhouse_sandbox::Verdict,
    findings: &'a [crate::finding::Finding],
    runs: Vec<RunEntry<'a>>,
}

impl<'a> Subject<'a> {
    fn of(head: &Head<'a>, judgement: &'a Judgement) -> Self {
        Self {
            path: PathEntry::of(&judgement.path),
            digest: judgement.content.as_ref().map(|content| content.digest.as_str()),
            size: judgement.content.as_ref().map(|content| content.size),
            verdict: judgement.verdict,
            findings: &judgement.findings,
            runs: judgement.runs.iter().map(|run| RunEntry::of(head, run)).collect(),
        }
    }
}

#[derive(Serialize)]
struct RunEntry<'a> {
    interpreter: Option<&'a str>,
    build: &'a str,
    variant: String,
    outcome: &'a Outcome,
    phase: Phase,
    fuel: u64,
    peak_memory_bytes: u64,
    events: Vec<EventEntry<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    emitted: Vec<RecordEntry<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    elapsed_us: Option<u64>,
}

impl<'a> RunEntry<'a> {
    fn of(head: &Head<'a>, judged: &'a JudgedRun) -> Self {
        let run = &judged.run;
        let events = run.events.iter().enumerate();
        Self {
            interpreter: head.judges.get(judged.judge).map(Judge::id),
            build: judged.build.as_deref().unwrap_or(RELEASE),
            variant: judged.variant.to_string(),
            outcome: &run.outcome,
            phase: run.phase,
            fuel: run.fuel,
            peak_memory_bytes: run.peak_memory_bytes,
            events: events.map(|(at, event)| EventEntry::of(head, at, event)).collect(),
            emitted: records(&run.emitted),
            elapsed_us: head.timings.map(|_| microseconds(judged.elapsed)),
        }
    }
}

fn microseconds(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[derive(Serialize)]
struct EventEntry<'a> {
    id: Option<&'a str>,
    matches: u32,
    emitted: Vec<RecordEntry<'a>>,
    fuel: u64,
}

impl<'a> EventEntry<'a> {
    fn of(head: &Head<'a>, at: usize, event: &'a Evaluated) -> Self {
        Self {
            id: head.events.id(at),
            matches: event.matches,
            emitted: records(&event.emitted),
            fuel: event.fuel,
        }
    }
}

/// Text as text, other bytes as base64.
#[derive(Serialize)]
#[serde(untagged)]
enum RecordEntry<'a> {
    Text(&'a str),
    Bytes { base64: String },
}

fn records(records: &Records) -> Vec<RecordEntry<'_>> {
    let record = |bytes| match std::str::from_utf8(bytes) {
        Ok(text) => RecordEntry::Text(text),
        Err(_) => RecordEntry::Bytes { base64: STANDARD.encode(bytes) },
    };
    records.iter().map(record).collect()
}
