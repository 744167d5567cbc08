//! JSON without its white space.

/// The same JSON text without white space between its tokens. Strings and numbers keep the spelling
/// that they have, so that an interpreter sees what was recorded.
pub(super) fn compact(json: &str) -> Vec<u8> {
    let mut compact = Vec::new();
    let mut in_string = false;
    let mut escaped = false;
    for byte in json.bytes() {
        if in_string {
            in_string = escaped || byte != b'"';
            escaped = !escaped && byte == b'\\';
        } else if matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
            continue;
        } else {
            in_string = byte == b'"';
        }
        compact.push(byte);
    }
    compact
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_white_space_between_tokens_goes() {
        for (json, expected) in [
            (" { \"a b\" : [ 1.0,\n\t1e2 ,\r\n{ } ] } ", r#"{"a b":[1.0,1e2,{}]}"#),
            (r#" [ "q\" [ " , "\\" , " \\\" " ] "#, r#"["q\" [ ","\\"," \\\" "]"#),
            (r#" "\u0041 ä" "#, r#""\u0041 ä""#),
            ("{\"a\": 1, \"a\": 2}", r#"{"a":1,"a":2}"#),
        ] {
            assert_eq!(compact(json), expected.as_bytes());
        }
    }
}
