//! The images of a release, from the texts that name them and its version.

use std::collections::BTreeSet;
use std::str::FromStr;

use super::ModulePlan;
use crate::domain::{
    Code, ComponentName, Diagnostic, ImageRef, ImageRepository, ImageTag, InputFindings,
    ModuleForm, NamedVersion, Tag, Version,
};

/// The replacements of `{tag}` and `{version}`.
#[derive(Clone, Copy, Debug)]
pub struct Names<'a> {
    pub tag: &'a Tag,
    pub version: &'a Version,
}

impl<'a> Names<'a> {
    /// Those of a release.
    pub fn of(release: &'a NamedVersion) -> Self {
        Self {
            tag: &release.tag,
            version: &release.version,
        }
    }

    /// The text with tag and version in place.
    pub fn fill(&self, text: &str) -> String {
        text.replace("{version}", &self.version.to_string())
            .replace("{tag}", self.tag.as_str())
    }

    /// An image; without a tag of its own it has the release's or, where that has a `/`, the version.
    ///
    /// # Errors
    ///
    /// The text with its names in place is not the name of an image.
    pub fn image(&self, text: &str) -> Result<ImageRef, Diagnostic> {
        let text = self.fill(text);
        let named = match text.parse::<ImageRepository>() {
            Ok(repository) => self.default_tag().map(|tag| repository.tagged(tag)),
            Err(_) => text.parse(),
        };
        match named {
            Ok(image) => Ok(image),
            Err(found) => Err(found.with_code()),
        }
    }

    fn default_tag(&self) -> Result<ImageTag, <ImageTag as FromStr>::Err> {
        if self.tag.as_str().contains('/') {
            self.version.to_string().parse()
        } else {
            self.tag.as_str().parse()
        }
    }
}

/// What names the images of a release. `{version}` and `{tag}` stand for those of the release.
#[derive(Clone, Debug, Default)]
pub struct ImageInputs {
    /// The image of the module's manager.
    pub binary: Option<String>,
    /// Further images.
    pub extra: Vec<String>,
    pub module: ModuleImageInputs,
}

/// The images of a release.
#[derive(Clone, Debug)]
pub struct Images {
    pub binary: Option<ImageRef>,
    pub module: Option<ModulePlan>,
    pub extra: BTreeSet<ImageRef>,
}

impl Images {
    /// All of them, the module's by its first tag.
    pub fn all(&self) -> impl Iterator<Item = &ImageRef> {
        let module = self.module.iter().map(|module| &module.image);
        self.binary.iter().chain(module).chain(&self.extra)
    }
}

impl ImageInputs {
    /// The images of the release with these names, as far as they can be named.
    pub fn named(&self, names: Names<'_>, findings: &mut InputFindings) -> Images {
        let mut image = |input: &str, text: &str| findings.take(input, names.image(text));
        let binary = self.binary.as_deref();
        let binary = binary.and_then(|text| image("binary-image", text));
        let extra = self.extra.iter();
        let extra = extra
            .filter_map(|text| image("extra-images", text))
            .collect();
        Images {
            binary,
            module: self.module.named(names, findings),
            extra,
        }
    }
}

/// The help where an input is missing that names the module image.
pub const MODULE_NEEDS: &str = "a module image needs both `module-name` and `module-registry`";

/// What names a module image.
#[derive(Clone, Debug, Default)]
pub struct ModuleImageInputs {
    /// The OCM component.
    pub name: Option<String>,
    /// Registry and path for module images.
    pub registry: Option<String>,
    /// `None` where it follows from the tag, or is the default.
    pub form: Option<ModuleForm>,
    /// `None` where it follows the form.
    pub tag: Option<String>,
}

impl ModuleImageInputs {
    /// The module image; `None` also where neither its name nor its registry was given.
    pub fn named(&self, names: Names<'_>, findings: &mut InputFindings) -> Option<ModulePlan> {
        match (&self.name, &self.registry) {
            (None, None) => None,
            (Some(name), Some(registry)) => {
                let name = findings.take("module-name", name.parse());
                let registry: Option<ImageRepository> =
                    findings.take("module-registry", registry.parse());
                let tags = self.tags(names, findings);
                let name: ComponentName = name?;
                let tags = tags?;
                tags.check(&name, names, findings);
                let repository = registry?.join(&format!("component-descriptors/{name}"))?;
                Some(ModulePlan {
                    name,
                    image: repository.tagged(tags.first),
                    form: tags.form,
                    second_image: tags.second.map(|tag| repository.tagged(tag)),
                })
            }
            (name, _) => {
                let missing = if name.is_none() {
                    "module-name"
                } else {
                    "module-registry"
                };
                findings.missing(missing, MODULE_NEEDS);
                None
            }
        }
    }

    /// The tags follow the form; a tag that is given alone selects the form.
    fn tags(&self, names: Names<'_>, findings: &mut InputFindings) -> Option<ModuleTags> {
        let given = self.tag.as_deref().map(|text| names.fill(text));
        let of_tag = given
            .as_deref()
            .map(|tag| ModuleForm::of_tag(tag, names.version));
        let form = self.form.or(of_tag.flatten()).unwrap_or_default();
        let tag = form.tag(names.version);
        if let (Some(asked), Some(given)) = (self.form, &given)
            && *given != tag
        {
            let differs = Diagnostic::value(
                Code::ModuleTagDiffers,
                "tag",
                given,
                format!("is not the tag of the form {asked}, which is {tag}"),
                "leave `module-tag` out: it follows `module-form`",
            );
            return findings.take("module-tag", Err(differs));
        }
        let first = given.unwrap_or(tag);
        let second = form.second_tag(names.version);
        Some(ModuleTags {
            form,
            first: findings.take("module-tag", first.parse())?,
            second: match second {
                Some(tag) => Some(findings.take("module-tag", tag.parse())?),
                None => None,
            },
            built_elsewhere: of_tag == Some(None),
        })
    }
}

/// The form of a module, and the tags that its image has by it.
struct ModuleTags {
    form: ModuleForm,
    first: ImageTag,
    second: Option<ImageTag>,
    /// Whether the image has a tag that no form gives it, and so is not built by `build-module`.
    built_elsewhere: bool,
}

impl ModuleTags {
    /// That Lifecycle Manager takes version and name, before anything is tagged.
    fn check(&self, name: &ComponentName, names: Names<'_>, findings: &mut InputFindings) {
        if self.built_elsewhere {
            return;
        }
        let refused = self.form.refused(name.as_str(), names.version);
        let version = refused.version.into_iter().map(|found| ("version", found));
        let name = refused.name.into_iter().map(|found| ("module-name", found));
        for (input, found) in version.chain(name) {
            findings.take::<(), _>(input, Err(found));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn image_without_a_tag_has_the_releases_or_the_version() {
        for (typed, format, image, named) in [
            ("v1.2.0", None, "r.example/m", "r.example/m:v1.2.0"),
            ("1.2.0", None, "r.example/m", "r.example/m:1.2.0"),
            (
                "v1.2.0",
                Some("api/v{version}"),
                "r.example/m",
                "r.example/m:1.2.0",
            ),
            (
                "1.2.0",
                Some("listener/v{version}"),
                "r.example/m:v{version}",
                "r.example/m:v1.2.0",
            ),
            (
                "1.2.0",
                Some("v{version}-fips"),
                "r.example/m",
                "r.example/m:v1.2.0-fips",
            ),
        ] {
            let format = format.map(|format| format.parse().unwrap());
            let release = NamedVersion::typed(typed, format.as_ref()).unwrap();
            let image = Names::of(&release).image(image).unwrap();
            assert_eq!(image.to_string(), named);
        }
    }
}
