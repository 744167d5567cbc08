//! See `proofhouse_fuzz::events`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use proofhouse_fuzz::events::check;

fuzz_target!(|bytes: &[u8]| {
    check(bytes);
});
