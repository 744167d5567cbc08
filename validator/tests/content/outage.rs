//! The outage's content before the defective interpreter, through each of the three guest ABIs.

use crate::report::{judgements, parse, subjects};
use crate::support::guests::reference_interpreter;
use crate::support::program::Program;
use proofhouse_corpus::ChannelFile;
use std::fs;
use std::path::Path;

#[test]
fn the_defective_interpreter_reads_behind_its_array_whatever_its_abi() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures");
    let folder = tempfile::tempdir().unwrap();
    for name in ["outage", "quiet"] {
        let path = fixtures.join("content").join(name).with_extension("toml");
        let file = ChannelFile::from_toml(&fs::read_to_string(path).unwrap()).unwrap();
        let path = folder.path().join(name).with_extension("chan");
        fs::write(path, file.encode().unwrap()).unwrap();
    }
    let events = fixtures.join("events/outage.json");
    for (build, outcome) in [("", "accepted"), ("-command", "accepted"), ("-harness", "completed")]
    {
        let interpreter = reference_interpreter(&format!("channel-7.10{build}.wasm"));
        let judge = |sanitize: &str| {
            // The contract gate would say it first.
            let ended = Program::new(folder.path())
                .args(["check", "--skip-gates", "schema", "--format", "json"])
                .args(["--sanitize", sanitize, "outage.chan", "quiet.chan", "-i"])
                .args([interpreter.as_os_str(), "-e".as_ref(), events.as_os_str()])
                .run();
            parse(&ended)
        };
        let checked = judge("on");
        let found: Vec<_> = judgements(&checked)
            .into_iter()
            .map(|(path, verdict, codes)| (path, verdict, codes.contains(&"memory-error")))
            .collect();
        let expected = [("outage.chan", "rejected", true), ("quiet.chan", "accepted", false)];
        assert_eq!(found, expected, "{build}: {checked}");
        let finding = &subjects(&checked)[0]["findings"];
        assert!(finding.to_string().contains("heap-buffer-overflow: read of 4 bytes"), "{finding}");
        let kind = |nth: usize| subjects(&checked)[nth]["runs"][0]["outcome"]["kind"].clone();
        assert_eq!((kind(0), kind(1)), ("trapped".into(), outcome.into()), "{build}");

        // In plain memory the read finds other data, and nobody notices.
        let plain = judge("off");
        let verdicts: Vec<&str> = judgements(&plain).into_iter().map(|(_, v, _)| v).collect();
        assert_eq!(verdicts, ["accepted", "accepted"], "{build}: {plain}");
    }
}
