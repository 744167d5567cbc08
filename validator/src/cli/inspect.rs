//! `proofhouse inspect`: what a module is, what checks it gets, what to change.

use super::args::{Inspect, InspectFormat};
use super::{Failure, check, exit, files, guests};
use crate::inspection::{ModuleReport, Named, write_human};
use cap_std::AmbientAuthority;
use proofhouse_sandbox::limits::THREAD_STACK_BYTES;
use proofhouse_sandbox::{Limits, Verdict};
use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::thread;

/// What is too large to be used still has a digest, up to a size that takes some seconds.
const MAX_DIGEST_BYTES: u64 = 1 << 30;

pub(super) fn run(args: &Inspect, authority: AmbientAuthority) -> Result<ExitCode, Failure> {
    let module = guests::find(&args.module, authority).map_err(|e| Failure::usage(&e))?;
    let builds = module.checked.into_iter().map(|build| build.name).collect();
    let named = Named { name: args.module.display().to_string(), builds };
    let report = match module.wasm {
        Err(error) => {
            // Only a module's own path says which file was meant. What cannot be read now has no digest.
            let is_path = args.module.extension().is_some_and(|extension| extension == "wasm");
            let digest = is_path.then(|| files::digest(&args.module, MAX_DIGEST_BYTES, authority));
            ModuleReport::too_large(named, &error, digest.and_then(Result::ok))
        }
        Ok(wasm) => {
            let sandbox = check::sandbox(NonZeroUsize::MIN, authority)?;
            on_guest_stack(|| {
                let inspection = sandbox.inspect(&wasm, &Limits::default());
                ModuleReport::new(named, &wasm, &inspection)
            })?
        }
    };
    let mut to = io::BufWriter::new(io::stdout().lock());
    let written = match args.format {
        InspectFormat::Human => write_human(&report, &mut to, check::palette()),
        InspectFormat::Json => serde_json::to_writer_pretty(&mut to, &report)
            .map_err(io::Error::from)
            .and_then(|()| writeln!(to))
            .and_then(|()| to.flush()),
    };
    written.map_err(|error| Failure::Unjudged(format!("stdout: {error}")))?;
    let verdict = if report.is_usable() { Verdict::Accepted } else { Verdict::Inconclusive };
    Ok(exit::of(verdict))
}

/// Calls something that runs guests, on a thread with the stack that they need.
pub(super) fn on_guest_stack<T: Send>(call: impl FnOnce() -> T + Send) -> Result<T, Failure> {
    thread::scope(|scope| {
        let builder = thread::Builder::new().stack_size(THREAD_STACK_BYTES);
        let thread = builder.spawn_scoped(scope, call).map_err(|e| Failure::unjudged(&e))?;
        thread.join().map_err(|_| Failure::Unjudged("a thread of ours panicked".into()))
    })
}
