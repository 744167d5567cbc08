//! How runs of guests end.

use super::guest::{Answer, Body, Entry, Guest, description_bytes};
use super::steps::{DESCRIPTION, INITIAL_PAGES, MAX_PAGES, PAGE_BYTES, Step};
use super::{Case, RECORDS};
use proofhouse_sandbox::{Abi, Outcome, OutcomeKind, Phase};
use std::ops::ControlFlow;

/// What the host asks a buffer for if it has nothing to put there.
const LEAST_REQUEST: u32 = 1;
/// What a harness's initialiser is given: two pointers, two more, and a name.
const HARNESS_ARGUMENTS: u32 = 24;
/// What the host takes a configuration of these cases to be long.
const CONFIGURATION: u32 = 2;

/// How an opening or a run ends.
#[derive(Debug)]
pub(super) struct Expected {
    /// The outcome and its phase; nothing of an opening that goes well.
    end: Option<(OutcomeKind, Phase)>,
    /// Whether something before may have ended it for a pointer: only the host function knows whether it looked
    /// at it, and only the checks know what they found there.
    is_early: bool,
    is_checked: bool,
}

impl Expected {
    /// How it ends to make an interpreter of a guest.
    pub(super) fn of_opening(guest: &Guest, is_checked: bool) -> Self {
        let mut model = Model::new(guest, is_checked);
        let end = match guest.abi {
            Abi::Reactor => model.open().break_value(),
            Abi::Harness | Abi::Command => None,
        };
        Self { end, is_early: model.is_early, is_checked }
    }

    /// How the run of a case ends.
    pub(super) fn of_run(case: &Case) -> Self {
        let mut model = Model::new(&case.guest, case.is_checked);
        let end = model.run(case).break_value();
        Self { end, is_early: model.is_early, is_checked: case.is_checked }
    }

    /// Whether it may be that all went well.
    pub(super) fn goes_on(&self) -> bool {
        self.end.is_none()
    }

    /// Whether that is how it ended.
    pub(super) fn check(&self, outcome: &Outcome, phase: Phase, guest: &Guest) {
        let kind = outcome.kind();
        let of_pointers = match kind {
            OutcomeKind::AbiViolation | OutcomeKind::OutputFlood => true,
            // The checks know more than where the memory ends.
            OutcomeKind::Trapped => self.is_checked,
            _ => false,
        };
        let is_expected = self.end.is_some_and(|(expected, at)| {
            let same = expected == kind || (expected == OutcomeKind::AbiViolation && of_pointers);
            same && at == phase
        });
        assert!(
            is_expected || (self.is_early && of_pointers),
            "{:?} or earlier: {}, found {outcome:?} in {phase:?}: {guest:#?}",
            self.end,
            self.is_early
        );
    }
}

type Flow = ControlFlow<(OutcomeKind, Phase)>;

/// An instance as far as it matters.
struct Model<'g> {
    guest: &'g Guest,
    is_checked: bool,
    phase: Phase,
    pages: u32,
    records: u64,
    messages: u64,
    is_early: bool,
}

impl<'g> Model<'g> {
    fn new(guest: &'g Guest, is_checked: bool) -> Self {
        let (phase, pages) = (Phase::Instantiate, INITIAL_PAGES);
        Self { guest, is_checked, phase, pages, records: 0, messages: 0, is_early: false }
    }

    fn stop<T>(&self, kind: OutcomeKind) -> ControlFlow<(OutcomeKind, Phase), T> {
        ControlFlow::Break((kind, self.phase))
    }

    /// What is done when a reactor is opened.
    fn open(&mut self) -> Flow {
        self.initialise()?;
        if self.call(Entry::Version)? != Answer::Number(1) {
            return self.stop(OutcomeKind::Unusable);
        }
        self.call(Entry::Warmup)?;
        match self.call(Entry::Describe)? {
            Answer::Place(DESCRIPTION, size) if size == description_bytes() => Flow::Continue(()),
            Answer::Nothing => Flow::Continue(()),
            _ => self.stop(OutcomeKind::AbiViolation),
        }
    }

    fn run(&mut self, case: &Case) -> Flow {
        self.initialise()?;
        match self.guest.abi {
            Abi::Reactor => self.run_reactor(case),
            Abi::Harness => self.run_harness(case),
            Abi::Command => {
                self.phase = Phase::Load;
                self.call(Entry::Main)?;
                self.stop(OutcomeKind::Accepted)
            }
        }
    }

    fn run_reactor(&mut self, case: &Case) -> Flow {
        self.call(Entry::Warmup)?;
        if case.is_configured && self.guest.body(Entry::Configure).is_some() {
            self.phase = Phase::Configure;
            self.hand_over(Entry::Alloc, CONFIGURATION)?;
            if self.call(Entry::Configure)? != Answer::Number(0) {
                return self.stop(OutcomeKind::AbiViolation);
            }
            self.call(Entry::Free)?;
        }
        self.phase = Phase::Alloc;
        self.hand_over(Entry::Alloc, bytes(&case.content))?;
        self.phase = Phase::Load;
        if self.call(Entry::Load)? != Answer::Number(0) {
            return self.stop(OutcomeKind::Rejected);
        }
        for event in &case.events {
            self.phase = Phase::Evaluate;
            self.hand_over(Entry::Alloc, bytes(event))?;
            let Answer::Number(0..=0x7fff_ffff) = self.call(Entry::Evaluate)? else {
                return self.stop(OutcomeKind::EvaluationError);
            };
            self.call(Entry::Free)?;
        }
        self.stop(OutcomeKind::Accepted)
    }

    fn run_harness(&mut self, case: &Case) -> Flow {
        if self.guest.body(Entry::HarnessInitialize).is_some() {
            self.hand_over(Entry::Malloc, HARNESS_ARGUMENTS)?;
            if self.call(Entry::HarnessInitialize)? != Answer::Number(0) {
                return self.stop(OutcomeKind::AbiViolation);
            }
        }
        self.phase = Phase::Alloc;
        self.hand_over(Entry::Malloc, bytes(&case.content))?;
        self.phase = Phase::Load;
        self.call(Entry::TestOneInput)?;
        self.stop(OutcomeKind::Completed)
    }

    fn initialise(&mut self) -> Flow {
        self.call(Entry::Start)?;
        self.phase = Phase::Initialise;
        self.call(Entry::Initialize)?;
        Flow::Continue(())
    }

    /// What the host makes of a buffer.
    fn hand_over(&mut self, allocator: Entry, size: u32) -> Flow {
        let Answer::Number(address) = self.call(allocator)? else { return Flow::Continue(()) };
        if address == 0 {
            return self.stop(OutcomeKind::OutOfMemory);
        }
        if !address.is_multiple_of(8) {
            return self.stop(OutcomeKind::AbiViolation);
        }
        self.pointer(address, size.max(LEAST_REQUEST))
    }

    /// A function that is not there does nothing.
    fn call(&mut self, entry: Entry) -> ControlFlow<(OutcomeKind, Phase), Answer> {
        let Some(Body { steps, answer }) = self.guest.body(entry) else {
            return ControlFlow::Continue(Answer::Nothing);
        };
        for step in steps {
            self.step(step, entry)?;
        }
        ControlFlow::Continue(*answer)
    }

    fn step(&mut self, step: &Step, entry: Entry) -> Flow {
        match *step {
            Step::Emit { at, size } => {
                self.pointer(at, size)?;
                self.records = self.records.saturating_add(1);
            }
            Step::Message { at, size, .. } | Step::Diagnostic { at, size, .. } => {
                self.pointer(at, size)?;
                self.messages = self.messages.saturating_add(1);
            }
            Step::Wasi { .. } => self.is_early = true,
            Step::Store { .. } => self.is_early |= self.is_checked,
            Step::Exit { code } => {
                return self.stop(match (entry, code) {
                    (Entry::Main, 0) => OutcomeKind::Accepted,
                    (Entry::Main, _) => OutcomeKind::Rejected,
                    _ => OutcomeKind::AbiViolation,
                });
            }
            Step::Grow { pages } => {
                let grown = self.pages.saturating_add(pages);
                self.pages = if grown <= MAX_PAGES { grown } else { self.pages };
            }
            Step::Trap => return self.stop(OutcomeKind::Trapped),
            Step::Loop => return self.stop(OutcomeKind::OutOfFuel),
            Step::Recurse => return self.stop(OutcomeKind::StackExhausted),
        }
        if self.records > RECORDS || self.messages > RECORDS {
            return self.stop(OutcomeKind::OutputFlood);
        }
        Flow::Continue(())
    }

    /// The host reads or writes there.
    fn pointer(&mut self, at: u32, size: u32) -> Flow {
        let memory = u64::from(self.pages).saturating_mul(PAGE_BYTES.into());
        if u64::from(at).saturating_add(size.into()) > memory {
            return self.stop(OutcomeKind::AbiViolation);
        }
        // There may be something that must not be touched.
        self.is_early |= self.is_checked;
        Flow::Continue(())
    }
}

fn bytes(input: &[u8]) -> u32 {
    u32::try_from(input.len()).unwrap_or(u32::MAX)
}
