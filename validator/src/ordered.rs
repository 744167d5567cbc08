//! Work on many things at once, results in the order of the things.
//!
//! [`for_each`] hands the indices 0, 1, 2, ... to *workers* (threads) and the results to a *consumer*
//! (the calling thread) in the same order. The *window* is how many indices may be handed out and not
//! yet consumed: a worker that would go beyond it waits, so memory does not grow with the number of
//! indices, however slow one of them is.
//!
//! Indices are handed out one by one and a result is handed over when it is there, so nothing slow
//! holds back anything else. What is saved is waking: a sleeping thread costs more to wake than a small
//! file to judge, so the consumer lets results collect for a moment ([`NAP`]), takes them as a *batch*,
//! half the window at most, and gives the batch's room back when it comes for the next.

use std::{
    any::Any,
    collections::VecDeque,
    io, mem,
    num::NonZeroUsize,
    ops::ControlFlow,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

/// How long a result may wait for others, so that the consumer is woken for all of them at once. Nobody
/// notices it in a report, and it is a hundred small files long.
const NAP: Duration = Duration::from_millis(1);

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
        let mut results = Results { queue: &queue, batch: VecDeque::new() };
        for index in 0..count {
            if let ControlFlow::Break(value) = consume(index, results.next()) {
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
    let mut next = queue.claim();
    while let Some(index) = next {
        // Nothing that a panic leaves half done is used again: the state lives inside.
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let mut current = state.take().unwrap_or_else(make_state);
            let result = work(&mut current, index);
            state = Some(current);
            result
        }));
        let result = outcome.map_err(|payload| WorkerLost { message: message(payload) });
        next = queue.deliver(index, result);
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

/// What the consumer sees of the queue.
struct Results<'a, T> {
    queue: &'a Queue<T>,
    /// Taken from the queue and not consumed.
    batch: VecDeque<Result<T, WorkerLost>>,
}

impl<T> Results<'_, T> {
    /// Waits for the next result in order.
    fn next(&mut self) -> Result<T, WorkerLost> {
        loop {
            if let Some(result) = self.batch.pop_front() {
                return result;
            }
            self.queue.take(&mut self.batch);
        }
    }
}

/// What workers and consumer share. No code of theirs runs while it is locked.
struct Queue<T> {
    count: usize,
    window: usize,
    shared: Mutex<Shared<T>>,
    /// The window has room, or it is time to stop.
    room: Condvar,
    /// The consumer is not to sleep any longer.
    ready: Condvar,
}

struct Shared<T> {
    /// The index that the first slot is for: the next to be taken by the consumer.
    first: usize,
    /// One slot for each index that is handed out and not taken.
    slots: VecDeque<Option<Result<T, WorkerLost>>>,
    /// Slots with a result.
    filled: usize,
    /// Results in the consumer's batch. They count as not consumed until it comes for the next one.
    taken: usize,
    /// Workers that wait for room.
    waiting: usize,
    consumer: Consumer,
    stopped: bool,
}

/// What the consumer does, which says when to wake it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Consumer {
    Awake,
    /// It lets results collect, for [`NAP`] at most.
    Napping,
    /// Nothing came during the nap: it waits for the first slot's result.
    Asleep,
}

impl<T> Queue<T> {
    fn new(count: usize, window: usize) -> Self {
        Self {
            count,
            window,
            shared: Mutex::new(Shared {
                first: 0,
                slots: VecDeque::new(),
                filled: 0,
                taken: 0,
                waiting: 0,
                consumer: Consumer::Awake,
                stopped: false,
            }),
            room: Condvar::new(),
            ready: Condvar::new(),
        }
    }

    /// The lock. Poisoning says nothing here, since nothing inside can be left half done.
    fn lock(&self) -> MutexGuard<'_, Shared<T>> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The results that make a batch. The other half of the window keeps the workers busy meanwhile.
    fn batch_len(&self) -> usize {
        (self.window / 2).max(1)
    }

    /// The next index to work on, when the window has room for it; none when there is nothing more.
    fn claim(&self) -> Option<usize> {
        let mut shared = self.lock();
        while !shared.is_over(self) {
            let next = shared.hand_out(self);
            if next.is_some() {
                return next;
            }
            shared.waiting = shared.waiting.saturating_add(1);
            shared = self.room.wait(shared).unwrap_or_else(PoisonError::into_inner);
            shared.waiting = shared.waiting.saturating_sub(1);
        }
        None
    }

    /// Hands over a result and claims the next index.
    fn deliver(&self, index: usize, result: Result<T, WorkerLost>) -> Option<usize> {
        let mut shared = self.lock();
        shared.fill(index, result);
        let next = shared.hand_out(self);
        // Who gets nothing to do leaves one worker less to collect results.
        let enough = next.is_none() || shared.filled >= self.batch_len();
        let wakes = shared.wakes_consumer(enough);
        // The consumer wants the lock at once.
        drop(shared);
        if wakes {
            self.ready.notify_one();
        }
        next.or_else(|| self.claim())
    }

    /// The batch before is consumed: waits for the next results in order, at least one.
    fn take(&self, batch: &mut VecDeque<Result<T, WorkerLost>>) {
        let mut shared = self.lock();
        shared.taken = 0;
        if shared.waiting > 0 && shared.has_room(self) {
            self.room.notify_all();
        }
        if !shared.first_is_ready() {
            shared.consumer = Consumer::Napping;
            let napping = |shared: &mut Shared<T>| shared.consumer == Consumer::Napping;
            let nap = self.ready.wait_timeout_while(shared, NAP, napping);
            shared = nap.unwrap_or_else(PoisonError::into_inner).0;
        }
        if !shared.first_is_ready() {
            shared.consumer = Consumer::Asleep;
            let asleep = |shared: &mut Shared<T>| shared.consumer == Consumer::Asleep;
            let sleep = self.ready.wait_while(shared, asleep);
            shared = sleep.unwrap_or_else(PoisonError::into_inner);
        }
        shared.consumer = Consumer::Awake;
        shared.take(self.batch_len(), batch);
    }

    fn stop(&self) {
        self.lock().stopped = true;
        self.room.notify_all();
    }
}

impl<T> Shared<T> {
    /// The next index that was not handed out.
    fn next(&self) -> Option<usize> {
        self.first.checked_add(self.slots.len())
    }

    fn is_over(&self, queue: &Queue<T>) -> bool {
        self.stopped || self.next().is_none_or(|next| next >= queue.count)
    }

    fn has_room(&self, queue: &Queue<T>) -> bool {
        self.taken.saturating_add(self.slots.len()) < queue.window
    }

    fn first_is_ready(&self) -> bool {
        matches!(self.slots.front(), Some(Some(_)))
    }

    /// The next index, if the window has room for it and there is one.
    fn hand_out(&mut self, queue: &Queue<T>) -> Option<usize> {
        if self.is_over(queue) || !self.has_room(queue) {
            return None;
        }
        let next = self.next();
        self.slots.push_back(None);
        next
    }

    fn fill(&mut self, index: usize, result: Result<T, WorkerLost>) {
        let offset = index.checked_sub(self.first);
        if let Some(slot) = offset.and_then(|offset| self.slots.get_mut(offset)) {
            *slot = Some(result);
            self.filled = self.filled.saturating_add(1);
        }
    }

    /// Whether the consumer has to be woken now, which it then counts as.
    fn wakes_consumer(&mut self, enough: bool) -> bool {
        let wakes = match self.consumer {
            Consumer::Awake => false,
            Consumer::Napping => enough && self.first_is_ready(),
            Consumer::Asleep => self.first_is_ready(),
        };
        if wakes {
            self.consumer = Consumer::Awake;
        }
        wakes
    }

    /// Moves the first results that are ready to `batch`, `most` at most.
    fn take(&mut self, most: usize, batch: &mut VecDeque<Result<T, WorkerLost>>) {
        while batch.len() < most && self.first_is_ready() {
            batch.extend(self.slots.pop_front().flatten());
            self.first = self.first.saturating_add(1);
        }
        self.taken = batch.len();
        self.filled = self.filled.saturating_sub(batch.len());
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
