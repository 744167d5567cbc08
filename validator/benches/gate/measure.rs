//! Times, as medians of rounds or as the quickest of them.

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

/// Runs all of `works` in turn, once to warm up and then `rounds` times, each on `per_round` things; of each
/// the quickest time of one thing. What other programs take of the machine only ever adds to a time, and in
/// turn all of them get its idle moments.
pub(crate) fn quickest<const N: usize>(
    rounds: usize,
    per_round: u32,
    works: [&dyn Fn(); N],
) -> [Duration; N] {
    let mut times = [Duration::MAX; N];
    for work in works {
        work();
    }
    for _ in 0..rounds {
        for (work, time) in works.iter().zip(&mut times) {
            let started = Instant::now();
            work();
            *time = started.elapsed().min(*time);
        }
    }
    times.map(|time| time / per_round)
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
