//! `proofhouse fuzz` and its kin on what goes wrong: corpora that hold something else than files, flags that are
//! none, case files that are none, and disks that are full.

#![cfg(all(feature = "fuzz", unix))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a failed assumption is a failed test"
)]

mod support;

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;
use support::guests::reference_interpreter;
use support::program::{Ended, Program};
use support::room::{Room, check, said};
use support::skipped;

/// The user `nobody` on most systems; that nobody owns the files is all that matters.
const NOBODY: u32 = 65534;
/// Larger than what is read of anything.
const HUGE_BYTES: u64 = 1 << 30;

fn huge(path: &Path) {
    File::create(path).unwrap().set_len(HUGE_BYTES).unwrap();
}

fn fifo(path: &Path) {
    let made = Command::new("mkfifo").arg(path).status().unwrap();
    assert!(made.success(), "{}", path.display());
}

/// What is put at a path.
type Put = fn(&Path);

#[test]
fn a_corpus_with_something_else_than_files_is_refused() {
    let table: [(&str, Put, &str); 8] = [
        ("fifo", fifo, "it is a FIFO"),
        ("socket", |path| drop(UnixListener::bind(path).unwrap()), "it is a socket"),
        ("link-to-device", |path| symlink("/dev/zero", path).unwrap(), "leads out of"),
        (
            "link-to-fifo",
            |path| {
                fifo(&path.with_file_name("other-fifo"));
                symlink("other-fifo", path).unwrap();
            },
            "it is a FIFO",
        ),
        ("dangling", |path| symlink("nothing", path).unwrap(), "leads to nothing"),
        ("loop", |path| symlink("loop", path).unwrap(), "leads to nothing"),
        ("link-that-leaves", |path| symlink("../quiet.chan", path).unwrap(), "leads out of"),
        ("link-to-directory", |path| symlink(".", path).unwrap(), "link to a directory"),
    ];
    for (name, put, reason) in table {
        let room = Room::new();
        put(&room.path("corpus").join(name));
        for corpus in [&["corpus"][..], &["new/", "corpus"]] {
            let ended = room.fuzz("7.11", &[corpus, &["--", "-runs=1"]].concat()).run();
            check(name, &ended, 2, &["error: corpus corpus/", reason]);
            assert!(!room.path("new").exists(), "{name}");
        }
        let interpreter = reference_interpreter("channel-7.11.wasm");
        let merge = ["corpus", "merge", "-i", interpreter.to_str().unwrap(), "small", "corpus"];
        check(name, &room.program(&merge).run(), 2, &["error: corpus corpus/", reason]);
        assert!(!room.path("small").exists(), "{name}");
        if name != "link-to-directory" {
            let ended = room.program(&["corpus", "stats", "corpus"]).run();
            check(name, &ended, 2, &["error: corpus corpus/", reason]);
        }
    }
}

#[test]
fn what_is_named_itself_is_a_file_of_a_sane_size_or_refused() {
    let table: [(&str, Put, &str); 4] = [
        ("fifo", fifo, "it is a FIFO"),
        ("huge", huge, "over the limit of"),
        ("missing.chan", |_| (), "no such file"),
        ("dangling.chan", |path| symlink("nothing", path).unwrap(), "leads to nothing"),
    ];
    for (name, put, reason) in table {
        let room = Room::new();
        put(&room.path(name));
        check(name, &room.fuzz("7.11", &[name]).run(), 2, &["error: corpus ", name, reason]);
        let crash = ["--", "-minimize_crash=1", "-runs=1", name];
        check(name, &room.fuzz("7.11", &crash).run(), 2, &["error: corpus ", name, reason]);
    }
}

#[test]
fn content_without_a_file_is_refused() {
    let room = Room::new();
    fs::create_dir_all(room.path("nothing/deeper")).unwrap();
    let ended = room.fuzz("7.11", &["-c", "nothing", "--", "-runs=1"]).run();
    check("nothing", &ended, 2, &["error: content nothing: there is no file in it"]);
    let ended = room.fuzz("7.11", &["new", "-c", "nothing", "--", "-runs=1"]).run();
    check("new", &ended, 2, &["error: content nothing: there is no file in it"]);
    assert!(!room.path("new").exists());
}

#[test]
fn what_a_flag_names_is_a_regular_file_or_refused() {
    let room = Room::new();
    fifo(&room.path("fifo"));
    fs::create_dir(room.path("traces")).unwrap();
    fifo(&room.path("traces/fifo"));
    huge(&room.path("huge"));
    fs::write(room.path("list"), "quiet.chan,fifo").unwrap();
    let mut flags: Vec<String> = Vec::new();
    let files = [
        "dict=",
        "seed_inputs=",
        "seed_inputs=@",
        "seed_inputs=quiet.chan,",
        "stop_file=",
        "mutation_graph_file=",
        "merge_control_file=",
        "exact_artifact_path=",
    ];
    for flag in files {
        flags.extend(["fifo", "/dev/zero", "corpus"].map(|path| format!("-{flag}{path}")));
    }
    for flag in ["data_flow_trace=", "features_dir="] {
        flags.extend(["fifo", "/dev/zero", "quiet.chan"].map(|path| format!("-{flag}{path}")));
    }
    flags.extend(
        [
            "dict=huge",
            "seed_inputs=huge",
            "dict=none",
            "seed_inputs=none",
            "data_flow_trace=traces",
        ]
        .map(|flag| format!("-{flag}")),
    );
    flags.push("-seed_inputs=@list".into());
    for flag in flags {
        let ended = room.fuzz("7.11", &["corpus", "--", "-runs=1", &flag]).run();
        let name = flag.split('=').next().unwrap();
        check(&flag, &ended, 2, &["error: libFuzzer's flag ", name]);
    }
    // What is not there yet is made.
    let flags = ["-mutation_graph_file=new graph", "-stop_file=none", "-runs=300", "-seed=1"];
    let ended = room.fuzz("7.11", &[&["corpus", "--"], &flags[..]].concat()).run();
    check("made", &ended, 0, &[]);
    assert!(room.path("new graph").is_file());
}

#[test]
fn flags_that_libfuzzer_does_not_take_are_refused() {
    let room = Room::new();
    let table = [
        ("-bogus=1", "none of that name"),
        ("--runs=1", "none of that name"),
        ("-", "none of that name"),
        ("-help", "takes a value"),
        ("-runs=abc", "whole number"),
        ("-runs=", "whole number"),
        ("-runs=3000000000", "whole number"),
        ("-seed=-1", "not negative"),
        ("-jobs=two", "not negative"),
        ("-seed_inputs=", "files are needed"),
        ("-minimize_crash=1", "one input"),
        ("-cleanse_crash=1", "one input"),
    ];
    for (flag, word) in table {
        let ended = room.fuzz("7.11", &["--", flag]).run();
        check(flag, &ended, 2, &["error: libFuzzer's flag ", flag.trim_end_matches("=1"), word]);
    }
    for rest in [
        &["corpus", "--", "-minimize_crash=1"][..],
        &["quiet.chan", "quiet.chan", "--", "-minimize_crash=1"],
        &["quiet.chan", "--", "-cleanse_crash=1"],
    ] {
        check(&rest.join(" "), &room.fuzz("7.11", rest).run(), 2, &["_crash: it "]);
    }
    // Every flag that libFuzzer lists is known, as what it is.
    let help = room.fuzz("7.11", &["--", "-help=1"]).run();
    check("help", &help, 0, &[]);
    let said = said(&help);
    let rows = said.lines().filter_map(|line| line.strip_prefix(' ')?.split_once('\t'));
    let names: Vec<&str> = rows.map(|(name, _)| name.trim()).collect();
    assert!(names.len() > 70 && names.contains(&"create_missing_dirs"), "{names:?}");
    let skipped = ["seed_inputs", "dict", "data_flow_trace", "minimize_crash", "cleanse_crash"];
    let flags = names.iter().filter(|name| !skipped.contains(name));
    let flags: Vec<String> = flags.map(|name| format!("-{name}=1")).collect();
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    check("all", &room.fuzz("7.11", &[&["--"], &flags[..]].concat()).run(), 0, &["Usage:"]);
}

#[test]
fn files_in_folders_links_to_them_and_huge_files_are_a_corpus() {
    let room = Room::new();
    fs::create_dir(room.path("corpus/deep")).unwrap();
    fs::copy(room.path("quiet.chan"), room.path("corpus/deep/file")).unwrap();
    symlink("deep/file", room.path("corpus/link")).unwrap();
    huge(&room.path("corpus/huge"));
    let ended = room.fuzz("7.11", &["corpus", "--", "-runs=200", "-seed=1"]).run();
    check("corpus", &ended, 0, &["warning: corpus corpus/huge: has more than 1 MiB"]);
    let ended = room.program(&["corpus", "stats", "corpus"]).run();
    check("stats", &ended, 2, &["corpus/huge", "over the limit of"]);
}

#[test]
fn a_directory_for_new_inputs_is_made_and_others_are_not() {
    // Corpora; the exit code; what is made.
    let table: [(&[&str], i32, Option<&str>); 5] = [
        (&["new"], 0, Some("new")),
        (&["new.d/"], 0, Some("new.d")),
        (&["new.chan"], 2, None),
        (&["nowhere/new"], 2, None),
        (&["corpus", "new"], 2, None),
    ];
    for (corpora, code, made) in table {
        let room = Room::new();
        let ended = room.fuzz("7.11", &[corpora, &["--", "-runs=300", "-seed=1"]].concat()).run();
        check(corpora[0], &ended, code, &[]);
        assert_eq!(made.is_some(), room.files("new").len() + room.files("new.d").len() > 0);
        if code == 2 {
            check(corpora[0], &ended, code, &["error: corpus "]);
        }
    }
}

#[test]
fn what_may_not_be_read_is_left_out_and_named() {
    let room = Room::new();
    let allow = |name: &str, mode| {
        fs::set_permissions(room.path(name), Permissions::from_mode(mode)).unwrap();
    };
    fs::write(room.path("corpus/closed"), "x").unwrap();
    fs::create_dir(room.path("corpus/folder")).unwrap();
    for name in ["cache", "findings"] {
        fs::create_dir(room.path(name)).unwrap();
        allow(name, 0o777);
    }
    allow("", 0o777);
    allow("corpus", 0o777);
    allow("corpus/closed", 0o000);
    let mut program = room.fuzz("7.11", &["corpus", "--", "-runs=100", "-seed=1"]);
    program = program.env("XDG_CACHE_HOME", room.path("cache"));
    if fs::read(room.path("corpus/closed")).is_ok() {
        // Root may read everything, so the program runs as somebody else.
        program = program.user(NOBODY);
    }
    match program.start() {
        // The program may lie where nobody else can reach it.
        Err(error) => skipped(format!("cannot run as another user: {error}")),
        Ok(running) => {
            check("file", &running.end(), 0, &["warning: corpus corpus/closed: may not be read"]);
            allow("corpus/folder", 0o000);
            let ended = program.run();
            check("folder", &ended, 2, &["error: corpus corpus/folder/: permission denied"]);
        }
    }
    allow("corpus/folder", 0o700);
}

#[test]
fn what_is_no_case_file_is_refused() {
    let good = fs::read(
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../fixtures/regressions/outage-from-quiet-content.case"),
    )
    .unwrap();
    let newer = [&good[..8], &[2, 0], &good[10..]].concat();
    // Every number of the format has at most nine bytes; these are lengths of 2^64 - 1.
    let absurd = [&good[..10], &[253; 1], &[255; 8], &good[10..]].concat();
    let mut files: Vec<(String, Vec<u8>)> = vec![
        ("empty".into(), Vec::new()),
        ("newer".into(), newer),
        ("absurd".into(), absurd),
        ("trailing".into(), [&good[..], b"x"].concat()),
        ("other".into(), good[1..].to_vec()),
    ];
    files.extend(
        [4, 9, 10, 11, 40, good.len() / 2, good.len() - 1]
            .map(|length| (format!("truncated to {length}"), good[..length].to_vec())),
    );
    let room = Room::new();
    fs::create_dir(room.path("folder.case")).unwrap();
    huge(&room.path("huge.case"));
    fifo(&room.path("fifo.case"));
    symlink("/dev/zero", room.path("device.case")).unwrap();
    let mut names: Vec<String> =
        ["folder.case", "huge.case", "fifo.case", "device.case", "missing.case"]
            .map(String::from)
            .into();
    for (name, bytes) in files {
        let name = format!("{name}.case");
        fs::write(room.path(&name), bytes).unwrap();
        names.push(name);
    }
    let interpreter = reference_interpreter("channel-7.10.wasm");
    let interpreter = interpreter.to_str().unwrap();
    for name in &names {
        for call in [
            &["reproduce", "-i", interpreter, name][..],
            &["minimize", "-i", interpreter, "-o", "small.case", name],
            &["corpus", "export", name],
        ] {
            check(name, &room.program(call).run(), 2, &["error: case ", name]);
        }
    }
    assert!(!room.path("small.case").exists());
}

#[test]
fn a_case_for_another_interpreter_is_run_and_told_apart() {
    let room = Room::new();
    let interpreter = reference_interpreter("channel-7.11.wasm");
    let interpreter = interpreter.to_str().unwrap();
    let ended = room.program(&["reproduce", "-i", interpreter, "good.case"]).run();
    check("reproduce", &ended, 1, &["interpreter  sha256:", "instead of  sha256:"]);
    let ended = room.program(&["minimize", "-i", interpreter, "good.case"]).run();
    check("minimize", &ended, 2, &["does not end here as it says"]);
    // The box has no such interpreter.
    let ended = room.program(&["reproduce", "good.case"]).run();
    check("box", &ended, 2, &["--interpreter"]);
    assert!(!room.path("good.min.case").exists());
}

#[test]
fn a_finding_that_cannot_be_kept_is_no_success() {
    let flags = ["--", "-runs=20000", "-seed=7"];
    let first = Room::new();
    check("first", &first.fuzz("7.10", &flags).run(), 1, &["finding: trapped"]);
    let crash = first.files("findings").into_iter().find(|path| path.extension().is_none());
    let crash = crash.unwrap().file_name().unwrap().to_str().unwrap().to_owned();
    // The same run finds the same input first, and something stands in its way.
    for name in [crash.clone(), format!("{crash}.case")] {
        let room = Room::new();
        fs::create_dir_all(room.path("findings").join(&name)).unwrap();
        let ended = room.fuzz("7.10", &flags).run();
        check(&name, &ended, 3, &["a finding cannot be written", "findings could not be kept"]);
        assert!(!String::from_utf8_lossy(&ended.stderr).contains("proofhouse: finding: "));
    }
    // A result that cannot be written is none, either.
    fs::create_dir(first.path("small.case")).unwrap();
    let interpreter = reference_interpreter("channel-7.10.wasm");
    let minimize =
        ["minimize", "-i", interpreter.to_str().unwrap(), "-o", "small.case", "good.case"];
    check("minimize", &first.program(&minimize).run(), 2, &["small.case"]);
}

/// Fuzzes with a disk of one page in a folder of the room; `None` where a user may have none of his own.
fn with_full_disk(room: &Room, folder: &str, version: &str, rest: &str) -> Option<Ended> {
    let interpreter = reference_interpreter(&format!("channel-{version}.wasm"));
    let script = format!(
        "mount -t tmpfs -o size=4k none {folder} || exit 99
         '{}' fuzz -i '{}' -e events.json -c quiet.chan {rest}",
        env!("CARGO_BIN_EXE_proofhouse"),
        interpreter.display()
    );
    let unshare = Program::new(room.0.path()).env("PATH", std::env::var("PATH").unwrap());
    let unshare = unshare.env("TMPDIR", room.0.path()).program(Path::new("/usr/bin/unshare"));
    match unshare.args(["--mount", "--map-root-user", "sh", "-c", &script]).start() {
        Err(error) => skipped(format!("no unshare: {error}")),
        Ok(running) => {
            let ended = running.end();
            if !said(&ended).contains("unshare:") && ended.code != Some(99) {
                return Some(ended);
            }
            skipped(format!("no disk of one's own: {}", said(&ended)));
        }
    }
    None
}

/// There is room for the input, but not for its case.
#[test]
fn a_full_disk_is_no_success() {
    let room = Room::new();
    fs::create_dir(room.path("findings")).unwrap();
    if let Some(ended) = with_full_disk(&room, "findings", "7.10", "-- -runs=20000 -seed=7") {
        check("full", &ended, 3, &["a finding cannot be written", "could not be kept"]);
    }
}

/// There is room for one entry.
#[test]
fn a_full_disk_for_the_corpus_is_no_success() {
    let room = Room::new();
    if let Some(ended) = with_full_disk(&room, "corpus", "7.11", "corpus -- -runs=3000 -seed=7") {
        check("full", &ended, 3, &[" cannot be written: ", "inputs could not be kept: "]);
        // Once, and nobody is told of the others.
        let said = said(&ended);
        assert_eq!(said.matches(" cannot be written: ").count(), 1, "{said}");
        assert!(said.matches("\tNEW").count() <= 1, "{said}");
    }
}
