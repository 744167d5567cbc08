//! libFuzzer: the only module that calls it and that it calls.
//!
//! It runs in a process of its own. It takes over signals, reads flags from its own arguments, starts
//! itself again for some modes, and ends the process itself; the process that the user started waits.
//! What it starts again is `argv[0]`, through a shell and without quoting: see `stage`.

#![expect(unsafe_code, reason = "libFuzzer is a C++ library; each call says why it is sound")]

use super::writes;
use std::ffi::{CString, c_char, c_int, c_uint, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, OnceLock, PoisonError};

// What `fuzz_target!` expands to is not used, only the library that comes with it.
use libfuzzer_sys as _;

/// What one input means to a fuzzer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Judged {
    /// Keep it if it covers anything new.
    Fine,
    /// Do not keep it.
    Unwanted,
    /// It is a crash: libFuzzer is to end here.
    Crash,
}

/// What libFuzzer calls.
pub(super) trait Target: Send {
    /// Runs one input.
    fn run(&mut self, input: &[u8], features: &mut Features) -> Judged;
    /// A changed input, from the target's own mutators, ready to be run; `None` to leave it to libFuzzer's.
    fn mutate(&mut self, input: &[u8], max_bytes: usize, seed: u32) -> Option<Vec<u8>>;
    /// An input with parts of another one; `None` for a change instead.
    fn cross(&mut self, one: &[u8], other: &[u8], max_bytes: usize, seed: u32) -> Option<Vec<u8>>;
    /// Whether what libFuzzer's mutators did to an input is to be put right.
    fn repair(&mut self, input: &mut [u8], seed: u32);
    /// The process ends.
    fn end(&mut self);
}

/// Where a run tells what it did.
pub(super) struct Features {
    counters: &'static mut [u8],
}

impl Features {
    /// The counters, cleared before each run. There are none until [`count`](Self::count) is called.
    pub(super) fn counters(&mut self) -> &mut [u8] {
        self.counters
    }

    /// Asks for that many counters. The first call counts.
    pub(super) fn count(&mut self, counters: usize) {
        if !self.counters.is_empty() || counters == 0 {
            return;
        }
        let counters: &'static mut [u8] = Box::leak(vec![0; counters].into_boxed_slice());
        let range = counters.as_mut_ptr_range();
        // SAFETY: the range is leaked memory, which libFuzzer may read and clear for the rest of the
        // process; it does so between runs only, on this thread.
        unsafe { __sanitizer_cov_8bit_counters_init(range.start, range.end) };
        self.counters = counters;
    }

    /// Shows libFuzzer two numbers that were compared and are not equal: one of them in the input may be
    /// better replaced by the other.
    pub(super) fn compared(width: u8, one: u64, other: u64) {
        // SAFETY: both functions take numbers and put them into a table of libFuzzer's.
        unsafe {
            if width == 4 {
                let half = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
                __sanitizer_cov_trace_cmp4(half(one), half(other));
            } else {
                __sanitizer_cov_trace_cmp8(one, other);
            }
        }
    }

    /// Shows libFuzzer bytes that were compared and are not equal. What is looked for in something else goes
    /// into its table of such words and into no other; a text of another length goes there too.
    pub(super) fn compared_words(site: u32, one: &[u8], other: &[u8], finds: bool) {
        let bytes = one.len().min(other.len());
        // A place in no code, but one that differs by site.
        let caller: *const c_void = ptr::without_provenance(usize::try_from(site).unwrap_or(0));
        IS_WATCHING.store(true, Relaxed);
        // SAFETY: libFuzzer reads as many bytes of either word as it is told, and copies them.
        unsafe {
            if finds || one.len() != other.len() {
                let (hay, none) = (one.as_ptr().cast(), ptr::null());
                let needle = other.as_ptr().cast();
                __sanitizer_weak_hook_memmem(caller, hay, one.len(), needle, other.len(), none);
            }
            if !finds {
                let [one, other] = [one, other].map(|word| word.as_ptr().cast());
                __sanitizer_weak_hook_memcmp(caller, one, other, bytes, 1);
            }
        }
        IS_WATCHING.store(false, Relaxed);
    }
}

type Callback = extern "C" fn(*const u8, usize) -> c_int;
type CrossOver = extern "C" fn(*const u8, usize, *const u8, usize, *mut u8, usize, c_uint) -> usize;

unsafe extern "C" {
    fn LLVMFuzzerRunDriver(
        count: *mut c_int,
        arguments: *mut *mut *mut c_char,
        callback: Callback,
    ) -> c_int;
    fn LLVMFuzzerMutate(data: *mut u8, size: usize, max_size: usize) -> usize;
    fn __sanitizer_cov_8bit_counters_init(start: *mut u8, stop: *mut u8);
    fn __sanitizer_cov_trace_cmp4(one: u32, other: u32);
    fn __sanitizer_cov_trace_cmp8(one: u64, other: u64);
    fn __sanitizer_weak_hook_memcmp(
        caller: *const c_void,
        one: *const c_void,
        other: *const c_void,
        bytes: usize,
        result: c_int,
    );
    fn __sanitizer_weak_hook_memmem(
        caller: *const c_void,
        hay: *const c_void,
        hay_bytes: usize,
        needle: *const c_void,
        needle_bytes: usize,
        result: *const c_void,
    );
    /// `fuzzer::RunningUserCallback`. libFuzzer puts itself before `memcmp` and its kin in all of this
    /// program, and takes what they compare for a hint while this is set.
    #[link_name = "_ZN6fuzzer19RunningUserCallbackE"]
    safe static IS_WATCHING: AtomicBool;
    /// No handler is `SIG_DFL`.
    fn signal(number: c_int, handler: Option<extern "C" fn(c_int)>) -> usize;
    fn atexit(function: extern "C" fn()) -> c_int;
}

/// Signals that libFuzzer is to find as they are in a new process: it leaves alone, or forwards to, what
/// somebody else handles, and Rust's runtime handles two of them.
const SIGNALS: [c_int; 8] = [
    SIGINT, 4,  /* ILL */
    5,  /* TRAP */
    6,  /* ABRT */
    7,  /* BUS */
    8,  /* FPE */
    11, /* SEGV */
    SIGTERM,
];
/// Exit code of libFuzzer's after Ctrl-C.
pub(super) const INTERRUPTED: c_int = 72;
const SIGINT: c_int = 2;
const SIGTERM: c_int = 15;

/// Whether this process was interrupted, if it is one that waits.
static IS_INTERRUPTED: AtomicBool = AtomicBool::new(false);

struct Running {
    target: Box<dyn Target>,
    features: Features,
}

static RUNNING: OnceLock<Mutex<Running>> = OnceLock::new();

/// Hands the process over to libFuzzer; mostly it does not come back. There may be a status line in the terminal.
pub(super) fn drive(
    target: Box<dyn Target>,
    arguments: Vec<String>,
    has_status_line: bool,
) -> c_int {
    let features = Features { counters: &mut [] };
    if RUNNING.set(Mutex::new(Running { target, features })).is_err() {
        return 1;
    }
    let mut owned: Vec<CString> =
        arguments.into_iter().filter_map(|argument| CString::new(argument).ok()).collect();
    let mut pointers: Vec<*mut c_char> =
        owned.iter_mut().map(|argument| argument.as_ptr().cast_mut()).collect();
    let Ok(mut count) = c_int::try_from(pointers.len()) else { return 1 };
    pointers.push(ptr::null_mut());
    let mut arguments = pointers.as_mut_ptr();
    // libFuzzer finds them by their names, which keeps no linker from leaving them out.
    let mutator: extern "C" fn(*mut u8, usize, usize, c_uint) -> usize = LLVMFuzzerCustomMutator;
    let crossover: CrossOver = LLVMFuzzerCustomCrossOver;
    std::hint::black_box((mutator, crossover));
    let code: extern "C" fn() -> c_int = __wrap__ZN6fuzzer6Fuzzer17InterruptExitCodeEv;
    std::hint::black_box(code);
    writes::begin(has_status_line);
    // SAFETY: the default action may be set for any of these, from any thread. `at_exit` is a function
    // for the rest of the process.
    unsafe {
        for number in SIGNALS {
            signal(number, None);
        }
        atexit(at_exit);
    }
    // SAFETY: `arguments` points to `count` C strings and a null, all of which live until the call is
    // over, and which libFuzzer copies.
    unsafe { LLVMFuzzerRunDriver(&raw mut count, &raw mut arguments, run_one) }
}

/// Lets a terminal's Ctrl-C end libFuzzer, but not the process that waits for it, which has to know: libFuzzer
/// itself counts an interrupted process of its own for one that has crashed, or has ended well.
pub(super) fn outlive_interrupts() {
    extern "C" fn note(_: c_int) {
        IS_INTERRUPTED.store(true, Relaxed);
    }
    // SAFETY: the handler only sets a flag, which may be done in a handler.
    unsafe { signal(SIGINT, Some(note)) };
}

/// Whether there was an interrupt since.
pub(super) fn is_interrupted() -> bool {
    IS_INTERRUPTED.load(Relaxed)
}

fn with_running<R>(work: impl FnOnce(&mut Running) -> R) -> R {
    let Some(running) = RUNNING.get() else { std::process::abort() };
    let mut running = running.lock().unwrap_or_else(PoisonError::into_inner);
    // A panic must not go through C++. Its message was printed; libFuzzer keeps the input.
    catch_unwind(AssertUnwindSafe(|| work(&mut running))).unwrap_or_else(|_| std::process::abort())
}

extern "C" fn run_one(data: *const u8, size: usize) -> c_int {
    let input: &[u8] = if data.is_null() {
        &[]
    } else {
        // SAFETY: libFuzzer passes an input of that size, which nobody changes during the call.
        unsafe { std::slice::from_raw_parts(data, size) }
    };
    // What the host compares is not what the interpreter does, and is different from process to process.
    IS_WATCHING.store(false, Relaxed);
    writes::settle();
    match with_running(|running| running.target.run(input, &mut running.features)) {
        Judged::Fine => 0,
        Judged::Unwanted => -1,
        // libFuzzer's handler keeps the input and ends the process with its code for crashes.
        Judged::Crash => std::process::abort(),
    }
}

extern "C" fn at_exit() {
    writes::settle();
    // Not while an input runs: then the process ends in its midst.
    if let Some(Ok(mut running)) = RUNNING.get().map(Mutex::try_lock) {
        running.target.end();
    }
}

/// In the place of `fuzzer::Fuzzer::InterruptExitCode` (`build.rs`), which with `-jobs` asks an object that is
/// not there and aborts the process, if a signal ended one of the others.
#[unsafe(no_mangle)]
extern "C" fn __wrap__ZN6fuzzer6Fuzzer17InterruptExitCodeEv() -> c_int {
    INTERRUPTED
}

/// Called by libFuzzer for each change of an input.
#[unsafe(no_mangle)]
extern "C" fn LLVMFuzzerCustomMutator(
    data: *mut u8,
    size: usize,
    max_size: usize,
    seed: c_uint,
) -> usize {
    if data.is_null() {
        return 0;
    }
    if RUNNING.get().is_none() {
        // This program is a fuzz target of its own that this crate was linked into.
        // SAFETY: the caller's buffer, as the caller describes it.
        return unsafe { LLVMFuzzerMutate(data, size, max_size) };
    }
    // SAFETY: libFuzzer passes a buffer of `max_size` bytes, of which the first `size` are the input, and
    // uses it again after the call only.
    let buffer = unsafe { std::slice::from_raw_parts_mut(data, max_size.max(size)) };
    let input = buffer.get(..size).unwrap_or_default();
    if let Some(changed) = with_running(|running| running.target.mutate(input, max_size, seed))
        && let Some(to) = buffer.get_mut(..changed.len())
    {
        to.copy_from_slice(&changed);
        return changed.len();
    }
    // SAFETY: the same buffer, which `buffer` no longer borrows. libFuzzer's mutators call nothing here.
    let size = unsafe { LLVMFuzzerMutate(data, size, max_size) };
    // SAFETY: as above; `size` is what libFuzzer says of its own buffer.
    let changed = unsafe { std::slice::from_raw_parts_mut(data, size.min(max_size)) };
    with_running(|running| running.target.repair(changed, seed));
    size
}

/// Called by libFuzzer with two inputs of its corpus, as often as the mutator. 0 makes it choose anew, and its
/// own crossover stays among what `LLVMFuzzerMutate` does.
#[unsafe(no_mangle)]
extern "C" fn LLVMFuzzerCustomCrossOver(
    one: *const u8,
    one_size: usize,
    other: *const u8,
    other_size: usize,
    out: *mut u8,
    max_size: usize,
    seed: c_uint,
) -> usize {
    // Without a run this program is a fuzz target of its own that this crate was linked into.
    if one.is_null() || other.is_null() || out.is_null() || RUNNING.get().is_none() {
        return 0;
    }
    // SAFETY: libFuzzer passes two inputs of these sizes and a buffer of that size, none of which overlap, and
    // changes none of them during the call.
    let (one, other, out) = unsafe {
        (
            std::slice::from_raw_parts(one, one_size),
            std::slice::from_raw_parts(other, other_size),
            std::slice::from_raw_parts_mut(out, max_size),
        )
    };
    let crossed = with_running(|running| running.target.cross(one, other, max_size, seed));
    let Some(crossed) = crossed else { return 0 };
    let Some(to) = out.get_mut(..crossed.len()) else { return 0 };
    to.copy_from_slice(&crossed);
    crossed.len()
}
