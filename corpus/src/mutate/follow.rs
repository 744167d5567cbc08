//! Input-to-state correspondence: what was compared is often in the input as it is, so that it can be
//! replaced by what it was compared with (Aschermann and others, "REDQUEEN: Fuzzing with input-to-state
//! correspondence", NDSS 2019). This knows no format.
//!
//! A number is looked for in all widths, either byte order, and as decimal and hexadecimal text, or is taken
//! for the size of what is left of the input; bytes as they are, in either case of letters, reversed, in hexadecimal and in Base64.

mod number;
mod word;

/// One replacement in an input.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Edit {
    /// Where it begins.
    pub at: usize,
    /// Bytes that go.
    pub remove: usize,
    /// Bytes that come in their place.
    pub insert: Vec<u8>,
    /// For a number in binary: how it is written.
    pub form: Option<NumberForm>,
}

/// How a number is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NumberForm {
    /// Bytes.
    pub width: usize,
    /// Whether the most significant byte comes first.
    pub is_big_endian: bool,
    /// Whether every bit is the other one, as in the last step of a CRC.
    pub is_complement: bool,
}

/// Two operands of a comparison that are not equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compared<'a> {
    /// Integers, of so many bytes.
    Numbers {
        /// 4 or 8.
        width: usize,
        /// Without sign.
        operands: [u64; 2],
    },
    /// Bytes or text.
    Words {
        /// As far as they are known.
        operands: [&'a [u8]; 2],
        /// Whether letters of either case are the same.
        is_of_any_case: bool,
        /// Whether the second one is looked for in the first one.
        finds: bool,
    },
}

/// Places in an input at which one edit is made, at most.
const MOST_PLACES: usize = 12;

/// What may make both operands equal, the likeliest first.
pub fn follow(input: &[u8], compared: Compared<'_>) -> Vec<Edit> {
    let mut edits = Vec::new();
    match compared {
        Compared::Numbers { width, operands: [one, other] } => {
            for step in [0, 1, u64::MAX] {
                number::edits(input, width, one, other, step, &mut edits);
                number::edits(input, width, other, one, step, &mut edits);
            }
            number::text_edits(input, one, other, &mut edits);
            number::text_edits(input, other, one, &mut edits);
            number::size_edits(input, one, other, &mut edits);
        }
        Compared::Words { operands: [one, other], is_of_any_case, finds } => {
            word::edits(input, one, other, is_of_any_case, &mut edits);
            if finds {
                word::put_inside(input, one, other, &mut edits);
            } else {
                word::edits(input, other, one, is_of_any_case, &mut edits);
            }
        }
    }
    edits
}

impl Edit {
    /// The input with the replacement made; `None` if it does not fit.
    pub fn apply(&self, input: &[u8]) -> Option<Vec<u8>> {
        let (before, rest) = input.split_at_checked(self.at)?;
        Some([before, &self.insert, rest.get(self.remove..)?].concat())
    }
}

impl NumberForm {
    /// The number's bytes.
    pub fn bytes(self, number: u64) -> Option<Vec<u8>> {
        let number = if self.is_complement { !number } else { number };
        let mut bytes = number.to_le_bytes().get(..self.width)?.to_vec();
        if self.is_big_endian {
            bytes.reverse();
        }
        Some(bytes)
    }
}

/// Where `word` is in the input.
fn places<'i>(input: &'i [u8], word: &'i [u8]) -> impl Iterator<Item = usize> + 'i {
    // An empty word is nowhere.
    let input = if word.is_empty() { &[] } else { input };
    memchr::memmem::find_iter(input, word).take(MOST_PLACES)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
    use super::*;

    fn numbers(input: &[u8], width: usize, operands: [u64; 2]) -> Vec<Vec<u8>> {
        let edits = follow(input, Compared::Numbers { width, operands });
        edits.iter().map(|edit| edit.apply(input).unwrap()).collect()
    }

    fn words(input: &[u8], one: &[u8], other: &[u8], finds: bool) -> Vec<Vec<u8>> {
        let compared = Compared::Words { operands: [one, other], is_of_any_case: !finds, finds };
        follow(input, compared).iter().map(|edit| edit.apply(input).unwrap()).collect()
    }

    #[test]
    fn numbers_are_found_however_they_are_written() {
        let wanted = 0x1122_3344;
        let table: [(&[u8], usize, u64, &[u8]); 7] = [
            (b"x\x01\x02\x03\x04", 4, 0x0403_0201, b"x\x44\x33\x22\x11"),
            (b"x\x01\x02\x03\x04", 4, 0x0102_0304, b"x\x11\x22\x33\x44"),
            (b"x\x01\x02\x03\x04", 4, u64::from(!0x0403_0201_u32), b"x\xbb\xcc\xdd\xee"),
            (b"x\x01\x02\x03\x04", 8, 0x0102_0304, b"x\x11\x22\x33\x44"),
            (b"n=1234;", 4, 1234, b"n=287454020;"),
            (b"n=4d2;", 4, 1234, b"n=11223344;"),
            (b"\x05\x00\x00\x00\x00\x00\x00\x00", 8, 5, b"\x44\x33\x22\x11\x00\x00\x00\x00"),
        ];
        for (input, width, number, expected) in table {
            let found = numbers(input, width, [number, wanted]);
            assert!(found.iter().any(|found| found == expected), "{input:?}: {found:?}");
        }
        // Three letters and the end of a text.
        let found = numbers(b"ete.", 4, [0x0065_7465, 0x0078_7978]);
        assert!(found.contains(&b"xyx.".to_vec()), "{found:?}");
        // Sign extended, and one more than what it was compared with.
        let found = numbers(b"\xfe", 4, [0xffff_fffe, 7]);
        assert!(found.contains(&vec![7]) && found.contains(&vec![8]), "{found:?}");
        assert!(numbers(b"abc", 4, [77_777, 88_888]).is_empty());
        // Two bytes more are left than there should be, or less.
        let found = numbers(b"abcd", 4, [300, 302]);
        assert_eq!(found, [b"ab".to_vec(), b"abcddd".to_vec()]);
    }

    #[test]
    fn words_are_found_however_they_are_written() {
        let table: &[[&[u8]; 4]] = &[
            [b"..abcd..", b"abcd", b"WXYZ", b"..WXYZ.."],
            [b"..abcd..", b"abc", b"longer", b"..longerd.."],
            [b"..ABcd..", b"abcd", b"wxyz", b"..wxyz.."],
            [b"..dcba..", b"abcd", b"WXYZ", b"..ZYXW.."],
            [b"61626364", b"abcd", b"WXYZ", b"5758595a"],
            [b"YWJj", b"abc", b"XYZ", b"WFla"],
            // A word that goes on.
            [b"get gone", b"gone", b"go", b"get go e"],
            // Only a part of what was compared comes from the input.
            [b"abc", b"abc\0\0\0", b"magic!", b"magic!"],
        ];
        for &[input, one, other, expected] in table {
            let found = words(input, one, other, false);
            assert!(found.iter().any(|found| found == expected), "{input:?}: {found:?}");
        }
        assert!(
            words(b"some text", b"some text", b"needle", true).contains(&b"needleext".to_vec())
        );
    }
}
