//! What a module puts into its memory before anything runs.

use wasmparser::{Parser, Payload};

/// The bytes of the module's data segments. A module that cannot be read any further has no more of them.
pub fn data_segments(wasm: &[u8]) -> impl Iterator<Item = &[u8]> {
    let payloads = Parser::new(0).parse_all(wasm).map_while(Result::ok);
    let sections = payloads.filter_map(|payload| match payload {
        Payload::DataSection(section) => Some(section),
        _ => None,
    });
    sections.flat_map(|section| section.into_iter().map_while(Result::ok)).map(|data| data.data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_given_as_they_are() {
        let wasm =
            wat::parse_str(r#"(module (memory 1) (data (i32.const 8) "one\00") (data "two"))"#)
                .unwrap_or_default();
        assert_eq!(data_segments(&wasm).collect::<Vec<_>>(), [b"one\0".as_slice(), b"two"]);
        for length in 0..wasm.len() {
            // Whatever is cut off: no more than there was, and no panic.
            assert!(data_segments(wasm.get(..length).unwrap_or_default()).count() <= 2);
        }
    }
}
