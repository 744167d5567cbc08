//! The benchmarks of the gate: `cargo bench -p proofhouse`. `docs/benchmarks.md` says what they mean.
//!
//! Each compares with a real alternative in the same run and prints a ratio: these machines are shared,
//! so absolute times say little. Nothing here decides whether a build passes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::cast_precision_loss,
    clippy::indexing_slicing,
    reason = "a benchmark stops where it stands if anything is wrong"
)]

mod compile_cost;
mod fixtures;
mod guests;
mod many_files;
mod measure;
mod native;
mod one_file;
mod warm_start;

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    let all: [(&str, fn()); 6] = [
        ("one-file", one_file::run),
        ("native", native::run),
        ("warm-start", warm_start::run),
        ("guests", guests::run),
        ("many-files", many_files::run),
        ("compile-cost", compile_cost::run),
    ];
    for (name, bench) in all {
        if wanted.is_empty() || wanted.iter().any(|w| w == name) {
            println!("== {name}");
            bench();
            println!();
        }
    }
}
