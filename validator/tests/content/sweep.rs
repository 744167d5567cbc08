//! Sweeps over the bytes of a good file: cut at each, changed at each.

use crate::channel::{A, B, changed, good, input, put, resealed};
use crate::oracle::{Counts, compare};

#[test]
fn a_file_that_ends_at_any_byte_is_malformed() {
    let good = good();
    let cut = |length: usize| (format!("the first {length} bytes"), good[..length].to_vec());
    let mut files: Vec<_> = (0..good.len()).map(cut).collect();
    files.push(("all of it".into(), good.clone()));
    let expected = Counts { accepted: 1, malformed: good.len(), ..Counts::default() };
    assert_eq!(compare(&files), expected);
}

#[test]
fn a_bit_that_flips_at_any_byte_is_seen() {
    let flipped = |at: usize| {
        let bit = at % 8;
        (format!("bit {bit} of byte {at}"), changed(|bytes| bytes[at] ^= 1 << bit))
    };
    let files: Vec<_> = (0..good().len()).map(flipped).collect();
    // The checksum covers every byte, and no flip of a single bit passes it.
    assert_eq!(compare(&files), Counts { malformed: files.len(), ..Counts::default() });
}

#[test]
fn a_file_that_says_something_else_is_judged_alike_by_decoder_and_interpreter() {
    let files: Vec<_> = (0..good().len() * 8)
        .map(|bit| {
            let (at, bit) = (bit / 8, bit % 8);
            (format!("bit {bit} of byte {at}, resealed"), resealed(|b| b[at] ^= 1 << bit))
        })
        .collect();
    let counts = compare(&files);
    // Another channel, id, string or bound is good content; so each kind of answer occurs.
    assert!(counts.accepted > 100 && counts.malformed > 1000, "{counts:?}");
    assert_eq!(counts.beyond_contract, 32, "each bit of the template type");
}

#[test]
fn numbers_near_their_ends_are_refused_and_not_computed_with() {
    let ends = [
        u64::from(u32::MAX) / 2,
        u64::from(u32::MAX) / 2 + 1,
        u64::from(u32::MAX) - 40,
        u64::from(u32::MAX) - 7,
        u64::from(u32::MAX) - 1,
        u64::from(u32::MAX),
    ];
    let beyond = [1 << 32, (1 << 32) + 1, u64::MAX / 2, u64::MAX / 2 + 1, u64::MAX - 7, u64::MAX];
    let mut files = Vec::new();
    // Everything in the header that counts or measures, alone and with another one.
    let header = [16, 20, 24, 28, 32];
    for first in header {
        for value in ends {
            let field = u32::try_from(value).unwrap().to_le_bytes();
            for second in header {
                let file = resealed(|bytes| {
                    put(bytes, first, &field);
                    put(bytes, second, &field);
                });
                files.push((format!("{value} at {first} and {second}"), file));
            }
        }
    }
    // Offset and length of each kind of string.
    for criterion in [input(0, 1), input(0, 2), input(1, 3)] {
        for value in ends.into_iter().chain(beyond) {
            for operands in [&[A][..], &[B], &[A, B]] {
                let file = resealed(|bytes| {
                    for operand in operands {
                        put(bytes, criterion + operand, &value.to_le_bytes());
                    }
                });
                files.push((format!("{value} at {criterion} + {operands:?}"), file));
            }
        }
    }
    let expected = Counts { malformed: files.len(), ..Counts::default() };
    assert_eq!(compare(&files), expected);
}
