//! Calls into the guest: fuel before and after, and what is handed over and read back.

use super::{Ended, Session, outcome_of, too_large};
use crate::guest_memory::GuestMemory;
use crate::host::{Stop, split};
use crate::instrument::{AccessKind, Behind, Cause, GRANULE, HeapRecords, Poison, make_empty};
use crate::memory_error::HostAccess;
use crate::num::{u64_of, usize_of};
use crate::outcome::{AbiViolation, Outcome, Resource};
use wasmtime::{AsContextMut, ModuleExport, TypedFunc, WasmParams, WasmResults};

/// The one way into a guest: what lies behind it, fuel and two arguments; a result, and the fuel that is left.
pub(super) type Door = TypedFunc<(i32, i64, i32, i32), (i32, i64)>;

/// Who hands over inputs, in what is reported.
const HOST: &str = "the host";

/// A buffer of the guest that holds an input.
#[derive(Clone, Copy)]
pub(crate) struct Buffer {
    pub(crate) address: u32,
    pub(crate) size: u32,
}

impl Buffer {
    /// As the entry points take it.
    pub(crate) fn arguments(self) -> [u32; 2] {
        [self.address, self.size]
    }
}

impl Session<'_> {
    /// Calls an entry point with the whole fuel of one call, through the door.
    pub(crate) fn call(&mut self, behind: Behind, [a, b]: [u32; 2]) -> Result<i32, Ended> {
        let limit = self.job.limits.fuel;
        self.in_time()?;
        let door = match self.door.take() {
            Some(door) => door,
            None => self.function(self.loaded.gauges.door())?,
        };
        self.store.data_mut().work = 0;
        let fuel = self.gauges().refill(&mut self.store, limit);
        let called = fuel.and_then(|fuel| {
            let arguments = (behind.number(), fuel, a.cast_signed(), b.cast_signed());
            door.call(&mut self.store, arguments)
        });
        self.door = Some(door);
        let left = match called {
            Ok((_, left)) => self.gauges().with_reserve(&mut self.store, limit, left),
            Err(_) => self.gauges().fuel(&mut self.store, limit, false),
        };
        self.paid(limit, left, called.map(|(result, _)| result))
    }

    /// Calls an entry point that is called once, with the whole fuel of one call.
    pub(crate) fn call_once<P: WasmParams, R: WasmResults>(
        &mut self,
        export: &ModuleExport,
        parameters: P,
    ) -> Result<R, Ended> {
        let function: TypedFunc<P, R> = self.function(Some(export))?;
        let limit = self.job.limits.fuel;
        self.in_time()?;
        self.store.data_mut().work = 0;
        let called = self
            .gauges()
            .refuel(&mut self.store, limit)
            .and_then(|()| function.call(&mut self.store, parameters));
        let left = self.gauges().fuel(&mut self.store, limit, called.is_ok());
        self.paid(limit, left, called)
    }

    /// An entry point, ready to be called.
    fn function<P: WasmParams, R: WasmResults>(
        &mut self,
        export: Option<&ModuleExport>,
    ) -> Result<TypedFunc<P, R>, Ended> {
        export
            .and_then(|export| self.instance.get_module_export(&mut self.store, export))
            .and_then(wasmtime::Extern::into_func)
            .ok_or_else(|| wasmtime::Error::msg("an export that was detected is not there"))
            .and_then(|function| function.typed(&self.store))
            .map_err(|error| outcome_of(self.loaded, &error))
    }

    fn in_time(&mut self) -> Result<(), Ended> {
        self.store.data().growth.in_time().map_err(|late| self.refused(late))
    }

    /// What a call ended in that left so much of its fuel.
    fn paid<R>(
        &mut self,
        limit: u64,
        left: i64,
        called: Result<R, wasmtime::Error>,
    ) -> Result<R, Ended> {
        // What was overdrawn by the last block is not used: there was no more.
        let used = limit.saturating_sub(u64::try_from(left).unwrap_or(0));
        self.fuel = self.fuel.saturating_add(used);
        match called {
            // However the call ended.
            _ if left < 0 => {
                let frames = called.err().map(|e| self.loaded.frames_of(&e)).unwrap_or_default();
                Err(Outcome::OutOfFuel { limit, frames }.into())
            }
            Ok(result) => Ok(result),
            Err(error) => Err(self.ended_by(&error)),
        }
    }

    /// Asks the guest for a buffer and copies an input into it.
    ///
    /// An empty input still is a request for one byte: no allocator must answer one for none. That byte is not the
    /// guest's.
    pub(crate) fn hand_over(&mut self, allocate: Behind, input: &[u8]) -> Result<Buffer, Ended> {
        let Ok(size) = u32::try_from(input.len()) else {
            return Err(too_large(input).into());
        };
        let request = size.max(1);
        let address = self.call(allocate, [request, 0])?.cast_unsigned();
        if address == 0 {
            let (resource, requested) = (Resource::Allocator, u64::from(request));
            let limit = self.job.limits.memory_bytes;
            let frames = Vec::new();
            return Err(Outcome::OutOfMemory { resource, requested, limit, frames }.into());
        }
        if !address.is_multiple_of(8) {
            return Err(Ended::violation(AbiViolation::BufferUnaligned { address }));
        }
        let looked_at = self.memory(HOST)?.slice_mut(address, request).map(|_| ());
        looked_at.map_err(|stop| {
            // Inside, but not memory that an allocator may give.
            if let Stop::Memory(_) = stop {
                return self.refused(stop);
            }
            let (size, memory_bytes) = (request, self.memory_bytes());
            Ended::violation(AbiViolation::BufferOutOfRange { address, size, memory_bytes })
        })?;
        self.write(address, input, HOST)?;
        if input.is_empty() {
            self.leave_nothing(address);
        }
        Ok(Buffer { address, size })
    }

    /// Takes the byte that stands for an empty input away, where the heap's blocks are known: who reads it reads behind
    /// the input.
    fn leave_nothing(&mut self, address: u32) {
        let granule = usize_of(address / GRANULE);
        let Some((records, base)) = self.gauges().heap(&mut self.store) else { return };
        let Some(shadow) = self.store.data().shadow else { return };
        if make_empty(records.data_mut(&mut self.store), base, address)
            && let Some(granule) = shadow.data_mut(&mut self.store).get_mut(granule)
        {
            *granule = Poison::HEAP_REDZONE.0;
            self.store.data_mut().oracle.emptied(address);
        }
    }

    /// The same for the content of the run.
    pub(crate) fn hand_over_content(&mut self, allocate: Behind) -> Result<Buffer, Ended> {
        let buffer = self.hand_over(allocate, self.job.content)?;
        self.content = Some(buffer);
        Ok(buffer)
    }

    /// The end of what a harness is lent: its caller expects it as it was, and frees it, so that nobody else may have.
    pub(crate) fn take_back(&mut self, buffer: Buffer) -> Result<(), Ended> {
        let address = buffer.address;
        let block = self.gauges().heap(&mut self.store).and_then(|(records, base)| {
            HeapRecords { memory: records.data(&self.store), base }.at(address)
        });
        if block.is_some_and(|block| block.freed.is_some()) {
            let (function, cause) = (Some(HOST), Cause::AlreadyFreed);
            let twice = HostAccess { function, kind: AccessKind::Free, address, size: 0, cause };
            let reason = "the harness freed its input, which its caller frees";
            return Err(self.refused(Stop::Memory(twice)).because(reason));
        }
        let memory = self.store.data().memory.map(|memory| memory.data(&self.store));
        let now = memory.and_then(|memory| memory.get(usize_of(address)..));
        let (now, then) = (now.unwrap_or_default(), self.job.content);
        if now.starts_with(then) {
            return Ok(());
        }
        let offset = now.iter().zip(then).take_while(|(now, then)| now == then).count();
        Err(Ended::violation(AbiViolation::InputChanged { offset }))
    }

    /// Reads the guest's memory on behalf of the entry point of that name.
    pub(crate) fn read(
        &mut self,
        address: u32,
        size: u32,
        function: &'static str,
    ) -> Result<Vec<u8>, Ended> {
        let read = self.memory(function)?.slice(address, size).map(<[u8]>::to_vec);
        read.map_err(|stop| self.refused(stop))
    }

    /// Writes to the guest's memory.
    pub(crate) fn write(
        &mut self,
        address: u32,
        data: &[u8],
        function: &'static str,
    ) -> Result<(), Ended> {
        let written = self.memory(function)?.write(address, data);
        written.map_err(|stop| self.refused(stop))
    }

    fn memory(&mut self, function: &'static str) -> Result<GuestMemory<'_>, Ended> {
        let memory =
            self.store.data().memory.ok_or_else(|| Ended::violation(AbiViolation::NoMemory))?;
        Ok(split(memory, self.store.as_context_mut(), function).0)
    }

    pub(super) fn memory_bytes(&self) -> u64 {
        self.store.data().memory.map_or(0, |m| u64_of(m.data_size(&self.store)))
    }
}
