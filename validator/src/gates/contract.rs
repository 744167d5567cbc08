//! The contract: what content needs against what the interpreter says it supplies.
//!
//! This is the comparison that was missing on 19 July 2024: a template type that declared 21 inputs,
//! and code that supplied 20. Content whose further criteria are all wildcards needs nothing that is
//! not there, but the next content of its kind may: that is a warning.

use crate::finding::{Code, Findings};
use crate::interpreter::Judge;
use crate::place::Place;
use proofhouse_corpus::{ChannelFile, Criterion};
use proofhouse_sandbox::TemplateType;

/// Instances that get a finding each; the rest are counted in the last one.
const REPORTED: usize = 10;

/// Compares one channel file with the template types of an interpreter.
pub fn check(
    file: &ChannelFile<'_>,
    supplied: &[TemplateType],
    judge: &Judge,
    findings: &mut Findings<'_>,
) {
    let interpreter = judge.id();
    let version = judge.version();
    let Some(template) = supplied.iter().find(|t| t.id == file.template_type) else {
        let message =
            format!("template type {} is not known to interpreter {version}", file.template_type);
        let place = Place::at_byte(proofhouse_corpus::TEMPLATE_TYPE_OFFSET);
        return findings.push(Code::ContractTemplate, Some(interpreter), place, message);
    };
    if file.input_count <= template.inputs {
        return;
    }
    let lacking = format!(
        "template type declares {} inputs, interpreter {version} supplies {}",
        file.input_count, template.inputs
    );
    let needs = needs_beyond(file, template.inputs);
    if needs.is_empty() {
        let message = format!("{lacking}; no instance reads beyond them");
        let place = Place::at_byte(proofhouse_corpus::INPUT_COUNT_OFFSET);
        return findings.push(Code::ContractMargin, Some(interpreter), place, message);
    }
    for (nth, need) in needs.iter().enumerate().take(REPORTED) {
        let place = Place {
            instance: Some(need.instance),
            input: Some(need.input),
            ..need.offset.map_or_else(Place::default, Place::at_byte)
        };
        let rest = needs.len().saturating_sub(REPORTED);
        let message = if rest > 0 && nth.saturating_add(1) == REPORTED {
            format!("{lacking} (and {rest} more instances)")
        } else {
            lacking.clone()
        };
        findings.push(Code::ContractInputs, Some(interpreter), place, message);
    }
}

/// A criterion that reads an input that is not supplied.
struct Need {
    instance: u32,
    input: u32,
    offset: Option<usize>,
}

/// The first such criterion of each instance.
fn needs_beyond(file: &ChannelFile<'_>, supplied: u32) -> Vec<Need> {
    let supplied = usize::try_from(supplied).unwrap_or(usize::MAX);
    let of_instance = |(index, instance): (usize, &proofhouse_corpus::Instance<'_>)| {
        let mut beyond = instance.criteria.iter().enumerate().skip(supplied);
        let (at, _) = beyond.find(|(_, c)| !matches!(c, Criterion::Wildcard))?;
        Some(Need {
            instance: instance.id,
            input: u32::try_from(at).ok()?.checked_add(1)?,
            offset: file.criterion_offset(index, at),
        })
    };
    file.instances.iter().enumerate().filter_map(of_instance).collect()
}

#[cfg(test)]
mod tests;
