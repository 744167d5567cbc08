//! A JSON report, as a test asks it.

use crate::support::program::Ended;
use serde_json::Value;

/// The report on stdout.
pub(crate) fn parse(ended: &Ended) -> Value {
    serde_json::from_slice(&ended.stdout).unwrap_or_else(|error| {
        panic!("no report: {error}; stderr: {}", String::from_utf8_lossy(&ended.stderr))
    })
}

/// The subjects of a report.
pub(crate) fn subjects(report: &Value) -> &Vec<Value> {
    report["subjects"].as_array().unwrap()
}

/// Path, verdict and the codes of all findings of each subject.
pub(crate) fn judgements(report: &Value) -> Vec<(&str, &str, Vec<&str>)> {
    let of_subject = |subject| (text(subject, "path"), text(subject, "verdict"), codes(subject));
    subjects(report).iter().map(of_subject).collect()
}

/// The codes of all findings of a subject.
pub(crate) fn codes(subject: &Value) -> Vec<&str> {
    subject["findings"].as_array().unwrap().iter().map(|finding| text(finding, "code")).collect()
}

/// A member that is a text.
pub(crate) fn text<'v>(value: &'v Value, member: &str) -> &'v str {
    value[member].as_str().unwrap_or_else(|| panic!("no text `{member}` in {value}"))
}
