//! See `proofhouse_fuzz::structured_content`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use proofhouse_fuzz::structured_content::{Case, check};

fuzz_target!(|case: Case| {
    check(&case);
});
