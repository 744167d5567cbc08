//! What the commands of a test said and returned, as one text.

use crate::script::{Script, Step};
use crate::support::program::{Ended, Program, Stdout};
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

/// Lines of a JSON report that a release or another default changes in every report alike. What stands
/// there is the business of tests of their own.
const UNSTEADY: [&str; 3] = ["\"tool\":", "\"policy\":", "\"limits\":"];

/// Runs a test in a folder of its own.
///
/// # Errors
/// If a repeated command did not do the same again, or a test makes no sense.
pub(crate) fn of(script: &Script) -> Result<String, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let mut program = Program::new(folder.path());
    let mut stdout = Stdout::Kept;
    let mut last: Option<(Program, Ended)> = None;
    let mut text = String::new();
    for step in &script.steps {
        match step {
            Step::Make(recipe) => recipe.make(folder.path()),
            Step::Env { name, value } => program = program.env(name, value),
            Step::StdoutClosed => stdout = Stdout::BrokenPipe,
            Step::StdoutFull => stdout = Stdout::Full,
            Step::Run { line, arguments } => {
                let call = program.clone().args(arguments).stdout(stdout);
                let ended = call.run();
                let _ = writeln!(text, "$ proofhouse {line}");
                write(&mut text, &ended);
                stdout = Stdout::Kept;
                last = Some((call, ended));
            }
            Step::Again { line, arguments } => {
                let (call, first) = last.as_ref().ok_or("nothing to do again")?;
                let ended = call.clone().args(arguments).run();
                if ended != *first {
                    let mut found = String::new();
                    write(&mut found, &ended);
                    return Err(format!("`again {line}` is not the same:\n{found}"));
                }
                let _ = writeln!(text, "$ (again) {line}\n[the same]\n");
            }
            Step::List { path } => {
                let names = names(&folder.path().join(path));
                let names = names.map_err(|error| format!("{}: {error}", path.display()))?;
                let _ = writeln!(text, "$ (list) {}\n{}", path.display(), names.join("\n"));
                text.push('\n');
            }
            Step::Show { path } => {
                let shown = fs::read(folder.path().join(path));
                let shown = shown.map_err(|error| format!("{}: {error}", path.display()))?;
                let _ = writeln!(text, "$ (show) {}", path.display());
                section(&mut text, "file", &shown);
                text.push('\n');
            }
        }
    }
    Ok(text)
}

fn names(folder: &Path) -> io::Result<Vec<String>> {
    let names = fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name().display().to_string()));
    let mut names = names.collect::<io::Result<Vec<String>>>()?;
    names.sort();
    Ok(names)
}

fn write(text: &mut String, ended: &Ended) {
    section(text, "stdout", &ended.stdout);
    section(text, "stderr", &ended.stderr);
    match ended.code {
        Some(code) => writeln!(text, "[exit {code}]\n"),
        None => writeln!(text, "[ended by a signal]\n"),
    }
    .unwrap();
}

/// What was written, if anything was: lines as they are, what is no text escaped.
fn section(text: &mut String, name: &str, bytes: &[u8]) {
    if bytes.is_empty() {
        return;
    }
    let _ = writeln!(text, "[{name}]");
    let mut shown = String::new();
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\n' => shown.push('\n'),
                c if c.is_control() => shown.extend(c.escape_default()),
                c => shown.push(c),
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(shown, "\\x{byte:02x}");
        }
    }
    for line in shown.split_inclusive('\n') {
        text.push_str(&steady(line));
    }
    if !shown.ends_with('\n') {
        text.push_str("\n[no line feed]\n");
    }
}

/// The line, without what is unsteady in it.
fn steady(line: &str) -> String {
    match UNSTEADY.iter().find(|member| line.starts_with(**member)) {
        Some(member) => format!("{member}(...),\n"),
        None => line.to_owned(),
    }
}
