//! From an offset in the instrumented module back to the original module.
//!
//! The original stays the reference for symbols: a trap's frames carry offsets into the instrumented
//! module, and its line tables speak of the original one. A function body is rewritten as *runs* of
//! bytes that are copied as they are, and *groups*: one original instruction with everything that was
//! inserted around it. Inside a run, offsets move together; every offset in a group belongs to the
//! instruction. Nothing else is stored, so that the map has a few bytes for each group.

use thiserror::Error;
use wasm_encoder::Encode;
use wasmparser::BinaryReader;

/// The bytes are not an encoded offset map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the offset map is damaged")]
pub struct DamagedOffsets;

/// Takes offsets of the instrumented module to offsets of the original one.
///
/// It is kept in its encoded form: looked up a few times for each trap, stored with every module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffsetMap {
    /// For each function: the gap to the end of the one before and the length of the body, both for the
    /// original and for the instrumented module; then the length of its pieces in bytes, and the pieces.
    /// All numbers are LEB128.
    encoded: Vec<u8>,
}

impl OffsetMap {
    /// Reads a map that [`as_bytes`](Self::as_bytes) gave. Of each function it looks at the lengths alone:
    /// pieces that do not decode give no offset when one is asked for.
    ///
    /// # Errors
    /// The bytes do not decode. Whether they belong to this module is not something they can tell.
    pub fn from_bytes(encoded: Vec<u8>) -> Result<Self, DamagedOffsets> {
        let map = Self { encoded };
        let mut functions = map.functions();
        while functions.next().map_err(|_| DamagedOffsets)?.is_some() {}
        Ok(map)
    }

    /// The encoded form, for [`from_bytes`](Self::from_bytes).
    pub fn as_bytes(&self) -> &[u8] {
        &self.encoded
    }

    /// The offset in the original module of the instruction that the instruction at `instrumented`
    /// stems from. Both are in bytes from the start of the module.
    ///
    /// `None` for what the original does not have: functions that the rewriter added, and offsets
    /// outside the code.
    pub fn original(&self, instrumented: u32) -> Option<u32> {
        let mut functions = self.functions();
        while let Some(function) = functions.next().ok()? {
            if instrumented < function.instrumented {
                return None;
            }
            if instrumented < functions.instrumented {
                return function.original_of(instrumented);
            }
        }
        None
    }

    fn functions(&self) -> Functions<'_> {
        Functions { reader: BinaryReader::new(&self.encoded, 0), original: 0, instrumented: 0 }
    }
}

/// Writes the map while the code section is written.
#[derive(Default)]
pub(super) struct OffsetMapBuilder {
    functions: Vec<(u32, u32, Pieces)>,
}

impl OffsetMapBuilder {
    /// Adds the next function: where its body starts in the original module, where in the code
    /// section's contents, and what became of it.
    pub(super) fn function(&mut self, original: u32, in_code: u32, pieces: Pieces) {
        self.functions.push((original, in_code, pieces));
    }

    /// The map, now that it is known where in the module the code section's contents start.
    pub(super) fn finish(self, code: u32) -> OffsetMap {
        let mut encoded = Vec::new();
        let (mut original_end, mut instrumented_end) = (0u32, 0u32);
        for (original, in_code, pieces) in self.functions {
            let instrumented = code.saturating_add(in_code);
            original.saturating_sub(original_end).encode(&mut encoded);
            pieces.original.encode(&mut encoded);
            instrumented.saturating_sub(instrumented_end).encode(&mut encoded);
            pieces.instrumented.encode(&mut encoded);
            pieces.encoded.len().encode(&mut encoded);
            encoded.extend_from_slice(&pieces.encoded);
            original_end = original.saturating_add(pieces.original);
            instrumented_end = instrumented.saturating_add(pieces.instrumented);
        }
        OffsetMap { encoded }
    }
}

/// What became of one function body: a run, a group, a run, a group, and so on, each with its lengths.
#[derive(Default)]
pub(super) struct Pieces {
    encoded: Vec<u8>,
    original: u32,
    instrumented: u32,
}

impl Pieces {
    /// `bytes` were copied as they are.
    pub(super) fn run(&mut self, bytes: u32) {
        bytes.encode(&mut self.encoded);
        self.original = self.original.saturating_add(bytes);
        self.instrumented = self.instrumented.saturating_add(bytes);
    }

    /// `original` bytes became `instrumented` bytes. A run comes before every group.
    pub(super) fn group(&mut self, original: u32, instrumented: u32) {
        original.encode(&mut self.encoded);
        instrumented.encode(&mut self.encoded);
        self.original = self.original.saturating_add(original);
        self.instrumented = self.instrumented.saturating_add(instrumented);
    }
}

type Read<T> = wasmparser::Result<T>;

/// Reads one function after the other.
struct Functions<'a> {
    reader: BinaryReader<'a>,
    /// Where the bodies read so far end, in both modules.
    original: u32,
    instrumented: u32,
}

impl<'a> Functions<'a> {
    fn next(&mut self) -> Read<Option<Function<'a>>> {
        if self.reader.eof() {
            return Ok(None);
        }
        let original = self.original.saturating_add(self.reader.read_var_u32()?);
        self.original = original.saturating_add(self.reader.read_var_u32()?);
        let instrumented = self.instrumented.saturating_add(self.reader.read_var_u32()?);
        self.instrumented = instrumented.saturating_add(self.reader.read_var_u32()?);
        Ok(Some(Function { original, instrumented, pieces: self.reader.read_reader()? }))
    }
}

/// One function: where its body starts in both modules, and its pieces.
struct Function<'a> {
    original: u32,
    instrumented: u32,
    pieces: BinaryReader<'a>,
}

impl<'a> Function<'a> {
    fn pieces(&self) -> PieceReader<'a> {
        PieceReader {
            reader: self.pieces.clone(),
            original: self.original,
            instrumented: self.instrumented,
            copied: true,
        }
    }

    fn original_of(&self, instrumented: u32) -> Option<u32> {
        let mut pieces = self.pieces();
        while let Some(piece) = pieces.next().ok()? {
            if instrumented < piece.instrumented_end {
                return Some(if piece.copied {
                    piece.original.saturating_add(instrumented.saturating_sub(piece.instrumented))
                } else {
                    piece.original
                });
            }
        }
        None
    }
}

/// A run or a group.
struct Piece {
    copied: bool,
    original: u32,
    instrumented: u32,
    instrumented_end: u32,
}

struct PieceReader<'a> {
    reader: BinaryReader<'a>,
    original: u32,
    instrumented: u32,
    /// Whether the next piece is a run.
    copied: bool,
}

impl PieceReader<'_> {
    fn next(&mut self) -> Read<Option<Piece>> {
        if self.reader.eof() {
            return Ok(None);
        }
        let copied = self.copied;
        let original_len = self.reader.read_var_u32()?;
        let instrumented_len = if copied { original_len } else { self.reader.read_var_u32()? };
        let piece = Piece {
            copied,
            original: self.original,
            instrumented: self.instrumented,
            instrumented_end: self.instrumented.saturating_add(instrumented_len),
        };
        self.original = self.original.saturating_add(original_len);
        self.instrumented = piece.instrumented_end;
        self.copied = !copied;
        Ok(Some(piece))
    }
}
