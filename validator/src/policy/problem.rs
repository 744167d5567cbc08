//! What is wrong with a policy, shown at its own lines.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use std::ops::Range;

/// One problem and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyProblem {
    /// One sentence.
    pub message: String,
    /// Bytes of the policy's text.
    pub span: Range<usize>,
}

impl PolicyProblem {
    pub(super) fn at(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { message: message.into(), span }
    }

    /// The problem with the line that it is about, without colours.
    pub fn render(&self, file: &str, text: &str) -> String {
        let end = self.span.end.min(text.len());
        let span = self.span.start.min(end)..end;
        let snippet =
            Snippet::source(text).path(file).annotation(AnnotationKind::Primary.span(span));
        let group = Level::ERROR.primary_title(&self.message).element(snippet);
        Renderer::plain().render(&[group])
    }
}
