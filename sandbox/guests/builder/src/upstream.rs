//! Sources of others: found in a crate, copied, edited, and compiled to objects.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::compile::run_compiler;
use crate::digest::Digest;
use crate::error::Error;
use crate::manifest::Upstream;

/// A library's sources, where cargo keeps them.
#[derive(Debug)]
pub(crate) struct Sources<'a> {
    pub(crate) declared: &'a Upstream,
    /// The folder in the crate.
    pub(crate) folder: PathBuf,
}

/// A copy of them that was edited.
#[derive(Debug)]
pub(crate) struct Tree<'a> {
    declared: &'a Upstream,
    root: PathBuf,
}

impl<'a> Sources<'a> {
    /// Adds all that decides what is compiled from them.
    pub(crate) fn add_to(&self, digest: &mut Digest) -> Result<(), Error> {
        for flag in FLAGS {
            digest.add(flag.as_bytes());
        }
        digest.add(format!("{:?}", self.declared).as_bytes());
        digest.add_folder(&self.folder)
    }

    /// Copies them into a folder that is not there yet.
    pub(crate) fn copy(&self, root: PathBuf) -> Result<Tree<'a>, Error> {
        copy(&self.folder, &root)?;
        let tree = Tree { declared: self.declared, root };
        for edit in &self.declared.edits {
            let path = tree.root.join(edit.file.as_path());
            let text = fs::read_to_string(&path).map_err(Error::io(&path))?;
            if text.matches(&edit.from).count() != 1 {
                let (file, from) = (edit.file.as_path().to_owned(), edit.from.clone());
                return Err(Error::Edit { file, from });
            }
            fs::write(&path, text.replace(&edit.from, &edit.to)).map_err(Error::io(&path))?;
        }
        Ok(tree)
    }
}

impl Tree<'_> {
    /// What every source that uses the library is compiled with. It goes last: of two prefixes of a
    /// path a compiler takes the later one.
    pub(crate) fn include_arguments(&self) -> Vec<String> {
        let name = self.declared.folder.as_path().file_name().unwrap_or_default();
        let map =
            format!("-ffile-prefix-map={}={}", self.root.display(), Path::new(name).display());
        let folders = self.declared.include.iter();
        let folders = folders.map(|folder| self.root.join(folder.as_path()).display().to_string());
        // As a system's headers: their warnings are not ours.
        folders.flat_map(|folder| ["-isystem".to_owned(), folder]).chain([map]).collect()
    }

    /// What its sources alone are compiled with in checked builds.
    pub(crate) fn checked_arguments(&self) -> impl Iterator<Item = String> {
        self.declared.checked.iter().map(|checked| checked.flag.clone())
    }

    /// Compiles every source to an object in a folder, and names the objects.
    pub(crate) fn compile(
        &self,
        compiler: &Path,
        arguments: &[String],
        from: &Path,
        objects: &Path,
    ) -> Result<Vec<PathBuf>, Error> {
        fs::create_dir_all(objects).map_err(Error::io(objects))?;
        let mut made = Vec::new();
        for (number, source) in self.declared.sources.iter().enumerate() {
            // Two sources may have one name, in two folders.
            let object = objects.join(format!("{number}.o"));
            let mut command = Command::new(compiler);
            command.args(FLAGS).args(arguments).args(self.include_arguments()).arg("-c");
            command.arg(self.root.join(source.as_path())).arg("-o").arg(&object);
            command.current_dir(from).stdin(Stdio::null());
            run_compiler(command, &source.as_path().display().to_string())?;
            made.push(object);
        }
        Ok(made)
    }
}

/// Others write GNU's C, and their warnings are for them to see.
const FLAGS: &[&str] = &["-std=gnu17", "-w"];

fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    fs::create_dir_all(to).map_err(Error::io(to))?;
    for entry in fs::read_dir(from).map_err(Error::io(from))? {
        let entry = entry.map_err(Error::io(from))?;
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type().map_err(Error::io(&path))?.is_dir() {
            copy(&path, &target)?;
        } else {
            fs::copy(&path, &target).map_err(Error::io(&path))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    const DECLARED: &str = r#"
        crate = "z-sys"
        folder = "z"
        include = ["", "include"]
        sources = ["a.c"]
        [[edits]]
        file = "a.c"
        from = "int"
        to = "long"
        reason = "a test"
    "#;

    /// The text of `a.c` after a copy, where that succeeds.
    fn copied(text: &str) -> Result<String, Error> {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path().join("z");
        fs::create_dir_all(folder.join("include")).unwrap();
        fs::write(folder.join("a.c"), text).unwrap();
        let declared: Upstream = toml::from_str(DECLARED).unwrap();
        let tree = Sources { declared: &declared, folder }.copy(scratch.path().join("copy"))?;
        assert!(tree.include_arguments().last().unwrap().ends_with("=z"));
        Ok(fs::read_to_string(tree.root.join("a.c")).unwrap())
    }

    #[test]
    fn edits_are_made_in_a_copy() {
        assert_eq!(copied("int a;").unwrap(), "long a;");
    }

    #[test]
    fn edit_that_does_not_fit_is_refused() {
        for text in ["short a;", "int a; int b;"] {
            assert!(matches!(copied(text), Err(Error::Edit { .. })), "{text}");
        }
    }
}
