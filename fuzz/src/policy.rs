//! Text as a policy: reading never panics, every problem lies in the text and can be shown, and what is read
//! means the same each time.

use proofhouse::policy::Policy;

/// Reads the text; bytes that are no UTF-8 are replaced. Gives whether it is a policy.
///
/// # Panics
/// If a property does not hold.
pub fn check(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    match Policy::parse(&text) {
        Ok(policy) => {
            let again = Policy::parse(&text);
            assert_eq!(again.as_ref(), Ok(&policy));
            assert_eq!(again.map(|again| again.digest()), Ok(policy.digest()));
            true
        }
        Err(problems) => {
            assert!(!problems.is_empty(), "refused without a reason");
            for problem in problems {
                assert!(
                    text.get(problem.span.clone()).is_some(),
                    "{problem:?} is outside the text"
                );
                let shown = problem.render("policy.toml", &text);
                assert!(!shown.is_empty(), "{problem:?} cannot be shown");
            }
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smoke::{BUDGET_MS, damage};

    /// A policy that says something in every section.
    const POLICY: &str = r#"schema = "proofhouse.policy/1"
sanitize = "full"
[limits]
fuel = 1000000
memory = "16 MiB"
stack_profile = "kernel"
deadline = "5 s"
[gates]
skip = ["schema"]
[files]
include = ["*.chan"]
[severity]
malformed = "warning"
[interpreter."channel@7.11"]
arguments = ["channel", "/content"]
configuration = { level = 7, names = ["a", "b"] }
"#;

    #[test]
    fn smoke() {
        let (mut read, mut refused) = (false, false);
        arbtest::arbtest(|u| {
            let mut text = POLICY.as_bytes().to_vec();
            damage(u, &mut text)?;
            // Lines that are there twice, elsewhere, or not at all.
            let mut lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
            if u.arbitrary()? {
                let (from, to) = (u.choose_index(lines.len())?, u.choose_index(lines.len())?);
                match u.int_in_range(0..=2)? {
                    0 => lines.swap(from, to),
                    1 => lines.truncate(to),
                    _ => {
                        let line = lines.get(from).copied().unwrap_or_default();
                        lines.insert(to, line);
                    }
                }
            }
            for bytes in [lines.concat().as_slice(), u.arbitrary()?] {
                if check(bytes) {
                    read = true;
                } else {
                    refused = true;
                }
            }
            Ok(())
        })
        .budget_ms(BUDGET_MS)
        .run();
        assert!(read && refused, "inputs are all alike");
    }
}
