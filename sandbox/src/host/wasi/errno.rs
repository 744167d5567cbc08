//! The error numbers of WASI that this implementation returns.

use crate::host::Stop;

pub(super) const SUCCESS: i32 = 0;
pub(super) const BADF: i32 = 8;
pub(super) const INVAL: i32 = 28;
pub(super) const ISDIR: i32 = 31;
pub(super) const MFILE: i32 = 33;
pub(super) const NAMETOOLONG: i32 = 37;
pub(super) const NOENT: i32 = 44;
pub(super) const NOSYS: i32 = 52;
pub(super) const NOTDIR: i32 = 54;
pub(super) const ROFS: i32 = 69;
pub(super) const SPIPE: i32 = 70;

/// What a WASI function ends in: an error number for the guest, or the end of the run.
pub(super) enum Failure {
    Errno(i32),
    Stop(Stop),
}

impl From<Stop> for Failure {
    fn from(stop: Stop) -> Self {
        Self::Stop(stop)
    }
}

/// What the guest gets to see of a result.
pub(super) fn returned(result: Result<(), Failure>) -> wasmtime::Result<i32> {
    match result {
        Ok(()) => Ok(SUCCESS),
        Err(Failure::Errno(number)) => Ok(number),
        Err(Failure::Stop(stop)) => Err(stop.into()),
    }
}
