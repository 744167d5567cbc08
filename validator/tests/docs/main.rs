//! The documentation's commands: each page with `sh` blocks is a test that runs them in order, in a folder
//! of its own. A block that is not run says why; there is no other way out. [`page`] has the marks.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod compare;
mod folder;
mod page;
mod shell;
#[path = "../../../fixtures/skipped.rs"]
mod skips;

use libtest_mimic::{Arguments, Failed, Trial};
use page::{Action, Page};
use shell::Shell;
use skips::skipped;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap();
    let mut pages = vec![root.join("README.md")];
    collect(&root.join("docs"), &mut pages);
    pages.sort();
    let trials: Vec<Trial> = pages.iter().filter_map(|path| trial(&root, path)).collect();
    assert!(!trials.is_empty(), "no page has commands");
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn collect(folder: &Path, pages: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, pages);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            pages.push(path);
        }
    }
}

/// A test for a page that has commands. One whose commands need what this machine has not is listed as
/// ignored.
fn trial(root: &Path, path: &Path) -> Option<Trial> {
    let name = path.strip_prefix(root).unwrap().display().to_string();
    let text = fs::read_to_string(path).unwrap();
    let page = match Page::parse(&text) {
        Ok(page) => page,
        Err(problem) => return Some(Trial::test(name, move || Err(Failed::from(problem)))),
    };
    if !page.steps.iter().any(|step| step.action.is_command()) {
        return None;
    }
    let missing = page.needs.iter().find(|condition| !shell::holds(condition)).cloned();
    if let Some(condition) = &missing {
        skipped(format!("{name}: this does not work here: {condition}"));
    }
    let root = root.to_owned();
    Some(
        Trial::test(name.clone(), move || run(&root, &name, &page))
            .with_ignored_flag(missing.is_some()),
    )
}

fn run(root: &Path, name: &str, page: &Page) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    folder::fill(root, name, folder.path())?;
    let mut shell = Shell::new(folder.path())?;
    let mut said = String::new();
    for step in &page.steps {
        let at = |problem: String| Failed::from(format!("{name}:{}: {problem}", step.line));
        match &step.action {
            Action::File { path, text } => shell.write(path, text).map_err(at)?,
            Action::Run { commands } => {
                said.clear();
                for (command, code) in commands {
                    let ended = shell.run(command)?;
                    if ended.code != *code {
                        let found = format!("exit code {:?}, not {code}: {command}", ended.code);
                        return Err(at(format!("{found}\n{}{}", ended.stdout, ended.stderr)));
                    }
                    said.push_str(&ended.stdout);
                }
            }
            Action::Output { expected } => compare::output(expected, &said).map_err(at)?,
            Action::Skip => {}
        }
    }
    Ok(())
}
