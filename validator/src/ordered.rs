//! Work on many things at once, results in the order of the things.
//!
//! [`for_each`] hands the indices 0, 1, 2, ... to *workers* (threads) and the results to a *consumer*
//! (the calling thread) in the same order. The *window* is how many indices may be handed out and not
//! yet consumed: a worker that would go beyond it waits, so memory does not grow with the number of
//! indices, however slow one of them is.

use std::{
    any::Any,
    collections::VecDeque,
    io, mem,
    num::NonZeroUsize,
    ops::ControlFlow,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    thread,
};

/// How much of a panic's message is kept. Bytes.
const MAX_MESSAGE_BYTES: usize = 512;

/// The workers of one [`for_each`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Workers {
    /// Threads; no more are started than there are indices.
    pub(crate) jobs: NonZeroUsize,
    /// Indices handed out and not yet consumed, at most. Less than `jobs` would leave workers idle, so
    /// it is then taken to be `jobs`.
    pub(crate) window: NonZeroUsize,
    /// Bytes of each thread's stack.
    pub(crate) stack_bytes: usize,
}

/// The worker panicked on this index: a bug of ours, and no statement about what it worked on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("our own bug: a worker panicked: {message}")]
pub(crate) struct WorkerLost {
    /// What the panic said, for the bug report; cut at 512 bytes.
    pub(crate) message: String,
}

/// The operating system did not start a thread; nothing more is consumed.
#[derive(Debug, thiserror::Error)]
#[error("cannot start a worker thread")]
pub struct SpawnError(#[from] io::Error);

/// Runs `work` on each index below `count` and gives the results to `consume` in the order of the
/// indices.
///
/// Each worker makes a state with `state` when it first has something to do. A panic in `state` or
/// `work` costs its index the result and its worker the state; the next index gets a new one. When
/// `consume` breaks, no further index is handed out; the call returns when those in work are done,
/// with their results dropped.
///
/// # Panics
/// If `consume` panics; the workers are stopped first.
pub(crate) fn for_each<S, T: Send, B>(
    count: usize,
    workers: Workers,
    state: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, usize) -> T + Sync,
    mut consume: impl FnMut(usize, Result<T, WorkerLost>) -> ControlFlow<B>,
) -> Result<ControlFlow<B>, SpawnError> {
    let queue = Queue::new(count, workers.window.max(workers.jobs).get());
    thread::scope(|scope| {
        // Workers wait for the consumer: however this scope is left, they have to be told.
        let _stop = StopOnDrop(&queue);
        for number in 0..workers.jobs.get().min(count) {
            thread::Builder::new()
                .name(format!("worker-{number}"))
                .stack_size(workers.stack_bytes)
                .spawn_scoped(scope, || run_worker(&queue, &state, &work))?;
        }
        for index in 0..count {
            if let ControlFlow::Break(value) = consume(index, queue.take()) {
                return Ok(ControlFlow::Break(value));
            }
        }
        Ok(ControlFlow::Continue(()))
    })
}

fn run_worker<S, T>(
    queue: &Queue<T>,
    make_state: &impl Fn() -> S,
    work: &impl Fn(&mut S, usize) -> T,
) {
    let mut state = None;
    while let Some(index) = queue.claim() {
        // Nothing that a panic leaves half done is used again: the state lives inside.
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let mut current = state.take().unwrap_or_else(make_state);
            let result = work(&mut current, index);
            state = Some(current);
            result
        }));
        queue.deliver(index, outcome.map_err(|payload| WorkerLost { message: message(payload) }));
    }
}

/// What a panic said. An unknown payload is leaked: dropping it would run unknown code, which could
/// panic again.
fn message(payload: Box<dyn Any + Send>) -> String {
    let payload = match payload.downcast::<String>() {
        Ok(text) => return cut(&text),
        Err(payload) => payload,
    };
    match payload.downcast::<&'static str>() {
        Ok(text) => cut(&text),
        Err(payload) => {
            mem::forget(payload);
            "(no message)".to_owned()
        }
    }
}

fn cut(text: &str) -> String {
    text.get(..text.floor_char_boundary(MAX_MESSAGE_BYTES)).unwrap_or_default().to_owned()
}

/// What workers and consumer share. No code of theirs runs while it is locked.
struct Queue<T> {
    count: usize,
    window: usize,
    shared: Mutex<Shared<T>>,
    /// The window has room, or it is time to stop.
    room: Condvar,
    /// The result that the consumer waits for is there.
    ready: Condvar,
}

struct Shared<T> {
    /// The index that the first slot is for: the next to be consumed.
    first: usize,
    /// One slot for each index that is handed out and not consumed.
    slots: VecDeque<Option<Result<T, WorkerLost>>>,
    stopped: bool,
}

impl<T> Queue<T> {
    fn new(count: usize, window: usize) -> Self {
        Self {
            count,
            window,
            shared: Mutex::new(Shared { first: 0, slots: VecDeque::new(), stopped: false }),
            room: Condvar::new(),
            ready: Condvar::new(),
        }
    }

    /// The lock. Poisoning says nothing here, since nothing inside can be left half done.
    fn lock(&self) -> MutexGuard<'_, Shared<T>> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next index to work on, when the window has room for it; none when there is nothing more.
    fn claim(&self) -> Option<usize> {
        let mut shared = self.lock();
        loop {
            let next = shared.first.checked_add(shared.slots.len())?;
            if shared.stopped || next >= self.count {
                return None;
            }
            if shared.slots.len() < self.window {
                shared.slots.push_back(None);
                return Some(next);
            }
            shared = self.room.wait(shared).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn deliver(&self, index: usize, result: Result<T, WorkerLost>) {
        let mut shared = self.lock();
        let offset = index.checked_sub(shared.first);
        if let Some(slot) = offset.and_then(|offset| shared.slots.get_mut(offset)) {
            *slot = Some(result);
        }
        if offset == Some(0) {
            self.ready.notify_one();
        }
    }

    /// Waits for the next result in order.
    fn take(&self) -> Result<T, WorkerLost> {
        let mut shared = self.lock();
        loop {
            if let Some(Some(_)) = shared.slots.front()
                && let Some(Some(result)) = shared.slots.pop_front()
            {
                shared.first = shared.first.saturating_add(1);
                self.room.notify_one();
                return result;
            }
            shared = self.ready.wait(shared).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn stop(&self) {
        self.lock().stopped = true;
        self.room.notify_all();
    }
}

struct StopOnDrop<'a, T>(&'a Queue<T>);

impl<T> Drop for StopOnDrop<'_, T> {
    fn drop(&mut self) {
        self.0.stop();
    }
}

#[cfg(test)]
mod tests;
