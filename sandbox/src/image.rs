//! The image of an interpreter that is ready: what it does before it sees content is done once, and other
//! runs start from what that left behind.
//!
//! An *image* is the difference between a fresh instance and one that is ready: its start function,
//! `_initialize`, `proofhouse_warmup` or `LLVMFuzzerInitialize`, and `proofhouse_configure` have run. A run
//! still gets an instance of its own, and the difference is written into it. Memories and globals are all
//! that may differ; whatever else a module could change keeps it from having an image
//! ([`Interface::image`](crate::instrument::Interface::image)). All that the sanitizer and the coverage pass
//! know is in memories and globals, so it comes along. So does what the guest said meanwhile, and the fuel
//! that it took: a run from an image and one from scratch are equal.
//!
//! Variants have images, too. One whose memory looks otherwise from the start has one of its own; one in which
//! something happens at an allocation or a free of some number starts from that of the base run, if the
//! number comes after it.

use crate::gauges::{HeapCounts, Tuning};
use crate::host::{Keepsake, State};
use crate::instrument::interface::IMAGE_GLOBAL;
use crate::interpreter::Loaded;
use crate::limits::{Limits, MAX_IMAGE_BYTES, MAX_VARIANT_IMAGES, RUNS_BEFORE_IMAGE};
use crate::num::u64_of;
use crate::run::Job;
use crate::session::Session;
use std::collections::BTreeSet;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use wasmtime::{
    Extern, ExternType, Global, Instance, Memory, Module, ModuleExport, Mutability, Store, V128,
    Val,
};

/// Bytes that are compared, and stored if they differ, as one.
const PIECE_BYTES: usize = 512;

/// What a run starts from.
pub(crate) struct Image {
    key: Key,
    memories: Vec<MemoryDifference>,
    globals: Vec<(ModuleExport, Number)>,
    /// Of the heap, until then.
    counts: HeapCounts,
    kept: Keepsake,
    fuel: u64,
    /// Instances that were made ready from it.
    restored: AtomicU64,
}

/// The images of an interpreter, each made when it is worth it.
#[derive(Default)]
pub(crate) struct Images {
    /// Of runs that do as the first one does when they start.
    base: LazyImage,
    /// Of the first few ways to do otherwise.
    variants: [OnceLock<(Tuning, LazyImage)>; MAX_VARIANT_IMAGES],
}

impl Images {
    /// What a run with this tuning may start from, if there is something; `take` makes it for what of the
    /// tuning is from the start.
    pub(crate) fn get(
        &self,
        tuning: Tuning,
        take: impl FnOnce(Tuning) -> Option<Image>,
    ) -> Option<&Image> {
        let start = tuning.initial_part();
        let lazy = if start == Tuning::default() {
            &self.base
        } else {
            let made = self.variants.iter();
            let mut made = made.map(|image| image.get_or_init(|| (start, LazyImage::default())));
            &made.find(|(of, _)| *of == start)?.1
        };
        lazy.get(|| take(start)).filter(|image| tuning.comes_after(image.counts))
    }

    /// How many instances were made ready from them.
    pub(crate) fn restored(&self) -> u64 {
        let variants = self.variants.iter().filter_map(OnceLock::get).map(|(_, image)| image);
        std::iter::once(&self.base).chain(variants).map(LazyImage::restored).sum()
    }
}

/// An image, made when it is worth it.
#[derive(Default)]
struct LazyImage {
    image: OnceLock<Option<Image>>,
    runs: AtomicU32,
}

impl LazyImage {
    /// The image, once there were some runs; `take` makes it.
    fn get(&self, take: impl FnOnce() -> Option<Image>) -> Option<&Image> {
        if let Some(image) = self.image.get() {
            return image.as_ref();
        }
        if self.runs.fetch_add(1, Ordering::Relaxed) < RUNS_BEFORE_IMAGE {
            return None;
        }
        self.image.get_or_init(take).as_ref()
    }

    /// How many instances were made ready from it.
    fn restored(&self) -> u64 {
        let image = self.image.get().and_then(Option::as_ref);
        image.map_or(0, |image| image.restored.load(Ordering::Relaxed))
    }
}

/// What an instance does before it sees content depends on nothing else.
#[derive(PartialEq, Eq)]
struct Key {
    limits: Limits,
    configuration: Option<String>,
    arguments: Vec<String>,
}

impl Key {
    fn fits(&self, job: &Job<'_>) -> bool {
        self.limits == *job.limits
            && self.configuration.as_deref() == job.configuration
            && self.arguments == job.arguments
    }
}

struct MemoryDifference {
    export: ModuleExport,
    pages: u64,
    /// Those that differ.
    pieces: Vec<Piece>,
}

/// Offset and bytes of a part of a memory.
pub(crate) type Piece = (usize, Box<[u8]>);

/// All that can differ between two instances.
pub(crate) struct Contents {
    pub(crate) memories: Vec<(ModuleExport, Vec<u8>)>,
    pub(crate) globals: Vec<(ModuleExport, Number)>,
}

impl Image {
    /// Makes one by running `job`'s interpreter until it is ready. `None` if it does not get that far, or
    /// leaves more behind than is worth keeping.
    pub(crate) fn take(loaded: &Loaded, job: &Job<'_>, tuning: Tuning) -> Option<Self> {
        let session = Session::start(loaded, job, tuning).ok()?.prepared().ok()?;
        let (ready, counts, kept, fuel) = session.into_image(Contents::of)?;
        // One at a time: a sandbox may have room for no more.
        let (fresh, ..) = Session::instantiate(loaded, job).ok()?.into_image(Contents::of)?;
        let mut globals = ready.globals;
        let mut before = fresh.globals.into_iter();
        globals.retain(|(_, value)| before.next().is_none_or(|(_, before)| before != *value));
        let mut bytes_left = MAX_IMAGE_BYTES;
        let mut memories = Vec::new();
        for ((export, now), (_, before)) in ready.memories.into_iter().zip(fresh.memories) {
            let pieces = differences(&before, &now, &mut bytes_left)?;
            let pages = u64_of(now.len()) >> 16;
            memories.push(MemoryDifference { export, pages, pieces });
        }
        let key = Key {
            limits: job.limits.clone(),
            configuration: job.configuration.map(str::to_owned),
            arguments: job.arguments.to_vec(),
        };
        Some(Self { key, memories, globals, counts, kept, fuel, restored: AtomicU64::new(0) })
    }

    /// Whether a run of `job` may start from it.
    pub(crate) fn fits(&self, job: &Job<'_>) -> bool {
        self.key.fits(job)
    }

    /// What is left on the host's side.
    pub(crate) fn kept(&self) -> &Keepsake {
        &self.kept
    }

    /// Fuel that it took to get there.
    pub(crate) fn fuel(&self) -> u64 {
        self.fuel
    }

    /// Makes of a fresh instance one that is ready.
    pub(crate) fn restore(
        &self,
        store: &mut Store<State>,
        instance: Instance,
    ) -> Result<(), wasmtime::Error> {
        self.restored.fetch_add(1, Ordering::Relaxed);
        for difference in &self.memories {
            let Some(memory) = memory(store, instance, &difference.export) else { continue };
            let missing = difference.pages.saturating_sub(memory.size(&*store));
            if missing > 0 {
                memory.grow(&mut *store, missing)?;
            }
            let bytes = memory.data_mut(&mut *store);
            for (offset, piece) in &difference.pieces {
                let at = bytes.get_mut(*offset..).and_then(|rest| rest.get_mut(..piece.len()));
                at.ok_or_else(lost)?.copy_from_slice(piece);
            }
        }
        for (export, value) in &self.globals {
            let global = global(store, instance, export).ok_or_else(lost)?;
            global.set(&mut *store, value.into())?;
        }
        store.data_mut().recall(&self.kept);
        Ok(())
    }
}

/// A memory or global that was there when the image was taken is not: our own bug.
fn lost() -> wasmtime::Error {
    wasmtime::Error::msg("an image does not fit its own interpreter")
}

impl Contents {
    /// Those of an instance.
    pub(crate) fn of(
        module: &Module,
        store: &mut Store<State>,
        instance: Instance,
    ) -> Option<Self> {
        let (mut memories, mut globals) = (Vec::new(), Vec::new());
        let mut seen = BTreeSet::new();
        for exported in module.exports() {
            let Some(export) = module.get_export_index(exported.name()) else { continue };
            match exported.ty() {
                ExternType::Memory(_) => {
                    let memory = memory(store, instance, &export)?;
                    // A guest may export its memory under many names.
                    if seen.insert(memory.data_ptr(&*store)) {
                        memories.push((export, memory.data(&*store).to_vec()));
                    }
                }
                ExternType::Global(ty)
                    if ty.mutability() == Mutability::Var
                        && exported.name().starts_with(IMAGE_GLOBAL) =>
                {
                    let global = global(store, instance, &export)?;
                    globals.push((export, Number::of(&global.get(&mut *store))?));
                }
                _ => {}
            }
        }
        Some(Self { memories, globals })
    }
}

fn memory(store: &mut Store<State>, instance: Instance, export: &ModuleExport) -> Option<Memory> {
    instance.get_module_export(store, export).and_then(Extern::into_memory)
}

fn global(store: &mut Store<State>, instance: Instance, export: &ModuleExport) -> Option<Global> {
    instance.get_module_export(store, export).and_then(Extern::into_global)
}

/// The pieces of `now` that are not as before, neighbours joined; what was not there was zero. `None` if
/// there are more than `bytes_left`, which they are taken from.
pub(crate) fn differences(before: &[u8], now: &[u8], bytes_left: &mut u64) -> Option<Vec<Piece>> {
    const ZERO: [u8; PIECE_BYTES] = [0; PIECE_BYTES];
    let mut ranges: Vec<std::ops::Range<usize>> = Vec::new();
    let mut known = before.chunks(PIECE_BYTES);
    for (nth, piece) in now.chunks(PIECE_BYTES).enumerate() {
        let before = known.next().or(ZERO.get(..piece.len()))?;
        if before == piece {
            continue;
        }
        *bytes_left = bytes_left.checked_sub(u64_of(piece.len()))?;
        let start = nth.checked_mul(PIECE_BYTES)?;
        let end = start.checked_add(piece.len())?;
        match ranges.last_mut() {
            Some(last) if last.end == start => last.end = end,
            _ => ranges.push(start..end),
        }
    }
    let piece = |range: std::ops::Range<usize>| Some((range.start, now.get(range)?.into()));
    ranges.into_iter().map(piece).collect()
}

/// The value of a global that is no reference.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Number {
    I32(i32),
    I64(i64),
    F32(u32),
    F64(u64),
    V128(u128),
}

impl Number {
    fn of(value: &Val) -> Option<Self> {
        match value {
            Val::I32(value) => Some(Self::I32(*value)),
            Val::I64(value) => Some(Self::I64(*value)),
            Val::F32(bits) => Some(Self::F32(*bits)),
            Val::F64(bits) => Some(Self::F64(*bits)),
            Val::V128(bits) => Some(Self::V128(bits.as_u128())),
            _ => None,
        }
    }
}

impl From<&Number> for Val {
    fn from(number: &Number) -> Self {
        match *number {
            Number::I32(value) => Self::I32(value),
            Number::I64(value) => Self::I64(value),
            Number::F32(bits) => Self::F32(bits),
            Number::F64(bits) => Self::F64(bits),
            Number::V128(bits) => Self::V128(V128::from(bits)),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failed test is to stop")]
    use super::*;

    #[test]
    fn only_what_differs_is_kept() {
        let before = vec![7; 4 * PIECE_BYTES];
        let mut now = before.clone();
        now.resize(6 * PIECE_BYTES, 0);
        assert!(differences(&before, &now, &mut 0).unwrap().is_empty());
        now[PIECE_BYTES] = 1;
        now[3 * PIECE_BYTES - 1] = 2;
        *now.last_mut().unwrap() = 3;
        let mut left = 10_000;
        let pieces = differences(&before, &now, &mut left).unwrap();
        let places: Vec<_> = pieces.iter().map(|(at, bytes)| (*at, bytes.len())).collect();
        assert_eq!(places, [(PIECE_BYTES, 2 * PIECE_BYTES), (5 * PIECE_BYTES, PIECE_BYTES)]);
        assert_eq!(left, 10_000 - 3 * u64_of(PIECE_BYTES));
        let mut restored = before;
        restored.resize(now.len(), 0);
        for (at, bytes) in &pieces {
            restored[*at..][..bytes.len()].copy_from_slice(bytes);
        }
        assert_eq!(restored, now);
    }

    #[test]
    fn too_much_is_not_kept() {
        let now = vec![1; 3 * PIECE_BYTES];
        assert!(differences(&[], &now, &mut u64_of(3 * PIECE_BYTES)).is_some());
        assert!(differences(&[], &now, &mut u64_of(3 * PIECE_BYTES - 1)).is_none());
    }
}
