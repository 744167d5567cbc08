//! Which fields of a channel file were evaluated.
//!
//! An interpreter says nothing about that, so its reads are watched: the content's buffer stays where it
//! is, and what the interpreter reads of it after it has loaded the content, it reads to evaluate events. A
//! criterion of which it read a byte was *evaluated*.
//!
//! One of which it read nothing was not, unless the interpreter keeps what it needs of it in a form of its
//! own. That is found out, too: it is given the same file with other criteria in those places, of every
//! kind there is. If its memory is byte for byte the same after it has loaded each of them, it
//! kept nothing of them, and what it has not read since it cannot know. Otherwise, and wherever that
//! experiment cannot be made, it is not known whether the field was evaluated, and that is what is said.

use super::Part;
use proofhouse_corpus::{ChannelFile, Criterion, CriterionIndex, alternatives};
use proofhouse_sandbox::{Interpreter, Job, Outcome, Phase, Run, Verdict};
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

/// What is known of the fields of one content.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FieldCoverage {
    /// Its instances, in the order of the file; none if the content was not understood.
    pub instances: Vec<InstanceFields>,
    /// Why it is not known of some fields, or of all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_known: Option<NotKnown>,
}

/// The fields of one instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceFields {
    /// Its id.
    pub id: u32,
    /// Its fields, in order. Inputs count from 1.
    pub fields: Vec<Field>,
}

impl Serialize for InstanceFields {
    /// As lists of inputs: a file may have millions of fields.
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let inputs = |wanted: &dyn Fn(&Field) -> bool| -> Vec<u32> {
            let fields = self.fields.iter().zip(1..).filter(|(field, _)| wanted(field));
            fields.map(|(_, input)| input).collect()
        };
        let mut lists = to.serialize_struct("instance", 5)?;
        lists.serialize_field("id", &self.id)?;
        for (name, state) in [
            ("evaluated", FieldState::Evaluated),
            ("never", FieldState::Never),
            ("not_known", FieldState::NotKnown),
        ] {
            lists.serialize_field(name, &inputs(&|field| field.state == state))?;
        }
        lists.serialize_field("wildcards", &inputs(&|field| field.is_wildcard))?;
        lists.end()
    }
}

/// One field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// What is known of it.
    pub state: FieldState,
    /// Whether it matches anything: a field that asks for nothing has nothing to be tested.
    pub is_wildcard: bool,
}

/// Whether a field was evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldState {
    /// The interpreter read it while it evaluated events.
    Evaluated,
    /// It neither read it then nor remembered it.
    Never,
    /// It did not read it then, but may have remembered it.
    NotKnown,
}

/// Why it is not known which fields were evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
pub enum NotKnown {
    /// Only channel files have fields that are known here.
    #[error("the content is of a kind whose fields are not known")]
    NoDecoder,
    /// It is no channel file after all.
    #[error("the content is not a channel file")]
    Malformed,
    /// Nothing was evaluated.
    #[error("the interpreter did not load the content")]
    NotLoaded,
    /// The instrumentation does not fit this build.
    #[error("the interpreter cannot be watched")]
    NotWatchable,
    /// Without memory checks it does something else.
    #[error("the interpreter does something else when it is watched")]
    RunsDiffer,
    /// It has globals or tables that change.
    #[error("the interpreter may keep what it needs of the content where that cannot be seen")]
    KeepsElsewhere,
    /// It keeps a form of its own.
    #[error("the interpreter keeps what it needs of the content in a form of its own")]
    Remembers,
    /// It refuses what the file was changed into, so that nothing can be compared.
    #[error("the interpreter does not load the content with other criteria in it")]
    RefusesOthers,
}

impl FieldCoverage {
    /// Nothing is known, for that reason.
    pub fn unknown(reason: NotKnown) -> Self {
        Self { instances: Vec::new(), not_known: Some(reason) }
    }

    /// How many of its fields were evaluated; `None` if that is not known of all of them.
    pub fn part(&self) -> Option<Part> {
        let mut part = Part::default();
        for field in self.instances.iter().flat_map(|instance| &instance.fields) {
            part.add(field.state == FieldState::Evaluated);
        }
        self.not_known.is_none().then_some(part)
    }

    /// The instances with fields that ask for something and were never evaluated, with the inputs of
    /// those fields, from 1.
    pub fn never(&self) -> impl Iterator<Item = (usize, &InstanceFields, Vec<u32>)> {
        self.instances.iter().enumerate().filter_map(|(at, instance)| {
            let never = instance
                .fields
                .iter()
                .zip(1..)
                .filter(|(field, _)| field.state == FieldState::Never && !field.is_wildcard);
            let never: Vec<u32> = never.map(|(_, input)| input).collect();
            (!never.is_empty()).then_some((at, instance, never))
        })
    }
}

/// What a run of `job` evaluated. `base` is the same run where nothing is watched, which has to have done
/// the same.
pub fn of(watched: &Interpreter, job: &Job<'_>, base: &Run) -> FieldCoverage {
    let Ok(file) = ChannelFile::decode(job.content) else {
        return FieldCoverage::unknown(NotKnown::Malformed);
    };
    let (run, seen) = watched.run_watched(job);
    if !is_same(&run, base) {
        return FieldCoverage::unknown(NotKnown::RunsDiffer);
    }
    let Some(seen) = seen else {
        let is_loaded = run.phase == Phase::Evaluate || run.outcome == Outcome::Accepted;
        let reason = if is_loaded { NotKnown::NotWatchable } else { NotKnown::NotLoaded };
        return FieldCoverage::unknown(reason);
    };
    let unread: Vec<CriterionIndex> =
        file.criteria().filter(|at| !file.was_read(*at, &seen.read)).collect();
    let not_known = remembers(watched, job, &file, &unread, seen.remembered);
    let mut coverage = FieldCoverage { instances: Vec::new(), not_known };
    for (instance, of) in file.instances.iter().enumerate() {
        let state = |criterion| match (
            file.was_read(CriterionIndex { instance, criterion }, &seen.read),
            not_known,
        ) {
            (true, _) => FieldState::Evaluated,
            (false, None) => FieldState::Never,
            (false, Some(_)) => FieldState::NotKnown,
        };
        let fields = of.criteria.iter().enumerate().map(|(at, criterion)| Field {
            state: state(at),
            is_wildcard: matches!(criterion, Criterion::Wildcard),
        });
        coverage.instances.push(InstanceFields { id: of.id, fields: fields.collect() });
    }
    coverage
}

/// Whether the two runs did the same, fuel and all.
fn is_same(one: &Run, two: &Run) -> bool {
    one.verdict() != Verdict::Inconclusive
        && one.outcome.kind() == two.outcome.kind()
        && one.events == two.events
        && one.event == two.event
}

/// Why the interpreter may know of those criteria although it did not read them; `None` if it does not.
fn remembers(
    watched: &Interpreter,
    job: &Job<'_>,
    file: &ChannelFile<'_>,
    unread: &[CriterionIndex],
    remembered: Option<[u8; 32]>,
) -> Option<NotKnown> {
    if unread.is_empty() {
        return None;
    }
    let Some(remembered) = remembered else { return Some(NotKnown::KeepsElsewhere) };
    for content in alternatives(file, job.content, unread) {
        let (_, seen) = watched.run_watched(&Job { content: &content, events: &[], ..*job });
        match seen.map(|seen| seen.remembered) {
            None => return Some(NotKnown::RefusesOthers),
            Some(other) if other != Some(remembered) => return Some(NotKnown::Remembers),
            Some(_) => {}
        }
    }
    None
}
