//! boreal as a guest.

use boreal::compiler::{CompilerBuilder, CompilerParams};
use boreal::module::Console;
use boreal::scanner::ScanParams;
use boreal::{Compiler, Scanner};
use proofhouse_guest::{
    Code, Description, EvaluateError, Interpreter, Level, Reject, Sink, message,
};

use crate::Configuration;
use crate::refusal;

/// boreal's version, which is the guest's: another boreal is another interpreter.
pub const VERSION: &str = "1.4.0";

/// boreal gave up on a scan.
const SCAN_FAILED: Code = Code::new(1);

/// A compiled rule file.
#[derive(Debug)]
pub struct Yara {
    scanner: Scanner,
}

impl Interpreter for Yara {
    type Configuration = Configuration;

    fn describe() -> Description {
        Description::new("yara", VERSION).content("yara-rules", ["*.yar", "*.yara"])
    }

    fn configure(json: &str) -> Result<Configuration, Reject> {
        Ok(Configuration::from_json(json)?)
    }

    fn load(content: &[u8], configuration: &Configuration) -> Result<Self, Reject> {
        let rules = str::from_utf8(content)
            .map_err(|error| refusal::not_utf8(content, error.valid_up_to()))?;
        let mut compiler = compiler(configuration);
        let status =
            compiler.add_rules_str(rules).map_err(|error| refusal::not_yara(rules, &error))?;
        for warning in status.warnings() {
            refusal::warn(rules, warning);
        }
        let mut scanner = compiler.finalize();
        scanner.set_scan_params(scan_params());
        Ok(Self { scanner })
    }

    fn evaluate(&mut self, event: &[u8], sink: &mut Sink) -> Result<usize, EvaluateError> {
        let scanned = self
            .scanner
            .scan_mem(event)
            .map_err(|(error, _)| EvaluateError::new(SCAN_FAILED, error.to_string()))?;
        for rule in &scanned.rules {
            sink.emit(rule.name.as_bytes());
        }
        Ok(scanned.rules.len())
    }
}

/// A compiler that knows the modules and the external variables, and no file system.
fn compiler(configuration: &Configuration) -> Compiler {
    let console = Console::with_callback(|text| message(Level::Info, &text));
    let mut compiler = CompilerBuilder::new().add_module(console).build();
    compiler.set_params(CompilerParams::default().disable_includes(true));
    for (name, value) in configuration.externals() {
        compiler.define_symbol(name, value.clone());
    }
    compiler
}

/// A verdict never depends on time, so no scan ends because of it: the sandbox counts fuel instead.
fn scan_params() -> ScanParams {
    ScanParams::default().timeout_duration(None)
}
