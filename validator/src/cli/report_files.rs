//! The files of `--report`, made before anything is judged: one that cannot be made is found out early.

use super::whole_file::WholeFile;
use super::{Failure, files};
use cap_std::AmbientAuthority;
use std::path::Path;

/// A file for each of `reports`. None takes the place of another, or of one of the call's `inputs`.
pub(super) fn create<'p, K>(
    reports: impl Iterator<Item = (K, &'p Path)>,
    inputs: &[&Path],
    authority: AmbientAuthority,
) -> Result<Vec<(K, WholeFile)>, Failure> {
    let mut made: Vec<(K, WholeFile)> = Vec::new();
    for (kind, path) in reports {
        if let Some(input) = inputs.iter().find(|input| files::is_same(input, path)) {
            let (path, input) = (path.display(), input.display());
            return Err(Failure::Usage(format!("the report {path} would replace {input}")));
        }
        let file = WholeFile::create(path, authority)
            .map_err(|error| Failure::Usage(format!("report {error}")))?;
        if made.iter().any(|(_, earlier)| file.is_same_as(earlier)) {
            return Err(Failure::Usage(format!("two reports go to {}", path.display())));
        }
        made.push((kind, file));
    }
    Ok(made)
}
