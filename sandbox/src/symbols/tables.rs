//! Which function an element of a module's table is, as far as the module's segments say: that is how guests
//! compiled with `-fsanitize=address` say whose frame it is.

use super::CodePlace;
use wasmparser::{
    ConstExpr, ElementItems, ElementKind, Operator, Parser, Payload, SectionLimited, TypeRef,
};

/// The function whose place in the first table that is, and where its code begins. `None` if no segment with
/// a constant place has it, or if it is imported.
pub(crate) fn function_in_table(wasm: &[u8], element: u32) -> Option<CodePlace> {
    let mut imported = 0_u32;
    let mut function = None;
    let mut bodies = 0_u32;
    for payload in Parser::new(0).parse_all(wasm) {
        match payload.ok()? {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    if let TypeRef::Func(_) | TypeRef::FuncExact(_) = import.ok()?.ty {
                        imported = imported.checked_add(1)?;
                    }
                }
            }
            Payload::ElementSection(segments) => function = in_segments(segments, element),
            Payload::CodeSectionEntry(body) => {
                let index = imported.checked_add(bodies)?;
                bodies = bodies.checked_add(1)?;
                if index == function? {
                    let start = body.get_operators_reader().ok()?.original_position();
                    return Some(CodePlace { function: index, offset: u32::try_from(start).ok() });
                }
            }
            _ => {}
        }
    }
    None
}

fn in_segments(segments: SectionLimited<'_, wasmparser::Element<'_>>, element: u32) -> Option<u32> {
    for segment in segments {
        let segment = segment.ok()?;
        let ElementKind::Active { table_index: None | Some(0), offset_expr } = segment.kind else {
            continue;
        };
        let (Some(start), ElementItems::Functions(functions)) =
            (constant(&offset_expr), segment.items)
        else {
            continue;
        };
        let nth = element.checked_sub(start).and_then(|nth| usize::try_from(nth).ok());
        if let Some(function) = nth.and_then(|nth| functions.into_iter().nth(nth)) {
            return function.ok();
        }
    }
    None
}

fn constant(expression: &ConstExpr<'_>) -> Option<u32> {
    match expression.get_operators_reader().read().ok()? {
        Operator::I32Const { value } => Some(value.cast_unsigned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test is to stop")]
    use super::function_in_table;

    #[test]
    fn an_element_is_found_in_its_segment() {
        let wasm = wat::parse_str(
            r#"(module
                (import "env" "imported" (func $imported))
                (table 8 funcref)
                (elem (i32.const 1) $imported $first)
                (elem (i32.const 5) $second)
                (func $first)
                (func $second (drop (i32.const 1))))"#,
        )
        .unwrap();
        let function = |element| function_in_table(&wasm, element).map(|place| place.function);
        assert_eq!([2, 5].map(function), [Some(1), Some(2)]);
        // None, an import, a gap, behind the end.
        assert_eq!([0, 1, 3, 7].map(function), [None; 4]);
        let offset = function_in_table(&wasm, 5).unwrap().offset.unwrap();
        // i32.const 1
        assert_eq!(
            wasm.get(usize::try_from(offset).unwrap()..).unwrap().get(..2),
            Some(&[0x41, 1][..])
        );
        assert!(function_in_table(b"not a module", 1).is_none());
    }
}
