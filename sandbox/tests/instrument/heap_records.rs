//! What the host reads of the heap's blocks.

use proofhouse_sandbox::instrument::{HeapRecords, Place, interface};

use super::heap::heap_guest;

#[test]
fn records_of_blocks_that_are_gone_are_gone() {
    let mut guest = heap_guest();
    guest.set(interface::QUARANTINE_LIMIT, 0);
    let long = guest.run("malloc", &[100_000]);
    guest.run("free", &[long]);
    assert!(guest.block(long).is_some());
    let other = guest.run("malloc", &[8]);
    guest.run("free", &[other]);
    assert_eq!(guest.block(long), None);

    // Blocks that lie elsewhere in their chunks than those that use these again.
    let aligned: Vec<_> = (0..4).map(|_| guest.run("aligned_alloc", &[64, 32])).collect();
    for at in &aligned {
        guest.run("free", &[*at]);
    }
    let other = guest.run("malloc", &[8]);
    guest.run("free", &[other]);
    let plain: Vec<_> = (0..4).map(|_| guest.run("malloc", &[64])).collect();
    let covered = |at: &&u32| plain.iter().any(|block| (1..64).contains(&at.wrapping_sub(*block)));
    let covered: Vec<u32> = aligned.iter().filter(covered).copied().collect();
    assert!(!covered.is_empty(), "{aligned:?} {plain:?}");
    for at in covered {
        assert_eq!(guest.block(at), None);
    }
}

/// More pages than the table of records has entries for at first, and more blocks with pages of their own than
/// there is room for beside it.
#[test]
fn records_of_a_large_heap_are_found() {
    const LONG: u32 = 700_000;
    let mut guest = heap_guest();
    let mut long: Vec<_> = (0..100).map(|nth| guest.run("malloc", &[LONG + nth])).collect();
    let short: Vec<_> = (0..2_000).map(|_| guest.run("malloc", &[100])).collect();
    assert!(long[99] - long[0] > 768 << 16);
    assert!(short[1_999] > long[99]);
    for (nth, at) in (0..).zip(&long) {
        let block = guest.block(*at).unwrap();
        assert_eq!((block.size, block.allocation, block.freed), (LONG + nth, nth + 1, None));
        let near = guest.near(at + LONG / 2);
        assert_eq!(near[0].object, block);
        assert_eq!(near[0].place, Place::Inside { bytes: LONG / 2 });
    }
    for (nth, at) in (101..).zip(&short) {
        assert_eq!(guest.block(*at).unwrap().allocation, nth);
    }
    assert_eq!(guest.near(u32::MAX)[0].object.address, short[1_999]);
    // Neighbours become one run of pages, which is used again.
    guest.set(interface::QUARANTINE_LIMIT, 0);
    let end = guest.memory().len();
    for at in [3, 1, 2].map(|nth| long[nth]) {
        guest.run("free", &[at]);
    }
    let last = guest.run("malloc", &[1]);
    guest.run("free", &[last]);
    assert!([1, 2, 3].iter().all(|nth| guest.block(long[*nth]).is_none()));
    let three = guest.run("malloc", &[3 * LONG]);
    assert!((long[0]..long[4]).contains(&three));
    long[1] = three;
    assert_eq!(guest.memory().len(), end);
    for at in [0, 1, 4, 99].map(|nth| long[nth]).iter().chain(&short) {
        assert!(guest.block(*at).unwrap().freed.is_none());
    }
}

#[test]
fn garbage_gives_no_panic() {
    let mut garbage: Vec<u8> =
        (0..40_000u32).map(|at| (at.wrapping_mul(0x9e37_79b9) >> 13) as u8).collect();
    for (at, word) in [(16u32, 33u32), (32, 49), (160, 178), (19_984, 20_001), (39_984, 40_001)] {
        garbage[at as usize..][..4].copy_from_slice(&word.to_le_bytes());
    }
    for address in [0, 1, 15, 16, 32, 33, 176, 20_000, 39_999, 40_000, 40_016, 1 << 30, u32::MAX] {
        for memory in [&garbage[..], &garbage[..17], &[]] {
            for base in [0, 16, 1 << 16, u32::MAX] {
                let heap = HeapRecords { memory, base };
                let _ = heap.at(address);
                assert!(heap.near(address).len() <= 2);
            }
        }
    }
}

#[test]
fn the_nearest_block_comes_first() {
    let mut guest = heap_guest();
    let [first, second] = [0; 2].map(|_| guest.run("malloc", &[20]));
    assert_eq!(second - first, 48);
    let mut places = |address| {
        let near = guest.near(address);
        near.iter().map(|near| (near.object.address, near.place)).collect::<Vec<_>>()
    };
    let (before, after) = (|bytes| Place::Before { bytes }, |bytes| Place::After { bytes });
    assert_eq!(places(first + 20), [(first, after(0)), (second, before(28))]);
    assert_eq!(places(second - 1), [(second, before(1)), (first, after(27))]);
    assert_eq!(places(first - 1), [(first, before(1))]);
    assert_eq!(places(second), [(second, Place::Inside { bytes: 0 })]);
    assert_eq!(places(second + 100_000), [(second, after(99_980))]);
}

/// Where there is no room for several pages, one is taken, and the records that were for several go back.
#[test]
fn records_of_pages_that_could_not_be_had_are_given_back() {
    const PAGE: u32 = 1 << 16;
    let mut guest = heap_guest();
    // All but some forty pages of what the heap may ever have, most of which are never touched.
    assert_ne!(guest.run("malloc", &[(16_384 - 41) * PAGE]), 0);
    let pages = |guest: &mut super::guest::Guest| {
        let memory = guest.instance.get_memory(&mut guest.store, interface::HEAP).unwrap();
        memory.size(&guest.store)
    };
    let mut blocks = 0;
    while guest.run("malloc", &[30_000]) != 0 {
        blocks += 1;
        assert!(blocks < 200);
    }
    // One page of records for each of the guest's, the table's, the slots', and one run that stayed.
    assert!(blocks > 40 && pages(&mut guest) <= 64, "{blocks} {}", pages(&mut guest));
}
