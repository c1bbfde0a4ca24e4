//! The files adapter in a real folder: what it reads and writes, what it refuses, and that nothing is left behind.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a helper of tests panics as a test does"
)]

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use btp_release::adapters::files::Files;
use btp_release::domain::{Code, Digest};
use btp_release::protocol::ArchiveContent::Files as ANY;
use btp_release::protocol::{Cause, FilesReader as _, FilesWriter as _, ServiceError};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::stream;
use tar::{Builder, EntryType, Header};
use tempfile::TempDir;

/// A working folder beside a folder that must not change.
struct Workspace {
    whole: TempDir,
    files: Files,
}

impl Workspace {
    fn new() -> Self {
        let whole = tempfile::tempdir().unwrap();
        fs::create_dir(whole.path().join("work")).unwrap();
        fs::create_dir(whole.path().join("outside")).unwrap();
        fs::write(whole.path().join("outside/secret"), "untouched").unwrap();
        let files = Files::below(whole.path().join("work"));
        Self { whole, files }
    }

    fn work(&self) -> PathBuf {
        self.whole.path().join("work")
    }

    fn outside(&self) -> PathBuf {
        self.whole.path().join("outside")
    }

    /// All files and folders, sorted, with the content of the files.
    fn world(&self) -> Vec<String> {
        fn walk(folder: &Path, base: &Path, all: &mut Vec<String>) {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let name = path.strip_prefix(base).unwrap().display().to_string();
                let kind = fs::symlink_metadata(&path).unwrap();
                if kind.is_dir() {
                    all.push(format!("{name}/"));
                    walk(&path, base, all);
                } else if kind.is_file() {
                    all.push(format!(
                        "{name}={}",
                        String::from_utf8_lossy(&fs::read(&path).unwrap())
                    ));
                } else {
                    all.push(format!("{name}@"));
                }
            }
        }
        let mut all = Vec::new();
        walk(self.whole.path(), self.whole.path(), &mut all);
        all.sort();
        all
    }

    async fn unpack(&self, archive: &[u8]) -> Result<(), ServiceError> {
        fs::write(self.work().join("a.tar"), archive).unwrap();
        let (from, to) = ("a.tar".as_ref(), "out".as_ref());
        let done = self.files.unpack(from, to, ANY).await;
        fs::remove_file(self.work().join("a.tar")).unwrap();
        done
    }
}

fn broken(error: &ServiceError) -> &str {
    match &error.cause {
        Cause::Broken { detail } | Cause::Archive { detail } => detail,
        other => panic!("{other:?}"),
    }
}

/// Adds a tar entry whose name is written unchanged, however hostile.
fn entry(tar: &mut Builder<Vec<u8>>, kind: EntryType, name: &str, bytes: &[u8]) {
    let mut header = Header::new_gnu();
    let field = &mut header.as_gnu_mut().unwrap().name;
    field
        .get_mut(..name.len())
        .unwrap()
        .copy_from_slice(name.as_bytes());
    header.set_entry_type(kind);
    header.set_size(bytes.len() as u64);
    header.set_mode(0o6777);
    if matches!(kind, EntryType::Symlink | EntryType::Link) {
        header.set_link_name("../outside/secret").unwrap();
    }
    header.set_cksum();
    tar.append(&header, bytes).unwrap();
}

fn tar(entries: &[(EntryType, &str, &[u8])]) -> Vec<u8> {
    let mut tar = Builder::new(Vec::new());
    for (kind, name, bytes) in entries {
        entry(&mut tar, *kind, name, bytes);
    }
    tar.into_inner().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

const FILE: EntryType = EntryType::Regular;
const FOLDER: EntryType = EntryType::Directory;

#[tokio::test]
async fn existing_files_are_read_and_missing_ones_absent() {
    let workspace = Workspace::new();
    let unreadable = |error: ServiceError| match error.cause {
        Cause::Explained(why) if why.code == Code::FileUnreadable => why.seen,
        other => panic!("{other:?}"),
    };
    fs::write(workspace.work().join("x"), "hello").unwrap();
    let whole = workspace.work().join("x");
    for path in [Path::new("x"), Path::new("./x"), whole.as_path()] {
        let file = workspace.files.file(path).await.unwrap().unwrap();
        assert_eq!((file.size, file.digest), (5, Digest::of(b"hello")));
        assert_eq!(fs::read(&file.path).unwrap(), b"hello");
        let bytes = workspace.files.read(path, 5).await.unwrap();
        assert_eq!(bytes, Some(Bytes::from_static(b"hello")));
    }
    let error = workspace.files.read("x".as_ref(), 4).await.unwrap_err();
    assert!(broken(&error).contains("more than 4 bytes"), "{error}");
    for absent in ["y", "no/such/folder/y"] {
        assert_eq!(workspace.files.file(absent.as_ref()).await.unwrap(), None);
        assert_eq!(
            workspace.files.read(absent.as_ref(), 9).await.unwrap(),
            None
        );
    }
    let error = workspace.files.file(&workspace.work()).await.unwrap_err();
    assert_eq!(unreadable(error), "is not a regular file");
}

#[tokio::test]
async fn paths_out_of_the_folder_are_refused() {
    let workspace = Workspace::new();
    symlink(workspace.outside(), workspace.work().join("link")).unwrap();
    symlink(
        workspace.outside().join("secret"),
        workspace.work().join("leak"),
    )
    .unwrap();
    let before = workspace.world();
    let outside = workspace.outside().join("secret");
    for path in [
        "../outside/secret",
        "a/../../outside/secret",
        "link/secret",
        outside.to_str().unwrap(),
    ] {
        let path = Path::new(path);
        let files = &workspace.files;
        assert!(files.file(path).await.is_err(), "{path:?}");
        assert!(files.read(path, 99).await.is_err(), "{path:?}");
        assert!(files.write(path, b"evil").await.is_err(), "{path:?}");
        assert!(files.remove(path).await.is_err(), "{path:?}");
        assert!(
            files.unpack(path, "out".as_ref(), ANY).await.is_err(),
            "{path:?}"
        );
    }
    assert!(workspace.files.read("leak".as_ref(), 99).await.is_err());
    for itself in ["", ".", workspace.work().to_str().unwrap()] {
        assert!(workspace.files.remove(itself.as_ref()).await.is_err());
    }
    assert!(
        workspace
            .files
            .write("link/new/deep".as_ref(), b"")
            .await
            .is_err()
    );
    assert_eq!(workspace.world(), before);

    // A link in the place of the file is replaced, not followed; removing a link leaves its target.
    workspace
        .files
        .write("leak".as_ref(), b"mine")
        .await
        .unwrap();
    workspace.files.remove("link".as_ref()).await.unwrap();
    assert_eq!(
        workspace.world(),
        [
            "outside/",
            "outside/secret=untouched",
            "work/",
            "work/leak=mine"
        ]
    );
}

#[tokio::test]
async fn file_is_written_whole_or_not_at_all() {
    let workspace = Workspace::new();
    let before = workspace.world();
    let pieces = |last: Result<Bytes, ServiceError>| -> btp_release::protocol::ByteStream {
        let all = vec![Ok(Bytes::from_static(b"one ")), last];
        Box::pin(stream::iter(all))
    };
    let cut = ServiceError::new(
        "read",
        Cause::Broken {
            detail: "another digest".into(),
        },
    );
    let error = workspace.files.save("d/f".as_ref(), pieces(Err(cut))).await;
    assert_eq!(broken(&error.unwrap_err()), "another digest");
    workspace.files.remove("d".as_ref()).await.unwrap();
    assert_eq!(workspace.world(), before);

    // The unfinished file of a killed process is replaced, even where it is a link out of the folder.
    fs::create_dir(workspace.work().join("d")).unwrap();
    symlink(
        workspace.outside().join("secret"),
        workspace.work().join("d/.f.part"),
    )
    .unwrap();
    fs::write(workspace.work().join("d/f"), "old").unwrap();
    workspace
        .files
        .save("d/f".as_ref(), pieces(Ok(Bytes::from_static(b"two"))))
        .await
        .unwrap();
    assert_eq!(
        workspace.world(),
        [
            "outside/",
            "outside/secret=untouched",
            "work/",
            "work/d/",
            "work/d/f=one two"
        ]
    );
}

#[tokio::test]
async fn archives_of_module_tools_are_unpacked() {
    let long = "d/".to_owned() + &"n".repeat(150);
    let mut posix = Builder::new(Vec::new());
    posix
        .append_pax_extensions([("path", long.as_bytes()), ("mtime", b"1.5")])
        .unwrap();
    entry(&mut posix, FILE, "short", b"pax");
    let mut gnu = Builder::new(Vec::new());
    let mut header = Header::new_gnu();
    header.set_size(3);
    header.set_mode(0o644);
    gnu.append_data(&mut header, &long, &b"gnu"[..]).unwrap();
    let twice = tar(&[
        (FOLDER, "d", b""),
        (FILE, "d/x", b"second"),
        (FILE, "d/x", b"second"),
        (FOLDER, "d/", b""),
    ]);
    for (archive, seen) in [
        (twice.clone(), vec!["d/".into(), "d/x=second".into()]),
        (gzip(&twice), vec!["d/".into(), "d/x=second".into()]),
        (
            tar(&[(FILE, "./m.yaml", b"a: 1"), (FILE, "./._m.yaml", b"mac")]),
            vec!["m.yaml=a: 1".into()],
        ),
        (
            tar(&[
                (FOLDER, "./", b""),
                (FILE, "a/b/c", b"deep"),
                (FILE, "old/", b""),
            ]),
            vec!["a/".into(), "a/b/".into(), "a/b/c=deep".into()],
        ),
        (
            posix.into_inner().unwrap(),
            vec!["d/".into(), format!("{long}=pax")],
        ),
        (
            gnu.into_inner().unwrap(),
            vec!["d/".into(), format!("{long}=gnu")],
        ),
        (vec![0; 1024], vec![]),
    ] {
        let workspace = Workspace::new();
        let mut wanted: Vec<String> = seen
            .iter()
            .map(|s: &String| format!("work/out/{s}"))
            .collect();
        wanted.splice(
            0..0,
            ["outside/", "outside/secret=untouched", "work/", "work/out/"].map(String::from),
        );
        workspace.unpack(&archive).await.unwrap();
        assert_eq!(workspace.world(), wanted);
    }
}

#[tokio::test]
async fn unpacked_files_have_plain_modes_and_the_owner_of_the_folder() {
    let workspace = Workspace::new();
    let root = fs::metadata(workspace.work()).unwrap().uid() == 0;
    if root {
        std::os::unix::fs::chown(workspace.work(), Some(1234), Some(1234)).unwrap();
    }
    workspace
        .unpack(&tar(&[(FOLDER, "d", b""), (FILE, "d/x", b"")]))
        .await
        .unwrap();
    workspace.files.write("new/f".as_ref(), b"").await.unwrap();
    for (path, mode) in [
        ("out", None),
        ("out/d", Some(0o755)),
        ("out/d/x", Some(0o755)),
        ("new", None),
        ("new/f", None),
    ] {
        let seen = fs::metadata(workspace.work().join(path)).unwrap();
        if let Some(mode) = mode {
            assert_eq!(seen.permissions().mode() & 0o7777, mode, "{path}");
        }
        if root {
            assert_eq!((seen.uid(), seen.gid()), (1234, 1234), "{path}");
        }
    }
}

/// Expects each archive to be refused with its message, and nothing of it to be left.
async fn refused(archives: Vec<(&str, Vec<u8>, &str)>) {
    for (what, archive, why) in archives {
        let workspace = Workspace::new();
        let before = workspace.world();
        let Err(error) = workspace.unpack(&archive).await else {
            panic!("{what} was unpacked");
        };
        assert!(broken(&error).contains(why), "{what}: {error}");
        assert_eq!(workspace.world(), before, "{what}");
    }
}

#[tokio::test]
async fn hostile_paths_leave_nothing_behind() {
    refused(vec![
        (
            "dots",
            tar(&[(FILE, "ok", b"1"), (FILE, "../x", b"evil")]),
            "leads out",
        ),
        (
            "inner dots",
            tar(&[(FILE, "a/../../x", b"evil")]),
            "leads out",
        ),
        ("absolute", tar(&[(FILE, "/tmp/x", b"evil")]), "is absolute"),
        ("no name", tar(&[(FILE, ".", b"x")]), "names no file"),
        (
            "escape codes",
            tar(&[(FILE, "a\u{1b}[2J", b"x")]),
            "file systems",
        ),
    ])
    .await;
}

#[tokio::test]
async fn entries_that_are_no_files_leave_nothing_behind() {
    refused(vec![
        (
            "symlink",
            tar(&[(EntryType::Symlink, "l", b""), (FILE, "l", b"evil")]),
            "is a link",
        ),
        (
            "hard link",
            tar(&[(EntryType::Link, "l", b"")]),
            "is a link",
        ),
    ])
    .await;
    let others = [
        ("device", EntryType::Char),
        ("block", EntryType::Block),
        ("pipe", EntryType::Fifo),
        ("sparse", EntryType::GNUSparse),
        ("unknown", EntryType::new(b'Z')),
    ];
    let archive = |(what, kind)| (what, tar(&[(kind, "x", b"")]), "neither a file");
    refused(others.map(archive).into()).await;
}

#[tokio::test]
async fn contradicting_entries_leave_nothing_behind() {
    refused(vec![
        (
            "twice",
            tar(&[(FILE, "x", b"first"), (FILE, "x", b"second")]),
            "twice with different content",
        ),
        (
            "folder with content",
            tar(&[(FILE, "x/", b"first")]),
            "both a file and a folder",
        ),
        (
            "file as folder",
            tar(&[(FILE, "a", b"x"), (FILE, "a/b", b"x")]),
            "a",
        ),
        (
            "folder as file",
            tar(&[(FILE, "a/b", b"x"), (FILE, "a", b"x")]),
            "a",
        ),
    ])
    .await;
}

#[tokio::test]
async fn broken_and_oversized_archives_leave_nothing_behind() {
    let bomb = gzip(&tar(&[(FILE, "zeros", &vec![0; 16 << 20])]));
    let many: Vec<_> = (0..10_001).map(|_| (FOLDER, "d", &b""[..])).collect();
    let mut huge = Builder::new(Vec::new());
    let mut header = Header::new_gnu();
    header.set_size(300 << 20);
    header.set_path("huge").unwrap();
    header.set_mode(0o644);
    header.set_cksum();
    huge.append(&header, &[0_u8; 512][..]).unwrap();
    let whole = tar(&[(FILE, "x", &[7; 5000])]);
    let mut garbled = gzip(&whole);
    let last = garbled.len() - 6;
    garbled[last] ^= 1;
    let mut sized = Builder::new(Vec::new());
    sized.append_pax_extensions([("size", &b"1"[..])]).unwrap();
    entry(&mut sized, FILE, "x", b"abc");

    refused(vec![
        (
            "long name",
            tar(&[(EntryType::GNULongName, "L", &vec![b'n'; 70_000])]),
            "headers",
        ),
        (
            "long record",
            tar(&[(EntryType::XHeader, "x", &vec![b'n'; 70_000])]),
            "headers",
        ),
        ("other size", sized.into_inner().unwrap(), "another size"),
        ("many", tar(&many), "more than 10000 entries"),
        ("huge", huge.into_inner().unwrap(), "are the limit"),
        ("bomb", bomb, "expands to more than"),
        ("cut", whole[..3000].to_vec(), "ends after"),
        ("cut gzip", gzip(&whole)[..40].to_vec(), ""),
        ("garbled gzip", garbled, ""),
        ("not a tar", sample(), ""),
        ("empty", Vec::new(), "is empty"),
    ])
    .await;
}

fn sample() -> Vec<u8> {
    (0..2000_u32).flat_map(u32::to_le_bytes).collect()
}

#[tokio::test]
async fn folder_with_content_is_not_unpacked_into() {
    let workspace = Workspace::new();
    let archive = tar(&[(FILE, "x", b"new")]);
    fs::create_dir(workspace.work().join("out")).unwrap();
    workspace.unpack(&archive).await.unwrap();
    let after = workspace.world();
    let error = workspace
        .unpack(&tar(&[(FILE, "y", b"")]))
        .await
        .unwrap_err();
    assert!(broken(&error).contains("not empty"), "{error}");
    assert_eq!(workspace.world(), after);
    workspace.files.remove("out".as_ref()).await.unwrap();
    workspace.files.remove("out".as_ref()).await.unwrap();
    symlink(workspace.outside(), workspace.work().join("out")).unwrap();
    assert!(workspace.unpack(&archive).await.is_err());
    assert_eq!(fs::read_dir(workspace.outside()).unwrap().count(), 1);
}
