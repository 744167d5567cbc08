//! How proofhouse calls the interpreter; the interpreter itself is in [`rules`].

pub mod rules;

use proofhouse_guest::{Code, Description, EvaluateError, Interpreter, Position, Reject, Sink};
use rules::{Kind, Rules};

/// The interpreter with content loaded.
pub struct Guest(Rules);

/// The code of an event that is not lines of the form FIELD=VALUE; the host sees it negated.
const BAD_EVENT: Code = Code::new(1);

/// Reject codes. They are part of the interface: reports and expectations name them.
const fn code(kind: Kind) -> Code {
    Code::new(match kind {
        Kind::Syntax => 1,
        Kind::Number => 2,
        Kind::Limit => 3,
    })
}

impl Interpreter for Guest {
    type Configuration = ();

    fn describe() -> Description {
        Description::new("@NAME@", env!("CARGO_PKG_VERSION")).content("@NAME@-rules/1", ["*.rules"])
    }

    fn load(content: &[u8], (): &()) -> Result<Self, Reject> {
        Rules::parse(content).map(Self).map_err(|problem| {
            let position = Position::of(content, problem.offset);
            Reject::new(code(problem.kind), problem.text).at(position)
        })
    }

    fn evaluate(&mut self, event: &[u8], sink: &mut Sink) -> Result<usize, EvaluateError> {
        let matched = self.0.evaluate(event).ok_or_else(|| {
            EvaluateError::new(BAD_EVENT, "an event is lines of the form FIELD=VALUE")
        })?;
        for name in &matched {
            sink.emit(name);
        }
        Ok(matched.len())
    }
}

proofhouse_guest::export!(Guest);

#[cfg(test)]
mod tests {
    use super::Guest;
    use proofhouse_guest::{Session, record};

    /// What the host sees of one event.
    fn evaluate(content: &str, event: &str) -> (i32, Vec<Vec<u8>>) {
        let mut session = Session::<Guest>::default();
        assert_eq!(session.load(content.as_bytes()), 0);
        let (matches, seen) = record(|| session.evaluate(event.as_bytes()));
        (matches, seen.emitted)
    }

    #[test]
    fn a_rule_needs_all_of_its_tests() {
        let content = "shell = parent is winword.exe and image has powershell";
        let event = "parent=winword.exe\nimage=powershell.exe";
        assert_eq!(evaluate(content, event), (1, vec![b"shell".to_vec()]));
        assert_eq!(evaluate(content, "parent=winword.exe"), (0, vec![]));
        assert_eq!(evaluate(content, "no field"), (-1, vec![]));
    }

    #[test]
    fn a_rejection_says_where() {
        let mut session = Session::<Guest>::default();
        let (code, seen) = record(|| session.load(b"a = b is c\nd = e above 1"));
        assert_eq!(code, 1);
        assert_eq!(seen.messages[0].1, "2:7: `is`, `has` or `over` was expected");
    }
}
