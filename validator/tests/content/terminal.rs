//! A progress bar and a report that share a terminal: what stays there is the report and nothing else.

use crate::support::guests::guest;
use crate::support::program::{Ended, Program};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// Enough that a part of the report is written while the bar is there.
const FILES: usize = 400;

fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("obedient.wasm"), guest("obedient")).unwrap();
    for nth in 0..FILES {
        let order = ["accept", "refuse"][nth % 2];
        fs::write(folder.path().join(format!("{nth:03}.order")), order).unwrap();
    }
    folder
}

/// What the program writes to a terminal that is stdin, stdout and stderr; `redirected` is shell.
fn on_a_terminal(folder: &TempDir, arguments: &str, redirected: &str) -> String {
    let call = format!("'{}' {arguments} {redirected}", env!("CARGO_BIN_EXE_proofhouse"));
    let script = Program::new(folder.path()).program(Path::new("/usr/bin/script"));
    let script = script.env("SHELL", "/bin/sh").env("TERM", "xterm").env("NO_COLOR", "1");
    String::from_utf8(script.args(["-qec", &call, "/dev/null"]).run().stdout).unwrap()
}

/// The lines that are left of what is written to a terminal that is wide and high enough.
fn screen(written: &str) -> Vec<String> {
    let mut lines = vec![Vec::new()];
    let (mut row, mut column) = (0_usize, 0_usize);
    let mut rest = written.chars();
    while let Some(c) = rest.next() {
        match c {
            '\r' => column = 0,
            '\n' => {
                row += 1;
                lines.resize(lines.len().max(row + 1), Vec::new());
            }
            '\x1b' => {
                assert_eq!(rest.next(), Some('['), "{written:?}");
                let (mut count, mut command) = (String::new(), None);
                for c in rest.by_ref() {
                    if c.is_ascii_alphabetic() {
                        command = Some(c);
                        break;
                    }
                    count.push(c);
                }
                match command {
                    Some('A') => row = row.saturating_sub(count.parse().unwrap_or(1)),
                    Some('K') if count == "2" => lines[row].clear(),
                    Some('K') => lines[row].truncate(column),
                    _ => panic!("not understood: {count:?} {command:?} in {written:?}"),
                }
            }
            c => {
                let line = &mut lines[row];
                line.resize(line.len().max(column + 1), ' ');
                line[column] = c;
                column += 1;
            }
        }
    }
    let lines = lines.into_iter().map(|line| line.into_iter().collect::<String>());
    lines.map(|line| line.trim_end().to_owned()).collect()
}

/// The lines that go into a pipe, where there is nothing else.
fn in_a_pipe(folder: &TempDir, arguments: &str) -> Vec<String> {
    let Ended { stdout, stderr, code } =
        Program::new(folder.path()).args(arguments.split(' ')).run();
    assert_eq!((String::from_utf8_lossy(&stderr).as_ref(), code), ("", Some(1)), "no bar");
    let text = String::from_utf8(stdout).unwrap();
    text.split('\n').map(|line| line.trim_end().to_owned()).collect()
}

const BAR: &str = "/400 files";

#[test]
fn a_bar_and_a_report_on_one_terminal_do_not_meet() {
    let folder = folder();
    for format in ["human", "json"] {
        let call = format!("check -i obedient.wasm --format {format} .");
        let written = on_a_terminal(&folder, &call, "");
        assert!(written.contains(BAR), "{written:?}");
        assert_eq!(screen(&written), in_a_pipe(&folder, &call));
    }
}

#[test]
fn a_bar_is_for_a_terminal_and_more_than_a_handful_of_files() {
    let folder = folder();
    let all = "check -i obedient.wasm .";
    let written = on_a_terminal(&folder, all, ">report");
    assert!(written.contains(BAR), "stderr is one: {written:?}");
    let report = fs::read_to_string(folder.path().join("report")).unwrap();
    assert_eq!(report.split('\n').collect::<Vec<_>>(), in_a_pipe(&folder, all));
    assert!(!on_a_terminal(&folder, all, "2>log").contains(BAR), "stderr is none");
    assert_eq!(fs::read_to_string(folder.path().join("log")).unwrap(), "");

    let few: Vec<String> = (0..8).map(|nth| format!("{nth:03}.order")).collect();
    let few = format!("check -i obedient.wasm {}", few.join(" "));
    let written = on_a_terminal(&folder, &few, "");
    assert_eq!(screen(&written), in_a_pipe(&folder, &few));
    assert!(!written.contains(" files"), "{written:?}");

    let coverage = "coverage -i obedient.wasm .";
    let written = on_a_terminal(&folder, coverage, "");
    assert!(written.contains(BAR), "{written:?}");
    let piped = Program::new(folder.path()).args(coverage.split(' ')).run();
    let piped = String::from_utf8(piped.stdout).unwrap();
    let piped: Vec<&str> = piped.split('\n').map(str::trim_end).collect();
    assert_eq!(screen(&written), piped);
}
