//! How a run ended before its time: from traps, the notes of the checks and the errors of host functions
//! to an outcome.

use super::Session;
use super::fault::{Fault, Start};
use crate::host::Stop;
use crate::instrument::{HeapRecords, LayoutMemory, NullPageFound, RED_ZONE, Stop as RuntimeStop};
use crate::interpreter::Loaded;
use crate::memory_error::MemoryError;
use crate::num::u64_of;
use crate::outcome::{AbiViolation, Frame, HostFault, Outcome, Resource, Stack, TrapKind};
use wasmtime::Trap;

/// The premature end of a run.
pub(crate) struct Ended {
    outcome: Outcome,
    exit: Option<i32>,
}

impl Ended {
    /// The guest broke a rule while it was not running.
    pub(crate) fn violation(violation: AbiViolation) -> Self {
        Outcome::AbiViolation { violation, frames: Vec::new() }.into()
    }

    /// The code of `exit`, if that is what ended it.
    pub(crate) fn exit_code(&self) -> Option<i32> {
        self.exit
    }

    /// The same, with what there is to say about it.
    pub(super) fn because(self, reason: &str) -> Self {
        Self { outcome: self.outcome.because(Some(reason.to_owned())), ..self }
    }

    pub(crate) fn into_outcome(self) -> Outcome {
        self.outcome
    }
}

impl From<Outcome> for Ended {
    fn from(outcome: Outcome) -> Self {
        Self { outcome, exit: None }
    }
}

impl Session<'_> {
    /// What it means that the guest was stopped.
    pub(super) fn ended_by(&mut self, error: &wasmtime::Error) -> Ended {
        match error.downcast_ref::<Trap>() {
            Some(Trap::UnreachableCodeReached) => self
                .stopped_by_checks(error)
                .or_else(|| Some(self.outcome_of(error).into_outcome()))
                .map(|outcome| outcome.with_last_words(&self.errors())),
            Some(Trap::MemoryOutOfBounds) if self.left_the_stack(None) => {
                Some(self.linear_stack_exhausted(error))
            }
            Some(Trap::MemoryOutOfBounds) => self.left_the_memory(error),
            _ => None,
        }
        .map_or_else(|| self.outcome_of(error), Ended::from)
    }

    /// The outcome if the memory checks stopped the guest.
    fn stopped_by_checks(&mut self, error: &wasmtime::Error) -> Option<Outcome> {
        if let Some(stack) = self.gauges().exhausted_stack(&mut self.store) {
            let limit = match stack {
                Stack::Linear => return Some(self.linear_stack_exhausted(error)),
                Stack::Calls => u64::from(self.job.limits.call_depth()),
            };
            let frames = self.loaded.frames_of(error);
            return Some(Outcome::StackExhausted { stack, limit, frames });
        }
        let frames = self.loaded.frames_of(error);
        match self.gauges().stop(&mut self.store) {
            Some(RuntimeStop::MemoryLimit { bytes: requested }) => {
                let limit = self.job.limits.memory_bytes;
                let resource = Resource::Memory;
                return Some(Outcome::OutOfMemory { resource, requested, limit, frames });
            }
            // Somebody wants to know who called.
            Some(RuntimeStop::AtAllocation { .. } | RuntimeStop::AtFree { .. }) => {
                return Some(Outcome::trapped(TrapKind::Unreachable, frames));
            }
            Some(RuntimeStop::Violation) | None => {}
        }
        let site = self.loaded.site_of(error)?;
        let (wasm, constants) = (self.loaded.wasm(), self.loaded.constants());
        let violation = self.gauges().violation(&mut self.store, wasm, site, constants)?;
        if self.left_the_stack(Some(violation.address)) {
            return Some(self.linear_stack_exhausted(error));
        }
        let memory = MemoryError::of_guest(&violation, self.shadow());
        let memory = self.with_object(memory);
        Some(Outcome::invalid_access(memory, frames))
    }

    /// The outcome if one access, where memory is checked, led to a place far behind it: neither it nor what
    /// stands for it in the shadow is there.
    fn left_the_memory(&self, error: &wasmtime::Error) -> Option<Outcome> {
        let shadow = u64_of(self.shadow().len());
        if shadow == 0 {
            return None;
        }
        let site = self.loaded.site_of(error)?;
        let access = self.loaded.access_at(site)?;
        let Start { address, uncertainty } =
            Fault::of(error)?.start([self.memory_bytes(), shadow], &access)?;
        let memory = MemoryError::beyond_memory(access.kind, address, access.size, uncertainty);
        Some(Outcome::invalid_access(memory, self.loaded.frames_of(error)))
    }

    /// What an error of the engine or of a host function means.
    pub(super) fn outcome_of(&mut self, error: &wasmtime::Error) -> Ended {
        let (access, message) = match error.downcast_ref::<Stop>() {
            Some(Stop::Memory(access)) => (*access, None),
            Some(Stop::Undefined { message, access: Some(access) }) => (*access, Some(message)),
            _ => return outcome_of(self.loaded, error),
        };
        let memory = MemoryError::of_host(access, self.shadow());
        let memory = self.with_object(memory);
        let outcome = Outcome::invalid_access(memory, self.loaded.frames_of(error));
        outcome.because(message.cloned()).into()
    }

    /// Whether an access failed because the linear stack has grown over its end, which is where null
    /// pointers point to if the linker put the stack first.
    fn left_the_stack(&mut self, address: Option<u64>) -> bool {
        let summary = &self.loaded.instrumentation.summary;
        let Some(stack) = summary.stack_pointer else { return false };
        let Some(now) = self.gauges().stack_pointer(&mut self.store) else { return false };
        let null_page = match summary.null_page {
            Some(NullPageFound::Guarded { bytes, end_of_stack: true }) => bytes,
            Some(NullPageFound::Guarded { end_of_stack: false, .. }) => return false,
            Some(NullPageFound::Unguarded { .. } | NullPageFound::Off) | None => 0,
        };
        // Below zero it wraps. A function without a frame of its own may use some bytes below it.
        let over_the_end = now > stack.initial || now < null_page.saturating_add(RED_ZONE);
        let in_null_page = address.is_none_or(|address| address < null_page.into());
        over_the_end && in_null_page
    }

    /// The linear stack is over its profile's limit, or over the end that it was linked with.
    fn linear_stack_exhausted(&self, error: &wasmtime::Error) -> Outcome {
        let profile = self.job.limits.linear_stack_bytes();
        let summary = &self.loaded.instrumentation.summary;
        let own = summary.own_stack_bytes.unwrap_or(profile);
        Outcome::StackExhausted {
            stack: Stack::Linear,
            limit: profile.min(own).into(),
            frames: self.loaded.frames_of(error),
        }
    }

    /// The error with the object that it missed, if there is one.
    fn with_object(&mut self, memory: MemoryError) -> MemoryError {
        let notes = self.gauges().layout(&mut self.store);
        let content = self.content.map(|content| content.address);
        let memory = match self.gauges().heap(&mut self.store) {
            Some((heap, base)) => {
                memory.near_block(HeapRecords { memory: heap.data(&self.store), base }, content)
            }
            None => memory,
        };
        let (Some((notes, registered, fake_stack)), Some(own)) = (notes, self.store.data().memory)
        else {
            return memory;
        };
        let layout = LayoutMemory {
            memory: own.data(&self.store),
            shadow: self.shadow(),
            notes: notes.data(&self.store),
            registered,
            fake_stack,
        };
        memory.near_variable(&layout, |element| self.loaded.function_in_table(element))
    }

    fn shadow(&self) -> &[u8] {
        self.store.data().shadow.map(|shadow| shadow.data(&self.store)).unwrap_or_default()
    }

    /// What it means that the host could not use the guest's memory while it was not running.
    pub(super) fn refused(&mut self, stop: Stop) -> Ended {
        match stop {
            Stop::Memory(access) => {
                let memory = MemoryError::of_host(access, self.shadow());
                let memory = self.with_object(memory);
                Outcome::invalid_access(memory, Vec::new()).into()
            }
            stop => stopped(stop, Vec::new()),
        }
    }
}

/// What an error of the engine means.
pub(super) fn outcome_of(loaded: &Loaded, error: &wasmtime::Error) -> Ended {
    let frames = loaded.frames_of(error);
    if let Some(stop) = error.downcast_ref::<Stop>() {
        return stopped(stop.clone(), frames);
    }
    let engine =
        || Outcome::HostFault { fault: HostFault::Engine { problem: format!("{error:#}") } };
    let Some(trap) = error.downcast_ref::<Trap>() else { return engine().into() };
    let kind = match trap {
        // How deep that is differs between machines, so it says nothing about the content.
        Trap::StackOverflow => {
            return Outcome::HostFault { fault: HostFault::NativeStack }.into();
        }
        Trap::UnreachableCodeReached => TrapKind::Unreachable,
        Trap::MemoryOutOfBounds => TrapKind::MemoryOutOfBounds,
        Trap::HeapMisaligned => TrapKind::UnalignedAtomic,
        Trap::AtomicWaitNonSharedMemory => TrapKind::AtomicWait,
        Trap::TableOutOfBounds => TrapKind::TableOutOfBounds,
        Trap::IndirectCallToNull => TrapKind::IndirectCallToNull,
        Trap::BadSignature => TrapKind::IndirectCallTypeMismatch,
        Trap::IntegerOverflow => TrapKind::IntegerOverflow,
        Trap::IntegerDivisionByZero => TrapKind::DivideByZero,
        Trap::BadConversionToInteger => TrapKind::BadConversion,
        // The rest belong to proposals that are off here.
        _ => return engine().into(),
    };
    Outcome::trapped(kind, frames).into()
}

/// What the end by a host function means.
fn stopped(stop: Stop, frames: Vec<Frame>) -> Ended {
    let exit = match &stop {
        Stop::Exit(code) => Some(*code),
        _ => None,
    };
    let outcome = match stop {
        Stop::Exit(code) => {
            Outcome::AbiViolation { violation: AbiViolation::Exit { code }, frames }
        }
        Stop::Abi(violation) => Outcome::AbiViolation { violation, frames },
        Stop::Memory(access) => Outcome::invalid_access(MemoryError::of_host(access, &[]), frames),
        Stop::Undefined { message, .. } => {
            Outcome::undefined_behaviour(frames).because(Some(message))
        }
        Stop::Flood { stream, limit } => Outcome::OutputFlood { stream, limit, frames },
        Stop::Late { milliseconds } => {
            Outcome::HostFault { fault: HostFault::Watchdog { milliseconds } }
        }
        Stop::OutOfFuel { limit } => Outcome::OutOfFuel { limit, frames },
        Stop::OutOfMemory { resource, requested, limit } => {
            Outcome::OutOfMemory { resource, requested, limit, frames }
        }
    };
    Ended { outcome, exit }
}
