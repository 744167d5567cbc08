//! The compact storage of names.

use super::{
    super::{coded::Coded, listing::EntryKind, names::Names, sorter::Sorter, table::Table},
    *,
};

/// Numbers that look random and are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }
}

#[test]
fn names_are_a_list_of_strings() {
    let (mut names, mut model) = (Names::default(), Vec::<Vec<u8>>::new());
    let mut numbers = Numbers(1);
    for _ in 0..5000 {
        if numbers.below(50) == 0 {
            let len = numbers.below(model.len() + 2);
            names.truncate(len);
            model.truncate(len);
        } else {
            let name: Vec<u8> =
                (0..numbers.below(9)).map(|_| u8::try_from(numbers.below(256)).unwrap()).collect();
            names.push(&name).unwrap();
            model.push(name);
        }
        assert_eq!(names.len(), model.len());
        let index = numbers.below(model.len() + 2);
        assert_eq!(names.at(index), model.get(index).map_or(&b""[..], Vec::as_slice));
    }
    let all: Vec<_> = (0..names.len()).map(|index| names.at(index)).collect();
    assert_eq!(all, model);
}

impl Numbers {
    /// Of a few bytes out of few, so that names share much; sometimes as long as a name can be, or
    /// longer than what is stored together.
    fn name(&mut self) -> Vec<u8> {
        let len = match self.below(40) {
            0 => 240 + self.below(20),
            1 if self.below(20) == 0 => 4000 + self.below(6000),
            _ => self.below(9),
        };
        let bytes = if self.below(2) == 0 { [b'a', b'b'] } else { [0xff, 0] };
        (0..len).map(|_| bytes[usize::from(self.below(8) == 0)]).collect()
    }
}

#[test]
fn coded_names_are_a_list_of_strings() {
    for seed in 0..20 {
        let (mut coded, mut model) = (Coded::default(), Vec::<Vec<u8>>::new());
        let mut numbers = Numbers(seed);
        for _ in 0..1500 {
            let name = numbers.name();
            coded.push(&name).unwrap();
            model.push(name);
            if numbers.below(100) == 0 {
                coded.shrink();
            }
            assert_eq!(coded.len(), model.len());
            let index = numbers.below(model.len() + 2);
            let mut read = b"before".to_vec();
            coded.read(index, &mut read);
            let expected = model.get(index).map_or(&b""[..], Vec::as_slice);
            assert_eq!(read.strip_prefix(b"before"), Some(expected));
        }
    }
}

#[test]
fn coded_names_are_limited() {
    let mut coded = Coded::default();
    for _ in 0..limits::MAX_SUBJECTS {
        coded.push(b"").unwrap();
    }
    assert!(coded.push(b"").is_err());
    let mut coded = Coded::default();
    assert!(coded.push(&vec![0; limits::MAX_NAME_BYTES + 1]).is_err());
    assert_eq!(coded.len(), 0);
}

/// All that a sorter gives for these.
fn sorted(names: &[(Vec<u8>, EntryKind)]) -> Vec<(Vec<u8>, EntryKind)> {
    let mut sorter = Sorter::default();
    for (name, kind) in names {
        sorter.push(name, *kind).unwrap();
    }
    assert_eq!(sorter.len(), names.len());
    let mut merged = sorter.finish().unwrap();
    std::iter::from_fn(|| merged.next().map(|(name, kind)| (name.to_vec(), kind))).collect()
}

#[test]
fn names_come_in_the_order_of_their_bytes_however_many_there_are() {
    let mut numbers = Numbers(7);
    // The last ones are more than one chunk, in number and in bytes.
    for count in [0, 1, 2, 100, 4095, 4096, 4097, 20_000] {
        let mut names: Vec<_> = (0..count)
            .map(|_| {
                let kinds = [EntryKind::Directory, EntryKind::Link, EntryKind::File];
                (numbers.name(), kinds[numbers.below(3)])
            })
            .collect();
        let actual = sorted(&names);
        names.sort();
        assert_eq!(actual.len(), names.len());
        assert!(actual.iter().zip(&names).all(|(a, b)| a.0 == b.0), "{count}");
        // A name that is there twice, as only a broken file system has it, keeps both its kinds.
        let mut actual = actual;
        actual.sort();
        assert!(actual == names, "{count}");
    }
}

/// `000000.chan` to `099999.chan`, as a file system gives them out: in no order.
fn numbered() -> Vec<Vec<u8>> {
    (0..100_000_u32).map(|at| format!("{:06}.chan", at * 7919 % 100_000).into_bytes()).collect()
}

#[test]
fn numbered_files_take_six_bytes_each_sorted_or_not() {
    let mut sorter = Sorter::default();
    for name in numbered() {
        sorter.push(&name, EntryKind::File).unwrap();
    }
    let mut merged = sorter.finish().unwrap();
    let mut table = Table::default();
    let root = table.push_root(b"content").unwrap();
    let mut most = merged.heap_bytes();
    let mut at = 0_u32;
    while let Some((name, kind)) = merged.next() {
        assert_eq!((name, kind), (format!("{at:06}.chan").as_bytes(), EntryKind::File));
        table.push(root, name).unwrap();
        at += 1;
        // Looking at all pages for each name would take long.
        if at.is_multiple_of(997) {
            most = most.max(merged.heap_bytes() + table.heap_bytes());
        }
    }
    table.shrink();
    assert_eq!((at, table.len()), (100_000, 100_000));
    assert!(table.heap_bytes() <= 600_000, "{} bytes", table.heap_bytes());
    // While the one list is read and the other is made, a page of each run is in both.
    assert!(most <= 800_000, "{most} bytes");
}

#[test]
fn names_that_share_nothing_take_their_own_length() {
    let mut numbers = Numbers(3);
    let mut sorter = Sorter::default();
    let mut bytes = 0;
    for _ in 0..4000 {
        let name: Vec<u8> = (0..255).map(|_| u8::try_from(numbers.below(256)).unwrap()).collect();
        sorter.push(&name, EntryKind::File).unwrap();
        bytes += name.len();
    }
    let mut merged = sorter.finish().unwrap();
    let mut table = Table::default();
    let root = table.push_root(b"content").unwrap();
    let mut most = merged.heap_bytes();
    while let Some((name, _)) = merged.next() {
        table.push(root, name).unwrap();
        most = most.max(merged.heap_bytes() + table.heap_bytes());
    }
    assert!(most <= bytes * 5 / 4, "{most} for {bytes} bytes");
}

#[test]
fn a_file_knows_its_directory_however_they_alternate() {
    let mut numbers = Numbers(5);
    let mut table = Table::default();
    let roots = ["one", "two"].map(|path| table.push_root(path.as_bytes()).unwrap());
    let mut expected = Vec::new();
    for at in 0..2000 {
        let which = numbers.below(2);
        if numbers.below(2) == 0 {
            let files = table.len();
            let directory = table.enter(roots[which], format!("d{at}").as_bytes()).unwrap();
            for file in 0..numbers.below(3) {
                table.push(directory, format!("{file}").as_bytes()).unwrap();
                expected.push(format!("{}/d{at}/{file}", ["one", "two"][which]));
            }
            table.leave(directory, files);
        } else {
            table.push(roots[which], format!("f{at}").as_bytes()).unwrap();
            expected.push(format!("{}/f{at}", ["one", "two"][which]));
        }
    }
    let actual: Vec<_> =
        (0..table.len()).map(|index| String::from_utf8(table.full_path(index)).unwrap()).collect();
    assert_eq!(actual, expected);
}

#[test]
fn names_are_limited() {
    let mut names = Names::default();
    for _ in 0..limits::MAX_SUBJECTS {
        names.push(b"").unwrap();
    }
    assert!(names.push(b"").is_err());
    let mut names = Names::default();
    let long = vec![0; limits::MAX_NAME_BYTES + 1];
    assert!(names.push(&long).is_err());
    assert_eq!(names.len(), 0);
}

#[test]
fn a_hundred_thousand_names_take_three_megabytes() {
    let mut table = Table::default();
    let root = table.push_root(b"release/content").unwrap();
    for directory in 0..1000 {
        let directory = table.enter(root, format!("family-{directory:04}").as_bytes()).unwrap();
        for file in 0..100 {
            // 20 bytes, a typical name of a rule.
            let name = format!("detect_rule_{file:03}.yar");
            table.push(directory, name.as_bytes()).unwrap();
        }
        table.leave(directory, 0);
    }
    table.shrink();
    assert_eq!(table.len(), 100_000);
    assert_eq!(table.full_path(99_999), b"release/content/family-0999/detect_rule_099.yar");
    assert!(table.heap_bytes() <= 3_000_000, "{} bytes", table.heap_bytes());
}

#[test]
fn a_directory_without_files_is_forgotten() {
    let mut table = Table::default();
    let root = table.push_root(b"root").unwrap();
    for _ in 0..100_000 {
        let files = table.len();
        let outer = table.enter(root, b"outer").unwrap();
        let inner = table.enter(outer, b"inner").unwrap();
        table.leave(inner, files);
        table.leave(outer, files);
    }
    let directory = table.enter(root, b"kept").unwrap();
    table.push(directory, b"file").unwrap();
    table.leave(directory, 0);
    assert_eq!(table.full_path(0), b"root/kept/file");
    assert!(table.heap_bytes() < 1000);
}

#[test]
fn paths_are_joined_with_one_slash() {
    for (written, shown) in [("", "a"), ("/", "/a"), ("r", "r/a"), ("r/", "r/a"), (".", "./a")] {
        let mut table = Table::default();
        let root = table.push_root(written.as_bytes()).unwrap();
        table.push(root, b"a").unwrap();
        assert_eq!(table.full_path(0), shown.as_bytes());
    }
}
