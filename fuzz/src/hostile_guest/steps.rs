//! What guests do: one step after the other, with numbers that depend on nothing.

use arbitrary::{Result, Unstructured};

/// Memory that every guest begins with, in bytes.
pub(super) const INITIAL_PAGES: u32 = 2;
/// Pages that a guest may grow to.
pub(super) const MAX_PAGES: u32 = 4;
/// Bytes of a page.
pub(super) const PAGE_BYTES: u32 = 1 << 16;
/// Where buffers of the honest allocator begin. Nothing that matters lies behind them in the first page.
pub(super) const HEAP: u32 = 8_192;
/// Where the guest's description lies.
pub(super) const DESCRIPTION: u32 = 60_000;
/// Where lists of buffers for scatter-gather calls lie: good ones, and such as leave the memory.
pub(super) const VECTORS: u32 = 61_000;

/// One of them.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// `proofhouse.emit`.
    Emit { at: u32, size: u32 },
    /// `proofhouse.message`.
    Message { level: u32, at: u32, size: u32 },
    /// `proofhouse.diagnostic`.
    Diagnostic { level: u32, line: u32, column: u32, at: u32, size: u32 },
    /// A function of [`WASI`]: whether it looks at its pointers is its own business.
    Wasi { function: usize, arguments: Vec<u32> },
    /// `proc_exit`.
    Exit { code: u32 },
    /// Writes four bytes where a description, buffers and vectors are not.
    Store { at: u32, value: u32 },
    /// Asks for more memory and does not look at the answer.
    Grow { pages: u32 },
    /// Executes `unreachable`.
    Trap,
    /// Loops without end.
    Loop,
    /// Calls itself without end.
    Recurse,
}

/// Functions of WASI and their parameters: `i` for `i32`, `l` for `i64`. All of them return an error number.
pub(super) const WASI: [(&str, &str); 29] = [
    ("args_get", "ii"),
    ("args_sizes_get", "ii"),
    ("clock_res_get", "ii"),
    ("clock_time_get", "ili"),
    ("environ_get", "ii"),
    ("environ_sizes_get", "ii"),
    ("fd_advise", "illi"),
    ("fd_close", "i"),
    ("fd_fdstat_get", "ii"),
    ("fd_fdstat_set_flags", "ii"),
    ("fd_filestat_get", "ii"),
    ("fd_pread", "iiili"),
    ("fd_prestat_dir_name", "iii"),
    ("fd_prestat_get", "ii"),
    ("fd_pwrite", "iiili"),
    ("fd_read", "iiii"),
    ("fd_readdir", "iiili"),
    ("fd_renumber", "ii"),
    ("fd_seek", "ilii"),
    ("fd_tell", "ii"),
    ("fd_write", "iiii"),
    ("path_filestat_get", "iiiii"),
    ("path_open", "iiiiillii"),
    ("path_rename", "iiiiii"),
    ("poll_oneoff", "iiii"),
    ("proc_raise", "i"),
    ("random_get", "ii"),
    ("sched_yield", ""),
    ("sock_recv", "iiiiii"),
];

impl Step {
    /// Any.
    pub(super) fn new(random: &mut Unstructured<'_>) -> Result<Self> {
        Ok(match random.int_in_range(0..=39)? {
            0..=6 => Self::Emit { at: number(random)?, size: size(random)? },
            7..=9 => Self::Message {
                level: random.int_in_range(0..=5)?,
                at: number(random)?,
                size: size(random)?,
            },
            10..=11 => Self::Diagnostic {
                level: random.int_in_range(0..=5)?,
                line: number(random)?,
                column: number(random)?,
                at: number(random)?,
                size: size(random)?,
            },
            12..=29 => {
                let function = random.choose_index(WASI.len())?;
                let (_, parameters) = WASI.get(function).copied().unwrap_or_default();
                let arguments =
                    parameters.chars().map(|_| number(random)).collect::<Result<_>>()?;
                Self::Wasi { function, arguments }
            }
            30..=33 => {
                let last = INITIAL_PAGES.saturating_mul(PAGE_BYTES).saturating_sub(8);
                let at = random.int_in_range(PAGE_BYTES..=last)?;
                Self::Store { at, value: number(random)? }
            }
            34..=35 => Self::Grow { pages: random.int_in_range(0..=MAX_PAGES)? },
            36 => Self::Exit { code: random.int_in_range(0..=2)? },
            37 => Self::Trap,
            38 => Self::Loop,
            _ => Self::Recurse,
        })
    }
}

/// A number that may be an address, a length, a descriptor, or anything.
pub(super) fn number(random: &mut Unstructured<'_>) -> Result<u32> {
    const EDGES: [u32; 16] = [
        0,
        1,
        PAGE_BYTES - 1,
        PAGE_BYTES * INITIAL_PAGES - 8,
        PAGE_BYTES * INITIAL_PAGES - 1,
        PAGE_BYTES * INITIAL_PAGES,
        PAGE_BYTES * MAX_PAGES,
        PAGE_BYTES * MAX_PAGES + 8,
        0x7fff_ffff,
        0x8000_0000,
        0xffff_fff8,
        0xffff_ffff,
        DESCRIPTION,
        VECTORS,
        VECTORS + 8,
        VECTORS + 16,
    ];
    Ok(match random.int_in_range(0..=9)? {
        0..=2 => random.int_in_range(0..=8)?,
        3..=6 => random.int_in_range(HEAP..=PAGE_BYTES * INITIAL_PAGES)? & !7,
        7..=8 => *random.choose(&EDGES)?,
        _ => random.arbitrary()?,
    })
}

/// A length: mostly one that is not far from the address.
fn size(random: &mut Unstructured<'_>) -> Result<u32> {
    if random.ratio(7_u8, 8_u8)? { random.int_in_range(0..=64) } else { number(random) }
}
