//! Archives as tools write them, and hostile ones.

use std::io;

use flate2::Compression;
use flate2::write::GzEncoder;
use tar::EntryType;

use super::*;

type Entry<'a> = (&'a str, EntryType, &'a [u8]);

pub(crate) fn tar(entries: &[Entry<'_>]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, kind, bytes) in entries {
        let mut header = tar::Header::new_gnu();
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(*kind);
        header.set_size(bytes.len() as u64);
        header.set_cksum();
        builder.append(&header, *bytes).unwrap();
    }
    builder.into_inner().unwrap()
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    io::Write::write_all(&mut encoder, bytes).unwrap();
    encoder.finish().unwrap()
}

/// Gives the first header its checksum anew.
fn sign(tar: &mut [u8]) {
    tar[148..156].fill(b' ');
    let sum: u32 = tar[..512].iter().map(|b| u32::from(*b)).sum();
    tar[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
}

fn unpack(archive: &[u8], limits: &ArchiveLimits) -> Result<Vec<(String, Vec<u8>)>, UnpackError> {
    let mut found = Vec::new();
    unpack_archive(archive, limits, &mut |file| {
        let mut bytes = Vec::new();
        file.content.read_to_end(&mut bytes)?;
        found.push((file.path.to_string(), bytes));
        Ok(())
    })?;
    Ok(found)
}

pub(crate) const FILE: EntryType = EntryType::Regular;
const DIR: EntryType = EntryType::Directory;

#[test]
fn each_file_is_handed_on_once() {
    let archive = tar(&[
        (
            "pax_global_header",
            EntryType::XGlobalHeader,
            b"52 comment=4e4b9d47cb655ca23e5c706462485ff7605e8d71\n",
        ),
        ("chart/", DIR, b""),
        ("./chart/Chart.yaml", FILE, b"a"),
        ("chart/._Chart.yaml", FILE, b"mac"),
        ("chart/templates/x.yaml", FILE, b"b"),
        ("chart/templates", DIR, b""),
        ("chart/templates/x.yaml", FILE, b"b"),
    ]);
    let expected = [("chart/Chart.yaml", b"a"), ("chart/templates/x.yaml", b"b")];
    for archive in [archive.clone(), gzip(&archive)] {
        let found = unpack(&archive, &ArchiveLimits::default()).unwrap();
        let found: Vec<_> = found
            .iter()
            .map(|(name, bytes)| (name.as_str(), &bytes[..]))
            .collect();
        assert_eq!(found, expected.map(|(name, bytes)| (name, &bytes[..])));
    }
}

#[test]
fn long_names_are_read() {
    let name = format!("{}/x.yaml", "a".repeat(200));
    let mut builder = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(1);
    builder.append_data(&mut header, &name, &b"x"[..]).unwrap();
    let found = unpack(&builder.into_inner().unwrap(), &ArchiveLimits::default()).unwrap();
    assert_eq!(found[0].0, name);
}

#[test]
fn links_devices_and_unsafe_paths_are_refused() {
    let deep = "a/".repeat(40) + "x";
    for (entries, why) in [
        (vec![("../x", FILE, &b"x"[..])], "leads out"),
        (vec![("a/../../x", FILE, b"x")], "leads out"),
        (vec![("/etc/passwd", FILE, b"x")], "absolute"),
        (vec![("a\\..\\x", FILE, b"x")], "file systems"),
        (vec![("C:x", FILE, b"x")], "file systems"),
        (vec![("a\nb", FILE, b"x")], "file systems"),
        (vec![(&deep, FILE, b"x")], "too deep"),
        (vec![("x", EntryType::Symlink, b"")], "a link"),
        (vec![("x", EntryType::Link, b"")], "a link"),
        (vec![("x", EntryType::Char, b"")], "neither a file"),
        (vec![("x", EntryType::Block, b"")], "neither a file"),
        (vec![("x", EntryType::Fifo, b"")], "neither a file"),
        (
            vec![("x", FILE, b"a"), ("x", FILE, b"b")],
            "twice with different",
        ),
        (
            vec![("x", FILE, b"a"), ("x/y", FILE, b"b")],
            "both a file and a folder",
        ),
        (
            vec![("x/y", FILE, b"a"), ("x", FILE, b"b")],
            "both a file and a folder",
        ),
        (vec![("x/", FILE, b"a")], "both a file and a folder"),
        (
            vec![("x", FILE, b"a"), ("x", DIR, b"")],
            "both a file and a folder",
        ),
        (
            vec![("x", DIR, b""), ("x", FILE, b"a")],
            "both a file and a folder",
        ),
    ] {
        let error = unpack(&tar(&entries), &ArchiveLimits::default())
            .unwrap_err()
            .to_string();
        assert!(error.contains(why), "{entries:?}: {error}");
    }
    let mut not_text = tar(&[("x", FILE, b"x")]);
    not_text[0] = 0xff;
    sign(&mut not_text);
    assert!(
        unpack(&not_text, &ArchiveLimits::default())
            .unwrap_err()
            .to_string()
            .contains("UTF-8")
    );
}

#[test]
fn unpacking_stops_at_each_limit() {
    let limits = ArchiveLimits {
        entries: 2,
        file_bytes: 1000,
        total_bytes: 20_000,
        absolute_paths: AbsolutePaths::Refused,
    };
    let zeros = vec![0; 4 << 20];
    let mut huge = tar(&[("x", FILE, b"")]);
    huge[124..136].copy_from_slice(b"77777777777\0");
    sign(&mut huge);
    let many = ArchiveLimits {
        total_bytes: u64::MAX,
        file_bytes: u64::MAX,
        ..limits
    };
    for (archive, limits, why) in [
        (
            tar(&[("a", FILE, b""), ("b", FILE, b""), ("c", FILE, b"")]),
            limits,
            "more than 2 entries",
        ),
        (
            tar(&[("a", FILE, &zeros[..1001])]),
            limits,
            "1000 are the limit",
        ),
        (huge, limits, "1000 are the limit"),
        (
            tar(&[
                ("a", EntryType::GNULongName, &[b'a'; 1100]),
                ("x", FILE, b""),
            ]),
            limits,
            "named too long",
        ),
        (
            tar(&[("a", EntryType::GNULongName, &zeros[..80_000])]),
            many,
            "headers",
        ),
        (
            tar(&[("a", EntryType::XHeader, &zeros[..80_000])]),
            many,
            "headers",
        ),
        (gzip(&tar(&[("a", FILE, &zeros)])), many, "expands"),
        (
            gzip(&tar(&[("a", FILE, b"x"), ("b", FILE, &zeros[..900])])),
            ArchiveLimits {
                total_bytes: 1600,
                ..limits
            },
            "longer than 1600",
        ),
    ] {
        match unpack(&archive, &limits) {
            Err(error) if error.to_string().contains(why) => {}
            other => panic!("{why}: {other:?}"),
        }
    }
}

#[test]
fn truncated_and_corrupt_archives_are_refused() {
    let bytes: Vec<u8> = (0..2000_u32).map(|n| (n * 7 % 251) as u8).collect();
    let whole = tar(&[("a", FILE, &bytes)]);
    let packed = gzip(&whole);
    for cut in [600, 1024, 2000, 2511] {
        assert!(
            unpack(&whole[..cut], &ArchiveLimits::default()).is_err(),
            "{cut}"
        );
    }
    for cut in [3, 20, packed.len() / 2] {
        assert!(
            unpack(&packed[..cut], &ArchiveLimits::default()).is_err(),
            "{cut}"
        );
    }
    let mut garbled = packed.clone();
    garbled[packed.len() - 6] ^= 1;
    assert!(unpack(&garbled, &ArchiveLimits::default()).is_err());
    assert!(unpack(b"kind: Deployment\n", &ArchiveLimits::default()).is_err());
}

#[test]
fn errors_of_the_consumer_differ_from_those_of_the_archive() {
    let full = &mut |_: ArchiveFile<'_>| Err(io::Error::from(io::ErrorKind::StorageFull));
    let error = unpack_archive(
        &tar(&[("a", FILE, b"x")])[..],
        &ArchiveLimits::default(),
        full,
    )
    .unwrap_err();
    assert!(matches!(error, UnpackError::Consumer(_)));
}

#[test]
fn contradicting_pax_headers_are_refused() {
    let pax = |records: &[(&str, &[u8])], kind: EntryType| {
        let mut builder = tar::Builder::new(Vec::new());
        builder
            .append_pax_extensions(records.iter().copied())
            .unwrap();
        let mut bytes = builder.into_inner().unwrap();
        bytes.truncate(bytes.len() - 1024);
        bytes[156] = kind.as_byte();
        sign(&mut bytes);
        bytes
    };
    let (each, all) = (EntryType::XHeader, EntryType::XGlobalHeader);
    let long = ("L", EntryType::GNULongName, &b"long\0"[..]);
    let file = tar(&[("x", FILE, b"abc")]);
    let with = |mut header: Vec<u8>| {
        header.extend_from_slice(&file);
        header
    };
    for (archive, name) in [
        (with(pax(&[("path", b"pax")], each)), "pax"),
        (with(pax(&[("size", b"3"), ("mtime", b"1.5")], each)), "x"),
        (with(pax(&[("comment", b"c")], all)), "x"),
        (tar(&[long, ("x", FILE, b"abc")]), "long"),
    ] {
        let found = unpack(&archive, &ArchiveLimits::default()).unwrap();
        assert_eq!(found, [(name.to_owned(), b"abc".to_vec())]);
    }
    for (archive, why) in [
        (with(pax(&[("size", b"2")], each)), "another size"),
        (with(pax(&[("size", b"many")], each)), "no number"),
        (
            with(pax(&[("size", b"3"), ("size", b"4")], each)),
            "two sizes",
        ),
        (
            with(pax(&[("path", b"a"), ("path", b"b")], each)),
            "two names",
        ),
        (tar(&[long, long, ("x", FILE, b"")]), "two names"),
        (with(pax(&[("path", b"../x")], each)), "leads out"),
        (with(pax(&[("path", b"a")], all)), "one name or size"),
        (with(pax(&[("size", b"3")], all)), "one name or size"),
        (with(pax(&[("GNU.sparse.major", b"1")], each)), "sparse"),
        (with(pax(&[("GNU.sparse.major", b"1")], all)), "sparse"),
        (tar(&[("x", EntryType::GNUSparse, b"")]), "neither a file"),
        (tar(&[("x", EntryType::GNULongLink, b"y")]), "a link"),
    ] {
        let error = unpack(&archive, &ArchiveLimits::default()).unwrap_err();
        assert!(error.to_string().contains(why), "{why}: {error}");
    }
}
