//! What rewriting costs beside compiling, for guests in the tree: rewriting and compiling what came of it,
//! against compiling the original alone, in turn.

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use proofhouse_sandbox::instrument::{Checks, Options, instrument};
use wasmtime::{Engine, Module};

use super::guest::config;

/// Below the target folder; `cargo guests` builds them.
const GUESTS: [(&str, &str); 3] = [
    ("C interpreter", "fixtures/channel-7.11.wasm"),
    ("libyara", "guests/libyara@4.5.5.wasm"),
    ("CEL (Rust)", "guests/cel@0.15.0.wasm"),
];
const ROUNDS: usize = 5;

/// The middle one.
fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64()
}

#[test]
#[ignore = "a measurement: run it alone, with --run-ignored only --no-capture"]
fn compile_cost() {
    // As the product compiles: with the watchdog's checks.
    let engine = Engine::new(config().epoch_interruption(true)).unwrap();
    println!(
        "{:<16}{:>12}{:>11}{:>9}{:>9}{:>11}{:>9}{:>9}",
        "guest", "compiling", "rewriting", "off", "code", "rewriting", "on", "code"
    );
    for (name, file) in GUESTS {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
        let original = fs::read(target.join(file)).expect("`cargo guests` builds it");
        let mut alone = Vec::new();
        let mut rewriting = [Vec::new(), Vec::new()];
        let mut both = [Vec::new(), Vec::new()];
        let mut grown = [0.0; 2];
        for _ in 0..ROUNDS {
            let started = Instant::now();
            black_box(Module::new(&engine, &original).unwrap());
            alone.push(started.elapsed());
            for (nth, checks) in [Checks::Off, Checks::Fast].into_iter().enumerate() {
                let started = Instant::now();
                let rewritten = instrument(&original, Options::default().checks(checks)).unwrap();
                rewriting[nth].push(started.elapsed());
                black_box(Module::new(&engine, &rewritten.module).unwrap());
                both[nth].push(started.elapsed());
                grown[nth] = code(&rewritten.module) / code(&original);
            }
        }
        let alone = median(alone);
        print!("{name:<16}{:>9.0} ms", alone * 1e3);
        for ((rewriting, both), grown) in rewriting.into_iter().zip(both).zip(grown) {
            print!("{:>8.0} ms{:>9.2}{grown:>9.2}", median(rewriting) * 1e3, median(both) / alone);
        }
        println!();
    }
}

/// Bytes of the code section.
fn code(module: &[u8]) -> f64 {
    let payloads = wasmparser::Parser::new(0).parse_all(module).flatten();
    let mut bytes = payloads.filter_map(|payload| match payload {
        wasmparser::Payload::CodeSectionStart { size, .. } => Some(f64::from(size)),
        _ => None,
    });
    bytes.next().unwrap()
}
