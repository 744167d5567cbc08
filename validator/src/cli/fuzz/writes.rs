//! What libFuzzer writes: files in full or not at all, and nothing said of an entry that is not there yet.
//!
//! By itself libFuzzer writes into an entry's own file, deletes the entry that another one replaces before it
//! writes the other, says that it has a new entry before it writes it, and does not notice a full disk. So the
//! linker puts the functions below in the place of those of C's library (`build.rs`). Nothing else
//! in this program calls them, but for `unlink`, which is passed on.

#![expect(
    unsafe_code,
    reason = "functions of C's library, called by C++; each says why it is sound"
)]

use crate::cli::whole_file;
use rustix::fs::CWD;
use std::ffi::{CStr, CString, OsStr, OsString, c_char, c_int, c_void};
use std::fs::{self, OpenOptions};
use std::io::{self, IsTerminal as _, Write as _};
use std::os::fd::IntoRawFd as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::ptr;
use std::slice;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

/// Length of a corpus entry's name: SHA-1 in hexadecimal.
const ENTRY_NAME: usize = 40;
/// libFuzzer's words for an entry that is new, and for one that takes another's place.
const ANNOUNCES: [&[u8]; 2] = [b"\tNEW", b"\tREDUCE"];
/// What libFuzzer begins with as it ends the process, mostly because of a signal.
const ENDS: &[u8] = b"==";
/// libFuzzer's words for how many inputs it keeps, which it prints by themselves.
const KEEPS: &[u8] = b" corp: ";
/// The directory that `unlinkat` starts from: the present one.
const AT_FDCWD: c_int = -100;

/// Whether libFuzzer has this process.
static IS_DRIVEN: AtomicBool = AtomicBool::new(false);

/// Whether another process keeps a status line where this one's words go.
static SHARES_LINE: AtomicBool = AtomicBool::new(false);
/// Whether the last words ended a line.
static IS_AT_START: AtomicBool = AtomicBool::new(true);
/// Takes what is in the line away, and goes to its start.
const CLEAR_LINE: &[u8] = b"\r\x1b[2K";

/// libFuzzer gets this process, whose words may meet a status line. Keeps the functions below from being left out: only libFuzzer calls them.
pub(super) fn begin(has_status_line: bool) {
    type OnPaths = unsafe extern "C" fn(*const c_char, *const c_char) -> *mut Stream;
    type OnPath = unsafe extern "C" fn(*const c_char) -> c_int;
    type Prints = unsafe extern "C" fn(*mut Stream, *const c_char, *mut c_void) -> c_int;
    type PrintsChecked =
        unsafe extern "C" fn(*mut Stream, c_int, *const c_char, *mut c_void) -> c_int;
    let functions: (OnPaths, OnPath, Prints, PrintsChecked) =
        (__wrap_fopen, __wrap_unlink, __wrap_vfprintf, __wrap___vfprintf_chk);
    std::hint::black_box(functions);
    // What libFuzzer starts may write to a file.
    SHARES_LINE.store(has_status_line && io::stderr().is_terminal(), Relaxed);
    IS_DRIVEN.store(true, Relaxed);
}

/// Does what still waits: an input is about to run, or the process ends.
pub(super) fn settle() {
    if let Ok(mut waiting) = WAITING.try_lock() {
        waiting.settle();
    }
}

/// How many entries could not be written, and why the first of them.
pub(super) fn lost() -> (u64, Option<String>) {
    let waiting = WAITING.lock().unwrap_or_else(PoisonError::into_inner);
    (waiting.lost, waiting.problem.clone())
}

/// How many inputs libFuzzer keeps, as it said last; 0 if it said nothing.
pub(super) fn kept() -> u64 {
    KEPT.load(Relaxed)
}

static KEPT: AtomicU64 = AtomicU64::new(0);

/// Listens to how many inputs there are.
fn note_kept(text: &[u8]) {
    let number = text.strip_prefix(KEEPS).and_then(|number| str::from_utf8(number).ok());
    if let Some(number) = number.and_then(|number| number.parse().ok()) {
        KEPT.store(number, Relaxed);
    }
}

/// What waits until the next file is there.
struct Waiting {
    /// What was said of a new entry.
    said: Vec<u8>,
    /// The stream that it was said to.
    listener: AtomicPtr<Stream>,
    /// Whether that is a whole line.
    is_over: bool,
    /// Entries whose place that one takes.
    superseded: Vec<CString>,
    /// Files that could not be written.
    lost: u64,
    /// Why the first of them.
    problem: Option<String>,
}

static WAITING: Mutex<Waiting> = Mutex::new(Waiting::new());

impl Waiting {
    const fn new() -> Self {
        Self {
            said: Vec::new(),
            listener: AtomicPtr::new(ptr::null_mut()),
            is_over: false,
            superseded: Vec::new(),
            lost: 0,
            problem: None,
        }
    }

    fn settle(&mut self) {
        for path in self.superseded.drain(..) {
            unlink(&path);
        }
        self.tell();
    }

    fn tell(&mut self) {
        if !self.said.is_empty() {
            say(*self.listener.get_mut(), &self.said);
            self.said.clear();
        }
    }

    /// Takes a text that tells of a new entry, or of one that is being told of.
    fn takes(&mut self, listener: *mut Stream, text: &[u8]) -> bool {
        if text.starts_with(ENDS) {
            // The signal may have come before the entry was there. It never will be.
            self.superseded.clear();
            self.said.clear();
            self.is_over = false;
            return false;
        }
        if self.is_over {
            // Something else is said: nothing was to be written.
            self.tell();
            self.is_over = false;
        }
        let announces = |word: &&[u8]| text.windows(word.len()).any(|part| part == *word);
        if self.said.is_empty() && !(text.starts_with(b"#") && ANNOUNCES.iter().any(announces)) {
            return false;
        }
        self.said.extend_from_slice(text);
        self.listener.store(listener, Relaxed);
        self.is_over = text.ends_with(b"\n");
        true
    }

    /// A file was written, or not.
    fn written(&mut self, path: &Path, written: io::Result<()>) -> c_int {
        let Err(error) = written else {
            self.settle();
            return 0;
        };
        // The entry is not there: what it was to replace stays, and nobody is told.
        self.superseded.clear();
        self.said.clear();
        self.lost = self.lost.saturating_add(1);
        if self.problem.is_none() {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            tell(&format!("{name} cannot be written: {error}"));
            self.problem = Some(error.to_string());
        }
        -1
    }
}

/// Writes a file that is whole as soon as it has its name.
fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // Where a link leads to a file, the link stays.
    let path = &path.canonicalize().unwrap_or_else(|_| path.to_owned());
    if put_nameless(path, bytes).is_ok_and(|is_there| is_there) {
        return Ok(());
    }
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = path.with_file_name(name);
    let written = fs::write(&temporary, bytes).and_then(|()| fs::rename(&temporary, path));
    written.inspect_err(|_| {
        let _ = fs::remove_file(&temporary);
    })
}

/// Writes a file that gets its name when it is whole, so that nothing is left of it if the process is killed.
/// Says whether there was no such file before: a link replaces none.
fn put_nameless(path: &Path, bytes: &[u8]) -> io::Result<bool> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = whole_file::nameless(CWD, folder)?;
    file.write_all(bytes)?;
    Ok(whole_file::give_name(&file, CWD, path).is_ok())
}

/// Whether another file may take the place of what has that name.
fn is_replaceable(path: &Path) -> bool {
    path.metadata().map_or_else(|_| !path.is_symlink(), |metadata| metadata.is_file())
}

fn is_entry(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().as_bytes();
    name.len() == ENTRY_NAME && name.iter().all(u8::is_ascii_hexdigit)
}

/// A stream of C's library.
type Stream = c_void;

/// What a stream of our own does; it neither reads nor seeks.
#[repr(C)]
struct StreamFunctions {
    read: *const c_void,
    write: extern "C" fn(*mut c_void, *const u8, usize) -> isize,
    seek: *const c_void,
    close: extern "C" fn(*mut c_void) -> c_int,
}

unsafe extern "C" {
    fn fopencookie(
        cookie: *mut c_void,
        mode: *const c_char,
        functions: StreamFunctions,
    ) -> *mut Stream;
    fn fdopen(descriptor: c_int, mode: *const c_char) -> *mut Stream;
    fn fwrite(data: *const u8, size: usize, count: usize, stream: *mut Stream) -> usize;
    fn fflush(stream: *mut Stream) -> c_int;
    fn vasprintf(text: *mut *mut c_char, format: *const c_char, arguments: *mut c_void) -> c_int;
    fn free(memory: *mut c_void);
    fn unlinkat(directory: c_int, path: *const c_char, flags: c_int) -> c_int;
}

/// A file that libFuzzer is writing.
struct Whole {
    path: PathBuf,
    bytes: Vec<u8>,
}

/// In the place of `fopen`: what is written in full appears when it is closed.
///
/// # Safety
/// Both arguments are C strings, as they are for `fopen`.
#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_fopen(path: *const c_char, mode: *const c_char) -> *mut Stream {
    // SAFETY: the caller's strings, used during this call only.
    let (path, how) = unsafe { (CStr::from_ptr(path), CStr::from_ptr(mode)) };
    let path = Path::new(OsStr::from_bytes(path.to_bytes()));
    if how.to_bytes() != b"wb" || !is_replaceable(path) {
        let how = how.to_bytes();
        let mut options = OpenOptions::new();
        let opened = match how.first() {
            Some(b'r') => options.read(true),
            Some(b'a') => options.append(true).create(true),
            _ => options.write(true).truncate(true).create(true),
        }
        .open(path);
        let Ok(file) = opened else { return ptr::null_mut() };
        // SAFETY: the descriptor is open and nobody else's; `mode` is the caller's.
        return unsafe { fdopen(file.into_raw_fd(), mode) };
    }
    let whole = Box::new(Whole { path: path.to_owned(), bytes: Vec::new() });
    let functions = StreamFunctions {
        read: ptr::null(),
        write: write_whole,
        seek: ptr::null(),
        close: close_whole,
    };
    // SAFETY: the box is given away, to `close_whole` at last; the functions take such boxes.
    unsafe { fopencookie(Box::into_raw(whole).cast(), c"w".as_ptr(), functions) }
}

extern "C" fn write_whole(whole: *mut c_void, data: *const u8, size: usize) -> isize {
    // SAFETY: `__wrap_fopen` gave this box to the stream, which uses it in one call at a time; the stream
    // hands `size` bytes over.
    let (whole, data) = unsafe { (&mut *whole.cast::<Whole>(), slice::from_raw_parts(data, size)) };
    if whole.bytes.try_reserve(size).is_err() {
        return 0;
    }
    whole.bytes.extend_from_slice(data);
    size.try_into().unwrap_or(0)
}

extern "C" fn close_whole(whole: *mut c_void) -> c_int {
    // SAFETY: `__wrap_fopen` gave this box to the stream, which uses it no more.
    let whole = unsafe { Box::from_raw(whole.cast::<Whole>()) };
    let written = put(&whole.path, &whole.bytes);
    WAITING.lock().unwrap_or_else(PoisonError::into_inner).written(&whole.path, written)
}

/// In the place of `unlink`: an entry goes when the one that takes its place is there.
///
/// # Safety
/// The argument is a C string, as it is for `unlink`.
#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_unlink(path: *const c_char) -> c_int {
    // SAFETY: the caller's string, used during this call only.
    let path = unsafe { CStr::from_ptr(path) };
    if IS_DRIVEN.load(Relaxed)
        && is_entry(Path::new(OsStr::from_bytes(path.to_bytes())))
        && let Ok(mut waiting) = WAITING.try_lock()
    {
        waiting.superseded.push(path.to_owned());
        return 0;
    }
    unlink(path)
}

/// In the place of `vfprintf`: a line that tells of an entry waits until that is there.
///
/// # Safety
/// The arguments are a stream, a format and what that asks for, as they are for `vfprintf`. A list of
/// arguments is handed over as a pointer on the architectures that this is built for.
#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_vfprintf(
    stream: *mut Stream,
    format: *const c_char,
    arguments: *mut c_void,
) -> c_int {
    let mut text = ptr::null_mut();
    // SAFETY: the caller's format and arguments, which are used once.
    let length = unsafe { vasprintf(&raw mut text, format, arguments) };
    let Ok(size) = usize::try_from(length) else { return length };
    // SAFETY: `vasprintf` gave a text of that length, which is freed below.
    let bytes = unsafe { slice::from_raw_parts(text.cast::<u8>(), size) };
    note_kept(bytes);
    // Not if a signal came while it was held: then this thread would wait for itself.
    if !WAITING.try_lock().is_ok_and(|mut waiting| waiting.takes(stream, bytes)) {
        say(stream, bytes);
    }
    // SAFETY: as above.
    unsafe { free(text.cast()) };
    length
}

/// The same under the name that it has where compilers put checks in.
///
/// # Safety
/// As [`__wrap_vfprintf`].
#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap___vfprintf_chk(
    stream: *mut Stream,
    _checks: c_int,
    format: *const c_char,
    arguments: *mut c_void,
) -> c_int {
    // SAFETY: the caller's arguments.
    unsafe { __wrap_vfprintf(stream, format, arguments) }
}

/// Tells people something in a line of its own.
pub(super) fn tell(text: &str) {
    let clear = if SHARES_LINE.load(Relaxed) { CLEAR_LINE } else { b"" };
    let line = [clear, b"proofhouse: ", text.as_bytes(), b"\n"].concat();
    // Who closed it does not want to know.
    let _ = io::stderr().write_all(&line);
}

fn say(stream: *mut Stream, text: &[u8]) {
    let Some(last) = text.last() else { return };
    let is_at_start = IS_AT_START.swap(*last == b'\n', Relaxed);
    let clear = if is_at_start && SHARES_LINE.load(Relaxed) { CLEAR_LINE } else { b"" };
    // SAFETY: a stream that libFuzzer prints to; it closes none of them.
    unsafe {
        fwrite(clear.as_ptr(), 1, clear.len(), stream);
        fwrite(text.as_ptr(), 1, text.len(), stream);
        fflush(stream);
    }
}

fn unlink(path: &CStr) -> c_int {
    // SAFETY: a C string.
    unsafe { unlinkat(AT_FDCWD, path.as_ptr(), 0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(waiting: &mut Waiting, parts: &[&str]) -> Vec<bool> {
        parts.iter().map(|part| waiting.takes(ptr::null_mut(), part.as_bytes())).collect()
    }

    #[test]
    fn a_line_about_an_entry_waits_whole() {
        let mut waiting = Waiting::new();
        assert_eq!(told(&mut waiting, &["#1\tpulse ", " cov: 3", "\n", "NEW"]), [false; 4]);
        assert_eq!(told(&mut waiting, &["#12\tREDUCE", " cov: 3", "\n"]), [true; 3]);
        assert_eq!(waiting.said, b"#12\tREDUCE cov: 3\n");
        assert!(waiting.is_over);
    }

    #[test]
    fn an_entry_that_a_signal_comes_before_is_not_told() {
        for parts in [&["#12\tNEW", " cov: 3"][..], &["#12\tNEW", "\n"]] {
            let mut waiting = Waiting::new();
            told(&mut waiting, parts);
            waiting.superseded.push(CString::default());
            assert_eq!(
                told(&mut waiting, &["==1== libFuzzer: run interrupted; exiting\n"]),
                [false]
            );
            assert!(waiting.said.is_empty() && waiting.superseded.is_empty());
        }
    }

    #[test]
    fn an_entry_that_cannot_be_written_is_not_told_and_takes_no_place() {
        let mut waiting = Waiting::new();
        told(&mut waiting, &["#12\tNEW", "\n"]);
        waiting.superseded.push(CString::default());
        let full = || io::Error::from(io::ErrorKind::StorageFull);
        assert_eq!(waiting.written(Path::new("a"), Err(full())), -1);
        assert_eq!(waiting.written(Path::new("b"), Err(full())), -1);
        assert!(waiting.said.is_empty() && waiting.superseded.is_empty());
        assert_eq!((waiting.lost, waiting.problem), (2, Some(full().to_string())));
    }

    #[test]
    fn files_are_written_whole_over_what_is_there() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("entry");
        for text in ["one", "two"] {
            put(&path, text.as_bytes())?;
            assert_eq!(fs::read(&path)?, text.as_bytes());
        }
        assert_eq!(fs::read_dir(folder.path())?.count(), 1);
        assert!(put(&folder.path().join("none/entry"), b"").is_err());
        assert!(is_replaceable(&path) && !is_replaceable(folder.path()));
        Ok(())
    }
}
