//! Words that text for an interpreter is likely to be made of, for fuzzers: those of content that is
//! there, and the interpreter's own string constants.

use std::collections::HashSet;
use std::fmt::Write as _;

/// Shortest word, in bytes.
const SHORTEST: usize = 2;
/// Longest word: more is a sentence. libFuzzer takes up to 64.
const LONGEST: usize = 32;
/// Words in a dictionary, at most: a fuzzer takes any of them with the same chance.
const MOST_WORDS: usize = 2_048;

/// Words, each once, in the order in which they were found.
#[derive(Clone, Debug, Default)]
pub struct Dictionary {
    words: Vec<Vec<u8>>,
    known: HashSet<Vec<u8>>,
}

/// What a byte of text can be a part of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Name,
    Sign,
    Neither,
}

impl Dictionary {
    /// Adds names and signs of content. Content that is no text has none.
    pub fn add_content(&mut self, content: &[u8]) {
        if is_text(content) {
            self.add_text(content);
        }
    }

    /// Adds the strings in a part of an interpreter's memory as it is at the start. What stands between zeros
    /// is a string; longer text is taken apart.
    pub fn add_constants(&mut self, data: &[u8]) {
        for string in data.split(|byte| *byte == 0) {
            let is_printable = string.iter().all(u8::is_ascii_graphic);
            if is_printable && string.len() <= LONGEST {
                self.add(string);
            } else if is_text(string) && !string.contains(&b' ') {
                self.add_text(string);
            }
        }
    }

    /// The words.
    pub fn words(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.words.iter().map(Vec::as_slice)
    }

    /// A file for libFuzzer's `-dict`.
    pub fn to_libfuzzer(&self) -> String {
        let mut text = String::new();
        for word in &self.words {
            text.push('"');
            for byte in word {
                match byte {
                    b'"' | b'\\' => text.extend(['\\', char::from(*byte)]),
                    b' '..=b'~' => text.push(char::from(*byte)),
                    // Writing to a string does not fail.
                    _ => drop(write!(text, "\\x{byte:02x}")),
                }
            }
            text.push_str("\"\n");
        }
        text
    }

    fn add_text(&mut self, text: &[u8]) {
        for part in text.chunk_by(|one, other| class(*one) == class(*other)) {
            // Numbers are better found by comparing.
            let is_word = part
                .first()
                .is_some_and(|byte| class(*byte) != Class::Neither && !byte.is_ascii_digit());
            if is_word {
                self.add(part);
            }
        }
    }

    fn add(&mut self, word: &[u8]) {
        let fits = (SHORTEST..=LONGEST).contains(&word.len()) && self.words.len() < MOST_WORDS;
        if fits && self.known.insert(word.to_vec()) {
            self.words.push(word.to_vec());
        }
    }
}

fn class(byte: u8) -> Class {
    match byte {
        b'_' => Class::Name,
        _ if byte.is_ascii_alphanumeric() => Class::Name,
        _ if byte.is_ascii_punctuation() => Class::Sign,
        _ => Class::Neither,
    }
}

/// Whether it is text that people may have written.
fn is_text(bytes: &[u8]) -> bool {
    let is_control = |c: char| c.is_control() && !c.is_whitespace();
    std::str::from_utf8(bytes).is_ok_and(|text| !text.contains(is_control))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(add: impl Fn(&mut Dictionary), expected: &str) {
        let mut dictionary = Dictionary::default();
        add(&mut dictionary);
        assert_eq!(dictionary.to_libfuzzer(), expected);
    }

    #[test]
    fn text_has_names_and_signs() {
        let rule = b"rule a_b { condition: 10 == uint16(0) and x == \"\\n\" }\n";
        let expected =
            "\"rule\"\n\"a_b\"\n\"condition\"\n\"==\"\n\"uint16\"\n\"and\"\n\"\\\"\\\\\"\n";
        check(|dictionary| dictionary.add_content(rule), expected);
        check(|dictionary| dictionary.add_content(b"\x01\x02abc def"), "");
        check(|dictionary| dictionary.add_content(b"\xff\xfe"), "");
    }

    #[test]
    fn constants_end_at_zeros() {
        let data =
            b"\x01\x02\0keyword\0a message for people\0%s:%d\0x\0entry_point\0\xc3\xa9t\xc3\xa9\0";
        let expected = "\"keyword\"\n\"%s:%d\"\n\"entry_point\"\n";
        check(|dictionary| dictionary.add_constants(data), expected);
        // Literals of other languages stand side by side.
        let data = b"one_two:three;four,five(six)seven[eight]nine";
        check(
            |dictionary| dictionary.add_constants(data),
            "\"one_two\"\n\"three\"\n\"four\"\n\"five\"\n\"six\"\n\"seven\"\n\"eight\"\n\"nine\"\n",
        );
    }

    #[test]
    fn a_dictionary_has_an_end() {
        let many: Vec<_> = (0..10_000).map(|nth| format!("word{nth}")).collect();
        let mut dictionary = Dictionary::default();
        dictionary.add_content(many.join(" ").as_bytes());
        assert_eq!(dictionary.words().len(), MOST_WORDS);
    }
}
