//! A component version as an OCM Common Transport Format archive, which OCM's tools read without any registry
//! ([ocm-spec, CTF](https://github.com/open-component-model/ocm-spec/blob/main/doc/04-extensions/03-storage-backends/ctf.md)).

use std::collections::BTreeMap;

use serde::Serialize;

use super::{ComponentVersion, NamedBlob};
use crate::Diagnostic;
use crate::archive::{TarEntry, write_gzip, write_tar};
use crate::oci::COMPONENT_FOLDER;

/// The file that names what the archive holds. In a folder it is written last: with it the folder is complete.
pub const INDEX: &str = "artifact-index.json";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactIndex {
    schema_version: u8,
    artifacts: [IndexedArtifact; 1],
}

#[derive(Serialize)]
struct IndexedArtifact {
    repository: String,
    tag: String,
    digest: String,
}

/// The files of the archive by path: the index, and each blob once under its digest.
pub fn files(version: &ComponentVersion) -> BTreeMap<String, Vec<u8>> {
    let component = &version.descriptor.component;
    let index = ArtifactIndex {
        schema_version: 1,
        artifacts: [IndexedArtifact {
            repository: format!("{COMPONENT_FOLDER}/{}", component.name),
            tag: version.target.reference(),
            digest: version.digest().to_string(),
        }],
    };
    let path = |blob: &NamedBlob| format!("blobs/sha256.{}", blob.named.digest.hex());
    let blobs = version.blobs().chain([&version.manifest]);
    let mut files: BTreeMap<_, _> = blobs.map(|blob| (path(blob), blob.bytes.clone())).collect();
    // Texts always have a JSON form.
    files.insert(INDEX.into(), serde_json::to_vec(&index).unwrap_or_default());
    files
}

/// The same as one compressed tar, without times and owners.
///
/// # Errors
///
/// None is known: the names are short, and only memory is written.
pub fn tgz(version: &ComponentVersion) -> Result<Vec<u8>, Diagnostic> {
    let files = files(version);
    let entries = files
        .iter()
        .map(|(path, bytes)| TarEntry::file(path, bytes));
    let (index, blobs) = (entries.clone().take(1), entries.skip(1));
    let folder = TarEntry::folder("blobs/");
    write_gzip(&write_tar(index.chain([folder]).chain(blobs))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::{ArchiveLimits, unpack_archive};
    use crate::build::{ComponentInputs, DescriptorStyle, GitSource, build_component};
    use crate::oci::ImageDocument;
    use crate::values::Digest;

    fn version() -> ComponentVersion {
        build_component(&ComponentInputs {
            style: DescriptorStyle::Modulectl3,
            component: "kyma-project.io/module/btp-operator",
            version: &"1.2.0".parse().unwrap(),
            registry: &"r.example/prod".parse().unwrap(),
            source: &GitSource {
                repo_url: "https://github.com/kyma-project/btp-manager".into(),
                commit: "4e4b9d47cb655ca23e5c706462485ff7605e8d71".parse().unwrap(),
                reference: None,
            },
            manifest: b"kind: CustomResourceDefinition\n",
            default_cr: Some(b"kind: BtpOperator\n"),
            settings: None,
            template: None,
            images: &[],
            security: None,
            labels: &[],
        })
        .unwrap()
    }

    #[test]
    fn files_are_named_by_their_digests() {
        let version = version();
        let files = files(&version);
        let index: serde_json::Value = serde_json::from_slice(&files[INDEX]).unwrap();
        let artifact = &index["artifacts"][0];
        assert_eq!(
            artifact["repository"],
            "component-descriptors/kyma-project.io/module/btp-operator"
        );
        assert_eq!(artifact["tag"], "1.2.0");
        assert!(files[INDEX].starts_with(br#"{"schemaVersion":1,"artifacts":[{"repository":"#));
        let digest: Digest = artifact["digest"].as_str().unwrap().parse().unwrap();
        let blob = |digest: Digest| files[&format!("blobs/sha256.{}", digest.hex())].clone();
        let ImageDocument::Manifest(manifest) = ImageDocument::parse(&blob(digest)).unwrap() else {
            panic!()
        };
        for named in manifest.layers.iter().chain([&manifest.config]) {
            assert_eq!(Digest::of(&blob(named.digest)), named.digest);
        }
        assert_eq!(files.len(), 1 + 1 + 1 + manifest.layers.len());
    }

    #[test]
    fn the_archive_is_reproducible_and_holds_the_files() {
        let version = version();
        let archive = tgz(&version).unwrap();
        assert_eq!(archive, tgz(&version).unwrap());
        assert_eq!(&archive[..8], &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0]);
        let mut found = BTreeMap::new();
        unpack_archive(&archive[..], &ArchiveLimits::default(), &mut |file| {
            let mut bytes = Vec::new();
            file.content.read_to_end(&mut bytes)?;
            found.insert(file.path.to_string(), bytes);
            Ok(())
        })
        .unwrap();
        assert_eq!(found, files(&version));
    }
}
