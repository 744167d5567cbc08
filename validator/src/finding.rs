//! Findings: what a gate has to say about one subject.
//!
//! Codes are a closed set with a page each in `docs/findings`, which `proofhouse explain` shows. A
//! severity decides the verdict; it is overridden by a policy in one place, [`Findings::push`].

use crate::excerpt::Excerpt;
use crate::place::Place;
use proofhouse_sandbox::Verdict;
use serde::Serialize;
use std::collections::BTreeMap;

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Worth a look before release.
    Warning,
    /// The subject could not be judged. Nothing overrides this.
    Fault,
    /// The content must not ship.
    Error,
}

macro_rules! codes {
    ($($variant:ident $name:literal $severity:ident;)+) => {
        /// What a finding is about.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[expect(missing_docs, reason = "each code has a page in docs/findings, which `page` returns")]
        pub enum Code {
            $(#[serde(rename = $name)] $variant,)+
        }

        impl Code {
            /// All codes, in the order of the documentation.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The code as reports and policies write it.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// Its severity unless a policy says otherwise.
            pub fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity,)+ }
            }

            /// Its page: what it means, why it matters, what to do.
            pub fn page(self) -> &'static str {
                match self {
                    $(Self::$variant => include_str!(
                        concat!("../../docs/findings/", $name, ".md")
                    ),)+
                }
            }
        }
    };
}

codes! {
    // The file itself.
    NotRegular "not-a-regular-file" Error;
    Escapes "escapes-directory" Error;
    Dangling "dangling-link" Error;
    TooLarge "too-large" Error;
    TooDeep "too-deep" Fault;
    Vanished "vanished" Fault;
    Changed "changed-while-read" Fault;
    Unreadable "unreadable" Fault;
    // What it says, against what the interpreter says.
    Malformed "malformed" Error;
    ContractInputs "contract-inputs" Error;
    ContractMargin "contract-margin" Warning;
    ContractTemplate "contract-template" Error;
    // What the interpreter does with it.
    Refused "refused" Error;
    EvaluationError "evaluation-error" Error;
    MemoryError "memory-error" Error;
    DependsOnUndefinedMemory "depends-on-undefined-memory" Error;
    CrashWithoutMemory "crash-without-memory" Error;
    UndefinedBehaviour "undefined-behaviour" Error;
    Trap "trap" Error;
    OutOfFuel "out-of-fuel" Error;
    OutOfMemory "out-of-memory" Error;
    StackExhausted "stack-exhausted" Error;
    OutputFlood "output-flood" Error;
    AbiViolation "abi-violation" Error;
    // What could not be judged, or not wholly.
    InterpreterUnusable "interpreter-unusable" Fault;
    HostFault "host-fault" Fault;
    NotExercised "not-exercised" Warning;
    NeverEvaluated "never-evaluated" Warning;
    CoverageUnknown "coverage-unknown" Note;
    RefusedCall "refused-call" Note;
}

impl Code {
    /// The code of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.name() == name)
    }
}

/// One thing that a gate found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What it is about.
    pub code: Code,
    /// How much it weighs here.
    pub severity: Severity,
    /// One sentence for a person.
    pub message: String,
    /// The interpreter concerned, by its id in the report.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interpreter: Option<String>,
    /// Which of its builds, where that is not the release.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub build: Option<String>,
    /// Where.
    #[serde(skip_serializing_if = "Place::is_empty")]
    pub place: Place,
}

/// Whom a finding concerns.
#[derive(Clone, Copy, Debug)]
pub struct By<'a> {
    /// The interpreter's id in the report.
    pub interpreter: &'a str,
    /// Which of its builds, where that is not the release.
    pub build: Option<&'a str>,
}

impl<'a> By<'a> {
    /// The release build of an interpreter.
    pub fn release(interpreter: &'a str) -> Self {
        Self { interpreter, build: None }
    }
}

/// Severities that a policy sets instead of the default ones.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Severities(pub(crate) BTreeMap<&'static str, Severity>);

/// The sink that gates push findings into.
#[derive(Debug)]
pub struct Findings<'p> {
    severities: &'p Severities,
    list: Vec<Finding>,
}

impl<'p> Findings<'p> {
    /// An empty sink under a policy.
    pub fn new(severities: &'p Severities) -> Self {
        Self { severities, list: Vec::new() }
    }

    /// Adds a finding with its default severity, or the policy's.
    pub fn push(&mut self, code: Code, interpreter: Option<&str>, place: Place, message: String) {
        let by = interpreter.map(By::release);
        self.push_as(code, code.severity(), by, place, message);
    }

    /// Adds a finding that blame has already judged: a fault stays a fault whatever the policy says.
    pub fn push_as(
        &mut self,
        code: Code,
        severity: Severity,
        by: Option<By<'_>>,
        place: Place,
        message: String,
    ) {
        let severity = match (severity, self.severities.0.get(code.name())) {
            (Severity::Fault, _) | (_, None) => severity,
            (_, Some(overridden)) => *overridden,
        };
        let interpreter = by.map(|by| by.interpreter.to_owned());
        let build = by.and_then(|by| by.build).map(str::to_owned);
        self.list.push(Finding { code, severity, message, interpreter, build, place });
    }

    /// Keeps the lines of the content that findings are about, for people to see.
    pub fn excerpt(&mut self, content: &[u8]) {
        for Finding { place, .. } in &mut self.list {
            let shown = place.line.and_then(|line| Excerpt::of(content, line, place.column));
            place.excerpt = shown.map(Box::new);
        }
    }

    /// Whether something was found that keeps the content from shipping.
    pub fn verdict(&self) -> Verdict {
        match self.list.iter().map(|finding| finding.severity).max() {
            Some(Severity::Error) => Verdict::Rejected,
            Some(Severity::Fault) => Verdict::Inconclusive,
            Some(Severity::Warning | Severity::Note) | None => Verdict::Accepted,
        }
    }

    /// The findings, in the order in which they were made.
    pub fn into_list(self) -> Vec<Finding> {
        self.list
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn codes_are_unique_and_have_a_page_that_names_them() {
        let names: BTreeSet<_> = Code::ALL.iter().map(|code| code.name()).collect();
        assert_eq!(names.len(), Code::ALL.len());
        for code in Code::ALL {
            let title = format!("# {}\n", code.name());
            assert!(code.page().starts_with(&title), "{}", code.name());
            assert_eq!(Code::named(code.name()), Some(*code));
        }
    }

    #[test]
    fn the_list_of_codes_is_part_of_the_interface() {
        let list: Vec<_> = Code::ALL.iter().map(|code| (code.name(), code.severity())).collect();
        insta::assert_snapshot!(
            list.iter().map(|(name, s)| format!("{name} {s:?}")).collect::<Vec<_>>().join("\n")
        );
    }

    #[test]
    fn a_policy_overrides_a_severity_but_never_a_fault() {
        let severities =
            Severities([("trap", Severity::Note), ("vanished", Severity::Note)].into());
        let mut findings = Findings::new(&severities);
        findings.push(Code::Trap, None, Place::default(), String::new());
        assert_eq!(findings.verdict(), Verdict::Accepted);
        findings.push(Code::Vanished, None, Place::default(), String::new());
        assert_eq!(findings.verdict(), Verdict::Inconclusive);
        findings.push(Code::Malformed, None, Place::default(), String::new());
        assert_eq!(findings.verdict(), Verdict::Rejected);
        assert_eq!(findings.into_list().first().unwrap().severity, Severity::Note);
    }
}
