//! A clock that stands still, and random numbers from a fixed seed.

use super::errno::{self, Failure, returned};
use crate::host::State;
use crate::host::state::called;
use crate::num::{address, u64_of};
use wasmtime::{Caller, Linker, Result};

pub(super) const FUNCTIONS: [&str; 3] = ["clock_res_get", "clock_time_get", "random_get"];

/// 2024-07-19T04:09:00Z, in nanoseconds since 1970.
const NOW_NS: u64 = 1_721_362_140_000_000_000;
/// Resolution of all clocks, in nanoseconds.
const RESOLUTION_NS: u64 = 1_000;
/// Clock ids of the interface: realtime, monotonic, process CPU time, thread CPU time.
const CLOCKS: std::ops::RangeInclusive<i32> = 0..=3;

pub(super) fn define(linker: &mut Linker<State>) -> Result<()> {
    linker.func_wrap(super::MODULE, "clock_res_get", |caller: Caller<'_, State>, id, out| {
        returned(write_time(caller, "clock_res_get", id, out, RESOLUTION_NS))
    })?;
    linker.func_wrap(
        super::MODULE,
        "clock_time_get",
        |caller: Caller<'_, State>, id, _precision: i64, out| {
            returned(write_time(caller, "clock_time_get", id, out, NOW_NS))
        },
    )?;
    linker.func_wrap(super::MODULE, "random_get", |caller: Caller<'_, State>, buffer, size| {
        returned(random(caller, buffer, size))
    })?;
    Ok(())
}

fn write_time(
    mut caller: Caller<'_, State>,
    function: &'static str,
    clock: i32,
    out: i32,
    nanoseconds: u64,
) -> Result<(), Failure> {
    if !CLOCKS.contains(&clock) {
        return Err(Failure::Errno(errno::INVAL));
    }
    let (mut memory, _) = called(&mut caller, function)?;
    Ok(memory.write_u64(address(out), nanoseconds)?)
}

fn random(mut caller: Caller<'_, State>, buffer: i32, size: i32) -> Result<(), Failure> {
    let (mut memory, state) = called(&mut caller, "random_get")?;
    let bytes = memory.slice_mut(address(buffer), address(size))?;
    state.charge_work(u64_of(bytes.len()))?;
    for chunk in bytes.chunks_mut(8) {
        let word = split_mix(&mut state.wasi.random).to_le_bytes();
        for (to, from) in chunk.iter_mut().zip(word) {
            *to = from;
        }
    }
    Ok(())
}

/// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::split_mix;

    #[test]
    fn the_generator_is_the_published_one() {
        // First outputs for seed 1234567, as published with the reference implementation.
        let mut state = 1_234_567;
        assert_eq!(split_mix(&mut state), 6_457_827_717_110_365_317);
        assert_eq!(split_mix(&mut state), 3_203_168_211_198_807_973);
    }
}
