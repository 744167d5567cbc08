//! The files that a test is about.

use crate::support::guests::{guest, reference_interpreter};
use proofhouse_corpus::ChannelFile;
use rustix::fs::{CWD, FileType, Mode, mknodat};
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;

/// How one thing in the folder of a test is made. Paths are relative to that folder.
#[derive(Debug)]
pub(crate) enum Recipe {
    Guest { name: String, path: OsString },
    Reference { file: String },
    File { path: OsString, bytes: Vec<u8> },
    Channel { path: OsString, source: String },
    Many { path: String, count: usize, text: String },
    Sparse { path: OsString, size: u64 },
    Cut { path: OsString, size: u64 },
    Pad { path: OsString, size: usize },
    Directory { path: OsString },
    Deep { path: OsString, depth: usize },
    Fifo { path: OsString },
    Socket { path: OsString },
    Link { path: OsString, target: OsString },
}

impl Recipe {
    /// Makes it in that folder.
    pub(crate) fn make(&self, folder: &Path) {
        match self {
            Self::Guest { name, path } => write(&folder.join(path), &guest(name)),
            Self::Reference { file } => {
                let bytes = fs::read(reference_interpreter(file)).unwrap();
                write(&folder.join(file), &bytes);
            }
            Self::File { path, bytes } => write(&folder.join(path), bytes),
            Self::Channel { path, source } => {
                let file = ChannelFile::from_toml(source).unwrap();
                write(&folder.join(path), &file.encode().unwrap());
            }
            Self::Many { path, count, text } => {
                for number in 1..=*count {
                    let path = path.replace("{}", &format!("{number:03}"));
                    write(&folder.join(path), text.as_bytes());
                }
            }
            Self::Sparse { path, size } => {
                let path = parent(folder.join(path));
                File::create(path).unwrap().set_len(*size).unwrap();
            }
            Self::Cut { path, size } => {
                let file = OpenOptions::new().write(true).open(folder.join(path)).unwrap();
                assert!(file.metadata().unwrap().len() > *size, "nothing is cut off");
                file.set_len(*size).unwrap();
            }
            Self::Pad { path, size } => pad(&folder.join(path), *size),
            Self::Directory { path } => fs::create_dir_all(folder.join(path)).unwrap(),
            Self::Deep { path, depth } => {
                let below = (0..*depth).fold(folder.join(path), |path, _| path.join("d"));
                write(&below.join("deep.order"), b"accept\n");
            }
            Self::Fifo { path } => {
                let path = parent(folder.join(path));
                mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
            }
            Self::Socket { path } => {
                let path = parent(folder.join(path));
                // It stays when its listener is gone.
                drop(UnixListener::bind(path).unwrap());
            }
            Self::Link { path, target } => symlink(target, parent(folder.join(path))).unwrap(),
        }
    }
}

/// Adds a custom section without a name to a module, which stays what it is.
fn pad(path: &Path, size: usize) {
    let mut file = OpenOptions::new().append(true).open(path).unwrap();
    let mut length = size.checked_add(1).unwrap();
    let mut section = vec![0];
    while length > 0x7f {
        section.push(u8::try_from(length & 0x7f).unwrap() | 0x80);
        length >>= 7;
    }
    section.push(u8::try_from(length).unwrap());
    file.write_all(&section).unwrap();
    file.write_all(&vec![0; size + 1]).unwrap();
}

fn write(path: &Path, bytes: &[u8]) {
    fs::write(parent(path), bytes).unwrap();
}

/// The same path; what it lies in is there.
fn parent<P: AsRef<Path>>(path: P) -> P {
    fs::create_dir_all(path.as_ref().parent().unwrap()).unwrap();
    path
}
