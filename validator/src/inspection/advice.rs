//! What to change in a module to have it used, and to have it checked better.

use proofhouse_sandbox::instrument::{
    HeapFound, HeapOff, NamesFound, NullPageFound, Summary, Unguarded,
};
use proofhouse_sandbox::{Abi, Anatomy, Inspection, Linked, Unusable};
use serde::Serialize;

/// Names that one piece of advice lists.
const NAMED: usize = 5;
/// The linker's own default for the linear stack, in bytes: few chose it.
const DEFAULT_STACK_BYTES: u32 = 64 << 10;

/// One thing to change.
#[derive(Debug, Serialize)]
pub(super) struct Advice {
    /// What it is about, for programs.
    pub(super) code: &'static str,
    /// What to do, for people.
    pub(super) message: String,
}

/// What to change, what keeps it from being used first.
///
/// `has_checked_builds`: there are further builds, compiled for checks.
pub(super) fn of(inspection: &Inspection, has_checked_builds: bool) -> Vec<Advice> {
    let mut advice = List(Vec::new());
    entry_points(inspection, &mut advice);
    imports(inspection, &mut advice);
    memories(&inspection.anatomy, &mut advice);
    symbols(inspection, &mut advice);
    if let Ok(summary) = &inspection.rewriting {
        heap(summary, &mut advice);
        null_page(summary, &mut advice);
        builds(summary, &inspection.anatomy, has_checked_builds, &mut advice);
        if summary.own_stack_bytes == Some(DEFAULT_STACK_BYTES) {
            advice.add(
                "choose-stack-size",
                "the linear stack has the linker's default, 64 KiB; link with -Wl,-z,stack-size=BYTES if \
                 the interpreter has another one where it runs",
            );
        }
    }
    optional_exports(inspection, &mut advice);
    advice.0
}

struct List(Vec<Advice>);

impl List {
    fn add(&mut self, code: &'static str, message: impl Into<String>) {
        self.0.push(Advice { code, message: message.into() });
    }
}

fn entry_points(inspection: &Inspection, advice: &mut List) {
    match &inspection.abi {
        Err(Unusable::NoAbi { .. }) => advice.add(
            "export-entry-points",
            "export the functions of sandbox/sdk/c/proofhouse.h (in Rust: the macro \
             proofhouse_guest::export!), or LLVMFuzzerTestOneInput and malloc, or link a WASI command with \
             _start",
        ),
        Err(Unusable::MissingExport { name: "memory" }) => {
            advice.add("export-memory", "export the memory as `memory`, as wasm-ld does by itself");
        }
        Err(Unusable::MissingExport { name }) => {
            let message = format!("export `{name}`, such as with -Wl,--export={name}");
            advice.add("export-entry-points", message);
        }
        Err(Unusable::ExportType { name, expected, .. }) => {
            let message = format!("give `{name}` the type {expected}, as proofhouse.h declares it");
            advice.add("fix-export-type", message);
        }
        Err(Unusable::Component) => advice.add(
            "unwrap-component",
            "give the core module inside the component: build for wasm32-wasip1 instead of wasm32-wasip2",
        ),
        Err(_) | Ok(_) => {}
    }
}

fn imports(inspection: &Inspection, advice: &mut List) {
    let all = || inspection.anatomy.info.imports.iter().zip(&inspection.imports);
    let names = |wanted: fn(&Linked) -> bool| {
        let chosen = all().filter(move |(_, linked)| wanted(linked));
        let names: Vec<String> = chosen
            .map(|(import, _)| format!("{}.{}", import.module, import.name))
            .map(|name| super::cut(&name, 60))
            .collect();
        (!names.is_empty()).then(|| {
            let more = names.len().saturating_sub(NAMED);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let first: Vec<&str> = names.iter().take(NAMED).map(String::as_str).collect();
            format!("{}{more}", first.join(", "))
        })
    };
    if let Some(names) = names(|linked| matches!(linked, Linked::Unknown)) {
        advice.add(
            "remove-imports",
            format!(
                "link with what defines {names}: the sandbox provides the functions of proofhouse.h and \
                 of wasi_snapshot_preview1 only"
            ),
        );
    }
    if let Some(names) = names(|linked| matches!(linked, Linked::OtherType { .. })) {
        let message = format!("declare {names} with the type that is provided");
        advice.add("fix-import-type", message);
    }
    if let Some(names) = names(|linked| matches!(linked, Linked::NotAFunction)) {
        let message = format!("define {names} in the module: only functions are provided");
        advice.add("define-imports", message);
    }
    if let Some(names) = names(|linked| matches!(linked, Linked::Refused)) {
        advice.add(
            "refused-calls",
            format!("do without {names}: every call fails with ENOSYS, and reports list it"),
        );
    }
}

fn memories(anatomy: &Anatomy, advice: &mut List) {
    let any = |wanted: fn(&proofhouse_sandbox::Memory) -> bool| anatomy.memories.iter().any(wanted);
    if any(|memory| memory.imported) {
        advice.add("own-memory", "link without --import-memory");
    }
    if any(|memory| memory.has_64_bits) {
        advice.add("wasm32", "build for wasm32: memories with 64-bit addresses are not supported");
    }
    if any(|memory| memory.shared) {
        advice.add("no-threads", "build without threads: shared memory is not supported");
    }
    if anatomy.memories.len() > 1 {
        advice.add("one-memory", "use one memory: the others belong to the sandbox");
    }
}

fn symbols(inspection: &Inspection, advice: &mut List) {
    let names = inspection.rewriting.as_ref().ok().map(|summary| summary.names);
    match names {
        Some(NamesFound::Missing) => advice.add(
            "keep-names",
            "keep the name section (link without -s or --strip-all, run no wasm-strip): stacks then have \
             names, the allocator and libc's functions are recognised, and null pointers are caught",
        ),
        Some(NamesFound::Malformed) => advice.add(
            "repair-names",
            "the name section does not decode: rebuild with the toolchain's own linker",
        ),
        _ => {}
    }
    if names.is_some() && !inspection.anatomy.info.has_line_tables {
        advice.add(
            "add-lines",
            "compile with -gline-tables-only or -g (in Rust: debug = \"line-tables-only\"): stacks then \
             have files and lines",
        );
    }
}

fn heap(summary: &Summary, advice: &mut List) {
    let Some(HeapFound::Off { reason }) = &summary.heap else { return };
    let message = match reason {
        HeapOff::NotAsked | HeapOff::NoMemory => return,
        // That has been said, and names are more than exports.
        HeapOff::NoNames if summary.names == NamesFound::Missing => return,
        HeapOff::NoNames => "keep the name section: blocks of the heap are then checked".to_owned(),
        HeapOff::Nameless { function } => format!(
            "keep the names of all functions: function {function} has none and may be a part of the \
             allocator"
        ),
        HeapOff::NoAllocator => "no function has the name of an allocator's: an allocator of your own \
                                 should be called malloc, free, calloc and realloc; in Rust, build for \
                                 wasm32-wasip1, whose allocator is recognised"
            .to_owned(),
        HeapOff::NoMalloc => "there is a free and no malloc: keep the names of both".to_owned(),
        HeapOff::Imported { name } => {
            format!("link the allocator into the module: `{}` is imported", super::cut(name, 60))
        }
        HeapOff::WrongType { name } => {
            let name = super::cut(name, 60);
            format!("`{name}` has another type than libc's: rename it if it is no allocator's")
        }
        HeapOff::Ambiguous { name } => {
            format!("two functions are called `{}`: rename one", super::cut(name, 60))
        }
        HeapOff::TailCall { name } => {
            let name = super::cut(name, 60);
            format!("compile `{name}` without tail calls (-mno-tail-call)")
        }
        HeapOff::OtherWayIn { function } => format!(
            "function {function} gets memory from inside the allocator without calling malloc: let it \
             call malloc, or link an allocator whose parts are not called from elsewhere"
        ),
        _ => "the allocator is not checked".to_owned(),
    };
    advice.add("check-heap", message);
}

fn null_page(summary: &Summary, advice: &mut List) {
    let Some(NullPageFound::Unguarded { reason }) = &summary.null_page else { return };
    let message = match reason {
        Unguarded::UnknownLayout if summary.names == NamesFound::Missing => return,
        Unguarded::UnknownLayout => {
            "link with wasm-ld and keep the name of the global __stack_pointer: without it nothing is known of \
             the layout, and null pointers are not caught"
        }
        Unguarded::UnknownData => {
            "link without -shared and --experimental-pic: data goes to addresses that are not known, and \
             null pointers are not caught"
        }
        Unguarded::DataAtZero => {
            "link with -Wl,--stack-first or -Wl,--global-base=1024: data begins at address 0, and null \
             pointers are not caught"
        }
        _ => "null pointers are not caught",
    };
    advice.add("guard-null-page", message);
}

fn builds(summary: &Summary, anatomy: &Anatomy, has_checked_builds: bool, advice: &mut List) {
    let language = |name: &str| {
        let languages = anatomy.producers.iter().filter(|(field, ..)| field == "language");
        languages.map(|(_, language, _)| language.as_str()).any(|found| found.starts_with(name))
    };
    match summary.layout {
        None if has_checked_builds || language("Rust") => {}
        None => advice.add(
            "add-checked-build",
            "C and C++: build it also with the profile checked-O1 (sandbox/sdk/toolchain.sh --profile \
             checked-O1) and give both as a set (docs/sanitizer.md): variables, globals and undefined \
             behaviour are then checked",
        ),
        Some(layout) => {
            if !layout.stack {
                advice.add("check-stack", "no frame has redzones: compile with -mllvm -asan-stack=1");
            }
            if layout.stack && !layout.use_after_return {
                let message = "compile with -fsanitize-address-use-after-return=always";
                advice.add("check-use-after-return", message);
            }
            if !layout.globals {
                advice.add("check-globals", "no global has redzones: compile with -mllvm -asan-globals=1");
            }
            if !anatomy.checks_undefined_behaviour {
                advice.add(
                    "check-undefined-behaviour",
                    "no check of undefined behaviour shows: compile with -fsanitize=undefined",
                );
            }
        }
    }
}

fn optional_exports(inspection: &Inspection, advice: &mut List) {
    let Ok(Abi::Reactor) = inspection.abi else { return };
    let has = |name: &str| inspection.anatomy.info.export(name).is_some();
    if !has("proofhouse_describe") {
        advice.add(
            "describe",
            "export proofhouse_describe: reports then have its name and version, and directories its file \
             patterns",
        );
    }
    if !has("proofhouse_free") {
        let message = "export proofhouse_free: the buffers of events are then given back";
        advice.add("free-events", message);
    }
}
