//! The functions of the interface that exist and do nothing: they return `ENOSYS` and are listed.

use super::errno;
use crate::host::State;
use wasmtime::{FuncType, Linker, Result, Val, ValType};

/// Name and parameters of each: `i` for `i32`, `l` for `i64`. All of them return an error number.
const FUNCTIONS: [(&str, &str); 21] = [
    ("fd_advise", "illi"),
    ("fd_allocate", "ill"),
    ("fd_datasync", "i"),
    ("fd_fdstat_set_rights", "ill"),
    ("fd_filestat_set_size", "il"),
    ("fd_filestat_set_times", "illi"),
    ("fd_pwrite", "iiili"),
    ("fd_renumber", "ii"),
    ("fd_sync", "i"),
    ("path_create_directory", "iii"),
    ("path_filestat_set_times", "iiiilli"),
    ("path_link", "iiiiiii"),
    ("path_readlink", "iiiiii"),
    ("path_remove_directory", "iii"),
    ("path_rename", "iiiiii"),
    ("path_symlink", "iiiii"),
    ("path_unlink_file", "iii"),
    ("poll_oneoff", "iiii"),
    ("sock_recv", "iiiiii"),
    ("sock_send", "iiiii"),
    ("sock_shutdown", "ii"),
];

/// These two came later than the rest of the interface, or end the process in a way of their own.
const OTHERS: [(&str, &str); 2] = [("sock_accept", "iii"), ("proc_raise", "i")];

pub(super) fn knows(name: &str) -> bool {
    FUNCTIONS.iter().chain(&OTHERS).any(|(known, _)| *known == name)
}

pub(super) fn define(linker: &mut Linker<State>) -> Result<()> {
    for &(name, parameters) in FUNCTIONS.iter().chain(&OTHERS) {
        let parameters =
            parameters.chars().map(|c| if c == 'l' { ValType::I64 } else { ValType::I32 });
        let ty = FuncType::new(linker.engine(), parameters, [ValType::I32]);
        linker.func_new(super::MODULE, name, ty, move |mut caller, _, results| {
            caller.data_mut().charge_call()?;
            caller.data_mut().captured.refused_calls.insert(name);
            if let Some(result) = results.first_mut() {
                *result = Val::I32(errno::NOSYS);
            }
            Ok(())
        })?;
    }
    Ok(())
}
