//! The native decoder against the repaired interpreter, on files that are nearly valid: what the one takes, the
//! other loads.

use crate::repaired::{Content, judge};
use crate::structured_content;
use arbitrary::{Arbitrary, Result, Unstructured};
use proofhouse_corpus::reseal;

/// Numbers that a field of four bytes is overwritten with, as they are or added to what is there.
const NUMBERS: [u32; 10] = [0, 1, 7, 8, 24, 0x100, 0x1_0000, 0x100_0000, 0x7fff_ffff, 0xffff_ffff];

/// A valid file, its changes, and whether its checksum is put right.
#[derive(Debug)]
pub struct Case(Vec<u8>);

impl<'a> Arbitrary<'a> for Case {
    fn arbitrary(random: &mut Unstructured<'a>) -> Result<Self> {
        let mut bytes = structured_content::file(random)?.encode().unwrap_or_default();
        for _ in 0..random.int_in_range(0..=2)? {
            // All fields of the format begin at multiples of four, but for some in the header and in
            // criteria, which are found from there.
            let words = bytes.len() / 4;
            let at = if random.arbitrary()? {
                random.int_in_range(0..=9)?
            } else {
                random.choose_index(words.max(1))?
            };
            let number =
                if random.arbitrary()? { *random.choose(&NUMBERS)? } else { random.arbitrary()? };
            let is_added: bool = random.arbitrary()?;
            if let Some(word) = bytes.as_chunks_mut::<4>().0.get_mut(at) {
                let base = if is_added { u32::from_le_bytes(*word) } else { 0 };
                *word = base.wrapping_add(number).to_le_bytes();
            }
        }
        match random.int_in_range(0..=9)? {
            0 => bytes.truncate(random.choose_index(bytes.len().max(1))?),
            1 => bytes.extend_from_slice(random.arbitrary()?),
            _ => {}
        }
        if !random.ratio(1_u8, 16_u8)? {
            reseal(&mut bytes);
        }
        Ok(Self(bytes))
    }
}

/// Loads the content. Gives what the decoder said of it.
///
/// # Panics
/// If the interpreter does not agree.
pub fn check(case: &Case) -> Option<Content> {
    judge(&case.0, &[]).map(|(content, _)| content)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smoke::search;

    #[test]
    fn smoke() {
        let wanted = [Content::Good, Content::Malformed, Content::BeyondContract];
        search(&wanted.map(Some), |u| Ok(check(&u.arbitrary()?)));
    }
}
