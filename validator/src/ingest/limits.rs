//! Every hard limit of the listing, with its reason. The size limit of a file is policy, not ours.

/// Directories below a directory argument that are walked into. Real content trees are less than ten
/// deep; 64 also keeps open handles and the walk's stack small, and ends any cycle of mounts.
pub const MAX_DEPTH: usize = 64;

/// Subjects of one run, and names held while directories are sorted. A table of this many costs 6 to
/// 30 MB, and the longest names that share nothing 270 MB; a directory with more is no release of
/// content.
pub const MAX_SUBJECTS: usize = 1 << 20;

/// Bytes of all names in one table: 255, the longest name on common file systems, for each subject.
/// Offsets are `u32`, so this must stay below 2^32.
pub const MAX_NAME_BYTES: usize = MAX_SUBJECTS * 255;

/// Distinct directories held open for the arguments. Half of the usual soft limit of 1,024 open files,
/// so that the walk, the workers and the reports have the other half.
pub const MAX_ROOTS: usize = 512;

/// Notes that are kept with their path; further ones are counted. More than a screenful helps nobody.
pub const MAX_NOTES: usize = 100;

/// Patterns of one origin. Default patterns come from an interpreter, which is not trusted.
pub const MAX_PATTERNS: usize = 256;

/// Bytes of one pattern: longer than any path worth writing down, short enough to compile at once.
pub const MAX_PATTERN_BYTES: usize = 1024;
