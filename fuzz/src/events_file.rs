//! Bytes as an events file: reading never panics, and what is read is written and read again, as a
//! file and event by event.

use proofhouse_corpus::limits::MAX_EVENTS_FILE_BYTES;
use proofhouse_corpus::{EventsFile, FieldValues, Payload};

/// Reads the bytes, as a file and as an encoded event.
///
/// # Panics
/// If a property does not hold.
pub fn check(bytes: &[u8]) {
    if let Ok(file) = EventsFile::parse(bytes) {
        let json = file.to_json();
        if json.len() <= MAX_EVENTS_FILE_BYTES {
            assert_eq!(EventsFile::parse(json.as_bytes()).as_ref(), Ok(&file), "{json}");
        }
        for event in &file.events {
            if let Payload::Fields(fields) = &event.payload {
                assert_eq!(FieldValues::decode(&event.bytes()).as_ref(), Ok(fields));
            }
        }
    }
    match FieldValues::decode(bytes) {
        Ok(fields) => assert_eq!(fields.encode(), bytes, "there are two encodings"),
        Err(error) => assert!(error.offset() <= bytes.len(), "{error} is outside the event"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smoke::{BUDGET_MS, damage};

    #[test]
    fn smoke() {
        let (mut read, mut decoded) = (false, false);
        arbtest::arbtest(|u| {
            let file: EventsFile = u.arbitrary()?;
            let mut json = file.to_json().into_bytes();
            damage(u, &mut json)?;
            check(&json);
            let mut fields = u.arbitrary::<FieldValues>()?.encode();
            damage(u, &mut fields)?;
            check(&fields);
            check(u.arbitrary()?);
            read |= EventsFile::parse(&json).is_ok();
            decoded |= FieldValues::decode(&fields).is_ok();
            Ok(())
        })
        .budget_ms(BUDGET_MS)
        .run();
        assert!(read && decoded, "no input got as far as the round trip");
    }
}
