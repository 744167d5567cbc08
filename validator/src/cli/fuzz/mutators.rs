//! The mutators of a run: field by field first, then structured and blind ones by turns.

use super::state::{Mode, State, join, split};
use proofhouse_corpus::{
    ChannelFile, FieldValue, FieldValues, cross_channels, field_mutations, mutate_channel,
    mutate_event, reseal,
};
use proofhouse_sandbox::instrument::Comparison;
use std::collections::{HashMap, VecDeque};

/// Field by field mutations of all seeds together, at most: some seconds.
const MOST_FIELDS: usize = 100_000;
/// Numbers of the input that are known to follow from the rest of it, at most.
const MOST_LEARNED: usize = 16;
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
    /// What the last run compared: with luck, numbers of its input with what they should be.
    hints: Vec<Comparison>,
    /// Those whose numbers were others the last time: what follows from the input, like a checksum.
    fresh: Vec<Comparison>,
    /// The numbers of the last time, by site.
    last: HashMap<u32, [u64; 2]>,
    /// A number of the input that was put right for a comparison, until the next run tells whether it is.
    tried: Option<Place>,
    /// Those of which it turned out to be true: checksums and lengths, wherever they are.
    learned: Vec<Place>,
}

/// A number in the input that a comparison looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    site: u32,
    at: usize,
    width: usize,
    is_reversed: bool,
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
            hints: Vec::new(),
            fresh: Vec::new(),
            last: HashMap::new(),
            tried: None,
            learned: Vec::new(),
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

    /// The list of hints, to be filled anew.
    pub(super) fn take_hints(&mut self) -> Vec<Comparison> {
        std::mem::take(&mut self.hints)
    }

    /// What the last run compared.
    pub(super) fn give_hints(&mut self, hints: Vec<Comparison>) {
        self.fresh.clear();
        for hint in &hints {
            if self.last.insert(hint.site, hint.operands) != Some(hint.operands) {
                self.fresh.push(*hint);
            }
        }
        // If the comparison was made and is no hint any more, its numbers are equal now.
        if let Some(place) = self.tried.take()
            && !hints.iter().any(|hint| hint.site == place.site)
            && !self.learned.contains(&place)
            && self.learned.len() < MOST_LEARNED
        {
            self.learned.push(place);
        }
        self.hints = hints;
    }

    /// Whether a run of an input before it is handed out may pay.
    pub(super) fn wants_rehearsal(&self) -> bool {
        !self.learned.is_empty()
    }

    /// Puts numbers of the input right that earlier ones had to have, after a run of it left its hints.
    /// Says whether anything changed.
    pub(super) fn put_right(&self, input: &mut [u8]) -> bool {
        let mut is_changed = false;
        for hint in &self.hints {
            let [one, other] = hint.operands;
            for place in self.learned.iter().filter(|place| place.site == hint.site) {
                let Some(end) = place.at.checked_add(place.width) else { continue };
                let Some(there) = input.get_mut(place.at..end) else { continue };
                let (Some(one), Some(other)) = (place.bytes(one), place.bytes(other)) else {
                    continue;
                };
                if there == one {
                    there.copy_from_slice(&other);
                    is_changed = true;
                } else if there == other {
                    there.copy_from_slice(&one);
                    is_changed = true;
                }
            }
        }
        is_changed
    }

    /// A changed input; `None` if it is libFuzzer's turn.
    pub(super) fn mutate(&mut self, input: &[u8], max_bytes: usize, seed: u32) -> Option<Vec<u8>> {
        while let Some(first) = self.first.pop_front() {
            if first.len() <= max_bytes {
                return Some(first);
            }
        }
        // What follows from the input is put right half of the time, whatever else was compared rarely.
        let hints = match seed & 7 {
            0 | 2 | 4 | 6 => self.fresh.as_slice(),
            7 => self.hints.as_slice(),
            _ => &[],
        };
        if let Some((place, changed)) = follow(hints, input, seed >> 3) {
            self.tried = Some(place);
            return Some(changed).filter(|changed| changed.len() <= max_bytes);
        }
        if !self.on {
            return None;
        }
        // A part is left to libFuzzer.
        if (seed >> 3).is_multiple_of(4) {
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
        let crossed = if (seed >> 3) & 3 == 3 {
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

/// An input in which a number that was compared is replaced by what it was compared with (Aschermann and
/// others, "REDQUEEN: Fuzzing with input-to-state correspondence", NDSS 2019). This knows no format.
fn follow(hints: &[Comparison], input: &[u8], seed: u32) -> Option<(Place, Vec<u8>)> {
    let seed = usize::try_from(seed).ok()?;
    let start = (seed >> 8).checked_rem(hints.len())?;
    let (before, from) = hints.split_at_checked(start)?;
    from.iter().chain(before).find_map(|hint| {
        let [one, other] = hint.operands;
        let pairs = [(one, other), (other, one)];
        let mut pairs = pairs.into_iter().cycle().skip(seed & 1).take(2);
        pairs.find_map(|(old, new)| replace(input, old, new, *hint, seed))
    })
}

fn replace(
    input: &[u8],
    old: u64,
    new: u64,
    hint: Comparison,
    seed: usize,
) -> Option<(Place, Vec<u8>)> {
    // Code widens what it loads.
    let is_narrow = u16::try_from(old).is_ok() && u16::try_from(new).is_ok();
    let width = if is_narrow && seed & 2 == 0 { 2 } else { usize::from(hint.width) };
    let mut place = Place { site: hint.site, at: 0, width, is_reversed: seed & 4 == 4 };
    let (old, new) = (place.bytes(old)?, place.bytes(new)?);
    let places: Vec<usize> = (0..)
        .zip(input.windows(width))
        .filter_map(|(at, window)| (window == old).then_some(at))
        .take(16)
        .collect();
    place.at = *places.get((seed >> 3).checked_rem(places.len())?)?;
    let mut changed = input.to_vec();
    changed.get_mut(place.at..place.at.checked_add(width)?)?.copy_from_slice(&new);
    Some((place, changed))
}

impl Place {
    /// How a number is written there.
    fn bytes(self, number: u64) -> Option<Vec<u8>> {
        let mut bytes = number.to_le_bytes().get(..self.width)?.to_vec();
        if self.is_reversed {
            bytes.reverse();
        }
        Some(bytes)
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
