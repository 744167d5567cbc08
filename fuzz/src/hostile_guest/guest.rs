//! A guest: its ABI, and what each function does that the host calls.

use super::steps::{DESCRIPTION, Step, number};
use super::text::DESCRIPTION_JSON;
use arbitrary::{Result, Unstructured};
use proofhouse_sandbox::Abi;

/// Steps of one function at most.
const MAX_STEPS: usize = 4;

/// A function that the host calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// The module's start function.
    Start,
    /// `_initialize`.
    Initialize,
    /// `proofhouse_abi_version`.
    Version,
    /// `proofhouse_warmup`.
    Warmup,
    /// `proofhouse_describe`.
    Describe,
    /// `proofhouse_configure`.
    Configure,
    /// `proofhouse_alloc`.
    Alloc,
    /// `proofhouse_load`.
    Load,
    /// `proofhouse_evaluate`.
    Evaluate,
    /// `proofhouse_free`.
    Free,
    /// `malloc` of a harness.
    Malloc,
    /// `LLVMFuzzerInitialize`.
    HarnessInitialize,
    /// `LLVMFuzzerTestOneInput`.
    TestOneInput,
    /// `_start`.
    Main,
}

/// What a function gives back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Nothing.
    Nothing,
    /// A number of four bytes.
    Number(u32),
    /// An address and a size in one number.
    Place(u32, u32),
    /// A buffer that an allocator may give.
    Buffer,
}

/// What a function does.
#[derive(Clone, Debug)]
pub(super) struct Body {
    pub(super) steps: Vec<Step>,
    pub(super) answer: Answer,
}

/// All of it.
#[derive(Debug)]
pub(super) struct Guest {
    pub(super) abi: Abi,
    functions: Vec<(Entry, Body)>,
}

/// Functions that an ABI needs, and those that are there or not.
fn entries(abi: Abi) -> (&'static [Entry], &'static [Entry]) {
    match abi {
        Abi::Reactor => (
            &[Entry::Version, Entry::Alloc, Entry::Load, Entry::Evaluate],
            &[
                Entry::Start,
                Entry::Initialize,
                Entry::Warmup,
                Entry::Describe,
                Entry::Configure,
                Entry::Free,
            ],
        ),
        Abi::Harness => (
            &[Entry::Malloc, Entry::TestOneInput],
            &[Entry::Start, Entry::Initialize, Entry::HarnessInitialize],
        ),
        Abi::Command => (&[Entry::Main], &[Entry::Start, Entry::Initialize]),
    }
}

impl Guest {
    /// Any. Where memory is checked, a harness's allocator is replaced by the checks' own: it is an honest one.
    pub(super) fn new(random: &mut Unstructured<'_>, is_checked: bool) -> Result<Self> {
        let abi = *random.choose(&[Abi::Reactor, Abi::Reactor, Abi::Harness, Abi::Command])?;
        let (needed, optional) = entries(abi);
        let mut functions = Vec::new();
        for &entry in needed {
            functions.push((entry, body(random, entry, is_checked)?));
        }
        for &entry in optional {
            if random.ratio(1_u8, 3_u8)? {
                functions.push((entry, body(random, entry, is_checked)?));
            }
        }
        Ok(Self { abi, functions })
    }

    /// What that function does, if there is one.
    pub(super) fn body(&self, entry: Entry) -> Option<&Body> {
        self.functions.iter().find(|(found, _)| *found == entry).map(|(_, body)| body)
    }

    /// All functions.
    pub(super) fn functions(&self) -> impl Iterator<Item = (Entry, &Body)> {
        self.functions.iter().map(|(entry, body)| (*entry, body))
    }
}

fn body(random: &mut Unstructured<'_>, entry: Entry, is_checked: bool) -> Result<Body> {
    if entry == Entry::Malloc && is_checked {
        return Ok(Body { steps: Vec::new(), answer: Answer::Buffer });
    }
    // Most of what is done before the content comes goes well: otherwise few guests would see it.
    let is_late = matches!(
        entry,
        Entry::Load | Entry::Evaluate | Entry::TestOneInput | Entry::Main | Entry::Free
    );
    let is_plain = random.ratio(if is_late { 1_u8 } else { 7 }, 8_u8)?;
    let most = if is_plain { 0 } else { MAX_STEPS };
    let steps =
        (0..random.int_in_range(0..=most)?).map(|_| Step::new(random)).collect::<Result<_>>()?;
    let usual = random.ratio(15_u8, 16_u8)?;
    let answer = match entry {
        Entry::Start | Entry::Initialize | Entry::Warmup | Entry::Free | Entry::Main => {
            Answer::Nothing
        }
        Entry::Alloc | Entry::Malloc if usual => Answer::Buffer,
        Entry::Describe if usual => Answer::Place(DESCRIPTION, description_bytes()),
        Entry::Describe => Answer::Place(number(random)?, number(random)?),
        Entry::Version if usual => Answer::Number(1),
        Entry::Evaluate if usual => Answer::Number(random.int_in_range(0..=3)?),
        Entry::Evaluate => Answer::Number(u32::MAX.saturating_sub(random.int_in_range(0..=9)?)),
        Entry::Alloc if random.ratio(1_u8, 4_u8)? => Answer::Number(0),
        Entry::Configure | Entry::Load | Entry::HarnessInitialize if usual => Answer::Number(0),
        Entry::Version
        | Entry::Configure
        | Entry::Alloc
        | Entry::Malloc
        | Entry::Load
        | Entry::HarnessInitialize
        | Entry::TestOneInput => Answer::Number(number(random)?),
    };
    Ok(Body { steps, answer })
}

/// Size of the description.
pub(super) fn description_bytes() -> u32 {
    u32::try_from(DESCRIPTION_JSON.len()).unwrap_or(u32::MAX)
}
