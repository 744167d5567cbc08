//! Writes one function body: copies what stays, inserts what is added, and remembers which is which.

use wasm_encoder::{BlockType, BranchHint, Function, InstructionSink, ValType};

use super::super::numbers::{count, index};
use super::super::offsets::Pieces;

/// Where one original instruction is, in bytes from the start of the original module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Site {
    /// Its first byte.
    pub(super) start: u32,
    /// The byte after its last one.
    pub(super) end: u32,
}

/// A function body that is being written, one original instruction after the other.
///
/// An instruction around which nothing is inserted stays in the *run* of bytes that is copied as a
/// whole. The first insertion at an instruction opens its *group*.
pub(in super::super) struct BodyWriter<'a> {
    original: &'a [u8],
    function: Function,
    pieces: Pieces,
    hints: Vec<BranchHint>,
    /// The current instruction.
    site: Site,
    /// Where its group starts in the new body, once something was inserted.
    group: Option<u32>,
    /// Original bytes before this offset are written.
    written_to: u32,
}

/// A written function body.
pub(in super::super) struct WrittenBody {
    /// The body, locals included, without its length.
    pub(in super::super) bytes: Vec<u8>,
    /// How the body maps to the original one.
    pub(in super::super) pieces: Pieces,
    /// Branches that are hardly ever taken.
    pub(in super::super) hints: Vec<BranchHint>,
}

impl<'a> BodyWriter<'a> {
    /// Starts a body with these locals. `declarations` is where the original declares its own: the first
    /// group stands for them, and for all that is inserted before the first [`begin`](Self::begin).
    pub(super) fn new(original: &'a [u8], declarations: Site, locals: Vec<(u32, ValType)>) -> Self {
        let mut pieces = Pieces::default();
        pieces.run(0);
        Self {
            original,
            function: Function::new(locals),
            pieces,
            hints: Vec::new(),
            site: declarations,
            group: Some(0),
            written_to: declarations.start,
        }
    }

    /// Goes on to the instruction at `site`.
    pub(super) fn begin(&mut self, site: Site) {
        self.end();
        self.site = site;
    }

    /// Keeps the current instruction, after what was inserted so far.
    pub(super) fn keep(&mut self) {
        if self.group.is_some() {
            self.copy(self.site);
        }
    }

    /// Inserts instructions at the current one: before it, unless it was kept already.
    pub(in super::super) fn insert(&mut self) -> InstructionSink<'_> {
        if self.group.is_none() {
            let run = Site { start: self.written_to, end: self.site.start };
            self.pieces.run(run.end.saturating_sub(run.start));
            self.copy(run);
            self.written_to = run.end;
            self.group = Some(self.len());
        }
        self.function.instructions()
    }

    /// Inserts an `if` without results that is hardly ever entered, and its body.
    pub(in super::super) fn rarely(&mut self, body: impl FnOnce(&mut InstructionSink<'_>)) {
        // The hint goes to the `if` itself, so the group has to be open before its offset is taken.
        self.insert();
        self.hints.push(BranchHint { branch_func_offset: self.len(), branch_hint_value: 0 });
        let mut insert = self.insert();
        insert.if_(BlockType::Empty);
        body(&mut insert);
        insert.end();
    }

    /// The finished body.
    pub(super) fn finish(mut self) -> WrittenBody {
        self.end();
        let run = Site { start: self.written_to, end: self.site.end };
        self.pieces.run(run.end.saturating_sub(run.start));
        self.copy(run);
        WrittenBody { bytes: self.function.into_raw_body(), pieces: self.pieces, hints: self.hints }
    }

    fn end(&mut self) {
        if let Some(start) = self.group.take() {
            let original = self.site.end.saturating_sub(self.site.start);
            self.pieces.group(original, self.len().saturating_sub(start));
            self.written_to = self.site.end;
        }
    }

    fn copy(&mut self, bytes: Site) {
        let bytes = self.original.get(index(bytes.start)..index(bytes.end));
        self.function.raw(bytes.unwrap_or_default().iter().copied());
    }

    fn len(&self) -> u32 {
        count(self.function.byte_len())
    }
}
