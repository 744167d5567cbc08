//! See `proofhouse_fuzz::raw_content`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use proofhouse_fuzz::raw_content::check;

fuzz_target!(|bytes: &[u8]| {
    check(bytes);
});
