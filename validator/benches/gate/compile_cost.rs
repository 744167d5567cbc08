//! What rewriting costs beside compiling, for all guests in the box: rewriting and compiling what came of it,
//! against compiling the original alone, in turn.

use proofhouse_sandbox::instrument::{Checks, Options, instrument};
use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use wasmtime::{Config, Engine, Module};

const ROUNDS: usize = 3;

/// The reference interpreter and all that is in the box.
fn guests() -> Vec<PathBuf> {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target");
    let built = fs::read_dir(target.join("guests")).expect("`cargo guests` builds them");
    let built = built.map(|entry| entry.unwrap().path());
    let mut guests: Vec<_> =
        built.filter(|path| path.extension() == Some("wasm".as_ref())).collect();
    // The builds of libyara for checks are checked by themselves for the most part.
    guests.retain(|path| !path.to_string_lossy().contains("-checked-"));
    guests.sort();
    guests.insert(0, target.join("fixtures/channel-7.11.wasm"));
    let named = |guest: &PathBuf| {
        std::env::args().any(|word| guest.file_name().unwrap().to_string_lossy().starts_with(&word))
    };
    if guests.iter().any(named) {
        guests.retain(named);
    }
    guests
}

/// The middle one.
fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64()
}

/// An engine that compiles as the sandbox's does.
fn engine() -> Engine {
    let mut config = Config::new();
    config.cranelift_nan_canonicalization(true).relaxed_simd_deterministic(true);
    config.wasm_branch_hinting(true);
    Engine::new(&config).unwrap()
}

pub(crate) fn run() {
    let engine = engine();
    println!(
        "{:<28}{:>12}{:>11}{:>9}{:>9}{:>11}{:>9}{:>9}",
        "guest", "compiling", "rewriting", "off", "code", "rewriting", "on", "code"
    );
    for file in guests() {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let original = fs::read(&file).unwrap();
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
        print!("{name:<28}{:>9.0} ms", alone * 1e3);
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
