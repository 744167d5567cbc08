//! A resident interpreter: one whose instance stays, and is put back before each run to what a fresh one is.
//!
//! To make an instance and to give it back took a third of the time of a short run, and a fuzzer makes
//! millions of short runs. So this is for fuzzers: a gate pays for an instance of its own for each file
//! ([`Interpreter::run`]).
//!
//! What has to be put back is what an image has to know (`image.rs`): memories and globals are all that may
//! differ between two instances of a module that has an image, and what the host keeps of a run is new for
//! each anyway. A module that has none gets a fresh instance for each run here too. So does the run after
//! one that did not end well, or that made a memory grow: memories do not shrink.
//!
//! That what is put back equals what is fresh, byte by byte, is held by `sandbox/tests/resident.rs` and,
//! in builds with debug assertions, before each run.

use crate::gauges::Tuning;
use crate::host::State;
use crate::image::{Contents, Image, Number, Piece, differences};
use crate::instrument::{interface, shadow_bytes, written_records};
use crate::interpreter::{Interpreter, Loaded};
use crate::observation::Observation;
use crate::outcome::Outcome;
use crate::run::{Job, Run};
use crate::session::{Session, Unstarted, Vessel};
use crate::variant::Variant;
use wasmtime::{Extern, Global, Instance, Memory, ModuleExport, Store};

/// An interpreter that is run again and again on one thread.
pub struct Resident {
    interpreter: Interpreter,
    /// What any instance is when it waits for content.
    ready: Option<Ready>,
    /// The instance that was made last, if it may be used again.
    standing: Option<Vessel>,
    /// What of it is to be put back.
    places: Option<Places>,
    reused: u64,
}

/// What an instance is when it waits for content.
struct Ready {
    memories: Vec<(ModuleExport, Sparse)>,
    globals: Vec<(ModuleExport, Number)>,
}

/// A memory that is mostly zero.
#[derive(PartialEq, Eq)]
struct Sparse {
    bytes: usize,
    /// Those that are not zero, in order.
    pieces: Vec<Piece>,
}

/// The memories and globals of one instance, in the order of what they are to be.
struct Places {
    memories: Vec<(Memory, Reach)>,
    globals: Vec<Global>,
}

/// How far a run can write into a memory that did not grow. Long memories are mostly empty, and clearing
/// them is most of what is left to do.
#[derive(Clone, Copy)]
enum Reach {
    /// Anywhere.
    All,
    /// Only the coverage pass writes there.
    Coverage,
    /// Only the heap paints there, for addresses in the guest's memory.
    Shadow,
    /// Only the heap writes there: notes, and records of blocks before `rest`, the first page of which begins
    /// at `heap`.
    Records { heap: u32, rest: Global },
}

impl Resident {
    pub(crate) fn new(interpreter: Interpreter) -> Self {
        Self { interpreter, ready: None, standing: None, places: None, reused: 0 }
    }

    /// The interpreter.
    pub fn interpreter(&self) -> &Interpreter {
        &self.interpreter
    }

    /// How many runs found the instance of an earlier one.
    pub fn reused(&self) -> u64 {
        self.reused
    }

    /// The same as [`Interpreter::run_observed`], with an equal outcome and mostly in less time.
    pub fn run(&mut self, job: &Job<'_>, observe: impl FnOnce(Observation<'_>)) -> Run {
        let interpreter = self.interpreter.clone();
        let Some(image) = interpreter.loaded().image(job, Tuning::default()) else {
            return interpreter.run_observed(job, observe);
        };
        let session = self.session(interpreter.loaded(), job, image);
        let (run, vessel) = Interpreter::run_session(session, |session| {
            if let Some(observation) = session.observation() {
                observe(observation);
            }
        });
        self.standing = vessel.filter(|_| is_ordinary(&run.outcome));
        interpreter.with_stacks(run, job, Variant::Base)
    }

    /// In the instance that stands, if there is one and it can be put back, otherwise in a new one.
    fn session<'a>(
        &mut self,
        loaded: &'a Loaded,
        job: &'a Job<'a>,
        image: &Image,
    ) -> Result<Session<'a>, Box<Unstarted>> {
        if let Some(vessel) = self.put_back() {
            self.reused = self.reused.saturating_add(1);
            return Session::resume_in(vessel, loaded, job, image);
        }
        let mut session = Session::resume(loaded, job, image, Tuning::default())?;
        self.places = session.with_instance(|store, instance| {
            if self.ready.is_none() {
                self.ready = Ready::of(Contents::of(&loaded.module, store, instance)?);
            }
            Places::of(loaded, self.ready.as_ref()?, store, instance)
        });
        Ok(session)
    }

    /// The instance that stands, as if nothing had run in it since it was ready.
    fn put_back(&mut self) -> Option<Vessel> {
        let mut vessel = self.standing.take()?;
        let (ready, places) = self.ready.as_ref().zip(self.places.as_ref())?;
        for ((memory, reach), (_, contents)) in places.memories.iter().zip(&ready.memories) {
            let reach = reach.bytes(*memory, self.interpreter.loaded(), &mut vessel.store);
            contents.put_back(memory.data_mut(&mut vessel.store), reach)?;
        }
        for (global, (_, value)) in places.globals.iter().zip(&ready.globals) {
            global.set(&mut vessel.store, value.into()).ok()?;
        }
        debug_assert!(
            vessel.contents(self.interpreter.loaded()).is_some_and(|now| ready.is(now)),
            "an instance that was put back is not as it was"
        );
        Some(vessel)
    }
}

impl Ready {
    fn of(contents: Contents) -> Option<Self> {
        let memories = contents.memories.into_iter();
        let memories = memories.map(|(export, bytes)| Some((export, Sparse::of(&bytes)?)));
        Some(Self { memories: memories.collect::<Option<_>>()?, globals: contents.globals })
    }

    /// Whether all is as it was, bytes that are not looked at when it is put back included.
    fn is(&self, now: Contents) -> bool {
        let Some(now) = Self::of(now) else { return false };
        let memories = self.memories.iter().map(|(_, memory)| memory);
        let globals = self.globals.iter().map(|(_, value)| value);
        memories.eq(now.memories.iter().map(|(_, memory)| memory))
            && globals.eq(now.globals.iter().map(|(_, value)| value))
    }
}

impl Sparse {
    fn of(memory: &[u8]) -> Option<Self> {
        let mut no_limit = u64::MAX;
        let pieces = differences(&[], memory, &mut no_limit)?;
        Some(Self { bytes: memory.len(), pieces })
    }

    /// Makes a memory that of before, in which nothing was changed behind `reach`; `None` if it has another
    /// size.
    fn put_back(&self, memory: &mut [u8], reach: usize) -> Option<()> {
        if memory.len() != self.bytes {
            return None;
        }
        let mut rest = memory.get_mut(..reach.min(self.bytes))?;
        let mut at = 0;
        for (start, piece) in &self.pieces {
            if *start >= reach {
                break;
            }
            // A piece that lies across the end was changed before it at most.
            let piece = piece.get(..reach.saturating_sub(*start).min(piece.len()))?;
            let (zeros, behind) = rest.split_at_mut_checked(start.checked_sub(at)?)?;
            let (changed, behind) = behind.split_at_mut_checked(piece.len())?;
            zeros.fill(0);
            changed.copy_from_slice(piece);
            at = start.checked_add(piece.len())?;
            rest = behind;
        }
        rest.fill(0);
        Some(())
    }
}

impl Places {
    fn of(
        loaded: &Loaded,
        ready: &Ready,
        store: &mut Store<State>,
        instance: Instance,
    ) -> Option<Self> {
        let mut memories = Vec::new();
        for (export, _) in &ready.memories {
            let memory = instance.get_module_export(&mut *store, export)?.into_memory()?;
            memories.push((memory, Reach::All));
        }
        // Guests compiled with `-fsanitize=address` paint the shadow themselves, anywhere.
        let paints = loaded.instrumentation.interface.layout;
        let number = |name, store: &mut Store<State>| instance.get_global(&mut *store, name);
        let base = number(interface::HEAP_BASE, store).and_then(|base| base.get(&mut *store).i32());
        let records = base.zip(number(interface::HEAP_REST, store));
        let records = records.map(|(base, rest)| {
            (interface::HEAP, Reach::Records { heap: base.cast_unsigned(), rest })
        });
        let known = [(interface::COVERAGE, Reach::Coverage), (interface::SHADOW, Reach::Shadow)];
        let known = known.into_iter().filter(|(name, _)| *name != interface::SHADOW || !paints);
        for (name, reach) in known.chain(records) {
            let Some(known) = instance.get_memory(&mut *store, name) else { continue };
            let known = known.data_ptr(&*store);
            let place = memories.iter_mut().find(|(memory, _)| memory.data_ptr(&*store) == known);
            place?.1 = reach;
        }
        let globals = ready.globals.iter();
        let globals = globals.map(|(export, _)| {
            instance.get_module_export(&mut *store, export).and_then(Extern::into_global)
        });
        Some(Self { memories, globals: globals.collect::<Option<_>>()? })
    }
}

impl Reach {
    /// Bytes of a memory, from its start, that the last run may have changed.
    fn bytes(self, memory: Memory, loaded: &Loaded, store: &mut Store<State>) -> usize {
        let known = match self {
            Self::All => None,
            Self::Coverage => {
                let map = loaded.instrumentation.coverage.as_ref();
                map.map(|map| map.reach(memory.data(&*store)))
            }
            Self::Shadow => {
                let guest = store.data().memory.map(|guest| guest.data_size(&*store));
                guest.map(shadow_bytes)
            }
            Self::Records { heap, rest } => {
                let bytes = memory.data_size(&*store);
                let rest = rest.get(store).i32().map(i32::cast_unsigned);
                rest.and_then(|rest| written_records(bytes, rest.saturating_sub(heap)))
            }
        };
        known.unwrap_or(usize::MAX)
    }
}

/// Whether a run came to an end that its interpreter meant it to have.
fn is_ordinary(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Accepted
        | Outcome::Completed
        | Outcome::Rejected { .. }
        | Outcome::EvaluationError { .. } => true,
        Outcome::Trapped { .. }
        | Outcome::OutOfFuel { .. }
        | Outcome::OutOfMemory { .. }
        | Outcome::StackExhausted { .. }
        | Outcome::OutputFlood { .. }
        | Outcome::AbiViolation { .. }
        | Outcome::Unusable { .. }
        | Outcome::HostFault { .. } => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test is to stop")]
    use super::*;

    #[test]
    fn a_memory_is_put_back_whole() {
        let mut ready = vec![0; 10_000];
        ready.splice(3000..3005, *b"ready");
        *ready.last_mut().unwrap() = 1;
        let sparse = Sparse::of(&ready).unwrap();
        for mut used in [vec![7; 10_000], vec![0; 10_000], ready.clone()] {
            sparse.put_back(&mut used, usize::MAX).unwrap();
            assert_eq!(used, ready);
        }
        for other in [0, 9_999, 10_001] {
            assert!(sparse.put_back(&mut vec![0; other], usize::MAX).is_none(), "{other}");
        }
        let mut empty = vec![9; 64];
        Sparse::of(&[0; 64]).unwrap().put_back(&mut empty, 64).unwrap();
        assert_eq!(empty, [0; 64]);
    }

    #[test]
    fn nothing_is_done_behind_the_reach() {
        let mut ready = vec![0; 4000];
        ready.splice(1000..1005, *b"ready");
        let sparse = Sparse::of(&ready).unwrap();
        for reach in 0..4000 {
            let mut used = vec![7; 4000];
            sparse.put_back(&mut used, reach).unwrap();
            assert_eq!(used.get(..reach), ready.get(..reach), "{reach}");
            assert!(used.iter().skip(reach).all(|byte| *byte == 7), "{reach}");
        }
    }
}
