//! The interface itself: its functions with their types, its numbers, and that all of it is there.

use crate::script::Script;
use proofhouse_sandbox::Outcome;

/// Every function: parameters (`i` for 32 bits, `l` for 64), and whether it is served here.
///
/// All return an error number but `proc_exit`, which does not return.
pub(crate) const FUNCTIONS: [(&str, &str, Served); 46] = [
    ("args_get", "ii", Served::Yes),
    ("args_sizes_get", "ii", Served::Yes),
    ("clock_res_get", "ii", Served::Yes),
    ("clock_time_get", "ili", Served::Yes),
    ("environ_get", "ii", Served::Yes),
    ("environ_sizes_get", "ii", Served::Yes),
    ("fd_advise", "illi", Served::No),
    ("fd_allocate", "ill", Served::No),
    ("fd_close", "i", Served::Yes),
    ("fd_datasync", "i", Served::No),
    ("fd_fdstat_get", "ii", Served::Yes),
    ("fd_fdstat_set_flags", "ii", Served::Yes),
    ("fd_fdstat_set_rights", "ill", Served::No),
    ("fd_filestat_get", "ii", Served::Yes),
    ("fd_filestat_set_size", "il", Served::No),
    ("fd_filestat_set_times", "illi", Served::No),
    ("fd_pread", "iiili", Served::Yes),
    ("fd_prestat_dir_name", "iii", Served::Yes),
    ("fd_prestat_get", "ii", Served::Yes),
    ("fd_pwrite", "iiili", Served::No),
    ("fd_read", "iiii", Served::Yes),
    ("fd_readdir", "iiili", Served::Yes),
    ("fd_renumber", "ii", Served::No),
    ("fd_seek", "ilii", Served::Yes),
    ("fd_sync", "i", Served::No),
    ("fd_tell", "ii", Served::Yes),
    ("fd_write", "iiii", Served::Yes),
    ("path_create_directory", "iii", Served::No),
    ("path_filestat_get", "iiiii", Served::Yes),
    ("path_filestat_set_times", "iiiilli", Served::No),
    ("path_link", "iiiiiii", Served::No),
    ("path_open", "iiiiillii", Served::Yes),
    ("path_readlink", "iiiiii", Served::No),
    ("path_remove_directory", "iii", Served::No),
    ("path_rename", "iiiiii", Served::No),
    ("path_symlink", "iiiii", Served::No),
    ("path_unlink_file", "iii", Served::No),
    ("poll_oneoff", "iiii", Served::No),
    ("proc_exit", "i", Served::Yes),
    ("proc_raise", "i", Served::No),
    ("random_get", "ii", Served::Yes),
    ("sched_yield", "", Served::Yes),
    ("sock_accept", "iii", Served::No),
    ("sock_recv", "iiiiii", Served::No),
    ("sock_send", "iiiii", Served::No),
    ("sock_shutdown", "ii", Served::No),
];

/// Whether the sandbox does anything for a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Served {
    Yes,
    /// It returns ENOSYS and is listed in the run.
    No,
}

// Error numbers.
pub(crate) const SUCCESS: u32 = 0;
pub(crate) const BADF: u32 = 8;
pub(crate) const INVAL: u32 = 28;
pub(crate) const ISDIR: u32 = 31;
pub(crate) const MFILE: u32 = 33;
pub(crate) const NAMETOOLONG: u32 = 37;
pub(crate) const NOENT: u32 = 44;
pub(crate) const NOSYS: u32 = 52;
pub(crate) const NOTDIR: u32 = 54;
pub(crate) const ROFS: u32 = 69;
pub(crate) const SPIPE: u32 = 70;

// File types.
pub(crate) const CHARACTER_DEVICE: u8 = 2;
pub(crate) const DIRECTORY: u8 = 3;
pub(crate) const REGULAR_FILE: u8 = 4;

// Rights.
pub(crate) const FD_READ: i64 = 1 << 1;
pub(crate) const FD_SEEK: i64 = 1 << 2;
pub(crate) const FD_TELL: i64 = 1 << 5;
pub(crate) const FD_WRITE: i64 = 1 << 6;
pub(crate) const PATH_OPEN: i64 = 1 << 13;
pub(crate) const FD_READDIR: i64 = 1 << 14;
pub(crate) const PATH_FILESTAT_GET: i64 = 1 << 18;
pub(crate) const FD_FILESTAT_GET: i64 = 1 << 21;

// Flags of `path_open`.
pub(crate) const CREAT: i64 = 1 << 0;
pub(crate) const DIRECTORY_ONLY: i64 = 1 << 1;
pub(crate) const EXCL: i64 = 1 << 2;
pub(crate) const TRUNC: i64 = 1 << 3;

/// A script imports all of them with the types above.
#[test]
fn every_function_of_the_interface_is_there() {
    assert_eq!(Script::new().run(b"").outcome, Outcome::Accepted);
}

#[test]
fn what_is_not_served_says_so_and_is_listed() {
    for (name, parameters, served) in FUNCTIONS {
        if served == Served::Yes {
            continue;
        }
        let run = Script::new().call(name, &vec![0; parameters.len()]).run(b"");
        assert_eq!(run.numbers(), [NOSYS], "{name}");
        assert_eq!(run.refused_calls, [name]);
        // What it does about that is its own affair.
        assert_eq!(run.outcome, Outcome::Accepted, "{name}");
    }
}

#[test]
fn refused_calls_are_listed_once_and_in_order() {
    let run = Script::new()
        .call("sock_shutdown", &[0, 0])
        .call("fd_sync", &[1])
        .call("fd_sync", &[1])
        .call("fd_advise", &[3, 0, 0, 0])
        .run(b"");
    assert_eq!(run.refused_calls, ["fd_advise", "fd_sync", "sock_shutdown"]);
}

#[test]
fn what_is_served_is_not_listed() {
    let run = Script::new().call("sched_yield", &[]).call("fd_close", &[99]).run(b"");
    assert_eq!(run.numbers(), [SUCCESS, BADF]);
    assert!(run.refused_calls.is_empty());
}
