//! Names out of hostile files, made fit for an error message.

/// Characters of a name that an error repeats. Enough to recognise it.
const MAX_CHARS: usize = 60;

/// The beginning of `name`; an ellipsis shows that something was left out.
pub(crate) fn excerpt(name: &str) -> String {
    match name.char_indices().nth(MAX_CHARS) {
        None => name.to_owned(),
        Some((end, _)) => name.get(..end).unwrap_or_default().to_owned() + "…",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_long_names_are_cut() {
        assert_eq!(excerpt("inputs"), "inputs");
        assert_eq!(excerpt(&"ä".repeat(60)), "ä".repeat(60));
        assert_eq!(excerpt(&"ä".repeat(61)), "ä".repeat(60) + "…");
    }
}
