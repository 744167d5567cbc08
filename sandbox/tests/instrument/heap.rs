//! What the heap stops, and how it behaves where a program may tell.

use proofhouse_sandbox::instrument::{
    AccessKind, Cause, Checks, Heap, Options, Place, Poison, Stop, Violation, first_poisoned,
    interface,
};
use wasmtime::Val;

use super::guest::{Ended, Guest, guest, is_out_of_bounds, poisoned};

/// A module with an allocator that would trap if it ran: only its stand-ins do.
pub(crate) const GUEST: &str = r#"(module (memory (export "memory") 1)
    (global $__stack_pointer (mut i32) (i32.const 65536))
    (func $malloc (export "malloc") (param i32) (result i32) unreachable)
    (func $free (export "free") (param i32) unreachable)
    (func $calloc (export "calloc") (param i32 i32) (result i32) unreachable)
    (func $realloc (export "realloc") (param i32 i32) (result i32) unreachable)
    (func $reallocarray (export "reallocarray") (param i32 i32 i32) (result i32) unreachable)
    (func $aligned_alloc (export "aligned_alloc") (param i32 i32) (result i32) unreachable)
    (func $posix_memalign (export "posix_memalign") (param i32 i32 i32) (result i32) unreachable)
    (func $malloc_usable_size (export "size") (param i32) (result i32) unreachable)
    (func (export "read") (param i32) (result i32) (i32.load8_u (local.get 0)))
    (func (export "write") (param i32 i32) (i32.store8 (local.get 0) (local.get 1)))
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "free_inside") (param i32) (nop) (call $free (local.get 0))))"#;

pub(crate) fn heap_guest() -> Guest {
    guest(GUEST, Options::default())
}

fn violation(guest: &mut Guest, name: &str, arguments: &[u32]) -> Violation {
    match guest.call_i32(name, arguments) {
        Ended::Violated(violation) => violation,
        other => panic!("{name} {arguments:?}: {other:?}"),
    }
}

#[test]
fn a_block_can_be_used_up_to_its_ends_and_no_further() {
    for size in [0, 1, 2, 7, 8, 9, 15, 16, 17, 48, 49, 96, 97, 500, 4096, 40_000, 300_000] {
        let mut guest = heap_guest();
        let at = guest.run("malloc", &[size]);
        assert_eq!(at % 16, 0);
        if size > 0 {
            guest.run("write", &[at, 1]);
            guest.run("write", &[at + size - 1, 2]);
            assert_eq!(guest.run("read", &[at + size - 1]), 2);
        }
        for (address, kind) in [(at - 1, "read"), (at - 16, "read"), (at + size, "read")] {
            let found = violation(&mut guest, kind, &[address]);
            assert_eq!(poisoned(&found), (address, Some(Poison::HEAP_REDZONE)), "{size}");
            let mut again = heap_guest();
            again.run("malloc", &[size]);
            let found = violation(&mut again, "write", &[address, 0]);
            assert_eq!((found.kind, found.address), (AccessKind::Write, address.into()));
        }
    }
}

#[test]
fn a_block_that_was_freed_is_not_used_again() {
    let mut guest = heap_guest();
    let at = guest.run("malloc", &[100]);
    guest.run("malloc", &[100]);
    guest.run("free", &[at]);
    let found = violation(&mut guest, "read", &[at + 99]);
    assert_eq!(poisoned(&found), (at + 99, Some(Poison::HEAP_FREED)));
    let nearest = guest.near(at + 99)[0];
    assert_eq!((nearest.object.address, nearest.place), (at, Place::Inside { bytes: 99 }));
    let block = guest.block(at).unwrap();
    assert_eq!((block.size, block.allocation, block.freed), (100, 1, Some(1)));
}

/// The heap's pages are there from the start, and nobody's before they are given out.
#[test]
fn pages_that_wait_for_blocks_may_not_be_touched() {
    let base = heap_guest().value(interface::HEAP_BASE);
    let end = base + (heap_guest().value(interface::HEAP_PAGES) << 16);
    for address in [base, base + 511, base + 512, base + 5000, end - 1] {
        let found = violation(&mut heap_guest(), "read", &[address]);
        assert_eq!(poisoned(&found), (address, Some(Poison::HEAP_REDZONE)));
    }
    assert_eq!(heap_guest().run("read", &[base - 1]), 0);
    assert!(is_out_of_bounds(&heap_guest().call_i32("read", &[end])));
}

/// The same with a memory that is larger than what the program takes of it.
fn roomy_guest(pages: u32) -> Guest {
    let memory = format!("(memory (export \"memory\") {pages})");
    let text = GUEST.replace("(memory (export \"memory\") 1)", &memory);
    let base = r#"(global (export "__heap_base") i32 (i32.const 65600))
        (data (i32.const 65590) "text")"#;
    guest(&text.replacen("(func $malloc", &format!("{base} (func $malloc"), 1), Options::default())
}

#[test]
fn memory_that_the_allocator_has_from_the_start_is_the_heaps() {
    const PAGES: u32 = 40;
    let mut guest = roomy_guest(PAGES);
    assert_eq!(guest.value(interface::HEAP_BASE), 2 << 16);
    assert_eq!(guest.value(interface::HEAP_PAGES), PAGES - 2);
    // What nobody was given may not be touched, and what lies before the heap may.
    for address in [2 << 16, 3 << 16, (20 << 16) + 7, (PAGES << 16) - 1] {
        let found = violation(&mut roomy_guest(PAGES), "read", &[address]);
        assert_eq!(poisoned(&found), (address, Some(Poison::HEAP_REDZONE)));
    }
    assert_eq!(guest.run("read", &[(2 << 16) - 1]), 0);
    let mut blocks = Vec::new();
    for size in [100, 5_000, 100_000, 20_000, 1_000_000, 40_000, 300] {
        let at = guest.run("malloc", &[size]);
        assert!((2 << 16..PAGES << 16).contains(&at), "{size} {at}");
        guest.run("write", &[at, 1]);
        guest.run("write", &[at + size - 1, 1]);
        blocks.push((at, size));
    }
    let zeros = guest.run("calloc", &[100, 1_000]);
    assert_eq!(guest.run("read", &[zeros + 99_999]), 0);
    // What does not fit into what is left comes from behind, also where the guest grew in between.
    assert_eq!(guest.run("grow", &[3]), PAGES);
    let long = guest.run("malloc", &[2_000_000]);
    assert!(long > (PAGES + 3) << 16, "{long}");
    let short = guest.run("malloc", &[200_000]);
    assert!(short < PAGES << 16, "{short}");
    for (at, size) in blocks {
        assert_eq!(guest.block(at).unwrap().size, size);
        guest.run("free", &[at]);
    }
    let found = violation(&mut guest, "read", &[long + 2_000_000]);
    assert_eq!(poisoned(&found), (long + 2_000_000, Some(Poison::HEAP_REDZONE)));
}

/// Growth costs the host system calls, for each instance again.
#[test]
fn a_short_run_needs_no_growth() {
    let mut guest = heap_guest();
    let sizes =
        |guest: &mut Guest| (guest.memory().len(), guest.shadow().len(), guest.heap().memory.len());
    let before = sizes(&mut guest);
    for round in 0..50 {
        let at = guest.run("malloc", &[100]);
        guest.run("calloc", &[10, round]);
        guest.run("free", &[at]);
    }
    assert_eq!(sizes(&mut guest), before);
}

#[test]
fn wrong_pointers_are_told_apart() {
    use AccessKind::{Free, Measure, Resize};
    use Cause::{AlreadyFreed, NotABlock};
    for (name, more, kind) in [
        ("free", &[][..], Free),
        ("realloc", &[8][..], Resize),
        ("reallocarray", &[1, 8][..], Resize),
        ("size", &[][..], Measure),
    ] {
        for (by, cause) in [
            (0, AlreadyFreed),
            (1, NotABlock),
            (16, NotABlock),
            (4096, NotABlock),
            (-16, NotABlock),
        ] {
            let mut guest = heap_guest();
            let at = guest.run("malloc", &[100]);
            guest.run("free", &[at]);
            let pointer = at.wrapping_add_signed(by);
            let arguments: Vec<_> = [pointer].into_iter().chain(more.iter().copied()).collect();
            let found = violation(&mut guest, name, &arguments);
            assert_eq!((found.kind, found.cause), (kind, cause), "{name} {by}");
            assert_eq!((found.address, found.size), (pointer.into(), 0));
        }
        for pointer in [1, 15, 16, 32, 65_535, 65_536, 0x4000_0000, 0xffff_fff0, 0xffff_ffff] {
            let arguments: Vec<_> = [pointer].into_iter().chain(more.iter().copied()).collect();
            let found = violation(&mut heap_guest(), name, &arguments);
            assert_eq!((found.kind, found.cause), (kind, NotABlock), "{name} {pointer}");
        }
    }
}

#[test]
fn the_site_is_the_function_that_was_replaced() {
    let mut guest = heap_guest();
    let error = {
        let function = guest.instance.get_func(&mut guest.store, "free_inside").unwrap();
        function.call(&mut guest.store, &[Val::I32(8)], &mut []).unwrap_err()
    };
    let frames = guest.frames(&error);
    let inside: Vec<_> = frames.into_iter().flatten().collect();
    let [free, caller] = inside[..] else { panic!("{inside:?}") };
    assert!(free < caller);
    assert_eq!(guest.violation(&error).unwrap().site, free);
}

#[test]
fn null_is_freed_and_resized_as_c_says() {
    let mut guest = heap_guest();
    guest.run("free", &[0]);
    assert_eq!(guest.run("size", &[0]), 0);
    let at = guest.run("realloc", &[0, 10]);
    assert_eq!(guest.run("size", &[at]), 10);
    let empty = guest.run("realloc", &[at, 0]);
    assert!(empty != 0 && empty != at);
    assert_eq!(guest.run("size", &[empty]), 0);
    assert_ne!(guest.run("malloc", &[0]), guest.run("malloc", &[0]));
    assert_eq!(guest.value(interface::FREES), 1);
}

#[test]
fn what_cannot_be_had_is_null() {
    let mut guest = heap_guest();
    for size in [0x4000_0000, 0x4000_0001, 0x7fff_ffff, 0x8000_0000, 0xffff_fff0, 0xffff_ffff] {
        assert_eq!(guest.run("malloc", &[size]), 0, "{size:#x}");
        assert_eq!(guest.run("calloc", &[1, size]), 0);
        assert_eq!(guest.run("aligned_alloc", &[32, size]), 0);
    }
    assert_eq!(guest.run("calloc", &[0x1_0000, 0x1_0000]), 0);
    assert_eq!(guest.run("calloc", &[0x1_0001, 0x1_0000]), 0);
    let at = guest.run("malloc", &[10]);
    assert_eq!(guest.run("reallocarray", &[at, 0x1_0000, 0x1_0000]), 0);
    assert_eq!(guest.run("realloc", &[at, 0xffff_ffff]), 0);
    // It is still there.
    guest.run("write", &[at, 1]);
    assert_eq!(guest.value(interface::HEAP_LIVE), 32);
}

#[test]
fn alignment_is_as_dlmalloc_has_it() {
    let mut guest = heap_guest();
    for align in [0, 1, 2, 8, 16, 17, 24, 32, 48, 64, 100, 4096, 65_536, 1 << 20] {
        let at = guest.run("aligned_alloc", &[align, 40]);
        assert_eq!(at % align.next_power_of_two().max(16), 0, "{align}");
        let shadow = guest.shadow();
        assert_eq!(first_poisoned(shadow, at, 40), None);
        assert_eq!(first_poisoned(shadow, at + 40, 1).unwrap().0, at + 40);
        assert_eq!(first_poisoned(shadow, at - 1, 1).unwrap().0, at - 1);
    }
    let to = guest.run("malloc", &[4]);
    for (align, expected) in
        [(0, 28), (1, 28), (2, 28), (4, 0), (8, 0), (12, 28), (64, 0), (96, 28)]
    {
        assert_eq!(guest.run("posix_memalign", &[to, align, 100]), expected, "{align}");
    }
    assert_eq!(guest.run("posix_memalign", &[to, 16, 0xffff_0000]), 48);
    let stored = u32::from_le_bytes(guest.memory()[to as usize..][..4].try_into().unwrap());
    assert_eq!(guest.run("size", &[stored]), 100);
    let found = violation(&mut guest, "posix_memalign", &[to + 1, 16, 8]);
    assert_eq!((found.kind, found.size), (AccessKind::Write, 4));
    assert_eq!(poisoned(&found).0, to + 4);
}

#[test]
fn cleared_memory_is_clear_however_it_comes() {
    let mut guest = heap_guest();
    guest.set(interface::QUARANTINE_LIMIT, 0);
    for size in [1, 24, 1000, 20_000, 100_000] {
        let mut earlier = 0;
        for _ in 0..4 {
            let at = guest.run("calloc", &[size, 1]);
            let bytes = &mut guest.memory()[at as usize..][..size as usize];
            assert!(bytes.iter().all(|byte| *byte == 0), "{size}");
            bytes.fill(0xff);
            guest.run("free", &[at]);
            earlier = earlier.max(at);
        }
        assert!(earlier > 0);
    }
}

#[test]
fn fresh_memory_can_be_filled() {
    let mut guest = heap_guest();
    guest.set(interface::FILL_HEAP, 0x1a5);
    let at = guest.run("malloc", &[100]);
    assert!(guest.memory()[at as usize..][..100].iter().all(|byte| *byte == 0xa5));
    let at = guest.run("calloc", &[100, 1]);
    assert!(guest.memory()[at as usize..][..100].iter().all(|byte| *byte == 0));
    guest.memory()[at as usize..][..100].fill(7);
    let to = guest.run("realloc", &[at, 200]);
    let bytes = &guest.memory()[to as usize..][..200];
    assert!(bytes[..100].iter().all(|byte| *byte == 7));
    assert!(bytes[100..].iter().all(|byte| *byte == 0xa5));
}

#[test]
fn layouts_vary_as_the_host_asks() {
    let places = |spacing, seed| {
        let mut guest = heap_guest();
        guest.set(interface::HEAP_SPACING, spacing);
        guest.set(interface::HEAP_SEED, seed);
        (0..20).map(|_| guest.run("malloc", &[24])).collect::<Vec<_>>()
    };
    let plain = places(0, 0);
    assert_eq!(plain, places(0, 0));
    assert!(plain.windows(2).all(|pair| pair[1] - pair[0] == 48));
    assert!(places(100, 0).windows(2).all(|pair| pair[1] - pair[0] == 160));
    let (one, other) = (places(0, 1), places(0, 2));
    assert_ne!(one, other);
    assert_eq!(one, places(0, 1));
    // Longer than any class, and more than there can be.
    places(40_000, 3);
    places(u32::MAX, 3);
}

#[test]
fn the_host_can_stop_at_any_allocation_or_free_and_let_one_fail() {
    let mut guest = heap_guest();
    guest.set(interface::FAIL_ALLOCATION, 2);
    let first = guest.run("malloc", &[8]);
    assert_eq!(guest.run("malloc", &[8]), 0);
    assert_ne!(guest.run("malloc", &[8]), 0);
    assert_eq!(guest.value(interface::HEAP_LIVE), 64);
    guest.set(interface::STOP_AT_ALLOCATION, 5);
    guest.run("malloc", &[8]);
    let ended = guest.call_i32("malloc", &[77]);
    assert!(matches!(ended, Ended::Stopped(Stop::AtAllocation { size: 77 })), "{ended:?}");

    let mut guest = heap_guest();
    assert_eq!(guest.run("malloc", &[8]), first);
    guest.set(interface::STOP_AT_FREE, 1);
    guest.run("free", &[0]);
    let ended = guest.call_i32("free", &[first]);
    assert!(
        matches!(ended, Ended::Stopped(Stop::AtFree { address }) if address == first),
        "{ended:?}"
    );
}

#[test]
fn the_limit_is_on_what_the_guest_has() {
    let mut guest = heap_guest();
    guest.set(interface::HEAP_LIMIT, 65_536 + 1000);
    let at = guest.run("malloc", &[900]);
    guest.run("realloc", &[at, 950]);
    let ended = guest.call_i32("malloc", &[100]);
    assert!(matches!(ended, Ended::Stopped(Stop::MemoryLimit { .. })), "{ended:?}");

    let mut guest = heap_guest();
    guest.set(interface::HEAP_LIMIT, 3 * 65_536);
    guest.run("malloc", &[900]);
    guest.run("grow", &[1]);
    let ended = guest.call_i32("grow", &[1]);
    assert!(matches!(ended, Ended::Stopped(Stop::MemoryLimit { .. })), "{ended:?}");
}

#[test]
fn pages_of_the_guest_are_ordinary_memory_between_those_of_the_heap() {
    let mut guest = heap_guest();
    guest.set(interface::QUARANTINE_LIMIT, 0);
    let mut blocks = Vec::new();
    for round in 0..10u32 {
        blocks.push(guest.run("malloc", &[20_000 + round * 5000]));
        let pages = guest.run("grow", &[1]);
        assert_ne!(pages, u32::MAX);
        assert_eq!(first_poisoned(guest.shadow(), pages * 65_536, 65_536), None);
        blocks.push(guest.run("malloc", &[32_000]));
        if round % 3 == 0 {
            let at = blocks.remove(0);
            guest.run("free", &[at]);
        }
        for at in &blocks {
            assert_eq!(first_poisoned(guest.shadow(), *at, 20_000), None);
        }
    }
}

#[test]
fn the_declared_size_of_the_memory_holds_for_the_guest_alone() {
    let text = GUEST.replace("\"memory\") 1)", "\"memory\") 1 3)");
    let mut guest = guest(&text, Options::default());
    for _ in 0..10 {
        assert_ne!(guest.run("malloc", &[60_000]), 0);
    }
    assert_ne!(guest.run("grow", &[2]), u32::MAX);
    assert_eq!(guest.run("grow", &[1]), u32::MAX);
}

#[test]
fn a_block_at_the_end_of_a_page_is_apart_from_the_guest_s_page_behind_it() {
    let mut guest = heap_guest();
    let mut last = guest.run("malloc", &[16]);
    let pages = guest.run("grow", &[1]);
    // The page is used up to its end in steps of the shortest chunk.
    while last < pages * 65_536 {
        guest.run("read", &[last + 15]);
        assert_eq!(first_poisoned(guest.shadow(), last + 16, 1).unwrap().0, last + 16);
        last = guest.run("malloc", &[16]);
    }
}

#[test]
fn a_module_without_a_page_gets_a_heap() {
    let text = GUEST.replace("\"memory\") 1)", "\"memory\") 0)");
    let mut guest = guest(&text, Options::default());
    let at = guest.run("malloc", &[10]);
    assert!(at >= 65_536);
    guest.run("write", &[at, 1]);
}

#[test]
fn long_blocks_give_their_pages_back() {
    let mut guest = heap_guest();
    let mut at = guest.run("malloc", &[100_000]);
    for step in 0..300u32 {
        at = guest.run("realloc", &[at, 100_000 + step * 10_000]);
    }
    // Without joining free pages it would be a thousand times as much.
    let pages = guest.value(interface::HEAP_PAGES);
    assert!(pages < 400, "{pages}");
}

#[test]
fn without_heap_checks_the_original_runs() {
    for options in [Options::default().heap(Heap::Off), Options::default().checks(Checks::Off)] {
        let mut guest = guest(GUEST, options);
        assert!(matches!(guest.call_i32("malloc", &[1]), Ended::Trapped(_)));
    }
}

#[test]
fn the_host_finds_what_the_interface_names() {
    let mut guest = heap_guest();
    assert!(guest.heap().memory.iter().all(|byte| *byte == 0));
    let base = guest.heap().base;
    assert_eq!(guest.memory().len(), base as usize + guest.heap().memory.len());
    for (name, initial) in [
        (interface::HEAP_LIVE, 0),
        (interface::HEAP_PAGES, 1),
        (interface::HEAP_LIMIT, u32::MAX),
        (interface::ALLOCATIONS, 0),
        (interface::FREES, 0),
        (interface::QUARANTINE_LIMIT, 1 << 20),
        (interface::STOP_AT_ALLOCATION, 0),
        (interface::STOP_AT_FREE, 0),
        (interface::FAIL_ALLOCATION, 0),
        (interface::FILL_HEAP, 0),
        (interface::HEAP_SPACING, 0),
        (interface::HEAP_SEED, 0),
    ] {
        assert_eq!(guest.value(name), initial, "{name}");
    }
    let blocks = [0; 3].map(|_| guest.run("malloc", &[8]));
    guest.run("free", &[blocks[0]]);
    assert_eq!(guest.value(interface::ALLOCATIONS), 3);
    assert_eq!(guest.value(interface::FREES), 1);
    assert_eq!(guest.value(interface::HEAP_PAGES), 1);
    assert_eq!(guest.value(interface::HEAP_LIVE), 2 * 32);
}
