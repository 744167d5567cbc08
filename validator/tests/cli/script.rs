//! The language of the test files, a word and its operands a line.
//!
//! ```text
//! # What this shows.
//! guest NAME [PATH]        the interpreter of tests/guests/NAME.wat, as NAME.wasm or PATH
//! reference FILE           a build of the reference interpreter, which `cargo guests` makes
//! file PATH                a text; its lines follow, each after `| `
//! bytes PATH HEX           a file of these bytes
//! channel PATH             a channel file, encoded from the TOML that follows
//! many PATH COUNT          COUNT texts; `{}` in PATH is their number, their lines follow
//! sparse PATH SIZE         a file of SIZE bytes, all zero, that takes no disk
//! cut PATH SIZE            the file, shortened
//! pad PATH SIZE            the module, with a section of SIZE bytes more that nobody reads
//! dir PATH    deep PATH N  a directory, or N of them in each other with a file in the last
//! fifo PATH   socket PATH  what is not a file
//! link PATH TARGET         a symbolic link
//! env NAME=VALUE           for the commands that follow
//! stdout closed|full       where stdout of the next command goes
//! run ARGUMENT...          runs `proofhouse` in the folder
//! again [ARGUMENT...]      runs it once more, with these as well: everything has to be the same
//! show PATH                a file that the program wrote
//! list PATH                the names in a directory
//! ```
//!
//! An argument with spaces stands in single quotes. `\xff` in a path or an argument is that byte.

use crate::recipe::Recipe;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;

/// A test file, understood.
#[derive(Debug, Default)]
pub(crate) struct Script {
    pub(crate) steps: Vec<Step>,
}

/// One line, with the lines that belong to it.
#[derive(Debug)]
pub(crate) enum Step {
    /// A file is made.
    Make(Recipe),
    /// A variable is set.
    Env { name: OsString, value: OsString },
    /// Stdout of the next command is a pipe that nobody reads.
    StdoutClosed,
    /// Stdout of the next command is a full device.
    StdoutFull,
    /// The program runs. `line` is how the test has it.
    Run { line: String, arguments: Vec<OsString> },
    /// The last command runs again.
    Again { line: String, arguments: Vec<OsString> },
    /// A file is shown.
    Show { path: OsString },
    /// The names in a directory are shown.
    List { path: OsString },
}

impl Script {
    /// Reads a test file.
    ///
    /// # Errors
    /// The line that is not understood.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut steps = Vec::new();
        let mut lines = text.lines().enumerate().peekable();
        while let Some((at, line)) = lines.next() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let mut text = String::new();
            while let Some((_, line)) = lines.next_if(|(_, line)| line.starts_with('|')) {
                let line = line.strip_prefix("| ").or(line.strip_prefix('|')).unwrap_or_default();
                text.push_str(line);
                text.push('\n');
            }
            let step = step(line, text);
            steps.push(step.ok_or_else(|| format!("line {}: not understood: {line}", at + 1))?);
        }
        Ok(Self { steps })
    }
}

fn step(line: &str, text: String) -> Option<Step> {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    let operands = split(rest)?;
    let make = |recipe| Some(Step::Make(recipe));
    match (word, operands.as_slice()) {
        ("guest", [name]) => {
            let path = format!("{}.wasm", name.to_str()?).into();
            make(Recipe::Guest { name: name.to_str()?.to_owned(), path })
        }
        ("guest", [name, path]) => {
            make(Recipe::Guest { name: name.to_str()?.to_owned(), path: path.clone() })
        }
        ("reference", [file]) => make(Recipe::Reference { file: file.to_str()?.to_owned() }),
        ("file", [path]) => make(Recipe::File { path: path.clone(), bytes: text.into_bytes() }),
        ("bytes", [path, hex]) => {
            make(Recipe::File { path: path.clone(), bytes: hexadecimal(hex.to_str()?)? })
        }
        ("channel", [path]) => make(Recipe::Channel { path: path.clone(), source: text }),
        ("many", [path, count]) => {
            let (path, count) = (path.to_str()?.to_owned(), count.to_str()?.parse().ok()?);
            make(Recipe::Many { path, count, text })
        }
        ("sparse", [path, size]) => {
            make(Recipe::Sparse { path: path.clone(), size: bytes(size.to_str()?)? })
        }
        ("cut", [path, size]) => {
            make(Recipe::Cut { path: path.clone(), size: bytes(size.to_str()?)? })
        }
        ("pad", [path, size]) => {
            let size = usize::try_from(bytes(size.to_str()?)?).ok()?;
            make(Recipe::Pad { path: path.clone(), size })
        }
        ("dir", [path]) => make(Recipe::Directory { path: path.clone() }),
        ("deep", [path, depth]) => {
            make(Recipe::Deep { path: path.clone(), depth: depth.to_str()?.parse().ok()? })
        }
        ("fifo", [path]) => make(Recipe::Fifo { path: path.clone() }),
        ("socket", [path]) => make(Recipe::Socket { path: path.clone() }),
        ("link", [path, target]) => {
            make(Recipe::Link { path: path.clone(), target: target.clone() })
        }
        ("env", [variable]) => {
            let (name, value) = variable.to_str()?.split_once('=')?;
            Some(Step::Env { name: name.into(), value: value.into() })
        }
        ("stdout", [to]) if to == "closed" => Some(Step::StdoutClosed),
        ("stdout", [to]) if to == "full" => Some(Step::StdoutFull),
        ("run", _) => Some(Step::Run { line: rest.to_owned(), arguments: operands }),
        ("again", _) => Some(Step::Again { line: rest.to_owned(), arguments: operands }),
        ("list", [path]) => Some(Step::List { path: path.clone() }),
        ("show", [path]) => Some(Step::Show { path: path.clone() }),
        _ => None,
    }
}

/// Words at spaces, with quotes and bytes in hexadecimal.
fn split(text: &str) -> Option<Vec<OsString>> {
    let mut words = Vec::new();
    let mut word: Option<Vec<u8>> = None;
    let mut quoted = false;
    let mut bytes = text.bytes().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\'' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            b' ' if !quoted => words.extend(word.take()),
            b'\\' if bytes.next_if_eq(&b'x').is_some() => {
                let digits = [bytes.next()?, bytes.next()?];
                let byte = u8::from_str_radix(str::from_utf8(&digits).ok()?, 16).ok()?;
                word.get_or_insert_default().push(byte);
            }
            byte => word.get_or_insert_default().push(byte),
        }
    }
    words.extend(word);
    (!quoted).then(|| words.into_iter().map(OsString::from_vec).collect())
}

/// A size as `--memory` takes it.
fn bytes(text: &str) -> Option<u64> {
    text.parse().ok().map(|proofhouse::size::Size(bytes)| bytes)
}

fn hexadecimal(digits: &str) -> Option<Vec<u8>> {
    let pairs = digits.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok()).collect()
}
