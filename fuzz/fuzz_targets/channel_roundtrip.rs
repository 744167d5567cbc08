//! See `proofhouse_fuzz::channel_roundtrip`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use proofhouse_corpus::ChannelFile;
use proofhouse_fuzz::channel_roundtrip::check;

fuzz_target!(|file: ChannelFile<'static>| check(&file));
