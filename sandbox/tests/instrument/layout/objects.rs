//! Whatever the guest wrote where its layout is described, reading it ends and breaks nothing.

use arbtest::arbtest;
use proofhouse_sandbox::instrument::{
    LayoutMemory, LayoutPlace as Place, LayoutRegion as Region, layout_object,
};

#[test]
fn garbage_is_read_to_an_end() {
    arbtest(|u| {
        let mut memory: Vec<u8> = u.arbitrary()?;
        memory.resize(1 << 14, 0);
        let mut shadow: Vec<u8> = u.arbitrary()?;
        // Mostly the bytes that mean something here.
        for byte in &mut shadow {
            if *byte & 8 != 0 {
                *byte = [0xf1, 0xf2, 0xf3, 0xf5, 0xf8, 0xf9, 0xca, 0xcb][usize::from(*byte & 7)];
            }
        }
        shadow.resize(1 << 11, 0xf5);
        let notes: Vec<u8> = u.arbitrary()?;
        let registered = u.arbitrary()?;
        let fake_stack = *u.choose(&[0, u32::MAX, 64, 1 << 16, 0xffff_0000])?;
        let layout = LayoutMemory {
            memory: &memory,
            shadow: &shadow,
            notes: &notes,
            registered,
            fake_stack,
        };
        for _ in 0..16 {
            layout_object(&layout, u.arbitrary::<u32>()? % (1 << 15));
        }
        layout_object(&layout, u.arbitrary()?);
        Ok(())
    });
}

/// Memory with words at addresses.
fn memory(words: &[(usize, u32)], texts: &[(usize, &str)]) -> Vec<u8> {
    let mut memory = vec![0; 4096];
    for (at, word) in words {
        memory[*at..at + 4].copy_from_slice(&word.to_le_bytes());
    }
    for (at, text) in texts {
        memory[*at..at + text.len()].copy_from_slice(text.as_bytes());
    }
    memory
}

#[test]
fn a_frame_on_the_real_stack_begins_with_its_left_redzone() {
    let memory = memory(
        &[(1024, 0x41B5_8AB3), (1028, 2048), (1032, 7)],
        &[(2048, "2 16 5 5 a:123 48 4 1 b")],
    );
    let mut shadow = vec![0; 512];
    shadow[126..128].fill(0xf3);
    shadow[128..130].fill(0xf1);
    shadow[130] = 5;
    shadow[131..134].fill(0xf2);
    shadow[134] = 4;
    shadow[135..138].fill(0xf3);
    let layout =
        LayoutMemory { memory: &memory, shadow: &shadow, notes: &[], registered: 0, fake_stack: 0 };
    let found = |address| {
        let object = layout_object(&layout, address)?;
        let Region::Stack { variable, line, offset, table_index } = object.region else {
            panic!("{object:?}")
        };
        assert_eq!((object.address, table_index), (1024 + offset, 7));
        Some((variable, line, object.size, object.place))
    };
    let a = |place| Some(("a".to_owned(), Some(123), 5, place));
    let b = |place| Some(("b".to_owned(), None, 4, place));
    assert_eq!(found(1024), a(Place::Before(16)));
    assert_eq!(found(1024 + 21), a(Place::After(0)));
    assert_eq!(found(1024 + 47), b(Place::Before(1)));
    assert_eq!(found(1024 + 52), b(Place::After(0)));
    assert_eq!(found(1024 + 72), b(Place::After(20)));
    // Memory that may be accessed, in a variable and in none, and a frame without a mark.
    assert_eq!(found(1024 + 16), a(Place::Within(0)));
    assert_eq!(found(2048), None);
    assert_eq!(found(126 * 8), None);
}

#[test]
fn a_global_says_where_it_is_defined() {
    let memory = memory(
        &[
            (512, 1024),
            (516, 10),
            (520, 64),
            (524, 100),
            (528, 120),
            (536, 600),
            (600, 120),
            (604, 42),
        ],
        &[(100, "table"), (120, "file.c")],
    );
    let mut shadow = vec![0; 512];
    shadow[129] = 2;
    shadow[130..136].fill(0xf9);
    let notes = [512u32.to_le_bytes(), 1u32.to_le_bytes()].concat();
    let layout = LayoutMemory {
        memory: &memory,
        shadow: &shadow,
        notes: &notes,
        registered: 1,
        fake_stack: 0,
    };
    let object = layout_object(&layout, 1024 + 12).unwrap();
    let region = Region::Global { name: "table".into(), module: "file.c".into(), line: Some(42) };
    assert_eq!((object.region, object.place), (region, Place::After(2)));
    assert_eq!((object.address, object.size), (1024, 10));
    let none = LayoutMemory { registered: 0, ..layout };
    assert_eq!(layout_object(&none, 1024 + 12), None);
}
