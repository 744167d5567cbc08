//! Bytes as a case file: decoding never panics, and what decodes is encoded to an equal case.

use proofhouse_corpus::Case;

/// Decodes the bytes as they are, and as the body of a file with the right beginning.
///
/// # Panics
/// If a property does not hold.
pub fn check(bytes: &[u8]) {
    check_file(bytes);
    for version in [1, 2] {
        check_file(&[b"PROOFCSE", [version, 0].as_slice(), bytes].concat());
    }
}

fn check_file(bytes: &[u8]) {
    if let Ok(case) = Case::decode(bytes) {
        let encoded = case.encode();
        assert_eq!(encoded.as_deref().map(Case::decode), Ok(Ok(case)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smoke::{BUDGET_MS, damage};

    #[test]
    fn smoke() {
        let file = include_bytes!("../../fixtures/regressions/outage-from-quiet-content.case");
        let (mut read, mut refused) = (false, false);
        arbtest::arbtest(|u| {
            let mut bytes = file.to_vec();
            damage(u, &mut bytes)?;
            check(&bytes);
            check(u.arbitrary()?);
            match Case::decode(&bytes) {
                Ok(_) => read = true,
                Err(_) => refused = true,
            }
            Ok(())
        })
        .budget_ms(BUDGET_MS)
        .run();
        assert!(read && refused, "inputs are all alike");
    }
}
