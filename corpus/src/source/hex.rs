//! Bytes in hexadecimal: two digits each, in either case, with nothing between them.

use super::error::SourceFault;

pub(super) fn decode(text: &str) -> Result<Vec<u8>, SourceFault> {
    let mut digits = Vec::new();
    for found in text.chars() {
        let digit = found.to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        digits.push(digit.ok_or(SourceFault::HexDigit { found })?);
    }
    match digits.as_chunks() {
        (pairs, []) => Ok(pairs.iter().map(|[high, low]| high << 4 | low).collect()),
        _ => Err(SourceFault::HexLength { digits: digits.len() }),
    }
}

pub(super) fn encode(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_bytes_survive() {
        let bytes: Vec<u8> = (0..=255).collect();
        assert_eq!(decode(&encode(&bytes)), Ok(bytes));
        assert_eq!(encode(&[0, 255, 16]), "00ff10");
        assert_eq!(decode("fFaB"), Ok(vec![0xff, 0xab]));
        assert_eq!(decode(""), Ok(vec![]));
    }

    #[test]
    fn half_bytes_and_other_characters_are_refused() {
        assert_eq!(decode("abc"), Err(SourceFault::HexLength { digits: 3 }));
        assert_eq!(decode("0x00"), Err(SourceFault::HexDigit { found: 'x' }));
        assert_eq!(decode("é"), Err(SourceFault::HexDigit { found: 'é' }));
    }
}
