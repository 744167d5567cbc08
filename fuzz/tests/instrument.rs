use proofhouse_fuzz::sanitizer::*;
use proofhouse_sandbox::Outcome;
use std::cell::RefCell;
use std::collections::BTreeMap;
#[test]
fn fuzz_smoke() {
    let kinds = RefCell::new(BTreeMap::<String, u32>::new());
    let secs: u64 = std::env::var("SECS").ok().and_then(|s| s.parse().ok()).unwrap_or(5);
    arbtest::arbtest(|random| {
        let case: Case = random.arbitrary()?;
        let kind = match outcome(&case) {
            None => "refused".to_owned(),
            Some(Outcome::Trapped { memory: Some(m), .. }) => format!("{:?}", m.error),
            Some(Outcome::Trapped { trap, .. }) => format!("{trap:?}"),
            Some(o) => format!("{:?}", o.kind()),
        };
        *kinds.borrow_mut().entry(kind).or_default() += 1;
        Ok(())
    })
    .size_min(1 << 9)
    .size_max(1 << 12)
    .budget_ms(secs * 1000);
    println!("{kinds:?}");
}
