//! Regions that a program poisons and unpoisons itself, held against what `asan_interface.h` says of them.

use arbtest::arbtest;
use proofhouse_sandbox::instrument::Options;

use super::super::guest::{Ended, Guest, wasm};

const START: u32 = 8192;
const GRANULES: usize = 6;

/// For each granule how many bytes from its start on may be accessed: all that a shadow byte can say.
struct Model([u32; GRANULES]);

impl Model {
    /// The granules that a region has a part of: the part's first byte, and the one behind its last.
    fn parts(begin: u32, end: u32) -> impl Iterator<Item = (usize, u32, u32)> {
        (0..GRANULES).filter_map(move |granule| {
            let first = 8 * u32::try_from(granule).unwrap();
            let (from, to) = (begin.max(first), end.min(first + 8));
            (from < to).then(|| (granule, from - first, to - first))
        })
    }

    /// What is behind the region in its last granule stays as it is, and keeps what is before it accessible.
    fn poison(&mut self, begin: u32, end: u32) {
        for (granule, from, to) in Self::parts(begin, end) {
            let usable = &mut self.0[granule];
            if to >= *usable {
                *usable = from.min(*usable);
            }
        }
    }

    /// What is before the region in its first granule becomes accessible, too.
    fn unpoison(&mut self, begin: u32, end: u32) {
        for (granule, _, to) in Self::parts(begin, end) {
            let usable = &mut self.0[granule];
            *usable = to.max(*usable);
        }
    }
}

fn usable(shadow: u8) -> u32 {
    match shadow {
        0 => 8,
        part @ 1..8 => part.into(),
        _ => 0,
    }
}

#[test]
fn a_region_and_nothing_else_is_poisoned_and_unpoisoned() {
    let module = wasm(
        r#"(module
            (import "env" "__asan_poison_memory_region" (func $poison (param i32 i32)))
            (import "env" "__asan_unpoison_memory_region" (func $unpoison (param i32 i32)))
            (memory (export "memory") 1)
            (global $__stack_pointer (mut i32) (i32.const 65536))
            (func (export "poison") (param i32 i32) (result i32)
                (call $poison (local.get 0) (local.get 1)) (i32.const 0))
            (func (export "unpoison") (param i32 i32) (result i32)
                (call $unpoison (local.get 0) (local.get 1)) (i32.const 0)))"#,
    );
    arbtest(|u| {
        let mut guest = Guest::new(&module, Options::default());
        let mut model = Model([8; GRANULES]);
        let bytes = 8 * u32::try_from(GRANULES).unwrap();
        let mut calls = Vec::new();
        for _ in 0..u.int_in_range(1..=12)? {
            let begin = u.int_in_range(0..=bytes)?;
            let end = u.int_in_range(begin..=bytes)?;
            let function = if u.arbitrary()? { "poison" } else { "unpoison" };
            calls.push((function, begin, end));
            let ended = guest.call_i32(function, &[START + begin, end - begin]);
            assert!(matches!(ended, Ended::Returned(_)), "{calls:?}: {ended:?}");
            match function {
                "poison" => model.poison(begin, end),
                _ => model.unpoison(begin, end),
            }
            // One granule more on each side, which no region reaches.
            let first = (START / 8) as usize;
            let shadow = &guest.shadow()[first - 1..=first + GRANULES];
            let found: Vec<u32> = shadow.iter().copied().map(usable).collect();
            let expected: Vec<u32> = [8].into_iter().chain(model.0).chain([8]).collect();
            assert_eq!(found, expected, "{calls:?}");
        }
        Ok(())
    });
}
