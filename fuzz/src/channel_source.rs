//! Text as the source of a channel file: reading never panics, and what is read is a valid file.

use proofhouse_corpus::ChannelFile;

use crate::channel_roundtrip;

/// Reads the text; bytes that are no UTF-8 are replaced.
///
/// # Panics
/// If a property does not hold.
pub fn check(bytes: &[u8]) {
    let source = String::from_utf8_lossy(bytes);
    match ChannelFile::from_toml(&source) {
        Ok(file) => channel_roundtrip::check(&file),
        Err(error) => {
            assert!(source.get(error.span()).is_some(), "{error} is outside the source");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smoke::{BUDGET_MS, damage};

    #[test]
    fn smoke() {
        let mut read = false;
        arbtest::arbtest(|u| {
            let file: ChannelFile<'_> = u.arbitrary()?;
            let mut source = file.to_toml().into_bytes();
            damage(u, &mut source)?;
            check(&source);
            check(u.arbitrary()?);
            read |= str::from_utf8(&source).is_ok_and(|it| ChannelFile::from_toml(it).is_ok());
            Ok(())
        })
        .budget_ms(BUDGET_MS)
        .run();
        assert!(read, "no input got as far as the round trip");
    }
}
