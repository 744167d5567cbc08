//! The log on stderr: coloured for a terminal, and plain for everything else.

use crate::support::guests::guest;
use crate::support::program::Program;
use std::fs;

#[test]
fn the_log_is_plain_where_stderr_is_no_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    fs::write(folder.path().join("obedient.wasm"), guest("obedient")).unwrap();
    fs::write(folder.path().join("a.order"), "accept").unwrap();
    let arguments = ["check", "-i", "obedient.wasm", "a.order"];
    let program = Program::new(folder.path()).env("XDG_CACHE_HOME", &cache).args(arguments);
    assert_eq!(program.run().code, Some(0));
    // An entry that is damaged is worth a line.
    let logged = |variables: &[(&str, &str)]| {
        let mut damaged = 0;
        for entry in fs::read_dir(cache.join("proofhouse")).unwrap() {
            let path = entry.unwrap().path();
            let bytes = fs::read(&path).unwrap();
            fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
            damaged += 1;
        }
        assert!(damaged > 0);
        let with = |program: Program, variable: &(&str, &str)| program.env(variable.0, variable.1);
        let ended = variables.iter().fold(program.clone(), with).run();
        assert_eq!(ended.code, Some(0));
        String::from_utf8(ended.stderr).unwrap()
    };
    let plain = logged(&[]);
    assert!(plain.contains(" WARN ") && plain.contains("damaged"), "{plain:?}");
    assert!(!plain.contains('\x1b'), "{plain:?}");
    let forced = ("CLICOLOR_FORCE", "1");
    assert!(logged(&[forced]).contains("\x1b["), "colour where it is forced");
    assert_eq!(logged(&[forced, ("NO_COLOR", "1")]), plain);
}
