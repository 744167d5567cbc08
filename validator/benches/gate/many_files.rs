//! Many small files through the whole program: time and memory against their number, and against the
//! number of jobs.

use crate::fixtures::{built, content};
use crate::measure::{ratio, show};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const COUNTS: [u32; 3] = [1_000, 10_000, 100_000];

pub(crate) fn run() {
    let content = content("narrow").encode().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let mut base = None;
    for count in COUNTS {
        let files = directory.path().join(count.to_string());
        std::fs::create_dir(&files).unwrap();
        for at in 0..count {
            std::fs::write(files.join(format!("{at:06}.chan")), &content).unwrap();
        }
        let (time, peak) = check(&files, 1, directory.path());
        let each = time / count;
        let (base_each, base_peak) = *base.get_or_insert((each, peak));
        println!(
            "{count:>7} files, 1 job: {:>10}, {:>8} a file ({:.2} times), peak {:>6} KiB ({:.2} times)",
            show(time),
            show(each),
            ratio(each, base_each),
            peak,
            peak as f64 / base_peak as f64,
        );
    }
    let files = directory.path().join(COUNTS[2].to_string());
    let mut ratios: Vec<f64> = (0..3)
        .map(|_| ratio(check(&files, 1, directory.path()).0, check(&files, 2, directory.path()).0))
        .collect();
    ratios.sort_unstable_by(f64::total_cmp);
    println!("two jobs against one: {:.2} times as fast", ratios[1]);
    // What the machine gives at best: no two jobs share less than two processes do.
    let mut ratios: Vec<f64> = (0..3)
        .map(|_| {
            let alone = check(&files, 1, directory.path()).0;
            let started = Instant::now();
            std::thread::scope(|scope| {
                for _ in 0..2 {
                    scope.spawn(|| check(&files, 1, directory.path()));
                }
            });
            2.0 * ratio(alone, started.elapsed())
        })
        .collect();
    ratios.sort_unstable_by(f64::total_cmp);
    println!("two processes against one, all files each: {:.2} times the work", ratios[1]);
}

/// Wall time, and peak memory in KiB as the kernel counts it.
fn check(files: &Path, jobs: u32, cache: &Path) -> (Duration, u64) {
    let program = env!("CARGO_BIN_EXE_proofhouse");
    let started = Instant::now();
    let mut child = Command::new(program)
        .args(["check", "--jobs", &jobs.to_string(), "-i"])
        .arg(built("channel-7.11.wasm"))
        .arg(files)
        .env("XDG_CACHE_HOME", cache)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut peak = 0;
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        peak = peak.max(peak_of(child.id()));
        std::thread::sleep(Duration::from_millis(2));
    };
    assert!(status.success());
    (started.elapsed(), peak)
}

/// `VmHWM` of a process: the largest resident set that it ever had.
fn peak_of(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse().unwrap_or(0)
}
