//! Property: an inlined lookup stops exactly what shadow memory forbids.
//!
//! Random instructions with random constants, at random addresses, over random shadow bytes, against
//! the check in its simplest form.

use std::fmt::Write;

use arbtest::arbitrary::{Result, Unstructured};
use arbtest::arbtest;
use proofhouse_sandbox::instrument::{Checks, NullPage, Options, first_poisoned};

use super::accesses::INSTRUCTIONS;
use super::guest::{Ended, Guest, guest, is_out_of_bounds, poisoned};
use super::model::Access;

/// Bytes of guest memory whose shadow is random; behind it all is ordinary up to the memory's end.
const WINDOW: u32 = 128;
const MEMORY: u32 = 65_536;

struct Site {
    size: u32,
    align: u32,
    offset: u32,
    name: &'static str,
}

/// A module with some random memory instructions, each in its own function.
fn sites(random: &mut Unstructured<'_>) -> Result<(String, Vec<Site>)> {
    let mut text = String::from(r#"(module (memory (export "memory") 1)"#);
    let mut sites = Vec::new();
    for index in 0..8 {
        let one = random.choose(INSTRUCTIONS)?;
        let align = 1 << random.int_in_range(0..=one.size.ilog2())?;
        let offset = match random.int_in_range(0..=9)? {
            0..=6 => random.int_in_range(0..=40)?,
            7 => random.int_in_range(MEMORY - 200..=MEMORY + 8)?,
            8 => u32::MAX - random.int_in_range(0..=40)?,
            _ => 0,
        };
        let drop = if one.result.is_empty() { "" } else { "drop" };
        write!(
            text,
            "(func (export \"{index}\") (param i32) ({} offset={offset} align={align} {} (local.get 0) {}) {drop})",
            one.name, one.lane, one.operands
        )
        .unwrap();
        sites.push(Site { size: one.size, align, offset, name: one.name });
    }
    text.push(')');
    Ok((text, sites))
}

fn random_shadow(random: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    (0..WINDOW / 8)
        .map(|_| {
            Ok(match random.int_in_range(0..=5)? {
                0..=2 => 0,
                3 => random.int_in_range(1..=7)?,
                4 => random.int_in_range(8..=127)?,
                _ => random.int_in_range(128..=255)?,
            })
        })
        .collect()
}

/// The effective addresses to try: all around the window, the memory's end and the last address.
fn effective(random: &mut Unstructured<'_>) -> Result<u64> {
    Ok(match random.int_in_range(0..=9)? {
        0..=7 => random.int_in_range(0..=u64::from(WINDOW + 8))?,
        8 => u64::from(MEMORY) - random.int_in_range(0..=20)?,
        _ => (1 << 32) - 24 + random.int_in_range(0..=48)?,
    })
}

fn check_one(guest: &mut Guest, checks: Checks, name: usize, site: &Site, base: u32) {
    let context = format!(
        "{} offset={} align={} at {base:#x}, {checks:?}",
        site.name, site.offset, site.align
    );
    let ended = guest.call_i32(&name.to_string(), &[base]);
    let address = u64::from(base) + u64::from(site.offset);
    if address + u64::from(site.size) > u64::from(MEMORY) {
        assert!(is_out_of_bounds(&ended), "{context}: {ended:?}");
        return;
    }
    let address = address as u32;
    let promised = site.align == site.size && site.offset.is_multiple_of(site.size);
    let access = Access { address, size: site.size, promised };
    match (ended, access.stopped_at(checks, guest.shadow())) {
        (Ended::Returned(_), None) => {}
        (Ended::Violated(violation), Some(first)) => {
            assert_eq!(violation.address, u64::from(address), "{context}");
            assert_eq!(violation.size, site.size, "{context}");
            assert_eq!(poisoned(&violation).0, first, "{context}");
        }
        (ended, expected) => panic!("{context}: {ended:?}, expected {expected:?}"),
    }
}

#[test]
fn lookups_stop_what_shadow_memory_forbids_and_nothing_else() {
    arbtest(|random| {
        let (text, sites) = sites(random)?;
        let checks = *random.choose(&[Checks::Fast, Checks::Exact])?;
        // The oracle has to say the same as the lookups.
        let oracle = random.arbitrary()?;
        let options = Options::default().checks(checks).oracle(oracle).null_page(NullPage::Off);
        let mut guest = guest(&text, options);
        let shadow = random_shadow(random)?;
        guest.set_shadow(0, &shadow);
        for _ in 0..200 {
            let index = random.choose_index(sites.len())?;
            let site = &sites[index];
            let base = effective(random)?.wrapping_sub(site.offset.into()) as u32;
            check_one(&mut guest, checks, index, site, base);
        }
        Ok(())
    })
    .budget_ms(BUDGET_MS)
    .size_min(1 << 12);
}

/// Time for the property, most of which goes into compiling.
const BUDGET_MS: u64 = 3_000;

/// The simplest form of the check, against a model that is simpler still: one answer for each byte.
#[test]
fn the_simple_check_is_byte_by_byte() {
    arbtest(|random| {
        let shadow = random_shadow(random)?;
        let usable = |at: u32| match shadow[(at / 8) as usize] {
            0 | 8..=127 => true,
            usable @ 1..=7 => at % 8 < usable.into(),
            128..=255 => false,
        };
        let address = random.int_in_range(0..=WINDOW - 1)?;
        let length = random.int_in_range(0..=WINDOW - address)?;
        let expected = (address..address + length).find(|at| !usable(*at));
        let found = first_poisoned(&shadow, address, length);
        assert_eq!(found.map(|(at, _)| at), expected);
        if let Some((at, Some(reason))) = found {
            let granules = &shadow[(at / 8) as usize..];
            assert_eq!(reason.0, *granules.iter().find(|byte| **byte >= 128).unwrap());
        }
        Ok(())
    });
}
