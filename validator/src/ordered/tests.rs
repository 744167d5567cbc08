#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "tests stop at the first surprise"
)]

use std::{
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
    time::Duration,
};

use super::*;

const STACK: usize = 256 * 1024;

fn workers(jobs: usize, window: usize) -> Workers {
    let [jobs, window] = [jobs, window].map(|n| NonZeroUsize::new(n).unwrap());
    Workers { jobs, window, stack_bytes: STACK }
}

/// A delay that looks random and is the same in every run.
fn delay(index: usize) -> Duration {
    let mixed = index.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
    Duration::from_micros(u64::try_from(mixed % 700).unwrap())
}

/// Results in the order consumed, of work that squares the index after a delay.
fn squares(count: usize, workers: Workers) -> Vec<(usize, usize)> {
    let mut seen = Vec::new();
    let flow = for_each(
        count,
        workers,
        || (),
        |(), index| {
            thread::sleep(delay(index));
            index * index
        },
        |index, result| {
            seen.push((index, result.unwrap()));
            ControlFlow::<()>::Continue(())
        },
    );
    assert_eq!(flow.unwrap(), ControlFlow::Continue(()));
    seen
}

#[test]
fn order_is_kept_under_any_delay() {
    for (count, jobs, window) in
        [(0, 3, 3), (1, 8, 8), (7, 1, 1), (50, 1, 9), (300, 4, 4), (300, 8, 64), (20, 5, 1)]
    {
        let expected: Vec<_> = (0..count).map(|index| (index, index * index)).collect();
        assert_eq!(squares(count, workers(jobs, window)), expected, "{count} {jobs} {window}");
    }
}

/// Numbers that look random and are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }

    /// Mostly nothing, sometimes a little, seldom more than a nap.
    fn pause(&mut self) -> Duration {
        match self.below(40) {
            0 => NAP * 2,
            1..5 => Duration::from_micros(u64::try_from(self.below(300)).unwrap()),
            _ => Duration::ZERO,
        }
    }
}

fn pause(duration: Duration) {
    if !duration.is_zero() {
        thread::sleep(duration);
    }
}

#[test]
fn whatever_is_slow_or_panics_or_breaks_order_and_window_hold() {
    for seed in 0..60 {
        let mut numbers = Numbers(seed);
        let (count, jobs) = (numbers.below(300), 1 + numbers.below(6));
        let window = 1 + numbers.below(40);
        // What happens at each index: a pause in the work, one in the consumer, a panic.
        let plan: Vec<_> = (0..count)
            .map(|_| (numbers.pause(), numbers.pause(), numbers.below(25) == 0))
            .collect();
        let stop = (numbers.below(3) == 0).then(|| numbers.below(count + 1));
        let (consumed, furthest) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let mut seen = Vec::new();
        let flow = for_each(
            count,
            workers(jobs, window),
            || (),
            |(), index| {
                furthest.fetch_max((index + 1).saturating_sub(consumed.load(SeqCst)), SeqCst);
                pause(plan[index].0);
                assert!(!plan[index].2, "{index}");
                index
            },
            |index, result| {
                seen.push((index, result));
                pause(plan[index].1);
                consumed.store(index + 1, SeqCst);
                if stop == Some(index) {
                    ControlFlow::Break(index)
                } else {
                    ControlFlow::Continue(())
                }
            },
        );
        let broken = stop.filter(|&index| index < count);
        assert_eq!(flow.unwrap(), broken.map_or(ControlFlow::Continue(()), ControlFlow::Break));
        let expected: Vec<_> = (0..broken.map_or(count, |index| index + 1))
            .map(|index| {
                let lost = WorkerLost { message: index.to_string() };
                (index, if plan[index].2 { Err(lost) } else { Ok(index) })
            })
            .collect();
        assert_eq!(seen, expected, "{seed}");
        assert!(furthest.load(SeqCst) <= window.max(jobs), "{seed}: {furthest:?}");
    }
}

#[test]
fn a_result_does_not_wait_for_work_behind_it() {
    for (jobs, window) in [(1, 1), (1, 64), (2, 128), (4, 7)] {
        let consumed = AtomicUsize::new(0);
        let flow = for_each(
            200,
            workers(jobs, window),
            || (),
            |(), index| {
                // Goes on when all before it is consumed, as a file does that takes very long. Those
                // in between are fast, so that there is something to collect.
                if index % 50 == 49 {
                    for _ in 0..10_000 {
                        if consumed.load(SeqCst) == index {
                            return true;
                        }
                        thread::sleep(Duration::from_millis(1));
                    }
                    return false;
                }
                true
            },
            |index, result| {
                assert_eq!(result, Ok(true), "{index} for {jobs} and {window}");
                consumed.store(index + 1, SeqCst);
                ControlFlow::<()>::Continue(())
            },
        );
        assert_eq!(flow.unwrap(), ControlFlow::Continue(()));
    }
}

#[test]
fn one_slow_index_among_fast_ones_holds_back_none_within_the_window() {
    let (jobs, window, slow) = (2, 32, 500);
    let begun = AtomicUsize::new(0);
    let flow = for_each(
        1000,
        workers(jobs, window),
        || (),
        |(), index| {
            begun.fetch_add(1, SeqCst);
            if index == slow {
                for _ in 0..10_000 {
                    if begun.load(SeqCst) >= slow + window {
                        break;
                    }
                    thread::sleep(Duration::from_millis(1));
                }
                thread::sleep(Duration::from_millis(10));
                assert_eq!(begun.load(SeqCst), slow + window, "the window is used, and not left");
            }
        },
        |_, result| {
            assert_eq!(result, Ok(()));
            ControlFlow::<()>::Continue(())
        },
    );
    assert_eq!(flow.unwrap(), ControlFlow::Continue(()));
}

#[test]
fn the_window_holds_while_the_first_is_slow() {
    let (jobs, window) = (4, 10);
    let (begun, consumed, furthest) =
        (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    let flow = for_each(
        200,
        workers(jobs, window),
        || (),
        |(), index| {
            begun.fetch_add(1, SeqCst);
            // Counted before, so that the difference is at most the truth.
            furthest.fetch_max((index + 1).saturating_sub(consumed.load(SeqCst)), SeqCst);
            if index == 0 {
                // Until the others have run into the window's end, or for a long time.
                for _ in 0..2000 {
                    if begun.load(SeqCst) >= window {
                        break;
                    }
                    thread::sleep(Duration::from_millis(1));
                }
                thread::sleep(Duration::from_millis(30));
                assert_eq!(begun.load(SeqCst), window, "the window is used, and not left");
            }
        },
        |index, result| {
            assert_eq!(result, Ok(()));
            consumed.store(index + 1, SeqCst);
            ControlFlow::<()>::Continue(())
        },
    );
    assert_eq!(flow.unwrap(), ControlFlow::Continue(()));
    // One more than the window, since an index is given back just before it is consumed.
    assert!((window..=window + 1).contains(&furthest.load(SeqCst)), "{furthest:?}");
}

#[test]
fn a_panic_costs_its_index_and_the_state_alone() {
    for jobs in [1, 4] {
        let states = AtomicUsize::new(0);
        let mut seen = Vec::new();
        let flow = for_each(
            40,
            workers(jobs, 8),
            || {
                states.fetch_add(1, SeqCst);
                Vec::new()
            },
            |state: &mut Vec<usize>, index| {
                assert!(!state.contains(&13), "a state in which a panic happened is used again");
                state.push(index);
                assert!(index != 13, "index {index} is unlucky");
                index
            },
            |index, result| {
                seen.push((index, result));
                ControlFlow::<()>::Continue(())
            },
        );
        assert_eq!(flow.unwrap(), ControlFlow::Continue(()));
        let expected: Vec<_> = (0..40)
            .map(|index| match index {
                13 => (13, Err(WorkerLost { message: "index 13 is unlucky".to_owned() })),
                _ => (index, Ok(index)),
            })
            .collect();
        assert_eq!(seen, expected);
        // One for each worker that got work, and one more for the worker that panicked if it went on.
        let most = jobs + 1;
        let least = if jobs == 1 { most } else { 1 };
        assert!((least..=most).contains(&states.load(SeqCst)), "{states:?} for {jobs}");
    }
}

#[test]
fn a_state_that_cannot_be_made_costs_every_index_but_ends() {
    let mut lost = 0;
    let flow = for_each(
        25,
        workers(3, 4),
        || -> usize { panic!("no state") },
        |state, _| *state,
        |_, result| {
            assert_eq!(result, Err(WorkerLost { message: "no state".to_owned() }));
            lost += 1;
            ControlFlow::<()>::Continue(())
        },
    );
    assert_eq!((flow.unwrap(), lost), (ControlFlow::Continue(()), 25));
}

#[test]
fn what_a_panic_says_is_cut_and_need_not_be_text() {
    struct PanicsWhenDropped;
    impl Drop for PanicsWhenDropped {
        fn drop(&mut self) {
            panic!("the payload was dropped");
        }
    }
    let mut said = Vec::new();
    let flow = for_each(
        2,
        workers(1, 1),
        || (),
        |(), index| match index {
            0 => panic!("{}", "ä".repeat(400)),
            _ => std::panic::panic_any(PanicsWhenDropped),
        },
        |_, result: Result<(), _>| {
            said.push(result.unwrap_err().message);
            ControlFlow::<()>::Continue(())
        },
    );
    assert_eq!(flow.unwrap(), ControlFlow::Continue(()));
    assert_eq!(said, ["ä".repeat(256), "(no message)".to_owned()]);
}

#[test]
fn the_consumer_can_stop_early() {
    for jobs in [1, 4] {
        let begun = AtomicUsize::new(0);
        let window = 6;
        let flow = for_each(
            usize::MAX,
            workers(jobs, window),
            || (),
            |(), index| {
                begun.fetch_add(1, SeqCst);
                index
            },
            |index, _| match index {
                9 => ControlFlow::Break("broken pipe"),
                _ => ControlFlow::Continue(()),
            },
        );
        assert_eq!(flow.unwrap(), ControlFlow::Break("broken pipe"));
        assert!(begun.load(SeqCst) <= 10 + window, "{begun:?}");
    }
}

#[test]
fn a_consumer_that_panics_leaves_no_worker_waiting() {
    let outcome = catch_unwind(|| {
        for_each(
            1000,
            workers(3, 3),
            || (),
            |(), index| index,
            |_, _| -> ControlFlow<()> { panic!("consumer") },
        )
    });
    let payload = outcome.unwrap_err();
    assert_eq!(message(payload), "consumer");
}

#[test]
fn a_thread_that_cannot_start_is_an_error() {
    let impossible = Workers { stack_bytes: usize::MAX / 4, ..workers(2, 2) };
    let outcome = for_each(
        5,
        impossible,
        || (),
        |(), index| index,
        |_, _| -> ControlFlow<()> { panic!("nothing is consumed") },
    );
    assert!(matches!(outcome, Err(SpawnError(_))), "{outcome:?}");
}

#[test]
fn workers_have_the_stack_they_were_given() {
    /// Uses about `kib` KiB of stack.
    fn deep(kib: usize) -> u8 {
        let block = std::hint::black_box([1_u8; 1024]);
        let below = if kib == 0 { 0 } else { deep(kib - 1) };
        std::hint::black_box(block)[0].wrapping_add(below)
    }
    let wide = Workers { stack_bytes: 32 * 1024 * 1024, ..workers(1, 1) };
    let mut depths = Vec::new();
    let flow = for_each(
        1,
        wide,
        || (),
        // More than the 2 MiB that Rust gives a thread otherwise.
        |(), _| deep(6 * 1024),
        |_, result| {
            depths.push(result.unwrap());
            ControlFlow::<()>::Continue(())
        },
    );
    assert_eq!(flow.unwrap(), ControlFlow::Continue(()));
    assert_eq!(depths, [u8::try_from((6 * 1024 + 1) % 256).unwrap()]);
}
