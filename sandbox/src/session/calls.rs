//! Calls into the guest: fuel before and after, and what is handed over and read back.

use super::{Ended, Session, outcome_of, too_large};
use crate::guest_memory::GuestMemory;
use crate::host::{Stop, split};
use crate::num::u64_of;
use crate::outcome::{AbiViolation, Outcome, Resource};
use wasmtime::{AsContextMut, ModuleExport, TypedFunc, WasmParams, WasmResults};

/// The guest's allocator: size in, address out.
pub(crate) type Allocate = TypedFunc<i32, i32>;

/// A buffer of the guest that holds an input.
#[derive(Clone, Copy)]
pub(crate) struct Buffer {
    pub(crate) address: u32,
    pub(crate) size: u32,
}

impl Buffer {
    /// As the entry points take it.
    pub(crate) fn arguments(self) -> (i32, i32) {
        (self.address.cast_signed(), self.size.cast_signed())
    }
}

impl Session<'_> {
    /// An entry point, ready to be called: looked up once where it is called for many events.
    pub(crate) fn function<P: WasmParams, R: WasmResults>(
        &mut self,
        export: &ModuleExport,
    ) -> Result<TypedFunc<P, R>, Ended> {
        self.instance
            .get_module_export(&mut self.store, export)
            .and_then(wasmtime::Extern::into_func)
            .ok_or_else(|| wasmtime::Error::msg("an export that was detected is not there"))
            .and_then(|function| function.typed(&self.store))
            .map_err(|error| outcome_of(self.loaded, &error))
    }

    /// Calls an entry point with the whole fuel of one call.
    pub(crate) fn call<P: WasmParams, R: WasmResults>(
        &mut self,
        function: &TypedFunc<P, R>,
        parameters: P,
    ) -> Result<R, Ended> {
        let limit = self.job.limits.fuel;
        if let Err(late) = self.store.data().growth.in_time() {
            return Err(self.refused(late));
        }
        let called = self
            .gauges
            .refuel(&mut self.store, limit)
            .and_then(|()| function.call(&mut self.store, parameters));
        let left = self.gauges.fuel(&mut self.store, limit, called.is_ok());
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

    /// The same for an entry point that is called once.
    pub(crate) fn call_once<P: WasmParams, R: WasmResults>(
        &mut self,
        export: &ModuleExport,
        parameters: P,
    ) -> Result<R, Ended> {
        let function = self.function(export)?;
        self.call(&function, parameters)
    }

    /// Asks the guest for a buffer and copies an input into it.
    ///
    /// An empty input still gets a buffer of one byte: no allocator must answer a request for none.
    pub(crate) fn hand_over(&mut self, allocate: &Allocate, input: &[u8]) -> Result<Buffer, Ended> {
        let Ok(size) = u32::try_from(input.len()) else {
            return Err(too_large(input).into());
        };
        let request = size.max(1);
        let address: i32 = self.call(allocate, request.cast_signed())?;
        let address = address.cast_unsigned();
        if address == 0 {
            let (resource, requested) = (Resource::Allocator, u64::from(request));
            let limit = self.job.limits.memory_bytes;
            let frames = Vec::new();
            return Err(Outcome::OutOfMemory { resource, requested, limit, frames }.into());
        }
        if !address.is_multiple_of(8) {
            return Err(Ended::violation(AbiViolation::BufferUnaligned { address }));
        }
        let looked_at = self.memory("the host")?.slice(address, request).map(|_| ());
        looked_at.map_err(|stop| {
            // Inside, but not memory that an allocator may give.
            if let Stop::Memory(_) = stop {
                return self.refused(stop);
            }
            let (size, memory_bytes) = (request, self.memory_bytes());
            Ended::violation(AbiViolation::BufferOutOfRange { address, size, memory_bytes })
        })?;
        self.write(address, input, "the host")?;
        Ok(Buffer { address, size })
    }

    /// The same for the content of the run.
    pub(crate) fn hand_over_content(&mut self, allocate: &Allocate) -> Result<Buffer, Ended> {
        let buffer = self.hand_over(allocate, self.job.content)?;
        self.content = Some(buffer);
        Ok(buffer)
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

    fn memory_bytes(&self) -> u64 {
        self.store.data().memory.map_or(0, |m| u64_of(m.data_size(&self.store)))
    }
}
