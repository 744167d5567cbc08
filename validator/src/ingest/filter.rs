//! Which names below a directory argument are content.
//!
//! Patterns read as in `.gitignore`: one without a slash matches a name in any directory, one with a
//! slash matches the path from the argument on, `*` and `?` stop at a slash, `**` does not, and a
//! trailing slash means everything below a directory. `[...]` and `{a,b}` work as well. One that begins with
//! `!` is refused, since the order of patterns has no meaning here; `\!` begins a name. A file that is itself an
//! argument is always judged: naming it is more specific than any pattern.

use std::fmt;

use globset::{Candidate, GlobBuilder, GlobSet, GlobSetBuilder};

use super::limits::{MAX_PATTERN_BYTES, MAX_PATTERNS};

/// The patterns as written.
#[derive(Debug, Clone, Copy, Default)]
pub struct Patterns<'a> {
    /// What the interpreters call their content. None at all means every file.
    pub defaults: &'a [String],
    /// The user's choice; if there is any, it replaces the defaults.
    pub include: &'a [String],
    /// Never content, whatever else matches. A directory that matches is not walked.
    pub exclude: &'a [String],
}

/// Who wrote a pattern, and so whose fault a bad one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PatternOrigin {
    /// The interpreter's description.
    Interpreter,
    /// `--include`, or `files.include` of a policy.
    Include,
    /// `--exclude`, or `files.exclude` of a policy.
    Exclude,
}

impl fmt::Display for PatternOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Interpreter => "the interpreter's file pattern",
            Self::Include => "the include pattern",
            Self::Exclude => "the exclude pattern",
        })
    }
}

/// A pattern that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// Not a pattern.
    #[error("{origin} {pattern:?}: {}", .problem.kind())]
    Invalid {
        /// Who wrote it.
        origin: PatternOrigin,
        /// As written.
        pattern: String,
        /// What is wrong with it.
        problem: globset::Error,
    },
    /// Nothing, or nothing but slashes: it would match nothing, and somebody meant something else.
    #[error("{origin}: an empty pattern")]
    Empty {
        /// Who wrote it.
        origin: PatternOrigin,
    },
    /// It takes back what another one says, which patterns here do not.
    #[error(
        "{origin} {pattern:?}: there are no exceptions from patterns; a name with ! at its start is \\!"
    )]
    Exception {
        /// Who wrote it.
        origin: PatternOrigin,
        /// As written.
        pattern: String,
    },
    /// Longer than [`MAX_PATTERN_BYTES`].
    #[error("{origin}: a pattern of {length} bytes, over the limit of {limit}")]
    TooLong {
        /// Who wrote it.
        origin: PatternOrigin,
        /// Bytes.
        length: usize,
        /// Bytes.
        limit: usize,
    },
    /// More than [`MAX_PATTERNS`].
    #[error("{origin}: {count} patterns, over the limit of {limit}")]
    TooMany {
        /// Who wrote them.
        origin: PatternOrigin,
        /// How many.
        count: usize,
        /// How many at most.
        limit: usize,
    },
    /// Each is a pattern, but together they are too large to compile.
    #[error("{origin}: the patterns are too large together: {problem}")]
    TooLarge {
        /// Who wrote them.
        origin: PatternOrigin,
        /// What the compiler said.
        problem: globset::Error,
    },
}

/// The patterns, ready to match. Paths are relative to the directory argument.
#[derive(Debug, Clone)]
pub struct Filter {
    selected: GlobSet,
    excluded: GlobSet,
    depends_on_place: bool,
}

impl Filter {
    /// Compiles the patterns.
    pub fn new(patterns: Patterns<'_>) -> Result<Self, FilterError> {
        let everything = ["**".to_owned()];
        let (origin, selected) = match (patterns.include, patterns.defaults) {
            ([], []) => (PatternOrigin::Interpreter, everything.as_slice()),
            ([], defaults) => (PatternOrigin::Interpreter, defaults),
            (include, _) => (PatternOrigin::Include, include),
        };
        let is_anchored = |pattern: &String| pattern.trim_end_matches('/').contains('/');
        let depends_on_place = selected.iter().chain(patterns.exclude).any(is_anchored);
        Ok(Self {
            selected: compile(origin, selected)?,
            excluded: compile(PatternOrigin::Exclude, patterns.exclude)?,
            depends_on_place,
        })
    }

    /// Whether a file can be content in one directory and none in another one of which no directory above is excluded.
    pub(super) fn depends_on_place(&self) -> bool {
        self.depends_on_place
    }

    /// Whether the file at `path` is content.
    pub(super) fn selects(&self, path: &[u8]) -> bool {
        let candidate = Candidate::from_bytes(path);
        self.selected.is_match_candidate(&candidate)
            && !self.excluded.is_match_candidate(&candidate)
    }

    /// Whether `path` is excluded by itself.
    pub(super) fn excludes(&self, path: &[u8]) -> bool {
        self.excluded.is_match_candidate(&Candidate::from_bytes(path))
    }

    /// Whether the directory at `path` need not be walked. A slash is put on for the question and
    /// taken off again.
    pub(super) fn prunes(&self, path: &mut Vec<u8>) -> bool {
        if self.excluded.is_empty() {
            return false;
        }
        let itself = self.excludes(path);
        path.push(b'/');
        let everything_below = self.excludes(path);
        path.pop();
        itself || everything_below
    }
}

fn compile(origin: PatternOrigin, patterns: &[String]) -> Result<GlobSet, FilterError> {
    if patterns.len() > MAX_PATTERNS {
        return Err(FilterError::TooMany { origin, count: patterns.len(), limit: MAX_PATTERNS });
    }
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        if pattern.trim_matches('/').is_empty() {
            return Err(FilterError::Empty { origin });
        }
        if pattern.len() > MAX_PATTERN_BYTES {
            let (length, limit) = (pattern.len(), MAX_PATTERN_BYTES);
            return Err(FilterError::TooLong { origin, length, limit });
        }
        if pattern.starts_with('!') {
            return Err(FilterError::Exception { origin, pattern: pattern.clone() });
        }
        let glob = GlobBuilder::new(&anchored(pattern))
            .literal_separator(true)
            .backslash_escape(true)
            .build()
            .map_err(|problem| FilterError::Invalid {
                origin,
                pattern: pattern.clone(),
                problem,
            })?;
        set.add(glob);
    }
    set.build().map_err(|problem| FilterError::TooLarge { origin, problem })
}

/// The pattern as a match of the whole relative path.
fn anchored(pattern: &str) -> String {
    let (body, below) = match pattern.strip_suffix('/') {
        Some(directory) => (directory, "/**"),
        None => (pattern, ""),
    };
    match body.strip_prefix('/') {
        Some(from_root) => format!("{from_root}{below}"),
        None if body.contains('/') => format!("{body}{below}"),
        None => format!("**/{body}{below}"),
    }
}
