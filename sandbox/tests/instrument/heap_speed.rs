//! How fast the heap is. Not a test: `cargo nextest run --run-ignored only heap_speed --no-capture`.

use std::time::Instant;

use proofhouse_sandbox::instrument::Options;

use super::guest::guest;
use super::heap::GUEST;

#[test]
#[ignore = "measures, and asserts nothing"]
fn malloc_and_free() {
    let text = GUEST.trim_end().strip_suffix(')').unwrap().to_owned()
        + r#"(func (export "churn") (param $turns i32) (param $size i32)
            (loop $again
                (call $free (call $malloc (local.get $size)))
                (br_if $again (local.tee $turns (i32.sub (local.get $turns) (i32.const 1)))))))"#;
    for size in [8, 24, 100, 500, 2000, 10_000, 100_000] {
        let mut guest = guest(&text, Options::default());
        // The best of many short stretches: others may use the machine too.
        let turns = 5_000;
        let nanoseconds = (0..200).map(|_| {
            let start = Instant::now();
            guest.run("churn", &[turns, size]);
            start.elapsed().as_secs_f64() * 1e9 / f64::from(turns)
        });
        let nanoseconds = nanoseconds.fold(f64::INFINITY, f64::min);
        println!("malloc and free of {size} bytes: {nanoseconds:.1} ns");
    }
}
