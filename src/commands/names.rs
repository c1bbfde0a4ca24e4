//! The default names of images and modules.

use crate::domain::{RepoSlug, TagFormat};

/// The default registry and path of a module's images: `ghcr.io`, the repository's name and, where the module is in a
/// folder of its own, that folder's name. In lower case, as registries require.
pub fn default_place(repository: &RepoSlug, directory: Option<&str>) -> String {
    let folder = directory
        .into_iter()
        .flat_map(|path| path.split('/'))
        .rfind(|part| !matches!(*part, "" | "."));
    let place = match folder {
        Some(folder) => format!("ghcr.io/{repository}/{folder}"),
        None => format!("ghcr.io/{repository}"),
    };
    place.to_lowercase()
}

/// The image of the module's manager by default. It has the release's tag, or, where that may hold a `/`, the version.
pub fn default_image(place: &str, format: Option<&TagFormat>) -> String {
    match format {
        Some(_) => format!("{place}:{{version}}"),
        None => place.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_place_is_repository_and_folder_in_lower_case() {
        let repository: RepoSlug = "Octo/Module".parse().unwrap();
        for (directory, place) in [
            (None, "ghcr.io/octo/module"),
            (Some("."), "ghcr.io/octo/module"),
            (Some("./"), "ghcr.io/octo/module"),
            (Some(""), "ghcr.io/octo/module"),
            (Some("examples/Module"), "ghcr.io/octo/module/module"),
            (Some("./api/"), "ghcr.io/octo/module/api"),
        ] {
            assert_eq!(default_place(&repository, directory), place);
        }
    }

    #[test]
    fn default_image_has_the_version_where_tags_have_a_format() {
        let format: TagFormat = "api/v{version}".parse().unwrap();
        assert_eq!(default_image("ghcr.io/o/m", None), "ghcr.io/o/m");
        assert_eq!(
            default_image("ghcr.io/o/m", Some(&format)),
            "ghcr.io/o/m:{version}"
        );
    }
}
