//! The mutators of a run: field by field first, then structured and blind ones by turns.

use super::state::{Mode, State, join, split};
use proofhouse_corpus::{
    ChannelFile, FieldValue, FieldValues, cross_channels, field_mutations, mutate_channel,
    mutate_event, reseal,
};
use std::collections::VecDeque;

/// Field by field mutations of all seeds together, at most: some seconds.
const MOST_FIELDS: usize = 100_000;
/// Inputs that are kept to be crossed.
const MOST_RECENT: usize = 64;

/// What the mutators know.
pub(super) struct Mutators {
    mode: Mode,
    on: bool,
    content: Vec<u8>,
    /// Strings of the events: what criteria are likely to look for.
    words: Vec<Vec<u8>>,
    /// What has to be run before random search starts.
    first: VecDeque<Vec<u8>>,
    /// Inputs that were changed lately.
    recent: VecDeque<Vec<u8>>,
}

impl Mutators {
    pub(super) fn new(
        state: &State,
        content: &[u8],
        events: &[Vec<u8>],
        seeds: &[Vec<u8>],
    ) -> Self {
        let mut mutators = Self {
            mode: state.mode,
            on: state.structure,
            content: content.to_vec(),
            words: words(events),
            first: VecDeque::new(),
            recent: VecDeque::new(),
        };
        if mutators.on {
            mutators.first = match state.mode {
                Mode::Content => fields(seeds).collect(),
                Mode::Events => VecDeque::new(),
                Mode::Both => {
                    let event = events.first().map(Vec::as_slice).unwrap_or_default();
                    fields(seeds).map(|content| join(&content, event)).collect()
                }
            };
        }
        mutators
    }

    /// A changed input; `None` if it is libFuzzer's turn.
    pub(super) fn mutate(&mut self, input: &[u8], max_bytes: usize, seed: u32) -> Option<Vec<u8>> {
        if !self.on {
            return None;
        }
        while let Some(first) = self.first.pop_front() {
            if first.len() <= max_bytes {
                return Some(first);
            }
        }
        // One in four is left to libFuzzer, which knows what was compared.
        if seed.is_multiple_of(4) {
            return None;
        }
        let random = u64::from(seed);
        let changed = match self.mode {
            Mode::Content => self.content(input, max_bytes, random),
            Mode::Events => mutate_event(input, &self.content, random, max_bytes),
            Mode::Both => {
                let (content, event) = split(input);
                let room = max_bytes.checked_sub(4)?;
                if random & 4 == 0 {
                    let room = room.checked_sub(event.len())?;
                    self.content(content, room, random).map(|content| join(&content, event))
                } else {
                    let room = room.checked_sub(content.len())?;
                    mutate_event(event, content, random, room).map(|event| join(content, &event))
                }
            }
        };
        changed.filter(|changed| changed.len() <= max_bytes && !changed.is_empty())
    }

    fn content(&mut self, input: &[u8], max_bytes: usize, seed: u64) -> Option<Vec<u8>> {
        let crossed = if seed & 24 == 24 {
            let nth = usize::try_from(seed >> 5).unwrap_or(0).checked_rem(self.recent.len());
            let other = nth.and_then(|nth| self.recent.get(nth));
            other.and_then(|other| cross_channels(input, other, seed, max_bytes))
        } else {
            None
        };
        let changed = crossed.or_else(|| mutate_channel(input, &self.words, seed, max_bytes))?;
        if self.recent.back().is_none_or(|last| last != input) {
            self.recent.push_back(input.to_vec());
            if self.recent.len() > MOST_RECENT {
                self.recent.pop_front();
            }
        }
        Some(changed)
    }

    /// Puts the checksum right that libFuzzer's mutators broke, mostly.
    pub(super) fn repair(&mut self, input: &mut [u8], seed: u32) {
        if !self.on || seed & 8 != 0 {
            return;
        }
        match self.mode {
            Mode::Content => reseal(input),
            Mode::Events => {}
            Mode::Both => {
                let length = split(input).0.len();
                if let Some(content) = input.get_mut(4..length.saturating_add(4)) {
                    reseal(content);
                }
            }
        }
    }
}

/// Every field of every seed, changed.
fn fields(seeds: &[Vec<u8>]) -> impl Iterator<Item = Vec<u8>> {
    let mut all = Vec::new();
    for seed in seeds {
        let Ok(file) = ChannelFile::decode(seed) else { continue };
        let room = MOST_FIELDS.saturating_sub(all.len());
        all.extend(field_mutations(&file).take(room).filter_map(|file| file.encode().ok()));
    }
    all.into_iter()
}

fn words(events: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut words: Vec<Vec<u8>> = events
        .iter()
        .filter_map(|event| FieldValues::decode(event).ok())
        .flat_map(|fields| fields.to_vec())
        .filter_map(|value| match value {
            FieldValue::Bytes(bytes) => Some(bytes),
            FieldValue::Absent | FieldValue::Integer(_) => None,
        })
        .collect();
    words.sort_unstable();
    words.dedup();
    words
}
