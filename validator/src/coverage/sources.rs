//! The interpreter's sources, where somebody says where they are.
//!
//! Paths come from debug information and may be anything. A path is looked up component by component in
//! directories that were opened before, and never leaves them: `..` is not followed, links only inside.

use cap_std::fs::{Dir, OpenOptions, OpenOptionsExt};
use std::io::Read;
use std::path::{Component, Path, PathBuf};

/// Largest file that is shown, in bytes: generated code is larger, and nobody reads it.
const MAX_SOURCE_BYTES: u64 = 4 << 20;
/// Bytes of all files that are shown: a page of more is slow to open.
const MAX_TOTAL_BYTES: u64 = 64 << 20;

/// A directory with sources.
#[derive(Debug)]
pub struct Mount {
    /// The directory.
    pub dir: Dir,
    /// How the user names it.
    pub shown: PathBuf,
    /// What paths in it begin with in the debug information. Without it they are relative, or begin with
    /// `absolute`.
    pub prefix: Option<PathBuf>,
    /// Where it is.
    pub absolute: PathBuf,
}

/// All directories with sources.
#[derive(Debug, Default)]
pub struct SourceTree {
    mounts: Vec<Mount>,
}

/// A file that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceText {
    /// Where it is, for tools that look for it themselves.
    pub path: String,
    /// What it says.
    pub text: String,
}

impl SourceTree {
    /// Sources in those directories, the first that has a file.
    pub fn new(mounts: Vec<Mount>) -> Self {
        Self { mounts }
    }

    /// A reader that keeps to a limit over all files.
    pub fn reader(&self) -> SourceReader<'_> {
        SourceReader { tree: self, left: MAX_TOTAL_BYTES }
    }

    fn find(&self, path: &str, most: u64) -> Option<SourceText> {
        self.mounts.iter().find_map(|mount| mount.find(path, most))
    }
}

/// Reads files as long as they are not too many bytes together.
#[derive(Debug)]
pub struct SourceReader<'t> {
    tree: &'t SourceTree,
    left: u64,
}

impl SourceReader<'_> {
    /// The file of that path that has at least that many lines. One with fewer is not what was compiled.
    pub fn read(&mut self, path: &str, lines: u32) -> Option<SourceText> {
        let found = self.tree.find(path, self.left.min(MAX_SOURCE_BYTES))?;
        let has = found.text.lines().count();
        if u32::try_from(has).unwrap_or(u32::MAX) < lines {
            return None;
        }
        self.left = self.left.saturating_sub(u64::try_from(found.text.len()).unwrap_or(u64::MAX));
        Some(found)
    }
}

impl Mount {
    fn find(&self, path: &str, most: u64) -> Option<SourceText> {
        let relative = self.relative(Path::new(path))?;
        let text = read(&self.dir, &relative, most)?;
        Some(SourceText { path: self.shown.join(&relative).to_string_lossy().into_owned(), text })
    }

    /// The path below the directory, if it can be there. Nothing in it leads upwards.
    fn relative(&self, path: &Path) -> Option<PathBuf> {
        let below = match &self.prefix {
            Some(prefix) => path.strip_prefix(prefix).ok()?,
            None if path.is_absolute() => path.strip_prefix(&self.absolute).ok()?,
            None => path,
        };
        let mut relative = PathBuf::new();
        for component in below.components() {
            match component {
                Component::Normal(name) => relative.push(name),
                Component::CurDir => {}
                Component::ParentDir | Component::RootDir | Component::Prefix(_) => return None,
            }
        }
        (!relative.as_os_str().is_empty()).then_some(relative)
    }
}

/// A regular file of at most that many bytes. What is no text is shown as far as it is.
fn read(dir: &Dir, path: &Path, most: u64) -> Option<String> {
    let mut options = OpenOptions::new();
    // A FIFO must not hang us.
    let nonblock = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or(0);
    options.read(true).custom_flags(nonblock);
    let file = dir.open_with(path, &options).ok()?;
    let metadata = file.metadata().ok()?;
    if !metadata.is_file() || metadata.len() > most {
        return None;
    }
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

    use super::*;
    use std::fs;

    fn tree(prefix: Option<&str>) -> (tempfile::TempDir, SourceTree) {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("in/src")).unwrap();
        fs::write(folder.path().join("in/src/a.c"), "one\ntwo\n").unwrap();
        fs::write(folder.path().join("secret"), "secret\nsecret\n").unwrap();
        std::os::unix::fs::symlink("../secret", folder.path().join("in/link")).unwrap();
        std::os::unix::fs::symlink("src/a.c", folder.path().join("in/inside")).unwrap();
        let absolute = folder.path().join("in").canonicalize().unwrap();
        let dir = Dir::open_ambient_dir(&absolute, cap_std::ambient_authority()).unwrap();
        let prefix = prefix.map(PathBuf::from);
        let mount = Mount { dir, shown: "in".into(), prefix, absolute };
        (folder, SourceTree::new(vec![mount]))
    }

    #[test]
    fn files_are_found_below_the_directory_and_nowhere_else() {
        let (folder, tree) = tree(None);
        let text = |path: &str| tree.reader().read(path, 2).map(|found| found.path);
        assert_eq!(text("src/a.c").as_deref(), Some("in/src/a.c"));
        assert_eq!(text("./src//a.c").as_deref(), Some("in/src/a.c"));
        assert_eq!(text("inside").as_deref(), Some("in/inside"));
        let absolute = folder.path().canonicalize().unwrap().join("in/src/a.c");
        assert_eq!(text(absolute.to_str().unwrap()).as_deref(), Some("in/src/a.c"));
        let outside = folder.path().join("secret");
        for hostile in [
            "../secret",
            "src/../../secret",
            "src/../src/a.c",
            "link",
            outside.to_str().unwrap(),
            "/etc/passwd",
            "src",
            "",
            ".",
            "/",
            "src/a.c\0",
            "a.c",
        ] {
            assert_eq!(text(hostile), None, "{hostile:?}");
        }
    }

    #[test]
    fn a_prefix_says_which_paths_are_there() {
        let (_folder, tree) = tree(Some("/build/x"));
        let text = |path: &str| tree.reader().read(path, 1).map(|found| found.path);
        assert_eq!(text("/build/x/src/a.c").as_deref(), Some("in/src/a.c"));
        for other in ["/build/xy/src/a.c", "src/a.c", "/build/x/../../secret", "/build/x"] {
            assert_eq!(text(other), None, "{other}");
        }
    }

    #[test]
    fn a_file_with_fewer_lines_is_not_what_was_compiled() {
        let (_folder, tree) = tree(None);
        assert!(tree.reader().read("src/a.c", 2).is_some());
        assert!(tree.reader().read("src/a.c", 3).is_none());
    }
}
