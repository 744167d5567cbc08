//! Paths as bytes: how they are shown, and how they go to and from the operating system.

use std::{
    borrow::Cow,
    ffi::OsStr,
    fmt::{self, Write as _},
    path::Path,
};

/// A content path as the user wrote it, with what was found below it. Bytes, not text: a file name
/// need not be UTF-8.
///
/// `Display` shows it safely on a terminal and in a report: bytes that are not UTF-8 as `\xff`,
/// control characters and invisible or direction-changing ones as `\n` or `\u{202e}`, a backslash
/// doubled, so that two different paths are never shown alike.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentPath(Vec<u8>);

impl ContentPath {
    /// A path from its bytes.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// The raw bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether `Display` shows the path byte for byte. Where it does not, a report carries the raw
    /// bytes as well.
    pub fn is_shown_exactly(&self) -> bool {
        std::str::from_utf8(&self.0)
            .is_ok_and(|text| text.chars().all(|c| c != '\\' && !needs_escape(c)))
    }
}

impl fmt::Display for ContentPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            for c in chunk.valid().chars() {
                match c {
                    '\\' => f.write_str(r"\\")?,
                    '\t' | '\n' | '\r' => write!(f, "{}", c.escape_default())?,
                    _ if needs_escape(c) => write!(f, "{}", c.escape_unicode())?,
                    _ => f.write_char(c)?,
                }
            }
            for byte in chunk.invalid() {
                write!(f, r"\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

/// Characters that a terminal obeys or that change how their neighbours look: control characters, and
/// the zero-width, line-separating and bidirectional ones of Unicode's General Punctuation block.
fn needs_escape(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// The bytes of a name or path of the operating system.
#[cfg(unix)]
pub(super) fn bytes_of(name: &OsStr) -> Cow<'_, [u8]> {
    use std::os::unix::ffi::OsStrExt as _;
    Cow::Borrowed(name.as_bytes())
}

/// The path that these bytes name.
#[cfg(unix)]
pub(super) fn path_of(bytes: &[u8]) -> Cow<'_, Path> {
    use std::os::unix::ffi::OsStrExt as _;
    Cow::Borrowed(Path::new(OsStr::from_bytes(bytes)))
}

// Elsewhere a name that is not Unicode loses something here. Its file is then not found again, which
// is an error for that file and not a wrong verdict.

/// The bytes of a name or path of the operating system.
#[cfg(not(unix))]
pub(super) fn bytes_of(name: &OsStr) -> Cow<'_, [u8]> {
    match name.to_string_lossy() {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    }
}

/// The path that these bytes name.
#[cfg(not(unix))]
pub(super) fn path_of(bytes: &[u8]) -> Cow<'_, Path> {
    Cow::Owned(String::from_utf8_lossy(bytes).into_owned().into())
}
