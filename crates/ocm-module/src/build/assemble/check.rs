//! Whether names, version and template belong to the release and fit together.

use super::super::form::{TEMPLATE_NAMESPACE, template_name};
use super::super::template;
use super::{DescriptorStyle, ModuleInputs, TemplateForm};
use crate::rules;
use crate::{Diagnostic, FormatCode, Position};

/// Names and version by the rules of Lifecycle Manager, and that the configuration names the same.
pub(super) fn names(inputs: &ModuleInputs<'_>) -> Vec<Diagnostic> {
    let version = inputs.version.to_string();
    let mut found = rules::version(&version);
    found.extend(rules::module_name(inputs.component));
    found.extend(rules::channel(inputs.channel));
    let Some((file, config)) = inputs.config else {
        return found;
    };
    let name_differs = |position: Option<Position>| {
        let seen = format!("name {} is not the release's", config.name);
        differs(FormatCode::ConfigNameDiffers, seen, inputs.component).at(file, position)
    };
    if config.name != inputs.component {
        found.push(name_differs(config.name_position));
    }
    let in_config = config.version.strip_prefix('v').unwrap_or(&config.version);
    if in_config != version {
        let seen = format!("version {in_config} is not the release's");
        let differs = differs(FormatCode::ConfigVersionDiffers, seen, &version);
        found.push(differs.at(file, config.version_position));
    }
    found
}

fn differs(code: FormatCode, seen: String, wanted: &str) -> Diagnostic {
    Diagnostic::error(code, seen, format!("write {wanted}")).wanted(wanted)
}

/// That Kubernetes takes the templates' names, and that the templates name tags of this module image.
pub(super) fn templates(inputs: &ModuleInputs<'_>) -> Option<Diagnostic> {
    let tagged_for_both = inputs.kyma_cli_2_template.is_some();
    let unfit = match (inputs.template, inputs.style) {
        (TemplateForm::Modulectl3, DescriptorStyle::KymaCli2) => !tagged_for_both,
        _ => tagged_for_both,
    };
    if unfit {
        return Some(Diagnostic::error(
            FormatCode::TemplateFormUnfit,
            "the template of modulectl 3 names the module image's tag as its version, without v; the image of the Kyma CLI 2 is tagged with v",
            "use `module-form: both` for an image with both tags, or another `template-form`",
        ));
    }
    let forms = [Some(inputs.template), inputs.kyma_cli_2_template];
    let names = forms.into_iter().flatten().filter_map(|form| match form {
        TemplateForm::Modulectl3 => {
            let version = inputs.version.to_string();
            Some(template::modulectl_3_name(inputs.component, &version))
        }
        TemplateForm::KymaCli2Config => inputs.config?.1.resource_name.clone(),
        TemplateForm::V1Beta1 | TemplateForm::V1Beta2 => None,
    });
    names.into_iter().find_map(|name| template_name(&name))
}

/// That the Lifecycle Manager of today would find the template, and an older one the manifest.
pub(super) fn never_installed(inputs: &ModuleInputs<'_>) -> Option<Diagnostic> {
    let by_meta = "since November 2025 (kyma-project/lifecycle-manager#2847) it looks only for the template <module>-<version> with spec.version, which a ModuleReleaseMeta names";
    let (seen, help) = match (inputs.template, inputs.style, inputs.namespace) {
        (TemplateForm::Modulectl3, _, None | Some("" | TEMPLATE_NAMESPACE)) => return None,
        (TemplateForm::Modulectl3, _, Some(namespace)) => (
            format!(
                "no Lifecycle Manager installs this module: it looks for templates in {TEMPLATE_NAMESPACE} only, and not in {namespace}"
            ),
            "leave `module-namespace` out",
        ),
        (_, DescriptorStyle::Modulectl3, _) => (
            format!(
                "no Lifecycle Manager installs this module: the one of today does not find its template, as {by_meta}; an older one would find it, and cannot read the image's layers, which are tars"
            ),
            "leave `template-form` out; to serve an old Lifecycle Manager too, use `module-form: both`",
        ),
        (form, DescriptorStyle::KymaCli2, _) => {
            let api = if form == TemplateForm::V1Beta1 {
                "; nor is the API version v1beta1 served any more"
            } else {
                ""
            };
            (
                format!("no Lifecycle Manager of today installs this module: {by_meta}{api}"),
                "use `module-form: modulectl-3`, or `both` as long as an old Lifecycle Manager has to install it too",
            )
        }
    };
    Some(Diagnostic::warning(
        FormatCode::ModuleNotInstalled,
        seen,
        help,
    ))
}
