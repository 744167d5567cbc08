//! The eBPF guest: eBPF programs as content, by the virtual machine [`rbpf`].
//!
//! *Content* is a program: its instructions, eight bytes each, as they are loaded. An *event* is the
//! packet or the context that the program looks at. An event matches when the program returns another
//! value than zero; the *result* is that value.

#![forbid(unsafe_code)]

use std::fmt::Debug;

use proofhouse_guest::{Code, Description, EvaluateError, Interpreter, Reject, Sink};
use rbpf::{EbpfVmFixedMbuff, EbpfVmRaw};

/// rbpf's version, which is the guest's: another rbpf is another interpreter.
pub const VERSION: &str = "0.4.1";

/// rbpf's verifier does not take the program.
const NOT_VERIFIED: Code = Code::new(1);
/// The configuration is not what this guest takes.
const BAD_CONFIGURATION: Code = Code::new(1);

/// The program did what it may not do, such as a read outside of its memory.
const FAULT: Code = Code::new(1);

/// Where the metadata buffer keeps the packet's two ends: rbpf's own example, and no kernel's.
const DATA: usize = 0x40;
/// The same, the end.
const DATA_END: usize = 0x50;

/// What register 1 points to when a program starts.
#[derive(Debug, Clone, Copy, Default)]
pub enum Entry {
    /// The event.
    #[default]
    Raw,
    /// A buffer that holds the addresses of the event's start and end.
    Packet,
}

/// A verified program.
pub struct Ebpf {
    program: Vec<u8>,
    entry: Entry,
}

impl Interpreter for Ebpf {
    type Configuration = Entry;

    fn describe() -> Description {
        Description::new("ebpf", VERSION).content("ebpf-program", ["*.bpf"])
    }

    fn configure(json: &str) -> Result<Entry, Reject> {
        let refuse = || Reject::new(BAD_CONFIGURATION, r#"expected {"entry": "raw" | "packet"}"#);
        let json: serde_json::Value = serde_json::from_str(json).map_err(|_| refuse())?;
        let only = json.as_object().filter(|settings| settings.len() == 1);
        match only.and_then(|settings| settings.get("entry")?.as_str()) {
            Some("raw") => Ok(Entry::Raw),
            Some("packet") => Ok(Entry::Packet),
            _ => Err(refuse()),
        }
    }

    fn load(content: &[u8], entry: &Entry) -> Result<Self, Reject> {
        EbpfVmRaw::new(Some(content)).map_err(|e| Reject::new(NOT_VERIFIED, words(&e)))?;
        Ok(Self { program: content.to_vec(), entry: *entry })
    }

    fn evaluate(&mut self, event: &[u8], sink: &mut Sink) -> Result<usize, EvaluateError> {
        // A program may write to its packet.
        let mut event = event.to_vec();
        let returned = match self.entry {
            Entry::Raw => EbpfVmRaw::new(Some(&self.program))
                .and_then(|machine| machine.execute_program(&mut event)),
            Entry::Packet => EbpfVmFixedMbuff::new(Some(&self.program), DATA, DATA_END)
                .and_then(|mut machine| machine.execute_program(&mut event)),
        };
        let returned = returned.map_err(|error| EvaluateError::new(FAULT, words(&error)))?;
        sink.emit(returned.to_string().as_bytes());
        Ok(usize::from(returned != 0))
    }
}

/// rbpf's own words: without `std` its error has them in its `Debug` form only. The addresses that
/// follow some of them mean nothing outside of this instance.
fn words(error: &impl Debug) -> String {
    let text = format!("{error:?}");
    let inside = text.split_once("error: \"").and_then(|(_, rest)| rest.rsplit_once('"'));
    let words = inside.map_or(text.as_str(), |(words, _)| words);
    words.split_once(", addr ").map_or(words, |(words, _)| words).replace("\\\"", "\"")
}

proofhouse_guest::export!(Ebpf);
