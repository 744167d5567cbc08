//! sandbox/guests/yara
