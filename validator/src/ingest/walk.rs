//! The walk of one directory argument: depth first, each directory in the order of its names' bytes.

use cap_fs_ext::DirExt as _;
use cap_std::fs::Dir;

use super::{
    behind::Behind,
    error::IngestError,
    filter::Filter,
    limits::{MAX_DEPTH, MAX_SUBJECTS},
    listing::{EntryKind, Listing},
    names::Full,
    path::{ContentPath, path_of},
    subjects::{Found, NoteKind},
    table::DirectoryId,
};

/// One walk. Directories are opened one by one from their parent's handle and never through a link;
/// links are resolved from the root, so that one to a sibling directory is inside.
pub(super) struct Walk<'a> {
    root_id: DirectoryId,
    root: &'a Dir,
    filter: &'a Filter,
    found: &'a mut Found,
    /// The path below the root of what is being looked at.
    relative: Vec<u8>,
    behind: Behind<'a>,
}

/// How far into the tree a directory is.
#[derive(Clone, Copy)]
struct Position {
    directory: DirectoryId,
    depth: usize,
    /// Names that the listings of the directories above hold.
    held: usize,
}

impl<'a> Walk<'a> {
    pub(super) fn new(
        root_id: DirectoryId,
        root: &'a Dir,
        filter: &'a Filter,
        found: &'a mut Found,
    ) -> Self {
        let behind = Behind::new(root, filter);
        Self { root_id, root, filter, found, relative: Vec::new(), behind }
    }

    /// Adds all that the root holds.
    pub(super) fn run(mut self) -> Result<(), Full> {
        let top = Position { directory: self.root_id, depth: 0, held: 0 };
        self.directory(self.root, top)
    }

    fn directory(&mut self, dir: &Dir, here: Position) -> Result<(), Full> {
        let room = MAX_SUBJECTS.saturating_sub(here.held);
        let (filter, relative) = (self.filter, &mut self.relative);
        let mut listing = Listing::read(dir, room, |name, kind| {
            let parent = relative.len();
            relative.extend_from_slice(name);
            let wanted = match kind {
                EntryKind::File => filter.selects(relative),
                EntryKind::Link => !filter.excludes(relative),
                EntryKind::Directory => !filter.prunes(relative),
            };
            relative.truncate(parent);
            wanted
        })?;
        let here = Position { held: here.held.saturating_add(listing.len()), ..here };
        while let Some((name, kind)) = listing.next() {
            let parent = self.relative.len();
            self.relative.extend_from_slice(name);
            match kind {
                EntryKind::File => self.found.file(here.directory, name)?,
                EntryKind::Link => self.link(here, name)?,
                EntryKind::Directory => self.descend(dir, here, name)?,
            }
            self.relative.truncate(parent);
        }
        match listing.fault {
            Some(error) => self.found.fault(here.directory, b"", error),
            None => Ok(()),
        }
    }

    fn descend(&mut self, parent: &Dir, above: Position, name: &[u8]) -> Result<(), Full> {
        let files_before = self.found.len();
        let directory = self.found.enter(above.directory, name)?;
        let depth = above.depth.saturating_add(1);
        if depth > MAX_DEPTH {
            self.found.fault(directory, b"", IngestError::TooDeep { limit: MAX_DEPTH })?;
        } else {
            match parent.open_dir_nofollow(path_of(name)) {
                Ok(dir) => {
                    self.relative.push(b'/');
                    self.directory(&dir, Position { directory, depth, held: above.held })?;
                }
                Err(error) => {
                    self.found.fault(directory, b"", IngestError::of_directory(&error))?;
                }
            }
        }
        self.found.leave(directory, files_before);
        Ok(())
    }

    /// A link whose name is not excluded. Nothing that it may be meant to bring in is left out in silence.
    fn link(&mut self, here: Position, name: &[u8]) -> Result<(), Full> {
        let is_content = self.filter.selects(&self.relative);
        let is_excluded_directory = self.filter.prunes(&mut self.relative);
        match self.root.metadata(path_of(&self.relative)) {
            Ok(metadata) if metadata.is_dir() => {
                if is_excluded_directory {
                    return Ok(());
                }
                if self.behind.is_left_out(&self.relative) {
                    let error = IngestError::LeadsToExcluded;
                    return self.found.fault(here.directory, name, error);
                }
                let path = self.found.under_root(self.root_id, &self.relative);
                self.found.note(ContentPath::new(path), NoteKind::LinkedDirectory);
                Ok(())
            }
            // Inside, and by this name no content: no more than a file of this name would be.
            Ok(_) if !is_content => Ok(()),
            Err(_) if !is_content && is_excluded_directory => Ok(()),
            // Whatever is wrong with it, reading will say so. What leads out or to nothing may have been meant as a
            // directory of content, whatever its own name is.
            _ => self.found.file(here.directory, name),
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests stop at the first surprise")]

    use std::{fs, os::unix::fs::symlink};

    use cap_std::ambient_authority;

    use super::*;
    use crate::ingest::{Patterns, Roots, roots::Argument};

    #[test]
    fn a_link_that_takes_the_place_of_a_listed_directory_is_not_entered() {
        let tree = tempfile::tempdir().unwrap();
        fs::create_dir(tree.path().join("real")).unwrap();
        fs::write(tree.path().join("real/x"), "x").unwrap();
        symlink("real", tree.path().join("link")).unwrap();
        let roots = Roots::open_ambient([tree.path()], ambient_authority()).unwrap();
        let root = roots.dirs.first().unwrap().as_ref().unwrap();
        let Some(&Argument::Directory { root: id }) = roots.arguments.first() else {
            unreachable!("the argument is a directory");
        };
        let filter = Filter::new(Patterns::default()).unwrap();
        let mut found = Found::new(roots.table);
        let top = Position { directory: id, depth: 0, held: 0 };
        let mut walk = Walk::new(id, root, &filter, &mut found);
        walk.descend(root, top, b"link").unwrap();
        walk.descend(root, top, b"gone").unwrap();
        let faults: Vec<_> = (0..found.len()).map(|index| found.fault_at(index)).collect();
        assert_eq!(faults, [Some(IngestError::Vanished); 2]);
    }
}
