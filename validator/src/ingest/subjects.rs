//! The ordered list of what a run judges.

use std::fmt;

use cap_std::fs::Dir;

use super::{
    error::IngestError,
    filter::Filter,
    limits::{MAX_NOTES, MAX_SUBJECTS},
    names::Full,
    path::ContentPath,
    roots::{Argument, Roots},
    table::{DirectoryId, Table},
    walk::Walk,
};

/// There is more to judge than [`MAX_SUBJECTS`]; a part of it would be no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("more than {limit} files to judge")]
pub struct ListError {
    /// Files at most.
    pub limit: usize,
}

impl From<Full> for ListError {
    fn from(_: Full) -> Self {
        Self { limit: MAX_SUBJECTS }
    }
}

/// Something about the listing that is no subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What it is about.
    pub path: ContentPath,
    /// What it says.
    pub kind: NoteKind,
}

/// What a [`Note`] says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoteKind {
    /// A link to a directory inside the argument; what is there is judged in its own place only.
    LinkedDirectory,
    /// Nothing in a directory argument is content: probably not what the user meant.
    NothingMatched,
}

impl fmt::Display for NoteKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LinkedDirectory => f.write_str(
                "a link to a directory is not followed: what is there is judged in its own place",
            ),
            Self::NothingMatched => f.write_str("nothing in it matches the file patterns"),
        }
    }
}

/// All notes of a run, the first [`MAX_NOTES`] with what they say.
#[derive(Debug, Default)]
pub struct Notes {
    /// In the order of the walk.
    pub kept: Vec<Note>,
    /// How many more there were.
    pub dropped: usize,
}

/// What has been found so far.
#[derive(Debug, Default)]
pub(super) struct Found {
    table: Table,
    /// Faults by the index of their subject, ascending.
    faults: Vec<(usize, IngestError)>,
    notes: Notes,
}

impl Found {
    /// Nothing yet, in these roots.
    pub(super) fn new(roots: Table) -> Self {
        Self { table: roots, ..Self::default() }
    }

    pub(super) fn len(&self) -> usize {
        self.table.len()
    }

    pub(super) fn file(&mut self, directory: DirectoryId, name: &[u8]) -> Result<(), Full> {
        self.table.push(directory, name)
    }

    /// Adds what is known not to be readable: an entry of a directory, or with an empty name the directory itself,
    /// which could not be listed, wholly or in part.
    pub(super) fn fault(
        &mut self,
        directory: DirectoryId,
        name: &[u8],
        error: IngestError,
    ) -> Result<(), Full> {
        self.faults.push((self.table.len(), error));
        self.table.push(directory, name)
    }

    /// The fault that the subject at `index` stands for.
    pub(super) fn fault_at(&self, index: usize) -> Option<IngestError> {
        let at = self.faults.binary_search_by_key(&index, |&(index, _)| index).ok()?;
        self.faults.get(at).map(|&(_, error)| error)
    }

    pub(super) fn enter(&mut self, parent: DirectoryId, name: &[u8]) -> Result<DirectoryId, Full> {
        self.table.enter(parent, name)
    }

    pub(super) fn leave(&mut self, directory: DirectoryId, files_before: usize) {
        self.table.leave(directory, files_before);
    }

    pub(super) fn under_root(&self, root: DirectoryId, relative: &[u8]) -> Vec<u8> {
        self.table.under_root(root, relative)
    }

    /// Adds all that a directory argument holds.
    fn directory(&mut self, id: DirectoryId, dir: &Dir, filter: &Filter) -> Result<(), Full> {
        let before = self.len();
        Walk::new(id, dir, filter, self).run()?;
        if self.len() == before {
            let path = ContentPath::new(self.table.root_path(id));
            self.note(path, NoteKind::NothingMatched);
        }
        Ok(())
    }

    pub(super) fn note(&mut self, path: ContentPath, kind: NoteKind) {
        if self.notes.kept.len() < MAX_NOTES {
            self.notes.kept.push(Note { path, kind });
        } else {
            self.notes.dropped = self.notes.dropped.saturating_add(1);
        }
    }
}

/// All subjects of a run: arguments in the order given, a directory's files in the order of their
/// paths' bytes, name by name. A file takes what its name does not share with the one before, and four
/// bytes more: about half a megabyte for 100,000 numbered ones.
#[derive(Debug)]
pub struct Subjects {
    dirs: Vec<Option<Dir>>,
    found: Found,
}

impl Subjects {
    /// Walks the directory arguments. What goes wrong below one becomes a subject with a fault.
    pub fn list(roots: Roots, filter: &Filter) -> Result<Self, ListError> {
        let Roots { dirs, table, arguments } = roots;
        let mut found = Found::new(table);
        for argument in arguments {
            match argument {
                Argument::File { root, name } => found.file(root, &name)?,
                Argument::Directory { root } => match dirs.get(root.index()) {
                    Some(Some(dir)) => found.directory(root, dir, filter)?,
                    Some(None) => found.fault(root, b"", IngestError::PermissionDenied)?,
                    None => found.fault(root, b"", IngestError::Vanished)?,
                },
                Argument::Denied { root, name } => {
                    found.fault(root, &name, IngestError::PermissionDenied)?;
                }
            }
        }
        found.table.shrink();
        Ok(Self { dirs, found })
    }

    /// Number of subjects.
    pub fn len(&self) -> usize {
        self.found.len()
    }

    /// Whether there is nothing to judge, which a gate must not take for acceptance.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The subject at `index`, counted from 0.
    pub fn get(&self, index: usize) -> Option<Subject<'_>> {
        (index < self.len()).then_some(Subject { subjects: self, index })
    }

    /// All subjects, in order.
    pub fn iter(&self) -> impl Iterator<Item = Subject<'_>> {
        (0..self.len()).map(|index| Subject { subjects: self, index })
    }

    /// What else there is to know.
    pub fn notes(&self) -> &Notes {
        &self.found.notes
    }
}

/// One thing to judge.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    subjects: &'a Subjects,
    index: usize,
}

impl<'a> Subject<'a> {
    /// Its path: the argument as written, and the way below it. That of a directory that could not be
    /// listed ends in a slash.
    pub fn path(self) -> ContentPath {
        ContentPath::new(self.subjects.found.table.full_path(self.index))
    }

    /// [`Subject::path`], as it is shown to people.
    pub fn path_display(self) -> String {
        self.path().to_string()
    }

    /// Why there is nothing to read, if the listing already knows: the subject is a directory that
    /// could not be listed, or a link to one that is left out. [`read`](super::read()) returns the same error.
    pub fn fault(self) -> Option<IngestError> {
        self.subjects.found.fault_at(self.index)
    }

    /// Where to read it: the root's handle, and the path below it.
    pub(super) fn place(self) -> Option<(&'a Dir, Vec<u8>)> {
        let mut path = Vec::new();
        let root = self.subjects.found.table.relative_path(self.index, &mut path);
        let dir = self.subjects.dirs.get(root.index())?.as_ref()?;
        Some((dir, path))
    }
}
