//! libFuzzer's flags as the user gives them, looked at before libFuzzer sees them.
//!
//! libFuzzer goes on with a warning after a flag that it does not know, takes what is no number for 0, reads a FIFO
//! or a device for ever, and starts to work on a crash that nobody named.

use super::corpora::{self, MAX_NAMED_BYTES};
use crate::cli::Failure;
use crate::cli::files::{self, FileError};
use cap_std::AmbientAuthority;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// Largest file in which a merge notes what it has done: some hundred bytes for each input.
const MAX_CONTROL_BYTES: u64 = 1 << 30;
/// Inputs that may be named in one flag.
const MAX_INPUTS: usize = 65_536;

/// What a flag's value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A number of 32 bits.
    Number,
    /// The same without a sign.
    Natural,
    Text,
    /// A file that is read.
    File,
    /// Files that are read, or a file that lists them.
    Files,
    /// A directory of which files are read.
    Directory,
    /// A file that need not be there.
    Perhaps,
    /// The same, but the directory that it is in has to be.
    Made,
    /// What the paths of files to be made begin with, or the directory that they are to be in.
    Prefix,
}
use Kind::{Directory, File, Files, Made, Natural, Number, Perhaps, Prefix, Text};

/// All flags, in the order of libFuzzer's `FuzzerFlags.def`.
#[rustfmt::skip]
const FLAGS: [(&str, Kind); 85] = [
    ("verbosity", Number),
    ("seed", Natural),
    ("runs", Number),
    ("max_len", Number),
    ("len_control", Number),
    ("seed_inputs", Files),
    ("keep_seed", Number),
    ("cross_over", Number),
    ("cross_over_uniform_dist", Number),
    ("mutate_depth", Number),
    ("reduce_depth", Number),
    ("shuffle", Number),
    ("prefer_small", Number),
    ("timeout", Number),
    ("error_exitcode", Number),
    ("timeout_exitcode", Number),
    ("max_total_time", Number),
    ("help", Number),
    ("fork", Number),
    ("fork_corpus_groups", Number),
    ("ignore_timeouts", Number),
    ("ignore_ooms", Number),
    ("ignore_crashes", Number),
    ("merge", Number),
    ("set_cover_merge", Number),
    ("stop_file", Perhaps),
    ("merge_inner", Text),
    ("merge_control_file", Made),
    ("minimize_crash", Number),
    ("cleanse_crash", Number),
    ("minimize_crash_internal_step", Number),
    ("features_dir", Prefix),
    ("mutation_graph_file", Perhaps),
    ("use_counters", Number),
    ("use_memmem", Number),
    ("use_value_profile", Number),
    ("use_cmp", Number),
    ("shrink", Number),
    ("reduce_inputs", Number),
    ("jobs", Natural),
    ("workers", Natural),
    ("reload", Number),
    ("report_slow_units", Number),
    ("only_ascii", Number),
    ("dict", File),
    ("artifact_prefix", Prefix),
    ("exact_artifact_path", Made),
    ("print_pcs", Number),
    ("print_funcs", Number),
    ("print_final_stats", Number),
    ("print_corpus_stats", Number),
    ("print_coverage", Number),
    ("print_full_coverage", Number),
    ("dump_coverage", Number),
    ("handle_segv", Number),
    ("handle_bus", Number),
    ("handle_abrt", Number),
    ("handle_ill", Number),
    ("handle_fpe", Number),
    ("handle_int", Number),
    ("handle_term", Number),
    ("handle_trap", Number),
    ("handle_xfsz", Number),
    ("handle_usr1", Number),
    ("handle_usr2", Number),
    ("handle_winexcept", Number),
    ("close_fd_mask", Number),
    ("detect_leaks", Number),
    ("purge_allocator_interval", Number),
    ("trace_malloc", Number),
    ("rss_limit_mb", Number),
    ("malloc_limit_mb", Number),
    ("exit_on_src_pos", Text),
    ("exit_on_item", Text),
    ("ignore_remaining_args", Number),
    ("focus_function", Text),
    ("entropic", Number),
    ("entropic_feature_frequency_threshold", Number),
    ("entropic_number_of_rarest_features", Number),
    ("entropic_scale_per_exec_time", Number),
    ("analyze_dict", Number),
    ("use_clang_coverage", Text),
    ("data_flow_trace", Directory),
    ("collect_data_flow", Text),
    ("create_missing_dirs", Number),
];

/// The kind of the flag of that name, if there is one.
pub(super) fn kind(name: &str) -> Option<Kind> {
    FLAGS.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind)
}

/// Name and value of a flag; `None` for what is an input.
pub(super) fn parts(flag: &OsStr) -> Option<(&str, Option<&OsStr>)> {
    let flag = flag.as_bytes().strip_prefix(b"-")?;
    let at = flag.iter().position(|byte| *byte == b'=').unwrap_or(flag.len());
    let (name, value) = flag.split_at_checked(at)?;
    // A name that is no text is none of a flag.
    Some((str::from_utf8(name).unwrap_or_default(), value.get(1..).map(OsStr::from_bytes)))
}

/// The last value of the flag of that name, which is the one that counts.
fn value<'f>(flags: &'f [OsString], name: &str) -> Option<&'f OsStr> {
    let is_it = |flag: &'f OsString| match parts(flag) {
        Some((known, value)) if known == name => value,
        _ => None,
    };
    flags.iter().filter_map(is_it).next_back()
}

/// Whether there is a flag of that name.
pub(super) fn is_given(flags: &[OsString], name: &str) -> bool {
    value(flags, name).is_some()
}

/// Whether a flag that is off by itself is on: any number but 0 is.
pub(super) fn is_on(flags: &[OsString], name: &str) -> bool {
    let number = value(flags, name).and_then(OsStr::to_str).and_then(|value| value.parse().ok());
    number.is_some_and(|number: i64| number != 0)
}

/// Looks at flags and what they name; gives the inputs of `-seed_inputs`.
pub(super) fn look_at(
    flags: &[OsString],
    inputs: &[&Path],
    authority: AmbientAuthority,
) -> Result<Vec<PathBuf>, Failure> {
    let mut seeds = Vec::new();
    for flag in flags {
        let Some((name, value)) = parts(flag) else { continue };
        let usage = |problem: &str| {
            Failure::Usage(format!("libFuzzer's flag {}: {problem}", flag.to_string_lossy()))
        };
        let Some(kind) = kind(name) else {
            return Err(usage("there is none of that name; -help=1 lists them"));
        };
        let Some(value) = value else {
            return Err(usage("it takes a value, as in -runs=100"));
        };
        check_text(kind, value).map_err(usage)?;
        check_paths(name, kind, Path::new(value), authority)?;
        if kind == Files {
            seeds.extend(listed(name, value, authority)?);
        }
    }
    for name in ["minimize_crash", "cleanse_crash"].into_iter().filter(|name| is_on(flags, name)) {
        if !matches!(inputs, [input] if input.is_file()) {
            let problem =
                format!("libFuzzer's flag -{name}: it takes one input, a file that crashes");
            return Err(Failure::Usage(problem));
        }
        if name == "cleanse_crash" && !is_given(flags, "exact_artifact_path") {
            let problem =
                "libFuzzer's flag -cleanse_crash: it needs -exact_artifact_path=FILE, too";
            return Err(Failure::Usage(problem.into()));
        }
    }
    Ok(seeds)
}

/// What is wrong with a value that is no path.
fn check_text(kind: Kind, value: &OsStr) -> Result<(), &'static str> {
    // `parse` takes a plus for a sign, which libFuzzer does not.
    let text = value.to_str().filter(|text| !text.starts_with('+')).unwrap_or_default();
    match kind {
        Number if text.parse::<i32>().is_err() => Err("a whole number of 32 bits is needed"),
        Natural if text.parse::<u32>().is_err() => {
            Err("a whole number of 32 bits that is not negative is needed")
        }
        Files if value.is_empty() => Err("files are needed"),
        _ => Ok(()),
    }
}

/// Refuses what libFuzzer would read or write for ever.
fn check_paths(
    name: &str,
    kind: Kind,
    path: &Path,
    authority: AmbientAuthority,
) -> Result<(), Failure> {
    let refused = |error: FileError| Failure::Usage(format!("libFuzzer's flag -{name}: {error}"));
    let not_a_directory = || {
        let problem = format!("{}: a directory is needed here", path.display());
        Failure::Usage(format!("libFuzzer's flag -{name}: {problem}"))
    };
    // A link that leads to nothing yet is as good as nothing.
    let is_there = path.metadata().is_ok();
    match kind {
        File => files::measure(path, MAX_NAMED_BYTES, authority).map_err(refused),
        Directory if path.is_dir() => {
            corpora::look_at(&format!("libFuzzer's flag -{name}:"), path, authority)
        }
        Directory => Err(not_a_directory()),
        Prefix if name == "features_dir" && is_there && !path.is_dir() => Err(not_a_directory()),
        Perhaps | Made if is_there => {
            let is_read = name == "merge_control_file";
            let limit = if is_read { MAX_CONTROL_BYTES } else { u64::MAX };
            files::measure(path, limit, authority).map_err(refused)
        }
        Number | Natural | Text | Files | Perhaps | Made | Prefix => Ok(()),
    }
}

/// The inputs that `-seed_inputs` names, each of which is there: `A,B` or, after an `@`, a file with such a list.
fn listed(name: &str, value: &OsStr, authority: AmbientAuthority) -> Result<Vec<PathBuf>, Failure> {
    let refused = |error: FileError| Failure::Usage(format!("libFuzzer's flag -{name}: {error}"));
    let list = match value.as_bytes().strip_prefix(b"@") {
        Some(file) => files::read(Path::new(OsStr::from_bytes(file)), MAX_NAMED_BYTES, authority)
            .map_err(refused)?,
        None => value.as_bytes().to_vec(),
    };
    let names = list.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
    let paths: Vec<PathBuf> = names
        .filter(|name| !name.is_empty())
        .map(|name| PathBuf::from(OsStr::from_bytes(name)))
        .take(MAX_INPUTS.saturating_add(1))
        .collect();
    if paths.is_empty() || paths.len() > MAX_INPUTS {
        let problem = format!("{} has no inputs, or over {MAX_INPUTS}", value.to_string_lossy());
        return Err(Failure::Usage(format!("libFuzzer's flag -{name}: {problem}")));
    }
    for path in &paths {
        files::measure(path, MAX_NAMED_BYTES, authority).map_err(refused)?;
    }
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_what_libfuzzer_can_hold() {
        let table = [
            (Number, "-1", true),
            (Number, "2147483647", true),
            (Number, "2147483648", false),
            (Number, "+1", false),
            (Number, "", false),
            (Number, "1e3", false),
            (Natural, "4294967295", true),
            (Natural, "-1", false),
            (Natural, " 1", false),
            (Text, "", true),
        ];
        for (kind, text, is_fine) in table {
            assert_eq!(check_text(kind, OsStr::new(text)).is_ok(), is_fine, "{kind:?} {text}");
        }
    }

    #[test]
    fn the_last_flag_of_a_name_counts() {
        let flags = |text: &str| -> Vec<OsString> { text.split(' ').map(Into::into).collect() };
        assert!(is_on(&flags("-merge=0 -merge=2 -runs=0"), "merge"));
        assert!(!is_on(&flags("-merge=1 -merge=0"), "merge"));
        assert!(!is_on(&flags("merge=1 -merge_control_file=1"), "merge"));
        assert_eq!(parts(OsStr::new("--x=1=2")), Some(("-x", Some(OsStr::new("1=2")))));
        assert_eq!(parts(OsStr::new("-")), Some(("", None)));
        assert_eq!(parts(OsStr::new("input")), None);
    }
}
