//! The two crates that evaluate Sigma, over the same public rules and recorded events: the counts that
//! `docs/guests/sigma.md` has as its reason for rsigma.
//!
//! The content is not part of this repository. The folder is `../shared` beside it, or what
//! `PROOFHOUSE_SHARED` names; without it the test says so and passes.
#![allow(clippy::unwrap_used, reason = "a file that cannot be read fails the test")]

#[path = "../../../../fixtures/skipped.rs"]
mod skips;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use proofhouse_guest::{Session, record};
use proofhouse_guest_sigma::{Sigma, flattened};
use serde_json::{Deserializer, Value};
use sigma_rust::{Event, Rule, rule_from_yaml};
use skips::skipped;

/// Files below a folder with an ending, sorted.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.extension().is_some_and(|extension| extension == ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// What stands behind a name, on the first line that begins with it.
fn setting<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let value = text.lines().find_map(|line| line.trim().strip_prefix(name))?;
    Some(value.trim().trim_matches(['\'', '"']))
}

/// How many records of an event file match by rsigma, as the guest has it.
fn by_rsigma(rule: &str, event: &[u8]) -> Option<i32> {
    let mut session = Session::<Sigma>::default();
    let (code, _) = record(|| session.load(rule.as_bytes()));
    (code == 0).then(|| record(|| session.evaluate(event)).0)
}

/// The same by sigma-rust. It knows no nested Windows events: the adapter's records are what it gets too.
fn by_sigma_rust(rule: &Rule, event: &[u8]) -> i32 {
    let records = Deserializer::from_slice(event).into_iter::<Value>();
    let matches = records.filter(|record| {
        let object = record.as_ref().unwrap().as_object().unwrap().clone();
        rule.is_match(&Event::try_from(Value::Object(flattened(object))).unwrap())
    });
    matches.count().try_into().unwrap()
}

#[test]
fn both_crates_over_public_rules() {
    let shared = std::env::var_os("PROOFHOUSE_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared"),
        PathBuf::from,
    );
    let sigma = shared.join("real/sigma");
    if !sigma.is_dir() {
        return skipped(format!("no public rules at {}", sigma.display()));
    }
    let (mut ours, mut theirs, mut refused) = (0_usize, 0_usize, BTreeSet::new());
    let mut by_id = BTreeMap::new();
    let paths = files(&sigma.join("rules"), "yml");
    for path in &paths {
        let text = fs::read_to_string(path).unwrap();
        ours += usize::from(record(|| Session::<Sigma>::default().load(text.as_bytes())).0 == 0);
        match rule_from_yaml(&text) {
            Ok(_) => theirs += 1,
            Err(error) => _ = refused.insert(error.to_string()),
        }
        if let Some(id) = setting(&text, "id:") {
            by_id.insert(id.to_owned(), text);
        }
    }
    let (mut events, mut right, mut theirs_right) = (0, 0, 0);
    for path in files(&sigma.join("regression_data"), "json") {
        let about = fs::read_to_string(path.with_file_name("info.yml")).unwrap();
        // Half of a collection: not every event's rule is here.
        let Some(rule) = by_id.get(setting(&about, "- id:").unwrap()) else { continue };
        let expected = setting(&about, "match_count:").map_or(1, |count| count.parse().unwrap());
        let event = fs::read(&path).unwrap();
        events += 1;
        right += usize::from(by_rsigma(rule, &event) == Some(expected));
        let seen = rule_from_yaml(rule).ok().map(|rule| by_sigma_rust(&rule, &event));
        theirs_right += usize::from(seen == Some(expected));
    }
    println!("rules: {} files, rsigma loads {ours}, sigma-rust {theirs}", paths.len());
    println!("events: {events} files, right by rsigma {right}, by sigma-rust {theirs_right}");
    println!("sigma-rust refuses: {refused:#?}");
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs/guests/sigma.md");
    let page = fs::read_to_string(page).unwrap();
    let thousands = |count: usize| format!("{},{:03}", count / 1000, count % 1000);
    for row in [
        format!(
            "| of {} public rules load | {} | {}: ",
            thousands(paths.len()),
            thousands(ours),
            thousands(theirs)
        ),
        format!(
            "| of {events} recorded event files match as often as expected | {right} | {theirs_right} "
        ),
    ] {
        assert!(page.contains(&row), "docs/guests/sigma.md does not have this:\n{row}");
    }
}
