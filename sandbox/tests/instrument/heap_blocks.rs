//! The heap against a model: random calls, and after each one everything that must hold.

use std::collections::VecDeque;

use arbtest::arbitrary::{Result, Unstructured};
use arbtest::arbtest;
use proofhouse_sandbox::instrument::{Poison, first_poisoned, interface};

use super::guest::Guest;
use super::heap::heap_guest;

/// One block as the model knows it.
#[derive(Clone, Debug)]
struct Block {
    address: u32,
    size: u32,
    /// Where its chunk is, and how long.
    chunk: (u32, u32),
    /// What every byte of it holds.
    content: u8,
    allocation: u32,
}

struct Model {
    guest: Guest,
    live: Vec<Block>,
    quarantine: VecDeque<Block>,
    quarantine_limit: u32,
    allocations: u32,
}

impl Model {
    fn new(quarantine_limit: u32, spacing: u32, seed: u32) -> Self {
        let mut guest = heap_guest();
        guest.set(interface::QUARANTINE_LIMIT, quarantine_limit);
        guest.set(interface::HEAP_SPACING, spacing);
        guest.set(interface::HEAP_SEED, seed);
        let (live, quarantine) = (Vec::new(), VecDeque::new());
        Self { guest, live, quarantine, quarantine_limit, allocations: 0 }
    }

    /// A new block; all its bytes get the same content, of which the first `kept` must have that of
    /// `from`.
    fn take(&mut self, address: u32, size: u32, align: u32, kept: Option<(u8, u32)>) {
        assert_ne!(address, 0);
        assert_eq!(address % align.max(16), 0);
        self.allocations += 1;
        let object = self.guest.block(address).unwrap();
        let chunk = object.chunk;
        let (from, to) = (chunk.0, chunk.0 + chunk.1);
        assert!(from + 16 <= address && address + size <= to, "{chunk:?} {address} {size}");
        for other in self.live.iter().chain(&self.quarantine) {
            let other = (other.chunk.0, other.chunk.0 + other.chunk.1);
            assert!(to <= other.0 || other.1 <= from, "{chunk:?} overlaps {other:?}");
        }
        if let Some((content, bytes)) = kept {
            let old = &self.guest.memory()[address as usize..][..bytes as usize];
            assert!(old.iter().all(|byte| *byte == content));
        }
        let content = (self.allocations % 251) as u8;
        self.guest.memory()[address as usize..][..size as usize].fill(content);
        let allocation = self.allocations;
        assert_eq!((object.size, object.allocation, object.freed), (size, allocation, None));
        self.live.push(Block { address, size, chunk, content, allocation });
    }

    fn drop(&mut self, block: Block) {
        self.quarantine.push_back(block);
        while self.quarantine.len() > 1
            && self.quarantine.iter().map(|block| block.chunk.1).sum::<u32>()
                > self.quarantine_limit
        {
            self.quarantine.pop_front();
        }
    }

    /// Everything that must hold between calls.
    fn check(&mut self) {
        let live: u32 = self.live.iter().map(|block| block.size.next_multiple_of(16) + 16).sum();
        assert_eq!(self.guest.value(interface::HEAP_LIVE), live);
        for block in &self.live {
            let Block { address, size, chunk, content, .. } = *block;
            let shadow = self.guest.shadow();
            assert_eq!(first_poisoned(shadow, address, size), None, "{block:?}");
            // Around it, nothing may be accessed.
            let end = address + size;
            for at in (chunk.0..address).chain(end..(chunk.0 + chunk.1).max(end + 16)) {
                let found = first_poisoned(shadow, at, 1);
                assert_eq!(found.map(|found| found.0), Some(at), "{block:?} {at}");
            }
            assert_eq!(shadow[(address / 8 - 1) as usize], Poison::HEAP_REDZONE.0);
            let bytes = &self.guest.memory()[address as usize..][..size as usize];
            assert!(bytes.iter().all(|byte| *byte == content), "{block:?}");
        }
        for block in &self.quarantine {
            let shadow = self.guest.shadow();
            for granule in block.address / 8..(block.address + block.size).div_ceil(8) {
                assert_eq!(shadow[granule as usize], Poison::HEAP_FREED.0, "{block:?}");
            }
            let object = self.guest.block(block.address).unwrap();
            assert_eq!((object.size, object.allocation), (block.size, block.allocation));
            assert!(object.freed.is_some());
        }
    }
}

fn size(u: &mut Unstructured<'_>) -> Result<u32> {
    let most = *u.choose(&[8, 64, 64, 600, 5000, 40_000, 200_000])?;
    u.int_in_range(0..=most)
}

fn step(model: &mut Model, u: &mut Unstructured<'_>) -> Result<()> {
    let size = size(u)?;
    match u.int_in_range(0..=9u8)? {
        0..=2 => {
            let at = model.guest.run("malloc", &[size]);
            model.take(at, size, 16, None);
        }
        3 => {
            let at = model.guest.run("calloc", &[1, size]);
            model.take(at, size, 16, Some((0, size)));
        }
        4 => {
            let align = 1 << u.int_in_range(0..=13u8)?;
            let at = model.guest.run("aligned_alloc", &[align, size]);
            model.take(at, size, align, None);
        }
        5 => {
            let own = model.guest.run("grow", &[1]);
            assert_eq!(first_poisoned(model.guest.shadow(), own * 65_536, 65_536), None);
        }
        6 if !model.live.is_empty() => {
            let which = u.choose_index(model.live.len())?;
            let old = model.live.swap_remove(which);
            let at = model.guest.run("realloc", &[old.address, size]);
            // The old block is live until the new one is there.
            assert!(at + size <= old.address || old.address + old.size <= at);
            model.take(at, size, 16, Some((old.content, size.min(old.size))));
            model.drop(old);
        }
        _ if !model.live.is_empty() => {
            let which = u.choose_index(model.live.len())?;
            let block = model.live.swap_remove(which);
            model.guest.run("free", &[block.address]);
            model.drop(block);
        }
        _ => {}
    }
    Ok(())
}

#[test]
fn blocks_never_touch_and_rest_in_the_quarantine() {
    arbtest(|u| {
        let limit = *u.choose(&[0, 100, 5000, 100_000, 1 << 20])?;
        let spacing = *u.choose(&[0, 0, 1, 200])?;
        let mut model = Model::new(limit, spacing, u.int_in_range(0..=1)?);
        for _ in 0..u.int_in_range(1..=60u32)? {
            step(&mut model, u)?;
            model.check();
        }
        Ok(())
    })
    .budget_ms(6000)
    .size_min(200)
    .size_max(2000);
}
