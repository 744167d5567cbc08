//! The compile child: the same program again, with limits of its own.

use super::CompileError;
use crate::engine;
use crate::limits::{MAX_ARTEFACT_BYTES, MAX_COMPILE_ADDRESS_SPACE, MAX_COMPILE_TIME, MAX_MODULE_BYTES};
use crate::outcome::Unusable;
use rustix::process::{Resource, Rlimit, setrlimit};
use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// The child's exit code when the module is at fault; its words are on stdout.
const EXIT_REFUSED: u8 = 10;
/// What a compiler has to say about a module is short.
const MAX_REFUSAL_BYTES: u64 = 64 << 10;

/// Who compiles.
#[derive(Debug, Clone, Default)]
pub enum Compiler {
    /// This process. For tests, benches and fuzz targets, where the module is known.
    #[default]
    InProcess,
    /// A child: that program with those arguments must end in [`compile_child`].
    Child {
        /// The program, normally `/proc/self/exe`.
        program: PathBuf,
        /// Its arguments.
        arguments: Vec<OsString>,
    },
}

impl Compiler {
    pub(super) fn compile(&self, wasm: &[u8]) -> Result<Vec<u8>, CompileError> {
        match self {
            Self::InProcess => compile(wasm).map_err(CompileError::Module),
            Self::Child { program, arguments } => {
                let mut command = Command::new(program);
                command.args(arguments);
                in_child(command, wasm, MAX_COMPILE_TIME)
            }
        }
    }
}

fn compile(wasm: &[u8]) -> Result<Vec<u8>, Unusable> {
    let engine = engine::compiling().map_err(|e| Unusable::Invalid { problem: format!("{e:#}") })?;
    engine.precompile_module(wasm).map_err(|e| Unusable::Invalid { problem: format!("{e:#}") })
}

/// What the child process does: reads a module from stdin, writes its machine code to stdout.
///
/// Call it from `main` when the program was started as a compile child, and return its exit code.
pub fn compile_child() -> ExitCode {
    limit_self();
    let mut wasm = Vec::new();
    if io::stdin().lock().take(MAX_MODULE_BYTES).read_to_end(&mut wasm).is_err() {
        return ExitCode::FAILURE;
    }
    let (answer, code) = match compile(&wasm) {
        Ok(artefact) => (artefact, ExitCode::SUCCESS),
        Err(refusal) => {
            let problem = match refusal {
                Unusable::Invalid { problem } => problem,
                other => other.to_string(),
            };
            (problem.into_bytes(), ExitCode::from(EXIT_REFUSED))
        }
    };
    match io::stdout().lock().write_all(&answer) {
        Ok(()) => code,
        Err(_) => ExitCode::FAILURE,
    }
}

/// A compiler that swells or spins ends itself even if its parent is gone.
fn limit_self() {
    let seconds = MAX_COMPILE_TIME.as_secs().saturating_mul(cores());
    for (resource, limit) in [
        (Resource::As, MAX_COMPILE_ADDRESS_SPACE),
        (Resource::Cpu, seconds),
        (Resource::Core, 0),
    ] {
        // A limit that cannot be set is not fatal: the parent's wall limit remains.
        let _ = setrlimit(resource, Rlimit { current: Some(limit), maximum: Some(limit) });
    }
}

fn cores() -> u64 {
    thread::available_parallelism().map_or(1, |n| u64::try_from(n.get()).unwrap_or(1))
}

fn in_child(mut command: Command, wasm: &[u8], limit: Duration) -> Result<Vec<u8>, CompileError> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(CompileError::Machine)?;
    let answered = converse(&mut child, wasm, limit);
    // Whatever happened, no child is left behind. Both fail only if it has been waited for.
    if answered.is_none() {
        let _ = child.kill();
    }
    let status = child.wait().map_err(CompileError::Machine)?;
    let Some(answer) = answered else {
        let problem = format!("it took longer than {} s", limit.as_secs());
        return Err(Unusable::CompileStopped { problem }.into());
    };
    let answer = answer.map_err(CompileError::Machine)?;
    match status.code() {
        Some(0) => Ok(answer),
        Some(code) if code == i32::from(EXIT_REFUSED) => {
            let words = answer.get(..usize::try_from(MAX_REFUSAL_BYTES).unwrap_or(0)).unwrap_or(&answer);
            let problem = String::from_utf8_lossy(words).into_owned();
            Err(Unusable::Invalid { problem }.into())
        }
        _ => Err(Unusable::CompileStopped { problem: format!("the compiler ended with {status}") }.into()),
    }
}

/// Hands the module over and reads the answer; `None` when the time is up.
fn converse(child: &mut Child, wasm: &[u8], limit: Duration) -> Option<io::Result<Vec<u8>>> {
    let (Some(mut to), Some(from)) = (child.stdin.take(), child.stdout.take()) else {
        return Some(Err(io::Error::other("the child has no pipes")));
    };
    let (sender, receiver) = mpsc::channel();
    // Not scoped: a reader that hangs must not hang this thread. Both end when the child does.
    let reader = move || {
        let mut answer = Vec::new();
        let result = from.take(MAX_ARTEFACT_BYTES).read_to_end(&mut answer).map(|_| answer);
        let _ = sender.send(result);
    };
    if let Err(error) = thread::Builder::new().name("compile-reader".into()).spawn(reader) {
        return Some(Err(error));
    }
    let module = wasm.to_vec();
    let writer = move || {
        // A child that ends early closes the pipe; its exit code says why.
        let _ = to.write_all(&module);
    };
    if let Err(error) = thread::Builder::new().name("compile-writer".into()).spawn(writer) {
        return Some(Err(error));
    }
    receiver.recv_timeout(limit).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_child_that_hangs_is_ended_at_its_limit() {
        let result = in_child(shell("exec sleep 60"), b"module", Duration::from_millis(100));
        assert!(matches!(result, Err(CompileError::Module(Unusable::CompileStopped { .. }))));
    }

    #[test]
    fn a_child_that_crashes_is_not_a_module_error_of_its_own_words() {
        let result = in_child(shell("kill -SEGV $$"), b"module", Duration::from_secs(10));
        let Err(CompileError::Module(Unusable::CompileStopped { problem })) = result else {
            unreachable!("{result:?}");
        };
        assert!(problem.contains("signal"), "{problem}");
    }

    #[test]
    fn a_refusal_keeps_the_compilers_words() {
        let result = in_child(shell("echo -n why; exit 10"), b"", Duration::from_secs(10));
        assert!(
            matches!(&result, Err(CompileError::Module(Unusable::Invalid { problem })) if problem == "why"),
            "{result:?}"
        );
    }

    #[test]
    fn a_program_that_is_not_there_is_the_machines_fault() {
        let result = in_child(Command::new("/nonexistent"), b"", Duration::from_secs(10));
        assert!(matches!(result, Err(CompileError::Machine(_))));
    }
}
