//! Nothing of an empty input may be read.

use proofhouse_sandbox::{Limits, MemoryErrorKind, Outcome, Phase, Sanitize};

use super::cc::{CHECKED, compile};
use super::common::{open, run, sandbox};

const FLAGS: [&[&str]; 2] = [&["-Wl,--export=malloc"], &["-DREACTOR"]];

#[test]
fn the_first_byte_of_an_empty_input_is_behind_it() {
    for profile in CHECKED.into_iter().chain(["release"]) {
        let [Some(harness), Some(reactor)] = FLAGS.map(|flags| compile(profile, "empty.c", flags))
        else {
            continue;
        };
        let [unchecked, oracle] = [Sanitize::Off, Sanitize::Oracle].map(|sanitize| {
            sandbox().interpreter(harness.clone(), &Limits::default(), sanitize).unwrap()
        });
        let [harness, reactor] = [harness, reactor].map(|module| open(&module).unwrap());
        assert_eq!(run(&harness, b"x", &[]).outcome, Outcome::Completed, "{profile}");
        assert_eq!(run(&unchecked, b"", &[]).outcome, Outcome::Completed, "{profile}");
        let found = run(&harness, b"", &[]);
        assert_eq!(
            found.outcome.memory().unwrap().to_string().split_once(", ").unwrap().1,
            "0 bytes behind the content of 0 bytes that was handed over",
            "{profile}"
        );
        assert_eq!(found.differs_from_oracle(&run(&oracle, b"", &[])), None, "{profile}");
        let looked_at = found.outcome.memory().unwrap();
        assert_eq!(looked_at.error, MemoryErrorKind::HeapBufferOverflow, "{profile}");

        for (content, events) in [(&b""[..], &[&b""[..], b"x"][..]), (b"x", &[b"x"]), (b"l", &[])] {
            assert_eq!(run(&reactor, content, events).outcome, Outcome::Accepted, "{profile}");
        }
        let found = run(&reactor, b"x", &[b"x", b"", b"x"]);
        assert_eq!((found.phase, found.event), (Phase::Evaluate, Some(1)), "{profile}");
        let memory = found.outcome.memory().unwrap();
        assert_eq!(memory.error, MemoryErrorKind::HeapBufferOverflow, "{profile}");
        let object = memory.object.as_ref().unwrap();
        assert_eq!((object.size, object.distance), (0, 0), "{profile}: {memory}");
    }
}
