//! The stand-ins for functions of libc that read whole words, against what C says of them.

use arbtest::arbtest;
use proofhouse_sandbox::instrument::{AccessKind, Checks, Options, Violation, instrument};

use super::guest::{Ended, Guest, guest, poisoned, wasm};

/// What shows that a function reads words.
const READS_WORDS: &str =
    "(drop (i32.and (i32.load (local.get 0)) (i32.const 0x80808080))) unreachable";

/// Functions that show that they read words, and do nothing else.
fn words() -> String {
    let functions = [
        ("strlen", "strlen", 1),
        ("strnlen", "strnlen", 2),
        ("memchr", "memchr", 3),
        ("__strchrnul", "strchrnul", 2),
        ("__stpcpy", "stpcpy", 2),
        ("__stpncpy", "stpncpy", 3),
        ("strlcpy", "strlcpy", 3),
        ("memccpy", "memccpy", 4),
    ];
    let functions = functions.map(|(name, export, parameters)| {
        let parameters = "i32 ".repeat(parameters);
        format!(
            r#"(func ${name} (export "{export}") (param {parameters}) (result i32) {READS_WORDS})"#
        )
    });
    format!(r#"(module (memory (export "memory") 1) {})"#, functions.concat())
}

/// Where the source lies, and where it ends: poison follows.
const FROM: u32 = 1024;
const TO: u32 = 4096;

/// A guest with a source of these bytes and a destination of some, both with poison behind.
fn with(source: &[u8], room: u32) -> Guest {
    let mut guest = guest(&words(), Options::default());
    guest.memory()[FROM as usize..][..source.len()].copy_from_slice(source);
    // What lies behind would be found, were it looked at.
    guest.memory()[FROM as usize + source.len()..TO as usize].fill(b'x');
    guest.memory()[TO as usize..][..256].fill(0xee);
    for (start, length) in [(FROM, source.len() as u32), (TO, room)] {
        guest.set_shadow(start + length, &[0xfa; 32]);
        guest.set_shadow((start + length) & !7, &[(length % 8) as u8]);
        if length.is_multiple_of(8) {
            guest.set_shadow(start + length, &[0xfa]);
        }
    }
    guest
}

fn violation(guest: &mut Guest, name: &str, arguments: &[u32]) -> Violation {
    match guest.call_i32(name, arguments) {
        Ended::Violated(violation) => violation,
        other => panic!("{name} {arguments:?}: {other:?}"),
    }
}

/// What a function gives, the destination after it, or the place of the first bad byte.
type Outcome = Result<(u32, Vec<u8>), (AccessKind, u32)>;

/// What C says, byte by byte.
fn expected(name: &str, block: &[u8], skip: u32, room: u32, byte: u8, most: u32) -> Outcome {
    let (source, from) = (&block[skip as usize..], FROM + skip);
    let read = |at: u32| source.get(at as usize).copied().ok_or((AccessKind::Read, from + at));
    let mut to = vec![0xee; 256];
    let mut write = |at: u32, value: u8| {
        if at >= room {
            return Err((AccessKind::Write, TO + at));
        }
        to[at as usize] = value;
        Ok(())
    };
    let mut length = 0;
    let result = match name {
        "strlen" => {
            while read(length)? != 0 {
                length += 1;
            }
            length
        }
        "strnlen" => {
            while length < most && read(length)? != 0 {
                length += 1;
            }
            length
        }
        "memchr" => loop {
            if length == most {
                break 0;
            }
            if read(length)? == byte {
                break from + length;
            }
            length += 1;
        },
        "strchrnul" => loop {
            let has = read(length)?;
            if has == byte || has == 0 {
                break from + length;
            }
            length += 1;
        },
        "stpcpy" => loop {
            let has = read(length)?;
            write(length, has)?;
            if has == 0 {
                break TO + length;
            }
            length += 1;
        },
        "stpncpy" => {
            while length < most && read(length)? != 0 {
                write(length, read(length)?)?;
                length += 1;
            }
            for at in length..most {
                write(at, 0)?;
            }
            TO + length
        }
        "strlcpy" => {
            while read(length)? != 0 {
                length += 1;
            }
            if most > 0 {
                let copied = length.min(most - 1);
                for at in 0..copied {
                    write(at, read(at)?)?;
                }
                write(copied, 0)?;
            }
            length
        }
        "memccpy" => loop {
            if length == most {
                break 0;
            }
            let has = read(length)?;
            write(length, has)?;
            length += 1;
            if has == byte {
                break TO + length;
            }
        },
        other => panic!("{other}"),
    };
    Ok((result, to))
}

fn arguments(name: &str, from: u32, byte: u8, most: u32) -> Vec<u32> {
    // C passes the byte as an `int`, of which the rest does not count.
    let byte = u32::from(byte) | 0x100;
    match name {
        "strlen" => vec![from],
        "strnlen" => vec![from, most],
        "memchr" => vec![from, byte, most],
        "strchrnul" => vec![from, byte],
        "stpcpy" => vec![TO, from],
        "stpncpy" | "strlcpy" => vec![TO, from, most],
        "memccpy" => vec![TO, from, byte, most],
        other => panic!("{other}"),
    }
}

const NAMES: [&str; 8] =
    ["strlen", "strnlen", "memchr", "strchrnul", "stpcpy", "stpncpy", "strlcpy", "memccpy"];

#[test]
fn they_do_what_c_says_and_stop_at_the_first_bad_byte() {
    arbtest(|u| {
        let length = u.int_in_range(0..=40usize)?;
        let source: Vec<u8> = (0..length)
            .map(|_| u.choose(&[0, b'a', b'a', b'b', b'c', b'd', 0xff]).copied())
            .collect::<Result<_, _>>()?;
        // A string may begin anywhere in its block.
        let skip = u.int_in_range(0..=length.min(12))? as u32;
        let room = u.int_in_range(0..=40u32)?;
        let most = *u.choose(&[0, 1, 5, 8, 17, 40, 60])?;
        let byte = *u.choose(&[0, b'a', b'd', b'x', 0xff])?;
        for name in NAMES {
            let mut guest = with(&source, room);
            let expected = expected(name, &source, skip, room, byte, most);
            let arguments = arguments(name, FROM + skip, byte, most);
            match (guest.call_i32(name, &arguments), expected) {
                (Ended::Returned(results), Ok((result, to))) => {
                    assert_eq!(results[0].unwrap_i32() as u32, result, "{name} {source:?}");
                    assert_eq!(guest.memory()[TO as usize..][..256], to, "{name} {source:?}");
                }
                (Ended::Violated(found), Err((kind, at))) => {
                    assert_eq!((found.kind, poisoned(&found).0), (kind, at), "{name} {source:?}");
                }
                (ended, expected) => panic!("{name} {source:?} {ended:?} {expected:?}"),
            }
        }
        Ok(())
    })
    .budget_ms(4000);
}

#[test]
fn a_string_without_an_end_is_found_where_its_block_ends() {
    let mut guest = with(b"0123456789", 10);
    let found = violation(&mut guest, "strlen", &[FROM]);
    assert_eq!(
        (found.kind, found.address, found.size),
        (AccessKind::Read, u64::from(FROM) + 10, 1)
    );
}

#[test]
fn what_leaves_the_memory_traps_as_such() {
    let mut guest = guest(&words(), Options::default());
    guest.memory()[65_000..].fill(1);
    for (name, arguments) in
        [("strlen", vec![65_000]), ("memchr", vec![65_000, 7, 600]), ("strchrnul", vec![65_535, 2])]
    {
        let ended = guest.call_i32(name, &arguments);
        assert!(matches!(ended, Ended::Trapped(wasmtime::Trap::MemoryOutOfBounds)), "{ended:?}");
    }
}

#[test]
fn names_are_believed_if_the_type_fits() {
    for (name, ty, found) in [
        ("strlen", "(param i32) (result i32)", true),
        ("compiler_rt.strlen", "(param i32) (result i32)", true),
        ("__stpncpy", "(param i32 i32 i32) (result i32)", true),
        ("strlen", "(param i32 i32) (result i32)", false),
        ("strlen", "(param i32) (result i64)", false),
        ("strlen", "(param i32)", false),
        ("memchr", "(param i32 i64 i32) (result i32)", false),
        ("my_strlen", "(param i32) (result i32)", false),
        ("memccpy", "(param i32 i32 i32 i32) (result i32)", true),
        ("c.string.memccpy", "(param i32 i32 i32 i32) (result i32)", false),
    ] {
        let text = format!("(module (memory 1) (func (@name \"{name}\") {ty} {READS_WORDS}))");
        let words = instrument(&wasm(&text), Options::default()).unwrap().summary.words;
        let expected = if found { vec![name.to_owned()] } else { Vec::new() };
        assert_eq!(words, expected, "{name} {ty}");
    }
    let text =
        r#"(module (import "env" "strlen" (func $strlen (param i32) (result i32))) (memory 1))"#;
    assert!(instrument(&wasm(text), Options::default()).unwrap().summary.words.is_empty());
}

#[test]
fn fuel_is_the_price_whoever_runs() {
    // Slow, simple and right, each in its own way.
    let text = r#"(module (memory (export "memory") 1) (data (i32.const 1024) "abcde\00")
        (func $strlen (export "strlen") (param i32) (result i32)
            (local $n i32)
            (drop (i32.and (i32.load align=1 (local.get 0)) (i32.const 0x80808080)))
            (loop $l
                (if (i32.load8_u (i32.add (local.get 0) (local.get $n)))
                    (then (local.set $n (i32.add (local.get $n) (i32.const 1))) (br $l))))
            (local.get $n))
        (func $memchr (export "memchr") (param i32 i32 i32) (result i32)
            (drop (i32.and (i32.load align=1 (local.get 0)) (i32.const 0x80808080)))
            (loop $l
                (if (i32.eqz (local.get 2)) (then (return (i32.const 0))))
                (if (i32.ne (i32.load8_u (local.get 0)) (local.get 1)) (then
                    (local.set 0 (i32.add (local.get 0) (i32.const 1)))
                    (local.set 2 (i32.sub (local.get 2) (i32.const 1)))
                    (br $l))))
            (local.get 0)))"#;
    for checks in [Checks::Off, Checks::Fast, Checks::Exact] {
        let mut guest = guest(text, Options::default().checks(checks));
        assert_eq!(guest.fuel_of("strlen", &[1024]), 8 + 5);
        assert_eq!(guest.fuel_of("strlen", &[1029]), 8);
        assert_eq!(guest.fuel_of("memchr", &[1024, 99, 100]), 8 + 2);
        assert_eq!(guest.fuel_of("memchr", &[1024, 255, 100]), 8 + 100);
    }
}

#[test]
fn a_function_that_reads_no_words_is_left_as_it_is() {
    let words_of = |body: &str, others: &str| {
        let text =
            format!("(module (memory 1) (func $strlen (param i32) (result i32) {body}) {others})");
        instrument(&wasm(&text), Options::default()).unwrap().summary.words
    };
    let helper = |body: &str| format!("(func $helper (param i32) (result i32) {body})");
    let memchr = "(func $memchr (param i32 i32 i32) (result i32)";
    for (body, others, is_found) in [
        // A field of a record; a byte; a constant without a word.
        ("(i32.load (local.get 0))", String::new(), false),
        ("(i32.load8_u (local.get 0))", String::new(), false),
        ("(i32.and (i32.load8_u (local.get 0)) (i32.const 0x80808080))", String::new(), false),
        ("(i32.and (i32.load (local.get 0)) (i32.const 0x80808080))", String::new(), true),
        ("(i32.sub (i32.load (local.get 0)) (i32.const 0x01010101))", String::new(), true),
        ("(i32.sub (i32.const 0x01010100) (i32.load (local.get 0)))", String::new(), true),
        (
            "(i64.ne (i64.const 0) (i64.and (i64.load (local.get 0)) (i64.const 0x8080808080808080)))",
            String::new(),
            true,
        ),
        (
            "(i64.ne (i64.const 0) (i64.and (i64.load (local.get 0)) (i64.const 0x80808080)))",
            String::new(),
            false,
        ),
        ("(i8x16.all_true (v128.load (local.get 0)))", String::new(), true),
        ("(i32x4.extract_lane 0 (v128.load (local.get 0)))", String::new(), false),
        // In a helper; in one that has a stand-in itself.
        (
            "(call $helper (local.get 0))",
            helper("(i32.and (i32.load (local.get 0)) (i32.const 0x80808080))"),
            true,
        ),
        ("(call $helper (local.get 0))", helper("(i32.load (local.get 0))"), false),
        (
            "(call $memchr (local.get 0) (i32.const 0) (i32.const -1))",
            format!("{memchr} (i32.and (i32.load (local.get 0)) (i32.const 0x80808080)))"),
            false,
        ),
    ] {
        let words = words_of(body, &others);
        assert_eq!(words.contains(&"strlen".to_owned()), is_found, "{body} {others}");
    }
}

/// A function of the program's own that is called `strnlen`: it gives -1 where it found no end.
#[test]
fn a_function_of_another_meaning_does_the_same_and_costs_the_same_with_checks() {
    let text = r#"(module (memory (export "memory") 1) (data (i32.const 1024) "abcd")
        (func $strnlen (export "strnlen") (param i32 i32) (result i32) (local $n i32)
            (loop $next
                (if (i32.eq (local.get $n) (local.get 1)) (then (return (i32.const -1))))
                (if (i32.load8_u (i32.add (local.get 0) (local.get $n)))
                    (then (local.set $n (i32.add (local.get $n) (i32.const 1))) (br $next))))
            (local.get $n)))"#;
    let fuel = [Checks::Off, Checks::Fast, Checks::Exact].map(|checks| {
        let mut guest = guest(text, Options::default().checks(checks));
        assert_eq!(guest.run("strnlen", &[1024, 4]), u32::MAX);
        assert_eq!(guest.run("strnlen", &[1024, 5]), 4);
        guest.fuel_of("strnlen", &[1024, 4])
    });
    assert!(fuel[0] < 200 && fuel.iter().all(|other| *other == fuel[0]), "{fuel:?}");
}

#[test]
fn a_result_that_cannot_be_costs_nothing() {
    let text = r#"(module (memory (export "memory") 1)
        (func $strlen (export "strlen") (param i32) (result i32)
            (drop (i32.and (i32.load (local.get 0)) (i32.const 0x80808080)))
            (i32.const -1))
        (func $strchrnul (export "strchrnul") (param i32 i32) (result i32)
            (drop (i32.and (i32.load (local.get 0)) (i32.const 0x80808080)))
            (i32.const 1000)))"#;
    let mut guest = guest(text, Options::default().checks(Checks::Off));
    assert_eq!(guest.fuel_of("strlen", &[1024]), 8);
    assert_eq!(guest.fuel_of("strchrnul", &[1024, 0]), 8);
    assert_eq!(guest.fuel_of("strchrnul", &[900, 0]), 8 + 100);
}
