//! The cache: an entry that is anything but intact and ours is compiled again.

use crate::common::with_guest_stack;
use crate::place::{CACHE, Place, cache_in, child_compiler, code_of, guest, no_compiler, open};
use proofhouse_sandbox::{CacheError, Compiler};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use std::fs::{self, OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::Path;
use std::process::{Command, ExitCode};

pub(crate) const TESTS: &[(&str, fn())] = &[
    ("a_second_opening_needs_no_compiler", a_second_opening_needs_no_compiler),
    ("an_empty_cache_serves_nothing", an_empty_cache_serves_nothing),
    ("another_module_is_another_entry", another_module_is_another_entry),
    ("the_directory_and_its_entries_are_private", the_directory_and_its_entries_are_private),
    ("a_byte_changed_anywhere_is_noticed", a_byte_changed_anywhere_is_noticed),
    ("an_entry_of_another_length_is_noticed", an_entry_of_another_length_is_noticed),
    ("an_entry_of_another_module_is_noticed", an_entry_of_another_module_is_noticed),
    ("an_entry_that_others_may_touch_is_refused", an_entry_that_others_may_touch_is_refused),
    ("an_entry_of_another_user_is_refused", an_entry_of_another_user_is_refused),
    ("an_entry_that_is_a_link_is_refused", an_entry_that_is_a_link_is_refused),
    ("an_entry_that_is_a_fifo_is_refused", an_entry_that_is_a_fifo_is_refused),
    ("an_entry_that_is_a_directory_does_no_harm", an_entry_that_is_a_directory_does_no_harm),
    ("a_directory_that_others_may_enter_is_refused", a_directory_that_others_may_enter_is_refused),
    ("a_directory_of_another_user_is_refused", a_directory_of_another_user_is_refused),
    ("a_file_in_place_of_the_directory_is_refused", a_file_in_place_of_the_directory_is_refused),
    ("a_directory_that_is_gone_does_no_harm", a_directory_that_is_gone_does_no_harm),
    ("a_directory_without_write_permission_does_no_harm", without_write_permission_does_no_harm),
    ("what_a_killed_process_left_does_no_harm", what_a_killed_process_left_does_no_harm),
    ("processes_at_once_do_not_disturb_each_other", processes_at_once_do_not_disturb_each_other),
];

/// The guest of most tests, and the code with which it rejects.
const CODE: u8 = 7;

fn a_second_opening_needs_no_compiler() {
    let place = Place::with_entry(&guest(CODE));
    let interpreter = open(&guest(CODE), no_compiler(), Some(place.cache())).unwrap();
    assert_eq!(code_of(&interpreter), i32::from(CODE));
}

fn an_empty_cache_serves_nothing() {
    assert!(!Place::new().hits(&guest(CODE)));
}

fn another_module_is_another_entry() {
    let place = Place::with_entry(&guest(1));
    assert!(!place.hits(&guest(2)));
    place.open(&guest(2));
    assert!(place.hits(&guest(1)) && place.hits(&guest(2)));
    assert_eq!(place.entries().len(), 2);
}

fn the_directory_and_its_entries_are_private() {
    let place = Place::with_entry(&guest(CODE));
    let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o7777;
    assert_eq!(mode(&place.cache_path()), 0o700);
    assert_eq!(mode(&place.entry()), 0o600);
}

/// After damage the entry is not used, the guest is compiled again, and the entry is whole again.
fn is_compiled_again(place: &Place, what: &str) {
    assert!(!place.hits(&guest(CODE)), "{what}");
    assert_eq!(code_of(&place.open(&guest(CODE))), i32::from(CODE), "{what}");
    assert!(place.hits(&guest(CODE)), "{what}");
}

fn a_byte_changed_anywhere_is_noticed() {
    let place = Place::with_entry(&guest(CODE));
    let whole = fs::read(place.entry()).unwrap();
    let last = whole.len() - 1;
    // Magic, key, digest, and the artefact's first, middle and last byte.
    for at in [0, 7, 8, 39, 40, 71, 72, whole.len() / 2, last] {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x40;
        fs::write(place.entry(), damaged).unwrap();
        is_compiled_again(&place, &format!("byte {at} of {}", whole.len()));
    }
}

fn an_entry_of_another_length_is_noticed() {
    let place = Place::with_entry(&guest(CODE));
    let whole = fs::read(place.entry()).unwrap();
    for length in [0, 1, 8, 40, 71, 72, 73, whole.len() / 2, whole.len() - 1] {
        fs::write(place.entry(), &whole[..length]).unwrap();
        is_compiled_again(&place, &format!("{length} of {}", whole.len()));
    }
    OpenOptions::new().append(true).open(place.entry()).unwrap().write_all(b"\0").unwrap();
    is_compiled_again(&place, "one byte more");
}

fn an_entry_of_another_module_is_noticed() {
    let place = Place::with_entry(&guest(CODE));
    let ours = place.entry();
    place.open(&guest(9));
    let other = place.entries().into_iter().find(|path| *path != ours).unwrap();
    fs::rename(other, &ours).unwrap();
    is_compiled_again(&place, "another module's entry");
}

fn an_entry_that_others_may_touch_is_refused() {
    let place = Place::with_entry(&guest(CODE));
    for mode in [0o620, 0o660, 0o604, 0o640, 0o602] {
        fs::set_permissions(place.entry(), Permissions::from_mode(mode)).unwrap();
        is_compiled_again(&place, &format!("mode {mode:o}"));
    }
}

/// Only root can make a file somebody else's, so elsewhere this checks nothing.
fn an_entry_of_another_user_is_refused() {
    let place = Place::with_entry(&guest(CODE));
    if chown(place.entry(), Some(NOBODY), None).is_ok() {
        is_compiled_again(&place, "another user's entry");
    }
}

fn an_entry_that_is_a_link_is_refused() {
    let place = Place::with_entry(&guest(CODE));
    let elsewhere = place.path().join("elsewhere");
    for target in [elsewhere.as_path(), Path::new("inside"), Path::new("/dev/zero")] {
        let entry = place.entry();
        if target.has_root() {
            fs::copy(&entry, &elsewhere).unwrap();
        }
        fs::rename(&entry, place.cache_path().join("inside")).unwrap();
        symlink(target, &entry).unwrap();
        is_compiled_again(&place, &format!("a link to {}", target.display()));
        fs::remove_file(place.cache_path().join("inside")).unwrap();
    }
}

fn an_entry_that_is_a_fifo_is_refused() {
    let place = Place::with_entry(&guest(CODE));
    let entry = place.entry();
    fs::remove_file(&entry).unwrap();
    mknodat(CWD, &entry, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    is_compiled_again(&place, "a FIFO");
}

fn an_entry_that_is_a_directory_does_no_harm() {
    let place = Place::with_entry(&guest(CODE));
    let entry = place.entry();
    fs::remove_file(&entry).unwrap();
    fs::create_dir(&entry).unwrap();
    assert!(!place.hits(&guest(CODE)));
    assert_eq!(code_of(&place.open(&guest(CODE))), i32::from(CODE));
    assert_eq!(place.entry(), entry, "nothing is left beside it");
}

fn a_directory_that_others_may_enter_is_refused() {
    let place = Place::with_entry(&guest(CODE));
    for mode in [0o755, 0o750, 0o770, 0o701, 0o777] {
        fs::set_permissions(place.cache_path(), Permissions::from_mode(mode)).unwrap();
        match cache_in(place.path()) {
            Err(CacheError::NotPrivate { mode: found, .. }) => assert_eq!(found, mode),
            other => panic!("{mode:o}: {other:?}"),
        }
    }
}

fn a_directory_of_another_user_is_refused() {
    let place = Place::with_entry(&guest(CODE));
    if chown(place.cache_path(), Some(NOBODY), None).is_ok() {
        let refusal = cache_in(place.path());
        assert!(
            matches!(refusal, Err(CacheError::NotPrivate { owner: NOBODY, .. })),
            "{refusal:?}"
        );
    }
}

fn a_file_in_place_of_the_directory_is_refused() {
    let place = Place::new();
    fs::write(place.cache_path(), "not a directory").unwrap();
    assert!(matches!(cache_in(place.path()), Err(CacheError::Io(_))));
}

fn a_directory_that_is_gone_does_no_harm() {
    let place = Place::new();
    let cache = place.cache();
    fs::remove_dir(place.cache_path()).unwrap();
    let interpreter = open(&guest(CODE), Compiler::InProcess, Some(cache)).unwrap();
    assert_eq!(code_of(&interpreter), i32::from(CODE));
}

/// Root may write anywhere; then this only shows that nothing breaks.
fn without_write_permission_does_no_harm() {
    let place = Place::new();
    let cache = place.cache();
    fs::set_permissions(place.cache_path(), Permissions::from_mode(0o500)).unwrap();
    let interpreter = open(&guest(CODE), Compiler::InProcess, Some(cache)).unwrap();
    assert_eq!(code_of(&interpreter), i32::from(CODE));
}

fn what_a_killed_process_left_does_no_harm() {
    let place = Place::with_entry(&guest(CODE));
    let entry = place.entry();
    let mut left = entry.clone().into_os_string();
    left.push(".0123456789abcdef.tmp");
    let half = fs::read(&entry).unwrap();
    fs::write(&left, &half[..half.len() / 2]).unwrap();
    assert!(place.hits(&guest(CODE)));
    fs::remove_file(&entry).unwrap();
    is_compiled_again(&place, "half an entry under a temporary name");
}

fn processes_at_once_do_not_disturb_each_other() {
    let place = Place::new();
    let start = || {
        let mut process = Command::new(std::env::current_exe().unwrap());
        process.arg(crate::OPEN).arg(place.path()).spawn().unwrap()
    };
    let processes = [start(), start(), start()];
    for mut process in processes {
        assert!(process.wait().unwrap().success());
    }
    // One entry, and nothing temporary beside it.
    assert_eq!(place.entries(), [place.entry()]);
    assert!(place.hits(&guest(CODE)));
}

/// What one of those processes does.
pub(crate) fn open_guest(folder: &Path) -> ExitCode {
    assert!(folder.join(CACHE).exists() || folder.exists());
    let cache = cache_in(folder).unwrap();
    let interpreter = open(&guest(CODE), child_compiler(), Some(cache)).unwrap();
    let code = with_guest_stack(|| code_of(&interpreter));
    if code == i32::from(CODE) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A user that is not the one who runs the tests.
const NOBODY: u32 = 65_534;
