//! A WASI command made of calls: each call's error number is a record, and so is each look at memory.

use crate::common::{open, run_job, small_limits, wasm};
use crate::interface::FUNCTIONS;
use proofhouse_sandbox::{Job, Outcome, Run};
use std::fmt::Write;
use std::ops::Deref;

/// Where scripts put lists of buffers, results, and bytes that are read.
pub(crate) const VECTORS: u32 = 1_024;
pub(crate) const RESULT: u32 = 2_048;
pub(crate) const BUFFER: u32 = 4_096;
/// Where scripts put a path.
pub(crate) const PATH: u32 = 3_072;
/// The first address behind the memory.
pub(crate) const END: u32 = 65_536;

/// A script in the making.
pub(crate) struct Script {
    fields: String,
    steps: String,
    arguments: Vec<String>,
}

/// What became of a script.
pub(crate) struct Ran {
    run: Run,
    records: Vec<Vec<u8>>,
}

impl Script {
    pub(crate) fn new() -> Self {
        Self { fields: String::new(), steps: String::new(), arguments: Vec::new() }
    }

    /// Arguments of the command.
    pub(crate) fn arguments(mut self, arguments: &[&str]) -> Self {
        self.arguments = arguments.iter().map(ToString::to_string).collect();
        self
    }

    /// Bytes in memory from the start.
    pub(crate) fn data(mut self, at: u32, bytes: &[u8]) -> Self {
        let escaped = bytes.iter().fold(String::new(), |mut text, byte| {
            write!(text, "\\{byte:02x}").unwrap();
            text
        });
        write!(self.fields, "(data (i32.const {at}) \"{escaped}\")").unwrap();
        self
    }

    /// A list of buffers at [`VECTORS`]: address and size of each.
    pub(crate) fn vectors(self, vectors: &[(u32, u32)]) -> Self {
        self.vectors_at(VECTORS, vectors)
    }

    /// The same at another address.
    pub(crate) fn vectors_at(self, list: u32, vectors: &[(u32, u32)]) -> Self {
        let words = vectors.iter().flat_map(|(at, size)| [at.to_le_bytes(), size.to_le_bytes()]);
        self.data(list, &words.flatten().collect::<Vec<u8>>())
    }

    /// Calls a function and records its error number.
    pub(crate) fn call(self, name: &str, arguments: &[i64]) -> Self {
        let call = call(name, arguments);
        self.step(&format!("(call $say {call})"))
    }

    /// Opens `/content`, which gets the first free descriptor: 4.
    pub(crate) fn open_content(self) -> Self {
        self.open_path(b"content", 0, crate::interface::FD_READ)
    }

    /// Opens a path relative to the root directory.
    pub(crate) fn open_path(self, path: &[u8], flags: i64, rights: i64) -> Self {
        let size = i64::try_from(path.len()).unwrap();
        let (at, out) = (i64::from(PATH), i64::from(RESULT));
        self.data(PATH, path).call("path_open", &[ROOT, 0, at, size, flags, rights, 0, 0, out])
    }

    /// Reads into the buffers at [`VECTORS`]: records the error number.
    pub(crate) fn read(self, descriptor: i64, buffers: i64) -> Self {
        self.call("fd_read", &[descriptor, i64::from(VECTORS), buffers, i64::from(RESULT)])
    }

    /// Writes the buffers at [`VECTORS`]: records the error number.
    pub(crate) fn write(self, descriptor: i64, buffers: i64) -> Self {
        self.call("fd_write", &[descriptor, i64::from(VECTORS), buffers, i64::from(RESULT)])
    }

    /// Records bytes of memory.
    pub(crate) fn show(self, at: u32, size: u32) -> Self {
        self.step(&format!("(call $emit (i32.const {at}) (i32.const {size}))"))
    }

    /// Records the number at [`RESULT`].
    pub(crate) fn result(self) -> Self {
        self.show(RESULT, 4)
    }

    /// Any instructions.
    pub(crate) fn step(mut self, instructions: &str) -> Self {
        self.steps.push_str(instructions);
        self.steps.push('\n');
        self
    }

    /// Runs it as a command on that content.
    pub(crate) fn run(self, content: &[u8]) -> Ran {
        let imports = FUNCTIONS.iter().fold(String::new(), |mut text, (name, parameters, _)| {
            let types = parameters.chars().map(|p| if p == 'l' { "i64 " } else { "i32 " });
            let types: String = types.collect();
            let result = if *name == "proc_exit" { "" } else { "(result i32)" };
            let import = format!(r#"(import "wasi_snapshot_preview1" "{name}""#);
            writeln!(text, "{import} (func ${name} (param {types}) {result}))").unwrap();
            text
        });
        let Self { fields, steps, arguments } = self;
        let text = format!(
            r#"(module {imports}
              (import "proofhouse" "emit" (func $emit (param i32 i32)))
              (memory (export "memory") 1)
              {fields}
              (func $say (param $number i32)
                (i32.store (i32.const 8) (local.get $number))
                (call $emit (i32.const 8) (i32.const 4)))
              (func (export "_start") {steps}))"#
        );
        let limits = small_limits();
        let job = Job {
            content,
            events: &[],
            limits: &limits,
            configuration: None,
            arguments: &arguments,
        };
        let run = run_job(&open(&wasm(&text)).unwrap(), &job);
        let records = run.emitted.iter().map(<[u8]>::to_vec).collect();
        Ran { run, records }
    }
}

/// The descriptor of the root directory.
pub(crate) const ROOT: i64 = 3;

fn call(name: &str, arguments: &[i64]) -> String {
    let (_, parameters, _) = FUNCTIONS.iter().find(|(known, ..)| *known == name).unwrap();
    assert_eq!(parameters.len(), arguments.len(), "{name}");
    let constant = |(parameter, value): (char, &i64)| match parameter {
        'l' => format!("(i64.const {value})"),
        _ => format!("(i32.const {value})"),
    };
    let arguments: Vec<String> = parameters.chars().zip(arguments).map(constant).collect();
    format!("(call ${name} {})", arguments.join(" "))
}

impl Ran {
    /// All records; the script must have come to its end.
    pub(crate) fn records(&self) -> &[Vec<u8>] {
        assert_eq!(self.outcome, Outcome::Accepted);
        &self.records
    }

    /// The records that are numbers of four bytes.
    pub(crate) fn numbers(&self) -> Vec<u32> {
        let number = |record: &Vec<u8>| <[u8; 4]>::try_from(record.as_slice()).ok();
        self.records().iter().filter_map(number).map(u32::from_le_bytes).collect()
    }
}

impl Deref for Ran {
    type Target = Run;

    fn deref(&self) -> &Run {
        &self.run
    }
}

/// A number as it lies in memory.
pub(crate) fn number(value: u32) -> Vec<u8> {
    value.to_le_bytes().to_vec()
}

/// An address as an argument.
pub(crate) fn at(address: u32) -> i64 {
    i64::from(address)
}
