//! See `proofhouse_fuzz::case_file`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use proofhouse_fuzz::case_file::check;

fuzz_target!(|bytes: &[u8]| check(bytes));
