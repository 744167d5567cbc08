//! The mutators of a run: field by field first, then structured and blind ones by turns.

use super::hints::Hints;
use super::learned::{Attempt, Learned};
use super::operands::Operands;
use super::state::{Mode, State, join, split};
use super::trials::{Trial, Trials};
use proofhouse_corpus::{
    ChannelFile, Compared, FieldValue, FieldValues, begins_as_channel_file, cross_channels,
    cross_events, field_mutations, follow, mutate_channel, mutate_event, reseal,
};
use proofhouse_sandbox::instrument::Comparison;
use std::collections::{HashSet, VecDeque};

/// Field by field mutations of all seeds together, at most: some seconds.
const MOST_FIELDS: usize = 100_000;
/// libFuzzer asks for a crossover as often as for a change. One of so many is made, the rest become changes.
const CROSSED: u32 = 8;

/// What the mutators know.
pub(super) struct Mutators {
    mode: Mode,
    on: bool,
    content: Vec<u8>,
    /// Strings of the events: what criteria are likely to look for.
    words: Vec<Vec<u8>>,
    /// What has to be run before random search starts.
    first: VecDeque<Vec<u8>>,
    /// What the last run compared.
    hints: Hints,
    /// Numbers that follow from the rest of the input.
    learned: Learned,
    /// Operands that sites have had.
    operands: Operands,
    /// Inputs that are left of those for a run that begins with nothing.
    starters: usize,
    /// Inputs that covered something new, and what is to be tried from them.
    trials: Trials,
}

impl Mutators {
    /// `seeds` are what the run begins with, `first` are inputs of its corpora.
    pub(super) fn new(
        state: &State,
        content: &[u8],
        events: &[Vec<u8>],
        seeds: &[Vec<u8>],
        first: &[Vec<u8>],
    ) -> Self {
        let mut mutators = Self {
            mode: state.mode,
            on: state.structure,
            content: content.to_vec(),
            words: words(events),
            first: VecDeque::new(),
            hints: Hints::default(),
            learned: Learned::default(),
            operands: Operands::default(),
            starters: 0,
            trials: Trials::default(),
        };
        if mutators.on {
            mutators.first = match state.mode {
                Mode::Content => fields(seeds.iter().chain(first).map(Vec::as_slice)).collect(),
                Mode::Events => VecDeque::new(),
                Mode::Both => {
                    let inputs = seeds.iter().chain(first);
                    let given = events.first().map(Vec::as_slice);
                    let own = inputs.clone().map(|input| split(input).1);
                    let event = given.or_else(|| own.clone().next()).unwrap_or_default();
                    let contents = inputs.map(|input| split(input).0);
                    fields(contents).map(|content| join(&content, event)).collect()
                }
            };
        }
        // Where nothing is given to begin with, code is reached that wants more than a byte or two, and what
        // it compares is found again, since no two places look alike.
        if seeds.is_empty() && !state.has_corpus {
            mutators.first.extend(starters());
            mutators.starters = mutators.first.len();
        }
        mutators
    }

    /// The hints, to be filled anew.
    pub(super) fn take_hints(&mut self) -> Hints {
        std::mem::take(&mut self.hints)
    }

    /// What the last run compared, and whether it covered anything new.
    pub(super) fn give_hints(&mut self, input: &[u8], hints: Hints, is_new: bool) {
        self.learned.take(&hints);
        self.trials.known.take(&hints);
        let is_starter = self.starters > 0 && self.first.len() < self.starters;
        if is_starter {
            self.starters = self.first.len();
        }
        if self.operands.take(&hints) || is_new || is_starter {
            self.trials.add(input, &hints);
        }
        self.hints = hints;
    }

    /// What a run for its hints only compared.
    pub(super) fn give_rehearsed(&mut self, hints: Hints) {
        self.hints = hints;
    }

    /// Whether a run of an input before it is handed out may pay.
    pub(super) fn wants_rehearsal(&mut self) -> bool {
        self.learned.wants_rehearsal()
    }

    /// Puts numbers of the input right that earlier ones had to have, after a run of it left its hints.
    /// Says whether anything changed.
    pub(super) fn put_right(&mut self, input: &mut [u8], before: &mut Attempt) -> bool {
        self.learned.put_right(&self.hints, input, before)
    }

    /// Whether numbers may have to be put right once more, after that was done so many times.
    pub(super) fn wants_another(&mut self, nth: usize) -> bool {
        self.learned.wants_another(nth)
    }

    /// These numbers were put right last, in the input that is run next.
    pub(super) fn expect(&mut self, attempt: Attempt) {
        self.learned.expect(attempt);
    }

    /// What comes first, if anything is left of it.
    pub(super) fn first(&mut self, max_bytes: usize) -> Option<Vec<u8>> {
        while let Some(first) = self.first.pop_front() {
            if first.len() <= max_bytes {
                return Some(first);
            }
        }
        None
    }

    /// What is tried without knowing any format. Numbers that follow from the rest of it are not right yet.
    pub(super) fn trial(&mut self, input: &[u8], max_bytes: usize, seed: u32) -> Option<Vec<u8>> {
        // Of eight turns three go to what comparisons ask for, two to walks, if there is any.
        let turn = seed >> 3;
        let trial = match seed & 7 {
            0..=2 => self.trials.follow().or_else(|| self.trials.walk(turn)),
            3 | 4 => self.trials.walk(turn).or_else(|| self.trials.follow()),
            5 => follow_any(&self.learned.fresh, input, turn),
            _ => None,
        };
        let trial = trial.filter(|trial| trial.input.len() <= max_bytes)?;
        if let Some((site, edit)) = &trial.edit {
            self.learned.try_edit(*site, edit, trial.input.len());
        }
        Some(trial.input)
    }

    /// An input that is changed by what it means; `None` if it is libFuzzer's turn.
    pub(super) fn structured(&self, input: &[u8], max_bytes: usize, seed: u32) -> Option<Vec<u8>> {
        if !self.on {
            return None;
        }
        // A part is left to libFuzzer.
        if (seed >> 3).is_multiple_of(4) {
            return None;
        }
        let random = mixed(seed);
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

    fn content(&self, input: &[u8], max_bytes: usize, seed: u64) -> Option<Vec<u8>> {
        mutate_channel(input, &self.words, seed, max_bytes)
    }

    /// An input with parts of another one; `None` for a change instead. libFuzzer's changes have a crossover
    /// among them that knows no format.
    pub(super) fn crossed(
        &self,
        one: &[u8],
        other: &[u8],
        max_bytes: usize,
        seed: u32,
    ) -> Option<Vec<u8>> {
        if !self.on || !self.first.is_empty() || !seed.is_multiple_of(CROSSED) {
            return None;
        }
        let random = mixed(seed);
        let crossed = match self.mode {
            Mode::Content => cross_channels(one, other, random, max_bytes),
            Mode::Events => cross_events(one, other, random, max_bytes),
            Mode::Both => {
                let ((content, event), (other_content, other_event)) = (split(one), split(other));
                let room = max_bytes.checked_sub(4)?;
                let content_room = || room.checked_sub(event.len());
                let event_room = || room.checked_sub(content.len());
                // Content that is no channel file still gets the other one's event.
                let crossed = match random & 3 {
                    0 => cross_channels(content, other_content, random, content_room()?)
                        .map(|content| join(&content, event)),
                    1 => cross_events(event, other_event, random, event_room()?)
                        .map(|event| join(content, &event)),
                    _ => None,
                };
                crossed.or_else(|| Some(join(content, other_event)))
            }
        };
        crossed.filter(|crossed| crossed.len() <= max_bytes && crossed != one)
    }

    /// Puts right what is known of the format, mostly: the checksum that other mutators broke. Says whether
    /// the format is known, so that nothing of it has to be found out.
    pub(super) fn repair(&mut self, input: &mut [u8], seed: u32) -> bool {
        if !self.on {
            return false;
        }
        let content = match self.mode {
            Mode::Content => Some(input),
            Mode::Events => None,
            Mode::Both => {
                let length = split(input).0.len();
                input.get_mut(4..length.saturating_add(4))
            }
        };
        let content = content.filter(|content| begins_as_channel_file(content));
        let Some(content) = content else { return false };
        if seed & 0x38 != 0 {
            reseal(content);
        }
        true
    }
}

/// The low bits of a seed have said whose turn it is; what follows must not hang on them (Knuth's multiplicative
/// hash).
fn mixed(seed: u32) -> u64 {
    u64::from(seed.wrapping_mul(0x9e37_79b1).rotate_right(15))
}

/// An input in which a number that was compared lately is replaced by what it was compared with.
fn follow_any(numbers: &[Comparison], input: &[u8], seed: u32) -> Option<Trial> {
    let seed = usize::try_from(seed).ok()?;
    let start = (seed >> 8).checked_rem(numbers.len())?;
    let (before, from) = numbers.split_at_checked(start)?;
    from.iter().chain(before).find_map(|number| {
        let operands = number.operands;
        let compared = Compared::Numbers { width: usize::from(number.width), operands };
        let edits = follow(input, compared);
        let edit = edits.get(seed.checked_rem(edits.len())?)?.clone();
        let input = edit.apply(input)?;
        Some(Trial { input, edit: Some((number.site, edit)) })
    })
}

/// Bytes of the inputs that a run begins with if it is given none.
const STARTERS: [usize; 4] = [8, 24, 64, 256];

/// Those inputs: of each length one of letters and one of any bytes, of which hardly two follow each other
/// twice.
fn starters() -> impl Iterator<Item = Vec<u8>> {
    let mixed = |nth: usize| {
        let mixed = u64::try_from(nth).unwrap_or(0).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed ^ (mixed >> 29)).to_be_bytes()[1]
    };
    STARTERS.into_iter().flat_map(move |length| {
        let letters = (1..=length).map(|nth| b'a'.saturating_add(mixed(nth) % 26)).collect();
        let bytes = (1..=length).map(mixed).collect();
        [letters, bytes]
    })
}

/// Every field of every one of these channel files, changed; of those that are there twice, once.
fn fields<'c>(contents: impl Iterator<Item = &'c [u8]>) -> impl Iterator<Item = Vec<u8>> {
    let mut all = Vec::new();
    let mut seen = HashSet::new();
    for content in contents.filter(|content| seen.insert(*content)) {
        let Ok(file) = ChannelFile::decode(content) else { continue };
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
