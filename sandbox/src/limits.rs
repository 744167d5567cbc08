//! Every hard limit of the sandbox, each with its reason.
//!
//! [`Limits`] are those that a caller may set for one run; the constants named `MAX_` are fixed.

use crate::stack_profile::StackProfile;
use std::time::Duration;

const MIB: u64 = 1 << 20;

/// Fuel for one call into the interpreter: ten times what the most expensive of 352 public YARA files
/// takes to load (260 million). An endless loop ends within some seconds.
pub const DEFAULT_FUEL: u64 = 2_500_000_000;
/// Linear memory of the guest in bytes. The largest of those files needs 4 MiB, and 20,000 small rules
/// in one file 22 MiB.
pub const DEFAULT_MEMORY_BYTES: u64 = 64 * MIB;
/// Elements of one table: as many as there may be. Compilers emit tables of some thousands.
pub const DEFAULT_TABLE_ELEMENTS: u64 = MAX_TABLE_ELEMENTS;
/// Bytes that a guest may write to stdout and stderr together: more than a person reads.
pub const DEFAULT_OUTPUT_BYTES: u64 = MIB;
/// Records that a guest may emit while one content is judged.
pub const DEFAULT_EMITTED_RECORDS: u64 = 100_000;
/// Bytes in all emitted records together.
pub const DEFAULT_EMITTED_BYTES: u64 = 16 * MIB;
/// Diagnostics that a guest may send while one content is judged.
pub const DEFAULT_MESSAGES: u64 = 1_000;
/// Bytes in all diagnostics together.
pub const DEFAULT_MESSAGE_BYTES: u64 = MIB;
/// The host's watchdog for one run. Fuel ends a run long before; this ends a host that hangs.
pub const DEFAULT_DEADLINE: Duration = Duration::from_mins(2);

/// Fuel for a call of a host function, beside one for each byte that it handles. It is not taken from the
/// guest's: for each call into the interpreter the host may work for as much fuel as the guest may use.
pub const HOST_CALL_FUEL: u64 = 64;
/// The same for each buffer of a list that reads or writes go to.
pub const HOST_BUFFER_FUEL: u64 = 16;

/// Largest module that is compiled, in bytes: a large interpreter with its line tables has 20 MiB.
pub const MAX_MODULE_BYTES: u64 = 64 * MIB;
/// Most functions in a module: ten times a browser-sized program.
pub const MAX_FUNCTIONS: u32 = 500_000;
/// Largest body of one function in bytes. Compile time of one function grows faster than its size.
pub const MAX_FUNCTION_BYTES: u64 = 2 * MIB;
/// Memories of a guest: one. Further memories belong to the sandbox.
pub const MAX_GUEST_MEMORIES: u32 = 1;
/// Most tables in a module.
pub const MAX_TABLES: u32 = 16;
/// Most elements of a table: room for every function of the largest module, twice.
pub const MAX_TABLE_ELEMENTS: u64 = 1 << 20;
/// Most types in a module, and also imports, and also exports: some for each function.
pub const MAX_DECLARATIONS: u32 = 1_000_000;
/// Processor time, of all cores together, of compiling one module in its child process: three times what a module with
/// 100,000 functions takes. It does not depend on what else the machine does, as wall time would.
pub const MAX_COMPILE_CPU_TIME: Duration = Duration::from_mins(4);
/// Wall limit of the same, for a child that waits: the whole of its processor time on a fifth of a core.
pub const MAX_COMPILE_TIME: Duration = Duration::from_mins(20);
/// Address space of the compile child in bytes.
pub const MAX_COMPILE_ADDRESS_SPACE: u64 = 16 << 30;
/// Processor time of looking up places in the sources in a child process: it reads all of the debug
/// information of a large interpreter in less than a second.
pub const MAX_LOCATE_CPU_TIME: Duration = Duration::from_secs(30);
/// Wall limit of the same.
pub const MAX_LOCATE_TIME: Duration = Duration::from_secs(150);
/// Address space of that child in bytes: a large interpreter's debug information takes a tenth of it.
pub const MAX_LOCATE_ADDRESS_SPACE: u64 = 2 << 30;
/// Largest answer to that, in bytes: names and paths of all frames of a trap at their limits.
pub const MAX_LOCATIONS_BYTES: u64 = 16 << 20;
/// Largest answer to the question where all counters of a module are, in bytes: twice what the largest
/// interpreter in the box takes.
pub const MAX_SOURCES_BYTES: u64 = 64 << 20;
/// Rows of line tables that are looked at for it: more than a large interpreter has.
pub const MAX_SOURCE_ROWS: usize = 8_000_000;
/// Offsets whose places are remembered: more than an interpreter has places to trap in.
pub const MAX_LOCATED_OFFSETS: usize = 10_000;
/// Longest name of a function, and longest path, in bytes: C++ has long ones, but nobody reads more.
pub const MAX_NAME_BYTES: usize = 4_096;
/// [`Limits::failed_allocations`]: a parser's different ways to allocate show early, and each takes a run.
pub const DEFAULT_FAILED_ALLOCATIONS: u64 = 64;
/// How many times the fuel of the release a checked build may use: it is compiled without optimisation, and
/// every access is a call.
pub const CHECKED_BUILD_FUEL: u64 = 16;
/// How many times the memory of the release a checked build may use: its globals have redzones.
pub const CHECKED_BUILD_MEMORY: u64 = 2;
/// How many times the stack of the release a checked build may use: its frames have redzones, and nothing
/// is kept in registers. At most 6.0 times was measured, for frames of a few small variables at a depth that
/// leaves no place in the fake stack; a frame that the release keeps in registers has 32 bytes.
pub const CHECKED_BUILD_STACK: u32 = 8;
/// Longest reason for which a compiler refuses a module, in bytes.
pub const MAX_REFUSAL_BYTES: u32 = 64 << 10;
/// Largest compiled artefact that is read back, in bytes: native code is some times its Wasm.
pub const MAX_ARTEFACT_BYTES: u64 = 1 << 30;
/// Largest description that an interpreter may give of itself, in bytes.
pub const MAX_DESCRIPTION_BYTES: u32 = 1 << 20;
/// Largest content or event that is handed to an interpreter, in bytes: a 32-bit guest must still be
/// able to hold it beside its own data.
pub const MAX_INPUT_BYTES: u64 = 1 << 30;
/// Bytes of an interpreter's image: what a large one leaves behind before it sees content. A longer image
/// would take longer to write than to make again.
pub const MAX_IMAGE_BYTES: u64 = 16 * MIB;
/// Runs before an image is made: the first is the only one, where one file is judged.
pub const RUNS_BEFORE_IMAGE: u32 = 1;
/// Images that an interpreter keeps beside that of the base run: one for each of
/// [`Variant::EQUIVALENT`](crate::Variant::EQUIVALENT), since all of them are run for each content.
pub const MAX_VARIANT_IMAGES: usize = crate::Variant::EQUIVALENT.len();
/// How many times its own size a guest may take with redzones around its blocks: small ones have more
/// redzone than size.
pub const CHECKED_SHARE: u64 = 4;
/// Bytes that it may take beside that: its quarantine, and memory that the heap has taken in advance.
pub const CHECKED_BYTES: u64 = 16 * MIB;
/// Stack bytes that a nested call is reckoned to take beside what it has on the linear stack: return
/// address, frame pointer and some registers of x86-64.
pub const CALL_BYTES: u32 = 64;
/// Most nested calls of functions that can call themselves, whatever the profile.
pub const MAX_CALL_DEPTH: u32 = 20_000;
/// The wasm stack in bytes: Cranelift's frames, not the guest's linear stack. Depth is limited by
/// counting, so that verdicts do not depend on how large frames are; this is a backstop, and holds frames
/// of 1.6 KiB at the greatest depth. What is not used is not touched.
pub const WASM_STACK_BYTES: usize = 32 << 20;
/// The native stack that a thread needs to run a guest: the wasm stack, plus room for the host.
pub const THREAD_STACK_BYTES: usize = WASM_STACK_BYTES + (4 << 20);
/// Frames kept of a backtrace: more than a person reads, and a recursion shows in fewer.
pub const MAX_FRAMES: usize = 32;
/// File descriptors that a guest may hold open.
pub const MAX_DESCRIPTORS: usize = 64;
/// Buffers of one scatter-gather call.
pub const MAX_IO_VECTORS: u32 = 1_024;
/// Period of the watchdog's clock. Deadlines are rounded up to it.
pub const WATCHDOG_TICK: Duration = Duration::from_millis(10);

/// What one run may use. Every field has a constant of its own name with the reason for its default.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of the interpreter's module; what is over [`MAX_MODULE_BYTES`] is refused whatever this is.
    pub module_bytes: u64,
    /// Bytes of one function in it; what is over [`MAX_FUNCTION_BYTES`] is refused whatever this is.
    pub function_bytes: u64,
    /// Fuel for each call into the interpreter; every call gets the whole of it.
    pub fuel: u64,
    /// Bytes of linear memory.
    pub memory_bytes: u64,
    /// How much stack there is.
    #[serde(rename = "stack_profile")]
    pub stack: StackProfile,
    /// How many times the stack of that profile there is: 1, but for builds whose frames are larger than
    /// those of what ships.
    #[serde(skip)]
    pub stack_share: u32,
    /// Elements of one table.
    pub table_elements: u64,
    /// Bytes on stdout and stderr together.
    pub output_bytes: u64,
    /// Number of emitted records.
    pub emitted_records: u64,
    /// Bytes in all emitted records together.
    pub emitted_bytes: u64,
    /// Number of diagnostics.
    pub messages: u64,
    /// Bytes in all diagnostics together.
    pub message_bytes: u64,
    /// How many allocations of one run are made to fail, each in a run of its own, where that is asked for.
    pub failed_allocations: u64,
    /// Wall time of one run. It never decides about content: passing it is inconclusive.
    #[serde(serialize_with = "milliseconds", rename = "deadline_ms")]
    pub deadline: Duration,
}

fn milliseconds<S: serde::Serializer>(time: &Duration, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_u64(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            module_bytes: MAX_MODULE_BYTES,
            function_bytes: MAX_FUNCTION_BYTES,
            fuel: DEFAULT_FUEL,
            memory_bytes: DEFAULT_MEMORY_BYTES,
            stack: StackProfile::default(),
            stack_share: 1,
            table_elements: DEFAULT_TABLE_ELEMENTS,
            output_bytes: DEFAULT_OUTPUT_BYTES,
            emitted_records: DEFAULT_EMITTED_RECORDS,
            emitted_bytes: DEFAULT_EMITTED_BYTES,
            messages: DEFAULT_MESSAGES,
            message_bytes: DEFAULT_MESSAGE_BYTES,
            failed_allocations: DEFAULT_FAILED_ALLOCATIONS,
            deadline: DEFAULT_DEADLINE,
        }
    }
}

impl Limits {
    /// The limits of a build that was compiled for checks, where these are those of the release: what such a
    /// build takes more than the release says nothing about the content.
    #[must_use]
    pub fn of_checked_build(&self) -> Self {
        Self {
            fuel: self.fuel.saturating_mul(CHECKED_BUILD_FUEL),
            memory_bytes: self.memory_bytes.saturating_mul(CHECKED_BUILD_MEMORY).min(1 << 32),
            stack_share: self.stack_share.saturating_mul(CHECKED_BUILD_STACK),
            ..self.clone()
        }
    }

    /// Bytes that the linear stack may take. A module that was linked with a smaller stack has no more than
    /// that.
    pub fn linear_stack_bytes(&self) -> u32 {
        self.stack.linear_bytes().saturating_mul(self.stack_share)
    }

    /// How many calls of functions that can call themselves may be nested: as many as there is room for,
    /// up to what the host's own stack holds.
    pub fn call_depth(&self) -> u32 {
        self.stack.call_depth().saturating_mul(self.stack_share).min(MAX_CALL_DEPTH)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checked_build_has_a_multiple_of_the_profiles_stack_and_the_release_has_one() {
        let limits = Limits { stack: StackProfile::Kernel, ..Limits::default() };
        assert_eq!((limits.linear_stack_bytes(), limits.call_depth()), (24 << 10, 384));
        let checked = limits.of_checked_build();
        assert_eq!((checked.linear_stack_bytes(), checked.call_depth()), (192 << 10, 3072));
        // Never more than the host's stack holds.
        let process = Limits::default().of_checked_build();
        assert_eq!(
            (process.linear_stack_bytes(), process.call_depth()),
            (64 << 20, MAX_CALL_DEPTH)
        );
    }
}
