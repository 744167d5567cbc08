//! The names of all subjects: a file's name and its directory, each stored once.

use super::{
    coded::Coded,
    names::{Full, Names},
};

/// Names of files, and the tree of directories that hold them. Directories are numbered; the first
/// ones are the roots, each its own parent and named by the path the user wrote. A path is put
/// together when it is needed, so that a deep directory does not pay for its path once per file.
#[derive(Debug, Default)]
pub(super) struct Table {
    files: Coded,
    /// Files that follow each other in one directory, ascending.
    spans: Vec<Span>,
    directories: Names,
    parent_of: Vec<u32>,
}

/// The files from `first` up to that of the next span.
#[derive(Debug, Clone, Copy)]
struct Span {
    first: u32,
    directory: DirectoryId,
}

/// A directory in a [`Table`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct DirectoryId(u32);

impl DirectoryId {
    pub(super) fn index(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl Table {
    /// Adds a root. All roots come before any other directory.
    pub(super) fn push_root(&mut self, path: &[u8]) -> Result<DirectoryId, Full> {
        let id = self.next_directory()?;
        self.push_directory(id, path)
    }

    /// Adds a directory in `parent`. [`Table::leave`] drops it again if nothing was added to it.
    pub(super) fn enter(&mut self, parent: DirectoryId, name: &[u8]) -> Result<DirectoryId, Full> {
        self.push_directory(parent, name)
    }

    /// Ends what [`Table::enter`] began when the table had `files_before` files.
    pub(super) fn leave(&mut self, directory: DirectoryId, files_before: usize) {
        if self.len() == files_before {
            self.directories.truncate(directory.index());
            self.parent_of.truncate(directory.index());
        }
    }

    /// Adds a file in `directory`. An empty name stands for the directory itself.
    pub(super) fn push(&mut self, directory: DirectoryId, name: &[u8]) -> Result<(), Full> {
        let first = u32::try_from(self.len()).map_err(|_| Full)?;
        self.files.push(name)?;
        if self.spans.last().is_none_or(|span| span.directory != directory) {
            self.spans.push(Span { first, directory });
        }
        Ok(())
    }

    /// Number of files.
    pub(super) fn len(&self) -> usize {
        self.files.len()
    }

    /// Appends the path of file `index` below its root to `path`; the root.
    pub(super) fn relative_path(&self, index: usize, path: &mut Vec<u8>) -> DirectoryId {
        let root = self.directory_path(self.directory_of(index), path);
        self.files.read(index, path);
        root
    }

    /// The path of file `index` as the user would write it.
    pub(super) fn full_path(&self, index: usize) -> Vec<u8> {
        let mut relative = Vec::new();
        let root = self.relative_path(index, &mut relative);
        self.under_root(root, &relative)
    }

    /// The path of a root as the user wrote it.
    pub(super) fn root_path(&self, root: DirectoryId) -> &[u8] {
        self.directories.at(root.index())
    }

    /// `relative` below `root` as the user would write it.
    pub(super) fn under_root(&self, root: DirectoryId, relative: &[u8]) -> Vec<u8> {
        let mut path = self.root_path(root).to_vec();
        // The root of a bare file name is written as nothing, and `/` ends in its own separator.
        if !path.is_empty() && !path.ends_with(b"/") {
            path.push(b'/');
        }
        path.extend_from_slice(relative);
        path
    }

    /// Gives back memory that growth reserved.
    pub(super) fn shrink(&mut self) {
        self.files.shrink();
        self.spans.shrink_to_fit();
        self.directories.shrink();
        self.parent_of.shrink_to_fit();
    }

    /// Heap bytes held.
    #[cfg(test)]
    #[expect(clippy::arithmetic_side_effects, reason = "sums of sizes in memory, in tests")]
    pub(super) fn heap_bytes(&self) -> usize {
        let spans = self.spans.capacity() * size_of::<Span>();
        let parents = self.parent_of.capacity() * size_of::<u32>();
        self.files.heap_bytes() + self.directories.heap_bytes() + spans + parents
    }

    fn push_directory(&mut self, parent: DirectoryId, name: &[u8]) -> Result<DirectoryId, Full> {
        let id = self.next_directory()?;
        self.directories.push(name)?;
        self.parent_of.push(parent.0);
        Ok(id)
    }

    /// The directory of file `index`; one that there is not, if there is no such file.
    fn directory_of(&self, index: usize) -> DirectoryId {
        let none = DirectoryId(u32::MAX);
        let Some(index) = u32::try_from(index).ok().filter(|_| index < self.len()) else {
            return none;
        };
        let after = self.spans.partition_point(|span| span.first <= index);
        let span = after.checked_sub(1).and_then(|at| self.spans.get(at));
        span.map_or(none, |span| span.directory)
    }

    fn next_directory(&self) -> Result<DirectoryId, Full> {
        u32::try_from(self.directories.len()).map(DirectoryId).map_err(|_| Full)
    }

    /// Appends the names from the root down to `directory`, each with a separator; the root. Calls
    /// itself at most [`MAX_DEPTH`](super::limits::MAX_DEPTH) times.
    fn directory_path(&self, directory: DirectoryId, path: &mut Vec<u8>) -> DirectoryId {
        let parent = self.parent_of.get(directory.index()).copied().map(DirectoryId);
        match parent {
            Some(parent) if parent != directory => {
                let root = self.directory_path(parent, path);
                path.extend_from_slice(self.directories.at(directory.index()));
                path.push(b'/');
                root
            }
            _ => directory,
        }
    }
}
