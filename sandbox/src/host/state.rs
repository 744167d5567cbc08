//! What one run keeps on the host's side: limits used so far, and what the guest said.

use super::Stop;
use super::shadow::beside;
use super::wasi::{Wasi, WasiState};
use crate::clock::Deadline;
use crate::guest_memory::GuestMemory;
use crate::instrument::Constants;
use crate::instrument::oracle::Oracle;
use crate::limits::{CHECKED_BYTES, CHECKED_SHARE, HOST_CALL_FUEL, Limits};
use crate::message::Message;
use crate::num::u64_of;
use crate::outcome::{AbiViolation, Resource, Stream};
use crate::records::Records;
use crate::watched::HostReads;
use std::collections::BTreeSet;
use std::ops::Range;
use wasmtime::{AsContextMut, Caller, Memory, ResourceLimiter, StoreContextMut};

/// The data of the store of one run.
pub(crate) struct State {
    pub(crate) limits: Limits,
    pub(crate) memory: Option<Memory>,
    pub(crate) shadow: Option<Memory>,
    /// What the guest may not write, if that is known.
    pub(crate) constants: Option<Constants>,
    pub(crate) growth: Growth,
    pub(crate) captured: Captured,
    pub(crate) wasi: Wasi,
    /// What host functions did since the guest was entered, in fuel.
    pub(crate) work: u64,
    /// Judges accesses where the guest asks.
    pub(crate) oracle: Oracle,
    /// What host functions read of a watched buffer, while there is one.
    pub(crate) reads: Option<HostReads>,
}

/// What is left on the host's side of what an interpreter did before it saw content.
pub(crate) struct Keepsake {
    captured: Captured,
    wasi: WasiState,
    peak_memory_bytes: u64,
}

/// What the guest said during a run.
#[derive(Clone, Default)]
pub(crate) struct Captured {
    /// Diagnostics, in order.
    pub(crate) messages: Vec<Message>,
    /// Records emitted since they were last taken.
    pub(crate) emitted: Records,
    /// stdout and stderr in the order of writing.
    pub(crate) output: Vec<u8>,
    /// What was written to stderr last, without stdout in between: where it is in the output.
    errors: Range<usize>,
    /// Host functions that the guest called and that are not provided.
    pub(crate) refused_calls: BTreeSet<&'static str>,
    records: u64,
    record_bytes: u64,
    message_bytes: u64,
    output_bytes: u64,
}

impl Captured {
    /// Keeps what is written to stdout or stderr.
    pub(crate) fn write(&mut self, bytes: &[u8], is_stderr: bool) {
        let start = self.output.len();
        self.output.extend_from_slice(bytes);
        if is_stderr {
            if self.errors.end != start {
                self.errors.start = start;
            }
            self.errors.end = self.output.len();
        }
    }

    /// What was written to stderr last.
    pub(crate) fn errors(&self) -> &[u8] {
        self.output.get(self.errors.clone()).unwrap_or_default()
    }
}

impl State {
    pub(crate) fn new(limits: Limits, wasi: Wasi, growth: Growth) -> Self {
        Self {
            limits,
            memory: None,
            shadow: None,
            constants: None,
            growth,
            captured: Captured::default(),
            wasi,
            work: 0,
            oracle: Oracle::default(),
            reads: None,
        }
    }

    /// What a run from an image will have to know.
    pub(crate) fn keep(&self) -> Keepsake {
        Keepsake {
            captured: self.captured.clone(),
            wasi: self.wasi.state(),
            peak_memory_bytes: self.growth.peak_memory_bytes,
        }
    }

    /// Goes on from there.
    pub(crate) fn recall(&mut self, kept: &Keepsake) {
        self.captured.clone_from(&kept.captured);
        self.wasi.recall(&kept.wasi);
        self.growth.peak_memory_bytes = kept.peak_memory_bytes;
    }

    /// Counts a call of a host function, or refuses it: the host works for a guest as long as the guest may
    /// run itself. So it is not the clock that ends one that keeps the host busy.
    pub(crate) fn charge_call(&mut self) -> Result<(), Stop> {
        self.charge_work(HOST_CALL_FUEL)
    }

    /// The same for that many bytes that it handles, where no other limit counts them.
    pub(crate) fn charge_work(&mut self, fuel: u64) -> Result<(), Stop> {
        charge(&mut self.work, fuel, self.limits.fuel).map_err(|limit| Stop::OutOfFuel { limit })
    }

    /// Counts one more diagnostic of that many bytes, or refuses it.
    pub(crate) fn charge_message(&mut self, size: usize) -> Result<(), Stop> {
        let said = &mut self.captured;
        if u64_of(said.messages.len()) >= self.limits.messages {
            return Err(Stop::Flood { stream: Stream::Messages, limit: self.limits.messages });
        }
        charge(&mut said.message_bytes, u64_of(size), self.limits.message_bytes)
            .map_err(|limit| Stop::Flood { stream: Stream::MessageBytes, limit })
    }

    /// Counts one more record of that many bytes, or refuses it.
    pub(crate) fn charge_record(&mut self, size: usize) -> Result<(), Stop> {
        let said = &mut self.captured;
        charge(&mut said.records, 1, self.limits.emitted_records)
            .map_err(|limit| Stop::Flood { stream: Stream::Records, limit })?;
        charge(&mut said.record_bytes, u64_of(size), self.limits.emitted_bytes)
            .map_err(|limit| Stop::Flood { stream: Stream::RecordBytes, limit })
    }

    /// Counts that many more bytes of stdout and stderr, or refuses them.
    pub(crate) fn charge_output(&mut self, size: usize) -> Result<(), Stop> {
        charge(&mut self.captured.output_bytes, u64_of(size), self.limits.output_bytes)
            .map_err(|limit| Stop::Flood { stream: Stream::Output, limit })
    }
}

fn charge(used: &mut u64, more: u64, limit: u64) -> Result<(), u64> {
    let after = used.saturating_add(more);
    if after > limit {
        return Err(limit);
    }
    *used = after;
    Ok(())
}

/// The guest's memory and the run's state, for a call of the host function of that name.
pub(crate) fn called<'c>(
    caller: &'c mut Caller<'_, State>,
    function: &'static str,
) -> Result<(GuestMemory<'c>, &'c mut State), Stop> {
    caller.data_mut().charge_call()?;
    memory_and_state(caller, function)
}

/// The same for a call that is not the guest's.
pub(crate) fn memory_and_state<'c>(
    caller: &'c mut Caller<'_, State>,
    function: &'static str,
) -> Result<(GuestMemory<'c>, &'c mut State), Stop> {
    let state = caller.data();
    state.growth.in_time()?;
    let memory = state.memory.ok_or(Stop::Abi(AbiViolation::NoMemory))?;
    Ok(split(memory, caller.as_context_mut(), function))
}

/// The guest's memory with its shadow, and the state beside it, while the guest is not running.
pub(crate) fn split<'c>(
    memory: Memory,
    store: StoreContextMut<'c, State>,
    function: &'static str,
) -> (GuestMemory<'c>, &'c mut State) {
    let (bytes, shadow, state) = beside(memory, store);
    let memory = GuestMemory::new(bytes, shadow, function)
        .with_constants(state.constants)
        .watched(state.reads.clone());
    (memory, state)
}

/// Counts and limits the growth of the guest's memory and tables.
///
/// The engine asks before each growth and also for each initial size. The initial sizes of a module
/// are judged before it is instantiated, so that many calls are let through here: a start function
/// that grows comes after them.
///
/// It also is where a guest *knocks* whose slice of fuel is used up
/// ([`FUEL_RESERVE`](crate::instrument::interface::FUEL_RESERVE)): it tries to grow a table that may hold
/// nothing. A guest that does so with a table of its own is told what it would be told anyway.
pub(crate) struct Growth {
    initial_memories_left: u32,
    initial_tables_left: u32,
    memory_limit: u64,
    table_limit: u64,
    deadline: Deadline,
    /// Whether the guest may have taken fuel out of its reserve since that was set.
    pub(crate) knocked: bool,
    pub(crate) peak_memory_bytes: u64,
}

impl Growth {
    pub(crate) fn new(
        limits: &Limits,
        memories: u32,
        tables: u32,
        initial_bytes: u64,
        deadline: Deadline,
    ) -> Self {
        Self {
            initial_memories_left: memories,
            initial_tables_left: tables,
            memory_limit: limits.memory_bytes,
            table_limit: limits.table_elements,
            deadline,
            knocked: true,
            peak_memory_bytes: initial_bytes,
        }
    }
}

/// What a module's own declaration rules out is denied to it, as everywhere, and not counted.
fn over_own_maximum(desired: usize, maximum: Option<usize>) -> bool {
    maximum.is_some_and(|maximum| desired > maximum)
}

impl Growth {
    /// Refuses to go on if the run has had its time.
    pub(crate) fn in_time(&self) -> Result<(), Stop> {
        self.deadline.missed().map_or(Ok(()), |milliseconds| Err(Stop::Late { milliseconds }))
    }

    /// From now on the guest counts itself what it has, net of what its checks take, and stops at the
    /// limit. What remains here is a bound for both together.
    pub(crate) fn leave_to_the_guest(&mut self, limit: u64) {
        self.memory_limit = limit.saturating_mul(CHECKED_SHARE).saturating_add(CHECKED_BYTES);
    }
}

impl ResourceLimiter for Growth {
    fn memory_growing(
        &mut self,
        _current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if let Some(left) = self.initial_memories_left.checked_sub(1) {
            self.initial_memories_left = left;
            return Ok(true);
        }
        let requested = u64_of(desired);
        let limit = self.memory_limit;
        if requested > limit {
            let resource = Resource::Memory;
            return Err(Stop::OutOfMemory { resource, requested, limit }.into());
        }
        if over_own_maximum(desired, maximum) {
            return Ok(false);
        }
        self.peak_memory_bytes = self.peak_memory_bytes.max(requested);
        Ok(true)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if let Some(left) = self.initial_tables_left.checked_sub(1) {
            self.initial_tables_left = left;
            return Ok(true);
        }
        if maximum == Some(0) {
            self.knocked = true;
            self.in_time()?;
            return Ok(false);
        }
        let requested = u64_of(desired);
        let limit = self.table_limit;
        if requested > limit {
            let resource = Resource::Table;
            return Err(Stop::OutOfMemory { resource, requested, limit }.into());
        }
        Ok(!over_own_maximum(desired, maximum))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_what_stderr_was_told_since_stdout() {
        let mut captured = Captured::default();
        let mut errors_after = |text: &[u8], is_stderr| {
            captured.write(text, is_stderr);
            captured.errors().to_vec()
        };
        assert_eq!(errors_after(b"1 of 2\n", false), b"");
        assert_eq!(errors_after(b"Assertion ", true), b"Assertion ");
        assert_eq!(errors_after(b"failed\n", true), b"Assertion failed\n");
        assert_eq!(errors_after(b"2 of 2\n", false), b"Assertion failed\n");
        assert_eq!(errors_after(b"late\n", true), b"late\n");
        assert_eq!(captured.output, b"1 of 2\nAssertion failed\n2 of 2\nlate\n");
    }
}
