//! Where the constants of a program are.
//!
//! Natively they lie in pages that may not be written, and who does so is stopped. In Wasm all memory may be written,
//! and what a parser takes for a string that never changes is another one from then on. LLVM's linker keeps all
//! constants in one data segment, whose name says so.
//!
//! Writes there are looked for in modules that were compiled for checks: each store is compared with two numbers
//! ([`checks`](super::checks)), each range is by the runtime, and host functions do so, too.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use wasmparser::DataKind;

use super::layout::constant;
use super::names::Names;
use super::numbers::count;
use super::original::Original;
use super::refusal::Refusal;

/// What the linker calls the segment, and how it calls each of several, if it was told not to join them.
const NAME: &str = ".rodata";

/// A range of a guest's memory that it never has a reason to write to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Constants {
    /// Address of the first byte.
    pub address: u32,
    /// Number of bytes: at least one.
    pub bytes: u32,
}

impl Constants {
    /// The first of `size` bytes from `address` on that is one of them.
    pub fn first_in(self, address: u32, size: u32) -> Option<u32> {
        let first = address.max(self.address);
        let is_in = |from: u32, bytes: u32| first.wrapping_sub(from) < bytes;
        (is_in(self.address, self.bytes) && is_in(address, size)).then_some(first)
    }
}

/// Finds the constants, if one range holds them and nothing else.
///
/// # Errors
/// The data section does not decode.
pub(super) fn find(
    original: &Original<'_>,
    names: &Names<'_>,
) -> Result<Option<Constants>, Refusal> {
    let wanted: BTreeSet<u32> =
        names.data.iter().filter(|(_, name)| is_constant(name)).map(|(index, _)| *index).collect();
    let mut constants: Option<[u64; 2]> = None;
    let mut others = Vec::new();
    for (data, index) in original.data.clone().into_iter().flatten().zip(0..) {
        let data = data?;
        let DataKind::Active { offset_expr, .. } = data.kind else { continue };
        // What lies who knows where may lie among them.
        let Some(from) = constant(&offset_expr) else { return Ok(None) };
        let [from, end] =
            [from.into(), u64::from(from).saturating_add(count(data.data.len()).into())];
        if from == end {
            continue;
        }
        if wanted.contains(&index) {
            let [first, last] = constants.unwrap_or([from, end]);
            constants = Some([first.min(from), last.max(end)]);
        } else {
            others.push([from, end]);
        }
    }
    let Some([from, end]) = constants else { return Ok(None) };
    if others.iter().any(|[start, behind]| *start < end && from < *behind) {
        return Ok(None);
    }
    let (Ok(address), Ok(bytes)) = (u32::try_from(from), u32::try_from(end.saturating_sub(from)))
    else {
        return Ok(None);
    };
    Ok(Some(Constants { address, bytes }))
}

fn is_constant(name: &str) -> bool {
    name.strip_prefix(NAME).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test is to stop")]
    use super::*;

    fn found(data: &str) -> Option<[u32; 2]> {
        let wasm = wat::parse_str(format!("(module (memory 1) {data})")).unwrap();
        let original = Original::read(&wasm).unwrap();
        let found = find(&original, &Names::read(&original)).unwrap();
        found.map(|Constants { address, bytes }| [address, bytes])
    }

    #[test]
    fn constants_are_one_range_and_nothing_else() {
        let constants = r#"(data $.rodata (i32.const 1024) "0123456789")"#;
        let data = r#"(data $.data (i32.const 1034) "0123")"#;
        assert_eq!(found(&format!("{constants} {data}")), Some([1024, 10]));
        let apart = r#"(data $.rodata.b (i32.const 1040) "01")"#;
        assert_eq!(found(&format!("{constants} {apart}")), Some([1024, 18]));
        // Between them is something else, or may be.
        assert_eq!(found(&format!("{constants} {data} {apart}")), None);
        let unknown = r#"(import "env" "base" (global $base i32))"#;
        let anywhere = r#"(data (global.get $base) "0123")"#;
        let wasm = format!("(module {unknown} (memory 1) {constants} {anywhere})");
        let wasm = wat::parse_str(wasm).unwrap();
        let original = Original::read(&wasm).unwrap();
        assert_eq!(find(&original, &Names::read(&original)).unwrap(), None);
        for none in [
            "",
            data,
            r#"(data $.rodata "passive")"#,
            r#"(data $.rodata (i32.const 8) "")"#,
            r#"(data $.rodatas (i32.const 8) "0")"#,
        ] {
            assert_eq!(found(none), None, "{none}");
        }
        // It goes up to the last address, and no instance would have it.
        assert_eq!(found(r#"(data $.rodata (i32.const -2) "012")"#), Some([u32::MAX - 1, 3]));
    }

    #[test]
    fn the_first_byte_of_a_range_that_is_one_is_found() {
        let constants = Constants { address: 100, bytes: 10 };
        for (address, size, first) in [
            (100, 1, Some(100)),
            (109, 1, Some(109)),
            (109, 8, Some(109)),
            (96, 8, Some(100)),
            (0, u32::MAX, Some(100)),
            (99, 1, None),
            (96, 4, None),
            (110, 1, None),
            (104, 0, None),
            (0, 0, None),
            (u32::MAX, 8, None),
        ] {
            assert_eq!(constants.first_in(address, size), first, "{address} {size}");
        }
    }
}
