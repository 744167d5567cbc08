//! See `proofhouse_fuzz::channel_source`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use proofhouse_fuzz::channel_source::check;

fuzz_target!(|bytes: &[u8]| check(bytes));
