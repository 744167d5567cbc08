//! What random search begins with: the content under test, and words.

use super::stage::Stage;
use super::state::{self, Mode};
use crate::cli::Failure;
use crate::cli::files::{self, Bounds};
use cap_std::AmbientAuthority;
use proofhouse_corpus::limits::MAX_EVENT_BYTES;
use proofhouse_corpus::{ChannelFile, Dictionary};
use std::path::{Path, PathBuf};

/// Files of content to begin with, at most, and their bytes.
const BOUNDS: Bounds = Bounds { files: 65_536, file_bytes: 16 << 20, total_bytes: 1 << 30 };
/// Files of all corpora that are looked through for channel files, and their bytes: those that are found are changed
/// field by field each time that a run starts.
const FIRST: Bounds = Bounds { files: 64, file_bytes: 256 << 10, total_bytes: 1 << 20 };
/// Of these, channel files that are changed field by field.
const MOST_FIRST: usize = 16;
/// Where the channel files of corpora are, in the stage. libFuzzer has them already.
pub(super) const FIRST_FOLDER: &str = "first";
/// Where the inputs are, in the stage.
pub(super) const FOLDER: &str = "seeds";
/// Paths of inputs to begin with that are in no directory, in the stage.
pub(super) const LIST: &str = "seeds.list";
/// Words to begin with, in the stage.
pub(super) const DICTIONARY: &str = "words.dict";

/// The content under test.
pub(super) fn contents(
    paths: &[PathBuf],
    authority: AmbientAuthority,
) -> Result<Vec<Vec<u8>>, Failure> {
    let mut contents = Vec::new();
    for path in paths {
        if path.is_dir() {
            let files = files::read_all(path, BOUNDS, authority)
                .map_err(|error| Failure::Usage(format!("content {error}")))?;
            if files.is_empty() {
                let problem = format!("content {}: there is no file in it", path.display());
                return Err(Failure::Usage(problem));
            }
            contents.extend(files.into_iter().map(|(_, bytes)| bytes));
        } else {
            let limit = u64::try_from(BOUNDS.file_bytes).unwrap_or(u64::MAX);
            let bytes = files::read(path, limit, authority)
                .map_err(|error| Failure::Usage(format!("content {error}")))?;
            contents.push(bytes);
        }
    }
    Ok(contents)
}

/// Puts what random search begins with into the stage, and the content that stays; says whether there is
/// one.
pub(super) fn write_seeds(
    mode: Mode,
    stage: &Stage,
    contents: &[Vec<u8>],
    events: &[&[u8]],
) -> Result<bool, Failure> {
    let usage = |problem: &str| Err(Failure::Usage(problem.to_owned()));
    let (seeds, fixed): (Vec<Vec<u8>>, Option<&Vec<u8>>) = match mode {
        Mode::Content => (contents.to_vec(), None),
        Mode::Events => match contents {
            [content] => (events.iter().map(|event| event.to_vec()).collect(), Some(content)),
            _ => return usage("--mode events needs one --content, which the events are for"),
        },
        Mode::Both => {
            let event = |event: &&[u8]| contents.iter().map(|c| state::join(c, event)).collect();
            let joined: Vec<Vec<Vec<u8>>> = events.iter().map(event).collect();
            (joined.into_iter().flatten().collect(), None)
        }
    };
    if mode != Mode::Content
        && seeds.iter().any(|seed| seed.len() > MAX_EVENT_BYTES.saturating_mul(8))
    {
        return usage("content and events are too large to be fuzzed together");
    }
    let write = |name: String, bytes: &[u8]| {
        stage
            .write(&name, bytes)
            .map_err(|error| Failure::Unjudged(format!("cannot prepare the run: {error}")))
    };
    for (nth, seed) in seeds.iter().enumerate() {
        write(format!("{FOLDER}/{nth}"), seed)?;
    }
    if let Some(content) = fixed {
        write("content".into(), content)?;
    }
    Ok(fixed.is_some())
}

/// Paths of the inputs to begin with, in the order of what they were made of.
pub(super) fn names(stage: &Stage) -> std::io::Result<Vec<String>> {
    let count = std::fs::read_dir(stage.path().join(FOLDER))?.count();
    let folder = stage.path().join(FOLDER);
    Ok((0..count).map(|nth| folder.join(nth.to_string()).display().to_string()).collect())
}

/// Puts the first channel files of the corpora into the stage, and says whether there is anything in the corpora.
pub(super) fn write_first(
    mode: Mode,
    stage: &Stage,
    corpora: &[&Path],
    authority: AmbientAuthority,
) -> Result<bool, Failure> {
    let failed = |error| Failure::Unjudged(format!("cannot prepare the run: {error}"));
    std::fs::create_dir(stage.path().join(FIRST_FOLDER)).map_err(failed)?;
    let (mut is_given, mut written, mut left) = (false, 0usize, FIRST);
    for corpus in corpora.iter().filter(|corpus| corpus.is_dir()) {
        let files = files::read_first(corpus, left, authority)
            .map_err(|error| Failure::Usage(format!("corpus {error}")))?;
        for file in files {
            is_given = true;
            left.files = left.files.saturating_sub(1);
            left.total_bytes = left.total_bytes.saturating_sub(file.len());
            let content = match mode {
                Mode::Content => file.as_slice(),
                Mode::Both => state::split(&file).0,
                // An event has no fields that are gone through.
                Mode::Events => continue,
            };
            if written < MOST_FIRST && ChannelFile::decode(content).is_ok() {
                // In the order of their names.
                stage.write(&format!("{FIRST_FOLDER}/{written:02}"), &file).map_err(failed)?;
                written = written.saturating_add(1);
            }
        }
    }
    Ok(is_given)
}

/// Puts words of the content and of the interpreter into the stage, and says whether there are any. Channel
/// files are made of none.
pub(super) fn write_dictionary(stage: &Stage, contents: &[Vec<u8>]) -> std::io::Result<bool> {
    if contents.iter().any(|content| ChannelFile::decode(content).is_ok()) {
        return Ok(false);
    }
    let mut dictionary = Dictionary::default();
    for content in contents {
        dictionary.add_content(content);
    }
    let wasm = std::fs::read(stage.path().join("interpreter.wasm"))?;
    for data in proofhouse_sandbox::data_segments(&wasm) {
        dictionary.add_constants(data);
    }
    stage.write(DICTIONARY, dictionary.to_libfuzzer().as_bytes())?;
    Ok(dictionary.words().len() > 0)
}
