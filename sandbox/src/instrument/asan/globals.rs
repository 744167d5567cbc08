//! What compiled code says of its globals: arrays of fixed-size descriptions, in guest memory.
//!
//! A description is eight words: address, size, size with the redzone behind it, name, source file,
//! whether it is initialised by code, place in the source (or 0), and an indicator that is not needed.

use super::super::numbers::index;
use super::descriptions::word;

/// Bytes of one description.
const DESCRIPTION_BYTES: u32 = 32;
/// Bytes of one note: address and number of descriptions.
const NOTE_BYTES: u32 = 8;
/// Most notes that are kept, as in the runtime.
const MAX_NOTES: u32 = 8192;
/// Most descriptions that are read.
const MAX_READ: u32 = 1 << 20;
/// How far before a global an address may be to be near it, in bytes.
const NEAR: u32 = 64;

/// One global.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Global {
    /// Address of its first byte.
    pub(super) address: u32,
    /// Its size in bytes.
    pub(super) size: u32,
    /// Address of its name.
    pub(super) name: u32,
    /// Address of the name of its source file.
    pub(super) module: u32,
    /// Address of its place in the source.
    pub(super) source: Option<u32>,
}

/// The globals that `address` is in the redzone of, or shortly before.
pub(super) fn near(memory: &[u8], notes: &[u8], registered: u32, address: u32) -> Vec<Global> {
    let mut globals = Vec::new();
    let mut read = 0u32;
    for note in 0..registered.min(MAX_NOTES) {
        let at = note.saturating_mul(NOTE_BYTES);
        let Some((array, count)) = word(notes, at).zip(word(notes, at.saturating_add(4))) else {
            break;
        };
        for place in 0..count {
            read = read.saturating_add(1);
            let Some(description) = description(memory, array, place) else { break };
            if read > MAX_READ {
                return globals;
            }
            globals.extend(global_near(description, address));
        }
    }
    globals
}

/// The words of the `place`th description of an array; `None` if it is outside the memory.
fn description(memory: &[u8], array: u32, place: u32) -> Option<[u32; 8]> {
    let at = array.checked_add(place.checked_mul(DESCRIPTION_BYTES)?)?;
    let (words, _) = memory.get(index(at)..)?.as_chunks::<4>();
    words.first_chunk::<8>().map(|words| words.map(u32::from_le_bytes))
}

/// The global that a description is of, if the address is near it.
fn global_near(description: [u32; 8], near: u32) -> Option<Global> {
    let [address, size, extent, name, module, _, source, _] = description;
    let within = address.saturating_sub(NEAR)..address.saturating_add(extent);
    let source = (source != 0).then_some(source);
    within.contains(&near).then_some(Global { address, size, name, module, source })
}
