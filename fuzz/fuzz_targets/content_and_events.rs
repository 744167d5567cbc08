//! See `proofhouse_fuzz::content_and_events`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use proofhouse_fuzz::content_and_events::{Case, check};

fuzz_target!(|case: Case| {
    check(&case);
});
