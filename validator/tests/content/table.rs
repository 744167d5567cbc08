//! The exact outcome of each kind of bad bytes.

use crate::channel::{A, B, HEADER, INSTANCE, changed, good, input, put, resealed};
use crate::report::{codes, parse, subjects, text};
use crate::support::guests::reference_interpreter;
use crate::support::program::Program;
use std::fs;

/// Bytes, and what is found in them: the byte that the finding names, and its words.
struct Bad {
    what: &'static str,
    bytes: Vec<u8>,
    offset: usize,
    message: String,
}

fn bad(what: &'static str, bytes: Vec<u8>, offset: usize, message: &str) -> Bad {
    Bad { what, bytes, offset, message: message.to_owned() }
}

/// The good file with these bytes there, and a checksum that fits.
fn with(at: usize, field: &[u8]) -> Vec<u8> {
    resealed(|bytes| put(bytes, at, field))
}

fn no_channel_file() -> [Bad; 4] {
    let zeros = "the magic is [00, 00, 00, 00], not [50, 48, 43, 46]";
    let magic = "the magic is [50, 48, 43, 47], not [50, 48, 43, 46]";
    [
        bad("empty", vec![], 0, "4 bytes are needed, 0 are left"),
        bad("one byte", vec![b'P'], 0, "4 bytes are needed, 1 are left"),
        bad("all zeros", vec![0; 4096], 0, zeros),
        bad("wrong magic", with(0, b"PHCG"), 0, magic),
    ]
}

fn bad_header() -> [Bad; 8] {
    let length = good().len();
    // 2^25 + 2 instances of 128 bytes take 2^32 + 256 bytes: in 32 bits, what two take.
    let wraps = 0x0200_0002_u32.to_le_bytes();
    let most = [0xff; 4];
    let sizes = [
        "instances size 4294967295 is not 256, which the counts give",
        "strings size 4294967295 is over the limit of 16777216",
        &format!("file size 4294967295 is not {length}, the sum of the parts"),
    ];
    [
        bad("later version", with(4, &[2]), 4, "format version 2 is not supported, only 1 is"),
        bad("no inputs", with(16, &[0; 4]), 16, "input count 0 is not in 1 to 256"),
        bad("most inputs", with(16, &most), 16, "input count 4294967295 is not in 1 to 256"),
        bad(
            "instances that wrap around",
            with(20, &wraps),
            20,
            "instance count 33554434 is over the limit of 65536",
        ),
        bad("instances size", with(24, &most), 24, sizes[0]),
        bad("strings size", with(28, &most), 28, sizes[1]),
        bad("file size", with(32, &most), 32, sizes[2]),
        {
            let stored = u32::from_le_bytes(good()[36..40].try_into().unwrap());
            let bytes = changed(|bytes| put(bytes, 36, &(!stored).to_le_bytes()));
            let message = format!("the checksum is {:08x}, the bytes give {stored:08x}", !stored);
            bad("wrong checksum", bytes, 36, &message)
        },
    ]
}

fn bad_instances() -> [Bad; 3] {
    let table = good().len() - HEADER - 2 * INSTANCE;
    let string = |start: u64, length: u64| {
        let bytes = resealed(|bytes| {
            put(bytes, input(0, 1) + A, &start.to_le_bytes());
            put(bytes, input(0, 1) + B, &length.to_le_bytes());
        });
        let message = format!(
            "instance 1, input 1: {length} bytes at {start} are not inside the string table of \
             {table} bytes"
        );
        bad("a string that wraps around into the table", bytes, input(0, 1) + A, &message)
    };
    let second = HEADER + INSTANCE;
    let twice = format!("instance id 1 is already used at byte {HEADER}");
    [
        string(0xffff_fffc, 8),
        string(u64::MAX, 2),
        bad("an instance id twice", with(second, &[1]), second, &twice),
    ]
}

fn bad_length() -> [Bad; 2] {
    let good = good();
    let needed = good.len() - HEADER;
    let short = format!("{needed} bytes are needed, {} are left", needed - 1);
    let trailing = "1 bytes follow the end of the file";
    [
        bad("cut", good[..good.len() - 1].to_vec(), HEADER, &short),
        bad("trailing byte", changed(|bytes| bytes.push(0)), good.len(), trailing),
    ]
}

#[test]
fn each_kind_of_bad_bytes_has_its_own_outcome() {
    let table: Vec<Bad> = no_channel_file()
        .into_iter()
        .chain(bad_header())
        .chain(bad_instances())
        .chain(bad_length())
        .collect();
    let folder = tempfile::tempdir().unwrap();
    for (number, bad) in table.iter().enumerate() {
        fs::write(folder.path().join(format!("{number:02}.chan")), &bad.bytes).unwrap();
    }
    // One good file among them: it is still judged.
    fs::write(folder.path().join("99.chan"), good()).unwrap();
    let ended = Program::new(folder.path())
        .args(["check", "--format", "json", ".", "-i"])
        .args([reference_interpreter("channel-7.11.wasm")])
        .run();
    let report = parse(&ended);
    let subjects = subjects(&report);
    assert_eq!(subjects.len(), table.len() + 1);
    for (subject, Bad { what, offset, message, .. }) in subjects.iter().zip(&table) {
        assert_eq!(text(subject, "verdict"), "rejected", "{what}");
        assert_eq!(codes(subject), ["malformed", "refused"], "{what}: {subject}");
        let finding = &subject["findings"][0];
        assert_eq!((text(finding, "message"), text(finding, "severity")), (&**message, "error"));
        assert_eq!(finding["place"]["offset"], *offset, "{what}");
    }
    assert_eq!(text(&subjects[table.len()], "verdict"), "accepted");
    assert_eq!(ended.code, Some(1));
}
