//! Bytes as a channel file: decoding never panics, and what decodes is encoded to an equal file.

use proofhouse_corpus::{ChannelFile, EncodeError, reseal};

/// Decodes the bytes as they are, and with the right checksum: no fuzzer guesses that.
///
/// # Panics
/// If a property does not hold.
pub fn check(bytes: &[u8]) {
    check_file(bytes);
    let mut sealed = bytes.to_vec();
    reseal(&mut sealed);
    check_file(&sealed);
}

fn check_file(bytes: &[u8]) {
    let file = match ChannelFile::decode(bytes) {
        Ok(file) => file,
        Err(error) => {
            assert!(error.offset() <= bytes.len(), "{error} is outside the file");
            return;
        }
    };
    match file.encode() {
        Ok(encoded) => assert_eq!(ChannelFile::decode(&encoded), Ok(file)),
        // Strings may overlap in the file; each on its own, they need not fit.
        Err(EncodeError::StringsSize { .. }) => {}
        Err(error) => assert_eq!(Err(error), Ok(file), "a file that decodes breaks no other rule"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smoke::{BUDGET_MS, damage};

    #[test]
    fn smoke() {
        let mut decoded = 0;
        arbtest::arbtest(|u| {
            let file: ChannelFile<'_> = u.arbitrary()?;
            let mut bytes = file.encode().unwrap_or_default();
            damage(u, &mut bytes)?;
            check(&bytes);
            check(u.arbitrary()?);
            reseal(&mut bytes);
            decoded |= u8::from(ChannelFile::decode(&bytes).is_ok());
            Ok(())
        })
        .budget_ms(BUDGET_MS)
        .run();
        assert_eq!(decoded, 1, "no input got as far as the round trip");
    }
}
