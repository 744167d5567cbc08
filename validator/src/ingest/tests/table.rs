//! The compact storage of names.

use super::{
    super::{names::Names, table::Table},
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
