//! See `proofhouse_fuzz::decoder`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use proofhouse_fuzz::decoder::{Case, check};

fuzz_target!(|case: Case| {
    check(&case);
});
