//! Channel files as values: encoding and source form both give back what they were given.

use proofhouse_corpus::ChannelFile;
use proofhouse_corpus::limits::MAX_SOURCE_BYTES;

/// Takes a valid file through its bytes and through its source.
///
/// # Panics
/// If a property does not hold.
pub fn check(file: &ChannelFile<'_>) {
    let bytes = file.encode();
    let decoded = bytes.as_deref().map(ChannelFile::decode);
    assert_eq!(decoded, Ok(Ok(file.clone())));
    let source = file.to_toml();
    if source.len() <= MAX_SOURCE_BYTES {
        assert_eq!(ChannelFile::from_toml(&source), Ok(file.clone().into_owned()), "{source}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smoke::BUDGET_MS;

    #[test]
    fn smoke() {
        arbtest::arbtest(|u| {
            check(&u.arbitrary()?);
            Ok(())
        })
        .budget_ms(BUDGET_MS);
    }
}
