//! What lies behind a link to a directory of the same tree, which is listed in its own place and not through the link.

use std::path::Path;

use cap_fs_ext::DirExt as _;
use cap_std::fs::Dir;

use super::{
    filter::Filter,
    limits::{MAX_DEPTH, MAX_SUBJECTS},
    listing::{EntryKind, Listing},
    path::{bytes_of, path_of},
};

/// Finds links behind which there is content that is judged nowhere.
pub(super) struct Behind<'a> {
    root: &'a Dir,
    filter: &'a Filter,
    /// Entries that are still looked at. Many links to one large directory must not take for ever.
    entries_left: usize,
}

/// A directory behind a link: its path through the link, and its own.
struct Place {
    through: Vec<u8>,
    own: Vec<u8>,
    /// Whether it is walked in its own place.
    walked: bool,
    depth: usize,
}

impl<'a> Behind<'a> {
    pub(super) fn new(root: &'a Dir, filter: &'a Filter) -> Self {
        Self { root, filter, entries_left: MAX_SUBJECTS }
    }

    /// Whether something behind the link at `link` would be content there and is not judged in its own place. Also if
    /// that cannot be told.
    pub(super) fn is_left_out(&mut self, link: &[u8]) -> bool {
        let Ok(target) = self.root.canonicalize(path_of(link)) else {
            return true;
        };
        let own = below_root(&target);
        let walked = self.is_walked(&own);
        if walked && !self.filter.depends_on_place() {
            return false;
        }
        let Ok(dir) = self.root.open_dir(if own.is_empty() { Path::new(".") } else { &target })
        else {
            return true;
        };
        let [through, own] = [link, &own].map(with_slash);
        self.holds_left_out(&dir, &mut Place { through, own, walked, depth: 0 })
    }

    /// Whether the walk comes by the directory at `own`.
    fn is_walked(&self, own: &[u8]) -> bool {
        let ends = own.iter().enumerate().filter(|&(_, &byte)| byte == b'/').map(|(at, _)| at);
        ends.chain([own.len()]).all(|end| {
            let above = own.get(..end).unwrap_or_default();
            above.is_empty() || !self.filter.prunes(&mut above.to_vec())
        })
    }

    fn holds_left_out(&mut self, dir: &Dir, place: &mut Place) -> bool {
        let Ok(mut listing) = Listing::read(dir, self.entries_left, |_, _| true) else {
            return true;
        };
        self.entries_left = self.entries_left.saturating_sub(listing.len());
        let lengths = (place.through.len(), place.own.len());
        while let Some((name, kind)) = listing.next() {
            place.through.extend_from_slice(name);
            place.own.extend_from_slice(name);
            let left_out = match kind {
                EntryKind::File => {
                    let is_judged = place.walked && self.filter.selects(&place.own);
                    self.filter.selects(&place.through) && !is_judged
                }
                // The walk judges it, if it comes by.
                EntryKind::Link => {
                    let is_judged = place.walked && !self.filter.prunes(&mut place.own);
                    !self.filter.prunes(&mut place.through) && !is_judged
                }
                EntryKind::Directory => self.descends_to_left_out(dir, place, name),
            };
            place.through.truncate(lengths.0);
            place.own.truncate(lengths.1);
            if left_out {
                return true;
            }
        }
        // Where the walk comes by, it reports this.
        listing.fault.is_some() && !place.walked
    }

    fn descends_to_left_out(&mut self, parent: &Dir, place: &mut Place, name: &[u8]) -> bool {
        if self.filter.prunes(&mut place.through) {
            return false;
        }
        let walked = place.walked && !self.filter.prunes(&mut place.own);
        let depth = place.depth.saturating_add(1);
        if depth > MAX_DEPTH {
            return true;
        }
        match parent.open_dir_nofollow(path_of(name)) {
            Ok(dir) => {
                let [through, own] = [&place.through, &place.own].map(|path| with_slash(path));
                self.holds_left_out(&dir, &mut Place { through, own, walked, depth })
            }
            Err(_) => !walked,
        }
    }
}

/// The path of a directory as the filter takes it: empty for the root itself.
fn below_root(target: &Path) -> Vec<u8> {
    let path = bytes_of(target.as_os_str()).into_owned();
    if path == b"." { Vec::new() } else { path }
}

/// The start of the paths in a directory.
fn with_slash(directory: &[u8]) -> Vec<u8> {
    let mut path = directory.to_vec();
    if !path.is_empty() {
        path.push(b'/');
    }
    path
}
