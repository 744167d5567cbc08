//! eBPF.

use serde_json::json;

use super::{DEEP, Language};

/// `exit`.
const EXIT: [u8; 8] = [0x95, 0, 0, 0, 0, 0, 0, 0];
/// `mov r0, 1`.
const ONE: [u8; 8] = [0xb7, 0, 0, 0, 1, 0, 0, 0];

pub(super) fn language() -> Language {
    let program = |name, instructions: &[[u8; 8]]| (name, instructions.concat());
    Language {
        guest: "ebpf",
        extension: "bpf",
        good: [ONE, EXIT].concat(),
        event: json!(1),
        bad: vec![
            // add r0, 1
            program("no-exit", &[[0x07, 0, 0, 0, 1, 0, 0, 0]]),
            program("calls-an-unknown-helper", &[[0x85, 0, 0, 0, 99, 0, 0, 0], EXIT]),
            // call -1, in the program itself
            program("calls-itself", &[[0x85, 0x10, 0, 0, 0xff, 0xff, 0xff, 0xff], EXIT]),
            // ja -1
            program("jumps-to-itself", &[[0x05, 0, 0xff, 0xff, 0, 0, 0, 0], EXIT]),
            // mov r0, 0; ja -2: rbpf's verifier looks for no loop but the one above
            program(
                "loops",
                &[[0xb7, 0, 0, 0, 0, 0, 0, 0], [0x05, 0, 0xfe, 0xff, 0, 0, 0, 0], EXIT],
            ),
            // div r0, r1, where r1 is 0
            program(
                "divides-by-zero",
                &[[0xb7, 1, 0, 0, 0, 0, 0, 0], [0x3f, 0x10, 0, 0, 0, 0, 0, 0], EXIT],
            ),
            // lddw r1, the largest number; ldxdw r0, [r1]
            program(
                "reads-at-the-end-of-memory",
                &[HUGE[0], HUGE[1], [0x79, 0x10, 0, 0, 0, 0, 0, 0], EXIT],
            ),
            // the same; stxdw [r1], r0
            program(
                "writes-at-the-end-of-memory",
                &[HUGE[0], HUGE[1], [0x7b, 0x01, 0, 0, 0, 0, 0, 0], EXIT],
            ),
            program("half-a-wide-instruction", &[EXIT, HUGE[0]]),
            // jumps into the second half of lddw
            program(
                "jumps-into-an-instruction",
                &[[0x05, 0, 1, 0, 0, 0, 0, 0], HUGE[0], HUGE[1], EXIT],
            ),
            // stxdw [r10 - 8 * 100], r0
            program("writes-below-its-stack", &[[0x7b, 0x0a, 0xe0, 0xfc, 0, 0, 0, 0], EXIT]),
            program("register-15", &[[0xbf, 0xff, 0, 0, 0, 0, 0, 0], EXIT]),
            // lsh r0, 255
            program("shifts-too-far", &[[0x67, 0, 0, 0, 0xff, 0, 0, 0], EXIT]),
            program("many", &vec![[0x07, 0, 0, 0, 1, 0, 0, 0]; DEEP]),
            ("not-whole-instructions", [ONE.as_slice(), &EXIT, &[0x95]].concat()),
        ],
    }
}

/// `lddw r1, 0xffffffffffffffff`.
const HUGE: [[u8; 8]; 2] =
    [[0x18, 1, 0, 0, 0xff, 0xff, 0xff, 0xff], [0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]];
