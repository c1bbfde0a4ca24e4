//! Source archives: the files of a repository as a tarball or a zip.
//! <https://docs.github.com/en/rest/repos/contents#download-a-repository-archive-tar>

use super::model::GitRepository;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::{self, Cursor, Write};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Tarball,
    Zipball,
}

impl Format {
    /// The form in the storage host's paths that the API redirects to.
    pub(crate) fn legacy_name(self) -> &'static str {
        match self {
            Format::Tarball => "legacy.tar.gz",
            Format::Zipball => "legacy.zip",
        }
    }

    /// `legacy.` may be left out, as `gh` does.
    pub(crate) fn named(name: &str) -> Option<Format> {
        match name {
            "legacy.tar.gz" | "tar.gz" => Some(Format::Tarball),
            "legacy.zip" | "zip" => Some(Format::Zipball),
            _ => None,
        }
    }

    /// `v1.0.0.tar.gz`: the ref and the format.
    pub(crate) fn of_file(file: &str) -> Option<(String, Format)> {
        let tarball = file
            .strip_suffix(".tar.gz")
            .map(|name| (name, Format::Tarball));
        let found = tarball.or_else(|| {
            file.strip_suffix(".zip")
                .map(|name| (name, Format::Zipball))
        });
        found.map(|(name, format)| (name.to_owned(), format))
    }
}

pub(crate) struct Packed {
    pub(crate) file_name: String,
    pub(crate) content_type: &'static str,
    pub(crate) bytes: Vec<u8>,
}

/// Every file below a folder named after owner, repository and commit. What has no file is given a README.
pub(crate) fn pack(repository: &GitRepository, commit: &str, format: Format) -> io::Result<Packed> {
    let short = commit.get(..7).unwrap_or(commit);
    let folder = format!("{}-{}-{short}", repository.owner, repository.name);
    let readme = format!("# {}\n", repository.name).into_bytes();
    let readme = ("README.md".to_owned(), readme);
    let found = repository.files_at(commit).into_iter();
    let found = found.filter_map(|(path, file)| Some((path, repository.blob(&file.sha)?.to_vec())));
    let mut files: Vec<(String, Vec<u8>)> = found.collect();
    if files.is_empty() {
        files.push(readme);
    }
    let date = repository
        .commits
        .get(commit)
        .map(|commit| commit.date)
        .unwrap_or_default();
    Ok(match format {
        Format::Tarball => Packed {
            file_name: format!("{folder}.tar.gz"),
            content_type: "application/x-gzip",
            bytes: tarball(&folder, &files, date)?,
        },
        Format::Zipball => Packed {
            file_name: format!("{folder}.zip"),
            content_type: "application/zip",
            bytes: zipball(&folder, &files)?,
        },
    })
}

fn tarball(folder: &str, files: &[(String, Vec<u8>)], date: u64) -> io::Result<Vec<u8>> {
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::default()));
    for (path, text) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(date);
        archive.append_data(&mut header, format!("{folder}/{path}"), text.as_slice())?;
    }
    archive.into_inner()?.finish()
}

fn zipball(folder: &str, files: &[(String, Vec<u8>)]) -> io::Result<Vec<u8>> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (path, text) in files {
        archive.start_file(format!("{folder}/{path}"), options)?;
        archive.write_all(text)?;
    }
    Ok(archive.finish()?.into_inner())
}
