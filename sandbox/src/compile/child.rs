//! The compile child: what the same program does when it is started again for one module.

use super::CompileError;
use super::compiler::{all_sources, compile, inspect, locate};
use super::refused::Why;
use super::request::Request;
use crate::limits::{
    MAX_COMPILE_ADDRESS_SPACE, MAX_COMPILE_CPU_TIME, MAX_LOCATE_ADDRESS_SPACE, MAX_LOCATE_CPU_TIME,
    MAX_MODULE_BYTES,
};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::io::{self, Read, Write};
use std::process::ExitCode;

/// What the child process does: reads a request and a module from stdin, writes the answer to stdout.
///
/// Call it from `main` when the program was started as a compile child, and return its exit code.
pub fn compile_child() -> ExitCode {
    let mut from = io::stdin().lock();
    let Ok(request) = Request::read(&mut from) else { return ExitCode::FAILURE };
    limit_self(&request);
    let mut wasm = Vec::new();
    if from.take(MAX_MODULE_BYTES).read_to_end(&mut wasm).is_err() {
        return ExitCode::FAILURE;
    }
    let (answer, code) = match answer(&request, &wasm) {
        Ok(answer) => (answer, ExitCode::SUCCESS),
        Err(CompileError::Module(reason)) => match Why::and_words(reason) {
            Some((why, words)) => (words.into_bytes(), ExitCode::from(why.exit_code())),
            None => return ExitCode::FAILURE,
        },
        Err(_) => return ExitCode::FAILURE,
    };
    match io::stdout().lock().write_all(&answer) {
        Ok(()) => code,
        Err(_) => ExitCode::FAILURE,
    }
}

fn answer(request: &Request, wasm: &[u8]) -> Result<Vec<u8>, CompileError> {
    match request {
        Request::Compile(options) => compile(wasm, *options),
        Request::Locate(offsets) => locate(wasm, offsets),
        Request::Inspect(options) => inspect(wasm, *options),
        Request::Sources(points) => all_sources(wasm, points),
    }
}

/// A compiler that swells or spins ends itself even if its parent is gone.
fn limit_self(request: &Request) {
    let (address_space, time) = match request {
        Request::Compile(_) | Request::Inspect(_) => {
            (MAX_COMPILE_ADDRESS_SPACE, MAX_COMPILE_CPU_TIME)
        }
        Request::Locate(_) | Request::Sources(_) => (MAX_LOCATE_ADDRESS_SPACE, MAX_LOCATE_CPU_TIME),
    };
    let limits =
        [(Resource::As, address_space), (Resource::Cpu, time.as_secs()), (Resource::Core, 0)];
    for (resource, limit) in limits {
        // What this process was started with may be less, and stays.
        let present = getrlimit(resource);
        let least = |present: Option<u64>, ours: u64| Some(present.map_or(ours, |p| p.min(ours)));
        // Behind the first limit there has to be room for the signal that says which one it was.
        let behind = limit.saturating_add(u64::from(resource == Resource::Cpu));
        let limits = Rlimit {
            current: least(present.current, limit),
            maximum: least(present.maximum, behind),
        };
        // A limit that cannot be set is not fatal: the parent's wall limit remains.
        let _ = setrlimit(resource, limits);
    }
}
