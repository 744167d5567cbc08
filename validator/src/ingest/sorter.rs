//! The names of one directory: in any order in, in the order of their bytes out, in little memory.
//!
//! Names are collected in a *chunk* of bounded size. A full chunk is sorted and becomes a *run*, stored
//! as differences. Reading merges the runs and gives back their memory on the way, so a list that is
//! built of what is read takes the place of the runs.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, binary_heap::PeekMut},
    mem,
};

use super::{
    coded::{Reader, Writer},
    listing::EntryKind,
    names::{Full, Names},
};

/// Names of a chunk at most. Sorted names resemble their neighbours the more, the more there are.
const CHUNK_NAMES: usize = 4096;

/// Bytes of a chunk's names at most, and one name more.
const CHUNK_BYTES: usize = 128 * 1024;

/// Takes names in any order.
#[derive(Debug, Default)]
pub(super) struct Sorter {
    /// Each name with its kind as one byte more.
    chunk: Names,
    chunk_bytes: usize,
    /// Kept for its memory.
    buffer: Vec<u8>,
    order: Vec<usize>,
    runs: Vec<Reader>,
    len: usize,
}

impl Sorter {
    /// Number of names.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn push(&mut self, name: &[u8], kind: EntryKind) -> Result<(), Full> {
        self.buffer.clear();
        self.buffer.extend_from_slice(name);
        self.buffer.push(kind.to_byte());
        self.chunk.push(&self.buffer)?;
        self.chunk_bytes = self.chunk_bytes.saturating_add(self.buffer.len());
        self.len = self.len.saturating_add(1);
        if self.chunk.len() >= CHUNK_NAMES || self.chunk_bytes >= CHUNK_BYTES {
            self.end_chunk()?;
        }
        Ok(())
    }

    /// All names, in order.
    pub(super) fn finish(mut self) -> Result<Sorted, Full> {
        self.end_chunk()?;
        let mut sorted = Sorted {
            heads: BinaryHeap::with_capacity(self.runs.len()),
            runs: self.runs,
            name: Vec::new(),
        };
        for run in 0..sorted.runs.len() {
            let mut head = Head { name: Vec::new(), kind: EntryKind::File, run };
            if head.advance(&mut sorted.runs) {
                sorted.heads.push(Reverse(head));
            }
        }
        Ok(sorted)
    }

    fn end_chunk(&mut self) -> Result<(), Full> {
        let Self { chunk, order, .. } = self;
        let name = |index: usize| chunk.at(index).split_last().map(|(_, name)| name);
        order.clear();
        order.extend(0..chunk.len());
        order.sort_unstable_by(|&a, &b| name(a).cmp(&name(b)));
        let mut run = Writer::default();
        for &index in &*order {
            run.push(chunk.at(index))?;
        }
        self.runs.push(run.into_reader());
        chunk.truncate(0);
        self.chunk_bytes = 0;
        Ok(())
    }
}

/// Names in order.
#[derive(Debug, Default)]
pub(super) struct Sorted {
    runs: Vec<Reader>,
    /// The next name of each run that has one.
    heads: BinaryHeap<Reverse<Head>>,
    /// The name given out last.
    name: Vec<u8>,
}

/// The next name of a run. The order of the fields is that of the names.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Head {
    name: Vec<u8>,
    kind: EntryKind,
    run: usize,
}

impl Head {
    /// Goes on to the run's next name; false if there is none.
    fn advance(&mut self, runs: &mut [Reader]) -> bool {
        let next = runs.get_mut(self.run).and_then(Reader::next);
        let Some((&kind, name)) = next.and_then(<[u8]>::split_last) else { return false };
        self.kind = EntryKind::from_byte(kind);
        self.name.clear();
        self.name.extend_from_slice(name);
        true
    }
}

impl Sorted {
    /// The next name and its kind.
    pub(super) fn next(&mut self) -> Option<(&[u8], EntryKind)> {
        let mut first = self.heads.peek_mut()?;
        let Reverse(head) = &mut *first;
        mem::swap(&mut self.name, &mut head.name);
        let kind = head.kind;
        if !head.advance(&mut self.runs) {
            PeekMut::pop(first);
        }
        Some((&self.name, kind))
    }

    /// Heap bytes of the runs.
    #[cfg(test)]
    pub(super) fn heap_bytes(&self) -> usize {
        self.runs.iter().map(Reader::heap_bytes).sum()
    }
}
