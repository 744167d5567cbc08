//! Times, as medians of rounds.

use std::time::{Duration, Instant};

/// Runs `work` once to warm up and then `rounds` times, each on `per_round` things; the median time of
/// one thing.
pub(crate) fn median(rounds: usize, per_round: u32, mut work: impl FnMut()) -> Duration {
    work();
    let mut times: Vec<Duration> = (0..rounds)
        .map(|_| {
            let started = Instant::now();
            work();
            started.elapsed() / per_round
        })
        .collect();
    times.sort_unstable();
    times[times.len() / 2]
}

/// How many times longer `a` takes than `b`.
pub(crate) fn ratio(a: Duration, b: Duration) -> f64 {
    a.as_secs_f64() / b.as_secs_f64()
}

/// A time as people read it.
pub(crate) fn show(time: Duration) -> String {
    let us = time.as_secs_f64() * 1e6;
    if us < 1_000.0 { format!("{us:.1} us") } else { format!("{:.1} ms", us / 1_000.0) }
}
