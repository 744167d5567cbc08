//! See `proofhouse_fuzz::sanitizer`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use proofhouse_fuzz::sanitizer::check;

fuzz_target!(|bytes: &[u8]| check(bytes));
