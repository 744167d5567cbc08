//! What an interpreter makes once is in the image that each run starts from, not in what content costs.

use crate::case::{cases, list};

/// The fuel of each event of a case, `case` of `guest`.
fn fuel(guest: &str, case: &str) -> Vec<u64> {
    let case = cases(guest).into_iter().find(|found| found.name() == case).unwrap();
    let subject = case.subject(guest.as_ref(), &["--sanitize", "off"]);
    let events = list(subject.pointer("/runs/0/events"));
    events.iter().map(|event| event.get("fuel").unwrap().as_u64().unwrap()).collect()
}

/// Its first decision took ten times the fuel of the next one while the warm-up only parsed.
#[test]
fn first_event_of_cedar_costs_what_the_others_do() {
    let fuel = fuel("cedar", "photos");
    let (first, others) = fuel.split_first().unwrap();
    let most = others.iter().max().unwrap();
    assert!(*first < most.saturating_mul(2), "{fuel:?}");
}
