//! From an offset in a module to function, file and line.
//!
//! *Names* are those of the name section: a flat list, read here. *Locations* come from the debug
//! information (DWARF), a language of trees and programs whose readers are not made for hostile bytes:
//! a few of them are enough to use up all stack or all memory. So they are looked up where modules are
//! compiled, in a process of their own, and only when something is to be told: see [`Locate`].

mod dwarf;
mod locations;
mod names;
mod readable;
mod sources;
mod tables;

pub(crate) use locations::{Location, locations};
pub(crate) use readable::readable;
pub(crate) use sources::sources;
pub(crate) use tables::function_in_table;

use crate::limits::{MAX_FRAMES, MAX_LOCATED_OFFSETS};
use crate::outcome::Frame;
use names::Names;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Looks up locations: for each offset in the module those at that instruction, innermost first.
/// `None` when the debug information cannot be read.
pub(crate) type Locate<'a> = dyn Fn(&[u64]) -> Option<Vec<Vec<Location>>> + 'a;

/// One frame of a backtrace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CodePlace {
    /// Index of the function.
    pub(crate) function: u32,
    /// Offset of the instruction in the original module.
    pub(crate) offset: Option<u32>,
}

/// The names of one module, and the locations that have been looked up so far.
pub(crate) struct Symbols {
    names: Names,
    located: Mutex<Located>,
}

/// What has been looked up so far.
#[derive(Default)]
struct Located {
    by_offset: HashMap<u64, Vec<Location>>,
    /// Once was enough to see that the debug information cannot be read. Hostile ones take their time.
    unreadable: bool,
}

impl Symbols {
    /// Reads the names of the first `functions` functions.
    pub(crate) fn read(wasm: &[u8], functions: u32) -> Self {
        Self { names: Names::read(wasm, functions), located: Mutex::default() }
    }

    /// The frames of a backtrace, innermost first. One frame of the engine is more than one of ours
    /// where functions were inlined.
    pub(crate) fn frames(&self, places: &[CodePlace], locate: &Locate<'_>) -> Vec<Frame> {
        let offsets: Vec<u64> =
            places.iter().filter_map(|place| place.offset).map(u64::from).collect();
        // A thread that died while it held the map leaves nothing that reading could spoil.
        let mut located = self.located.lock().unwrap_or_else(PoisonError::into_inner);
        located.look_up(&offsets, locate);
        let frames = places.iter().flat_map(|place| {
            let offset = place.offset.map(u64::from);
            let locations = offset.and_then(|offset| located.by_offset.get(&offset));
            self.frames_at(place.function, offset, locations.map_or(&[], Vec::as_slice))
        });
        frames.take(MAX_FRAMES).collect()
    }

    fn frames_at(&self, function: u32, offset: Option<u64>, locations: &[Location]) -> Vec<Frame> {
        let frame = |location: Location| Frame {
            function: location.function.unwrap_or_default(),
            file: location.file,
            line: location.line,
            column: location.column,
            module_offset: offset,
        };
        let mut frames: Vec<Frame> = locations.iter().cloned().map(frame).collect();
        if frames.is_empty() {
            frames.push(frame(Location::default()));
        }
        // The outermost is the function of the module; the name section knows it best.
        if let Some(outermost) = frames.last_mut() {
            match self.names.of(function) {
                Some(name) => outermost.function = name,
                None if outermost.function.is_empty() => {
                    outermost.function = format!("wasm-function[{function}]");
                }
                None => {}
            }
        }
        frames
    }
}

impl Located {
    /// Looks up the offsets that have not been looked up before. Most traps of one interpreter are in
    /// the same few places.
    fn look_up(&mut self, offsets: &[u64], locate: &Locate<'_>) {
        if self.by_offset.len() > MAX_LOCATED_OFFSETS {
            self.by_offset.clear();
        }
        let known = |offset: &&u64| self.by_offset.contains_key(offset);
        let mut unknown: Vec<u64> =
            offsets.iter().filter(|offset| !known(offset)).copied().collect();
        unknown.sort_unstable();
        unknown.dedup();
        if unknown.is_empty() || self.unreadable {
            return;
        }
        match locate(&unknown) {
            Some(found) => self.by_offset.extend(unknown.into_iter().zip(found)),
            None => self.unreadable = true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    /// What was asked for, question by question, while those offsets were looked up one after another.
    fn questions(offsets: &[&[u64]], readable: bool) -> Vec<Vec<u64>> {
        let asked = RefCell::new(Vec::new());
        let locate = |offsets: &[u64]| {
            asked.borrow_mut().push(offsets.to_vec());
            readable.then(|| vec![vec![Location::default()]; offsets.len()])
        };
        let mut located = Located::default();
        for offsets in offsets {
            located.look_up(offsets, &locate);
        }
        asked.into_inner()
    }

    #[test]
    fn an_offset_is_looked_up_once() {
        let asked = questions(&[&[3, 1, 3], &[1, 3], &[3, 5], &[]], true);
        assert_eq!(asked, [vec![1, 3], vec![5]]);
    }

    #[test]
    fn unreadable_debug_information_is_looked_at_once() {
        assert_eq!(questions(&[&[1], &[2], &[1]], false), [vec![1]]);
    }
}
