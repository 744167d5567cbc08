//! A small rule language, as an example of an interpreter of content.
//!
//! ```text
//! # a comment
//! office-shell = parent is winword.exe and image has powershell
//! large-upload = bytes over 1000000 and target is "a name with spaces"
//! ```
//!
//! A rule has a name and one or more tests of an event's fields; it matches when all of them do. An event
//! is lines of the form FIELD=VALUE. Nothing here knows proofhouse: replace it by your own interpreter.

/// Most rules in one content.
const MAX_RULES: usize = 64;
/// Most tests in one rule.
const MAX_TESTS: usize = 8;

/// Loaded content.
pub struct Rules(Vec<Rule>);

struct Rule {
    name: Vec<u8>,
    tests: Vec<Test>,
}

struct Test {
    field: Vec<u8>,
    condition: Condition,
}

enum Condition {
    Is(Vec<u8>),
    Has(Vec<u8>),
    Over(u64),
}

/// Why content is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Something else was expected.
    Syntax,
    /// `over` takes a whole number below 2^64.
    Number,
    /// More rules, or more tests in one, than are allowed.
    Limit,
}

/// What is wrong with content, and at which byte.
#[derive(Debug)]
pub struct Problem {
    pub kind: Kind,
    pub offset: usize,
    pub text: &'static str,
}

impl Rules {
    /// Reads content.
    pub fn parse(content: &[u8]) -> Result<Self, Problem> {
        let mut parser = Parser { content, at: 0 };
        let mut rules = Vec::new();
        while parser.peek().is_some() {
            parser.skip_blanks();
            if !parser.at_end_of_line() {
                if rules.len() == MAX_RULES {
                    return Err(parser.problem(Kind::Limit, "content has at most 64 rules"));
                }
                rules.push(parser.rule()?);
            }
            parser.skip_line();
        }
        Ok(Self(rules))
    }

    /// The names of the rules that match an event, in order; nothing for an event that is not lines of
    /// the form FIELD=VALUE.
    pub fn evaluate(&self, event: &[u8]) -> Option<Vec<&[u8]>> {
        let lines = event.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let fields: Option<Vec<(&[u8], &[u8])>> = lines
            .map(|line| {
                let equals = line.iter().position(|byte| *byte == b'=')?;
                Some((line.get(..equals)?, line.get(equals + 1..)?))
            })
            .collect();
        let fields = fields?;
        let holds = |test: &Test| {
            let mut fields = fields.iter();
            fields.any(|(name, value)| *name == test.field && test.condition.holds(value))
        };
        let matched = self.0.iter().filter(|rule| rule.tests.iter().all(holds));
        Some(matched.map(|rule| rule.name.as_slice()).collect())
    }
}

impl Condition {
    fn holds(&self, value: &[u8]) -> bool {
        match self {
            Self::Is(wanted) => value == wanted,
            Self::Has(part) => part.is_empty() || value.windows(part.len()).any(|w| w == part),
            Self::Over(limit) => number(value).is_some_and(|number| number > *limit),
        }
    }
}

fn number(text: &[u8]) -> Option<u64> {
    let digits = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    digits.then(|| str::from_utf8(text).ok()?.parse().ok()).flatten()
}

struct Parser<'a> {
    content: &'a [u8],
    at: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<u8> {
        self.content.get(self.at).copied()
    }

    fn problem(&self, kind: Kind, text: &'static str) -> Problem {
        Problem { kind, offset: self.at, text }
    }

    fn at_end_of_line(&self) -> bool {
        matches!(self.peek(), None | Some(b'\n' | b'#'))
    }

    fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t')) {
            self.at += 1;
        }
    }

    /// Goes to the next line, over a comment.
    fn skip_line(&mut self) {
        while self.peek().is_some_and(|byte| byte != b'\n') {
            self.at += 1;
        }
        self.at += usize::from(self.peek().is_some());
    }

    /// The bytes up to one that is in `end`.
    fn until(&mut self, end: &[u8]) -> Vec<u8> {
        let start = self.at;
        while self.peek().is_some_and(|byte| !end.contains(&byte)) {
            self.at += 1;
        }
        self.content.get(start..self.at).unwrap_or_default().to_vec()
    }

    fn word(&mut self) -> Vec<u8> {
        self.skip_blanks();
        self.until(b" \t\n#=\"")
    }

    /// NAME = TEST [and TEST]...
    fn rule(&mut self) -> Result<Rule, Problem> {
        let name = self.word();
        if name.is_empty() {
            return Err(self.problem(Kind::Syntax, "the name of a rule was expected"));
        }
        self.skip_blanks();
        if self.peek() != Some(b'=') {
            return Err(self.problem(Kind::Syntax, "`=` was expected"));
        }
        self.at += 1;
        let mut tests = Vec::new();
        loop {
            if tests.len() == MAX_TESTS {
                return Err(self.problem(Kind::Limit, "a rule has at most 8 tests"));
            }
            tests.push(self.test()?);
            self.skip_blanks();
            if self.at_end_of_line() {
                return Ok(Rule { name, tests });
            }
            let here = self.problem(Kind::Syntax, "`and` or the end of the line was expected");
            if self.word() != b"and" {
                return Err(here);
            }
        }
    }

    /// FIELD is|has|over VALUE
    fn test(&mut self) -> Result<Test, Problem> {
        let field = self.word();
        if field.is_empty() {
            return Err(self.problem(Kind::Syntax, "a field was expected"));
        }
        self.skip_blanks();
        let operator = self.problem(Kind::Syntax, "`is`, `has` or `over` was expected");
        let condition = match self.word().as_slice() {
            b"is" => Condition::Is(self.value()?),
            b"has" => Condition::Has(self.value()?),
            b"over" => {
                self.skip_blanks();
                let here = self.problem(Kind::Number, "`over` takes a whole number below 2^64");
                Condition::Over(number(&self.value()?).ok_or(here)?)
            }
            _ => return Err(operator),
        };
        Ok(Test { field, condition })
    }

    /// A word, or anything but a line feed between quotes.
    fn value(&mut self) -> Result<Vec<u8>, Problem> {
        self.skip_blanks();
        if self.peek() == Some(b'"') {
            let open = self.problem(Kind::Syntax, "this quote is not closed");
            self.at += 1;
            let value = self.until(b"\"\n");
            if self.peek() != Some(b'"') {
                return Err(open);
            }
            self.at += 1;
            return Ok(value);
        }
        let value = self.word();
        if value.is_empty() {
            return Err(self.problem(Kind::Syntax, "a value was expected"));
        }
        Ok(value)
    }
}
