#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "a test that cannot go on has failed"
)]

use super::*;

/// A memory of 1 KiB, its shadow, and an oracle.
struct Bench {
    oracle: Oracle,
    shadow: Vec<u8>,
}

impl Bench {
    /// With a live block of that many bytes at 64, redzones around it.
    fn with_block(size: u32) -> Self {
        let mut bench = Self { oracle: Oracle::default(), shadow: vec![0; 128] };
        bench.paint(48, 16, 0xfa);
        bench.paint(64 + size, 128 - size, 0xfa);
        bench.call("malloc", [size, 0, 0, 0], 64).unwrap();
        bench
    }

    /// Whole granules, but for what is before `address` in its own.
    fn paint(&mut self, address: u32, size: u32, byte: u8) {
        let granules = address.div_ceil(8)..(address + size) / 8;
        for granule in granules {
            *self.shadow.get_mut(granule as usize).unwrap() = byte;
        }
        if !address.is_multiple_of(8) {
            *self.shadow.get_mut(address as usize / 8).unwrap() = (address % 8) as u8;
        }
    }

    fn view(&self) -> View<'_> {
        View { shadow: &self.shadow, memory_bytes: 1024 }
    }

    fn call(&mut self, name: &str, arguments: [u32; 4], result: u32) -> Result<(), Disagreement> {
        let function = HEAP_CALLS.iter().position(|other| *other == name).unwrap();
        let call = HeapCall {
            function: function.try_into().unwrap(),
            arguments: arguments.map(u32::cast_signed),
            result: result.cast_signed(),
        };
        let view = View { shadow: &self.shadow, memory_bytes: 1024 };
        self.oracle.heap_called(view, call, None)
    }

    fn forbids(&self, address: u32, size: u32) -> Result<bool, Disagreement> {
        let asked = Asked { address: address.into(), size, promised: false, mark: false };
        self.oracle.forbids(self.view(), asked)
    }
}

#[test]
fn bytes_of_a_block_may_be_accessed_and_those_around_it_may_not() {
    let bench = Bench::with_block(20);
    for (address, size, forbidden) in [
        (64, 20, false),
        (64, 21, true),
        (63, 1, true),
        (84, 1, true),
        (83, 1, false),
        (0, 4, false),
    ] {
        assert_eq!(bench.forbids(address, size), Ok(forbidden), "{size} at {address}");
    }
}

#[test]
fn what_leaves_the_memory_is_left_to_the_engine() {
    let mut bench = Bench::with_block(8);
    bench.paint(1016, 8, 0xfa);
    assert_eq!(bench.forbids(1016, 8), Ok(true));
    assert_eq!(bench.forbids(1020, 8), Ok(false));
    let asked = Asked::of(-8, 64, 8, 0);
    assert_eq!(asked.address, (1 << 32) + 56);
    assert_eq!(bench.oracle.forbids(bench.view(), asked), Ok(false));
}

#[test]
fn a_promise_hides_poison_before_the_last_granule_only() {
    let mut bench = Bench { oracle: Oracle::default(), shadow: vec![0; 128] };
    bench.paint(512, 8, 0xf2);
    let forbids = |address: i32, size| {
        bench.oracle.forbids(bench.view(), Asked::of(address, 0, size, PROMISED.cast_signed()))
    };
    // Aligned, then not.
    assert_eq!(forbids(512, 8), Ok(true));
    assert_eq!(forbids(516, 8), Ok(false));
    assert_eq!(forbids(508, 8), Ok(true));
    assert_eq!(forbids(512, 16), Ok(true));
    assert_eq!(forbids(504, 16), Ok(true));
    assert_eq!(forbids(516, 16), Ok(false));
    assert_eq!(forbids(511, 16), Ok(true));
    assert_eq!(forbids(520, 16), Ok(false));
}

#[test]
fn a_mark_may_be_stored_in_a_left_redzone_only() {
    let mut bench = Bench { oracle: Oracle::default(), shadow: vec![0; 128] };
    bench.paint(512, 8, Poison::STACK_LEFT.0);
    bench.paint(520, 8, Poison::STACK_RIGHT.0);
    let forbids = |address, how: u32| {
        bench.oracle.forbids(bench.view(), Asked::of(address, 0, 4, how.cast_signed()))
    };
    assert_eq!(forbids(512, MARK), Ok(false));
    assert_eq!(forbids(512, 0), Ok(true));
    assert_eq!(forbids(520, MARK), Ok(true));
}

#[test]
fn a_shadow_that_was_painted_otherwise_is_a_disagreement() {
    let spoilt = |address, size, byte| {
        let mut bench = Bench::with_block(24);
        bench.paint(address, size, byte);
        bench
    };
    // The check of an access sees it, and so does the end of the block's life.
    assert!(spoilt(72, 8, 0xfa).forbids(64, 16).is_err());
    assert!(spoilt(56, 8, 0).forbids(60, 4).is_err());
    assert!(spoilt(88, 8, 0).forbids(80, 16).is_err());
    let freed = |mut bench: Bench| bench.call("free", [64, 0, 0, 0], 0);
    assert!(freed(Bench::with_block(24)).is_err(), "its bytes are not poisoned");
    assert_eq!(freed(spoilt(64, 24, 0xfd)), Ok(()));
    assert!(freed(spoilt(72, 16, 0xfd)).is_err());
    // What the guest poisons itself is its own affair.
    assert_eq!(spoilt(72, 8, Poison::USER.0).forbids(64, 16), Ok(true));
}

#[test]
fn what_an_allocator_must_not_do_is_a_disagreement() {
    let gives = |address, size, align| {
        let mut bench = Bench::with_block(24);
        bench.paint(512, 512, 0xfa);
        bench.paint(640, 40, 0);
        bench.call("memalign", [align, size, 0, 0], address)
    };
    assert_eq!(gives(640, 40, 128), Ok(()));
    assert!(gives(640, 40, 256).is_err(), "aligned to 128 only");
    assert!(gives(648, 32, 1).is_err(), "aligned to 8 only");
    assert!(gives(64, 8, 1).is_err(), "the address of a live block");
    assert!(gives(96, 8, 1).is_err(), "no room for a redzone");
    assert!(gives(1008, 32, 1).is_err(), "out of the memory");
    assert!(gives(640, 48, 1).is_err(), "poison inside");
    assert!(gives(640, 32, 1).is_err(), "no redzone behind");
    let mut bench = Bench::with_block(24);
    assert!(bench.call("free", [72, 0, 0, 0], 0).is_err(), "inside of a block");
    assert_eq!(bench.call("free", [0; 4], 0), Ok(()));
    assert_eq!(bench.call("malloc_usable_size", [64, 0, 0, 0], 24), Ok(()));
    assert!(bench.call("malloc_usable_size", [64, 0, 0, 0], 32).is_err());
    bench.paint(64, 24, 0xfd);
    assert_eq!(bench.call("free", [64, 0, 0, 0], 0), Ok(()));
    assert_eq!(bench.forbids(64, 8), Ok(true));
    assert!(bench.call("free", [64, 0, 0, 0], 0).is_err(), "a second time");
}

#[test]
fn every_function_of_the_heap_has_an_entry() {
    let mut bench = Bench::with_block(8);
    for name in HEAP_CALLS {
        // Null is given, moved and taken back by all of them.
        assert_eq!(bench.call(name, [0; 4], 0), Ok(()), "{name}");
    }
}
