//! The parent's side of a compile child: hand over, wait no longer than the limit, leave nothing behind.

use super::refused::Why;
use super::request::Request;
use rustix::process::Signal;
use std::io::{self, Read, Write};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// How long to wait between two looks at a child that has said all and not ended.
const LINGERING: Duration = Duration::from_millis(1);

/// How a child ended that did not answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Ending {
    /// It could not be started or talked to.
    #[error("{0}")]
    Machine(#[source] io::Error),
    /// It refused the module, for that reason and in these words.
    #[error("the module is refused")]
    Refused(Why, Vec<u8>),
    /// It ended in another way.
    #[error("the compiler ended with {0}")]
    Stopped(ExitStatus),
    /// It took longer than it may.
    #[error("it took longer than {} s", .0.as_secs())]
    Late(Duration),
    /// It took more processor time than it may.
    #[error("it took more processor time than it may")]
    Spent,
}

/// Starts a child, asks it about a module, and returns the first `max_bytes` of what it answers.
pub(super) fn ask(
    mut command: Command,
    request: &Request,
    wasm: &[u8],
    max_bytes: u64,
    limit: Duration,
) -> Result<Vec<u8>, Ending> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let start = Instant::now();
    let mut child = command.spawn().map_err(Ending::Machine)?;
    let question = [&request.to_bytes(), wasm].concat();
    let answered = converse(&mut child, question, max_bytes, limit);
    // Whatever happened, no child is left behind.
    let status = end(&mut child, start, limit).map_err(Ending::Machine)?;
    let answer = answered.ok_or(Ending::Late(limit))?.map_err(Ending::Machine)?;
    match status.code() {
        Some(0) => Ok(answer),
        Some(code) => match Why::of_exit_code(code) {
            Some(why) => Err(Ending::Refused(why, answer)),
            None => Err(Ending::Stopped(status)),
        },
        None if status.signal() == Some(Signal::XCPU.as_raw()) => Err(Ending::Spent),
        None => Err(Ending::Stopped(status)),
    }
}

/// Hands the question over and reads the answer; `None` when the time is up.
fn converse(
    child: &mut Child,
    question: Vec<u8>,
    max_bytes: u64,
    limit: Duration,
) -> Option<io::Result<Vec<u8>>> {
    let (Some(mut to), Some(from)) = (child.stdin.take(), child.stdout.take()) else {
        return Some(Err(io::Error::other("the child has no pipes")));
    };
    let (sender, receiver) = mpsc::channel();
    // Not scoped: a reader that hangs must not hang this thread. Both end when the child does.
    let reader = move || {
        let mut answer = Vec::new();
        let result = from.take(max_bytes).read_to_end(&mut answer).map(|_| answer);
        // Nobody listens any more when the time is up.
        let _ = sender.send(result);
    };
    if let Err(error) = thread::Builder::new().name("compile-reader".into()).spawn(reader) {
        return Some(Err(error));
    }
    let writer = move || {
        // A child that ends early closes the pipe; its exit code says why.
        let _ = to.write_all(&question);
    };
    if let Err(error) = thread::Builder::new().name("compile-writer".into()).spawn(writer) {
        return Some(Err(error));
    }
    receiver.recv_timeout(limit).ok()
}

/// Waits for a child that has said all, and ends it when its time is up.
fn end(child: &mut Child, start: Instant, limit: Duration) -> io::Result<ExitStatus> {
    while start.elapsed() < limit {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        thread::sleep(LINGERING);
    }
    // Fails only if it has ended by itself.
    let _ = child.kill();
    child.wait()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instrument::Options;

    fn ask_shell(script: &str, limit: Duration) -> Result<Vec<u8>, Ending> {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        ask(command, &Request::Compile(Options::default()), b"module", 10, limit)
    }

    const LONG: Duration = Duration::from_secs(30);

    #[test]
    fn an_answer_is_read_up_to_its_limit() {
        let answer = ask_shell("cat >/dev/null; echo -n 0123456789abc", LONG);
        assert!(matches!(&answer, Ok(bytes) if bytes == b"0123456789"), "{answer:?}");
    }

    #[test]
    fn a_child_is_given_the_request_and_the_module() {
        let answer = ask_shell("dd bs=1 count=1 2>/dev/null; tail -c 6", LONG);
        assert!(matches!(&answer, Ok(bytes) if bytes == b"Cmodule"), "{answer:?}");
    }

    #[test]
    fn a_child_that_hangs_is_ended_at_its_limit() {
        let ending = ask_shell("exec sleep 60", Duration::from_millis(100));
        assert!(matches!(ending, Err(Ending::Late(_))), "{ending:?}");
    }

    #[test]
    fn a_child_that_has_answered_and_does_not_end_is_ended_at_its_limit() {
        let script = "cat >/dev/null; echo answer; exec >&- 2>&-; exec sleep 60";
        let start = Instant::now();
        let ending = ask_shell(script, Duration::from_millis(200));
        assert!(matches!(ending, Err(Ending::Stopped(_))), "{ending:?}");
        assert!(start.elapsed() < LONG);
    }

    #[test]
    fn a_child_that_crashes_refuses_nothing() {
        let ending = ask_shell("kill -SEGV $$", LONG);
        let Err(ending @ Ending::Stopped(_)) = ending else { unreachable!("{ending:?}") };
        assert!(ending.to_string().contains("signal"), "{ending}");
    }

    #[test]
    fn a_child_without_end_is_ended_when_its_processor_time_is_spent() {
        let ending = ask_shell("ulimit -S -t 1; while :; do :; done", Duration::from_mins(5));
        assert!(matches!(ending, Err(Ending::Spent)), "{ending:?}");
    }

    #[test]
    fn a_refusal_keeps_the_childs_words() {
        let ending = ask_shell("echo -n why; exit 10", LONG);
        assert!(
            matches!(&ending, Err(Ending::Refused(Why::Invalid, words)) if words == b"why"),
            "{ending:?}"
        );
    }

    #[test]
    fn a_program_that_is_not_there_is_the_machines_fault() {
        let ending =
            ask(Command::new("/nonexistent"), &Request::Compile(Options::default()), b"", 10, LONG);
        assert!(matches!(ending, Err(Ending::Machine(_))), "{ending:?}");
    }
}
