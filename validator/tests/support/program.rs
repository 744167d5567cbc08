//! The program as a process: in a folder of its own, with nothing of the caller's environment, and
//! never for longer than a limit.

use std::ffi::{OsStr, OsString};
use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::FileTypeExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Longest life of one process. It is there to end what hangs: the slowest of these tests takes some
/// seconds on an idle machine.
const PATIENCE: Duration = Duration::from_mins(5);
/// How often a process is asked whether it has ended.
const POLL: Duration = Duration::from_millis(2);

/// One call of the program.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    folder: PathBuf,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    user: Option<u32>,
    has_group: bool,
    stdout: Stdout,
    executable: PathBuf,
}

/// Where its stdout goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stdout {
    /// To this test.
    Kept,
    /// Into a pipe that nobody reads any more.
    BrokenPipe,
    /// To a device that is always full.
    Full,
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ended {
    /// What it wrote; nothing if that was not kept.
    pub(crate) stdout: Vec<u8>,
    /// What it wrote there.
    pub(crate) stderr: Vec<u8>,
    /// Its exit code; none if a signal ended it.
    pub(crate) code: Option<i32>,
}

/// A process that runs.
pub(crate) struct Running {
    child: Child,
    stdout: Option<JoinHandle<io::Result<Vec<u8>>>>,
    stderr: JoinHandle<io::Result<Vec<u8>>>,
    started: Instant,
}

impl Program {
    /// A call in that folder.
    pub(crate) fn new(folder: &Path) -> Self {
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache");
        let environment = [
            ("HOME", folder.as_os_str()),
            // Shared by all tests, so that an interpreter is compiled once.
            ("XDG_CACHE_HOME", cache.as_os_str()),
            // A box that is not there: what is in the real one must not change a test.
            ("PROOFHOUSE_GUESTS", OsStr::new("box")),
        ];
        let environment = environment.map(|(name, value)| (name.into(), value.into())).into();
        let (arguments, user, stdout) = (Vec::new(), None, Stdout::Kept);
        let has_group = false;
        let executable = env!("CARGO_BIN_EXE_proofhouse").into();
        Self {
            folder: folder.to_owned(),
            arguments,
            environment,
            user,
            has_group,
            stdout,
            executable,
        }
    }

    /// With further arguments.
    pub(crate) fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(|a| a.as_ref().to_owned()));
        self
    }

    /// With a variable; the last of one name counts.
    pub(crate) fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// As another user.
    pub(crate) fn user(mut self, id: u32) -> Self {
        self.user = Some(id);
        self
    }

    /// At the head of a process group, as a shell starts it.
    pub(crate) fn group(mut self) -> Self {
        self.has_group = true;
        self
    }

    /// From another place.
    pub(crate) fn program(mut self, path: &Path) -> Self {
        path.clone_into(&mut self.executable);
        self
    }

    /// With another stdout.
    pub(crate) fn stdout(mut self, stdout: Stdout) -> Self {
        self.stdout = stdout;
        self
    }

    /// Starts it.
    pub(crate) fn start(&self) -> io::Result<Running> {
        let mut command = Command::new(&self.executable);
        command.args(&self.arguments).current_dir(&self.folder).env_clear();
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stderr(Stdio::piped());
        command.stdout(match self.stdout {
            Stdout::Kept => Stdio::piped(),
            Stdout::BrokenPipe => Stdio::from(io::pipe()?.1),
            Stdout::Full => full()?.into(),
        });
        if let Some(id) = self.user {
            command.uid(id).gid(id);
        }
        if self.has_group {
            command.process_group(0);
        }
        let mut child = command.spawn()?;
        let stdout = child.stdout.take().map(drain);
        let stderr = child.stderr.take().map(drain).ok_or(io::ErrorKind::BrokenPipe)?;
        Ok(Running { child, stdout, stderr, started: Instant::now() })
    }

    /// Runs it to its end.
    ///
    /// # Panics
    /// If it cannot be started or hangs.
    pub(crate) fn run(&self) -> Ended {
        let running = self.start().unwrap_or_else(|error| panic!("cannot start it: {error}"));
        running.end()
    }
}

impl Running {
    /// Whether it still runs.
    pub(crate) fn goes_on(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Its number.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// If it hangs; it is ended first.
    pub(crate) fn end(mut self) -> Ended {
        let status = loop {
            match self.child.try_wait() {
                Ok(Some(status)) => break status,
                Ok(None) if self.started.elapsed() < PATIENCE => thread::sleep(POLL),
                other => {
                    // Whatever that says, the test has failed.
                    let _ = self.child.kill();
                    panic!("it hangs: no end after {PATIENCE:?} ({other:?})");
                }
            }
        };
        let collect = |pipe: JoinHandle<io::Result<Vec<u8>>>| pipe.join().unwrap().unwrap();
        let stdout = self.stdout.map(collect).unwrap_or_default();
        Ended { stdout, stderr: collect(self.stderr), code: status.code() }
    }
}

fn drain(mut pipe: impl Read + Send + 'static) -> JoinHandle<io::Result<Vec<u8>>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).map(|_| bytes)
    })
}

/// The device that is always full, if this machine still has it.
fn full() -> io::Result<File> {
    let file = OpenOptions::new().write(true).open("/dev/full")?;
    if file.metadata()?.file_type().is_char_device() {
        Ok(file)
    } else {
        Err(io::Error::other("/dev/full is no device"))
    }
}
