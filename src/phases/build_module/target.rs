//! What is built: a component version, by its names and its commit.

use crate::domain::{Code, CommitSha, ComponentName, Diagnostic, ImageRef, Version};
use crate::plan::{ModulePlan, ReleasePlan};
use ocm_module::oci::ComponentRegistry;
use ocm_module::values::ModuleForm;

/// A component version that is to be built. A release's plan gives it ([`ModuleTarget::of_plan`]); nothing in it needs one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleTarget {
    /// The OCM component's name.
    pub component: ComponentName,
    /// The component's version, without `v`.
    pub version: Version,
    /// The registry and path below which components are.
    pub registry: ComponentRegistry,
    /// Which tool's module it is.
    pub form: ModuleForm,
    /// The tags that the module image gets, all of one repository below `registry`.
    pub images: Vec<ImageRef>,
    /// What it is built from.
    pub source: ModuleSource,
    /// The image of the manager that was built from the same commit; if given, the manifest has to run it.
    pub manager: Option<ImageRef>,
}

/// The commit that a component version is built from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleSource {
    /// The repository's web page, without a trailing slash: `https://github.com/kyma-project/btp-manager`.
    pub repository_url: String,
    /// The commit.
    pub commit: CommitSha,
    /// The reference that was built, such as `refs/tags/v1.2.0`, which only descriptors of the Kyma CLI 2 name.
    pub reference: Option<String>,
}

impl ModuleTarget {
    /// The module of a release.
    ///
    /// # Errors
    ///
    /// [`Code::ModuleUnplanned`] if the plan names no module, and the registry's error if no components can be in it.
    pub fn of_plan(plan: &ReleasePlan, repository_url: String) -> Result<Self, Diagnostic> {
        let wanted = &plan.wanted;
        let planned = wanted.module.as_ref().ok_or_else(|| {
            Diagnostic::error(
                Code::ModuleUnplanned,
                "the plan names no module",
                "give `module-name` and `module-registry` to the phase `plan`",
            )
        })?;
        Ok(Self {
            component: planned.name.clone(),
            version: wanted.version.clone(),
            registry: registry(planned).map_err(ocm_module::Diagnostic::with_code)?,
            form: planned.form,
            images: planned.images().map(|(_, image)| image.clone()).collect(),
            source: ModuleSource {
                repository_url,
                commit: wanted.commit.clone(),
                reference: Some(wanted.tag.to_ref()),
            },
            manager: wanted.binary_image.clone(),
        })
    }
}

/// The registry of module images: the plan has the full path.
fn registry(planned: &ModulePlan) -> Result<ComponentRegistry, ocm_module::Diagnostic> {
    let repository = planned.image.repository().to_string();
    let below = format!("/component-descriptors/{}", planned.name);
    repository
        .strip_suffix(&below)
        .unwrap_or(&repository)
        .parse()
}
