//! Mutators: they change what bytes mean, and write them anew with the right lengths and checksum, so
//! that a fuzzer's changes get past the door.
//!
//! A mutator decodes its input, changes one thing, and encodes it. Input that does not decode is left
//! to the fuzzer's own mutators, for which [`reseal`](crate::reseal) is there. The same input and seed
//! always give the same output.
//!
//! Two mutators know no format: [`follow`] replaces what was compared by what it was compared with, and a
//! [`Walk`] gives each byte a few other values.
//!
//! *Field mutations* are not random: [`field_mutations`] goes through every field of every instance.

mod channel;
mod event;
mod fields;
mod follow;
mod walk;

pub use channel::{cross_channels, mutate_channel};
pub use event::{cross_events, mutate_event};
pub use fields::field_mutations;
pub use follow::{Compared, Edit, NumberForm, follow};
pub use walk::Walk;

/// Random bytes for one mutation: more than any takes.
const RANDOM_BYTES: usize = 512;

/// Bytes out of a seed, for the choices of one mutation (Steele and others, "Fast splittable
/// pseudorandom number generators", OOPSLA 2014).
fn random(seed: u64) -> Vec<u8> {
    let mut state = seed;
    let mut bytes = Vec::with_capacity(RANDOM_BYTES);
    while bytes.len() < RANDOM_BYTES {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bytes.extend_from_slice(&(mixed ^ (mixed >> 31)).to_le_bytes());
    }
    bytes
}
