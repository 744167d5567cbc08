//! A small channel file, and ways to spoil it.

use proofhouse_corpus::{ChannelFile, reseal};

/// A good file with every kind of criterion.
const SOURCE: &str = r#"
    channel = 291
    template_type = 7
    inputs = 5
    [[instance]]
    id = 1
    input.1 = { equals = "lsass.exe" }
    input.2 = { prefix = '\\.\pipe\' }
    input.4 = { range = [-4, 64] }
    [[instance]]
    id = 2
    input.3 = { contains = "mojo" }
"#;
/// Where things are in it: docs/channel-file.md.
pub(crate) const HEADER: usize = 40;
pub(crate) const INSTANCE: usize = 8 + 5 * 24;
/// The operands in a criterion.
pub(crate) const A: usize = 8;
pub(crate) const B: usize = 16;

/// The file as it should be.
pub(crate) fn good() -> Vec<u8> {
    ChannelFile::from_toml(SOURCE).unwrap().encode().unwrap()
}

/// The good file, changed.
pub(crate) fn changed(change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = good();
    change(&mut bytes);
    bytes
}

/// The good file, changed, with the checksum that belongs to it.
pub(crate) fn resealed(change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = changed(change);
    reseal(&mut bytes);
    bytes
}

/// Writes over what is there.
pub(crate) fn put(bytes: &mut [u8], at: usize, field: &[u8]) {
    bytes[at..at + field.len()].copy_from_slice(field);
}

/// Where the criterion of an input stands; instances are counted from 0, inputs from 1.
pub(crate) fn input(instance: usize, input: usize) -> usize {
    HEADER + instance * INSTANCE + 8 + (input - 1) * 24
}
