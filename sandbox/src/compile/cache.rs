//! Compiled modules on disk, between processes.
//!
//! An entry is trusted to be intact, not to be honest: its digest shows damage, and the directory's
//! mode and owner are what keeps others out. An entry that is damaged, foreign or of another engine
//! is treated as absent.
//!
//! An entry is the artefact, which begins with machine code, and behind it a trailer: so the code can be mapped from
//! the file, and what a run does not touch is neither read nor copied.

use crate::instrument::Options;
use crate::limits::MAX_ARTEFACT_BYTES;
use crate::module_bytes::ModuleBytes;
use cap_std::fs::{Dir, DirBuilder, DirBuilderExt, MetadataExt, OpenOptions, OpenOptionsExt};
use memmap2::Mmap;
use std::fs::File;
use std::hash::{BuildHasher, Hash, Hasher, RandomState};
use std::io::{self, Write};
use wasmtime::Engine;

/// First bytes of a trailer; the number counts changes of an entry's layout.
const MAGIC: &[u8; 8] = b"PHCACHE5";
const DIGEST_BYTES: usize = blake3::OUT_LEN;
/// Magic, key, digest of the artefact.
const TRAILER_BYTES: usize = MAGIC.len() + 2 * DIGEST_BYTES;
/// Bits of a mode that let others in.
const GROUP_AND_OTHERS: u32 = 0o077;

/// A directory of compiled modules that only this user can reach.
#[derive(Debug)]
pub struct Cache {
    directory: Dir,
}

/// An entry that is intact.
#[derive(Debug)]
pub(super) struct Entry {
    bytes: Mmap,
    file: File,
}

impl Entry {
    /// The artefact.
    pub(super) fn artefact(&self) -> &[u8] {
        self.bytes.split_last_chunk::<TRAILER_BYTES>().map_or(&[], |(artefact, _)| artefact)
    }

    /// The file; it begins with the artefact.
    pub(super) fn into_file(self) -> File {
        self.file
    }
}

/// Why a directory cannot serve as a cache.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// It cannot be made or opened.
    #[error("the cache directory cannot be used: {0}")]
    Io(#[from] io::Error),
    /// Others may write to it, or it is not ours.
    #[error(
        "the cache directory has mode {mode:o} and owner {owner}; it must have mode 700 and owner {user}"
    )]
    NotPrivate {
        /// Permission bits.
        mode: u32,
        /// Its owner.
        owner: u32,
        /// Who runs this.
        user: u32,
    },
}

impl Cache {
    /// Opens the directory `name` in `parent`, made with mode 0700 if it is not there.
    ///
    /// # Errors
    /// If it cannot be made, or if others could write to it.
    pub fn open(parent: &Dir, name: &str) -> Result<Self, CacheError> {
        let mut builder = DirBuilder::new();
        builder.mode(0o700);
        match parent.create_dir_with(name, &builder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error.into()),
            _ => {}
        }
        let directory = parent.open_dir(name)?;
        let metadata = directory.dir_metadata()?;
        let (mode, owner, user) = (metadata.mode() & 0o7777, metadata.uid(), user());
        if mode & GROUP_AND_OTHERS != 0 || owner != user {
            return Err(CacheError::NotPrivate { mode, owner, user });
        }
        Ok(Self { directory })
    }

    /// The artefact under that key, if there is one and it is intact.
    pub(super) fn read(&self, key: &Key) -> Option<Entry> {
        match self.read_entry(key) {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => {
                tracing::warn!(%error, "cache entry cannot be read; compiling again");
                None
            }
        }
    }

    fn read_entry(&self, key: &Key) -> io::Result<Option<Entry>> {
        let mut options = OpenOptions::new();
        // O_NONBLOCK and O_NOFOLLOW: an entry that is a FIFO or a link is not ours.
        options.read(true).custom_flags(
            i32::try_from((rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOFOLLOW).bits())
                .unwrap_or(0),
        );
        let file = self.directory.open_with(key.file_name(), &options)?;
        let metadata = file.metadata()?;
        let private = metadata.mode() & GROUP_AND_OTHERS == 0 && metadata.uid() == user();
        if !metadata.is_file() || !private || metadata.len() > MAX_ARTEFACT_BYTES {
            tracing::warn!("cache entry is not a private file; compiling again");
            return Ok(None);
        }
        let file = file.into_std();
        let bytes = map(&file)?;
        let intact = bytes
            .split_last_chunk::<TRAILER_BYTES>()
            .is_some_and(|(artefact, trailer)| *trailer == key.trailer(artefact));
        if !intact {
            tracing::warn!("cache entry is damaged; compiling again");
            return Ok(None);
        }
        Ok(Some(Entry { bytes, file }))
    }

    /// Puts an artefact under that key: written, synced, renamed.
    pub(super) fn write(&self, key: &Key, artefact: &[u8]) -> io::Result<()> {
        // A process id would not do: containers that share a directory have the same ones.
        let unique = RandomState::new().build_hasher().finish();
        let temporary = format!("{}.{unique:016x}.tmp", key.file_name());
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        let mut file = self.directory.open_with(&temporary, &options)?;
        let written = file
            .write_all(artefact)
            .and_then(|()| file.write_all(&key.trailer(artefact)))
            .and_then(|()| file.sync_all())
            .and_then(|()| self.directory.rename(&temporary, &self.directory, key.file_name()));
        if written.is_err() {
            // The first error is the one to tell.
            let _ = self.directory.remove_file(&temporary);
        }
        written
    }
}

/// The bytes of a file that is not written any more.
#[expect(unsafe_code, reason = "the one place that maps a file")]
fn map(file: &File) -> io::Result<Mmap> {
    // SAFETY: an entry is written under another name, synced and renamed, and never written again. The directory
    // and the file are this user's alone; whoever changes the file in spite of that can run code as this user.
    unsafe { Mmap::map(file) }
}

fn user() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// What an artefact depends on: the module, what is asked of the rewriter, the rewriter itself, the
/// engine's version and all of its settings.
pub(super) struct Key(blake3::Hash);

impl Key {
    pub(super) fn of(engine: &Engine, wasm: &ModuleBytes, options: Options) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(MAGIC);
        hasher.update(env!("CARGO_PKG_VERSION").as_bytes());
        let mut settings = Settings(blake3::Hasher::new());
        engine.precompile_compatibility_hash().hash(&mut settings);
        hasher.update(settings.0.finalize().as_bytes());
        hasher.update(crate::instrument::SOURCES_DIGEST.as_bytes());
        // Options always serialise; what does not would only be compiled again.
        hasher.update(&serde_json::to_vec(&options).unwrap_or_default());
        hasher.update(wasm.digest_bytes());
        Self(hasher.finalize())
    }

    fn file_name(&self) -> String {
        self.0.to_hex().to_string()
    }

    fn trailer(&self, artefact: &[u8]) -> [u8; TRAILER_BYTES] {
        let digest = digest(artefact);
        let mut trailer = [0; TRAILER_BYTES];
        let parts = MAGIC.iter().chain(self.0.as_bytes()).chain(digest.as_bytes());
        for (to, from) in trailer.iter_mut().zip(parts) {
            *to = *from;
        }
        trailer
    }
}

/// The digest of an artefact. Some have dozens of megabytes, and the start of the process waits for it.
fn digest(artefact: &[u8]) -> blake3::Hash {
    /// Below, other threads would take longer to wake up than to hash.
    const FOR_ONE_THREAD: usize = 1 << 20;
    let mut hasher = blake3::Hasher::new();
    if artefact.len() < FOR_ONE_THREAD {
        hasher.update(artefact);
    } else {
        hasher.update_rayon(artefact);
    }
    hasher.finalize()
}

/// Feeds what the engine hashes into a digest that is the same in every process.
struct Settings(blake3::Hasher);

impl Hasher for Settings {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        // Nothing asks for the short form; the digest is read from the field.
        0
    }
}
