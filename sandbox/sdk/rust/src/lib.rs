//! sandbox/sdk/rust
