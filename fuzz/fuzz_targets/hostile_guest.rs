//! See `proofhouse_fuzz::hostile_guest`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use proofhouse_fuzz::hostile_guest::{Case, check};

fuzz_target!(|case: Case| {
    check(&case);
});
