//! regorus's errors, as a guest reports them: the place first, then regorus's own words.

use std::collections::BTreeMap;
use std::fmt::Display;

use proofhouse_guest::{Code, EvaluateError, Position, Reject};

use crate::bundle::ALONE;
use crate::column;

/// Policies are text, and text is UTF-8.
pub(crate) const NOT_UTF8: Code = Code::new(1);
/// regorus does not take it as Rego.
const NOT_REGO: Code = Code::new(2);
/// A JSON document that is no bundle.
const NOT_BUNDLE: Code = Code::new(3);

/// The content is JSON, but not the bundle that this guest takes.
pub(crate) fn bad_bundle(why: &str) -> Reject {
    Reject::new(NOT_BUNDLE, format!("bundle: {why}"))
}

/// One error: regorus writes its place in the form `--> NAME:LINE:COLUMN`, shows the line, and says
/// what is wrong behind `error: `, sometimes with more places below.
#[derive(Debug)]
pub(crate) struct Refusal {
    place: Option<Position>,
    /// The module of the place, where it is one of several.
    module: Option<String>,
    words: String,
}

impl Refusal {
    /// Reads an error about one of the modules. A module called [`ALONE`] is not named.
    pub(crate) fn read(error: &impl Display, modules: &BTreeMap<String, String>) -> Self {
        let text = error.to_string();
        let words = text.split_once("error: ").map_or(text.trim(), |(_, words)| words.trim());
        let words = words.lines().next().unwrap_or_default();
        let header = text.lines().find_map(|line| line.trim_start().strip_prefix("--> "));
        let place = header.and_then(|header| {
            let (rest, column) = header.rsplit_once(':')?;
            let (name, line) = rest.rsplit_once(':')?;
            let place = Position { line: line.parse().ok()?, column: column.parse().ok()? };
            let module = modules.get(name);
            Some((name, module.map_or(place, |text| column::in_characters(text, place))))
        });
        let module = place.map(|(name, _)| name).filter(|name| *name != ALONE);
        Self {
            place: place.map(|(_, place)| place),
            module: module.map(str::to_owned),
            words: words.to_owned(),
        }
    }

    /// The place in the content, and the words. A module of a bundle is a text in a text: its place is no
    /// place in the content, and stands before the words.
    fn parts(self) -> (Option<Position>, String) {
        match (self.place, self.module) {
            (Some(place), Some(module)) => (None, format!("{module}:{place}: {}", self.words)),
            (place, _) => (place, self.words),
        }
    }

    /// As the error of an evaluation.
    pub(crate) fn into_evaluate_error(self, code: Code) -> EvaluateError {
        let (place, words) = self.parts();
        let error = EvaluateError::new(code, words);
        match place {
            Some(place) => error.at(place),
            None => error,
        }
    }

    /// The one whose place is later.
    pub(crate) fn further(one: Self, other: Self) -> Self {
        if other.place > one.place { other } else { one }
    }
}

impl From<Refusal> for Reject {
    fn from(refusal: Refusal) -> Self {
        let (place, words) = refusal.parts();
        let reject = Self::new(NOT_REGO, words);
        match place {
            Some(place) => reject.at(place),
            None => reject,
        }
    }
}
